package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var errFault = errors.New("the connection was lost")

// story is a pool and what it is to become.
type story struct {
	name      string
	live      ltm.Pool
	goal      engine.PoolGoal
	monitored bool
}

func stories() []story {
	ratioGoal := bound(careful, member(1, 9, ltm.Enabled), member(2, 9, ltm.Enabled), member(10, 2, ltm.Enabled), member(100, 1, ltm.Enabled))
	ratioGoal.Pool.LoadBalancingMode, ratioGoal.Pool.Description, ratioGoal.Pool.SlowRampTime = "ratio-member", "mark", 0
	steps, begin := staged(cutover.Spec{Require: cutover.Requirement{Count: 1}, Timeout: time.Minute, Pause: 2 * time.Second, Bake: 2 * time.Second},
		split(100, 0, 2, 2), split(0, 100, 2, 2), 10, 50, 100)
	onlyGreen := split(0, 100, 2, 2)
	onlyGreen.Backends = onlyGreen.Backends[1:]
	dropped, before := staged(cutover.Spec{Bake: 2 * time.Second, Drain: 2 * time.Second}, split(100, 0, 2, 2), onlyGreen, 50)
	return []story{
		{"steps and a bake", begin, steps, true},
		{"a backend that is dropped after a bake", before, dropped, true},
		{"one in, one out", pool(enabled(1, 2)...), static(cutover.Spec{}, enabled(2, 3)...), false},
		{"all replaced", pool(enabled(1, 2)...), static(cutover.Spec{}, enabled(3, 4)...), true},
		{"all replaced with care", pool(enabled(1, 2)...), static(careful, enabled(3, 4)...), true},
		{
			"a swap of two backends",
			pool(member(1, 1, ltm.Enabled), member(2, 1, ltm.Enabled), member(10, 1, ltm.Disabled), member(11, 1, ltm.ForcedOffline)),
			bound(careful, member(1, 1, ltm.Disabled), member(2, 1, ltm.Disabled), member(10, 1, ltm.Enabled), member(11, 1, ltm.Enabled)),
			true,
		},
		{"a canary", pool(member(1, 1, ltm.Enabled), member(2, 1, ltm.Enabled), member(3, 1, ltm.Enabled), member(100, 1, ltm.Enabled)), ratioGoal, true},
		{"a swap without care", pool(member(1, 1, ltm.Enabled), member(2, 1, ltm.ForcedOffline)), static(cutover.Spec{}, member(1, 1, ltm.ForcedOffline), member(2, 1, ltm.Enabled)), true},
		{"an end", pool(enabled(1, 2)...), bound(cutover.Spec{Drain: 5 * time.Second}, member(1, 1, ltm.Enabled)), false},
	}
}

func (s story) device() *fakeDevice {
	d := newDevice(s.live)
	d.monitored = s.monitored
	for _, m := range s.live.Members {
		d.openUntil[m.Key] = time.Now().Add(4 * time.Second)
	}
	return d
}

// interruptions are the ways in which a call can end badly.
func interruptions() map[string]fault {
	ways := map[string]fault{
		"nothing happened":        {err: errFault},
		"everything happened":     {err: errFault, after: everything},
		"one step happened":       {err: errFault, after: 1},
		"two steps happened":      {err: errFault, after: 2},
		"canceled before":         {err: context.Canceled},
		"canceled in the middle":  {err: context.Canceled, after: 1},
		"canceled, all the same":  {err: context.Canceled, after: everything},
		"canceled in the removal": {err: context.Canceled, after: 3},
	}
	return ways
}

// TestARunInterruptedAtAnyCallIsFinishedByTheNext breaks a run at every call that
// it makes, in every way, and runs again.
func TestARunInterruptedAtAnyCallIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		for way, broken := range interruptions() {
			t.Run(s.name+", "+way, func(t *testing.T) {
				t.Parallel()
				for at, more := 0, true; more; at++ {
					synctest.Test(t, func(t *testing.T) { more = interrupt(t, s, broken, at) })
				}
			})
		}
	}
}

// interrupt breaks the run of a story at one call, and runs again. It returns
// false if the run is over before that call.
func interrupt(t *testing.T, s story, broken fault, at int) bool {
	t.Helper()
	d := s.device()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reached := false
	d.fault = func(call int, _ string) fault {
		if call != at {
			return fault{}
		}
		reached = true
		if errors.Is(broken.err, context.Canceled) {
			cancel()
		}
		return broken
	}
	live, err := engine.RunPool(ctx, d, s.goal, nil)
	if !reached {
		if err != nil {
			t.Fatalf("without a fault: %v", err)
		}
		return false
	}
	checkInterruption(t, d, broken, at, live, err)
	d.fault = func(int, string) fault { return fault{} }
	reaches(t, d, s.goal)
	neverBare(t, d.trace)
	return true
}

