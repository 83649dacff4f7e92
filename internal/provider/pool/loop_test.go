package pool

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

// frontedDevice has a virtual server that sends to a pool.
type frontedDevice struct {
	fakeDevice
	frontend engine.Frontend
}

func (d frontedDevice) Name() string { return "bigip" }

func (d frontedDevice) Frontends(context.Context, string) ([]engine.Frontend, error) {
	return []engine.Frontend{d.frontend}, nil
}

// remoteSource is reached at an address that could be a virtual server's.
type remoteSource struct{ fakeSource }

func (remoteSource) Entrances(context.Context) []engine.Entrance {
	return []engine.Entrance{{Server: "https://api.example.com:6443", At: []netip.AddrPort{netip.MustParseAddrPort("203.0.113.20:6443")}}}
}

func TestAnApplyThatReadsTheClusterThroughItsOwnPoolIsRefusedUnlessItIsAllowed(t *testing.T) {
	t.Parallel()
	state, live := bound(t, 100, 0, cutover.Spec{})
	config := configured(state)
	config.Traffic = shares(50, 50)
	for name, test := range map[string]struct {
		destination string
		pool        ltm.Path
		allow       types.Bool
		refused     bool
	}{
		"through the pool": {"203.0.113.20:6443", live.Path, types.BoolNull(), true},
		"not allowed":      {"203.0.113.20:6443", live.Path, types.BoolValue(false), true},
		"allowed":          {"203.0.113.20:6443", live.Path, types.BoolValue(true), false},
		"another pool":     {"203.0.113.20:6443", ltm.NewPath("shop", "other"), types.BoolNull(), false},
		"another address":  {"203.0.113.21:6443", live.Path, types.BoolNull(), false},
	} {
		destination, err := ltm.ParseDestination("shop", test.destination)
		if err != nil {
			t.Fatal(err)
		}
		planned := plan(t, config, &state)
		planned.AllowLoop = test.allow
		r := &poolResource{}
		r.Data = &providerdata.Data{
			Device: frontedDevice{fakeDevice{pool: live}, engine.Frontend{VirtualServer: ltm.NewPath("shop", "vs"), Destination: destination, Pool: test.pool}},
			Source: remoteSource{fakeSource{"web": {"10.0.0.1"}, "web-2": {"10.0.0.3"}}},
		}
		_, diags := r.target(t.Context(), planned, &state)
		if diags.HasError() != test.refused || test.refused && !strings.Contains(diags[0].Summary(), "through pool "+live.Path.String()+" itself") {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
