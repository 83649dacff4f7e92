package pool

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// fakeDevice has one pool. Its other methods are not for these tests.
type fakeDevice struct {
	engine.Device
	pool ltm.Pool
}

func (d fakeDevice) Pool(context.Context, ltm.Path) (ltm.Pool, error) { return d.pool, nil }

// fakeSource has the same ready addresses for every Service but those that it
// does not have.
type fakeSource map[string][]string

func (s fakeSource) Snapshot(_ context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	addresses, found := s[ref.Service]
	if !found {
		return endpoints.Snapshot{}, nil
	}
	slice := endpoints.Slice{Family: endpoints.IPv4, Ports: []endpoints.SlicePort{{Name: "http", Number: 80, Protocol: "TCP"}}}
	for _, address := range addresses {
		slice.Endpoints = append(slice.Endpoints, endpoints.SliceEndpoint{Addresses: []string{address}, Pod: "pod"})
	}
	return endpoints.Snapshot{
		Found: true, Slices: []endpoints.Slice{slice},
		Ports: []endpoints.ServicePort{{Name: "http", Number: 80, TargetPort: "80", Protocol: "TCP"}},
	}, nil
}

func TestAnUpdateWritesExactlyThePlannedMembers(t *testing.T) {
	t.Parallel()
	state, live := bound(t, 100, 0, cutover.Spec{})
	config := configured(state)
	config.Traffic = shares(50, 50)
	planned := plan(t, config, &state)
	for name, test := range map[string]struct {
		source fakeSource
		says   string // of the diagnostics
		errors bool
	}{
		"nothing moved":        {fakeSource{"web": {"10.0.0.1"}, "web-2": {"10.0.0.3"}}, "", false},
		"a new endpoint":       {fakeSource{"web": {"10.0.0.1", "10.0.0.8"}, "web-2": {"10.0.0.3"}}, "1 endpoint is new since the plan: 10.0.0.8:80 (blue, pod pod).", false},
		"nobody left in green": {fakeSource{"web": {"10.0.0.1"}, "web-2": {}}, `in backend "green" is ready any more: 10.0.0.3:80 (green, pod web-3)`, true},
		"a Service is gone":    {fakeSource{"web": {"10.0.0.1"}}, "has no Service web-2", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &poolResource{}
			r.Data = &providerdata.Data{Device: fakeDevice{pool: live}, Source: test.source}
			target, diags := r.target(t.Context(), planned, &state)
			said := ""
			for _, d := range diags {
				said += d.Detail() + "\n"
			}
			if !strings.Contains(said, test.says) || diags.HasError() != test.errors || (test.says == "") != (said == "") {
				t.Errorf("errors: %t, want %t; it says %q, want %q", diags.HasError(), test.errors, said, test.says)
			}
			if test.errors {
				return
			}
			want, _ := decodeMembers(t.Context(), planned.Members)
			got := memberModels(target.goal.Pool.Members, true, planned.Members)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the goal is not the plan (-plan +goal):\n%s", diff)
			}
			if !strings.HasSuffix(target.goal.Pool.Description, "shop/web:http=50 green@east/shop/web-2,IPv4=50]") {
				t.Errorf("the description is %q", target.goal.Pool.Description)
			}
		})
	}
}

func TestARunAsksTheClusterAnewForThePlannedEndpointsThatAreGone(t *testing.T) {
	t.Parallel()
	state, live := bound(t, 100, 0, cutover.Spec{})
	config := configured(state)
	config.Traffic = shares(50, 50)
	planned := plan(t, config, &state)
	source := fakeSource{"web": {"10.0.0.1"}, "web-2": {"10.0.0.3"}}
	r := &poolResource{}
	r.Data = &providerdata.Data{Device: fakeDevice{pool: live}, Source: source}
	target := ok[target](t)(r.target(t.Context(), planned, &state))
	for _, test := range []struct {
		pods []string
		gone map[ltm.MemberKey]bool
	}{{[]string{"10.0.0.3"}, map[ltm.MemberKey]bool{}}, {[]string{"10.0.0.4"}, map[ltm.MemberKey]bool{memberKey(t, "10.0.0.3:80"): true}}} {
		source["web-2"] = test.pods
		gone, err := target.goal.Ask(t.Context())
		if err != nil || len(gone) != len(test.gone) || len(gone) > 0 && !gone[memberKey(t, "10.0.0.3:80")] {
			t.Errorf("%v: gone are %v, %v", test.pods, gone, err)
		}
	}
	delete(source, "web-2")
	if gone, err := target.goal.Ask(t.Context()); err == nil {
		t.Errorf("without an answer gone are %v", gone)
	}
}

func TestARefreshKeepsTheEndpointsOfAServiceThatIsGone(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	state, _ := bound(t, 100, 0, cutover.Spec{})
	r := &poolResource{}
	r.Data = &providerdata.Data{Source: fakeSource{"web": {"10.0.0.7"}}}
	diags := r.readEndpoints(ctx, &state)
	if diags.HasError() || len(diags) != 1 {
		t.Fatalf("want one warning, got %v", diags)
	}
	got := ok[engine.BackendEndpoints](t)(pinned.Read(ctx, path.Root("endpoints"), state.Endpoints))
	if len(got["blue"].Endpoints) != 1 || got["blue"].Endpoints[0].Key.String() != "10.0.0.7:80" {
		t.Errorf("blue has %v, want what the cluster has now", got["blue"])
	}
	if len(got["green"].Endpoints) != 1 || got["green"].Endpoints[0].Key.String() != "10.0.0.3:80" {
		t.Errorf("green has %v, want what was seen last", got["green"])
	}
}
