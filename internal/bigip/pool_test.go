package bigip_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAPoolOfAHundredMembersIsOneRequestToCreateAndOneToRead(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	desired := pool(t)
	for i := range 100 {
		desired.Members = append(desired.Members, member(t, fmt.Sprintf("10.0.1.%d:8080", i+1)))
	}
	if err := l.CreatePool(t.Context(), desired); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("POST ltm/pool")
	if _, err := l.Pool(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("GET ltm/pool/~shop~web")
	l.wantPool(desired)
}

// TestAChangeSetIsWrittenInTheFewestRequests is the table of doc.go.
func TestAChangeSetIsWrittenInTheFewestRequests(t *testing.T) {
	t.Parallel()
	const members = "ltm/pool/~shop~web/members"
	one, two, three, four := "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"
	tests := []struct {
		name    string
		live    ltm.Pool
		desired ltm.Pool
		calls   []string
	}{
		{"nothing", pool(t, member(t, one)), pool(t, member(t, one)), nil},
		{"settings", pool(t), with(pool(t), func(p *ltm.Pool) { p.Description, p.SlowRampTime = "Checkout", 0 }), []string{"PATCH ltm/pool/~shop~web"}},
		{"one member in", pool(t, member(t, one)), pool(t, member(t, one), member(t, two)), []string{"POST " + members}},
		{
			"several members in", pool(t, member(t, one)), pool(t, member(t, one), member(t, two), member(t, three)),
			[]string{"POST transaction", "+POST " + members, "+POST " + members, "PATCH transaction/N"},
		},
		{
			"one member changed", pool(t, member(t, one), member(t, two)), pool(t, member(t, one, ratio(5), session(ltm.Disabled)), member(t, two)),
			[]string{"PATCH " + members + "/~shop~10.0.0.1:80"},
		},
		{
			"several members changed", pool(t, member(t, one), member(t, two)), pool(t, member(t, one, ratio(5)), member(t, two, session(ltm.ForcedOffline))),
			[]string{"POST transaction", "+PATCH " + members + "/~shop~10.0.0.1:80", "+PATCH " + members + "/~shop~10.0.0.2:80", "PATCH transaction/N"},
		},
		{
			"a mode and the ratio that it needs", pool(t, member(t, one)),
			with(pool(t, member(t, one, ratio(5))), func(p *ltm.Pool) { p.LoadBalancingMode = "ratio-member" }),
			[]string{"POST transaction", "+PATCH ltm/pool/~shop~web", "+PATCH " + members + "/~shop~10.0.0.1:80", "PATCH transaction/N"},
		},
		{
			"one member out", pool(t, member(t, one), member(t, two)), pool(t, member(t, one)),
			[]string{"DELETE " + members + "/~shop~10.0.0.2:80", "GET ltm/node/~shop~10.0.0.2", "DELETE ltm/node/~shop~10.0.0.2"},
		},
		{
			"one of two ports of an address out", pool(t, member(t, "10.0.0.1:80"), member(t, "10.0.0.1:81")), pool(t, member(t, "10.0.0.1:80")),
			[]string{"DELETE " + members + "/~shop~10.0.0.1:81", "GET ltm/node/~shop~10.0.0.1", "DELETE ltm/node/~shop~10.0.0.1"},
		},
		{
			"many members out", pool(t, member(t, one), member(t, two), member(t, three), member(t, four)), pool(t),
			[]string{
				"POST transaction", "+DELETE " + members + "/~shop~10.0.0.1:80", "+DELETE " + members + "/~shop~10.0.0.2:80",
				"+DELETE " + members + "/~shop~10.0.0.3:80", "+DELETE " + members + "/~shop~10.0.0.4:80", "PATCH transaction/N", "GET ltm/node",
				"DELETE ltm/node/~shop~10.0.0.1", "DELETE ltm/node/~shop~10.0.0.2", "DELETE ltm/node/~shop~10.0.0.3", "DELETE ltm/node/~shop~10.0.0.4",
			},
		},
		{
			"one in, one out", pool(t, member(t, one)), pool(t, member(t, two)),
			[]string{"POST " + members, "DELETE " + members + "/~shop~10.0.0.1:80", "GET ltm/node/~shop~10.0.0.1", "DELETE ltm/node/~shop~10.0.0.1"},
		},
		{
			"all at once, in order", pool(t, member(t, one), member(t, two)),
			with(pool(t, member(t, one, ratio(2)), member(t, three)), func(p *ltm.Pool) { p.Description = "Checkout" }),
			[]string{
				"PATCH ltm/pool/~shop~web", "POST " + members, "PATCH " + members + "/~shop~10.0.0.1:80", "DELETE " + members + "/~shop~10.0.0.2:80",
				"GET ltm/node/~shop~10.0.0.2", "DELETE ltm/node/~shop~10.0.0.2",
			},
		},
		{
			"IPv6 and a route domain", pool(t, member(t, "[2001:db8::1]:80")), pool(t, member(t, "[2001:db8::1]:80", ratio(2)), member(t, "10.0.0.1%0:80")),
			[]string{"POST " + members, "PATCH " + members + "/~shop~2001:db8::1.80"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.create(tc.live)
			l.apply(tc.desired)
			l.wantCalls(tc.calls...)
			l.wantPool(tc.desired)
		})
	}
}

func with(p ltm.Pool, change func(*ltm.Pool)) ltm.Pool {
	change(&p)
	return p
}

func TestAChangeOfOneMemberIsAboutAHundredBytes(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t, member(t, "10.0.0.1:80")))
	l.apply(pool(t, member(t, "10.0.0.1:80", ratio(20), session(ltm.ForcedOffline))))
	requests := l.sim.Requests()
	if len(requests) != 1 || requests[0].BytesIn > 100 {
		t.Errorf("requests %+v, want one of at most 100 bytes", requests)
	}
}

