package follow_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// witness watches a device, and knows by itself what Next has to remember.
type witness struct {
	*device
	t      testing.TB
	wanted map[ltm.MemberKey]time.Time // enabled members that are to go: since when
	cut    map[ltm.MemberKey]time.Time // members whose endpoint went while they were enabled: when they lost their clients
	dark   time.Time                   // when no node was ready last
	story  []string
}

// look notes what the cluster wants now, and syncs.
func (w *witness) look() follow.Step {
	w.t.Helper()
	if w.noNode {
		w.dark = w.now
	}
	wants := ltm.Pool{Members: w.want()}
	for _, m := range w.live.Members {
		target, found := wants.Member(m.Key)
		if m.Session != ltm.Enabled || found && target.Session == ltm.Enabled {
			delete(w.wanted, m.Key)
		} else if _, known := w.wanted[m.Key]; !known {
			w.wanted[m.Key] = w.now
		}
	}
	_, step := w.sync(w.t)
	return step
}

// write is what must hold of each write.
func (w *witness) write(c write) {
	w.t.Helper()
	w.story = append(w.story, fmt.Sprintf("%8s wrote %s", w.now.Sub(start), brief(c.ChangeSet)))
	if len(c.Settings) > 0 || one(len(c.Add))+one(len(c.Modify))+one(len(c.Remove)) != 1 {
		w.fail("a write is one part, not %s", c)
	}
	if made := changeset.Compute(c.after, c.before); made.String() != c.String() {
		w.fail("a write that says %s\nmakes %s", c, made)
	}
	held := map[ltm.MemberKey]bool{}
	for _, h := range c.step.Held {
		held[h.Key] = true
		if !h.Until.IsZero() && !h.Until.After(w.now) {
			w.fail("%s is held until %s", h.Key, h.Until.Sub(start))
		}
	}
	for _, m := range append(changed(c.ChangeSet), c.Remove...) {
		if m.Description != mark || held[m.Key] {
			w.fail("%s must be left alone", m.Key)
		}
	}
	taken := w.taken(c)
	before, after := enabled(c.before), enabled(c.after)
	if after < min(w.policy.Min, before) && !w.scaledToZero() {
		w.fail("%d of %d are enabled, at least %d must be", after, before, w.policy.Min)
	}
	for _, m := range taken {
		if after == 0 && w.now.Before(w.wanted[m.Key].Add(w.policy.Hold)) && !w.scaledToZero() {
			w.fail("%s was the last one, and is taken since %s", m.Key, w.wanted[m.Key].Sub(start))
		}
	}
	w.removals(c)
}

// scaledToZero is true whenever the owners would say so and were asked.
func (w *witness) scaledToZero() bool { return w.zero && w.ownersAsk > 0 }

// taken are the enabled members that a write takes away. None of them may be in
// doubt.
func (w *witness) taken(c write) []ltm.Member {
	w.t.Helper()
	var taken []ltm.Member
	for _, m := range c.before.Members {
		if now, found := c.after.Member(m.Key); m.Session != ltm.Enabled || found && now.Session == ltm.Enabled {
			continue
		}
		taken = append(taken, m)
		state := w.endpoint[m.Key]
		if state == "" {
			w.cut[m.Key] = w.now
		}
		recently := func(at time.Time) bool { return !at.IsZero() && w.now.Before(at.Add(w.policy.Hold)) }
		doubt := w.noNode || recently(w.dark) || recently(w.broke) || state == "" && recently(w.lost[m.Key])
		if doubt && (state == "" || state == endpoints.NotReady) && !w.scaledToZero() {
			w.fail("%s was in doubt", m.Key)
		}
	}
	return taken
}

// removals have no endpoint, got no new clients before, and keep their connections
// until the deadline.
func (w *witness) removals(c write) {
	w.t.Helper()
	for _, m := range c.Remove {
		if m.Session == ltm.Enabled || w.endpoint[m.Key] != "" {
			w.fail("%s is removed, and was %s and %s", m.Key, m.Session, w.endpoint[m.Key])
		}
		drain := w.policy.Drain
		if drain == 0 {
			drain = follow.MaxDrain
		}
		if at, was := w.cut[m.Key]; was && w.open[m.Key] > 0 && w.now.Before(at.Add(drain)) {
			w.fail("%s is removed with %d connections, %s after it lost its clients", m.Key, w.open[m.Key], w.now.Sub(at))
		}
		delete(w.cut, m.Key)
		delete(w.open, m.Key)
	}
}

func (w *witness) fail(format string, args ...any) {
	w.t.Helper()
	for _, line := range w.story {
		w.t.Log(line)
	}
	w.t.Fatalf("%s: %s", w.now.Sub(start), fmt.Sprintf(format, args...))
}

func changed(c changeset.ChangeSet) []ltm.Member {
	var members []ltm.Member
	for _, change := range c.Modify {
		members = append(members, change.From)
	}
	return members
}

