package pinned_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
)

func endpoint(t *testing.T, at, pod string, state endpoints.State) endpoints.Endpoint {
	t.Helper()
	key, err := ltm.ParseMemberKey(at)
	if err != nil {
		t.Fatal(err)
	}
	return endpoints.Endpoint{Key: key, Pod: pod, State: state}
}

func TestEndpointsComeBackAsTheyWerePinned(t *testing.T) {
	t.Parallel()
	both := endpoint(t, "10.0.0.2:80", "b", endpoints.Draining)
	want := engine.BackendEndpoints{
		"blue":  {Endpoints: []endpoints.Endpoint{endpoint(t, "10.0.0.1:80", "a", endpoints.Ready), both}},
		"green": {Endpoints: []endpoints.Endpoint{both}},
	}
	value, diags := pinned.Value(t.Context(), want)
	got, d := pinned.Read(t.Context(), path.Root("endpoints"), value)
	diags.Append(d...)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b ltm.MemberKey) bool { return a == b })); diff != "" || len(diags) > 0 {
		t.Errorf("%v (-want +got):\n%s", diags, diff)
	}
}

func TestAnApplyWarnsOfEndpointsThatMovedAndRefusesABackendWithNobodyLeft(t *testing.T) {
	t.Parallel()
	plan := engine.BackendEndpoints{"blue": {Endpoints: []endpoints.Endpoint{
		endpoint(t, "10.0.0.1:80", "a", endpoints.Ready), endpoint(t, "10.0.0.2:80", "b", endpoints.Ready),
	}}}
	goal := engine.Members([]engine.Backend{{Name: "blue", Share: 100}}, plan, nil)
	for name, test := range map[string]struct {
		now     []endpoints.Endpoint
		summary string
		gone    int
	}{
		"nothing moved": {now: plan["blue"].Endpoints},
		"one is another": {
			now: []endpoints.Endpoint{plan["blue"].Endpoints[0], endpoint(t, "10.0.0.3:80", "c", endpoints.Ready)}, summary: "have moved", gone: 1,
		},
		"nobody is left": {now: []endpoints.Endpoint{endpoint(t, "10.0.0.1:80", "a", endpoints.NotReady)}, summary: "Unable to update", gone: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moved := pinned.Compare(goal, plan, engine.BackendEndpoints{"blue": {Endpoints: test.now}})
			diags := moved.Diagnostics(path.Root("backends"), "pool /shop/web")
			if len(moved.Keys) != test.gone || (test.summary == "") != (len(diags) == 0) {
				t.Fatalf("gone %v, want %d; it says %v", moved.Keys, test.gone, diags)
			}
			if test.summary != "" && !strings.Contains(diags[0].Summary(), test.summary) {
				t.Errorf("it says %q, want %q", diags[0].Summary(), test.summary)
			}
		})
	}
}
