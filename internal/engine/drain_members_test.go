package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// drain runs DrainMembers and returns what it reported.
func drain(t *testing.T, d *fakeDevice, goal engine.DrainGoal) (engine.Drained, []int64, error) {
	t.Helper()
	goal.Pool = blue
	var reported []int64
	drained, err := engine.DrainMembers(t.Context(), d, goal, func(open int64) { reported = append(reported, open) })
	return drained, reported, err
}

// sessions of the members of blue, in their order.
func sessions(d *fakeDevice) []ltm.Session {
	var all []ltm.Session
	for _, m := range d.pools[blue].Members {
		all = append(all, m.Session)
	}
	return all
}

// drainDevice has the pool blue with two members, that nothing uses.
func drainDevice() *fakeDevice {
	p := pool(enabled(1, 2)...)
	p.Path = blue
	return newDevice(p)
}

func TestADrainWaitsForTheLastConnectionAndNoLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, begin := drainDevice(), time.Now()
		d.openUntil[key(1)], d.openUntil[key(2)] = begin.Add(2500*time.Millisecond), begin.Add(500*time.Millisecond)
		drained, reported, err := drain(t, d, engine.DrainGoal{Deadline: time.Minute})
		if err != nil || drained != (engine.Drained{Members: 2}) {
			t.Errorf("%+v, %v", drained, err)
		}
		if diff := cmp.Diff([]int64{2, 1, 1, 0}, reported); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]ltm.Session{ltm.Disabled, ltm.Disabled}, sessions(d)); diff != "" || len(d.writes) != 1 {
			t.Errorf("%s, %d writes", diff, len(d.writes))
		}
	})
}

func TestADrainIsContentWithWhatMayRemain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := drainDevice()
		d.openUntil[key(1)] = time.Now().Add(time.Hour)
		drained, reported, err := drain(t, d, engine.DrainGoal{Deadline: time.Minute, Remain: 1})
		if err != nil || drained.Open != 1 || len(reported) != 1 {
			t.Errorf("%+v, %v, %v", drained, reported, err)
		}
	})
}

func TestAfterTheDeadlineMembersAreForcedOfflineIfTheGoalSaysSo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		force bool
		want  ltm.Session
	}{"left disabled": {false, ltm.Disabled}, "forced offline": {true, ltm.ForcedOffline}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d, begin := drainDevice(), time.Now()
				d.openUntil[key(1)] = begin.Add(time.Hour)
				drained, _, err := drain(t, d, engine.DrainGoal{Deadline: 10 * time.Second, ForceOffline: tt.force})
				if err != nil || drained.Open != 1 {
					t.Errorf("%+v, %v", drained, err)
				}
				if took := time.Since(begin); took < 10*time.Second || took > 11*time.Second {
					t.Errorf("it took %s", took)
				}
				if diff := cmp.Diff([]ltm.Session{tt.want, tt.want}, sessions(d)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestADrainThatIsDoneAlreadyWritesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := drainDevice()
		if _, _, err := drain(t, d, engine.DrainGoal{ForceOffline: true}); err != nil {
			t.Fatal(err)
		}
		d.writes = nil
		if _, _, err := drain(t, d, engine.DrainGoal{ForceOffline: true}); err != nil || len(d.writes) > 0 {
			t.Errorf("%v, wrote %q", err, d.writes)
		}
		if _, _, err := drain(t, d, engine.DrainGoal{}); err != nil || len(d.writes) > 0 {
			t.Errorf("a member that is forced offline is not let in again: %v, wrote %q", err, d.writes)
		}
	})
}

func TestADrainOfTheLastServingMembersOfAPoolInUseIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := drainDevice()
		d.virtualServers[web] = ltm.VirtualServer{Path: web, Pool: blue}
		_, reported, err := drain(t, d, engine.DrainGoal{Deadline: time.Minute})
		refused, ok := errors.AsType[*engine.NobodyLeftError](err)
		if !ok || len(refused.VirtualServers) != 1 || refused.VirtualServers[0] != web || len(reported)+len(d.writes) > 0 {
			t.Errorf("%v, reported %v, wrote %q", err, reported, d.writes)
		}
		if _, _, err := drain(t, d, engine.DrainGoal{AllowNone: true}); err != nil {
			t.Errorf("where it is allowed: %v", err)
		}
	})
}

func TestADrainOfABackendLeavesTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := drainDevice()
		p := d.pools[blue]
		p.Members[0].Description = "[bigipkube/1 stable@shop/web web-1]"
		p.Members[1].Description = "[bigipkube/1 shop/web-2 web-2]"
		d.virtualServers[web] = ltm.VirtualServer{Path: web, Pool: blue}
		drained, _, err := drain(t, d, engine.DrainGoal{Backend: "web-2"})
		if err != nil || drained.Members != 1 {
			t.Errorf("%+v, %v", drained, err)
		}
		if diff := cmp.Diff([]ltm.Session{ltm.Enabled, ltm.Disabled}, sessions(d)); diff != "" {
			t.Error(diff)
		}
		_, _, err = drain(t, d, engine.DrainGoal{Backend: "canary"})
		unknown, ok := errors.AsType[*engine.NoBackendError](err)
		if !ok || cmp.Diff([]string{"stable", "web-2"}, unknown.Backends) != "" {
			t.Errorf("of a backend that is not there: %v", err)
		}
	})
}

func TestADrainEndsWithItsContextAndWithItsPool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := drainDevice()
		d.openUntil[key(1)] = time.Now().Add(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		_, err := engine.DrainMembers(ctx, d, engine.DrainGoal{Pool: blue, Deadline: time.Hour}, func(int64) {})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		d.later(5*time.Second, func() { delete(d.pools, blue) })
		if drained, _, err := drain(t, d, engine.DrainGoal{Deadline: time.Hour}); err != nil || drained.Open != 0 {
			t.Errorf("with the pool its connections are gone: %+v, %v", drained, err)
		}
		if _, _, err := drain(t, d, engine.DrainGoal{}); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}
