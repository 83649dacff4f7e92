package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// watcher is a Watch of a test, and what it told.
type watcher struct {
	*Watch
	t    *testing.T
	ctx  context.Context
	end  func() // ends the Watch and waits for it
	mu   sync.Mutex
	told map[string]int
	wake chan struct{} // closed and replaced each time something is told
}

func startWatch(t *testing.T, clusters map[string]Config, options WatchOptions) *watcher {
	t.Helper()
	w := &watcher{t: t, ctx: testContext(t), told: map[string]int{}, wake: make(chan struct{})}
	options.Changed = func(owner string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told[owner]++
		close(w.wake)
		w.wake = make(chan struct{})
	}
	watch, err := NewWatch(clusters, options)
	check(t, err)
	w.Watch = watch
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = watch.Start(ctx) }) // it is always nil
	w.end = func() { cancel(); done.Wait() }
	t.Cleanup(w.end)
	return w
}

// tells is how often an owner has been told.
func (w *watcher) tells(owner string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told[owner]
}

// until waits until ok says so of ref's snapshot. It looks again each time that
// somebody is told, and not before: a change that is not told is not found.
func (w *watcher) until(ref endpoints.Ref, ok func(endpoints.Snapshot, error) bool) endpoints.Snapshot {
	w.t.Helper()
	for {
		w.mu.Lock()
		wake := w.wake
		w.mu.Unlock()
		snapshot, err := w.Snapshot(w.ctx, ref)
		if ok(snapshot, err) {
			return snapshot
		}
		select {
		case <-wake:
		case <-w.ctx.Done():
			w.t.Fatalf("it did not come to this: %+v, %v, health %+v", snapshot, err, w.Health())
		}
	}
}

// has waits for endpoints as states has them.
func (w *watcher) has(ref endpoints.Ref, want []string) endpoints.Snapshot {
	w.t.Helper()
	return w.until(ref, func(s endpoints.Snapshot, err error) bool { return err == nil && slices.Equal(want, states(w.t, s)) })
}

// poll waits for what no change tells.
func poll(t *testing.T, ok func() bool) {
	t.Helper()
	ctx, ticker := testContext(t), time.NewTicker(10*time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal("it did not come to this")
		}
	}
}

func web(namespace string) endpoints.Ref { return endpoints.Ref{Namespace: namespace, Service: "web"} }

// deployed makes the Deployment and Service web with ready pods.
func deployed(t *testing.T, cp *kubetest.ControlPlane, namespace string, replicas int) []corev1.Pod {
	t.Helper()
	ctx := testContext(t)
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: int32(replicas)}))
	check(t, cp.WaitReady(ctx, namespace, "web", replicas))
	found, err := cp.Pods(ctx, namespace, "web")
	check(t, err)
	return found
}

func TestAWatchFollowsPodsAsTheyComeAndGo(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	pods := deployed(t, cp, ns, 3)
	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})

	if _, err := w.Snapshot(ctx, web(ns)); !errors.Is(err, ErrNotSynced) || !errors.Is(err, engine.ErrSource) {
		t.Errorf("nobody follows it: %v", err)
	}
	w.Follow("/shop/web", []endpoints.Ref{web(ns)})
	got := w.has(web(ns), want(pods))
	one, err := newSource(t, as(cp, "viewer"), time.Minute).Snapshot(ctx, web(ns))
	check(t, err)
	if diff := cmp.Diff(one, got); diff != "" {
		t.Errorf("a single read -, the watch +\n%s", diff)
	}
	if !w.Synced(web(ns)) {
		t.Error("it is not synced")
	}

	before := time.Now().Add(-2 * time.Second) // the annotation has whole seconds
	check(t, cp.SetReady(ctx, ns, pods[0].Name, false))
	if got := w.has(web(ns), want(pods, pods[0].Name)); got.Triggered.Before(before) || got.Triggered.After(time.Now()) {
		t.Errorf("triggered at %v, the pod changed after %v", got.Triggered, before)
	}
	check(t, cp.Scale(ctx, ns, "web", 5))
	check(t, cp.WaitReady(ctx, ns, "web", 4))
	pods, err = cp.Pods(ctx, ns, "web")
	check(t, err)
	w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && len(states(t, s)) == 5 })
	check(t, cp.Scale(ctx, ns, "web", 0))
	got = w.has(web(ns), nil)
	if !got.Found || len(got.Lost) != 0 || !got.WatchBroke.IsZero() {
		t.Errorf("scaled to zero: %+v", got)
	}

	check(t, cp.Client().CoreV1().Services(ns).Delete(ctx, "web", metav1.DeleteOptions{}))
	w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && !s.Found })

	w.Follow("/shop/web", nil)
	poll(t, func() bool { return !w.Synced(web(ns)) })
}

var _ = fmt.Sprint
var _ = strings.Contains
