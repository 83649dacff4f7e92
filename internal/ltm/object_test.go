package ltm_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAMemberServesIfItIsEnabledAndNotDown(t *testing.T) {
	t.Parallel()
	available := map[ltm.Health]bool{
		ltm.HealthUnchecked: true, ltm.HealthUp: true,
		ltm.HealthChecking: false, ltm.HealthDown: false, ltm.HealthForcedDown: false, "": false,
	}
	for health, want := range available {
		for _, session := range ltm.Sessions() {
			member := ltm.Member{Session: session, Health: health}
			if member.Available() != want || member.Serving() != (want && session == ltm.Enabled) {
				t.Errorf("%s and %q: available %v, serving %v", session, health, member.Available(), member.Serving())
			}
		}
	}
}

func TestWhatIsWantedOfAMemberHasNothingObserved(t *testing.T) {
	t.Parallel()
	key := mustKey(t, "10.0.0.1:80")
	live := ltm.Member{Key: key, Name: "10.0.0.1:80", Ratio: 1, Session: ltm.Enabled, Health: ltm.HealthUp}
	if got := live.Wanted(); got != ltm.NewMember(key) {
		t.Errorf("got %+v", got)
	}
	named := ltm.Member{Key: key, Name: "web-1:80", Ratio: 1, Session: ltm.Enabled}
	if got := named.Wanted(); got != named || got.DeviceName() != "web-1:80" {
		t.Errorf("got %+v", got)
	}
	if got := ltm.NewMember(mustKey(t, "[2001:db8::1]:80")).DeviceName(); got != "2001:db8::1.80" {
		t.Errorf("the device calls it %q", got)
	}
}

func TestAPoolFindsItsMembersAndCountsThoseThatServe(t *testing.T) {
	t.Parallel()
	pool := ltm.NewPool(ltm.NewPath("shop", "web"))
	for i, text := range []string{"10.0.0.3:80", "10.0.0.1:80", "10.0.0.2:80"} {
		member := ltm.NewMember(mustKey(t, text))
		member.Ratio, member.Health = i+1, ltm.HealthUp
		pool.Members = append(pool.Members, member)
	}
	pool.Members[0].Health = ltm.HealthDown
	ltm.SortMembers(pool.Members)
	if member, found := pool.Member(mustKey(t, "10.0.0.3:80")); !found || member.Ratio != 1 {
		t.Errorf("got %+v, %v", member, found)
	}
	if _, found := pool.Member(mustKey(t, "10.0.0.4:80")); found {
		t.Error("found a member that is not there")
	}
	if got := pool.Serving(); got != 2 {
		t.Errorf("%d members serve, want 2", got)
	}
}