func TestAnAppliedChangeSetLeavesThePoolAsDesired(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	l.create(pool(t))
	for range 40 {
		desired := randomPool(t, random)
		l.apply(desired)
		l.wantPool(desired)
		if t.Failed() {
			return
		}
	}
	l.apply(pool(t))
	if left := l.nodes(); len(left) != 0 {
		t.Errorf("nodes left on the device: %v", left)
	}
}

func randomPool(t *testing.T, random *rand.Rand) ltm.Pool {
	t.Helper()
	p := pool(t)
	p.LoadBalancingMode = []string{"round-robin", "ratio-member", "least-connections-member"}[random.IntN(3)]
	p.Description = []string{"", "Checkout"}[random.IntN(2)]
	p.SlowRampTime, p.MinActiveMembers = random.IntN(3)*10, random.IntN(2)
	p.ServiceDownAction = []string{"none", "reset", "reselect"}[random.IntN(3)]
	if random.IntN(2) == 0 {
		p.ReselectTries, p.AllowNAT, p.AllowSNAT, p.IgnorePersistedWeight = 3, false, false, true
		p.QueueOnConnectionLimit, p.QueueDepthLimit, p.QueueTimeLimit = true, 10, 500
		p.MinUpMembers, p.MinUpMembersAction, p.MinUpMembersChecking = 1, "restart-all", true
		p.IPToSToClient, p.IPToSToServer, p.LinkQoSToClient, p.LinkQoSToServer = "16", "mimic", "3", "4"
	}
	p.Monitors = []ltm.MonitorRule{
		{},
		{Monitors: []ltm.Path{ltm.NewPath("Common", "http")}},
		{Monitors: []ltm.Path{ltm.NewPath("Common", "http"), ltm.NewPath("Common", "tcp")}, AtLeast: 1},
	}[random.IntN(3)]
	for _, key := range []string{"10.0.0.1:80", "10.0.0.1:81", "10.0.0.2:80", "[2001:db8::1]:80", "10.0.0.3:80", "10.0.0.4:80"} {
		if random.IntN(2) == 0 {
			continue
		}
		p.Members = append(p.Members, member(t, key,
			ratio(1+random.IntN(3)), session(ltm.Sessions()[random.IntN(3)]), described([]string{"", "mine"}[random.IntN(2)]),
			priorityGroup(random.IntN(2)), connectionLimit(random.IntN(2)*100), limited(random.IntN(2)*50),
			monitored([]ltm.MemberMonitors{ltm.InheritMonitors, ltm.NoMonitors, "/Common/http", "min 1 of /Common/http /Common/tcp"}[random.IntN(4)])))
	}
	ltm.SortMembers(p.Members)
	return p
}

