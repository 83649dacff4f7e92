package kube

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// sliceItem is what is kept of an EndpointSlice.
type sliceItem struct {
	service   types.NamespacedName
	owner     types.UID // of the Service that it was made for; "" = of none
	slice     endpoints.Slice
	triggered time.Time
}

// serviceSlices are the slices of one Service.
type serviceSlices struct {
	present   map[string]endpoints.Slice
	lost      []endpoints.LostSlice
	triggered time.Time // the latest of the changes that the watch saw
}

// sliceStore keeps the slices, by Service.
type sliceStore struct {
	store[sliceItem]
	byService map[types.NamespacedName]*serviceSlices
}

func newSliceStore(w *watching) *sliceStore {
	s := &sliceStore{byService: map[types.NamespacedName]*serviceSlices{}}
	s.store = store[sliceItem]{
		w: w, items: map[types.NamespacedName]sliceItem{},
		convert: convertSlice,
		same: func(a, b sliceItem) bool {
			return a.service == b.service && a.owner == b.owner && reflect.DeepEqual(a.slice, b.slice)
		},
		changed: s.sliceChanged,
	}
	return s
}

func convertSlice(object any) (found[sliceItem], bool) {
	s, ok := object.(*discoveryv1.EndpointSlice)
	if !ok {
		return found[sliceItem]{}, false
	}
	item := sliceItem{
		service: types.NamespacedName{Namespace: s.Namespace, Name: s.Labels[discoveryv1.LabelServiceName]},
		slice:   slice(s),
	}
	if at := slices.IndexFunc(s.OwnerReferences, func(o metav1.OwnerReference) bool { return o.Kind == "Service" }); at >= 0 {
		item.owner = s.OwnerReferences[at].UID
	}
	// What is not a time is not told: anybody may write an annotation.
	item.triggered, _ = time.Parse(time.RFC3339Nano, s.Annotations[corev1.EndpointsLastChangeTriggerTime])
	return found[sliceItem]{key: types.NamespacedName{Namespace: s.Namespace, Name: s.Name}, value: item}, true
}

func (s *sliceStore) sliceChanged(key types.NamespacedName, before, after *sliceItem, tell owners) {
	if before != nil {
		s.take(key.Name, *before, after == nil)
		s.w.v.interest.ofService(before.service, tell)
	}
	if after != nil {
		s.give(key.Name, *after)
		s.w.v.interest.ofService(after.service, tell)
	}
	if s.w.full && readyDiffers(before, after) {
		s.w.v.tellOfProbes(cmp.Or(after, before).service)
	}
	if before != nil {
		s.tidy(before.service)
	}
}

func (s *sliceStore) give(name string, item sliceItem) {
	of := s.byService[item.service]
	if of == nil {
		of = &serviceSlices{present: map[string]endpoints.Slice{}}
		s.byService[item.service] = of
	}
	of.present[name] = item.slice
	if s.w.full && item.triggered.After(of.triggered) {
		of.triggered = item.triggered
	}
	of.lost = slices.DeleteFunc(slices.Clone(of.lost), func(l endpoints.LostSlice) bool { return of.covers(l.Slice) })
}

// take removes a slice from its Service. The EndpointSlice controller takes endpoints
// out by updates of a slice, and deletes one of which none is left; what terminated
// there has said good-bye. Others in a slice that was deleted may be there still, if
// somebody else deleted it.
func (s *sliceStore) take(name string, item sliceItem, deleted bool) {
	of := s.byService[item.service]
	delete(of.present, name)
	if deleted && s.w.v.serviceHas(item) && !of.covers(item.slice) {
		of.lost = append(slices.Clone(of.lost), endpoints.LostSlice{Slice: item.slice, At: time.Now()})
	}
}

// tidy forgets a Service of which nothing is known.
func (s *sliceStore) tidy(service types.NamespacedName) {
	if of := s.byService[service]; of != nil && len(of.present) == 0 && len(of.lost) == 0 {
		delete(s.byService, service)
	}
}

// covers tells that the slices there are have all addresses of one that is not, but
// for those that terminated.
func (of *serviceSlices) covers(lost endpoints.Slice) bool {
	missing := map[string]bool{}
	for _, e := range lost.Endpoints {
		if !value(e.Terminating) && len(e.Addresses) > 0 {
			missing[e.Addresses[0]] = true
		}
	}
	for _, present := range of.present {
		for _, e := range present.Endpoints {
			if len(missing) > 0 && len(e.Addresses) > 0 {
				delete(missing, e.Addresses[0])
			}
		}
	}
	return len(missing) == 0
}

// fill adds the slices of a Service to its Snapshot.
func (s *sliceStore) fill(snapshot *endpoints.Snapshot, service types.NamespacedName) {
	of := s.byService[service]
	if of == nil {
		return
	}
	for _, slice := range of.present {
		snapshot.Slices = append(snapshot.Slices, slice)
	}
	slices.SortFunc(snapshot.Slices, func(a, b endpoints.Slice) int { return cmp.Compare(a.Name, b.Name) })
	oldest := time.Now().Add(-s.w.v.options.LostFor)
	of.lost = slices.DeleteFunc(slices.Clone(of.lost), func(l endpoints.LostSlice) bool { return l.At.Before(oldest) })
	snapshot.Lost, snapshot.Triggered = of.lost, of.triggered
	s.tidy(service)
}

// names tells that an endpoint of the Service is this pod.
func (of *serviceSlices) names(pod string) bool {
	for _, slice := range of.present {
		if slices.ContainsFunc(slice.Endpoints, func(e endpoints.SliceEndpoint) bool { return e.Pod == pod }) {
			return true
		}
	}
	return false
}
