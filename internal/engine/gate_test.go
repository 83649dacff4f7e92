package engine_test

import (
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAGateThatStaysClosedLeavesTrafficWhereItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1, 2)...))
		d.monitored, d.broken[key(11)] = true, true
		goal := bound(careful, member(1, 1, ltm.Disabled), member(2, 1, ltm.Disabled), member(10, 1, ltm.Enabled), member(11, 1, ltm.Enabled))
		goal.Pool.Description = "mark"
		begin := time.Now()
		live, err := run(t, d, goal)
		aborted, ok := errors.AsType[*engine.AbortedError](err)
		if !ok {
			t.Fatalf("got %v", err)
		}
		want := "pool /shop/web on bigip.example: traffic was not moved; " +
			"backend green: 1 of 2 members available, 2 needed: 10.0.0.11:80 is down: No successful responses received before deadline"
		if err.Error() != want || aborted.Step.Phase != cutover.Aborted || !reflect.DeepEqual(aborted.Spec, careful) {
			t.Errorf("\n got %v\nwant %v", err, want)
		}
		if took := time.Since(begin); took < time.Minute || took > time.Minute+2*time.Second {
			t.Errorf("gave up after %v, want 1m", took)
		}
		if shares(live) != [2]float64{1, 0} || live.Description != "" || len(live.Members) != 4 {
			t.Errorf("live is %+v", live)
		}
		// Once green is well, the same goal is reached.
		d.broken[key(11)] = false
		reaches(t, d, goal)
		neverBare(t, d.trace)
	})
}

func TestOnlyBackendsThatGainAreAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Blue is ill, and loses: green may take over.
		d := newDevice(pool(member(1, 1, ltm.Enabled), member(2, 1, ltm.Enabled), member(10, 1, ltm.Enabled)))
		d.monitored, d.broken[key(1)] = true, true
		reaches(t, d, bound(careful, member(1, 1, ltm.Enabled), member(2, 1, ltm.Enabled), member(10, 9, ltm.Enabled)))

		// Blue gains, and is asked, though none of its members is new.
		_, err := run(t, d, bound(cutover.Spec{Require: careful.Require}, member(1, 1, ltm.Enabled), member(2, 1, ltm.Enabled), member(10, 1, ltm.Enabled)))
		aborted, ok := errors.AsType[*engine.AbortedError](err)
		if !ok || len(aborted.Step.Gates) != 1 || aborted.Step.Gates[0].Backend != "blue" {
			t.Errorf("got %v", err)
		}
	})
}

func TestARoundingErrorIsNoGain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// 99.8 : 0.2, and after it lost a pod as near as integers get.
		d := newDevice(pool(member(1, 499, ltm.Enabled), member(2, 499, ltm.Enabled), member(10, 1, ltm.Enabled), member(11, 1, ltm.Enabled)))
		d.monitored, d.broken[key(10)] = true, true
		reaches(t, d, bound(careful, member(1, 332, ltm.Enabled), member(2, 332, ltm.Enabled), member(10, 1, ltm.Enabled), member(11, 1, ltm.Enabled)))
	})
}

func TestAGateCostsOneReadOfTheStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1)...))
		reaches(t, d, static(cutover.Spec{Require: careful.Require}, enabled(1, 2)...))
		want := []string{"read", "update", "read", "status", "update", "read"} // add, verify, enable
		if diff := cmp.Diff(want, d.calls); diff != "" {
			t.Errorf("calls -want +got\n%s", diff)
		}
	})
}

func TestAForcedOfflineMemberIsProbedBeforeItServes(t *testing.T) {
	t.Parallel()
	for _, spec := range []cutover.Spec{{}, {Require: cutover.Requirement{Count: 1}, Timeout: time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			d := newDevice(pool(member(1, 1, ltm.Enabled), member(2, 1, ltm.ForcedOffline)))
			d.monitored = true
			reaches(t, d, static(spec, member(1, 1, ltm.ForcedOffline), member(2, 5, ltm.Enabled)))
			wantWrites(t, d,
				"pool /shop/web\n  ~ 10.0.0.2:80: forced-offline -> disabled",
				"pool /shop/web\n  ~ 10.0.0.1:80: enabled -> forced-offline\n  ~ 10.0.0.2:80: ratio 1 -> 5, disabled -> enabled")
			neverBare(t, d.trace)
		})
	}
}

