package endpointsdata

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAWholeResultBecomesAWholeState(t *testing.T) {
	t.Parallel()
	key := func(text string) ltm.MemberKey {
		k, err := ltm.ParseMemberKey(text)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	none := types.MapNull(types.StringType)
	got := model{Namespace: types.StringValue("shop"), Service: types.StringValue("web"), Selector: none}.resolved(endpoints.Result{
		Endpoints: []endpoints.Endpoint{
			{Key: key("10.0.0.1:80"), State: endpoints.Ready, Pod: "web-1", Node: "node-1", Zone: "a"},
			{Key: key("10.0.0.2:80"), State: endpoints.Draining, Pod: "web-2"},
			{Key: key("[2001:db8::1]:80"), State: endpoints.NotReady},
		},
		LeftOut: []endpoints.LeftOut{{Address: "example.com", Node: "node-3", Reason: "its slice holds names, not addresses"}},
	})
	member := func(session string) memberModel {
		return memberModel{
			Ratio: types.Int64Value(1), PriorityGroup: types.Int64Value(0), ConnectionLimit: types.Int64Value(0),
			Session: types.StringValue(session), Description: types.StringNull(),
		}
	}
	text, null := types.StringValue, types.StringNull()
	want := model{
		Namespace: text("shop"), Service: text("web"), Selector: none,
		Members: map[string]memberModel{
			"10.0.0.1:80": member("enabled"), "10.0.0.2:80": member("disabled"), "[2001:db8::1]:80": member("forced-offline"),
		},
		Endpoints: map[string]endpointModel{
			"10.0.0.1:80":      {State: text("ready"), Pod: text("web-1"), Node: text("node-1"), Zone: text("a")},
			"10.0.0.2:80":      {State: text("draining"), Pod: text("web-2"), Node: null, Zone: null},
			"[2001:db8::1]:80": {State: text("not-ready"), Pod: null, Node: null, Zone: null},
		},
		LeftOut: []leftOutModel{{Address: text("example.com"), Pod: null, Node: text("node-3"), Reason: text("its slice holds names, not addresses")}},
		Ready:   types.Int64Value(1), Draining: types.Int64Value(1), NotReady: types.Int64Value(1), Total: types.Int64Value(3),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