func TestOnlyNodesThatNobodyNeedsGoWithTheirMembers(t *testing.T) {
	t.Parallel()
	const inUse, onPurpose, alone, otherPort = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"
	for _, many := range []bool{false, true} { // looked at one by one, and as a list
		t.Run(fmt.Sprintf("many=%t", many), func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			ctx := t.Context()
			other := ltm.NewPool(ltm.NewPath("shop", "other"))
			other.Members = []ltm.Member{member(t, inUse+":80")}
			l.create(other)
			live := pool(t, member(t, otherPort+":80"), member(t, otherPort+":81"))
			gone := []ltm.Member{member(t, inUse+":80"), member(t, onPurpose+":80"), member(t, "10.0.0.9:443", named("web-1:443"))}
			if many {
				gone = append(gone, member(t, alone+":80"), member(t, otherPort+":81"))
			}
			live.Members = append(live.Members, gone...)
			live.Members = slices.CompactFunc(sorted(live.Members), func(a, b ltm.Member) bool { return a.Key == b.Key })
			l.create(live)
			if _, err := l.client.Nodes().Patch(ctx, "/shop/"+onPurpose, map[string]string{"description": "rack 7"}); err != nil {
				t.Fatal(err)
			}
			change := changeset.ChangeSet{Pool: web, Remove: sorted(gone)}
			if err := l.ApplyPool(ctx, change); err != nil {
				t.Fatal(err)
			}
			want := []string{"/shop/" + inUse, "/shop/" + onPurpose, "/shop/" + otherPort, "/shop/web-1"}
			got := l.nodes()
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
		})
	}
}

func sorted(members []ltm.Member) []ltm.Member {
	members = slices.Clone(members)
	ltm.SortMembers(members)
	return members
}

func TestADeletedPoolTakesItsNodesWithIt(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t, member(t, "10.0.0.1:80"), member(t, "[2001:db8::1]:80")))
	if err := l.DeletePool(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Pool(t.Context(), web); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("read of a deleted pool: %v", err)
	}
	if left := l.nodes(); len(left) != 0 {
		t.Errorf("nodes left: %v", left)
	}
}

func TestAMemberThatSomebodyElseRemovedIsNoFailure(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	members := []ltm.Member{member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80"), member(t, "10.0.0.3:80")}
	l.create(pool(t, members...))
	if err := l.client.Members(web.String()).Delete(t.Context(), "/shop/10.0.0.2:80"); err != nil {
		t.Fatal(err)
	}
	for _, remove := range [][]ltm.Member{members, members[1:2]} {
		if err := l.ApplyPool(t.Context(), changeset.ChangeSet{Pool: web, Remove: remove}); err != nil {
			t.Errorf("remove %d members: %v", len(remove), err)
		}
	}
	l.wantPool(pool(t))
}

func TestALostAnswerIsFoundOutBeforeAnythingIsRepeated(t *testing.T) {
	t.Parallel()
	live := pool(t, member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80"))
	tests := []struct {
		name    string
		fault   control.Fault
		desired ltm.Pool
	}{
		{"an addition that was done", control.Fault{Method: "POST", Path: "members", CommitThenDrop: true, Count: 1}, pool(t, append(live.Members, member(t, "10.0.0.3:80"))...)},
		{"an addition that never arrived", control.Fault{Method: "POST", Path: "members", Drop: true, Count: 1}, pool(t, append(live.Members, member(t, "10.0.0.3:80"))...)},
		{"a change that was done", control.Fault{Method: "PATCH", Path: "members", CommitThenDrop: true, Count: 1}, pool(t, live.Members[0], member(t, "10.0.0.2:80", ratio(7)))},
		{"a removal that was done", control.Fault{Method: "DELETE", Path: "members", CommitThenDrop: true, Count: 1}, pool(t, live.Members[0])},
		{"a transaction that was done", control.Fault{Method: "PATCH", Path: "/transaction/", CommitThenDrop: true, Count: 1}, pool(t)},
		{"a commit that never arrived", control.Fault{Method: "PATCH", Path: "/transaction/", Drop: true, Count: 1}, pool(t)},
		{"a command that may be queued", control.Fault{Method: "DELETE", Path: "members", CommitThenDrop: true, Count: 1}, pool(t)},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.create(live)
			if err := l.sim.SetFaults([]control.Fault{tc.fault}); err != nil {
				t.Fatal(err)
			}
			l.apply(tc.desired)
			if !slices.ContainsFunc(l.sim.Requests(), func(r control.Request) bool { return r.Status == 0 }) {
				t.Error("no answer was lost: the test proves nothing")
			}
			l.wantPool(tc.desired)
		})
	}
}

