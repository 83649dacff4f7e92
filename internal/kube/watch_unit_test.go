package kube

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// stores are the full stores of a view that no server fills, and who was told.
type stores struct {
	*view
	services *serviceStore
	slices   *sliceStore
	pods     *podStore
	told     []string
}

func newStores(gate string) *stores {
	out := &stores{}
	out.view = &view{
		interest: newInterest(), rights: rights{wide: true}, known: true, watches: map[scope]*watching{}, source: &Source{server: "https://none"},
		services: map[string]*serviceStore{}, slices: map[string]*sliceStore{}, pods: map[string]*podStore{}, probes: owners{},
		options: WatchOptions{LostFor: DefaultLostFor, Gate: gate, Changed: func(owner string) { out.told = append(out.told, owner) }},
	}
	out.asking.answered()
	full := func(resource, namespace string) *watching {
		w := &watching{v: out.view, scope: scope{resource, namespace, ""}, full: true}
		out.watches[w.scope] = w
		return w
	}
	out.services, out.slices, out.pods = newServiceStore(full(services, "")), newSliceStore(full(endpointSlices, "")), newPodStore(full(pods, "shop"))
	out.view.services[""], out.view.slices[""], out.view.pods["shop"] = out.services, out.slices, out.pods
	return out
}

func (s *stores) lost(t *testing.T) []string {
	t.Helper()
	snapshot, err := s.snapshot(web("shop"))
	check(t, err)
	var names []string
	for _, l := range snapshot.Lost {
		names = append(names, l.Slice.Name)
	}
	return names
}

func TestASliceIsLostOnlyWhereItsEndpointsMayStillBeThere(t *testing.T) {
	t.Parallel()
	with := func(s *discoveryv1.EndpointSlice, change func(*discoveryv1.EndpointSlice)) *discoveryv1.EndpointSlice {
		change(s)
		return s
	}
	ended := func(s *discoveryv1.EndpointSlice) { s.Endpoints[0].Conditions.Terminating = new(true) }
	of := func(uid types.UID) func(*discoveryv1.EndpointSlice) {
		return func(s *discoveryv1.EndpointSlice) {
			s.OwnerReferences = []metav1.OwnerReference{{Kind: "Service", Name: "web", UID: uid}}
		}
	}
	service := webService()
	service.UID = "1"
	for name, tt := range map[string]struct {
		before []*discoveryv1.EndpointSlice
		act    func(*stores) error
		want   []string
	}{
		"deleted, and nobody has them":  {[]*discoveryv1.EndpointSlice{webSlice("a", "10.0.0.1"), webSlice("b", "10.0.0.2")}, func(s *stores) error { return s.slices.Delete(webSlice("a")) }, []string{"a"}},
		"deleted, and it was empty":     {[]*discoveryv1.EndpointSlice{webSlice("a")}, func(s *stores) error { return s.slices.Delete(webSlice("a")) }, nil},
		"deleted, and they terminated":  {[]*discoveryv1.EndpointSlice{with(webSlice("a", "10.0.0.1"), ended)}, func(s *stores) error { return s.slices.Delete(webSlice("a")) }, nil},
		"deleted, and one did not":      {[]*discoveryv1.EndpointSlice{with(webSlice("a", "10.0.0.1", "10.0.0.2"), ended)}, func(s *stores) error { return s.slices.Delete(webSlice("a")) }, []string{"a"}},
		"deleted, and another has them": {[]*discoveryv1.EndpointSlice{webSlice("a", "10.0.0.1"), webSlice("b", "10.0.0.1")}, func(s *stores) error { return s.slices.Delete(webSlice("a")) }, nil},
		"deleted, and back in another": {[]*discoveryv1.EndpointSlice{webSlice("a", "10.0.0.1")}, func(s *stores) error {
			return errors.Join(s.slices.Delete(webSlice("a")), s.slices.Add(webSlice("b", "10.0.0.1")))
		}, nil},
		"deleted, and half of it is back": {[]*discoveryv1.EndpointSlice{webSlice("a", "10.0.0.1", "10.0.0.2")}, func(s *stores) error {
			return errors.Join(s.slices.Delete(webSlice("a")), s.slices.Add(webSlice("b", "10.0.0.1")))
		}, []string{"a"}},
		"emptied by an update": {[]*discoveryv1.EndpointSlice{webSlice("a", "10.0.0.1")}, func(s *stores) error {
			return errors.Join(s.slices.Update(webSlice("a")), s.slices.Delete(webSlice("a")))
		}, nil},
		"given to another Service": {[]*discoveryv1.EndpointSlice{webSlice("a", "10.0.0.1")}, func(s *stores) error {
			return s.slices.Update(with(webSlice("a", "10.0.0.1"), func(s *discoveryv1.EndpointSlice) { s.Labels[discoveryv1.LabelServiceName] = "other" }))
		}, nil},
		"of this Service":                  {[]*discoveryv1.EndpointSlice{with(webSlice("a", "10.0.0.1"), of("1"))}, func(s *stores) error { return s.slices.Delete(webSlice("a")) }, []string{"a"}},
		"of a Service of that name before": {[]*discoveryv1.EndpointSlice{with(webSlice("a", "10.0.0.1"), of("0"))}, func(s *stores) error { return s.slices.Delete(webSlice("a")) }, nil},
		"and then the Service is gone, and a new one there": {[]*discoveryv1.EndpointSlice{webSlice("a", "10.0.0.1")}, func(s *stores) error {
			return errors.Join(s.slices.Delete(webSlice("a")), s.services.Delete(service), s.services.Add(service))
		}, nil},
		"missing when all is read again": {[]*discoveryv1.EndpointSlice{webSlice("a", "10.0.0.1"), webSlice("b", "10.0.0.2"), webSlice("c", "10.0.0.3")}, func(s *stores) error {
			return s.slices.Replace([]any{webSlice("b", "10.0.0.2"), webSlice("d", "10.0.0.3")}, "")
		}, []string{"a"}},
	} {
		s := newStores("")
		check(t, s.services.Add(service))
		for _, slice := range tt.before {
			check(t, s.slices.Add(slice))
		}
		check(t, tt.act(s))
		if diff := gocmp.Diff(tt.want, s.lost(t)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func runningPod(name string, labels map[string]string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID(name), Labels: labels},
		Status:     corev1.PodStatus{PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}}},
	}
}

