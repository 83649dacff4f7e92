package engine_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var (
	web     = ltm.NewPath("shop", "web")
	options = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})}
	careful = cutover.Spec{Require: cutover.Requirement{Percent: 80}, Timeout: time.Minute, Drain: time.Minute}
)

func key(last int) ltm.MemberKey {
	return ltm.MemberKey{Address: ltm.Address{IP: netip.AddrFrom4([4]byte{10, 0, 0, byte(last)})}, Port: 80}
}

// member is the member 10.0.0.last:80.
func member(last, ratio int, session ltm.Session) ltm.Member {
	m := ltm.NewMember(key(last))
	m.Ratio, m.Session = ratio, session
	return m
}

// enabled are members of ratio 1.
func enabled(lasts ...int) []ltm.Member {
	var members []ltm.Member
	for _, last := range lasts {
		members = append(members, member(last, 1, ltm.Enabled))
	}
	return members
}

func pool(members ...ltm.Member) ltm.Pool {
	p := ltm.NewPool(web)
	p.Members = members
	return p
}

func static(spec cutover.Spec, members ...ltm.Member) engine.PoolGoal {
	return engine.PoolGoal{Pool: pool(members...), Spec: spec}
}

// bound is a goal with the backends blue (10.0.0.1 to 10.0.0.9) and green (from
// 10.0.0.10 on). What is above 10.0.0.99 is nobody's.
func bound(spec cutover.Spec, members ...ltm.Member) engine.PoolGoal {
	goal := static(spec, members...)
	goal.Backend = map[ltm.MemberKey]string{}
	for last := 1; last < 100; last++ {
		goal.Backend[key(last)] = "blue"
		if last >= 10 {
			goal.Backend[key(last)] = "green"
		}
	}
	return goal
}

func run(t *testing.T, d *fakeDevice, goal engine.PoolGoal) (ltm.Pool, error) {
	t.Helper()
	return engine.RunPool(t.Context(), d, goal, nil)
}

// reaches runs to the goal, and fails if the goal is not what is live then.
func reaches(t *testing.T, d *fakeDevice, goal engine.PoolGoal) {
	t.Helper()
	live, err := run(t, d, goal)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.show(goal.Pool.Path), live, options); diff != "" {
		t.Errorf("what is returned is not what is live: -live +returned\n%s", diff)
	}
	if left := changeset.Compute(goal.Pool, live); !left.Empty() {
		t.Errorf("the run ended, but there is left: %s", left)
	}
}

func wantWrites(t *testing.T, d *fakeDevice, want ...string) {
	t.Helper()
	if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(d.writes, "\n")); diff != "" {
		t.Errorf("writes -want +got\n%s", diff)
	}
}

// neverBare fails if a pool that served did not at some instant.
func neverBare(t *testing.T, trace []ltm.Pool) {
	t.Helper()
	served := map[ltm.Path]bool{}
	for i, p := range trace {
		if p.Serving() == 0 && served[p.Path] {
			t.Fatalf("state %d of %d: nobody serves in %+v", i, len(trace), p.Members)
		}
		served[p.Path] = p.Serving() > 0
	}
}

func TestOneMemberInAndOneOutIsOneAdditionAndOneRemoval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1, 2, 3)...))
		reaches(t, d, static(cutover.Spec{}, enabled(1, 2, 4)...))
		wantWrites(t, d, "pool /shop/web\n  + 10.0.0.4:80: ratio 1, enabled", "pool /shop/web\n  - 10.0.0.3:80")
		if d.count("status") != 0 || d.count("read") != 3 {
			t.Errorf("calls: %v", d.calls)
		}
		neverBare(t, d.trace)
	})
}

func TestNothingToDoIsOneRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1, 2)...))
		reaches(t, d, static(careful, enabled(2, 1)...))
		if diff := cmp.Diff([]string{"read"}, d.calls); diff != "" {
			t.Errorf("calls -want +got\n%s", diff)
		}
	})
}