func one(n int) int { return min(n, 1) }

func enabled(p ltm.Pool) (count int) {
	for _, m := range p.Members {
		if m.Session == ltm.Enabled {
			count++
		}
	}
	return count
}

// play lets things happen, and looks on. Choose is a number below n.
func play(t testing.TB, events int, choose func(n int) int) {
	t.Helper()
	policy := follow.Policy{
		MaxDisablePercent: []int{0, 50, 50, 100}[choose(4)],
		Hold:              time.Duration(choose(3)) * 15 * time.Second,
		Drain:             time.Duration(choose(3)) * 20 * time.Second,
		Min:               max(0, choose(5)-2), PreWarm: choose(2) == 0,
	}
	w := &witness{
		t: t, device: newDevice(t, policy, "1 enabled, 2 enabled, 3 enabled, 90 enabled", "1 ready, 2 ready, 3 ready"),
		wanted: map[ltm.MemberKey]time.Time{}, cut: map[ltm.MemberKey]time.Time{},
	}
	w.story = append(w.story, fmt.Sprintf("%+v", policy))
	w.check, w.lost = w.write, map[ltm.MemberKey]time.Time{}
	for range events {
		w.now = w.now.Add(time.Duration(choose(200)) * 100 * time.Millisecond)
		for range 1 + choose(3) {
			w.happen(choose)
		}
		w.look()
	}
	w.settle()
}

// happen is one event.
func (w *witness) happen(choose func(n int) int) {
	n := []int{1, 2, 3, 4, 5, 20, 21, 30, 31}[choose(9)]
	k := key(n)
	told := fmt.Sprintf("%8s %d ", w.now.Sub(start), n)
	switch event := choose(17); event {
	case 0, 1, 2, 3, 4:
		w.endpoint[k] = endpoints.Ready
		told += "is ready"
	case 5, 6:
		w.endpoint[k] = endpoints.NotReady
		told += "is not ready"
	case 7, 8:
		if w.endpoint[k] == endpoints.Ready {
			w.endpoint[k] = endpoints.Draining
			told += "terminates"
		}
	case 9, 10:
		delete(w.endpoint, k)
		told += "is gone"
		if choose(3) == 0 {
			w.lost[k] = w.now
			told += " with its slice"
		}
	case 11:
		w.open[k] = int64(choose(3))
		told += fmt.Sprintf("has %d connections", w.open[k])
	case 12:
		w.broke = w.now
		told += "or not, a watch broke"
	case 13:
		w.noNode = !w.noNode
		told += fmt.Sprintf("or not, no node is ready: %v", w.noNode)
	case 14:
		w.memory, w.cut, w.dark = follow.Memory{}, map[ltm.MemberKey]time.Time{}, time.Time{}
		told += "or not, a new start"
	case 15:
		w.refuses = true
		told += "or not, the device will refuse"
	case 16:
		for i, m := range w.live.Members {
			if m.Key == k || m.Key == key(90) {
				w.live.Members[i].Session = ltm.Sessions()[choose(3)]
				told += fmt.Sprintf("is set to %s by hand ", w.live.Members[i].Session)
			}
		}
	}
	w.story = append(w.story, told)
}

// settle waits until nothing more is to come: then the pool is as it is wanted.
func (w *witness) settle() {
	w.t.Helper()
	w.noNode = false
	step := w.look()
	for looks := 0; step.After > 0; looks++ {
		if looks > 200 {
			w.fail("there is no end to it: held %v, draining %v", holds(step), drains(step))
		}
		w.now = w.now.Add(step.After)
		step = w.look()
	}
	kept := map[ltm.MemberKey]bool{}
	for _, h := range step.Held {
		kept[h.Key] = true
		if h.Reason != follow.Minimum {
			w.fail("held to the end: %v", holds(step))
		}
	}
	desired := w.live
	desired.Members = w.want()
	for i, m := range desired.Members { // one that is warmed is disabled
		if live, found := w.live.Member(m.Key); found && live.Session == ltm.Disabled && w.policy.PreWarm && w.endpoint[m.Key] == endpoints.NotReady {
			desired.Members[i].Session = ltm.Disabled
		}
	}
	left := changeset.Compute(desired, w.live)
	for _, m := range append(append(changed(left), left.Add...), left.Remove...) {
		if !kept[m.Key] {
			w.fail("in the end this is left: %s", left)
		}
	}
	for _, d := range step.Draining {
		if d.Gone {
			w.fail("it drains to the end: %v", drains(step))
		}
	}
}

func TestWhateverHappensAPoolFollowsWithoutHarm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 5))
		play(t, 30, r.IntN)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzNext(f *testing.F) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 6))
		data := make([]byte, 200)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		play(t, min(len(data)/6, 100), func(n int) int {
			if len(data) == 0 {
				return 0
			}
			value := int(data[0])
			data = data[1:]
			return value % n
		})
	})
}
