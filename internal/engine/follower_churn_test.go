package engine_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// churn is what may become, after a plan, of the pods "1 2 3" of stable and "10 11
// 12" of canary.
func churn() map[string]map[string]string {
	return map[string]map[string]string{
		"pods come":          {"stable": "1 2 3 4", "canary": "10 11 12 13"},
		"pods terminate":     {"stable": "1 2 3t", "canary": "10 11 12t"},
		"pods are not ready": {"stable": "1 2 3n", "canary": "10 11 12n"},
		"pods go":            {"stable": "1 2", "canary": "10 11"},
		"pods are replaced":  {"stable": "1 2 4", "canary": "10 11 13"},
		"a roll is halfway":  {"stable": "1 2t 3t 4 5n", "canary": "10 11t 12t 13 14n"},
	}
}

// churned is an apply whose plan is older than what the Follower has written.
type churned struct {
	*followed
	from []engine.Backend
	to   []engine.Backend // in the end
	goal engine.PoolGoal
	back bool // the run has rolled back

	taken map[ltm.MemberKey]bool // what the Follower has taken away since the plan
	late  map[ltm.MemberKey]bool // what it has put in service, for a backend that has a share in the end
	after int                    // the trace from here on is of after that
}

func newChurned(t *testing.T, from, to []engine.Backend, spec cutover.Spec, steps ...int) *churned {
	t.Helper()
	c := &churned{from: from, to: to, taken: map[ltm.MemberKey]bool{}, late: map[ltm.MemberKey]bool{}}
	c.followed = followPool(t, from, cutover.Spec{}, map[string]string{"stable": "1 2 3", "canary": "10 11 12"})
	c.device.monitored = true
	c.sync(false)
	observed, err := engine.ObserveBackends(t.Context(), c.cluster, to)
	if err != nil {
		t.Fatal(err)
	}
	members := engine.Members(to, observed, c.livePool().Members)
	c.goal = engine.PoolGoal{Pool: c.livePool(), Spec: spec, Backend: members.Backend, Known: map[ltm.MemberKey]ltm.Session{}}
	describe := func(backends []engine.Backend) string { return engine.Mark("Shop", backends, spec) }
	c.goal.Pool.Members, c.goal.Pool.Description = members.Members, describe(to)
	was, _ := engine.ObserveBackends(t.Context(), c.cluster, from)
	c.goal.Via = engine.Stages(engine.Stage{Backends: from, Observed: was}, engine.Stage{Backends: to, Observed: observed}, steps, c.goal.Pool, nil, describe)
	for _, m := range c.livePool().Members {
		c.goal.Known[m.Key] = m.Session
	}
	return c
}

// churn lets the pods change, and the Follower follow them.
func (c *churned) churn(pods map[string]string) {
	c.t.Helper()
	before := c.livePool()
	for name, text := range pods {
		c.set(name, text)
	}
	if _, err := c.Sync(c.t.Context(), false); err != nil {
		c.t.Errorf("the Follower: %v", err)
	}
	now := c.livePool()
	for _, was := range before.Members {
		m, there := now.Member(was.Key)
		if !there || m.Session != was.Session && m.Session != ltm.Enabled {
			c.taken[was.Key] = true
		}
	}
	for _, m := range now.Members {
		for _, backend := range c.to {
			if _, was := before.Member(m.Key); !was && m.Session == ltm.Enabled && backend.Share > 0 && backend.Name == engine.BackendOf(m) {
				c.late[m.Key] = true
			}
		}
	}
	c.after = len(c.device.trace)
}

// apply runs to the goal. The churn comes before call number at; -1 is before the run.
func (c *churned) apply(pods map[string]string, at int, syncs bool) (reached bool) {
	c.t.Helper()
	call, inside := -1, false
	if at < 0 {
		reached = true
		c.churn(pods)
	}
	c.device.fault = func(int, string) fault {
		if inside {
			return fault{}
		}
		inside = true
		if call++; call == at {
			reached = true
			c.churn(pods)
		} else if reached && syncs {
			if _, err := c.Sync(c.t.Context(), false); err != nil {
				c.t.Errorf("the Follower: %v", err)
			}
		}
		inside = false
		return fault{}
	}
	_, err := run(c.t, c.device, c.goal)
	if aborted, ok := errors.AsType[*engine.AbortedError](err); ok && aborted.Step.Back { // pods that are not ready while they are watched
		c.to, c.back = c.from, true
	} else if err != nil {
		c.t.Errorf("the run: %v", err)
	}
	c.device.fault = func(int, string) fault { return fault{} }
	return reached
}

