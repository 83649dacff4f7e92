package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

func TestAServicePortKeepsNameNumberTargetAndProtocol(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		port corev1.ServicePort
		want endpoints.ServicePort
	}{
		"a named target":                    {corev1.ServicePort{Name: "http", Port: 80, TargetPort: intstr.FromString("web"), Protocol: corev1.ProtocolUDP}, endpoints.ServicePort{Name: "http", Number: 80, TargetPort: "web", Protocol: "UDP"}},
		"a target of another number":        {corev1.ServicePort{Port: 80, TargetPort: intstr.FromInt32(8080)}, endpoints.ServicePort{Number: 80, TargetPort: "8080", Protocol: "TCP"}},
		"a target of the same number":       {corev1.ServicePort{Port: 80, TargetPort: intstr.FromInt32(80)}, endpoints.ServicePort{Number: 80, Protocol: "TCP"}},
		"no target":                         {corev1.ServicePort{Port: 65535}, endpoints.ServicePort{Number: 65535, Protocol: "TCP"}},
		"a name that stands for the number": {corev1.ServicePort{Port: 80, TargetPort: intstr.FromString("80")}, endpoints.ServicePort{Number: 80, TargetPort: "80", Protocol: "TCP"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, servicePort(tt.port)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestASlicePortWithoutANumberIsAllPorts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		port discoveryv1.EndpointPort
		want endpoints.SlicePort
	}{
		"all told":     {discoveryv1.EndpointPort{Name: new("dns"), Port: new(int32(53)), Protocol: new(corev1.ProtocolUDP)}, endpoints.SlicePort{Name: "dns", Number: 53, Protocol: "UDP"}},
		"nothing told": {discoveryv1.EndpointPort{}, endpoints.SlicePort{Protocol: "TCP"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, slicePort(tt.port)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAnEndpointKeepsItsConditionsAsTheyAre(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		endpoint discoveryv1.Endpoint
		want     endpoints.SliceEndpoint
	}{
		"a pod": {
			discoveryv1.Endpoint{
				Addresses:  []string{"10.0.0.1", "10.0.0.2"},
				Conditions: discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)},
				TargetRef:  &corev1.ObjectReference{Kind: "Pod", Name: "web-1"},
				NodeName:   new("node-0"), Zone: new("a"),
				Hints: &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: "b"}}},
			},
			endpoints.SliceEndpoint{
				Addresses: []string{"10.0.0.1", "10.0.0.2"}, Ready: new(true), Serving: new(true), Terminating: new(false),
				Pod: "web-1", Node: "node-0", Zone: "a",
			},
		},
		"unknown conditions stay unknown": {
			discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}},
			endpoints.SliceEndpoint{Addresses: []string{"10.0.0.1"}},
		},
		"terminating and serving": {
			discoveryv1.Endpoint{Conditions: discoveryv1.EndpointConditions{Ready: new(false), Serving: new(true), Terminating: new(true)}},
			endpoints.SliceEndpoint{Ready: new(false), Serving: new(true), Terminating: new(true)},
		},
		"a target that is no pod": {
			discoveryv1.Endpoint{TargetRef: &corev1.ObjectReference{Kind: "VirtualMachine", Name: "vm-1"}},
			endpoints.SliceEndpoint{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, endpoint(&tt.endpoint)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestASnapshotHasTheServicesFirstFamilyAndItsSlicesByName(t *testing.T) {
	t.Parallel()
	named := func(name string, family discoveryv1.AddressType) discoveryv1.EndpointSlice {
		return discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: name}, AddressType: family}
	}
	list := []discoveryv1.EndpointSlice{
		named("c", discoveryv1.AddressTypeFQDN), named("a", discoveryv1.AddressTypeIPv6), named("b", discoveryv1.AddressTypeIPv4),
	}
	slices := []endpoints.Slice{{Name: "a", Family: endpoints.IPv6}, {Name: "b", Family: endpoints.IPv4}, {Name: "c", Family: "FQDN"}}
	for name, tt := range map[string]struct {
		families []corev1.IPFamily
		want     endpoints.Family
	}{
		"IPv6 first": {[]corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}, endpoints.IPv6},
		"IPv4 alone": {[]corev1.IPFamily{corev1.IPv4Protocol}, endpoints.IPv4},
		"none told":  {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := serviceSnapshot(&corev1.Service{Spec: corev1.ServiceSpec{IPFamilies: tt.families}}, list)
			want := endpoints.Snapshot{Found: true, Family: tt.want, Slices: slices}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestASnapshotSharesNothingWithTheObjects(t *testing.T) {
	t.Parallel()
	service := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}}
	list := []discoveryv1.EndpointSlice{{
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Port: new(int32(8080))}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{"10.0.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}},
	}}
	want := serviceSnapshot(service.DeepCopy(), list)
	got := serviceSnapshot(service, list)
	list[0].Endpoints[0].Addresses[0] = "changed"
	*list[0].Endpoints[0].Conditions.Ready = false
	*list[0].Ports[0].Port = 1
	want.Slices[0].Endpoints[0].Addresses = []string{"10.0.0.1"}
	want.Slices[0].Endpoints[0].Ready = new(true)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
