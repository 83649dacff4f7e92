package follow_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

// device is a pool with the cluster behind it, and follows the cluster as a helper
// does. Members are told by number: 10.0.0.number:80.
//
//	 1 to 19   of the backend stable, share 90
//	20 to 29   of the backend canary, share 10
//	30 to 39   of the backend standby, share 0
//	90 to 99   added by hand
type device struct {
	policy    follow.Policy
	live      ltm.Pool
	endpoint  map[ltm.MemberKey]endpoints.State
	ending    map[ltm.MemberKey]bool
	open      map[ltm.MemberKey]int64 // connections
	lost      map[ltm.MemberKey]time.Time
	broke     time.Time
	noNode    bool
	zero      bool // what the owners would answer
	memory    follow.Memory
	now       time.Time
	refuses   bool          // the next write fails, and with it the turn
	asked     int           // how often the device was asked for connections
	ownersAsk int           // how often the owners were asked
	check     func(c write) // sees each write
}

// write is one write, with the world that it was decided in.
type write struct {
	changeset.ChangeSet
	before, after ltm.Pool
	step          follow.Step
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const mark = "ours"

// newDevice reads members, "1 enabled, 2 disabled, 3 offline", and endpoints, "1
// ready, 2 terminating, 3 not-ready".
func newDevice(t testing.TB, policy follow.Policy, members, states string) *device {
	t.Helper()
	d := &device{policy: policy, live: ltm.NewPool(ltm.NewPath("shop", "web")), open: map[ltm.MemberKey]int64{}, now: start}
	for n, word := range pairs(t, members) {
		d.live.Members = append(d.live.Members, member(n, sessions[word]))
	}
	ltm.SortMembers(d.live.Members)
	d.cluster(t, states)
	return d
}

var (
	sessions = map[string]ltm.Session{"enabled": ltm.Enabled, "disabled": ltm.Disabled, "offline": ltm.ForcedOffline}
	states   = map[string]endpoints.State{"ready": endpoints.Ready, "terminating": endpoints.Draining, "not-ready": endpoints.NotReady}
)

// cluster is what endpoints there are from now on.
func (d *device) cluster(t testing.TB, text string) {
	t.Helper()
	d.endpoint, d.ending = map[ltm.MemberKey]endpoints.State{}, map[ltm.MemberKey]bool{}
	for n, word := range pairs(t, text) {
		if states[word] == "" {
			t.Fatalf("no state is called %q", word)
		}
		d.endpoint[key(n)] = states[word]
	}
}

// pairs reads "1 ready, 2 ready".
func pairs(t testing.TB, text string) map[int]string {
	t.Helper()
	result := map[int]string{}
	for part := range strings.SplitSeq(text, ", ") {
		if part == "" {
			continue
		}
		number, word, found := strings.Cut(part, " ")
		n, err := strconv.Atoi(number)
		if !found || err != nil {
			t.Fatalf("what is %q?", part)
		}
		result[n] = word
	}
	return result
}

func key(n int) ltm.MemberKey {
	return ltm.MemberKey{Address: ltm.Address{IP: netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})}, Port: 80}
}

func number(key ltm.MemberKey) int {
	ip := key.Address.IP.As4()
	return int(ip[2])<<8 + int(ip[3])
}

func member(n int, session ltm.Session) ltm.Member {
	m := ltm.NewMember(key(n))
	m.Session = session
	if !byHand(m.Key) {
		m.Description = mark
	}
	return m
}

func byHand(key ltm.MemberKey) bool { return number(key) >= 90 && number(key) < 100 }

// want is what engine.Members would make of it.
func (d *device) want() []ltm.Member {
	backends := []traffic.Backend{{Name: "stable", Share: 90}, {Name: "canary", Share: 10}, {Name: "standby"}}
	for key, state := range d.endpoint {
		of := &backends[0]
		switch n := number(key); {
		case n >= 20 && n < 30:
			of = &backends[1]
		case n >= 30 && n < 40:
			of = &backends[2]
		}
		of.Endpoints = append(of.Endpoints, endpoints.Endpoint{Key: key, State: state})
	}
	var members []ltm.Member
	for _, a := range traffic.Split(backends).Assignments {
		m := member(number(a.Endpoint.Key), a.Session)
		m.Ratio = a.Ratio
		members = append(members, m)
	}
	for _, m := range d.live.Members {
		if m.Description != mark {
			members = append(members, m.Wanted())
		}
	}
	ltm.SortMembers(members)
	return members
}