func TestAPodTellsThoseWhoSelectItBeforeOrAfter(t *testing.T) {
	t.Parallel()
	s := newStores("")
	for owner, selector := range map[string]endpoints.Selector{"app": "app=web", "canary": "app=web,track=canary", "other": "app=other"} {
		s.interest.set(owner, []endpoints.Ref{{Namespace: "shop", Selector: selector}})
	}
	s.interest.set("elsewhere", []endpoints.Ref{{Namespace: "elsewhere", Selector: "app=web"}})
	canary := map[string]string{"app": "web", "track": "canary"}
	moved := runningPod("a", map[string]string{"app": "other"})
	for _, step := range []struct {
		name string
		act  func() error
		want []string
	}{
		{"it comes", func() error { return s.pods.Add(runningPod("a", canary)) }, []string{"app", "canary"}},
		{"it is the same", func() error { return s.pods.Update(runningPod("a", maps.Clone(canary))) }, nil},
		{"it is another's", func() error { return s.pods.Update(moved) }, []string{"app", "canary", "other"}},
		{"it goes", func() error { return s.pods.Delete(moved) }, []string{"other"}},
		{"one goes that was not there", func() error { return s.pods.Delete(moved) }, nil},
	} {
		s.told = nil
		check(t, step.act())
		slices.Sort(s.told)
		if diff := gocmp.Diff(step.want, s.told); diff != "" {
			t.Errorf("%s: -want +got\n%s", step.name, diff)
		}
	}
}

func TestAPodThatAsksForTheGateTellsTheOwnersOfItsService(t *testing.T) {
	t.Parallel()
	const gate = "bigipkube.io/pool-member"
	s := newStores(gate)
	s.interest.set("web", []endpoints.Ref{web("shop")})
	s.interest.set("other", []endpoints.Ref{{Namespace: "shop", Service: "other"}})
	member := webSlice("a", "10.0.0.1")
	member.Endpoints[0].TargetRef = &corev1.ObjectReference{Kind: "Pod", Name: "a"}
	check(t, s.slices.Add(member))

	asking := runningPod("a", nil)
	asking.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "another.io/gate"}, {ConditionType: gate}}
	with := func(conditions ...corev1.PodConditionType) *corev1.Pod {
		p := asking.DeepCopy()
		for _, c := range conditions {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: c, Status: corev1.ConditionTrue})
		}
		return p
	}
	for _, step := range []struct {
		pod  *corev1.Pod
		want PodGate
		told []string
	}{
		{with(), PodGate{UID: "a", Asked: true}, []string{"web"}},
		{with(corev1.PodScheduled), PodGate{UID: "a", Asked: true}, nil},
		{with(corev1.ContainersReady), PodGate{UID: "a", Asked: true, ContainersReady: true}, []string{"web"}},
		{with(corev1.ContainersReady, gate), PodGate{UID: "a", Asked: true, ContainersReady: true, Open: true}, []string{"web"}},
		{runningPod("a", nil), PodGate{}, []string{"web"}},
	} {
		s.told = nil
		check(t, s.pods.Update(step.pod))
		got, found := s.podGate("shop", "a")
		if diff := gocmp.Diff(step.want, got); diff != "" || !found || !slices.Equal(step.told, s.told) {
			t.Errorf("found %t, told %v, want %v: -want +got\n%s", found, s.told, step.told, diff)
		}
	}
	if _, found := s.podGate("shop", "none"); found {
		t.Error("a pod is found that is not there")
	}
	if _, found := s.podGate("elsewhere", "a"); found {
		t.Error("a pod is found where none are watched")
	}
}

