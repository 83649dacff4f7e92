package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// applies are what an apply makes of a pool's backends.
func applies() map[string][2][]engine.Backend {
	off, on := canary(100, 0), canary(50, 50)
	off[0].Remove, on[0].Remove = true, true
	return map[string][2][]engine.Backend{
		"shares move":          {canary(90, 10), canary(20, 80)},
		"all of it":            {canary(100, 0), canary(0, 100)},
		"a new backend":        {canary(90, 10)[1:], canary(90, 10)},
		"a backend is dropped": {canary(0, 100), canary(0, 100)[:1]},
		"another backend":      {canary(100, 0)[1:], canary(0, 100)[:1]},
		"a standby comes":      {off, on},
		"a standby goes":       {on, off},
	}
}

// TestAnApplyAndAFollowerThatWriteAtTheSameTimeEndInTheSameState lets a Follower
// look at the pool at each call that an apply makes.
func TestAnApplyAndAFollowerThatWriteAtTheSameTimeEndInTheSameState(t *testing.T) {
	t.Parallel()
	for name, tt := range applies() {
		for way, spec := range map[string]cutover.Spec{
			"at once": {}, "with care": careful,
			"watched": {Require: cutover.Requirement{Count: 1}, Timeout: time.Minute, Bake: 10 * time.Second, Drain: 5 * time.Second},
		} {
			for _, compare := range []bool{true, false} {
				t.Run(name+", "+way, func(t *testing.T) {
					t.Parallel()
					for at, more := -1, true; more; at++ {
						synctest.Test(t, func(t *testing.T) { more = together(t, tt[0], tt[1], spec, compare, at) || at < 0 })
					}
				})
			}
		}
	}
}

// together applies, and syncs at one call of the apply; at -1, at all of them. It
// returns false if the apply was over before.
func together(t *testing.T, from, to []engine.Backend, spec cutover.Spec, compare bool, at int) (reached bool) {
	t.Helper()
	f := followPool(t, from, cutover.Spec{}, map[string]string{"stable": "1 2", "canary": "10 11"})
	f.device.monitored = true
	f.sync(false)
	observed, err := engine.ObserveBackends(t.Context(), f.cluster, to)
	if err != nil {
		t.Fatal(err)
	}
	members := engine.Members(to, observed, f.livePool().Members)
	goal := engine.PoolGoal{Pool: f.livePool(), Spec: spec, Backend: members.Backend}
	goal.Pool.Members, goal.Pool.Description = members.Members, engine.Mark("Shop", to, spec)

	call, inside := -1, false
	f.device.fault = func(int, string) fault {
		if inside {
			return fault{}
		}
		if call++; call == at || at < 0 {
			inside, reached = true, true
			if _, err := f.Sync(t.Context(), compare); err != nil {
				t.Errorf("call %d: %v", call, err)
			}
			inside = false
		}
		return fault{}
	}
	live, err := run(t, f.device, goal)
	if err != nil {
		t.Fatalf("sync at call %d: %v", at, err)
	}
	f.device.fault = func(int, string) fault { return fault{} }
	if left := changeset.Compute(goal.Pool, live); !left.Empty() {
		t.Errorf("sync at call %d: there is left: %s", at, left)
	}
	if report := f.sync(true); report.Written != nil || report.Held != nil || cmp.Diff(shown(goal.Pool), shown(f.livePool())) != "" {
		t.Errorf("sync at call %d: the Follower wants something else: %v", at, report.Written)
	}
	neverBare(t, f.device.trace)
	return reached
}

func TestARunGoesOnWhereSomebodyWasFaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1, 2, 3)...))
		d.fault = func(call int, _ string) fault {
			if call == 1 { // the first write
				d.pools[web] = pool(append(enabled(2, 3), member(4, 1, ltm.Disabled))...)
			}
			return fault{}
		}
		reaches(t, d, static(cutover.Spec{}, member(1, 2, ltm.Enabled), member(2, 1, ltm.Enabled), member(4, 1, ltm.Enabled)))
	})
}