// check fails where the apply took back what the Follower did, or left something
// that it can not set right.
func (c *churned) check(at int) {
	c.t.Helper()
	for i := c.after; c.after > 0 && i < len(c.device.trace); i++ {
		p := c.device.trace[i]
		for key := range c.taken {
			if m, there := p.Member(key); there && m.Session == ltm.Enabled {
				c.t.Errorf("at call %d: the Follower had taken %s away, and it is enabled again: %v", at, key, shown(p))
			}
		}
		for key := range c.late {
			if m, there := p.Member(key); !there || m.Session != ltm.Enabled {
				c.t.Errorf("at call %d: %s came after the plan, and lost its clients: %v", at, key, shown(p))
			}
		}
	}
	if c.after > 0 && at < 0 {
		c.checkShares(at)
	}
	neverBare(c.t, c.device.trace)
	c.sync(true)
	for range 200 {
		if c.report.After == 0 {
			break
		}
		time.Sleep(c.report.After)
		c.sync(false)
	}
	want, got := c.wanted(c.to), c.livePool()
	if c.back { // what was added stays, disabled
		want, got = inService(want), inService(got)
	}
	if cmp.Diff(shown(want), shown(got)) != "" {
		c.t.Errorf("at call %d: the Follower leaves %v", at, shown(c.livePool()))
	}
}

// inService is a pool with the members that are enabled.
func inService(p ltm.Pool) ltm.Pool {
	p.Members = slices.DeleteFunc(slices.Clone(p.Members), func(m ltm.Member) bool { return m.Session != ltm.Enabled })
	return p
}

// checkShares fails where a backend has not what it is to have.
func (c *churned) checkShares(at int) {
	c.t.Helper()
	shares, parts, all := map[string]int{}, map[string]int{}, 0
	for _, b := range c.to {
		shares[b.Name] = b.Share
	}
	for _, m := range c.livePool().Members {
		if m.Session == ltm.Enabled {
			parts[engine.BackendOf(m)] += m.Ratio
			all += m.Ratio
		}
	}
	for backend, part := range parts {
		if got := 100 * float64(part) / float64(all); math.Abs(got-float64(shares[backend])) > 0.2 {
			c.t.Errorf("at call %d: %s has %.1f %% after the apply: %v", at, backend, got, shown(c.livePool()))
		}
	}
}

// TestAnApplyKeepsWhatTheFollowerDidSinceThePlan lets pods change between the plan and the
// apply, and at each call that the apply makes.
func TestAnApplyKeepsWhatTheFollowerDidSinceThePlan(t *testing.T) {
	t.Parallel()
	for name, tt := range applies() {
		for what, pods := range churn() {
			for way, spec := range map[string]cutover.Spec{
				"at once": {}, "with care": {Require: cutover.Requirement{Percent: 30}, Timeout: time.Minute, Drain: time.Minute},
				"watched":  {Require: cutover.Requirement{Count: 1}, Timeout: time.Minute, Bake: 10 * time.Second, Drain: 5 * time.Second},
				"by steps": {Pause: 2 * time.Second, Drain: 5 * time.Second},
			} {
				var steps []int
				if spec.Pause > 0 {
					steps = []int{10, 50}
				}
				t.Run(name+", "+what+", "+way, func(t *testing.T) {
					t.Parallel()
					for _, syncs := range []bool{true, false} { // at each call after the churn, too
						if !syncs && (spec.Bake > 0 || spec.Pause > 0) {
							continue
						}
						for at, more := -1, true; more; at++ {
							synctest.Test(t, func(t *testing.T) {
								c := newChurned(t, tt[0], tt[1], spec, steps...)
								more = c.apply(pods, at, syncs)
								c.check(at)
							})
						}
					}
				})
			}
		}
	}
}

func TestAnApplyKeepsWhatSomebodyAddsByHandMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newChurned(t, canary(90, 10), canary(20, 80), cutover.Spec{})
		c.before("update", 1, func() { c.byHand(with(member(200, 5, ltm.Enabled))) })
		if _, err := run(t, c.device, c.goal); err != nil {
			t.Fatal(err)
		}
		if m, there := c.livePool().Member(key(200)); !there || m.Ratio != 5 {
			t.Errorf("live is %v", shown(c.livePool()))
		}
	})
}