func TestAMonitorRulePrintsAsTheDeviceTakesIt(t *testing.T) {
	t.Parallel()
	http, tcp := ltm.NewPath("Common", "http"), ltm.NewPath("Common", "tcp")
	for _, test := range []struct {
		rule ltm.MonitorRule
		want string
	}{
		{ltm.MonitorRule{}, ""},
		{ltm.MonitorRule{Monitors: []ltm.Path{http}}, "/Common/http"},
		{ltm.MonitorRule{Monitors: []ltm.Path{http, tcp}}, "/Common/http and /Common/tcp"},
		{ltm.MonitorRule{Monitors: []ltm.Path{http, tcp}, AtLeast: 1}, "min 1 of /Common/http /Common/tcp"},
	} {
		if got := test.rule.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestTheOrderOfMonitorsHasNoMeaning(t *testing.T) {
	t.Parallel()
	http, tcp := ltm.NewPath("Common", "http"), ltm.NewPath("Common", "tcp")
	a, b := ltm.MonitorRule{Monitors: []ltm.Path{http, tcp}}, ltm.MonitorRule{Monitors: []ltm.Path{tcp, http}}
	if !a.Equal(b) || a.String() != "/Common/http and /Common/tcp" {
		t.Errorf("%v and %v differ, or comparing has sorted them", a, b)
	}
	if b.AtLeast = 1; a.Equal(b) {
		t.Error("all of two is the same as one of two")
	}
	if !(ltm.MonitorRule{}).Equal(ltm.MonitorRule{Monitors: []ltm.Path{}}) {
		t.Error("no monitors differ from no monitors")
	}
}

// fullVirtualServer has something in every field.
func fullVirtualServer(t *testing.T) ltm.VirtualServer {
	t.Helper()
	destination, err := ltm.ParseDestination("shop", "203.0.113.10:443")
	if err != nil {
		t.Fatal(err)
	}
	return ltm.VirtualServer{
		Path: ltm.NewPath("shop", "web"), Description: "words", Destination: destination, IPProtocol: "tcp",
		Pool:                     ltm.NewPath("shop", "blue"),
		Profiles:                 []ltm.Profile{{Path: ltm.NewPath("Common", "tcp"), Context: ltm.ContextAll}},
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

func TestVirtualServersAreEqualOnlyIfEveryFieldIs(t *testing.T) {
	t.Parallel()
	full := fullVirtualServer(t)
	if !full.Equal(fullVirtualServer(t)) || !(ltm.VirtualServer{}).Equal(ltm.VirtualServer{Profiles: []ltm.Profile{}}) {
		t.Error("equal virtual servers are not equal")
	}
	kind := reflect.TypeFor[ltm.VirtualServer]()
	for i := range kind.NumField() {
		other := fullVirtualServer(t)
		field := reflect.ValueOf(&other).Elem().Field(i)
		if field.IsZero() {
			t.Errorf("the test has nothing in %s", kind.Field(i).Name)
		}
		field.SetZero()
		if full.Equal(other) || other.Equal(full) {
			t.Errorf("a different %s makes no difference", kind.Field(i).Name)
		}
	}
}

func TestAVirtualServerSurvivesJSON(t *testing.T) {
	t.Parallel()
	want := fullVirtualServer(t)
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got ltm.VirtualServer
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTheOrderOfListsCountsForIRulesAlone(t *testing.T) {
	t.Parallel()
	a, b := ltm.NewPath("Common", "a"), ltm.NewPath("Common", "b")
	one := ltm.VirtualServer{Policies: []ltm.Path{a, b}, VLANs: ltm.VLANs{List: []ltm.Path{a, b}}, SecurityLogProfiles: []string{"/Common/a", "/Common/b"}}
	two := ltm.VirtualServer{Policies: []ltm.Path{b, a}, VLANs: ltm.VLANs{List: []ltm.Path{b, a}}, SecurityLogProfiles: []string{"/Common/b", "/Common/a"}}
	if !one.Equal(two) {
		t.Error("another order of policies, VLANs or log profiles makes a difference")
	}
	if two.Policies[0] != b {
		t.Error("comparing has sorted the input")
	}
	one.IRules, two.IRules = []ltm.Path{a, b}, []ltm.Path{b, a}
	if one.Equal(two) {
		t.Error("iRules run in their order, and another one makes no difference")
	}
}

func TestASourceHasOneSpelling(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ltm.Address{
		"0.0.0.0/0": {}, "::/0": {}, "any": {}, "any6": {}, "0.0.0.0%2/0": {RouteDomain: 2},
	} {
		if source, domain, err := ltm.ParseSource(text); err != nil || source != "" || domain != want.RouteDomain {
			t.Errorf("%s: %q in %d, %v", text, source, domain, err)
		}
	}
	for text, want := range map[string]string{
		"198.51.100.0/24": "198.51.100.0/24", "198.51.100.7/24": "198.51.100.0/24", "198.51.100.7": "198.51.100.7/32",
		"2001:DB8::/32": "2001:db8::/32", "10.0.0.0%2/8": "10.0.0.0/8",
	} {
		if source, _, err := ltm.ParseSource(text); err != nil || source != want {
			t.Errorf("%s: %q, %v, want %q", text, source, err, want)
		}
	}
	for _, text := range []string{"", "here", "10.0.0.0/33", "10.0.0.0%x/8", "10.0.0.0%70000/8", "/8"} {
		if source, _, err := ltm.ParseSource(text); err == nil {
			t.Errorf("%q is read as %q", text, source)
		}
	}
}

func TestAMemberHasTheTextOfItsOwnMonitorsInOneOrder(t *testing.T) {
	t.Parallel()
	http, tcp := ltm.NewPath("Common", "http"), ltm.NewPath("Common", "tcp")
	rule := ltm.MonitorRule{Monitors: []ltm.Path{tcp, http}}
	if got := ltm.OwnMonitors(rule); got != "/Common/http and /Common/tcp" || rule.Monitors[0] != tcp {
		t.Errorf("got %q, and the rule is %v", got, rule)
	}
	if got := ltm.OwnMonitors(ltm.MonitorRule{}); got != ltm.NoMonitors {
		t.Errorf("no monitor is %q", got)
	}
}

func TestProfilesSortByPathAndContext(t *testing.T) {
	t.Parallel()
	tcp, http := ltm.NewPath("Common", "tcp"), ltm.NewPath("Common", "http")
	want := []ltm.Profile{{http, ltm.ContextAll}, {tcp, ltm.ContextClientSide}, {tcp, ltm.ContextServerSide}}
	got := slices.Clone(want)
	slices.Reverse(got)
	ltm.SortProfiles(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
