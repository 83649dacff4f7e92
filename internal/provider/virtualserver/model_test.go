package virtualserver

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

func translation(kind string, pool types.String) types.Object {
	return types.ObjectValueMust(translationTypes, map[string]attr.Value{"type": types.StringValue(kind), "pool": pool})
}

// full is a virtual server with everything set, as the device has it.
func full() ltm.VirtualServer {
	return ltm.VirtualServer{
		Path:        ltm.Path{Partition: "shop", Folder: "app", Name: "web"},
		Description: "Checkout",
		Destination: ltm.Destination{
			Partition: "shop",
			Address:   ltm.Address{IP: netip.MustParseAddr("203.0.113.10"), RouteDomain: 2},
			Port:      443,
		},
		IPProtocol: "tcp",
		Pool:       ltm.NewPath("shop", "blue"),
		Profiles: []ltm.Profile{
			{Path: ltm.NewPath("Common", "clientssl"), Context: ltm.ContextClientSide},
			{Path: ltm.NewPath("Common", "tcp"), Context: ltm.ContextAll},
		},
		SourceAddressTranslation: ltm.SourceAddressTranslation{Type: "snat", Pool: ltm.NewPath("Common", "outside")},
		Persistence:              ltm.NewPath("Common", "cookie"),
		FallbackPersistence:      ltm.NewPath("Common", "source_addr"),
		Enabled:                  true,

		Mask: "255.255.255.0", Source: "198.51.100.0/24", VLANs: ltm.VLANs{Only: true, List: []ltm.Path{ltm.NewPath("Common", "external")}},
		Policies: []ltm.Path{ltm.NewPath("Common", "waf"), ltm.NewPath("shop", "routes")}, IRules: []ltm.Path{ltm.NewPath("shop", "b"), ltm.NewPath("shop", "a")},
		FirewallEnforcedPolicy: ltm.NewPath("Common", "fw"), FirewallStagedPolicy: ltm.NewPath("Common", "next"),
		SecurityLogProfiles: []string{"/Common/Log all requests"},
		ConnectionLimit:     1, RateLimit: 2, RateLimitMode: "object-source", RateLimitSourceMask: 3, RateLimitDestinationMask: 4,
		SourcePort: "change", TranslateAddress: true, TranslatePort: true, Mirror: true, AutoLasthop: "enabled",
		LastHopPool: ltm.NewPath("shop", "back"), ServiceDownImmediateAction: "drop",
	}
}

func TestTheFullVirtualServerHasSomethingInEveryField(t *testing.T) {
	t.Parallel()
	value := reflect.ValueOf(full())
	for i := range value.NumField() {
		if value.Field(i).IsZero() {
			t.Errorf("nothing is in %s", value.Type().Field(i).Name)
		}
	}
}

func set(texts ...string) types.Set {
	values := make([]attr.Value, len(texts))
	for i, text := range texts {
		values[i] = types.StringValue(text)
	}
	return types.SetValueMust(types.StringType, values)
}

func TestWhatMeansTheSameKeepsTheUsersSpelling(t *testing.T) {
	t.Parallel()
	vs := full()
	vs.Source, vs.Mask, vs.VLANs = "", "", ltm.VLANs{List: []ltm.Path{ltm.NewPath("Common", "lab")}}
	m := model{Further: Further{Source: types.StringValue("0.0.0.0/0"), Mask: types.StringValue("255.255.255.255")}}
	m.observe(vs)
	if m.Source.ValueString() != "0.0.0.0/0" || m.Mask.ValueString() != "255.255.255.255" {
		t.Errorf("the source is %s, the mask %s", m.Source, m.Mask)
	}
	if got := m.VLANs.Attributes()["disabled_on"]; !got.Equal(set("/Common/lab")) {
		t.Errorf("the VLANs are %s", m.VLANs)
	}
	vs.Source, vs.Mask, vs.VLANs = "10.0.0.0/8", "255.255.0.0", ltm.VLANs{}
	m.observe(vs)
	if m.Source.ValueString() != "10.0.0.0/8" || m.Mask.ValueString() != "255.255.0.0" || !m.VLANs.IsNull() {
		t.Errorf("the source is %s, the mask %s, the VLANs %s", m.Source, m.Mask, m.VLANs)
	}
}

