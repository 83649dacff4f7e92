package kubetest_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// shop is a namespace with a Deployment of ready pods, and their backends.
type shop struct {
	cp        *kubetest.ControlPlane
	backends  *kubetest.Backends
	namespace string
	pods      []corev1.Pod
}

func newShop(t *testing.T, d kubetest.DeploymentSpec, onChange func(map[string]string)) *shop {
	t.Helper()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	s := &shop{cp: cp, namespace: cp.NamespaceT(t, "shop")}
	var err error
	s.backends, err = cp.StartBackends(ctx, kubetest.BackendsOptions{Namespace: s.namespace, OnChange: onChange})
	check(t, err)
	t.Cleanup(func() { check(t, s.backends.Close()) })
	d.Namespace, d.Name = s.namespace, "web"
	check(t, cp.Deploy(ctx, d))
	check(t, cp.WaitReady(ctx, s.namespace, "web", int(d.Replicas)))
	s.pods, err = cp.Pods(ctx, s.namespace, "web")
	check(t, err)
	for _, pod := range s.pods {
		check(t, s.backends.Wait(ctx, member(pod)))
	}
	return s
}

// url leads to a pod's listener.
func (s *shop) url(pod corev1.Pod, path string) string {
	return "http://" + s.backends.Addresses()[member(pod)] + path
}

// answer is what a request for a pod brings.
type answer struct {
	Status       int
	Pod, Colour  string
	Body         string
	ReachedAtAll bool
}

func ask(t *testing.T, url string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(testContext(t), http.MethodGet, url, http.NoBody)
	check(t, err)
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return answer{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(t, err)
	return answer{
		response.StatusCode, response.Header.Get("X-Pod"), response.Header.Get("X-Colour"), string(body), true,
	}
}

func TestEachPodAnswersInItsOwnName(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 2, Colour: "blue"}, nil)
	for _, pod := range s.pods {
		want := answer{http.StatusOK, pod.Name, "blue", "pod=" + pod.Name + " colour=blue\n", true}
		if diff := cmp.Diff(want, ask(t, s.url(pod, "/"))); diff != "" {
			t.Errorf("answer of %s (-want +got):\n%s", pod.Name, diff)
		}
	}
	want := map[string]int64{s.namespace + "/" + s.pods[0].Name: 1, s.namespace + "/" + s.pods[1].Name: 1}
	if diff := cmp.Diff(want, s.backends.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestAPodBehavesAsAsked(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 1, Colour: "blue"}, nil)
	pod := s.pods[0]
	body := "pod=" + pod.Name + " colour=blue\n"
	serving := answer{http.StatusOK, pod.Name, "blue", body, true}
	healthy := answer{http.StatusOK, pod.Name, "blue", "ok\n", true}
	for _, test := range []struct {
		name            string
		behaviour       kubetest.Behaviour
		serving, health answer
	}{
		{"well", kubetest.Behaviour{}, serving, healthy},
		{"failing", kubetest.Behaviour{Status: 503}, answer{503, pod.Name, "blue", body, true}, healthy},
		{"dropping", kubetest.Behaviour{Drop: true}, answer{}, healthy},
		{"unhealthy", kubetest.Behaviour{Unhealthy: true}, serving, answer{503, pod.Name, "blue", "unhealthy\n", true}},
		{"well again", kubetest.Behaviour{}, serving, healthy},
	} {
		s.backends.Set(s.namespace, pod.Name, test.behaviour)
		if diff := cmp.Diff(test.serving, ask(t, s.url(pod, "/"))); diff != "" {
			t.Errorf("%s: answer (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.health, ask(t, s.url(pod, "/healthz"))); diff != "" {
			t.Errorf("%s: health (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestASlowPodTakesItsTime(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 1}, nil)
	const delay = 200 * time.Millisecond
	s.backends.Set(s.namespace, s.pods[0].Name, kubetest.Behaviour{Delay: delay})
	began := time.Now()
	if got := ask(t, s.url(s.pods[0], "/")); got.Status != http.StatusOK {
		t.Errorf("answer: %+v", got)
	}
	if elapsed := time.Since(began); elapsed < delay {
		t.Errorf("answered after %s, want at least %s", elapsed, delay)
	}
}

// mirror keeps what OnChange told, as the simulator's data plane would.
type mirror struct {
	mu        sync.Mutex
	addresses map[string]string
}

func (m *mirror) merge(changed map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.addresses, changed)
	maps.DeleteFunc(m.addresses, func(_, listener string) bool { return listener == "" })
}

func (m *mirror) snapshot() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.addresses)
}