func TestACommitWhoseTransactionIsGoneIsFoundOutFromThePool(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t, member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80")))
	if err := l.sim.SetFaults([]control.Fault{
		{Method: "PATCH", Path: "/transaction/", CommitThenDrop: true, Count: 1},
		{Method: "GET", Path: "/transaction/", Status: 404, Body: `{"code":404,"message":"gone","errorStack":[],"apiError":1}`},
	}); err != nil {
		t.Fatal(err)
	}
	desired := pool(t, member(t, "10.0.0.1:80", ratio(2)), member(t, "10.0.0.2:80", ratio(3)))
	l.apply(desired)
	l.wantPool(desired)
}

func TestACreatedPoolWhoseAnswerWasLostIsNoConflict(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if err := l.sim.SetFaults([]control.Fault{{Method: "POST", Path: "ltm/pool", CommitThenDrop: true, Count: 1}}); err != nil {
		t.Fatal(err)
	}
	desired := pool(t, member(t, "10.0.0.1:80"))
	if err := l.CreatePool(t.Context(), desired); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("POST ltm/pool", "GET ltm/pool/~shop~web")
	if err := l.CreatePool(t.Context(), desired); !errors.Is(err, engine.ErrExists) {
		t.Errorf("second create: %v, want ErrExists", err)
	}
}

func TestPoolsOfAPartitionAreReadTogether(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, name := range []string{"b", "a", "c"} {
		p := pool(t, member(t, "10.0.0.1:80"))
		p.Path.Name = name
		l.create(p)
	}
	pools, err := l.PoolsIn(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	l.wantCalls("GET ltm/pool")
	names := ""
	for _, p := range pools {
		names += p.Path.String() + fmt.Sprint(len(p.Members)) + " "
	}
	if names != "/shop/a1 /shop/b1 /shop/c1 " {
		t.Errorf("pools %s", names)
	}
	if _, err := l.PoolsIn(t.Context(), "nowhere"); !errors.Is(err, engine.ErrNoPartition) {
		t.Errorf("pools of a partition that does not exist: %v", err)
	}
}

func TestMembersBearTheirStatus(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t, member(t, "10.0.0.2:80"), member(t, "[2001:db8::1]:80"), member(t, "10.0.0.1:80", session(ltm.ForcedOffline))))
	status, err := l.MemberStatus(t.Context(), web)
	if err != nil {
		t.Fatal(err)
	}
	l.wantCalls("GET ltm/pool/~shop~web/members/stats")
	got := ""
	for _, s := range status {
		got += fmt.Sprintf("%s %s; ", s.Key, s.Health)
	}
	if want := "10.0.0.1:80 forced-down; 10.0.0.2:80 unchecked; [2001:db8::1]:80 unchecked; "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestANodeThatTheRoleMayNotDeleteStaysAndTheChangeIsDone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t, member(t, "10.0.0.1:80")))
	if err := l.sim.SetFaults([]control.Fault{{
		Method: "DELETE", Path: "ltm/node", Status: 400,
		Body: `{"code":400,"message":"01070822:3: Access Denied: user (u) does not have delete access to object (node)","errorStack":[],"apiError":3}`,
	}}); err != nil {
		t.Fatal(err)
	}
	l.apply(pool(t))
	l.wantPool(pool(t))
}

func TestANodeThatIsStillNeededIsNothingToWarnOf(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	live := pool(t, member(t, "10.0.0.1:80"), member(t, "10.0.0.1:81"))
	l.create(live)
	var log bytes.Buffer
	device := bigip.New(l.client, "lab", slog.New(slog.NewTextHandler(&log, nil)))
	for _, remove := range live.Members {
		if err := device.ApplyPool(t.Context(), changeset.ChangeSet{Pool: web, Remove: []ltm.Member{remove}}); err != nil {
			t.Fatal(err)
		}
	}
	if log.Len() > 0 {
		t.Errorf("logged: %s", &log)
	}
	if left := l.nodes(); len(left) != 0 {
		t.Errorf("nodes left: %v", left)
	}
}

func TestANamedNodeIsMadeWithItsMember(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t))
	desired := pool(t, member(t, "10.0.0.9:443", named("web-1:443")))
	l.apply(desired)
	l.wantPool(desired)
	node, err := l.client.Nodes().Get(t.Context(), "/shop/web-1", nil)
	if err != nil || node.Address != "10.0.0.9" {
		t.Errorf("node %+v, error %v", node, err)
	}
}
