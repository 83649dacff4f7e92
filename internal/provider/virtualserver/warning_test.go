package virtualserver

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

// poolDevice has the pools that it is given and knows no other call.
type poolDevice struct {
	engine.Device
	pools map[string]ltm.Pool
}

func (d poolDevice) Pool(_ context.Context, at ltm.Path) (ltm.Pool, error) {
	pool, found := d.pools[at.String()]
	if !found {
		return ltm.Pool{}, engine.ErrNotFound
	}
	return pool, nil
}

func TestThePlanOfASwitchWarnsInOneSentence(t *testing.T) {
	t.Parallel()
	green := ltm.Pool{Members: []ltm.Member{
		{Session: ltm.Enabled, Health: ltm.HealthUp}, {Session: ltm.Enabled, Health: ltm.HealthDown}, {Session: ltm.Disabled, Health: ltm.HealthUp},
	}}
	text := types.StringValue
	for name, test := range map[string]struct {
		from, to types.String
		disabled bool // the virtual server
		off      bool // traffic_warnings = false
		unread   bool // an apply, or -refresh=false
		want     string
	}{
		"another pool":             {text("/shop/blue"), text("/shop/green"), false, false, false, "web: pool /shop/blue -> /shop/green, 1 of 2 members available"},
		"a pool that is not there": {text("/shop/blue"), text("/shop/new"), false, false, false, "web: pool /shop/blue -> /shop/new"},
		"no pool any more":         {text("/shop/blue"), types.StringNull(), false, false, false, "web: pool /shop/blue -> none"},
		"the first pool":           {types.StringNull(), text("/shop/green"), false, false, false, ""},
		"the same pool":            {text("/shop/green"), text("/shop/green"), false, false, false, ""},
		"not known yet":            {text("/shop/blue"), types.StringUnknown(), false, false, false, ""},
		"nothing goes through it":  {text("/shop/blue"), text("/shop/green"), true, false, false, ""},
		"switched off":             {text("/shop/blue"), text("/shop/green"), false, true, false, ""},
		"the apply":                {text("/shop/blue"), text("/shop/green"), false, false, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := model{ID: text("/shop/web"), Name: text("web"), Pool: test.from, Enabled: types.BoolValue(!test.disabled)}
			plan := state
			plan.Pool = test.to
			r := &virtualServer{}
			r.Data = &providerdata.Data{Device: poolDevice{pools: map[string]ltm.Pool{"/shop/green": green}}, TrafficWarnings: !test.off}
			if !test.unread {
				r.Data.Observe(kind, ltm.NewPath("shop", "web"))
			}
			got := ""
			for _, d := range r.trafficWarning(t.Context(), state, plan) {
				got += d.Detail()
				if at, ok := d.(diag.DiagnosticWithPath); !ok || !at.Path().Equal(path.Root("pool")) || d.Severity() != diag.SeverityWarning {
					t.Errorf("it is no warning at pool: %v", d)
				}
			}
			if got != test.want {
				t.Errorf("it says %q, want %q", got, test.want)
			}
		})
	}
}
