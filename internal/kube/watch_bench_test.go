package kube

import (
	"context"
	"fmt"
	"iter"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// BenchmarkWatch tells what a Watch holds. heap-MB and B/endpoint are what is left of it
// after a collection; rss-MB is the most that the process ever had, with the server that
// writes the JSON in it.
func BenchmarkWatch(b *testing.B) {
	for _, size := range []struct{ services, each int }{{5000, 5}, {20000, 5}} {
		b.Run(fmt.Sprintf("%dx%d", size.services, size.each), func(b *testing.B) { benchmarkWatch(b, size.services, size.each) })
	}
}

func benchmarkWatch(b *testing.B, count, each int) {
	f := newFakeWatch(b)
	f.initial = func(resource string) iter.Seq[any] { return manyObjects(resource, count, each) }
	for b.Loop() {
		before := heap()
		told := make(chan string, 10*count)
		w, err := NewWatch(map[string]Config{"": trusting(f.Server)}, WatchOptions{Changed: func(owner string) {
			select {
			case told <- owner:
			default: // looked at again anyway
			}
		}})
		if err != nil {
			b.Fatal(err)
		}
		refs := make([]endpoints.Ref, count)
		for i := range count {
			refs[i] = endpoints.Ref{Namespace: "shop", Service: serviceName(i)}
			w.Follow(fmt.Sprint("/shop/", i), refs[i:i+1])
		}
		started := time.Now()
		end := begin(b, w)
		for w.Synced(refs[0]) != nil {
			<-told
		}
		b.ReportMetric(time.Since(started).Seconds(), "s/sync")
		held := heap() - before
		b.ReportMetric(float64(held)/1e6, "heap-MB")
		b.ReportMetric(float64(held)/float64(count*each), "B/endpoint")
		b.ReportMetric(peak(b), "rss-MB")
		for _, ref := range refs {
			snapshot, err := w.Snapshot(b.Context(), ref)
			if err != nil || !snapshot.Found || len(snapshot.Slices) != 1 || len(snapshot.Slices[0].Endpoints) != each {
				b.Fatalf("%s: %+v, %v", ref, snapshot, err)
			}
		}
		end()
	}
}

// begin starts a Watch; the function ends it.
func begin(tb testing.TB, w *Watch) func() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Start(ctx) // it is always nil
	}()
	return func() { cancel(); <-done }
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what finalizers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// peak is the largest resident set that the process had, in MB; 0 where /proc is not.
func peak(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		kilobytes := 0.0
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); n == 1 {
			return kilobytes / 1e3
		}
	}
	b.Fatal("no VmHWM")
	return 0
}

func serviceName(i int) string { return fmt.Sprintf("checkout-backend-%05d", i) }

// manyObjects are Services with one slice each, and nodes, as a real cluster has them:
// with the fields that a Watch leaves behind.
func manyObjects(resource string, count, each int) iter.Seq[any] {
	return func(yield func(any) bool) {
		more := true
		for i := 0; i < count && more; i++ {
			switch {
			case resource == services:
				more = yield(manyService(i))
			case resource == endpointSlices:
				more = yield(manySlice(i, each))
			case resource == nodes && i < 500:
				more = yield(&corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, ObjectMeta: metaOf("", nodeName(i)), Status: corev1.NodeStatus{
					Addresses:  []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: fmt.Sprintf("10.1.%d.%d", i/250, i%250)}},
					Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
				}})
			}
		}
	}
}

func nodeName(i int) string {
	return fmt.Sprintf("ip-10-1-%d-%d.eu-central-1.compute.internal", i%500/250, i%250)
}

func metaOf(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID("0d5f9a52-7a3c-4d2e-9a51-" + fmt.Sprintf("%012d", len(name))), ResourceVersion: "1",
		CreationTimestamp: metav1.Unix(1767225600, 0),
		Labels:            map[string]string{"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop", "helm.sh/chart": "backend-1.2.3"},
		ManagedFields: []metav1.ManagedFieldsEntry{{
			Manager: "kube-controller-manager", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "v1", FieldsType: "FieldsV1",
			FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:endpoints":{},"f:ports":{}}`),
		}},
	}
}

func manyService(i int) *corev1.Service {
	return &corev1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: metaOf("shop", serviceName(i)), Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app.kubernetes.io/name": serviceName(i)}, IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
		Ports: []corev1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80, TargetPort: intstr.FromString("http")}},
	}}
}

func manySlice(i, each int) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{
		TypeMeta: metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"}, ObjectMeta: metaOf("shop", serviceName(i)+"-x2k4z"),
		AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(8080)), Protocol: new(corev1.ProtocolTCP)}},
	}
	s.Labels[discoveryv1.LabelServiceName] = serviceName(i)
	s.Annotations = map[string]string{corev1.EndpointsLastChangeTriggerTime: "2026-01-01T00:00:00Z"}
	s.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Service", Name: serviceName(i), UID: "0d5f9a52-7a3c-4d2e-9a51-000000000022"}}
	for j := range each {
		n := i*each + j
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{
			Addresses:  []string{fmt.Sprintf("10.%d.%d.%d", 2+n/62500, n/250%250, n%250)},
			Conditions: discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)},
			NodeName:   new(nodeName(n)), Zone: new("eu-central-1a"),
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: "shop", Name: fmt.Sprintf("%s-7d9f8c6b5-%05d", serviceName(i), n), UID: "8f14e45f-ceea-467f-ab21-1f2d3c4b5a69"},
		})
	}
	return s
}
