package bigip

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// asValues compares addresses as the values that they are, and nil with empty.
func asValues() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b ltm.MemberKey) bool { return a == b }),
		cmp.Comparer(func(a, b ltm.Destination) bool { return a == b }),
		cmpopts.EquateEmpty(),
	}
}

func key(t *testing.T, text string) ltm.MemberKey {
	t.Helper()
	k, err := ltm.ParseMemberKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func path(t *testing.T, text string) ltm.Path {
	t.Helper()
	p, err := ltm.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The rows are the table of icontrol-rest 4.5.
func TestSessionAndStateAreReadAsWhatAnOperatorWants(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		session, state string
		want           ltm.Session
		health         ltm.Health
	}{
		{"user-enabled", "unchecked", ltm.Enabled, ltm.HealthUnchecked},
		{"monitor-enabled", "checking", ltm.Enabled, ltm.HealthChecking},
		{"monitor-enabled", "up", ltm.Enabled, ltm.HealthUp},
		{"monitor-enabled", "down", ltm.Enabled, ltm.HealthDown},
		{"user-disabled", "unchecked", ltm.Disabled, ltm.HealthUnchecked},
		{"user-disabled", "up", ltm.Disabled, ltm.HealthUp},
		{"user-disabled", "down", ltm.Disabled, ltm.HealthDown},
		{"user-disabled", "user-down", ltm.ForcedOffline, ltm.HealthForcedDown},
		{"user-enabled", "user-down", ltm.ForcedOffline, ltm.HealthForcedDown},
		{"user-enabled", "a word of a later release", ltm.Enabled, ltm.HealthChecking},
	} {
		if got := sessionFromWire(tc.session, tc.state); got != tc.want {
			t.Errorf("%s, %s: %s, want %s", tc.session, tc.state, got, tc.want)
		}
		if got := healthFromState(tc.state); got != tc.health {
			t.Errorf("%s: %s, want %s", tc.state, got, tc.health)
		}
	}
}

func TestAWrittenSessionIsReadBackAndUsesOnlyWordsThatTheDeviceTakes(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{userEnabled: true, userDisabled: true, userUp: true, userDown: true}
	for _, from := range ltm.Sessions() {
		for _, to := range ltm.Sessions() {
			session, state := sessionToWire(from, to)
			if from == to {
				if session != nil || state != nil {
					t.Errorf("%s stays and is written", from)
				}
				continue
			}
			// What the device holds: what from had, and what is written over it.
			have := map[ltm.Session][2]string{
				ltm.Enabled: {userEnabled, userUp}, ltm.Disabled: {userDisabled, userUp}, ltm.ForcedOffline: {userDisabled, userDown},
			}[from]
			for i, written := range []*string{session, state} {
				if written == nil {
					continue
				}
				if !allowed[*written] {
					t.Errorf("%s -> %s writes %q", from, to, *written)
				}
				have[i] = *written
			}
			if got := sessionFromWire(have[0], have[1]); got != to {
				t.Errorf("%s -> %s: the device has %v, read as %s", from, to, have, got)
			}
			if state != nil && from != ltm.ForcedOffline && to != ltm.ForcedOffline {
				t.Errorf("%s -> %s writes the state, which starts the monitors anew", from, to)
			}
		}
	}
}

func TestMonitorRulesOfAllReleasesAreRead(t *testing.T) {
	t.Parallel()
	http, inband := ltm.NewPath("Common", "http"), ltm.NewPath("Common", "inband")
	tests := []struct {
		text string
		want ltm.MonitorRule
		bad  bool
	}{
		{text: ""},
		{text: "none"},
		{text: "/Common/http", want: ltm.MonitorRule{Monitors: []ltm.Path{http}}},
		{text: "/Common/http and /Common/inband ", want: ltm.MonitorRule{Monitors: []ltm.Path{http, inband}}},
		{text: "min 1 of { /Common/http /Common/inband }", want: ltm.MonitorRule{Monitors: []ltm.Path{http, inband}, AtLeast: 1}},
		{text: "min 2 of /Common/http /Common/inband", want: ltm.MonitorRule{Monitors: []ltm.Path{http, inband}, AtLeast: 2}},
		{text: "min 1 of {/Common/http}", want: ltm.MonitorRule{Monitors: []ltm.Path{http}, AtLeast: 1}},
		{text: "http", want: ltm.MonitorRule{Monitors: []ltm.Path{http}}},
		{text: "/Common/http or /Common/inband", bad: true},
		{text: "/Common/http and", bad: true},
		{text: "min x of /Common/http", bad: true},
		{text: "min 0 of /Common/http", bad: true},
		{text: "/Common", bad: true},
	}
	for _, tc := range tests {
		got, err := parseMonitors(tc.text)
		if (err != nil) != tc.bad {
			t.Errorf("%q: error %v", tc.text, err)
		}
		if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" && !tc.bad {
			t.Errorf("%q: %s", tc.text, diff)
		}
	}
}