func TestAFullVirtualServerSurvivesTheWayThroughState(t *testing.T) {
	t.Parallel()
	var m model
	m.observe(full())
	got, diags := m.desired(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	if diff := cmp.Diff(full(), got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestAFullVirtualServerLooksInStateAsUsersWriteIt(t *testing.T) {
	t.Parallel()
	var m model
	m.observe(full())
	want := model{
		ID: types.StringValue("/shop/app/web"), Partition: types.StringValue("shop"), Folder: types.StringValue("app"), Name: types.StringValue("web"),
		Description: types.StringValue("Checkout"),
		Destination: types.StringValue("203.0.113.10%2:443"),
		IPProtocol:  types.StringValue("tcp"),
		Pool:        types.StringValue("/shop/blue"),
		Profiles: types.MapValueMust(types.StringType, map[string]attr.Value{
			"/Common/clientssl": types.StringValue("clientside"), "/Common/tcp": types.StringValue("all"),
		}),
		SourceAddressTranslation: translation("snat", types.StringValue("/Common/outside")),
		Persistence:              types.StringValue("/Common/cookie"),
		FallbackPersistence:      types.StringValue("/Common/source_addr"),
		Enabled:                  types.BoolValue(true),
		Further: Further{
			Policies:               set("/Common/waf", "/shop/routes"),
			IRules:                 types.ListValueMust(types.StringType, []attr.Value{types.StringValue("/shop/b"), types.StringValue("/shop/a")}),
			FirewallEnforcedPolicy: types.StringValue("/Common/fw"), FirewallStagedPolicy: types.StringValue("/Common/next"),
			SecurityLogProfiles: set("/Common/Log all requests"),
			Source:              types.StringValue("198.51.100.0/24"),
			VLANs: types.ObjectValueMust(serverattr.VLANTypes(), map[string]attr.Value{
				"enabled_on": set("/Common/external"), "disabled_on": types.SetNull(types.StringType),
			}),
			Mask:            types.StringValue("255.255.255.0"),
			ConnectionLimit: types.Int64Value(1), RateLimit: types.Int64Value(2), RateLimitMode: types.StringValue("object-source"),
			RateLimitSourceMask: types.Int64Value(3), RateLimitDestinationMask: types.Int64Value(4),
			SourcePort: types.StringValue("change"), TranslateAddress: types.BoolValue(true), TranslatePort: types.BoolValue(true),
			Mirror: types.BoolValue(true), AutoLasthop: types.StringValue("enabled"), LastHopPool: types.StringValue("/shop/back"),
			ServiceDownImmediateAction: types.StringValue("drop"),
		},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotSetIsNullInState(t *testing.T) {
	t.Parallel()
	vs := full()
	vs.Description, vs.Pool, vs.Persistence, vs.FallbackPersistence = "", ltm.Path{}, ltm.Path{}, ltm.Path{}
	vs.SourceAddressTranslation = ltm.SourceAddressTranslation{Type: "automap"}
	var m model
	m.observe(vs)
	for name, value := range map[string]types.String{
		"description": m.Description, "pool": m.Pool, "persistence": m.Persistence, "fallback_persistence": m.FallbackPersistence,
	} {
		if !value.IsNull() {
			t.Errorf("%s is %s, want null", name, value)
		}
	}
	if want := translation("automap", types.StringNull()); !m.SourceAddressTranslation.Equal(want) {
		t.Errorf("source_address_translation is %s, want %s", m.SourceAddressTranslation, want)
	}
}

func TestAnEmptyDescriptionStaysEmptyIfTheUserWroteIt(t *testing.T) {
	t.Parallel()
	vs := full()
	vs.Description = ""
	m := model{Description: types.StringValue("")}
	m.observe(vs)
	if m.Description.IsNull() {
		t.Error("it became null, which Terraform calls an inconsistent result")
	}
}

func TestTheDestinationKeepsTheUsersSpellingWhileItMeansTheSame(t *testing.T) {
	t.Parallel()
	onDevice := func(text string) ltm.VirtualServer {
		d, err := ltm.ParseDestination("shop", text)
		if err != nil {
			t.Fatal(err)
		}
		return ltm.VirtualServer{Path: ltm.NewPath("shop", "web"), Destination: d}
	}
	for name, test := range map[string]struct{ device, users, want string }{
		"short":                       {"/shop/203.0.113.10:443", "203.0.113.10:443", "203.0.113.10:443"},
		"the device's form":           {"/shop/203.0.113.10:443", "/shop/203.0.113.10:443", "/shop/203.0.113.10:443"},
		"a service name":              {"/shop/203.0.113.10:443", "203.0.113.10:https", "203.0.113.10:https"},
		"IPv6 in brackets":            {"/shop/2001:db8::1.443", "[2001:db8:0::1]:443", "[2001:db8:0::1]:443"},
		"IPv6 as the device":          {"/shop/2001:db8::1.443", "2001:db8::1.443", "2001:db8::1.443"},
		"another port":                {"/shop/203.0.113.10:80", "/shop/203.0.113.10:443", "203.0.113.10:80"},
		"another partition":           {"/Common/203.0.113.10:443", "203.0.113.10:443", "/Common/203.0.113.10:443"},
		"nothing, as after an import": {"/shop/2001:db8::1.443", "", "[2001:db8::1]:443"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := spellDestination(onDevice(test.device), types.StringValue(test.users)); got.ValueString() != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestAValueThatCannotBeReadIsAnErrorAtItsAttribute(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*model)
		want  path.Path
	}{
		"destination": {func(m *model) { m.Destination = types.StringValue("web") }, path.Root("destination")},
		"name":        {func(m *model) { m.Name = types.StringValue("a b") }, path.Root("name")},
		"source":      {func(m *model) { m.Source = types.StringValue("here") }, path.Root("source")},
		"policies":    {func(m *model) { m.Policies = set("routes") }, path.Root("policies")},
		"pool":        {func(m *model) { m.Pool = types.StringValue("blue") }, path.Root("pool")},
		"persistence": {func(m *model) { m.Persistence = types.StringValue("cookie") }, path.Root("persistence")},
		"profiles": {
			func(m *model) {
				m.Profiles = types.MapValueMust(types.StringType, map[string]attr.Value{"tcp": types.StringValue("all")})
			},
			path.Root("profiles").AtMapKey("tcp"),
		},
		"SNAT pool": {
			func(m *model) { m.SourceAddressTranslation = translation("snat", types.StringValue("outside")) },
			path.Root("source_address_translation"), // Terraform can show nothing deeper
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var m model
			m.observe(full())
			test.spoil(&m)
			_, diags := m.desired(t.Context())
			if len(diags) != 1 {
				t.Fatalf("got %d diagnostics, want 1: %v", len(diags), diags)
			}
			at, ok := diags[0].(interface{ Path() path.Path })
			if !ok || !at.Path().Equal(test.want) {
				t.Errorf("got %v, want it at %s", diags[0], test.want)
			}
		})
	}
}
