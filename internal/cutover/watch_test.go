package cutover_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
)

// moved is a stage that has taken its traffic.
func moved(candidates []cutover.Candidate) cutover.Observation {
	return cutover.Observation{Moves: true, Prepared: true, Shifted: true, Candidates: candidates}
}

func TestWhatGainedTrafficIsWatched(t *testing.T) {
	t.Parallel()
	watching := func(ago time.Duration) cutover.Progress {
		return cutover.Progress{Cleared: true, Verified: true, Moved: true, Watching: noon.Add(-ago)}
	}
	bake := cutover.Spec{Bake: time.Minute, MaxFailed: 1}
	hold := bake
	hold.OnFailure = cutover.Hold
	checked := cutover.Spec{Bake: time.Minute, Check: cutover.Check{URL: "https://shop.example", Failures: 3}}
	with := func(o cutover.Observation, f func(*cutover.Observation)) cutover.Observation { f(&o); return o }
	reversible := func(o *cutover.Observation) { o.Reversible = true }
	bad := func(p cutover.Progress, n int) cutover.Progress { p.Bad, p.Read = n, noon.Add(-time.Second); return p }
	reading := func(failed string) func(*cutover.Observation) {
		return func(o *cutover.Observation) { o.Reading = &cutover.Reading{At: noon, Failed: failed} }
	}
	for _, test := range []struct {
		name        string
		spec        cutover.Spec
		observation cutover.Observation
		progress    cutover.Progress
		phase       cutover.Phase
		failure     string
	}{
		{"all is well: it bakes on", bake, moved(greens(up, up, up)), watching(59 * time.Second), cutover.Bake, ""},
		{"all was well: it is done", bake, with(moved(greens(up, up)), func(o *cutover.Observation) { o.Removed = true }), watching(time.Minute), cutover.Done, ""},
		{"no bake is none", cutover.Spec{}, moved(greens(down)), watching(0), cutover.Remove, ""},
		{"one may go down", bake, moved(greens(up, down, up)), watching(0), cutover.Bake, ""},
		{"a pod that was replaced is no failure", bake, moved(greens(up, "", "")), watching(0), cutover.Bake, ""},
		{"two may not", bake, with(moved(greens(down, down, up)), reversible), watching(0), cutover.Reverse, ""},
		{"and where it cannot go back it stops", bake, moved(greens(down, down, up)), watching(0), cutover.Aborted, "2 of 3 members that took traffic went down, 1 may: 10.0.0.1:80 is down"},
		{"or is told to hold", hold, with(moved(greens(down, down, up)), reversible), watching(0), cutover.Aborted, "2 of 3 members that took traffic went down, 1 may: 10.0.0.1:80 is down"},
		{"the last one may not, however many may", cutover.Spec{Bake: time.Minute, MaxFailed: 9}, with(moved(greens(down)), reversible), watching(0), cutover.Reverse, ""},
		{"what was down before is not counted", bake, moved(greens(down, down, up)), func() cutover.Progress { p := watching(0); p.Down = 1; return p }(), cutover.Bake, ""},
		{"the check says yes", checked, with(moved(greens(up)), reading("")), bad(watching(0), 2), cutover.Bake, ""},
		{"the check says no twice of three", checked, with(moved(greens(up)), reading("HTTP 500")), bad(watching(0), 1), cutover.Bake, ""},
		{"the check says no for the third time", checked, with(moved(greens(up)), reading("HTTP 500")), bad(watching(0), 2), cutover.Aborted, "the check failed 3 times in a row: HTTP 500"},
		{"a stage is watched for its pause", cutover.Spec{Pause: time.Second, Bake: time.Hour}, with(moved(greens(up)), func(o *cutover.Observation) { o.More = true }), watching(0), cutover.Pause, ""},
		{"what was undone is shifted again", bake, cutover.Observation{Moves: true, Prepared: true, Candidates: greens(up)}, watching(0), cutover.Shift, ""},
		{"what lingers is forced offline after the bake", bake, with(moved(greens(up)), func(o *cutover.Observation) { o.Lingers = true }), watching(time.Minute), cutover.Drain, ""},
	} {
		step := next(test.spec, test.observation, test.progress)
		if step.Phase != test.phase || step.Failure != test.failure {
			t.Errorf("%s: %s %q, want %s %q", test.name, step.Phase, step.Failure, test.phase, test.failure)
		}
	}
}