func TestTheLastServingMemberStaysUntilAnotherServes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1)...))
		d.monitored = true
		reaches(t, d, static(cutover.Spec{}, enabled(2)...))
		neverBare(t, d.trace)

		// And when the other never does, it stays, whatever the Spec says.
		d.broken[key(3)] = true
		live, err := run(t, d, static(cutover.Spec{}, enabled(3)...))
		if _, ok := errors.AsType[*engine.AbortedError](err); !ok || live.Serving() != 1 {
			t.Errorf("%d serve, %v", live.Serving(), err)
		}
		neverBare(t, d.trace)
	})
}

func TestAPoolThatServesNobodyIsNotHeldUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1)...))
		d.monitored, d.broken[key(1)], d.broken[key(2)] = true, true, true
		reaches(t, d, static(cutover.Spec{}, enabled(2)...))
	})
}

func TestAGoalThatEnablesNothing(t *testing.T) {
	t.Parallel()
	off := []ltm.Member{member(1, 1, ltm.Disabled), member(2, 1, ltm.Disabled)}
	for _, test := range []struct {
		name    string
		goal    engine.PoolGoal
		refused bool
	}{
		{"is done where a user wrote it", static(cutover.Spec{}, off...), false},
		{"is done where a user wrote no members", static(cutover.Spec{}), false},
		{"is done where the endpoints are gone", bound(cutover.Spec{}), false},
		{"is done where no endpoint is ready", bound(cutover.Spec{}, member(1, 1, ltm.ForcedOffline), member(2, 1, ltm.ForcedOffline)), false},
		{"is refused where ready members would stand by for nobody", bound(cutover.Spec{}, off...), true},
		{"is refused at once, whatever the timeout", bound(careful, off...), true},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDevice(pool(enabled(1, 2)...))
			begin := time.Now()
			if !test.refused {
				reaches(t, d, test.goal)
				return
			}
			live, err := run(t, d, test.goal)
			if _, ok := errors.AsType[*engine.AbortedError](err); !ok || live.Serving() != 2 || time.Since(begin) > time.Second {
				t.Errorf("it %s: %d serve after %v, %v", test.name, live.Serving(), time.Since(begin), err)
			}
		})
	}
}

func TestMembersOfOthersAreNoBusinessOfAGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(member(1, 1, ltm.Enabled), member(100, 1, ltm.Enabled)))
		d.monitored, d.broken[key(100)] = true, true
		reaches(t, d, bound(careful, member(1, 1, ltm.Disabled), member(10, 1, ltm.Enabled), member(100, 1, ltm.Enabled)))
		neverBare(t, d.trace)
	})
}

func TestAMonitorThatIsReplacedIsAwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// While the new monitor checks them, members that served still count.
		d := newDevice(pool(enabled(1)...))
		d.monitored = true
		checked := false
		d.spell = func(p ltm.Pool) ltm.Pool {
			if !p.Monitors.IsZero() && !checked {
				checked = true
				d.since[key(1)], p.Members[0].Health = time.Now(), ltm.HealthChecking
			}
			return p
		}
		d.broken[key(2)] = true
		goal := static(cutover.Spec{}, enabled(2)...)
		goal.Pool.Monitors.Monitors = []ltm.Path{ltm.NewPath("Common", "http")}
		live, err := run(t, d, goal)
		if _, ok := errors.AsType[*engine.AbortedError](err); !ok || len(live.Members) != 2 {
			t.Errorf("live is %+v, %v", live.Members, err)
		}
	})
}
