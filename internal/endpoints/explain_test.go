package endpoints_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// TestExplainReadsEachEndpointBackToWhatTheClusterSaid prints each endpoint as
// "address pod state: slice node conditions", and what was left out with its reason.
func TestExplainReadsEachEndpointBackToWhatTheClusterSaid(t *testing.T) {
	t.Parallel()
	http := []endpoints.ServicePort{{Name: "http", Number: 80}}
	on := func(number uint16) []endpoints.SlicePort {
		return []endpoints.SlicePort{{Name: "http", Number: number}}
	}
	service := endpoints.Ref{Namespace: "shop", Service: "web"}
	for name, test := range map[string]struct {
		ref      endpoints.Ref
		snapshot endpoints.Snapshot
		want     []string
	}{
		"an endpoint has its slice, node and conditions": {
			service,
			endpoints.Snapshot{Found: true, Ports: http, Slices: []endpoints.Slice{{Name: "web-a", Family: endpoints.IPv4, Ports: on(8080), Endpoints: []endpoints.SliceEndpoint{
				{Addresses: []string{"10.0.0.1"}, Pod: "web-1", Node: "n1", Ready: new(true), Serving: new(true), Terminating: new(false)},
				{Addresses: []string{"10.0.0.2"}, Pod: "web-2", Node: "n2", Ready: new(false), Serving: new(true), Terminating: new(true)},
				{Addresses: []string{"10.0.0.3"}},
			}}}},
			[]string{
				"10.0.0.1:8080 web-1 ready: web-a n1 ready=true serving=true terminating=false",
				"10.0.0.2:8080 web-2 draining: web-a n2 ready=false serving=true terminating=true",
				"10.0.0.3:8080  ready: web-a  ready=unknown serving=unknown terminating=unknown",
			},
		},
		"of two slices the one that counts is named": {
			service,
			endpoints.Snapshot{Found: true, Ports: http, Slices: []endpoints.Slice{
				{Name: "web-a", Family: endpoints.IPv4, Ports: on(8080), Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"10.0.0.1"}, Pod: "web-1", Ready: new(false)}}},
				{Name: "web-b", Family: endpoints.IPv4, Ports: on(8080), Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"10.0.0.1"}, Pod: "web-1", Ready: new(true)}}},
				{Name: "web-c", Family: endpoints.IPv4, Ports: on(9090), Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"10.0.0.1"}, Pod: "web-1", Ready: new(true)}}},
			}},
			[]string{
				"10.0.0.1:8080 web-1 ready: web-b  ready=true serving=unknown terminating=unknown",
				"10.0.0.1:9090 web-1 ready: web-c  ready=true serving=unknown terminating=unknown",
			},
		},
		"an address of IPv6 is found however it is written, and on a route domain": {
			endpoints.Ref{Namespace: "shop", Service: "web", RouteDomain: 2},
			endpoints.Snapshot{Found: true, Ports: http, Slices: []endpoints.Slice{{Name: "web-6", Family: endpoints.IPv6, Ports: on(80), Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"2001:DB8:0::1"}, Pod: "web-1"}}}}},
			[]string{"[2001:db8::1%2]:80 web-1 ready: web-6  ready=unknown serving=unknown terminating=unknown"},
		},
		"what is left out has its slice too": {
			service,
			endpoints.Snapshot{Found: true, Family: endpoints.IPv4, Ports: http, Slices: []endpoints.Slice{
				{Name: "web-names", Family: "FQDN", Ports: on(80), Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"web.example"}, Ready: new(true)}}},
				{Name: "web-6", Family: endpoints.IPv6, Ports: on(80), Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"2001:db8::1"}, Pod: "web-1", Node: "n1"}}},
			}},
			[]string{
				"left out 2001:db8::1 web-1: it is of the other address family: web-6 n1 ready=unknown serving=unknown terminating=unknown",
				"left out web.example : its slice holds names, not addresses: web-names  ready=true serving=unknown terminating=unknown",
			},
		},
		"a selected pod has its own condition": {
			endpoints.Ref{Namespace: "shop", Selector: "app=web", Port: "8080"},
			endpoints.Snapshot{Pods: []endpoints.Pod{
				{Name: "web-1", Node: "n1", Addresses: []string{"10.0.0.1"}, Ready: true, Terminating: true},
				{Name: "web-2", Node: "n2", Ready: false, Ended: true},
			}},
			[]string{
				"10.0.0.1:8080 web-1 draining:  n1 Ready=true terminating=true",
				"left out  web-2: its pod has ended:  n2 Ready=false terminating=false ended=true",
			},
		},
		"a node port has its node's": {
			endpoints.Ref{Namespace: "shop", Service: "web", NodePort: true},
			endpoints.Snapshot{
				Found: true, Ports: []endpoints.ServicePort{{Name: "http", Number: 80, NodePort: 30080}},
				Nodes: []endpoints.Node{{Name: "n1", Addresses: []string{"192.0.2.1"}, Ready: true}, {Name: "n2", Addresses: []string{"192.0.2.2"}, Ready: true, Unschedulable: true}},
			},
			[]string{
				"192.0.2.1:30080  not-ready:  n1 Ready=true",
				"left out 192.0.2.2 : its node is unschedulable:  n2 Ready=true unschedulable=true",
			},
		},
		"plain addresses come from nowhere": {
			endpoints.Ref{Addresses: endpoints.NewAddresses([]ltm.MemberKey{key("192.0.2.7:80")})},
			endpoints.Snapshot{},
			[]string{"192.0.2.7:80  ready:   "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			explained, err := endpoints.Explain(test.ref, test.snapshot)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, printed(explained)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExplainFailsWhereResolveDoes(t *testing.T) {
	t.Parallel()
	_, err := endpoints.Explain(endpoints.Ref{Namespace: "shop", Service: "web"}, endpoints.Snapshot{})
	if _, missing := errors.AsType[*endpoints.NoServiceError](err); !missing {
		t.Errorf("%v", err)
	}
}

func printed(e endpoints.Explanation) []string {
	var lines []string
	origin := func(o endpoints.Origin) string {
		var conditions []string
		for _, c := range o.Conditions {
			conditions = append(conditions, c.Name+"="+c.Status)
		}
		return o.Slice + " " + o.Node + " " + strings.Join(conditions, " ")
	}
	for _, x := range e.Endpoints {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", x.Key, x.Pod, x.State, origin(x.Origin)))
	}
	for _, x := range e.LeftOut {
		lines = append(lines, fmt.Sprintf("left out %s %s: %s: %s", x.Address, x.Pod, x.Reason, origin(x.Origin)))
	}
	return lines
}
