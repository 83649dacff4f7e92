package changeset_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var (
	web  = ltm.NewPath("shop", "web")
	http = ltm.NewPath("Common", "http")
	tcp  = ltm.NewPath("Common", "tcp")

	options = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})}
)

// member is the member 10.0.0.last:80.
func member(last int, change ...func(*ltm.Member)) ltm.Member {
	address := netip.AddrFrom4([4]byte{10, 0, 0, byte(last)})
	m := ltm.NewMember(ltm.MemberKey{Address: ltm.Address{IP: address}, Port: 80})
	for _, f := range change {
		f(&m)
	}
	return m
}

func ratio(n int) func(*ltm.Member)           { return func(m *ltm.Member) { m.Ratio = n } }
func session(s ltm.Session) func(*ltm.Member) { return func(m *ltm.Member) { m.Session = s } }
func health(h ltm.Health) func(*ltm.Member)   { return func(m *ltm.Member) { m.Health = h } }
func described(text string) func(*ltm.Member) { return func(m *ltm.Member) { m.Description = text } }
func called(name string) func(*ltm.Member)    { return func(m *ltm.Member) { m.Name = name } }
func prioritized(group int) func(*ltm.Member) { return func(m *ltm.Member) { m.PriorityGroup = group } }

func limited(connections int) func(*ltm.Member) {
	return func(m *ltm.Member) { m.ConnectionLimit = connections }
}

func pool(members ...ltm.Member) ltm.Pool {
	p := ltm.NewPool(web)
	p.Members = members
	return p
}

