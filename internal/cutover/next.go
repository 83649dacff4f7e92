package cutover

import (
	"slices"
	"time"
)

// FirstProbe is how long Verify without a Timeout waits for monitors to judge a
// member for the first time. The device's default monitors take 16 seconds to
// say no (icontrol-rest 3.9).
const FirstProbe = 30 * time.Second

// Next returns the next step: the write of Prepare, Shift or Remove, a wait in
// Verify or Drain, or an end. The caller takes the step, observes again, and
// calls Next with the Progress of the last Step.
func Next(spec Spec, observation Observation, progress Progress, now time.Time) Step {
	if !observation.Prepared {
		return Step{Phase: Prepare, Progress: progress}
	}
	var gates []Gate
	settled := observation.Shifted && observation.Removed
	if !settled && !progress.Verified {
		step := verify(spec, observation, progress, now)
		if !step.Progress.Verified {
			return step
		}
		progress, gates = step.Progress, step.Gates
	}
	if !observation.Shifted {
		return Step{Phase: Shift, Progress: progress, Gates: gates}
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

// verify looks at the gates. Its Progress is Verified if they are open.
func verify(spec Spec, observation Observation, progress Progress, now time.Time) Step {
	step := Step{Phase: Verify, Progress: progress, Gates: look(spec, observation)}
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
	case slices.ContainsFunc(closed, Gate.hopeless):
		return 0
	case spec.Timeout == 0 && unjudged(closed):
		return FirstProbe
	default:
		return spec.Timeout
	}
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
	if step.Open == 0 || spec.Drain <= 0 {
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