func (d *device) world() follow.World {
	return follow.World{
		Live: d.live, Want: d.want(), Endpoint: d.endpoint, Ending: d.ending, Lost: d.lost, WatchBroke: d.broke, NoNodeReady: d.noNode,
	}
}

// status is what the device counts.
func (d *device) status() map[ltm.MemberKey]ltm.MemberStatus {
	result := map[ltm.MemberKey]ltm.MemberStatus{}
	for _, m := range d.live.Members {
		result[m.Key] = ltm.MemberStatus{Key: m.Key, CurrentConnections: d.open[m.Key]}
	}
	return result
}

// sync follows until there is nothing to do now, and returns what it wrote, one
// text a write, and the last step.
func (d *device) sync(t testing.TB) (writes []string, last follow.Step) {
	t.Helper()
	w, asked, askedOwners := d.world(), false, false
	for range 10 {
		step := follow.Next(d.policy, w, d.memory, d.now)
		d.memory = step.Memory
		switch {
		case step.AskOwners && !askedOwners:
			askedOwners, w.Zero = true, d.zero
			d.ownersAsk++
			continue
		case !step.Write.Empty() && d.refuses:
			d.refuses = false
			step.After = time.Second
			return writes, step
		case !step.Write.Empty():
			before := d.live
			d.live = step.Write.Apply(before)
			w.Live, w.Status = d.live, nil
			writes = append(writes, brief(step.Write))
			if d.check != nil {
				d.check(write{step.Write, before, d.live, step})
			}
			continue
		case step.Ask && !asked:
			asked, w.Status = true, d.status()
			d.asked++
			continue
		case step.Ask:
			t.Fatal("it asks again for what it has just been told")
		}
		return writes, step
	}
	t.Fatalf("there is no end to it: %s", writes)
	return nil, follow.Step{}
}

// at is sync so long after the start.
func (d *device) at(t testing.TB, after time.Duration) ([]string, follow.Step) {
	t.Helper()
	d.now = start.Add(after)
	return d.sync(t)
}

// brief prints a write: "+2 enabled", "1 disabled", "1 ratio 9", "-3".
func brief(c changeset.ChangeSet) string {
	var parts []string
	for _, m := range c.Add {
		parts = append(parts, fmt.Sprintf("+%d %s", number(m.Key), m.Session))
	}
	for _, change := range c.Modify {
		if change.From.Session != change.To.Session {
			parts = append(parts, fmt.Sprintf("%d %s", number(change.To.Key), change.To.Session))
		}
		if change.From.Ratio != change.To.Ratio {
			parts = append(parts, fmt.Sprintf("%d ratio %d", number(change.To.Key), change.To.Ratio))
		}
	}
	for _, m := range c.Remove {
		parts = append(parts, fmt.Sprintf("-%d", number(m.Key)))
	}
	return strings.Join(parts, ", ")
}

// holds prints what is held: "2 too-many-at-once until 30s".
func holds(step follow.Step) []string {
	var result []string
	for _, h := range step.Held {
		text := fmt.Sprintf("%d %s", number(h.Key), h.Reason)
		if !h.Until.IsZero() {
			text += " until " + h.Until.Sub(start).String()
		}
		result = append(result, text)
	}
	return result
}

// drains prints what drains: "2 since 0s until 1m0s, 3 open, gone".
func drains(step follow.Step) []string {
	var result []string
	for _, d := range step.Draining {
		text := fmt.Sprintf("%d since %s until %s, %d open", number(d.Key), d.Since.Sub(start), d.Deadline.Sub(start), d.Connections)
		if d.Gone {
			text += ", gone"
		}
		result = append(result, text)
	}
	return result
}

func expect(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