func checkInterruption(t *testing.T, d *fakeDevice, broken fault, at int, live ltm.Pool, err error) {
	t.Helper()
	if errors.Is(broken.err, context.Canceled) {
		if err != context.Canceled { //nolint:errorlint // exactly this one is promised
			t.Fatalf("call %d: canceled, but got %v", at, err)
		}
	} else if _, ok := errors.AsType[*engine.DeviceError](err); !ok || !errors.Is(err, engine.ErrUnreachable) {
		t.Fatalf("call %d: got %v", at, err)
	}
	if diff := cmp.Diff(d.show(web), live, options); diff != "" {
		t.Fatalf("call %d: what is returned is not what is live: -live +returned\n%s", at, diff)
	}
}

// TestAnyPoolOnItsWayToAnyGoal runs random pools to random goals with random
// care, health and interruptions.
func TestAnyPoolOnItsWayToAnyGoal(t *testing.T) {
	t.Parallel()
	ends := map[string]int{}
	for seed := range uint64(1500) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			ends[walk(t, rand.New(rand.NewPCG(seed, 0)))]++
		})
		if t.Failed() {
			return
		}
	}
	for _, end := range []string{"done", "aborted", "interrupted, done", "interrupted, aborted"} {
		if ends[end] < 20 {
			t.Errorf("the runs are not varied: %v", ends)
		}
	}
}

func walk(t *testing.T, r *rand.Rand) (end string) {
	t.Helper()
	d, goal := newDevice(randomPool(r)), randomGoal(r)
	d.monitored = r.IntN(3) > 0
	for last := range 30 {
		d.broken[key(last)] = r.IntN(4) == 0
		d.openUntil[key(last)] = time.Now().Add(time.Duration(r.IntN(100)) * time.Second)
	}
	d.trace = nil // it began before anybody was broken
	before := d.show(web)
	if r.IntN(2) == 0 {
		at := r.IntN(8)
		d.fault = func(call int, _ string) fault {
			if call == at {
				return fault{err: errFault, after: r.IntN(5)}
			}
			return fault{}
		}
		if _, err := run(t, d, goal); errors.Is(err, errFault) {
			end = "interrupted, "
		}
		d.fault = func(int, string) fault { return fault{} }
		before = d.show(web)
	}
	live, err := run(t, d, goal)
	aborted, isAborted := errors.AsType[*engine.AbortedError](err)
	switch {
	case err == nil:
		end += "done"
		if left := changeset.Compute(goal.Pool, live); !left.Empty() {
			t.Errorf("done, but there is left: %s", left)
		}
	case isAborted:
		end += "aborted"
		trafficIsTheSame(t, before, live, goal.Spec)
		if len(aborted.Step.Gates) == 0 {
			t.Error("aborted, but no gate says why")
		}
	default:
		t.Errorf("got %v", err)
	}
	if allowed := goalIsOff(goal); !allowed {
		neverBare(t, d.trace)
	}
	return end
}

// goalIsOff tells that a goal enables nothing, which a pool may be told to.
func goalIsOff(goal engine.PoolGoal) bool {
	for _, m := range goal.Pool.Members {
		if m.Session == ltm.Enabled {
			return false
		}
	}
	return true
}

// trafficIsTheSame fails if an aborted run has touched who gets how much.
func trafficIsTheSame(t *testing.T, before, after ltm.Pool, spec cutover.Spec) {
	t.Helper()
	for _, m := range before.Members {
		now, found := after.Member(m.Key)
		if !found || (now.Session == ltm.Enabled) != (m.Session == ltm.Enabled) || now.Ratio != m.Ratio {
			t.Errorf("aborted, but %+v is now %+v", m, now)
		}
	}
	for _, m := range after.Members {
		if _, old := before.Member(m.Key); !old && m.Session == ltm.Enabled && !spec.Require.IsZero() {
			t.Errorf("aborted, but %s was added enabled", m.Key)
		}
	}
	if before.LoadBalancingMode != after.LoadBalancingMode || before.Description != after.Description {
		t.Errorf("aborted, but mode or description has changed: %+v", after)
	}
}

func randomPool(r *rand.Rand) ltm.Pool {
	p := pool()
	p.LoadBalancingMode = []string{"round-robin", "ratio-member"}[r.IntN(2)]
	p.Description = fmt.Sprint("words ", r.IntN(2))
	p.SlowRampTime = r.IntN(2)
	for _, last := range r.Perm(14)[:r.IntN(8)] {
		session := ltm.Enabled
		if r.IntN(3) == 0 {
			session = ltm.Sessions()[r.IntN(3)]
		}
		p.Members = append(p.Members, member(last, 1+r.IntN(3), session))
	}
	return p
}

func randomGoal(r *rand.Rand) engine.PoolGoal {
	spec := cutover.Spec{
		Require: []cutover.Requirement{{}, {Count: 1}, {Count: 2}, {Percent: 50}, {Percent: 100}}[r.IntN(5)],
		Timeout: time.Duration(r.IntN(2)*r.IntN(60)) * time.Second,
		Drain:   time.Duration(r.IntN(2)*r.IntN(90)) * time.Second,
	}
	p := randomPool(r)
	goal := static(spec)
	if r.IntN(2) == 0 {
		goal = bound(spec)
	}
	goal.Pool = p
	return goal
}