func TestACanaryIsPreparedQuietlyAndShiftedInOneWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1, 2, 3)...))
		goal := bound(cutover.Spec{},
			member(1, 9, ltm.Enabled), member(2, 9, ltm.Enabled), member(10, 2, ltm.Enabled), member(11, 2, ltm.ForcedOffline))
		goal.Pool.LoadBalancingMode, goal.Pool.Description, goal.Pool.SlowRampTime = "ratio-member", "mark", 0
		reaches(t, d, goal)
		wantWrites(t, d,
			`pool /shop/web
  ~ slow_ramp_time: 10 -> 0
  + 10.0.0.10:80: ratio 2, disabled
  + 10.0.0.11:80: ratio 2, forced-offline`,
			`pool /shop/web
  ~ description: "" -> "mark"
  ~ load_balancing_mode: "round-robin" -> "ratio-member"
  ~ 10.0.0.1:80: ratio 1 -> 9
  ~ 10.0.0.2:80: ratio 1 -> 9
  ~ 10.0.0.3:80: enabled -> forced-offline
  ~ 10.0.0.10:80: disabled -> enabled`,
			"pool /shop/web\n  - 10.0.0.3:80")
	})
}

// shares are the parts of blue and green of the ratios of enabled members.
func shares(p ltm.Pool) [2]float64 {
	var sum [2]float64
	all := 0.0
	for _, m := range p.Members {
		if m.Session == ltm.Enabled {
			all += float64(m.Ratio)
			if m.Key.Compare(key(10)) < 0 {
				sum[0] += float64(m.Ratio)
			} else {
				sum[1] += float64(m.Ratio)
			}
		}
	}
	return [2]float64{sum[0] / all, sum[1] / all}
}

func TestSharesAreTheOldOnesOrTheNewOnesAndNothingBetween(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		live := pool(member(1, 1, ltm.Enabled), member(2, 1, ltm.Enabled), member(3, 1, ltm.Enabled), member(10, 1, ltm.Disabled))
		for _, spec := range []cutover.Spec{{}, careful, {Drain: time.Minute}, {Require: careful.Require}} {
			d := newDevice(live)
			goal := bound(spec, member(2, 9, ltm.Enabled), member(4, 9, ltm.Enabled), member(10, 1, ltm.Enabled), member(11, 1, ltm.Enabled))
			reaches(t, d, goal)
			before, after := shares(live), shares(goal.Pool)
			for _, p := range d.trace {
				if got := shares(p); got != before && got != after {
					t.Errorf("%+v: shares are %v on the way from %v to %v", spec, got, before, after)
				}
			}
		}
	})
}

func TestACutoverVerifiesShiftsDrainsAndRemoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1, 2)...))
		d.monitored = true
		begin := time.Now()
		d.openUntil[key(1)] = begin.Add(20 * time.Second)
		d.openUntil[key(2)] = begin.Add(9 * time.Second)
		goal := bound(careful, member(2, 1, ltm.Disabled), member(10, 1, ltm.Enabled), member(11, 1, ltm.Enabled))

		var phases []cutover.Phase
		open := int64(0)
		_, err := engine.RunPool(t.Context(), d, goal, func(step cutover.Step) {
			if len(phases) == 0 || phases[len(phases)-1] != step.Phase {
				phases = append(phases, step.Phase)
			}
			open = max(open, step.Open)
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []cutover.Phase{cutover.Prepare, cutover.Verify, cutover.Shift, cutover.Drain, cutover.Remove, cutover.Done}
		if diff := cmp.Diff(want, phases); diff != "" || open != 2 {
			t.Errorf("%d connections were open, phases -want +got\n%s", open, diff)
		}
		wantWrites(t, d,
			"pool /shop/web\n  + 10.0.0.10:80: ratio 1, disabled\n  + 10.0.0.11:80: ratio 1, disabled",
			`pool /shop/web
  ~ 10.0.0.1:80: enabled -> forced-offline
  ~ 10.0.0.2:80: enabled -> disabled
  ~ 10.0.0.10:80: disabled -> enabled
  ~ 10.0.0.11:80: disabled -> enabled`,
			"pool /shop/web\n  - 10.0.0.1:80")
		if took := time.Since(begin); took < 20*time.Second || took > 22*time.Second {
			t.Errorf("took %v, but the last connection ended after 20s", took)
		}
		neverBare(t, d.trace)
	})
}

