package engine

import (
	"context"
	"errors"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
)

const (
	// pollInterval is how often a wait looks at the device.
	pollInterval = time.Second
	// readBackTimeout bounds the read that tells, after a failure, what the
	// device has now. It must not hold up a user who interrupted the run.
	readBackTimeout = 10 * time.Second
)

// run is one object on its way to its goal.
type run interface {
	// observe reads the object, and what else the next step needs.
	observe(ctx context.Context, progress cutover.Progress) (cutover.Observation, error)
	// write takes the step of a phase.
	write(ctx context.Context, phase cutover.Phase) error
	// aborted is the error for a gate that stayed closed.
	aborted(step cutover.Step) error
}

// advance takes one step after the other until the end, an error or ctx's end.
func advance(ctx context.Context, r run, spec cutover.Spec, checker Checker, report Report) error {
	var progress cutover.Progress
	check := check{checker: checker, spec: spec.Check}
	for {
		observation, err := r.observe(ctx, progress)
		if err != nil {
			return cause(ctx, err)
		}
		observation.Reading = check.read(ctx, observation, progress)
		step := cutover.Next(spec, observation, progress, time.Now())
		before := progress
		progress = step.Progress
		if report != nil {
			report(step)
		}
		switch {
		case step.Phase == cutover.Done:
			return nil
		case step.Phase == cutover.Aborted:
			return r.aborted(step)
		case step.Wait:
			err = sleep(ctx, min(pollInterval, time.Until(step.Deadline)))
		default:
			err = r.write(ctx, step.Phase)
			if nothingDone(err) {
				progress = before // gates that were open may be closed now
			}
			if goesOn(err) {
				continue
			}
		}
		if err != nil {
			return cause(ctx, err)
		}
	}
}

// check asks a cutover's check, no oftener than it says.
type check struct {
	checker Checker
	spec    cutover.Check
	last    *cutover.Reading
}

// read returns the last answer, and asks for it where it is due: before traffic
// moves, and while what gained it is watched.
func (c *check) read(ctx context.Context, o cutover.Observation, p cutover.Progress) *cutover.Reading {
	asked := o.Moves && o.Prepared && !p.Watched && p.Failure == "" && (!p.Verified || o.Shifted)
	if c.checker == nil || c.spec.IsZero() || !asked {
		return c.last
	}
	if c.last == nil || time.Since(c.last.At) >= c.spec.Interval {
		reading := cutover.Reading{}
		if err := c.checker.Check(ctx, c.spec); err != nil {
			reading.Failed = err.Error()
		}
		reading.At = time.Now()
		c.last = &reading
	}
	return c.last
}

// cause is ctx's own error where ctx ended: what a call says then is only how it
// noticed.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// readBack reads into live what a failed or interrupted run has left on the
// device: nothing, if the object is gone. If the device does not answer, live
// stays what it was at the last read. The run's own error is the one to tell.
func readBack[T any](ctx context.Context, live *T, read func(context.Context) (T, error)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readBackTimeout)
	defer cancel()
	now, err := read(ctx)
	if err == nil || errors.Is(err, ErrNotFound) {
		*live = now
	}
}
