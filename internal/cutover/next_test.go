package cutover_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var options = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func key(last int) ltm.MemberKey {
	return ltm.MemberKey{Address: ltm.Address{IP: netip.AddrFrom4([4]byte{10, 0, 0, byte(last)})}, Port: 80}
}

func candidate(backend string, last int, health ltm.Health) cutover.Candidate {
	return cutover.Candidate{Key: key(last), Backend: backend, Health: health}
}

// greens are candidates of the backend green.
func greens(healths ...ltm.Health) []cutover.Candidate {
	var candidates []cutover.Candidate
	for i, health := range healths {
		candidates = append(candidates, candidate("green", i+1, health))
	}
	return candidates
}

const (
	up, down, checking = ltm.HealthUp, ltm.HealthDown, ltm.HealthChecking
)

// gone are the candidates, the endpoint of the first being gone.
func gone(candidates []cutover.Candidate) []cutover.Candidate {
	candidates[0].Gone = true
	return candidates
}

func TestTheNextStep(t *testing.T) {
	t.Parallel()
	careful := cutover.Spec{Require: cutover.Requirement{Percent: 80}, Timeout: time.Minute, Drain: time.Minute}
	started := func(ago time.Duration) cutover.Progress { return cutover.Progress{Verifying: noon.Add(-ago)} }
	verified := cutover.Progress{Verified: true}
	draining := func(ago time.Duration) cutover.Progress {
		return cutover.Progress{Verified: true, Draining: noon.Add(-ago)}
	}
	prepared := func(candidates []cutover.Candidate) cutover.Observation {
		return cutover.Observation{Prepared: true, Candidates: candidates}
	}
	bare := func(candidates []cutover.Candidate) cutover.Observation {
		return cutover.Observation{Prepared: true, Bare: true, Candidates: candidates}
	}
	shifted := func(connections ...int64) cutover.Observation {
		o := cutover.Observation{Prepared: true, Shifted: true}
		for i, n := range connections {
			o.Leavers = append(o.Leavers, cutover.Leaver{Key: key(i + 1), Connections: n})
		}
		return o
	}
	done := cutover.Observation{Prepared: true, Shifted: true, Removed: true}

	for _, test := range []struct {
		name        string
		spec        cutover.Spec
		observation cutover.Observation
		progress    cutover.Progress
		phase       cutover.Phase
		wait        time.Duration // until the deadline; 0 = no wait
	}{
		{"what is not prepared is prepared", careful, cutover.Observation{}, cutover.Progress{}, cutover.Prepare, 0},
		{"what is undone is prepared again", careful, cutover.Observation{Shifted: true, Removed: true}, verified, cutover.Prepare, 0},
		{"no requirement moves at once", cutover.Spec{}, prepared(greens(down, down)), cutover.Progress{}, cutover.Shift, 0},
		{"enough available members move", careful, prepared(greens(up, up, up, up, down)), cutover.Progress{}, cutover.Shift, 0},
		{"too few wait", careful, prepared(greens(up, up, up, down)), cutover.Progress{}, cutover.Verify, time.Minute},
		{"the wait goes on", careful, prepared(greens(up, down)), started(59 * time.Second), cutover.Verify, time.Second},
		{"the wait ends", careful, prepared(greens(up, down)), started(time.Minute), cutover.Aborted, 0},
		{"members that come up in the end move", careful, prepared(greens(up, up)), started(time.Hour), cutover.Shift, 0},
		{"each backend is asked", careful, prepared(append(greens(up), candidate("red", 9, down))), cutover.Progress{}, cutover.Verify, time.Minute},
		{"nobody gains, nobody is asked", careful, prepared(nil), cutover.Progress{}, cutover.Shift, 0},
		{"once open, gates are not asked again", careful, prepared(greens(down)), verified, cutover.Shift, 0},
		{"no timeout looks once", cutover.Spec{Require: careful.Require}, prepared(greens(up, down)), cutover.Progress{}, cutover.Aborted, 0},
		{"no timeout waits for the first probe", cutover.Spec{Require: careful.Require}, prepared(greens(up, checking)), cutover.Progress{}, cutover.Verify, cutover.FirstProbe},
		{"the first probe does not take for ever", cutover.Spec{Require: careful.Require}, prepared(greens(up, checking)), started(cutover.FirstProbe), cutover.Aborted, 0},
		{"a timeout is kept to while members are checked", cutover.Spec{Require: careful.Require, Timeout: time.Second}, prepared(greens(checking)), started(time.Second), cutover.Aborted, 0},
		{"more than there are is refused at once", cutover.Spec{Require: cutover.Requirement{Count: 3}, Timeout: time.Hour}, prepared(greens(up, up)), cutover.Progress{}, cutover.Aborted, 0},
		{"members whose endpoints are gone are not waited for", cutover.Spec{Require: cutover.Requirement{Count: 2}, Timeout: time.Hour}, prepared(gone(greens(up, up))), cutover.Progress{}, cutover.Aborted, 0},
		{"those that are left are", cutover.Spec{Require: cutover.Requirement{Count: 1}, Timeout: time.Minute}, prepared(gone(greens(up, checking))), cutover.Progress{}, cutover.Verify, time.Minute},
		{"the last one that serves waits for another", cutover.Spec{}, bare(greens(checking, down)), cutover.Progress{}, cutover.Verify, cutover.FirstProbe},
		{"the last one that serves stays when all others are down", cutover.Spec{}, bare(greens(down, down)), cutover.Progress{}, cutover.Aborted, 0},
		{"the last one that serves goes when another can", cutover.Spec{}, bare(greens(up, down)), cutover.Progress{}, cutover.Shift, 0},
		{"the last one that serves stays when there is no other", careful, bare(nil), cutover.Progress{}, cutover.Aborted, 0},
		{"nothing is asked when nothing is left to do", careful, cutover.Observation{Prepared: true, Shifted: true, Removed: true, Bare: true}, cutover.Progress{}, cutover.Done, 0},
		{"a removal alone is asked too", cutover.Spec{}, cutover.Observation{Prepared: true, Shifted: true, Bare: true, Candidates: greens(down)}, cutover.Progress{}, cutover.Aborted, 0},
		{"open connections wait", careful, shifted(3, 2), verified, cutover.Drain, time.Minute},
		{"the drain goes on", careful, shifted(1), draining(20 * time.Second), cutover.Drain, 40 * time.Second},
		{"the drain ends", careful, shifted(1), draining(time.Minute), cutover.Remove, 0},
		{"no connections end it before", careful, shifted(0, 0), draining(time.Second), cutover.Remove, 0},
		{"a drain that was over is not begun again", careful, shifted(5), cutover.Progress{Verified: true, Drained: true}, cutover.Remove, 0},
		{"no drain waits for nobody", cutover.Spec{}, shifted(5), verified, cutover.Remove, 0},
		{"nothing to remove is done", careful, done, verified, cutover.Done, 0},
	} {
		step := cutover.Next(test.spec, test.observation, test.progress, noon)
		if step.Phase != test.phase || step.Wait != (test.wait > 0) {
			t.Errorf("%s: phase %s, wait %v; want %s, %v", test.name, step.Phase, step.Wait, test.phase, test.wait > 0)
		}
		if test.wait > 0 && step.Deadline.Sub(noon) != test.wait {
			t.Errorf("%s: waits for %v, want %v", test.name, step.Deadline.Sub(noon), test.wait)
		}
	}
}

