package kube

import (
	"encoding/json"
	"io"
	"iter"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// fakeWatch is an API server that lists what it holds and then says what a test has it
// say. It streams no lists, as those before Kubernetes 1.32, unless it has initial.
type fakeWatch struct {
	*httptest.Server
	mu     sync.Mutex
	lists  map[string]any // by resource
	status *metav1.Status // what everything is answered with, nil = as it should be
	may    bool           // what is said of rights in the whole cluster
	asked  int            // how often these were asked for
	events map[string]chan metav1.WatchEvent
	closed chan struct{} // ends all watches that are open; replaced then
	// initial are the objects that a resource's streamed list begins with.
	initial func(resource string) iter.Seq[any]
}

func newFakeWatch(tb testing.TB) *fakeWatch {
	f := &fakeWatch{may: true, lists: map[string]any{
		services:       &corev1.ServiceList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceList"}},
		nodes:          &corev1.NodeList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NodeList"}},
		pods:           &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}},
		endpointSlices: page(""),
	}, events: map[string]chan metav1.WatchEvent{}, closed: make(chan struct{})}
	for resource := range f.lists {
		f.events[resource] = make(chan metav1.WatchEvent)
	}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that leave
	f.StartTLS()
	tb.Cleanup(func() { f.drop(); f.Close() })
	return f
}

func (f *fakeWatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resource := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	f.mu.Lock()
	status, list, closed := f.status, f.lists[resource], f.closed
	if resource == accessReviews {
		f.asked++
		list = map[string]any{"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "status": map[string]any{"allowed": f.may}}
	}
	f.mu.Unlock()
	switch {
	case f.initial != nil && r.URL.Query().Get("watch") != "":
		f.streamList(w, r, resource, closed)
	case r.URL.Query().Get("sendInitialEvents") != "":
		failed(422, metav1.StatusReasonInvalid, "sendInitialEvents is forbidden for watch")(w, r)
	case status != nil && resource != accessReviews:
		answer(int(status.Code), status)(w, r)
	case r.URL.Query().Get("watch") == "":
		answer(200, list)(w, r)
	default:
		f.stream(w, r, f.events[resource], closed)
	}
}

func (f *fakeWatch) stream(w http.ResponseWriter, r *http.Request, events chan metav1.WatchEvent, closed chan struct{}) {
	w.Header().Set("Content-Type", "application/json")
	flusher := http.NewResponseController(w)
	_ = flusher.Flush() // the client that left is seen below
	for {
		select {
		case event := <-events:
			_ = json.NewEncoder(w).Encode(event)
			_ = flusher.Flush()
		case <-closed:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// streamList streams the objects there are, the bookmark after them, and then events.
func (f *fakeWatch) streamList(w http.ResponseWriter, r *http.Request, resource string, closed chan struct{}) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	for object := range f.initial(resource) {
		_ = encoder.Encode(map[string]any{"type": "ADDED", "object": object}) // the client that left is seen later
	}
	end := metav1.ObjectMeta{ResourceVersion: "2", Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"}}
	var bookmark any = &corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, ObjectMeta: end}
	switch resource {
	case services:
		bookmark = &corev1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: end}
	case endpointSlices:
		bookmark = &discoveryv1.EndpointSlice{TypeMeta: metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"}, ObjectMeta: end}
	}
	_ = encoder.Encode(map[string]any{"type": "BOOKMARK", "object": bookmark})
	f.stream(w, r, f.events[resource], closed)
}

// set makes f answer all but the question for rights with status, nil as it should be,
// and hold the slices.
func (f *fakeWatch) set(status *metav1.Status, held ...*discoveryv1.EndpointSlice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status = status
	list := page("")
	for _, s := range held {
		list.Items = append(list.Items, *s)
	}
	f.lists[endpointSlices] = list
}

// drop ends all watches, as API servers do every few minutes.
func (f *fakeWatch) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.closed)
	f.closed = make(chan struct{})
}

// send sends an event to whoever watches.
func (f *fakeWatch) send(t *testing.T, resource, kind string, object any) {
	t.Helper()
	raw, err := json.Marshal(object)
	check(t, err)
	event := metav1.WatchEvent{Type: kind}
	event.Object.Raw = raw
	select {
	case f.events[resource] <- event:
	case <-testContext(t).Done():
		t.Fatal("nobody watches")
	}
}

// webSlice is a slice of shop/web, whose pods are ready.
func webSlice(name string, addresses ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{
		TypeMeta:    metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
		ObjectMeta:  metav1.ObjectMeta{Namespace: "shop", Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Port: new(int32(80))}},
	}
	for _, address := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{address}})
	}
	return s
}

