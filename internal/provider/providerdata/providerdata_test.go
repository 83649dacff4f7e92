package providerdata_test

import (
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

// named is a device that is known by an address.
type named struct{ engine.Device }

func (named) Name() string { return "192.0.2.1:443" }

func TestADeviceIsIdentifiedByItsNameElseByItsAddress(t *testing.T) {
	t.Parallel()
	data := &providerdata.Data{Device: named{}}
	if got := data.Identity(); got != "192.0.2.1:443" {
		t.Errorf("without a name it is %q", got)
	}
	data.DeviceName = "east"
	if got := data.Identity(); got != "east" {
		t.Errorf("with a name it is %q", got)
	}
}

func TestARunKnowsWhatItHasReadByKindAndPath(t *testing.T) {
	t.Parallel()
	data, web := &providerdata.Data{}, ltm.NewPath("shop", "web")
	data.Observe("pool", web)
	if !data.Observed("pool", web) {
		t.Error("it has forgotten the pool")
	}
	if data.Observed("virtual server", web) || data.Observed("pool", ltm.NewPath("shop", "api")) || new(providerdata.Data).Observed("pool", web) {
		t.Error("it takes one object for another, or one run for another")
	}
}