func TestAStepTellsWhatTheGatesSaw(t *testing.T) {
	t.Parallel()
	spec := cutover.Spec{Require: cutover.Requirement{Count: 2}}
	missing := candidate("green", 2, down)
	observation := cutover.Observation{Prepared: true, Bare: true, Candidates: []cutover.Candidate{
		candidate("red", 5, up), candidate("red", 4, up), missing, candidate("green", 1, up),
	}}
	want := []cutover.Gate{
		{Backend: "green", Available: 1, Needed: 2, Of: 2, Missing: []cutover.Candidate{missing}},
		{Backend: "red", Available: 2, Needed: 2, Of: 2},
	}
	step := cutover.Next(spec, observation, cutover.Progress{}, noon)
	if diff := cmp.Diff(want, step.Gates, options); diff != "" || step.Phase != cutover.Aborted {
		t.Errorf("%s -want +got\n%s", step.Phase, diff)
	}
}

func TestTheDrainTellsHowManyConnectionsAreOpen(t *testing.T) {
	t.Parallel()
	observation := cutover.Observation{Prepared: true, Shifted: true, Leavers: []cutover.Leaver{{key(1), 3}, {key(2), 0}, {key(3), 4}}}
	if step := cutover.Next(cutover.Spec{Drain: time.Minute}, observation, cutover.Progress{Verified: true}, noon); step.Open != 7 {
		t.Errorf("%d are open, want 7", step.Open)
	}
}

// world is what a run meets: actions take effect, members come up after a while
// or never, and connections end or do not.
type world struct {
	observation cutover.Observation
	upAfter     []time.Duration // for each candidate; negative = never
	closeAfter  time.Duration
	undo        func(*cutover.Observation) // somebody interferes
}

func (w *world) at(elapsed time.Duration) cutover.Observation {
	o := w.observation
	o.Candidates = slices.Clone(o.Candidates)
	for i, after := range w.upAfter {
		switch {
		case after >= 0 && elapsed >= after:
			o.Candidates[i].Health = up
		case elapsed > 10*time.Second:
			o.Candidates[i].Health = down
		default:
			o.Candidates[i].Health = checking
		}
	}
	if elapsed < w.closeAfter {
		o.Leavers = []cutover.Leaver{{Key: key(200), Connections: 1}}
	}
	return o
}

func (w *world) act(phase cutover.Phase) {
	switch phase {
	case cutover.Prepare:
		w.observation.Prepared = true
	case cutover.Shift:
		w.observation.Shifted = true
	case cutover.Remove:
		w.observation.Removed = true
	}
}