// watchShop watches shop/web of a fake that has the slices.
func watchShop(t *testing.T, options WatchOptions, held ...*discoveryv1.EndpointSlice) (*fakeWatch, *watcher) {
	t.Helper()
	f := newFakeWatch(t)
	f.lists[services].(*corev1.ServiceList).Items = []corev1.Service{*webService()}
	f.set(nil, held...)
	w := startWatch(t, map[string]Config{"": trusting(f.Server)}, options)
	w.Follow("/shop/web", []endpoints.Ref{web("shop")})
	w.until(web("shop"), func(_ endpoints.Snapshot, err error) bool { return err == nil })
	return f, w
}

func status(code int32, reason metav1.StatusReason) *metav1.Status {
	return &metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Code: code, Reason: reason}
}

func TestAWatchThatTheServerEndsAfterAWhileIsNotBroken(t *testing.T) {
	t.Parallel()
	f, w := watchShop(t, WatchOptions{}, webSlice("a", "10.0.0.1"))
	f.send(t, endpointSlices, "MODIFIED", webSlice("a", "10.0.0.1", "10.0.0.2"))
	w.has(web("shop"), []string{"10.0.0.1 ??? ", "10.0.0.2 ??? "})
	f.drop()
	f.send(t, endpointSlices, "DELETED", webSlice("a", "10.0.0.1", "10.0.0.2"))
	if got := w.has(web("shop"), nil); !got.WatchBroke.IsZero() || len(got.Lost) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestAWatchThatHasExpiredBrokeAndAllIsReadAgain(t *testing.T) {
	t.Parallel()
	f, w := watchShop(t, WatchOptions{}, webSlice("a", "10.0.0.1"), webSlice("b", "10.0.0.2"), webSlice("c", "10.0.0.3"))
	f.set(nil, webSlice("b", "10.0.0.2"), webSlice("d", "10.0.0.3"))
	f.send(t, endpointSlices, "ERROR", status(410, metav1.StatusReasonExpired))
	got := w.has(web("shop"), []string{"10.0.0.2 ??? ", "10.0.0.3 ??? "})
	if len(got.Lost) != 1 || got.Lost[0].Slice.Name != "a" || got.WatchBroke.IsZero() {
		t.Errorf("lost %+v, broke at %v; want a: what c had is in d", got.Lost, got.WatchBroke)
	}
}

func TestAnAPIServerThatForbidsAllForAMomentDoesNotEndTheView(t *testing.T) {
	t.Parallel()
	f, w := watchShop(t, WatchOptions{}, webSlice("a", "10.0.0.1"))
	f.mu.Lock()
	asked := f.asked
	f.may = false
	f.mu.Unlock()
	f.set(status(403, metav1.StatusReasonForbidden), webSlice("a", "10.0.0.1"))
	f.drop()
	poll(t, func() bool { return w.Health()[""].Err != nil })
	got, err := w.Snapshot(w.ctx, web("shop"))
	check(t, err)
	if diff := cmp.Diff([]string{"10.0.0.1 ??? "}, states(t, got)); diff != "" || got.WatchBroke.IsZero() {
		t.Errorf("broke at %v: -want +got\n%s", got.WatchBroke, diff)
	}
	f.set(nil, webSlice("a", "10.0.0.1"))
	poll(t, func() bool { return w.Health()[""].Err == nil })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked != asked {
		t.Errorf("the rights were asked for again")
	}
}

func TestWhatNoSnapshotShowsIsNotTold(t *testing.T) {
	t.Parallel()
	f, w := watchShop(t, WatchOptions{}, webSlice("a", "10.0.0.1"))
	told := w.tells("/shop/web")
	silent := webSlice("a", "10.0.0.1")
	silent.Annotations = map[string]string{corev1.EndpointsLastChangeTriggerTime: "2026-01-01T00:00:00Z"}
	silent.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "m"}}
	f.send(t, endpointSlices, "MODIFIED", silent)
	other := webSlice("other", "10.0.0.9")
	other.Labels[discoveryv1.LabelServiceName] = "other"
	f.send(t, endpointSlices, "ADDED", other)
	f.send(t, endpointSlices, "MODIFIED", webSlice("a", "10.0.0.1", "10.0.0.2"))
	w.has(web("shop"), []string{"10.0.0.1 ??? ", "10.0.0.2 ??? "})
	if got := w.tells("/shop/web") - told; got != 1 {
		t.Errorf("told %d times, want once", got)
	}
}