func FuzzAMonitorRuleThatIsReadIsReadBackFromWhatIsWritten(f *testing.F) {
	for _, seed := range []string{"", "/Common/http and /Common/tcp ", "min 1 of { /Common/http /Common/inband }", "min 9 of x", "min 1 of"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := parseMonitors(text)
		if err != nil {
			return
		}
		again, err := parseMonitors(rule.String())
		if err != nil || !again.Equal(rule) {
			t.Errorf("%q is written as %q and read as %v, error %v", text, rule, again, err)
		}
	})
}

func TestAMemberIsKnownByWhatItWasAskedFor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		wire      icontrol.Member
		key, path string
		kept      string // Member.Name
	}{
		{name: "IPv4", wire: member("10.0.0.1:80", "shop", "10.0.0.1"), key: "10.0.0.1:80", path: "/shop/10.0.0.1:80"},
		{name: "IPv4 in a route domain", wire: member("10.0.0.1%2:80", "shop", "10.0.0.1%2"), key: "10.0.0.1%2:80", path: "/shop/10.0.0.1%2:80"},
		{name: "the partition's default route domain", wire: member("10.0.0.1:80", "shop", "10.0.0.1%6"), key: "10.0.0.1:80", path: "/shop/10.0.0.1:80"},
		{name: "IPv6", wire: member("2001:db8::1.80", "shop", "2001:db8::1"), key: "[2001:db8::1]:80", path: "/shop/2001:db8::1.80"},
		{name: "IPv6 in a route domain", wire: member("2001:db8::1%2.80", "shop", "2001:db8::1%2"), key: "[2001:db8::1%2]:80", path: "/shop/2001:db8::1%2.80"},
		{name: "any port", wire: member("10.0.0.1:0", "shop", "10.0.0.1"), key: "10.0.0.1:0", path: "/shop/10.0.0.1:0"},
		{name: "a named node", wire: member("web-1:443", "shop", "10.0.0.9"), key: "10.0.0.9:443", path: "/shop/web-1:443", kept: "web-1:443"},
		{name: "a node of Common", wire: member("10.0.0.1:80", "Common", "10.0.0.1"), key: "10.0.0.1:80", path: "/Common/10.0.0.1:80", kept: "/Common/10.0.0.1:80"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := memberFromWire("shop", tc.wire)
			if err != nil {
				t.Fatal(err)
			}
			if got.Key.String() != tc.key || got.Name != tc.kept {
				t.Errorf("key %s, name %q; want %s, %q", got.Key, got.Name, tc.key, tc.kept)
			}
			if p := memberPath(path(t, "/shop/sub/web"), got); p != tc.path {
				t.Errorf("path %s, want %s", p, tc.path)
			}
		})
	}
}

func member(name, partition, address string) icontrol.Member {
	return icontrol.Member{
		Object:  icontrol.Object{Name: name, Partition: partition, FullPath: "/" + partition + "/" + name},
		Address: address, Ratio: 1, Session: "user-enabled", State: "unchecked",
	}
}

