package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

const (
	apiPace     = 20 * time.Millisecond // between the requests of one client
	apiPatience = 20 * time.Second      // for one request
)

// attempt is a request that failed.
type attempt struct {
	began, ended time.Time
	who          string
	err          error
}

// apiPhase is what the clients saw while something happened.
type apiPhase struct {
	name     string
	began    time.Time
	took     time.Duration
	requests map[string]int // by client
	failed   []attempt
}

// apiClients use an API through an address, until the end of the test.
type apiClients struct {
	base  *rest.Config
	stop  context.CancelFunc
	over  sync.WaitGroup
	count string // the ConfigMap that is written

	mu      sync.Mutex
	phase   *apiPhase
	written []int // the numbers that were taken
	seen    []int // by the watch
	grown   chan struct{}
}

func newAPIClients(t *testing.T, cluster *kubetest.ControlPlane, listener string) *apiClients {
	t.Helper()
	config := cluster.RESTConfig()
	config.Host, config.Timeout = "https://"+listener, apiPatience
	c := &apiClients{base: config, phase: &apiPhase{requests: map[string]int{}}, count: "count", grown: make(chan struct{}, 1)}
	client, err := kubernetes.NewForConfig(config)
	must(t, err)
	first, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: c.count}}, metav1.CreateOptions{})
	must(t, err)
	var ctx context.Context
	ctx, c.stop = context.WithCancel(t.Context())
	t.Cleanup(func() { c.stop(); c.over.Wait() })
	c.watch(ctx, t, first.ResourceVersion)
	c.over.Go(func() { c.loop(ctx, "one connection", c.write(client)) })
	c.over.Go(func() { c.loop(ctx, "a connection each", c.read(t)) })
	run := kubectl(t, cluster)
	c.over.Go(func() {
		c.loop(ctx, "kubectl", func(ctx context.Context) error {
			_, err := run(ctx, "--server", c.base.Host, "get", "configmaps", "--namespace", "default")
			return err
		})
	})
	return c
}

// loop sends one request after the other.
func (c *apiClients) loop(ctx context.Context, who string, send func(context.Context) error) {
	tick := time.NewTicker(apiPace)
	defer tick.Stop()
	for ctx.Err() == nil {
		began := time.Now()
		err := send(ctx)
		if ctx.Err() != nil {
			return
		}
		c.mu.Lock()
		c.phase.requests[who]++
		if err != nil {
			c.phase.failed = append(c.phase.failed, attempt{began, time.Now(), who, err})
		}
		c.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// kubectl returns what the real one prints, a process each time, as the administrator
// unless the arguments have a token.
func kubectl(t *testing.T, cluster *kubetest.ControlPlane) func(ctx context.Context, arguments ...string) (string, error) {
	t.Helper()
	always := []string{"--kubeconfig", cluster.KubeconfigT(t), "--cache-dir", t.TempDir(), "--request-timeout", apiPatience.String()}
	return func(ctx context.Context, arguments ...string) (string, error) {
		output, err := exec.CommandContext(ctx, cluster.Executable(kubetest.Kubectl), slices.Concat(always, arguments)...).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%w: %s", err, output)
		}
		return string(output), nil
	}
}

// read opens a connection of its own for one request.
func (c *apiClients) read(t *testing.T) func(context.Context) error {
	t.Helper()
	config, err := rest.TLSConfigFor(c.base)
	must(t, err)
	return func(ctx context.Context) error {
		transport := &http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(ctx, apiPatience)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.Host+"/api/v1/namespaces/default/configmaps", http.NoBody)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+c.base.BearerToken)
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s, %w", response.Status, err)
		}
		return nil
	}
}

// write counts in a ConfigMap.
func (c *apiClients) write(client kubernetes.Interface) func(context.Context) error {
	next := 0
	return func(ctx context.Context) error {
		next++
		patch := fmt.Sprintf(`{"data":{"n":"%d"}}`, next)
		_, err := client.CoreV1().ConfigMaps("default").Patch(ctx, c.count, "application/merge-patch+json", []byte(patch), metav1.PatchOptions{})
		if err == nil {
			c.mu.Lock()
			c.written = append(c.written, next)
			c.mu.Unlock()
		}
		return err
	}
}