func TestTheTimeOfAChangeIsThatOfSlicesThatWereSeenToChange(t *testing.T) {
	t.Parallel()
	at := func(s *discoveryv1.EndpointSlice, second string) *discoveryv1.EndpointSlice {
		s.Annotations = map[string]string{corev1.EndpointsLastChangeTriggerTime: "2026-01-01T00:00:" + second + "Z"}
		return s
	}
	f, w := watchShop(t, WatchOptions{}, at(webSlice("a", "10.0.0.1"), "09"), at(webSlice("b", "10.0.0.2"), "01"))
	want := func(second int, addresses ...string) {
		t.Helper()
		wanted := time.Time{}
		if second > 0 {
			wanted = time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC)
		}
		if got := w.has(web("shop"), addresses); !got.Triggered.Equal(wanted) {
			t.Errorf("triggered at %v, want %v", got.Triggered, wanted)
		}
	}
	want(0, "10.0.0.1 ??? ", "10.0.0.2 ??? ")
	f.send(t, endpointSlices, "MODIFIED", at(webSlice("b", "10.0.0.3"), "05"))
	want(5, "10.0.0.1 ??? ", "10.0.0.3 ??? ")
	f.send(t, endpointSlices, "MODIFIED", webSlice("b", "10.0.0.4"))
	want(5, "10.0.0.1 ??? ", "10.0.0.4 ??? ")
	f.send(t, endpointSlices, "MODIFIED", at(webSlice("b", "10.0.0.5"), "odd"))
	want(5, "10.0.0.1 ??? ", "10.0.0.5 ??? ")
}

func TestALostSliceIsForgottenAfterAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &view{options: WatchOptions{LostFor: time.Minute}, source: &Source{}, interest: newInterest(), services: map[string]*serviceStore{}, watches: map[scope]*watching{}}
		begin := func(resource string) *watching {
			w := &watching{v: v, scope: scope{resource, "", ""}, full: true}
			v.watches[w.scope] = w
			return w
		}
		v.rights.wide = true
		v.services[""] = newServiceStore(begin(services))
		s := newSliceStore(begin(endpointSlices))
		check(t, v.services[""].Add(webService()))
		check(t, s.Add(webSlice("a", "10.0.0.1")))
		check(t, s.Delete(webSlice("a", "10.0.0.1")))
		lost := func() int {
			snapshot := endpoints.Snapshot{}
			s.fill(&snapshot, types.NamespacedName{Namespace: "shop", Name: "web"})
			return len(snapshot.Lost)
		}
		time.Sleep(time.Minute) // the bubble's
		if lost() != 1 {
			t.Error("forgotten too early")
		}
		time.Sleep(time.Second)
		if lost() != 0 || len(s.byService) != 0 {
			t.Error("not forgotten")
		}
	})
}
