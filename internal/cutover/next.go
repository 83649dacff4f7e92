package cutover

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// FirstProbe is how long Verify without a Timeout waits for monitors to judge a
// member for the first time. The device's default monitors take 16 seconds to
// say no (icontrol-rest 3.9).
const FirstProbe = 30 * time.Second

// Next returns the next step: the write of Prepare, Shift, Drain, Remove or
// Reverse, a wait in Verify, Pause, Bake or Drain, or an end. The caller takes
// the step, observes again, and calls Next with the Progress of the last Step.
func Next(spec Spec, observation Observation, progress Progress, now time.Time) Step {
	if progress.Failure != "" {
		return fail(spec, observation, progress)
	}
	settled := observation.Shifted && observation.Removed && !observation.More
	var gates []Gate
	if !settled && !progress.Verified {
		if !progress.Cleared {
			step := verify(clearances(), spec, observation, progress, now)
			if !step.Progress.Verified {
				return step
			}
			progress.Cleared = true
		}
		if !observation.Prepared {
			return Step{Phase: Prepare, Progress: progress}
		}
		step := verify(chain(), spec, observation, progress, now)
		if !step.Progress.Verified {
			return late(step, now)
		}
		progress, gates = step.Progress, step.Gates
	}
	if !observation.Prepared {
		return Step{Phase: Prepare, Progress: progress}
	}
	if !observation.Shifted {
		progress.Moved = progress.Moved || observation.Moves
		progress.Down, progress.Watching = downs(observation), time.Time{}
		return Step{Phase: Shift, Progress: progress, Gates: gates}
	}
	if progress.Moved && !progress.Watched {
		if step, on := watch(spec, observation, progress, now); on {
			return step
		}
	}
	if observation.More {
		return Step{Phase: Pause, Wait: true, Progress: nextStage(progress), Deadline: now}
	}
	progress.Watched = true
	return leave(spec, observation, progress, now, gates)
}

// nextStage forgets what belongs to the stage that is behind.
func nextStage(p Progress) Progress {
	p.Stage++
	p.Verified, p.Verifying, p.Watching = false, time.Time{}, time.Time{}
	return p
}

// verify looks at gates. Its Progress is Verified if they are open.
func verify(chain []gate, spec Spec, observation Observation, progress Progress, now time.Time) Step {
	step := Step{Phase: Verify, Progress: progress, Gates: look(chain, spec, observation, now)}
	closed := closedOf(step.Gates)
	if len(closed) == 0 {
		step.Progress.Verified = true
		return step
	}
	if progress.Verifying.IsZero() {
		step.Progress.Verifying = now
	}
	step.Deadline = step.Progress.Verifying.Add(patience(spec, closed))
	step.Wait = now.Before(step.Deadline)
	if !step.Wait {
		step.Phase = Aborted
	}
	return step
}

// patience is how long it makes sense to wait for closed gates.
func patience(spec Spec, closed []Gate) time.Duration {
	switch {
	case slices.ContainsFunc(closed, Gate.Hopeless):
		return 0
	case spec.Timeout == 0 && unjudged(closed):
		return FirstProbe
	default:
		return spec.Timeout
	}
}

// late is verify's step, where an earlier stage has moved traffic already: then
// a gate that stays closed is a failure of what gained it.
func late(step Step, now time.Time) Step {
	if step.Phase != Aborted || !step.Progress.Moved {
		return step
	}
	var reasons []string
	for _, gate := range closedOf(step.Gates) {
		reasons = append(reasons, gate.String())
	}
	step.Progress.Failure = strings.Join(reasons, "; ")
	step.Phase, step.Wait, step.Deadline = Verify, true, now
	return step
}

// watch looks after what has gained traffic, in Pause or Bake. on is false when
// the time is over and all is well.
func watch(spec Spec, observation Observation, progress Progress, now time.Time) (step Step, on bool) {
	phase, span := Bake, spec.Bake
	if observation.More {
		phase, span = Pause, spec.Pause
	}
	if span <= 0 {
		return Step{}, false
	}
	if progress.Watching.IsZero() {
		progress.Watching = now
	}
	progress = counted(progress, observation.Reading)
	if progress.Failure = failing(spec, observation, progress); progress.Failure != "" {
		return Step{Phase: phase, Wait: true, Progress: progress, Deadline: now}, true
	}
	step = Step{Phase: phase, Wait: true, Progress: progress, Deadline: progress.Watching.Add(span)}
	return step, now.Before(step.Deadline)
}

// counted counts a reading once.
func counted(progress Progress, reading *Reading) Progress {
	if reading == nil || !reading.At.After(progress.Read) {
		return progress
	}
	progress.Read = reading.At
	progress.Bad++
	if reading.Failed == "" {
		progress.Bad = 0
	}
	return progress
}

// failing tells what is wrong with what has gained traffic, "" if nothing is.
func failing(spec Spec, observation Observation, progress Progress) string {
	if progress.Bad > 0 && progress.Bad >= max(1, spec.Check.Failures) {
		return fmt.Sprintf("the check failed %s in a row: %s", times(progress.Bad), observation.Reading.Failed)
	}
	if len(observation.Candidates) == 0 {
		return ""
	}
	failed := downs(observation) - progress.Down
	none := !slices.ContainsFunc(observation.Candidates, Candidate.Available) && progress.Down < len(observation.Candidates) && downs(observation) > 0
	if failed <= spec.MaxFailed && !none {
		return ""
	}
	text := fmt.Sprintf("%d of %d members that took traffic went down, %d may", failed, len(observation.Candidates), spec.MaxFailed)
	for _, candidate := range observation.Candidates {
		if candidate.down() {
			return text + ": " + candidate.String()
		}
	}
	return text
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func downs(observation Observation) int {
	count := 0
	for _, candidate := range observation.Candidates {
		if candidate.down() {
			count++
		}
	}
	return count
}

// fail ends a run whose traffic has moved to something that failed. It is asked
// with an observation that was made after the failure: only then anybody looks
// whether what served before could serve again.
func fail(spec Spec, observation Observation, progress Progress) Step {
	if spec.OnFailure == Rollback && !progress.Back && observation.Reversible {
		if !observation.Reversed {
			return Step{Phase: Reverse, Progress: progress}
		}
		progress.Back = true
	}
	return Step{Phase: Aborted, Progress: progress, Failure: progress.Failure, Back: progress.Back}
}

// leave ends the service of what has lost its traffic.
func leave(spec Spec, observation Observation, progress Progress, now time.Time, gates []Gate) Step {
	if observation.Lingers {
		return Step{Phase: Drain, Progress: progress, Gates: gates}
	}
	step := drain(spec, observation, progress, now)
	if step.Wait {
		return step
	}
	if !observation.Removed {
		return Step{Phase: Remove, Progress: step.Progress, Gates: gates}
	}
	return Step{Phase: Done, Progress: step.Progress, Gates: gates}
}

// drain waits for the connections of the leavers. Its Progress is Drained if
// there is nothing more to wait for.
func drain(spec Spec, observation Observation, progress Progress, now time.Time) Step {
	step := Step{Phase: Drain, Progress: progress}
	if !progress.Drained {
		for _, leaver := range observation.Leavers {
			step.Open += leaver.Connections
		}
	}
	if step.Open <= spec.DrainConnections || spec.Drain <= 0 {
		step.Progress.Drained = true
		return step
	}
	if progress.Draining.IsZero() {
		step.Progress.Draining = now
	}
	step.Deadline = step.Progress.Draining.Add(spec.Drain)
	step.Wait = now.Before(step.Deadline)
	step.Progress.Drained = !step.Wait
	return step
}
