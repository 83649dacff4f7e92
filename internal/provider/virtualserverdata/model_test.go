package virtualserverdata

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAFullVirtualServerIsShownWithItsStatus(t *testing.T) {
	t.Parallel()
	got := newModel(ltm.VirtualServer{
		Path:        ltm.NewPath("shop", "web"),
		Description: "Checkout",
		Destination: ltm.Destination{Partition: "shop", Address: ltm.Address{IP: netip.MustParseAddr("203.0.113.10")}, Port: 443},
		IPProtocol:  "tcp",
		Pool:        ltm.NewPath("shop", "blue"),
		Profiles:    []ltm.Profile{{Path: ltm.NewPath("Common", "tcp"), Context: ltm.ContextAll}},
		SourceAddressTranslation: ltm.SourceAddressTranslation{
			Type: "snat", Pool: ltm.NewPath("Common", "outside"),
		},
		Persistence:         ltm.NewPath("Common", "cookie"),
		FallbackPersistence: ltm.NewPath("Common", "source_addr"),
		Enabled:             true,
	}, ltm.VirtualServerStatus{
		Availability: "offline", Reason: "The children pool member(s) are down", CurrentConnections: 1, TotalConnections: 2, TotalRequests: 3,
	})
	want := model{
		ID:          types.StringValue("/shop/web"),
		Partition:   types.StringValue("shop"),
		Name:        types.StringValue("web"),
		Description: types.StringValue("Checkout"),
		Destination: types.StringValue("/shop/203.0.113.10:443"),
		IPProtocol:  types.StringValue("tcp"),
		Pool:        types.StringValue("/shop/blue"),
		Profiles:    types.MapValueMust(types.StringType, map[string]attr.Value{"/Common/tcp": types.StringValue("all")}),
		SourceAddressTranslation: types.ObjectValueMust(translationTypes, map[string]attr.Value{
			"type": types.StringValue("snat"), "pool": types.StringValue("/Common/outside"),
		}),
		Persistence:         types.StringValue("/Common/cookie"),
		FallbackPersistence: types.StringValue("/Common/source_addr"),
		Enabled:             types.BoolValue(true),
		Availability:        types.StringValue("offline"),
		Reason:              types.StringValue("The children pool member(s) are down"),
		CurrentConnections:  types.Int64Value(1),
		TotalConnections:    types.Int64Value(2),
		TotalRequests:       types.Int64Value(3),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAVirtualServerDoesNotHaveIsNull(t *testing.T) {
	t.Parallel()
	got := newModel(ltm.VirtualServer{Path: ltm.NewPath("shop", "web")}, ltm.VirtualServerStatus{})
	for name, value := range map[string]types.String{
		"description": got.Description, "pool": got.Pool, "persistence": got.Persistence, "fallback_persistence": got.FallbackPersistence,
	} {
		if !value.IsNull() {
			t.Errorf("%s is %s, want null", name, value)
		}
	}
}
