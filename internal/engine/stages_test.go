package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// split are blue and green with their shares and pods: blue from 10.0.0.1 on,
// green from 10.0.0.10 on.
func split(blueShare, greenShare, blues, greens int) engine.Stage {
	stage := engine.Stage{Observed: engine.BackendEndpoints{}}
	for i, name := range []string{"blue", "green"} {
		first, share, pods := []int{1, 10}[i], []int{blueShare, greenShare}[i], []int{blues, greens}[i]
		stage.Backends = append(stage.Backends, engine.Backend{Name: name, Share: share, Ref: endpoints.Ref{Namespace: "shop", Service: "shop-" + name}})
		var result endpoints.Result
		for n := range pods {
			result.Endpoints = append(result.Endpoints, endpoints.Endpoint{Key: key(first + n), State: endpoints.Ready})
		}
		stage.Observed[name] = result
	}
	return stage
}

// staged is the goal of a cutover by stages, and the pool that it begins with.
func staged(spec cutover.Spec, from, to engine.Stage, steps ...int) (engine.PoolGoal, ltm.Pool) {
	describe := func(backends []engine.Backend) string { return engine.Mark("", backends, spec) }
	members := engine.Members(to.Backends, to.Observed, nil)
	goal := engine.PoolGoal{Pool: pool(members.Members...), Spec: spec, Backend: members.Backend}
	goal.Pool.Description = describe(to.Backends)
	goal.Via = engine.Stages(from, to, steps, goal.Pool, nil, describe)
	begin := pool(engine.Members(from.Backends, from.Observed, nil).Members...)
	begin.Description = describe(from.Backends)
	return goal, begin
}

func TestStagesGoFromTheOldSharesToTheNew(t *testing.T) {
	t.Parallel()
	show := func(from, to engine.Stage, steps ...int) (all []string) {
		goal, _ := staged(cutover.Spec{}, from, to, steps...)
		for _, stage := range goal.Via {
			_, backends, err := engine.Unmark(stage.Description)
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			for _, backend := range backends {
				text += fmt.Sprintf("%s=%d ", backend.Name, backend.Share)
			}
			all = append(all, text)
		}
		return all
	}
	if diff := cmp.Diff([]string{"blue=90 green=10 ", "blue=50 green=50 "}, show(split(100, 0, 2, 2), split(0, 100, 2, 2), 10, 50, 100)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"blue=67 green=33 "}, show(split(100, 0, 2, 2), split(1, 99, 2, 2), 33)); diff != "" {
		t.Error(diff)
	}
	onlyGreen := split(0, 100, 2, 2)
	onlyGreen.Backends = onlyGreen.Backends[1:]
	if diff := cmp.Diff([]string{"blue=75 green=25 "}, show(split(100, 0, 2, 2), onlyGreen, 25, 100)); diff != "" {
		t.Error("a backend that is dropped loses its share on the way: " + diff)
	}
}

func TestACutoverBySteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spec := cutover.Spec{Require: cutover.Requirement{Percent: 100}, Timeout: time.Minute, Pause: time.Minute, Bake: 2 * time.Minute}
		goal, begin := staged(spec, split(100, 0, 3, 2), split(0, 100, 3, 2), 10, 50, 100)
		d := newDevice(begin)
		d.monitored = true
		started := time.Now()
		var seen []string
		_, err := engine.RunPool(t.Context(), d, goal, func(step cutover.Step) {
			if text := string(step.Phase); len(seen) == 0 || seen[len(seen)-1] != text {
				seen = append(seen, text)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"shift", "pause", "shift", "pause", "shift", "bake", "done"}, seen); diff != "" {
			t.Error(diff)
		}
		var green []int
		for _, state := range d.trace {
			if part := int(100 * shares(state)[1]); len(green) == 0 || green[len(green)-1] != part {
				green = append(green, part)
			}
		}
		if diff := cmp.Diff([]int{0, 10, 50, 100}, green); diff != "" {
			t.Error(diff)
		}
		if took := time.Since(started); took < 4*time.Minute || took > 4*time.Minute+5*time.Second {
			t.Errorf("took %v", took)
		}
		neverBare(t, d.trace)
	})
}

