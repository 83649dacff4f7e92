package reconciler

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// controlPlane is the cluster of all tests that ask for one.
var controlPlane kubetest.Shared

func TestMain(m *testing.M) {
	hearLibraries(slog.New(slog.DiscardHandler)) // one for the process: not that of the first test
	if spec := os.Getenv(worldVariable); spec != "" {
		os.Exit(worldMain(spec))
	}
	code := controlPlane.Main(m)
	_ = os.RemoveAll(programFolder)
	os.Exit(code)
}

// lab is a simulated device, and if a test asks for it a cluster.
type lab struct {
	t      *testing.T
	sim    *bigipsim.Simulator
	client *http.Client
	config string // kubeconfig; "" without a cluster
}

func newLab(t *testing.T, partitions ...string) *lab {
	t.Helper()
	return newLabOf(t, bigipsim.Options{}, partitions...)
}

func newLabOf(t *testing.T, options bigipsim.Options, partitions ...string) *lab {
	t.Helper()
	options.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	sim, err := bigipsim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := sim.Close(ctx); err != nil {
			t.Errorf("close the simulator: %v", err)
		}
	})
	l := labOn(t, sim)
	for _, partition := range partitions {
		l.rest(http.MethodPost, "auth/partition", map[string]any{"name": partition})
	}
	sim.ClearRequests()
	return l
}

// labOn is the lab of a device that runs.
func labOn(t *testing.T, sim *bigipsim.Simulator) *lab {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(sim.CAPEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &lab{t: t, sim: sim, client: &http.Client{Transport: transport}}
}

// serve makes a handler the cluster.
func (l *lab) serve(handler http.Handler) {
	l.t.Helper()
	url, err := listenAndServe(handler)
	must(l.t, err)
	l.config = filepath.Join(l.t.TempDir(), "kubeconfig")
	must(l.t, writeKubeconfig(l.config, url))
}

// rest does what an administrator would do with curl.
func (l *lab) rest(method, path string, body any) map[string]any {
	l.t.Helper()
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			l.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(context.Background(), method, l.sim.ManagementURL()+"/mgmt/tm/"+path, &content)
	if err != nil {
		l.t.Fatal(err)
	}
	r.SetBasicAuth("admin", "admin")
	r.Header.Set("Content-Type", "application/json")
	response, err := l.client.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		l.t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, text, err)
	}
	var answer map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			l.t.Fatal(err)
		}
	}
	return answer
}

// bind makes a pool that is bound to backends.
func (l *lab) bind(partition, name, backends string) {
	l.t.Helper()
	l.rest(http.MethodPost, "ltm/pool", map[string]any{"name": name, "partition": partition, "description": "[bigipkube/1 " + backends + "]"})
}

// members are those of a pool, as "10.244.0.1:8080 user-enabled", sorted.
func (l *lab) members(partition, name string) []string {
	l.t.Helper()
	return l.membersAt("ltm/pool/~" + partition + "~" + name + "/members")
}

// membersAt are those that a path has.
func (l *lab) membersAt(path string) []string {
	l.t.Helper()
	members := []string{}
	items, _ := l.rest(http.MethodGet, path, nil)["items"].([]any)
	for _, item := range items {
		m := item.(map[string]any)
		session := m["session"]
		if m["state"] == "user-down" {
			session = "offline"
		}
		members = append(members, fmt.Sprintf("%v %v", m["name"], session))
	}
	slices.Sort(members)
	return members
}

// await waits until the members of a pool are those.
func (l *lab) await(partition, name string, want ...string) {
	l.t.Helper()
	slices.Sort(want)
	var members []string
	eventually(l.t, func() bool {
		members = l.members(partition, name)
		return slices.Equal(members, want)
	}, func() string { return fmt.Sprintf("pool /%s/%s has %v, want %v", partition, name, members, want) })
}

// eventually waits until something is so.
func eventually(t *testing.T, is func() bool, otherwise func() string) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatal(otherwise())
		}
	}
}

// writes are what was sent since they were cleared, reads apart.
func (l *lab) writes() []string {
	var all []string
	for _, r := range l.sim.Requests() {
		if r.Method != http.MethodGet && !strings.Contains(r.Path, "/mgmt/shared/") {
			all = append(all, r.Method+" "+strings.TrimPrefix(r.Path, "/mgmt/tm/"))
		}
	}
	return all
}

// options are those of a helper of this device.
func (l *lab) options(partitions ...string) Options {
	o := Defaults()
	o.Version, o.Getenv = "test", environment("BIGIP_PASSWORD=admin")
	o.Device = DeviceOptions{Addresses: []string{l.sim.ManagementURL()}, Username: "admin", CACertificateFile: l.sim.CAFile()}
	o.Partitions, o.Kubeconfig = partitions, l.config
	o.MetricsAddress, o.ProbeAddress = "127.0.0.1:0", "127.0.0.1:0"
	o.DiscoverInterval = time.Second
	return o
}

// running is a helper that runs.
type running struct {
	*helper
	t     *testing.T
	log   *syncBuffer
	stop  context.CancelFunc
	ended chan error
	once  sync.Once
}

// start runs a helper until the test ends.
func (l *lab) start(o Options) *running {
	l.t.Helper()
	r := &running{t: l.t, log: &syncBuffer{}, ended: make(chan error, 1)}
	o.Out, o.Log = r.log, r.log
	logger, err := o.logger()
	if err != nil {
		l.t.Fatal(err)
	}
	s, err := o.settle()
	if err != nil {
		l.t.Fatal(err)
	}
	if r.helper, err = newHelper(s, logger); err != nil {
		l.t.Fatal(err)
	}
	if err := r.listen(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() {
		err := r.run(ctx)
		r.logout(context.Background())
		r.ended <- err
	}()
	l.t.Cleanup(func() {
		r.end()
		if l.t.Failed() {
			l.t.Logf("the log of the helper:\n%s", r.log)
		}
	})
	return r
}

// end ends the helper, and tells how long that took.
func (r *running) end() time.Duration {
	r.t.Helper()
	start := time.Now()
	r.once.Do(func() {
		r.stop()
		select {
		case err := <-r.ended:
			if err != nil {
				r.t.Errorf("it ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			r.t.Error("it does not end")
		}
	})
	return time.Since(start)
}

// run runs a helper to its end.
func (l *lab) run(o Options) (output, log string, err error) {
	l.t.Helper()
	var out, lines syncBuffer
	o.Out, o.Log = &out, &lines
	err = Run(l.t.Context(), o)
	return out.String(), lines.String(), err
}

// syncBuffer is a buffer that several may write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