func TestOnChangeFollowsScaling(t *testing.T) {
	t.Parallel()
	m := mirror{addresses: map[string]string{}}
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 3}, m.merge)
	if diff := cmp.Diff(s.backends.Addresses(), m.snapshot()); diff != "" {
		t.Errorf("three pods (-addresses +told):\n%s", diff)
	}
	ctx := testContext(t)
	for _, replicas := range []int{1, 5, 0} {
		check(t, s.cp.Scale(ctx, s.namespace, "web", int32(replicas)))
		check(t, s.cp.WaitReady(ctx, s.namespace, "web", replicas))
		eventually(t, func() error {
			if got := m.snapshot(); len(got) != replicas || !maps.Equal(got, s.backends.Addresses()) {
				return &mismatch{replicas, got}
			}
			return nil
		})
	}
}

type mismatch struct {
	want int
	got  map[string]string
}

func (e *mismatch) Error() string { return cmp.Diff(e.want, len(e.got)) }

func TestATerminatingPodServesAndFinishesItsRequests(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 1, Terminating: time.Hour}, nil)
	pod, ctx := s.pods[0], testContext(t)
	url, listener := s.url(pod, "/"), s.backends.Addresses()[member(pod)]
	check(t, s.cp.DeletePod(ctx, s.namespace, pod.Name))
	_, err := s.cp.WaitEndpoints(ctx, s.namespace, "web", func(e kubetest.Endpoints) bool { return len(e.Terminating) == 1 })
	check(t, err)
	if got := ask(t, url); got.Status != http.StatusOK {
		t.Errorf("new request to a terminating pod: %+v", got)
	}

	s.backends.Set(s.namespace, pod.Name, kubetest.Behaviour{Delay: 2 * time.Second})
	late := make(chan answer, 1)
	go func() { late <- ask(t, url) }()
	eventually(t, func() error {
		if n := s.backends.Requests()[s.namespace+"/"+pod.Name]; n != 2 {
			return fmt.Errorf("%d requests have come, want the second too", n)
		}
		return nil
	})
	check(t, s.cp.Client().CoreV1().Pods(s.namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}))
	eventually(t, func() error { // the pod is gone: its listener takes nothing new
		if connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", listener); err == nil {
			return errors.Join(errors.New("the listener of a pod that is gone takes connections"), connection.Close())
		}
		return nil
	})
	if got := <-late; got.Status != http.StatusOK {
		t.Errorf("request that was open when the pod went: %+v", got)
	}
}

func TestHundredPodsAreServed(t *testing.T) {
	t.Parallel()
	began := time.Now()
	const replicas = 100
	s := newShop(t, kubetest.DeploymentSpec{Replicas: replicas, Colour: "green"}, nil)
	t.Logf("%d pods ready and served after %s", replicas, time.Since(began).Round(time.Millisecond))
	if got := len(s.backends.Addresses()); got != replicas {
		t.Fatalf("%d addresses, want %d", got, replicas)
	}
	for _, pod := range s.pods {
		if got := ask(t, s.url(pod, "/")); got.Pod != pod.Name {
			t.Fatalf("%s answered for %s", got.Pod, pod.Name)
		}
	}
}
