package changeset_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// virtualServer has something in every field.
func virtualServer(t *testing.T) ltm.VirtualServer {
	t.Helper()
	destination, err := ltm.ParseDestination("shop", "203.0.113.10:443")
	if err != nil {
		t.Fatal(err)
	}
	return ltm.VirtualServer{
		Path: web, Description: "words", Destination: destination, IPProtocol: "tcp", Pool: ltm.NewPath("shop", "blue"),
		Profiles: []ltm.Profile{
			{Path: http, Context: ltm.ContextAll},
			{Path: tcp, Context: ltm.ContextClientSide},
		},
		SourceAddressTranslation: ltm.SourceAddressTranslation{Type: "snat", Pool: ltm.NewPath("shop", "snat")},
		Persistence:              ltm.NewPath("Common", "cookie"), FallbackPersistence: ltm.NewPath("Common", "source_addr"), Enabled: true,
		Mask: "255.255.255.0", Source: "198.51.100.0/24", VLANs: ltm.VLANs{Only: true, List: []ltm.Path{ltm.NewPath("Common", "outside")}},
		Policies: []ltm.Path{ltm.NewPath("Common", "p")}, IRules: []ltm.Path{ltm.NewPath("Common", "r")},
		FirewallEnforcedPolicy: ltm.NewPath("Common", "fw"), FirewallStagedPolicy: ltm.NewPath("Common", "next"),
		SecurityLogProfiles: []string{"/Common/Log all requests"},
		ConnectionLimit:     1, RateLimit: 2, RateLimitMode: "object-source", RateLimitSourceMask: 3, RateLimitDestinationMask: 4,
		SourcePort: "change", TranslateAddress: true, TranslatePort: true, Mirror: true, AutoLasthop: "enabled",
		LastHopPool: ltm.NewPath("shop", "back"), ServiceDownImmediateAction: "drop",
	}
}

func TestEveryFieldOfAVirtualServerIsCompared(t *testing.T) {
	t.Parallel()
	full := virtualServer(t)
	kind := reflect.TypeFor[ltm.VirtualServer]()
	for i := range kind.NumField() {
		field := kind.Field(i)
		if field.Name == "Path" {
			continue // what a virtual server is known by
		}
		other := virtualServer(t)
		reflect.ValueOf(&other).Elem().Field(i).SetZero()
		change := changeset.ComputeVirtualServer(full, other)
		want := strings.Split(field.Tag.Get("json"), ",")[0]
		if diff := cmp.Diff([]string{want}, change.Fields); diff != "" || change.Empty() || !change.Has(want) {
			t.Errorf("%s -want +got\n%s", field.Name, diff)
		}
	}
}

func TestTheOrderOfProfilesIsNoChange(t *testing.T) {
	t.Parallel()
	desired, live := virtualServer(t), virtualServer(t)
	slices.Reverse(desired.Profiles)
	if change := changeset.ComputeVirtualServer(desired, live); !change.Empty() || change.Has("profiles") {
		t.Errorf("got %s", change)
	}
	if desired.Profiles[0].Path != tcp {
		t.Error("comparing has sorted the input")
	}
	if change := changeset.ComputeVirtualServer(ltm.VirtualServer{}, ltm.VirtualServer{Profiles: []ltm.Profile{}}); !change.Empty() {
		t.Errorf("no profiles differ from no profiles: %s", change)
	}
}

func TestAVirtualServersChangePrintsLikeAPlan(t *testing.T) {
	t.Parallel()
	desired, live := virtualServer(t), virtualServer(t)
	desired.Pool, desired.Persistence, desired.Enabled = ltm.NewPath("shop", "green"), ltm.Path{}, false
	desired.SourceAddressTranslation = ltm.SourceAddressTranslation{Type: "automap"}
	desired.Profiles, desired.Description = desired.Profiles[:1], ""
	desired.VLANs, desired.IRules, desired.Source, desired.ConnectionLimit = ltm.VLANs{}, nil, "", 0
	want := `virtual server /shop/web
  ~ connection_limit: 1 -> 0
  ~ description: "words" -> ""
  ~ enabled: true -> false
  ~ irules: [/Common/r] -> []
  ~ persistence: /Common/cookie -> none
  ~ pool: /shop/blue -> /shop/green
  ~ profiles: [/Common/http (all), /Common/tcp (clientside)] -> [/Common/http (all)]
  ~ source: "198.51.100.0/24" -> ""
  ~ source_address_translation: snat /shop/snat -> automap
  ~ vlans: only [/Common/outside] -> all`
	if diff := cmp.Diff(want, changeset.ComputeVirtualServer(desired, live).String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := changeset.ComputeVirtualServer(live, live).String(); got != "virtual server /shop/web: no change" {
		t.Errorf("got %s", got)
	}
}