// watch follows the ConfigMap from a version on, and goes on where a watch has ended.
func (c *apiClients) watch(ctx context.Context, t *testing.T, version string) {
	t.Helper()
	config := rest.CopyConfig(c.base)
	config.Timeout = 0 // a watch has none
	client, err := kubernetes.NewForConfig(config)
	must(t, err)
	one := func(options metav1.ListOptions) metav1.ListOptions {
		options.FieldSelector = "metadata.name=" + c.count
		return options
	}
	w, err := watchtools.NewRetryWatcherWithContext(ctx, version, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return client.CoreV1().ConfigMaps("default").Watch(ctx, one(options))
		},
	})
	must(t, err)
	c.over.Go(func() {
		for event := range w.ResultChan() {
			object, ok := event.Object.(*corev1.ConfigMap)
			if !ok {
				c.mu.Lock()
				c.phase.failed = append(c.phase.failed, attempt{time.Now(), time.Now(), "watch", fmt.Errorf("%s: %v", event.Type, event.Object)})
				c.mu.Unlock()
				continue
			}
			n, _ := strconv.Atoi(object.Data["n"])
			c.mu.Lock()
			c.seen = append(c.seen, n)
			c.mu.Unlock()
			select {
			case c.grown <- struct{}{}:
			default:
			}
		}
	})
}

// during is what the clients see while work is done.
func (c *apiClients) during(t *testing.T, name string, work func()) *apiPhase {
	t.Helper()
	c.begin(name)
	began := time.Now()
	work()
	phase := c.begin("")
	phase.took = time.Since(began)
	for _, who := range []string{"one connection", "a connection each", "kubectl"} {
		if phase.requests[who] == 0 {
			t.Errorf("%s: nothing was sent with %s", name, who)
		}
	}
	t.Logf("%s: %v requests, %d failed, within %s", name, phase.requests, len(phase.failed), phase.took.Round(time.Millisecond))
	return phase
}

// begin begins a phase, and returns the one before.
func (c *apiClients) begin(name string) *apiPhase {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.phase
	c.phase = &apiPhase{name: name, began: time.Now(), requests: map[string]int{}}
	return before
}

// none fails the test if a request failed.
func (p *apiPhase) none(t *testing.T) {
	t.Helper()
	for _, f := range p.failed {
		t.Errorf("%s, after %s: %s: %v", p.name, f.began.Sub(p.began).Round(time.Millisecond), f.who, f.err)
	}
}

// noneBeyond fails the test if a request failed that was over before a moment, or
// that began after another.
func (p *apiPhase) noneBeyond(t *testing.T, from, to time.Time) {
	t.Helper()
	for _, f := range p.failed {
		if f.ended.Before(from) || f.began.After(to) {
			t.Errorf("%s: %s later: %s: %v", p.name, f.began.Sub(from).Round(time.Millisecond), f.who, f.err)
		}
	}
}

// end ends the clients, and fails the test if the watch has missed something that was
// written, or has it in another order.
func (c *apiClients) end(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), helperPatience)
	defer cancel()
	c.mu.Lock()
	written := slices.Clone(c.written)
	c.mu.Unlock()
	for !c.caughtUp(written[len(written)-1]) {
		select {
		case <-c.grown:
		case <-ctx.Done():
			t.Fatalf("the watch does not come to %d", written[len(written)-1])
		}
	}
	c.stop()
	c.over.Wait()
	if !slices.IsSorted(c.seen) {
		t.Errorf("the watch has them in another order: %v", c.seen)
	}
	for _, n := range written {
		if _, found := slices.BinarySearch(c.seen, n); !found {
			t.Errorf("the watch has missed %d", n)
		}
	}
	t.Logf("the watch has seen %d, all of %d writes among them", len(c.seen), len(written))
}

func (c *apiClients) caughtUp(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen) > 0 && c.seen[len(c.seen)-1] >= n
}