func TestAPoolIsReadWholeAndSortedWithoutWhatTheDeviceManages(t *testing.T) {
	t.Parallel()
	wire := icontrol.Pool{
		Object:      icontrol.Object{Name: "web", Partition: "shop", SubPath: "sub", FullPath: "/shop/sub/web"},
		Description: "Checkout", LoadBalancingMode: "ratio-member", Monitor: "/Common/http", MinActiveMembers: 1, SlowRampTime: 5, ServiceDownAction: "reset",
	}
	template := member("www.example.com:80", "shop", "any6")
	template.FQDN.Name = "www.example.com"
	generated := member("_auto_192.0.2.2:80", "shop", "192.0.2.2")
	generated.Ephemeral = true
	second := member("10.0.0.2:80", "shop", "10.0.0.2")
	second.Ratio, second.PriorityGroup, second.ConnectionLimit = 3, 4, 5
	second.Description, second.Session, second.State = "mine", "user-disabled", "up"
	second.Monitor, second.RateLimit = "/Common/tcp and /Common/http ", "50"
	first := member("10.0.0.1:80", "shop", "10.0.0.1")
	first.Monitor, first.RateLimit = "/Common/none", "disabled"
	wire.MembersReference.Items = []icontrol.Member{template, generated, second, first}

	got, err := poolFromWire(wire)
	if err != nil {
		t.Fatal(err)
	}
	want := ltm.Pool{
		Path: path(t, "/shop/sub/web"), Description: "Checkout", LoadBalancingMode: "ratio-member",
		Monitors:         ltm.MonitorRule{Monitors: []ltm.Path{ltm.NewPath("Common", "http")}},
		MinActiveMembers: 1, SlowRampTime: 5, ServiceDownAction: "reset",
		AllowNAT: true, AllowSNAT: true, MinUpMembersAction: "failover",
		IPToSToClient: "pass-through", IPToSToServer: "pass-through", LinkQoSToClient: "pass-through", LinkQoSToServer: "pass-through",
		Members: []ltm.Member{
			{Key: key(t, "10.0.0.1:80"), Ratio: 1, Session: ltm.Enabled, Health: ltm.HealthUnchecked, Monitors: ltm.NoMonitors},
			{
				Key: key(t, "10.0.0.2:80"), Description: "mine", Ratio: 3, PriorityGroup: 4, ConnectionLimit: 5,
				RateLimit: 50, Monitors: "/Common/http and /Common/tcp", Session: ltm.Disabled, Health: ltm.HealthUp,
			},
		},
	}
	if diff := cmp.Diff(want, got, asValues()); diff != "" {
		t.Error(diff)
	}
}

func TestANewPoolIsWrittenWithItsMembersAndWithoutDefaults(t *testing.T) {
	t.Parallel()
	pool := ltm.NewPool(path(t, "/shop/sub/web"))
	pool.Monitors = ltm.MonitorRule{Monitors: []ltm.Path{ltm.NewPath("Common", "http"), ltm.NewPath("Common", "tcp")}, AtLeast: 1}
	pool.SlowRampTime = 0
	canary := ltm.NewMember(key(t, "[2001:db8::1]:80"))
	canary.Session, canary.Ratio = ltm.Disabled, 9
	offline := ltm.NewMember(key(t, "10.0.0.9:443"))
	offline.Name, offline.Session = "web-1:443", ltm.ForcedOffline
	pool.Members = []ltm.Member{ltm.NewMember(key(t, "10.0.0.1:80")), offline, canary}
	want := `{"name":"web","partition":"shop","subPath":"sub","monitor":"min 1 of /Common/http /Common/tcp","slowRampTime":0,"members":[` +
		`{"name":"10.0.0.1:80","partition":"shop"},` +
		`{"name":"web-1:443","partition":"shop","address":"10.0.0.9","session":"user-disabled","state":"user-down"},` +
		`{"name":"2001:db8::1.80","partition":"shop","ratio":9,"session":"user-disabled"}]}`
	assertJSON(t, poolToWire(pool), want)
}

func TestAChangeOfAMemberIsWrittenWithoutItsSession(t *testing.T) {
	t.Parallel()
	from := ltm.NewMember(key(t, "10.0.0.1:80"))
	from.PriorityGroup, from.Description, from.Session = 5, "old", ltm.Disabled
	to := from
	to.PriorityGroup, to.Description, to.Ratio = 0, "", 10
	assertJSON(t, memberChangeToWire(from, to), `{"description":"","priorityGroup":0,"ratio":10}`)
}