func TestWhatFailsWhileItIsWatchedIsRolledBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec     cutover.Spec
		fallAt   time.Duration
		dropBlue bool
		green    float64 // its share in the end
		back     bool
	}{
		"in the first pause":          {cutover.Spec{Pause: time.Minute, Bake: time.Minute}, 30 * time.Second, false, 0, true},
		"in the bake":                 {cutover.Spec{Pause: time.Minute, Bake: time.Minute}, 90 * time.Second, false, 0, true},
		"in the bake, and held":       {cutover.Spec{Pause: time.Minute, Bake: time.Minute, OnFailure: cutover.Hold}, 90 * time.Second, false, 1, false},
		"with the old backend going":  {cutover.Spec{Bake: time.Minute, Drain: time.Minute}, 30 * time.Second, true, 0, true},
		"within what may go down":     {cutover.Spec{Bake: time.Minute, MaxFailed: 1}, 30 * time.Second, false, 1, false},
		"after the bake, it is ended": {cutover.Spec{Bake: time.Second}, 30 * time.Second, false, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				to := split(0, 100, 3, 2)
				if test.dropBlue {
					to.Backends = to.Backends[1:]
				}
				var steps []int
				if test.spec.Pause > 0 {
					steps = []int{10, 100}
				}
				goal, begin := staged(test.spec, split(100, 0, 3, 2), to, steps...)
				d := newDevice(begin)
				d.monitored = true
				d.later(test.fallAt, func() { d.broken[key(10)] = true })
				live, err := run(t, d, goal)
				aborted, failed := errors.AsType[*engine.AbortedError](err)
				if failed && aborted.Step.Back != test.back || !failed && test.back {
					t.Errorf("got %v", err)
				}
				if got := shares(live)[1]; got != test.green {
					t.Errorf("green has %.2f, want %.2f", got, test.green)
				}
				if test.back && live.Description != begin.Description {
					t.Errorf("the mark is %s", live.Description)
				}
				neverBare(t, d.trace)
			})
		})
	}
}

func TestARollbackToNobodyIsNotMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		goal, begin := staged(cutover.Spec{Bake: time.Minute}, split(100, 0, 2, 2), split(0, 100, 2, 2))
		d := newDevice(begin)
		d.monitored = true
		d.later(10*time.Second, func() {
			d.broken[key(1)], d.broken[key(2)], d.broken[key(10)] = true, true, true
		})
		live, err := run(t, d, goal)
		aborted, ok := errors.AsType[*engine.AbortedError](err)
		if !ok || aborted.Step.Back || shares(live)[1] != 1 || len(d.writes) != 1 {
			t.Errorf("%v after %v", err, d.writes)
		}
	})
}

func TestAMemberThatGoesLingersDisabledUntilTheBakeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := split(0, 100, 1, 2)
		to.Backends = to.Backends[1:]
		goal, begin := staged(cutover.Spec{Bake: time.Minute, Drain: time.Minute}, split(100, 0, 1, 2), to)
		d := newDevice(begin)
		d.openUntil[key(1)] = time.Now().Add(90 * time.Second)
		reaches(t, d, goal)
		var blue []ltm.Session
		for _, state := range d.trace {
			member, found := state.Member(key(1))
			if found && (len(blue) == 0 || blue[len(blue)-1] != member.Session) {
				blue = append(blue, member.Session)
			}
		}
		if diff := cmp.Diff([]ltm.Session{ltm.Enabled, ltm.Disabled, ltm.ForcedOffline}, blue); diff != "" {
			t.Error(diff)
		}
	})
}

// checker says no from a moment on.
type checker struct {
	noFrom time.Time
	asked  int
}

func (c *checker) Check(context.Context, cutover.Check) error {
	c.asked++
	if !c.noFrom.IsZero() && !time.Now().Before(c.noFrom) {
		return errors.New("HTTP 500")
	}
	return nil
}

func TestACheckGuardsTheShiftAndTheBake(t *testing.T) {
	t.Parallel()
	spec := cutover.Spec{Bake: time.Minute, Check: cutover.Check{URL: "https://shop.example", Interval: 5 * time.Second, Failures: 2}}
	synctest.Test(t, func(t *testing.T) {
		goal, begin := staged(spec, split(100, 0, 2, 2), split(0, 100, 2, 2))
		well := &checker{}
		goal.Checker = well
		reaches(t, newDevice(begin), goal)
		if well.asked < 12 || well.asked > 13 {
			t.Errorf("asked %d times in a minute, want once before and every 5 seconds", well.asked)
		}
		goal.Checker = &checker{noFrom: time.Now()}
		d := newDevice(begin)
		if _, err := run(t, d, goal); len(d.writes) != 0 {
			t.Errorf("%v, %v", err, d.writes)
		}
		goal.Checker = &checker{noFrom: time.Now().Add(20 * time.Second)}
		live, err := run(t, newDevice(begin), goal)
		want := "pool /shop/web on bigip.example: rolled back: the check failed 2 times in a row: HTTP 500"
		if err == nil || err.Error() != want || shares(live)[1] != 0 {
			t.Errorf("got %v", err)
		}
	})
}