func randomWorld(r *rand.Rand) (*world, cutover.Spec) {
	second := func(n int) time.Duration { return time.Duration(r.IntN(n)) * time.Second }
	w := &world{closeAfter: second(200), observation: cutover.Observation{
		Prepared: r.IntN(2) == 0, Shifted: r.IntN(3) == 0, Removed: r.IntN(2) == 0, Bare: r.IntN(3) == 0,
	}}
	for i := range r.IntN(5) {
		w.observation.Candidates = append(w.observation.Candidates, candidate([]string{"a", "b"}[r.IntN(2)], i, checking))
		w.upAfter = append(w.upAfter, second(120)-10*time.Second)
	}
	return w, cutover.Spec{
		Require: []cutover.Requirement{{}, {Count: 1}, {Count: 2}, {Percent: 50}, {Percent: 100}}[r.IntN(5)],
		Timeout: second(90) * time.Duration(r.IntN(2)), Drain: second(90) * time.Duration(r.IntN(2)),
	}
}

var order = []cutover.Phase{cutover.Prepare, cutover.Verify, cutover.Shift, cutover.Drain, cutover.Remove, cutover.Done}

// walk runs to the end and returns the phases. It fails if there is no end
// within the times of spec, or if a step is taken twice.
func walk(t *testing.T, w *world, spec cutover.Spec, r *rand.Rand) []cutover.Phase {
	t.Helper()
	var progress cutover.Progress
	var phases []cutover.Phase
	limit := spec.Timeout + spec.Drain + 2*cutover.FirstProbe
	for elapsed := time.Duration(0); elapsed <= limit; {
		now := noon.Add(elapsed)
		step := cutover.Next(spec, w.at(elapsed), progress, now)
		progress = step.Progress
		phases = append(phases, step.Phase)
		if step.Phase == cutover.Done || step.Phase == cutover.Aborted {
			return phases
		}
		if step.Wait {
			if !step.Deadline.After(now) {
				t.Fatalf("waits for a deadline that is over: %+v", step)
			}
			elapsed += time.Second
			continue
		}
		w.act(step.Phase)
		elapsed += time.Duration(r.IntN(3)) * time.Second
		if w.undo != nil {
			w.undo(&w.observation)
		}
	}
	t.Fatalf("no end after %v of %+v: %v", limit, spec, phases)
	return nil
}

func TestARunAlwaysEndsAndNeverGoesBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	ends := map[cutover.Phase]int{}
	for range 5000 {
		w, spec := randomWorld(r)
		wasShifted := w.observation.Shifted
		phases := walk(t, w, spec, r)
		end := phases[len(phases)-1]
		ends[end]++
		if end == cutover.Aborted {
			if w.observation.Shifted != wasShifted {
				t.Fatalf("%+v: aborted, but traffic was moved: %v", spec, phases)
			}
			phases = phases[:len(phases)-1]
		} else if !w.observation.Prepared || !w.observation.Shifted || !w.observation.Removed {
			t.Fatalf("%+v: done, but %+v", spec, w.observation)
		}
		if !slices.IsSortedFunc(phases, func(a, b cutover.Phase) int { return slices.Index(order, a) - slices.Index(order, b) }) {
			t.Fatalf("%+v goes back: %v", spec, phases)
		}
	}
	if ends[cutover.Done] < 1000 || ends[cutover.Aborted] < 500 {
		t.Errorf("the worlds are not varied: %v", ends)
	}
}

func TestARunDoesAgainWhatSomebodyUndid(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		w, spec := randomWorld(r)
		spec.Require, w.observation.Bare = cutover.Requirement{}, false
		times := 1
		w.undo = func(o *cutover.Observation) {
			if o.Shifted && times > 0 {
				times--
				o.Shifted = false
			}
		}
		phases := walk(t, w, spec, r)
		shifts := len(slices.DeleteFunc(slices.Clone(phases), func(p cutover.Phase) bool { return p != cutover.Shift }))
		if phases[len(phases)-1] != cutover.Done || times == 0 && shifts == 0 {
			t.Fatalf("%+v ends in %v", spec, phases)
		}
	}
}

func TestAnInterruptedRunIsFinishedByAFreshOne(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		w, spec := randomWorld(r)
		for i := range w.upAfter {
			w.upAfter[i] = 0
		}
		spec.Require.Count = 0
		if len(w.upAfter) == 0 {
			w.observation.Bare = false
		}
		// It takes a few steps, forgets everything, and starts again.
		var progress cutover.Progress
		for range r.IntN(4) {
			step := cutover.Next(spec, w.at(0), progress, noon)
			progress = step.Progress
			if !step.Wait {
				w.act(step.Phase)
			}
		}
		if phases := walk(t, w, spec, r); phases[len(phases)-1] != cutover.Done {
			t.Fatalf("%+v ends in %v", spec, phases)
		}
	}
}