func TestARunThatResumesInTheDrainGoesOnDraining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(member(1, 1, ltm.ForcedOffline), member(10, 1, ltm.Enabled)))
		begin := time.Now()
		d.openUntil[key(1)] = begin.Add(20 * time.Second)
		reaches(t, d, bound(careful, enabled(10)...))
		if took := time.Since(begin); took < 20*time.Second || took > 22*time.Second {
			t.Errorf("removed after %v, but the last connection ended after 20s", took)
		}
	})
}

func TestADrainEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1, 2)...))
		begin := time.Now()
		d.openUntil[key(1)] = begin.Add(time.Hour)
		reaches(t, d, static(cutover.Spec{Drain: 30 * time.Second}, enabled(2)...))
		if took := time.Since(begin); took < 30*time.Second || took > 32*time.Second {
			t.Errorf("took %v, want 30s", took)
		}
	})
}

func TestAPoolThatIsGoneIsNotFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		live, err := run(t, newDevice(), static(careful, enabled(1)...))
		if !errors.Is(err, engine.ErrNotFound) || !live.Path.IsZero() {
			t.Errorf("%+v, %v", live, err)
		}
		// In mid-run too: then nothing is left to be told of.
		d := newDevice(pool(enabled(1)...))
		d.monitored = true
		live, err = engine.RunPool(t.Context(), d, static(careful, enabled(2)...), func(step cutover.Step) {
			if step.Phase == cutover.Verify {
				delete(d.pools, web)
			}
		})
		if !errors.Is(err, engine.ErrNotFound) || !live.Path.IsZero() {
			t.Errorf("%+v, %v", live, err)
		}
	})
}

func TestAWriteThatMakesNoDifferenceEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		live := pool(enabled(1)...)
		live.Description = "words"
		d := newDevice(live)
		d.spell = func(p ltm.Pool) ltm.Pool { p.Description = strings.TrimSpace(p.Description); return p }
		goal := static(cutover.Spec{}, enabled(1)...)
		goal.Pool.Description = "words "
		_, err := run(t, d, goal)
		unsettled, ok := errors.AsType[*engine.UnsettledError](err)
		if !ok || len(d.writes) != 1 {
			t.Fatalf("after %d writes: %v", len(d.writes), err)
		}
		want := "pool /shop/web on bigip.example: the device took a change, but still shows what was there before: " + unsettled.Change
		if err.Error() != want || !strings.Contains(unsettled.Change, `description: "words" -> "words "`) {
			t.Errorf("got %v", err)
		}
	})
}

func TestARunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]cutover.Spec{
		"while it verifies": {Require: cutover.Requirement{Count: 2}, Timeout: time.Hour},
		"while it drains":   {Drain: time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDevice(pool(enabled(1, 2)...))
			d.monitored, d.broken[key(3)] = true, true
			d.openUntil[key(1)] = time.Now().Add(2 * time.Hour)
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			begin := time.Now()
			live, err := engine.RunPool(ctx, d, static(spec, enabled(2, 3)...), nil)
			if err != context.DeadlineExceeded { //nolint:errorlint // exactly this one is promised
				t.Errorf("%s: got %v", name, err)
			}
			if took := time.Since(begin); took < 90*time.Second || took > 91*time.Second {
				t.Errorf("%s: took %v, want 90s", name, took)
			}
			if diff := cmp.Diff(d.show(web), live, options); diff != "" {
				t.Errorf("%s: what is returned is not what is live\n%s", name, diff)
			}
		})
	}
}