func TestAChangeSetHasWhatDiffersAndNothingElse(t *testing.T) {
	t.Parallel()
	live := pool(
		member(1, health(ltm.HealthUp)), member(2, health(ltm.HealthDown)), member(3),
		member(4, called("web-4:80"), health(ltm.HealthUp)), member(5, called("10.0.0.5:80")),
	)
	desired := pool(member(6), member(5), member(4, ratio(9)), member(1, session(ltm.Disabled)), member(3))
	desired.LoadBalancingMode, desired.Monitors = "ratio-member", ltm.MonitorRule{Monitors: []ltm.Path{http}}

	want := changeset.ChangeSet{
		Pool: web,
		Settings: []changeset.Setting{
			{Name: "load_balancing_mode", From: "round-robin", To: "ratio-member"},
			{Name: "monitors", From: ltm.MonitorRule{}, To: ltm.MonitorRule{Monitors: []ltm.Path{http}}},
		},
		Add: []ltm.Member{member(6)},
		Modify: []changeset.MemberChange{
			{From: member(1, health(ltm.HealthUp)), To: member(1, session(ltm.Disabled))},
			{From: member(4, called("web-4:80"), health(ltm.HealthUp)), To: member(4, called("web-4:80"), ratio(9))},
		},
		Remove: []ltm.Member{member(2, health(ltm.HealthDown))},
	}
	if diff := cmp.Diff(want, changeset.Compute(desired, live), options); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestWhatIsOnlyObservedOrOrderedIsNoChange(t *testing.T) {
	t.Parallel()
	live := pool(member(1, health(ltm.HealthUp), called("web-1:80")), member(2, health(ltm.HealthDown)))
	live.Monitors.Monitors = []ltm.Path{http, tcp}
	desired := pool(member(2), member(1))
	desired.Monitors.Monitors = []ltm.Path{tcp, http}
	if c := changeset.Compute(desired, live); !c.Empty() {
		t.Errorf("got %s", c)
	}
}

func TestEverySettingOfAPoolIsCompared(t *testing.T) {
	t.Parallel()
	full := ltm.Pool{
		Path: web, Description: "words", LoadBalancingMode: "ratio-member", Monitors: ltm.MonitorRule{Monitors: []ltm.Path{http}},
		MinActiveMembers: 1, SlowRampTime: 5, ServiceDownAction: "reset", Members: []ltm.Member{member(1)},
		ReselectTries: 1, AllowNAT: true, AllowSNAT: true, IgnorePersistedWeight: true, QueueOnConnectionLimit: true, QueueDepthLimit: 1,
		QueueTimeLimit: 1, MinUpMembers: 1, MinUpMembersAction: "reboot", MinUpMembersChecking: true,
		IPToSToClient: "1", IPToSToServer: "2", LinkQoSToClient: "3", LinkQoSToServer: "4",
	}
	kind := reflect.TypeFor[ltm.Pool]()
	for i := range kind.NumField() {
		field := kind.Field(i)
		if field.Name == "Path" {
			continue // what a pool is known by
		}
		other := full
		if reflect.ValueOf(full).Field(i).IsZero() {
			t.Errorf("the test has nothing in %s", field.Name)
		}
		reflect.ValueOf(&other).Elem().Field(i).SetZero()
		c := changeset.Compute(full, other)
		if c.Empty() {
			t.Errorf("a different %s makes no difference", field.Name)
		}
		if name := strings.Split(field.Tag.Get("json"), ",")[0]; field.Name != "Members" && c.Settings[0].Name != name {
			t.Errorf("%s is called %s, want %s", field.Name, c.Settings[0].Name, name)
		}
		if diff := cmp.Diff(full, c.Apply(other), options); diff != "" {
			t.Errorf("%s -want +got\n%s", field.Name, diff)
		}
	}
}

// random makes a pool of up to 12 members out of 15, in any order.
func random(r *rand.Rand, observed bool) ltm.Pool {
	p := ltm.Pool{
		Path: web, Description: pick(r, "", "words"), LoadBalancingMode: pick(r, "round-robin", "ratio-member"),
		MinActiveMembers: r.IntN(2), SlowRampTime: r.IntN(2), ServiceDownAction: pick(r, "none", "reset"),
	}
	p.Monitors.Monitors = [][]ltm.Path{nil, {http}, {http, tcp}, {tcp, http}}[r.IntN(4)]
	if len(p.Monitors.Monitors) > 1 {
		p.Monitors.AtLeast = r.IntN(2)
	}
	for _, last := range r.Perm(15)[:r.IntN(13)] {
		m := member(last+1, ratio(1+r.IntN(3)), session(ltm.Sessions()[r.IntN(3)]), described(pick(r, "", "mark")),
			prioritized(r.IntN(2)), limited(r.IntN(2)))
		if observed {
			m.Health = pick(r, ltm.HealthUp, ltm.HealthDown, ltm.HealthChecking)
			m.Name = pick(r, "", "", m.Key.Name(), fmt.Sprintf("node-%d:80", last))
		}
		p.Members = append(p.Members, m)
	}
	return p
}

func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

func shuffled(r *rand.Rand, p ltm.Pool) ltm.Pool {
	p.Members = slices.Clone(p.Members)
	r.Shuffle(len(p.Members), func(i, j int) { p.Members[i], p.Members[j] = p.Members[j], p.Members[i] })
	return p
}

// same compares pools by what is wanted of them.
var same = cmp.Options{
	options,
	cmpopts.SortSlices(func(a, b ltm.Member) bool { return a.Key.Compare(b.Key) < 0 }),
	cmp.Transformer("wanted", func(m ltm.Member) wantedMember { m.Health, m.Name = "", ""; return wantedMember(m) }),
	cmp.Comparer(ltm.MonitorRule.Equal),
}

type wantedMember ltm.Member

func TestAppliedToWhatIsLiveAChangeSetGivesWhatIsDesired(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		desired, live := random(r, false), random(r, true)
		c := changeset.Compute(desired, live)
		got := c.Apply(live)
		if diff := cmp.Diff(desired, got, same); diff != "" {
			t.Fatalf("%s\n-want +got\n%s", c, diff)
		}
		if left := changeset.Compute(desired, got); !left.Empty() {
			t.Fatalf("%s\nleaves %s", c, left)
		}
		for _, m := range got.Members { // what stays keeps what is observed of it
			if i := slices.IndexFunc(live.Members, func(l ltm.Member) bool { return l.Key == m.Key }); i >= 0 &&
				(live.Members[i].Health != m.Health || live.Members[i].Name != m.Name) {
				t.Fatalf("%+v has become %+v", live.Members[i], m)
			}
		}
	}
}

func TestTheOrderOfMembersNeverMatters(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		desired, live := random(r, false), random(r, true)
		want := changeset.Compute(desired, live)
		got := changeset.Compute(shuffled(r, desired), shuffled(r, live))
		if !reflect.DeepEqual(want, got) || want.String() != got.String() {
			t.Fatalf("-want +got\n%s", cmp.Diff(want, got, options))
		}
		if a, b := mustJSON(t, want), mustJSON(t, got); a != b {
			t.Fatalf("JSON\n%s\n%s", a, b)
		}
	}
}

func mustJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestInputIsNotChanged(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for range 100 {
		desired, live := random(r, false), random(r, true)
		before := mustJSON(t, []ltm.Pool{desired, live})
		c := changeset.Compute(desired, live)
		text := mustJSON(t, c)
		c.Apply(live)
		c.Prepare(true)
		c.Shift(offline)
		changeset.Floor(3)(changeset.OwnedOnly(func(m ltm.Member) bool { return m.Description != "" })(c, live), live)
		if mustJSON(t, []ltm.Pool{desired, live}) != before || mustJSON(t, c) != text {
			t.Fatal("the input is another one now")
		}
	}
}

func offline(ltm.Member) ltm.Session  { return ltm.ForcedOffline }
func disabled(ltm.Member) ltm.Session { return ltm.Disabled }

func TestRetiringTakesNewClientsAndGivesNoneBack(t *testing.T) {
	t.Parallel()
	live := pool(member(1), member(2, session(ltm.Disabled)), member(3, session(ltm.ForcedOffline)), member(4))
	c := changeset.Compute(pool(member(4)), live)
	for want, leave := range map[string]func(ltm.Member) ltm.Session{
		"pool /shop/web\n  ~ 10.0.0.1:80: enabled -> disabled":                                                    disabled,
		"pool /shop/web\n  ~ 10.0.0.1:80: enabled -> forced-offline\n  ~ 10.0.0.2:80: disabled -> forced-offline": offline,
		"pool /shop/web: no change": func(ltm.Member) ltm.Session { return ltm.Enabled },
	} {
		if got := c.Retire(leave).String(); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

// TestThePartsComeToTheWhole walks through the parts as the engine does, each
// computed from what the last one left.
func TestThePartsComeToTheWhole(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	for range 500 {
		desired, live := random(r, false), random(r, true)
		quiet, warm := r.IntN(2) == 0, r.IntN(2) == 0
		leave := []func(ltm.Member) ltm.Session{nil, offline, disabled}[r.IntN(3)]
		now := live
		for _, part := range []func(changeset.ChangeSet) changeset.ChangeSet{
			func(c changeset.ChangeSet) changeset.ChangeSet {
				part := c.Prepare(quiet)
				if warm {
					part.Modify = c.Warm()
				}
				return part
			},
			func(c changeset.ChangeSet) changeset.ChangeSet { return c.Shift(leave) },
			changeset.ChangeSet.Removal,
		} {
			change := part(changeset.Compute(desired, now))
			now = change.Apply(now)
			if left := part(changeset.Compute(desired, now)); !left.Empty() {
				t.Fatalf("%s\nleaves %s", change, left)
			}
		}
		if diff := cmp.Diff(desired, now, same); diff != "" {
			t.Fatalf("-want +got\n%s", diff)
		}
	}
}

func TestPreparingTakesNothingAwayAndShiftingAddsNothing(t *testing.T) {
	t.Parallel()
	live := pool(member(1), member(2, session(ltm.ForcedOffline)), member(3, session(ltm.ForcedOffline)), member(4))
	desired := pool(member(2), member(3, session(ltm.Disabled)), member(4, ratio(2)), member(5), member(6, session(ltm.ForcedOffline)))
	desired.Description, desired.SlowRampTime, desired.LoadBalancingMode, desired.MinActiveMembers = "new", 0, "ratio-member", 1
	c := changeset.Compute(desired, live)

	for _, test := range []struct {
		name string
		part changeset.ChangeSet
		want string
	}{
		{"loud", c.Prepare(false), `pool /shop/web
  ~ slow_ramp_time: 10 -> 0
  + 10.0.0.5:80: ratio 1, enabled
  + 10.0.0.6:80: ratio 1, forced-offline`},
		{"quiet", c.Prepare(true), `pool /shop/web
  ~ slow_ramp_time: 10 -> 0
  + 10.0.0.5:80: ratio 1, disabled
  + 10.0.0.6:80: ratio 1, forced-offline`},
		{"warm", changeset.ChangeSet{Pool: web, Modify: c.Warm()}, `pool /shop/web
  ~ 10.0.0.2:80: forced-offline -> disabled`},
		{"shift", c.Shift(nil), `pool /shop/web
  ~ description: "" -> "new"
  ~ load_balancing_mode: "round-robin" -> "ratio-member"
  ~ min_active_members: 0 -> 1
  ~ 10.0.0.2:80: forced-offline -> enabled
  ~ 10.0.0.3:80: forced-offline -> disabled
  ~ 10.0.0.4:80: ratio 1 -> 2`},
		{"shift and drain", changeset.ChangeSet{Pool: web, Modify: c.Shift(offline).Modify}, `pool /shop/web
  ~ 10.0.0.1:80: enabled -> forced-offline
  ~ 10.0.0.2:80: forced-offline -> enabled
  ~ 10.0.0.3:80: forced-offline -> disabled
  ~ 10.0.0.4:80: ratio 1 -> 2`},
		{"removal", c.Removal(), "pool /shop/web\n  - 10.0.0.1:80"},
	} {
		if diff := cmp.Diff(test.want, test.part.String()); diff != "" {
			t.Errorf("%s -want +got\n%s", test.name, diff)
		}
	}
}

func TestOnlyWhatDecidesAboutTrafficMovesIt(t *testing.T) {
	t.Parallel()
	base := pool(member(1))
	set := func(f func(*ltm.Pool)) ltm.Pool { p := base; f(&p); return p }
	for _, test := range []struct {
		name    string
		desired ltm.Pool
		want    bool
	}{
		{"nothing", base, false},
		{"an added member", pool(member(1), member(2)), false},
		{"a removed member", pool(), false},
		{"a member's description", pool(member(1, described("x"))), false},
		{"a member's connection limit", pool(member(1, limited(1))), false},
		{"a member's ratio", pool(member(1, ratio(2))), true},
		{"a member's session", pool(member(1, session(ltm.Disabled))), true},
		{"a member's priority group", pool(member(1, prioritized(1))), true},
		{"the description", set(func(p *ltm.Pool) { p.Description = "x" }), false},
		{"monitors", set(func(p *ltm.Pool) { p.Monitors.Monitors = []ltm.Path{http} }), false},
		{"the mode", set(func(p *ltm.Pool) { p.LoadBalancingMode = "ratio-member" }), true},
		{"the active members", set(func(p *ltm.Pool) { p.MinActiveMembers = 1 }), true},
	} {
		if got := changeset.Compute(test.desired, base).Moves(); got != test.want {
			t.Errorf("%s moves traffic: %v", test.name, got)
		}
	}
}

func TestAChangeSetPrintsLikeAPlan(t *testing.T) {
	t.Parallel()
	live, desired := pool(member(1), member(2)), pool(
		member(1, ratio(9), session(ltm.Disabled), prioritized(1), limited(5), described("mark")),
		member(3, prioritized(2), described("[bigipkube/1 shop/web]")),
	)
	desired.Monitors.Monitors = []ltm.Path{http}
	want := `pool /shop/web
  ~ monitors: none -> /Common/http
  + 10.0.0.3:80: ratio 1, enabled, priority group 2, description "[bigipkube/1 shop/web]"
  ~ 10.0.0.1:80: ratio 1 -> 9, enabled -> disabled, priority group 0 -> 1, connection limit 0 -> 5, description "" -> "mark"
  - 10.0.0.2:80`
	if diff := cmp.Diff(want, changeset.Compute(desired, live).String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := changeset.Compute(live, live).String(); got != "pool /shop/web: no change" {
		t.Errorf("got %s", got)
	}
}

func TestAChangeSetIsReadableJSON(t *testing.T) {
	t.Parallel()
	live, desired := pool(member(1)), pool(member(1, ratio(2)))
	desired.Monitors.Monitors = []ltm.Path{http}
	want := `{"pool":"/shop/web","settings":[{"name":"monitors","from":{},"to":{"monitors":["/Common/http"]}}],` +
		`"modify":[{"from":{"key":"10.0.0.1:80","ratio":1,"priority_group":0,"connection_limit":0,"session":"enabled"},` +
		`"to":{"key":"10.0.0.1:80","ratio":2,"priority_group":0,"connection_limit":0,"session":"enabled"}}]}`
	if diff := cmp.Diff(want, mustJSON(t, changeset.Compute(desired, live))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