func TestAnEndpointThatIsGoneSinceThePlanIsNeitherAddedNorEnabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newChurned(t, canary(100, 0), canary(50, 50), cutover.Spec{})
		c.byHand(without(3)) // planned, and never on the device
		delete(c.goal.Known, key(3))
		c.goal.Gone = map[ltm.MemberKey]bool{key(3): true, key(12): true}
		if _, err := run(t, c.device, c.goal); err != nil {
			t.Fatal(err)
		}
		want := []string{"1 enabled", "2 enabled", "10 enabled", "11 enabled", "12 disabled"}
		if diff := cmp.Diff(want, shown(c.livePool())); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// TestAStandbyThatTerminatesWhileTheGatesAreWaitedForIsNotEnabled: on the device nothing
// tells of it.
func TestAStandbyThatTerminatesWhileTheGatesAreWaitedForIsNotEnabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newChurned(t, canary(100, 0), canary(50, 50), cutover.Spec{Require: cutover.Requirement{Percent: 100}, Timeout: time.Minute})
		for last := range 20 {
			c.device.since[key(last)] = time.Now() // their monitors have just begun
		}
		asked := 0
		c.goal.Ask = func(context.Context) (map[ltm.MemberKey]bool, error) {
			asked++
			return map[ltm.MemberKey]bool{key(12): true}, nil
		}
		_, err := run(t, c.device, c.goal)
		if aborted, ok := errors.AsType[*engine.AbortedError](err); !ok || !strings.Contains(aborted.Error(), "10.0.0.12:80 is up; its endpoint is not ready") {
			t.Errorf("all of them were to be available: %v", err)
		}
		c.goal.Spec.Require = cutover.Requirement{Count: 2}
		c.goal.Gone = nil
		c.device.since[key(10)], c.device.since[key(11)] = time.Now(), time.Now()
		if _, err := run(t, c.device, c.goal); err != nil {
			t.Fatal(err)
		}
		want := []string{"1 enabled ratio 2", "2 enabled ratio 2", "3 enabled ratio 2", "10 enabled ratio 3", "11 enabled ratio 3", "12 disabled"}
		if diff := cmp.Diff(want, shown(c.livePool())); diff != "" || asked != 2 {
			t.Errorf("asked %d times, -want +got\n%s", asked, diff)
		}
		for _, p := range c.device.trace {
			if m, _ := p.Member(key(12)); m.Session == ltm.Enabled {
				t.Fatalf("it was enabled: %v", shown(p))
			}
		}
	})
}

// TestWhereAllThatWasToServeGoesAtTheMomentOfTheShiftNothingIsShifted: the gates were open.
func TestWhereAllThatWasToServeGoesAtTheMomentOfTheShiftNothingIsShifted(t *testing.T) {
	t.Parallel()
	for _, spec := range []cutover.Spec{{}, {Require: cutover.Requirement{Count: 1}, Timeout: time.Minute, Bake: 10 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			c := newChurned(t, canary(100, 0), canary(0, 100), spec)
			c.before("update", 1, func() { c.churn(map[string]string{"canary": ""}) })
			_, err := run(t, c.device, c.goal)
			if _, ok := errors.AsType[*engine.AbortedError](err); !ok {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff([]string{"1 enabled", "2 enabled", "3 enabled"}, shown(c.livePool())); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			neverBare(t, c.device.trace)
		})
	}
}

// TestAfterAFailoverARunMakesAgainWhatItMadeAndKeepsWhatTheFollowerDid: the other unit
// has nothing of the cutover yet.
func TestAfterAFailoverARunMakesAgainWhatItMadeAndKeepsWhatTheFollowerDid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newChurned(t, canary(100, 0)[1:], canary(50, 50), cutover.Spec{Require: cutover.Requirement{Count: 1}, Timeout: time.Minute})
		c.churn(map[string]string{"stable": "1 2 3t 4"})
		other := c.livePool()
		unit := &pair{fakeDevice: c.device, unit: "a.example"}
		c.before("update", 2, func() {
			unit.unit = "b.example"
			c.byHand(func(p *ltm.Pool) { *p = other })
		})
		if _, err := engine.RunPool(t.Context(), unit, c.goal, nil); err != nil {
			t.Fatal(err)
		}
		c.checkShares(0)
		c.check(0)
		if unit.unit != "b.example" || len(c.taken) != 1 || len(c.late) != 1 {
			t.Fatalf("the test does not do what it says: %+v", c)
		}
	})
}

// pair is a device whose unit changes, which the write that is under way is told.
type pair struct {
	*fakeDevice
	unit string
}

func (p *pair) Name() string { return p.unit }

func (p *pair) ApplyPool(ctx context.Context, change changeset.ChangeSet) error {
	before := p.unit
	err := p.fakeDevice.ApplyPool(ctx, change)
	if failure, ok := errors.AsType[*engine.DeviceError](err); ok {
		failure.Moved = before != p.unit
	}
	return err
}