// replaced is a pool in which blue's first pod has another address than in the goal.
func replaced(begin ltm.Pool) ltm.Pool {
	begin.Members = slices.Clone(begin.Members)
	begin.Members[0].Key = key(150)
	ltm.SortMembers(begin.Members)
	return begin
}

func TestAPodThatComesIsNoCutover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spec := cutover.Spec{Bake: time.Hour, Freeze: cutover.Freeze{Always: true}, Check: cutover.Check{URL: "https://shop.example"}}
		goal, begin := staged(spec, split(90, 10, 2, 2), split(90, 10, 3, 2), 10, 50, 100)
		goal.Checker = &checker{noFrom: time.Now()}
		for _, begin := range []ltm.Pool{begin, replaced(begin)} {
			started := time.Now()
			reaches(t, newDevice(begin), goal)
			if took := time.Since(started); took > time.Second {
				t.Errorf("took %v", took)
			}
		}
	})
}

func TestACutoverIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*fakeDevice, *engine.PoolGoal)
		want  string
	}{
		"while traffic is frozen": {func(_ *fakeDevice, goal *engine.PoolGoal) { goal.Spec.Freeze.Always = true }, "traffic is frozen"},
		"on a device that stands by": {
			func(d *fakeDevice, _ *engine.PoolGoal) {
				d.status = func() engine.DeviceStatus { return engine.DeviceStatus{InSync: true, Text: "STANDBY, In Sync"} }
			}, "the device does not serve, or is not in sync with its pair: STANDBY, In Sync",
		},
		"when somebody has moved traffic since": {
			func(d *fakeDevice, _ *engine.PoolGoal) {
				p := d.pools[web]
				p.Description = engine.Mark("", split(50, 50, 0, 0).Backends, cutover.Spec{})
				d.pools[web] = p
			}, `~ description: "blue=100 green=0 " -> "blue=50 green=50 "`,
		},
		"when somebody has changed a setting since": {
			func(d *fakeDevice, goal *engine.PoolGoal) {
				p := d.pools[web]
				p.LoadBalancingMode, goal.Pool.LoadBalancingMode = "least-sessions", "ratio-member"
				d.pools[web] = p
			}, `~ load_balancing_mode: "round-robin" -> "least-sessions"`,
		},
		"when its mark is of a later release": {
			func(d *fakeDevice, _ *engine.PoolGoal) {
				p := d.pools[web]
				p.Description = "[bigipkube/2 something]"
				d.pools[web] = p
			}, "the pool's description has a mark that this release does not understand: " +
				"the bigipkube mark in the description has version 2, this release knows version 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				goal, begin := staged(cutover.Spec{}, split(100, 0, 2, 2), split(0, 100, 2, 2))
				goal.Planned = new(begin)
				d := newDevice(begin)
				test.spoil(d, &goal)
				_, err := run(t, d, goal)
				aborted, ok := errors.AsType[*engine.AbortedError](err)
				if !ok || len(d.writes) != 0 || aborted.Step.Gates[0].String() != test.want {
					t.Errorf("%v, %v", err, d.writes)
				}
			})
		})
	}
}

func TestWhatSomebodyElseDidAlreadyIsNoLoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		goal := static(cutover.Spec{}, enabled(1, 2)...)
		goal.Planned = new(pool(enabled(1)...))
		goal.Pool.SlowRampTime = 5
		live := pool(enabled(1, 2)...)
		live.Monitors = ltm.MonitorRule{}
		reaches(t, newDevice(live), goal)

		d := newDevice(pool(member(1, 7, ltm.Disabled)))
		_, err := run(t, d, goal)
		aborted, ok := errors.AsType[*engine.AbortedError](err)
		if want := "~ 10.0.0.1:80: ratio 1 -> 7, enabled -> disabled"; !ok || aborted.Step.Gates[0].String() != want {
			t.Errorf("got %v", err)
		}
	})
}