func TestWhatIsWatchedIsWhatTheRefsNeedWithinTheRights(t *testing.T) {
	t.Parallel()
	pod := endpoints.Ref{Namespace: "b", Selector: "app=web"}
	port := endpoints.Ref{Namespace: "c", Service: "web", NodePort: true}
	vm := endpoints.Ref{Addresses: "192.0.2.1:80"}
	for name, tt := range map[string]struct {
		refs   []endpoints.Ref
		rights rights
		gates  bool
		want   []scope
	}{
		"nothing":                      {nil, rights{wide: true, nodes: true}, true, nil},
		"addresses":                    {[]endpoints.Ref{vm}, rights{wide: true, nodes: true}, true, nil},
		"a Service, all rights":        {[]endpoints.Ref{web("a"), web("b")}, rights{wide: true, nodes: true}, false, []scope{{endpointSlices, "", ""}, {nodes, "", ""}, {services, "", ""}}},
		"a Service, narrow rights":     {[]endpoints.Ref{web("a")}, rights{}, false, []scope{{endpointSlices, "a", ""}, {services, "a", ""}}},
		"a selector":                   {[]endpoints.Ref{pod}, rights{wide: true}, false, []scope{{pods, "b", ""}}},
		"node ports without the right": {[]endpoints.Ref{port}, rights{}, false, []scope{{endpointSlices, "c", ""}, {nodes, "", ""}, {services, "c", ""}}},
		"gates":                        {[]endpoints.Ref{web("a")}, rights{wide: true}, true, []scope{{endpointSlices, "", ""}, {pods, "a", ""}, {services, "", ""}}},
	} {
		i := newInterest()
		i.set("other", []endpoints.Ref{web("z"), pod, port})
		i.set("other", nil)
		i.set("owner", tt.refs)
		got := slices.SortedFunc(maps.Keys(i.wanted(tt.rights, tt.gates)), func(a, b scope) int {
			return cmp.Or(strings.Compare(a.resource, b.resource), strings.Compare(a.namespace, b.namespace))
		})
		if !slices.Equal(tt.want, got) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func TestAWatchOfTheWholeClusterIsGivenUpWhereItIsForbiddenAndTakenUpWhereItIsNot(t *testing.T) {
	t.Parallel()
	f := newFakeWatch(t)
	f.lists[services].(*corev1.ServiceList).Items = []corev1.Service{*webService()}
	f.set(status(403, metav1.StatusReasonForbidden), webSlice("a", "10.0.0.1"))
	w := startWatch(t, map[string]Config{"": trusting(f.Server)}, WatchOptions{})
	w.Follow("/shop/web", []endpoints.Ref{web("shop")})
	poll(t, func() bool { _, err := w.Snapshot(w.ctx, web("shop")); return errors.Is(err, engine.ErrForbidden) })

	may := func(may bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.may = may
	}
	v := w.views[""]
	watched := func(want scope) func() bool {
		return func() bool {
			v.mu.Lock()
			defer v.mu.Unlock()
			return v.watches[want] != nil
		}
	}
	may(false) // and so the whole cluster could not be watched
	poll(t, watched(scope{endpointSlices, "shop", ""}))
	f.set(nil, webSlice("a", "10.0.0.1"))
	w.has(web("shop"), []string{"10.0.0.1 ??? "})

	may(true)
	v.askSoon()
	v.settleSoon()
	poll(t, watched(scope{endpointSlices, "", ""}))
	w.has(web("shop"), []string{"10.0.0.1 ??? "})
	if watched(scope{endpointSlices, "shop", ""})() || !watched(scope{nodes, "", ""})() {
		t.Error("the namespace is still watched, or the nodes are not")
	}
}
