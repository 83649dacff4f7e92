package kube

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
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
	w.end = begin(t, watch)
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
	if w.Synced(web(ns)) != nil {
		t.Error("it is not synced")
	}

	check(t, cp.SetReady(ctx, ns, pods[0].Name, false))
	w.has(web(ns), want(pods, pods[0].Name))

	before := time.Now().Truncate(time.Second) // the annotation is no more exact than that
	check(t, cp.Scale(ctx, ns, "web", 5))
	got = w.until(web(ns), func(s endpoints.Snapshot, err error) bool {
		return err == nil && len(states(t, s)) == 5 && strings.Count(fmt.Sprint(states(t, s)), " ttf ") == 4
	})
	if got.Triggered.Before(before) || got.Triggered.After(time.Now()) {
		t.Errorf("triggered at %v, pods were added after %v", got.Triggered, before)
	}
	check(t, cp.Scale(ctx, ns, "web", 0))
	got = w.has(web(ns), nil)
	if !got.Found || len(got.Lost) != 0 || !got.WatchBroke.IsZero() {
		t.Errorf("scaled to zero: %+v", got)
	}

	check(t, cp.Client().CoreV1().Services(ns).Delete(ctx, "web", metav1.DeleteOptions{}))
	w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && !s.Found })

	w.Follow("/shop/web", nil)
	poll(t, func() bool { return w.Synced(web(ns)) != nil })
}

func TestAUserWithRightsInTwoNamespacesWatchesThese(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	first, second, other := cp.NamespaceT(t, "first"), cp.NamespaceT(t, "second"), cp.NamespaceT(t, "other")
	for _, ns := range []string{first, second} {
		grantIn(t, cp, ns, "narrow", slices.Concat(mayWatchServices, []rbacv1.PolicyRule{{Verbs: []string{"list", "watch"}, APIGroups: []string{""}, Resources: []string{"pods"}}})...)
	}
	pods := deployed(t, cp, first, 2)
	selected := endpoints.Ref{Namespace: second, Selector: "app=web", Port: "80"}
	w := startWatch(t, map[string]Config{"": as(cp, "narrow")}, WatchOptions{})
	w.Follow("/a/a", []endpoints.Ref{web(first)})
	w.Follow("/b/b", []endpoints.Ref{web(second), selected})
	w.Follow("/c/c", []endpoints.Ref{web(other)})

	w.has(web(first), want(pods))
	w.until(web(second), func(s endpoints.Snapshot, err error) bool { return err == nil && !s.Found })
	w.until(selected, func(s endpoints.Snapshot, err error) bool { return err == nil && len(s.Pods) == 0 })
	deployed(t, cp, second, 2)
	w.until(selected, func(s endpoints.Snapshot, err error) bool { return err == nil && len(s.Pods) == 2 })
	w.until(web(second), func(s endpoints.Snapshot, err error) bool { return err == nil && len(states(t, s)) == 2 })

	poll(t, func() bool { _, err := w.Snapshot(ctx, web(other)); return errors.Is(err, engine.ErrForbidden) })
	_, err := w.Snapshot(ctx, web(other))
	if !errors.Is(err, ErrNotSynced) || !strings.Contains(err.Error(), "in namespace "+other+" on "+cp.URL()+`: not allowed: `) {
		t.Errorf("got %v", err)
	}
	if health := w.Health()[""]; !errors.Is(health.Err, engine.ErrForbidden) || health.Broken.IsZero() || health.Contact.IsZero() {
		t.Errorf("health is %+v", health)
	}
	w.Follow("/c/c", nil)
	poll(t, func() bool { return w.Health()[""].Err == nil })
	if got, err := w.Snapshot(ctx, web(first)); err != nil || !got.WatchBroke.IsZero() {
		t.Errorf("the watch of another namespace broke: %v, %v", got.WatchBroke, err)
	}
}

// mayWatchServices are the rights to follow Services.
var mayWatchServices = []rbacv1.PolicyRule{
	{Verbs: []string{"list", "watch"}, APIGroups: []string{""}, Resources: []string{"services"}},
	{Verbs: []string{"list", "watch"}, APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}},
}

// grantIn gives a user rights in one namespace.
func grantIn(t *testing.T, cp *kubetest.ControlPlane, namespace, user string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	rbac, ctx := cp.Client().RbacV1(), testContext(t)
	role, err := rbac.Roles(namespace).Create(ctx, &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: rules}, metav1.CreateOptions{})
	check(t, err)
	_, err = rbac.RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}, metav1.CreateOptions{})
	check(t, err)
	for _, rule := range rules { // the authoriser learns of a role by a watch of its own
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Group: rule.APIGroups[0], Resource: rule.Resources[0], Verb: rule.Verbs[0],
			},
		}}
		poll(t, func() bool {
			answer, err := cp.Client().AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
			check(t, err)
			return answer.Status.Allowed
		})
	}
}

func TestAClusterThatIsDownHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	pods := deployed(t, cp, ns, 2)
	down := as(cp, "viewer")
	down.Host = "https://" + closedPort(t)
	w := startWatch(t, map[string]Config{"": as(cp, "viewer"), "west": down}, WatchOptions{})
	west := web(ns)
	west.Cluster = "west"
	w.Follow("/shop/web", []endpoints.Ref{web(ns), west})

	w.has(web(ns), want(pods))
	poll(t, func() bool { return w.Health()["west"].Err != nil })
	_, err := w.Snapshot(ctx, west)
	if !errors.Is(err, ErrNotSynced) || !errors.Is(err, engine.ErrUnreachable) || !errors.Is(err, engine.ErrSource) {
		t.Errorf("west: %v", err)
	}
	wantText := west.String() + ` on cluster "west" (` + down.Host + `): not all of it is known yet: ask what the user may watch on cluster "west" (` + down.Host + `): cannot be reached: dial tcp ` +
		strings.TrimPrefix(down.Host, "https://") + `: connect: connection refused`
	if diff := cmp.Diff(wantText, fmt.Sprint(err)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	health := w.Health()
	if h := health[""]; h.Err != nil || !h.Broken.IsZero() || h.Contact.IsZero() {
		t.Errorf("health is %+v", h)
	}
	if h := health["west"]; h.Broken.IsZero() || !h.Contact.IsZero() {
		t.Errorf("health of west is %+v", h)
	}
	_, err = w.Snapshot(ctx, endpoints.Ref{Cluster: "south", Namespace: ns, Service: "web"})
	if unknown := (&UnknownClusterError{}); !errors.As(err, &unknown) || len(unknown.Known) != 2 {
		t.Errorf("south: %v", err)
	}
}

// closedPort is an address where nobody listens: the client's end of a connection,
// whose port stays taken.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	taken, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	check(t, err)
	t.Cleanup(func() { _, _ = taken.Close(), listener.Close() }) // nothing was written
	return taken.LocalAddr().String()
}

func TestASliceThatIsDeletedByHandIsLostUntilItsEndpointsAreBack(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	_, err := cp.Client().CoreV1().Services(ns).Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{})
	check(t, err)
	writeSlice(t, cp, web(ns), "web-1", "192.0.2.1")
	writeSlice(t, cp, web(ns), "web-2", "192.0.2.2")
	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})
	w.Follow("/shop/web", []endpoints.Ref{web(ns)})
	w.has(web(ns), []string{"192.0.2.1 ??? ", "192.0.2.2 ??? "})

	deleted := time.Now()
	check(t, cp.Client().DiscoveryV1().EndpointSlices(ns).Delete(ctx, "web-2", metav1.DeleteOptions{}))
	lost := w.has(web(ns), []string{"192.0.2.1 ??? "}).Lost
	if len(lost) != 1 || lost[0].Slice.Name != "web-2" || lost[0].At.Before(deleted) || lost[0].At.After(time.Now()) {
		t.Fatalf("lost is %+v", lost)
	}
	writeSlice(t, cp, web(ns), "web-3", "192.0.2.2")
	if got := w.has(web(ns), []string{"192.0.2.1 ??? ", "192.0.2.2 ??? "}); len(got.Lost) != 0 {
		t.Errorf("it is back, and still lost: %+v", got.Lost)
	}
}

func TestTheEndpointSliceControllerLosesNothing(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	const two = 130 // endpoints are two slices of at most 100
	deployed(t, cp, ns, two)
	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})
	w.Follow("/shop/web", []endpoints.Ref{web(ns)})
	if got := w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && len(states(t, s)) == two }); len(got.Slices) < 2 {
		t.Fatalf("%d slices, want several", len(got.Slices))
	}
	check(t, cp.Scale(ctx, ns, "web", 1))
	got := w.until(web(ns), func(s endpoints.Snapshot, err error) bool {
		if err == nil && len(s.Lost) > 0 {
			t.Errorf("lost: %+v", s.Lost)
		}
		return err == nil && len(states(t, s)) == 1
	})
	if len(got.Slices) != 1 {
		t.Errorf("%d slices, want one: the other was to be deleted", len(got.Slices))
	}
}

func TestADeletedServiceTakesWhatItLostWithIt(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	deployed(t, cp, ns, 2)
	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})
	w.Follow("/shop/web", []endpoints.Ref{web(ns)})
	w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && len(states(t, s)) == 2 })
	check(t, cp.Client().CoreV1().Services(ns).Delete(ctx, "web", metav1.DeleteOptions{}))
	gone := w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && !s.Found })
	if len(gone.Slices)+len(gone.Lost) != 0 {
		t.Errorf("got %+v", gone)
	}
	check(t, cp.Expose(ctx, kubetest.ServiceSpec{Namespace: ns, Name: "web", Selector: map[string]string{"app": "web"}, Ports: []kubetest.Port{{Name: "http", ContainerPort: 8080, ServicePort: 80}}}))
	again := w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && len(states(t, s)) == 2 })
	if len(again.Lost) != 0 {
		t.Errorf("the new one has lost what the old one had: %+v", again.Lost)
	}
}