// next takes a step, and the one after a failure: it needs a fresh look.
func next(spec cutover.Spec, o cutover.Observation, progress cutover.Progress) cutover.Step {
	step := cutover.Next(spec, o, progress, noon)
	if step.Progress.Failure != "" && progress.Failure == "" {
		return cutover.Next(spec, o, step.Progress, noon)
	}
	return step
}

func TestAReadingCountsOnce(t *testing.T) {
	t.Parallel()
	spec := cutover.Spec{Bake: time.Minute, Check: cutover.Check{URL: "https://shop.example", Failures: 2}}
	o := moved(greens(up))
	o.Reading = &cutover.Reading{At: noon, Failed: "HTTP 500"}
	progress := cutover.Progress{Verified: true, Moved: true}
	for range 5 {
		step := cutover.Next(spec, o, progress, noon)
		if progress = step.Progress; step.Phase != cutover.Bake || progress.Bad != 1 {
			t.Fatalf("%s after %d", step.Phase, progress.Bad)
		}
	}
	o.Reading = &cutover.Reading{At: noon.Add(time.Second), Failed: "HTTP 500"}
	if step := next(spec, o, progress); step.Phase != cutover.Aborted {
		t.Errorf("%s", step.Phase)
	}
}

func TestARollbackEndsWithWhatServedBefore(t *testing.T) {
	t.Parallel()
	o := moved(greens(down, up))
	o.Reversible = true
	step := next(cutover.Spec{Bake: time.Minute}, o, cutover.Progress{Verified: true, Moved: true})
	if step.Phase != cutover.Reverse || step.Wait {
		t.Fatalf("%+v", step)
	}
	o.Reversed, o.Shifted = true, false
	step = cutover.Next(cutover.Spec{Bake: time.Minute}, o, step.Progress, noon)
	if step.Phase != cutover.Aborted || !step.Back || step.Failure == "" {
		t.Errorf("%+v", step)
	}
}

func TestClearancesAreAskedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	friday := time.Date(2026, 11, 27, 17, 0, 0, 0, time.UTC)
	weekend, err := cutover.ParseWindow("Fri 16:00-Mon 08:00")
	if err != nil {
		t.Fatal(err)
	}
	frozen := cutover.Freeze{Windows: []cutover.Window{weekend}}
	for _, test := range []struct {
		name        string
		spec        cutover.Spec
		observation cutover.Observation
		phase       cutover.Phase
		gate        string
	}{
		{"no freeze", cutover.Spec{}, cutover.Observation{Moves: true}, cutover.Prepare, ""},
		{"a freeze", cutover.Spec{Freeze: cutover.Freeze{Always: true}, Timeout: time.Hour}, cutover.Observation{Moves: true}, cutover.Aborted, "traffic is frozen"},
		{
			"a window",
			cutover.Spec{Freeze: frozen, Timeout: time.Hour},
			cutover.Observation{Moves: true},
			cutover.Aborted,
			"traffic is frozen in the window Fri 16:00-Mon 08:00, until Mon 2026-11-30 08:00 UTC",
		},
		{"a freeze lets pods come and go", cutover.Spec{Freeze: frozen}, cutover.Observation{}, cutover.Prepare, ""},
		{"the device stands by", cutover.Spec{}, cutover.Observation{Moves: true, Standby: "STANDBY"}, cutover.Aborted, "STANDBY"},
		{"the device stands by, and there is time", cutover.Spec{Timeout: time.Minute}, cutover.Observation{Moves: true, Standby: "STANDBY"}, cutover.Verify, "STANDBY"},
		{"somebody changed it", cutover.Spec{Timeout: time.Minute}, cutover.Observation{Moves: true, Changed: "it"}, cutover.Aborted, "it"},
		{"it is not ours", cutover.Spec{Timeout: time.Minute}, cutover.Observation{Foreign: "no"}, cutover.Aborted, "no"},
	} {
		step := cutover.Next(test.spec, test.observation, cutover.Progress{}, friday)
		gate := ""
		if len(step.Gates) == 1 {
			gate = step.Gates[0].String()
		}
		if step.Phase != test.phase || gate != test.gate {
			t.Errorf("%s: %s %q, want %s %q", test.name, step.Phase, gate, test.phase, test.gate)
		}
	}
}

