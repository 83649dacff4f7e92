package pool

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

// healthDevice tells the health of members and knows no other call.
type healthDevice struct {
	engine.Device
	health map[string]ltm.Health // nil: it does not answer
}

func (d healthDevice) MemberStatus(context.Context, ltm.Path) ([]ltm.MemberStatus, error) {
	if d.health == nil {
		return nil, engine.ErrUnreachable
	}
	var all []ltm.MemberStatus
	for text, health := range d.health {
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			return nil, err
		}
		all = append(all, ltm.MemberStatus{Key: key, Health: health})
	}
	return all, nil
}

func TestThePlanOfADialWarnsInOneSentence(t *testing.T) {
	t.Parallel()
	up := map[string]ltm.Health{"10.0.0.1:80": ltm.HealthUp, "10.0.0.3:80": ltm.HealthUp}
	down := map[string]ltm.Health{"10.0.0.1:80": ltm.HealthUp, "10.0.0.3:80": ltm.HealthDown}
	var none types.Map
	for name, test := range map[string]struct {
		traffic   types.Map
		health    map[string]ltm.Health
		off       bool // traffic_warnings = false
		unread    bool // an apply, or -refresh=false
		elsewhere bool // the pool is replaced
		want      string
	}{
		"all moves":            {shares(0, 100), up, false, false, false, "web: blue 100% -> 0%, green 0% -> 100%, 1 of 1 green member available"},
		"a part moves":         {shares(90, 10), down, false, false, false, "web: blue 100% -> 90%, green 0% -> 10%, 0 of 1 green member available"},
		"no answer":            {shares(90, 10), nil, false, false, false, "web: blue 100% -> 90%, green 0% -> 10%"},
		"nothing moves":        {shares(100, 0), up, false, false, false, ""},
		"not known yet":        {types.MapUnknown(types.Int64Type), up, false, false, false, ""},
		"a share is not known": {types.MapValueMust(types.Int64Type, map[string]attr.Value{"blue": types.Int64Unknown()}), up, false, false, false, ""},
		"not split any more":   {none, up, false, false, false, ""},
		"switched off":         {shares(0, 100), up, true, false, false, ""},
		"the apply":            {shares(0, 100), up, false, true, false, ""},
		"a replacement":        {shares(0, 100), up, false, false, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, _ := bound(t, 100, 0, cutover.Spec{})
			r := &poolResource{}
			r.Data = &providerdata.Data{Device: healthDevice{health: test.health}, TrafficWarnings: !test.off}
			if !test.unread {
				r.Data.Observe(kind, state.path())
			}
			changed := state
			changed.Traffic = test.traffic
			if test.elsewhere {
				changed.Name = types.StringValue("other")
			}
			got := ""
			for _, d := range r.trafficWarning(t.Context(), state, changed) {
				got += d.Detail()
				if at, ok := d.(diag.DiagnosticWithPath); !ok || !at.Path().Equal(path.Root("traffic")) || d.Severity() != diag.SeverityWarning {
					t.Errorf("it is no warning at traffic: %v", d)
				}
			}
			if got != test.want {
				t.Errorf("it says %q, want %q", got, test.want)
			}
		})
	}
}