func TestSettingsAreWrittenWithTheirZeroes(t *testing.T) {
	t.Parallel()
	live := ltm.NewPool(path(t, "/shop/web"))
	live.Description, live.MinActiveMembers, live.LoadBalancingMode, live.ServiceDownAction = "old", 2, "ratio-member", "reset"
	live.Monitors = ltm.MonitorRule{Monitors: []ltm.Path{ltm.NewPath("Common", "http")}}
	desired := ltm.NewPool(live.Path)
	desired.SlowRampTime = 0
	body, err := settingsToWire(changeset.Compute(desired, live).Settings)
	if err != nil {
		t.Fatal(err)
	}
	assertJSON(t, body, `{"description":"","loadBalancingMode":"round-robin","minActiveMembers":0,"monitor":"","serviceDownAction":"none","slowRampTime":0}`)
}

func TestASettingThatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []changeset.Setting{{Name: "color", To: "blue"}, {Name: "monitors", To: "x"}, {Name: "slow_ramp_time", To: "x"}} {
		if _, err := settingsToWire([]changeset.Setting{s}); err == nil {
			t.Errorf("%+v is written", s)
		}
	}
}

func assertJSON(t *testing.T, body any, want string) {
	t.Helper()
	got, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyANodeThatNobodyMadeOnPurposeIsPlain(t *testing.T) {
	t.Parallel()
	node := func(name, address, description string) icontrol.Node {
		return icontrol.Node{Object: icontrol.Object{Name: name}, Address: address, Description: description}
	}
	for _, tc := range []struct {
		node icontrol.Node
		want bool
	}{
		{node("10.0.0.1", "10.0.0.1", ""), true},
		{node("10.0.0.1%2", "10.0.0.1%2", ""), true},
		{node("10.0.0.1", "10.0.0.1%6", ""), true}, // the partition's default route domain
		{node("2001:db8::1", "2001:db8::1", ""), true},
		{node("10.0.0.1", "10.0.0.1", "rack 7"), false},
		{node("web-1", "10.0.0.1", ""), false},
		{node("10.0.0.1", "10.0.0.2", ""), false},
		{node("10.0.0.1%2", "10.0.0.1%3", ""), false},
		{icontrol.Node{Object: icontrol.Object{Name: "10.0.0.1"}, Address: "10.0.0.1", Ephemeral: true}, false},
	} {
		if got := isPlain(tc.node); got != tc.want {
			t.Errorf("%+v: %t", tc.node, got)
		}
	}
}

func TestAMembersStatusBearsTheKeyOfTheMember(t *testing.T) {
	t.Parallel()
	stats := func(node, addr string, port int64, monitor string) icontrol.Stats {
		return icontrol.Stats{
			"nodeName": {Description: node}, "addr": {Description: addr}, "port": {Value: port}, "monitorStatus": {Description: monitor},
			"status.statusReason": {Description: "Pool member is available"}, "serverside.curConns": {Value: 3}, "serverside.totConns": {Value: 9}, "totRequests": {Value: 20},
		}
	}
	got, ok := memberStatus(stats("/shop/10.0.0.1", "10.0.0.1%6", 80, "up"))
	want := ltm.MemberStatus{
		Key: key(t, "10.0.0.1:80"), Health: ltm.HealthUp, Reason: "Pool member is available", CurrentConnections: 3, TotalConnections: 9, TotalRequests: 20,
	}
	if diff := cmp.Diff(want, got, asValues()); diff != "" || !ok {
		t.Error(ok, diff)
	}
	if got, _ := memberStatus(stats("/Common/web-1", "10.0.0.9", 443, "down")); got.Key != key(t, "10.0.0.9:443") || got.Health != ltm.HealthDown {
		t.Errorf("a named node: %+v", got)
	}
	if _, ok := memberStatus(stats("/Common/www.example.com", "any6", 80, "fqdn-up")); ok {
		t.Error("a name without an address has a status")
	}
}
