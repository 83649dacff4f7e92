package kube

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// wire is the way to a server, which a test can cut.
type wire struct {
	listener net.Listener
	mu       sync.Mutex
	cut      bool
	open     map[net.Conn]bool
}

func newWire(t *testing.T, server string) *wire {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	w := &wire{listener: listener, open: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			if far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", server); err != nil || !w.keep(near, far) {
				_ = near.Close() // as if nobody were there
			} else {
				all.Go(func() { _, _ = io.Copy(near, far); _ = near.Close() })
				all.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
			}
		}
	})
	t.Cleanup(func() { _ = listener.Close(); w.set(true); all.Wait() })
	return w
}

func (w *wire) url() string { return "https://" + w.listener.Addr().String() }

// keep remembers an open connection, unless the wire is cut.
func (w *wire) keep(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range ends {
		if w.cut {
			_ = end.Close()
			continue
		}
		w.open[end] = true
	}
	return !w.cut
}

// set cuts the wire, or mends it.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for end := range w.open {
		if cut {
			_ = end.Close()
			delete(w.open, end)
		}
	}
}

// headless makes the Service web without a selector: nobody writes its slices but the test.
func headless(t *testing.T, cp *kubetest.ControlPlane, namespace string) {
	t.Helper()
	_, err := cp.Client().CoreV1().Services(namespace).Create(testContext(t), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{})
	check(t, err)
}

func TestAViewStaysWhileItsAPIServerIsAway(t *testing.T) {
	t.Parallel()
	cp, ctx := kubetest.StartT(t, kubetest.Options{}), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	headless(t, cp, ns)
	writeSlice(t, cp, web(ns), "web-1", "192.0.2.1")
	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})
	w.Follow("/shop/web", []endpoints.Ref{web(ns)})
	before := w.has(web(ns), []string{"192.0.2.1 ??? "})

	check(t, cp.Process(kubetest.APIServer).Kill())
	poll(t, func() bool { return w.Health()[""].Err != nil })
	asked := time.Now()
	away, err := w.Snapshot(ctx, web(ns))
	check(t, err)
	if away.WatchBroke.Before(asked) {
		t.Errorf("a watch that is broken broke at %v, want now", away.WatchBroke)
	}
	away.WatchBroke = time.Time{}
	if diff := cmp.Diff(before, away); diff != "" || w.Synced(web(ns)) != nil {
		t.Errorf("away: -before +now\n%s", diff)
	}

	check(t, cp.Process(kubetest.APIServer).Start(ctx))
	poll(t, func() bool { return w.Health()[""].Err == nil })
	writeSlice(t, cp, web(ns), "web-2", "192.0.2.2")
	back := w.has(web(ns), []string{"192.0.2.1 ??? ", "192.0.2.2 ??? "})
	if back.WatchBroke.Before(asked) || len(back.Lost) != 0 {
		t.Errorf("back: broke at %v, asked at %v, lost %+v", back.WatchBroke, asked, back.Lost)
	}
	again, err := w.Snapshot(ctx, web(ns))
	check(t, err)
	if !again.WatchBroke.Equal(back.WatchBroke) {
		t.Errorf("it is mended, and broke at %v and at %v", back.WatchBroke, again.WatchBroke)
	}
}

func TestWhatHappenedWhileTheWireWasCutIsSeenAfterIt(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	headless(t, cp, ns)
	writeSlice(t, cp, web(ns), "web-1", "192.0.2.1")
	writeSlice(t, cp, web(ns), "web-2", "192.0.2.2")
	line, config := newWire(t, strings.TrimPrefix(cp.URL(), "https://")), as(cp, "viewer")
	config.Host = line.url()
	w := startWatch(t, map[string]Config{"": config}, WatchOptions{})
	w.Follow("/shop/web", []endpoints.Ref{web(ns)})
	w.has(web(ns), []string{"192.0.2.1 ??? ", "192.0.2.2 ??? "})

	line.set(true)
	poll(t, func() bool { return w.Health()[""].Err != nil })
	check(t, cp.Client().DiscoveryV1().EndpointSlices(ns).Delete(ctx, "web-1", metav1.DeleteOptions{}))
	writeSlice(t, cp, web(ns), "web-3", "192.0.2.3")
	line.set(false)
	got := w.has(web(ns), []string{"192.0.2.2 ??? ", "192.0.2.3 ??? "})
	if len(got.Lost) != 1 || got.Lost[0].Slice.Name != "web-1" || got.WatchBroke.IsZero() {
		t.Errorf("lost %+v, broke at %v", got.Lost, got.WatchBroke)
	}
}

func TestNodesTellWhatChangesForNodePortsAndWhetherAnyIsReady(t *testing.T) {
	t.Parallel()
	cp, ctx := kubetest.StartT(t, kubetest.Options{Nodes: 2}), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	deployed(t, cp, ns, 1)
	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})
	onNodes := endpoints.Ref{Namespace: ns, Service: "web", NodePort: true}
	w.Follow("/shop/pods", []endpoints.Ref{web(ns)})
	w.Follow("/shop/nodes", []endpoints.Ref{onNodes})
	ready := func(s endpoints.Snapshot) (names []string) {
		for _, n := range s.Nodes {
			if n.Ready {
				names = append(names, n.Name)
			}
		}
		return names
	}
	w.until(onNodes, func(s endpoints.Snapshot, err error) bool {
		return err == nil && len(ready(s)) == 2 && len(states(t, s)) == 1
	})
	w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && !s.NoNodeReady })
	patch := func(node, patch string, subresources ...string) {
		t.Helper()
		_, err := cp.Client().CoreV1().Nodes().Patch(ctx, node, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}, subresources...)
		check(t, err)
	}
	setReady := func(node, status string) {
		t.Helper()
		patch(node, fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":%q}]}}`, status), "status")
	}

	check(t, cp.Process(kubetest.Kwok).Stop(ctx)) // it would make them ready again
	pods, nodes := w.tells("/shop/pods"), w.tells("/shop/nodes")
	patch(kubetest.NodeName(0), `{"status":{"conditions":[{"type":"Ready","lastHeartbeatTime":"2026-01-01T00:00:00Z"}]}}`, "status")
	patch(kubetest.NodeName(0), `{"metadata":{"annotations":{"a":"b"}}}`)
	setReady(kubetest.NodeName(1), "Unknown")
	got := w.until(onNodes, func(s endpoints.Snapshot, err error) bool { return err == nil && len(ready(s)) == 1 })
	if got.NoNodeReady || len(got.Nodes) != 2 || got.Nodes[0].Name != kubetest.NodeName(0) {
		t.Errorf("one of two is ready: %+v", got.Nodes)
	}
	if a, b := w.tells("/shop/pods")-pods, w.tells("/shop/nodes")-nodes; a != 0 || b != 1 {
		t.Errorf("the owner of pods was told %d times, that of nodes %d times; want none and once", a, b)
	}
	setReady(kubetest.NodeName(0), "False")
	w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && s.NoNodeReady })
	setReady(kubetest.NodeName(1), "True")
	w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && !s.NoNodeReady })
}