func TestTheCheckMustSayYesBeforeTrafficMoves(t *testing.T) {
	t.Parallel()
	spec := cutover.Spec{Timeout: time.Minute, Check: cutover.Check{URL: "https://preview.example"}}
	o := cutover.Observation{Moves: true, Prepared: true}
	for _, test := range []struct {
		reading *cutover.Reading
		phase   cutover.Phase
	}{{nil, cutover.Verify}, {&cutover.Reading{Failed: "HTTP 500"}, cutover.Verify}, {&cutover.Reading{}, cutover.Shift}} {
		o.Reading = test.reading
		if step := cutover.Next(spec, o, cutover.Progress{}, noon); step.Phase != test.phase {
			t.Errorf("%+v: %s, want %s", test.reading, step.Phase, test.phase)
		}
	}
	o.Moves = false
	if step := cutover.Next(spec, o, cutover.Progress{}, noon); step.Phase != cutover.Shift {
		t.Errorf("pods that come and go are held up: %s", step.Phase)
	}
}

// TestAStagedRunEnds walks worlds with stages, pauses and failures: each ends,
// every stage is shifted once and in order, and a failure after the first shift
// ends where the Spec says.
func TestAStagedRunEnds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	ends := map[string]int{}
	for range 3000 {
		stages, shifted, back := r.IntN(4), 0, false
		spec := cutover.Spec{
			Pause: time.Duration(r.IntN(30)) * time.Second, Bake: time.Duration(r.IntN(30)) * time.Second,
			OnFailure: []cutover.OnFailure{cutover.Rollback, cutover.Hold}[r.IntN(2)],
			Timeout:   time.Minute, Require: cutover.Requirement{Percent: 100},
		}
		fallsAt, reversible := noon.Add(time.Duration(r.IntN(120))*time.Second), r.IntN(4) > 0
		var progress cutover.Progress
		var order []int
		now := noon
		for step := (cutover.Step{}); ; {
			health := up
			if now.After(fallsAt) {
				health = down
			}
			o := cutover.Observation{
				Moves: true, Prepared: true, More: progress.Stage < stages, Shifted: shifted > progress.Stage && !back, Removed: true,
				Candidates: greens(health, up), Reversible: reversible, Reversed: back,
			}
			step = cutover.Next(spec, o, progress, now)
			progress = step.Progress
			switch {
			case step.Phase == cutover.Shift:
				shifted++
				order = append(order, progress.Stage)
			case step.Phase == cutover.Reverse:
				back = true
			case step.Wait && step.Deadline.After(now):
				now = now.Add(time.Second)
			case step.Phase == cutover.Done || step.Phase == cutover.Aborted:
				ends[string(step.Phase)+map[bool]string{true: " back", false: ""}[step.Back]]++
				if !slices.IsSorted(order) || len(slices.Compact(slices.Clone(order))) != len(order) {
					t.Fatalf("stages %v", order)
				}
				wantsBack := spec.OnFailure == cutover.Rollback && reversible && shifted > 0
				if step.Phase == cutover.Done && (shifted != stages+1 || back) || step.Phase == cutover.Aborted && back != wantsBack {
					t.Fatalf("%+v: %s after %d of %d stages, back %v", spec, step.Phase, shifted, stages+1, back)
				}
			}
			if step.Phase == cutover.Done || step.Phase == cutover.Aborted {
				break
			}
			if now.Sub(noon) > time.Hour {
				t.Fatal("no end")
			}
		}
	}
	if ends["done"] < 300 || ends["aborted"] < 300 || ends["aborted back"] < 300 {
		t.Errorf("the worlds are not varied: %v", ends)
	}
}
