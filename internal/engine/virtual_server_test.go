package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var (
	blue  = ltm.NewPath("shop", "blue")
	green = ltm.NewPath("shop", "green")
)

// switchDevice has a virtual server on the pool blue, and a pool green.
func switchDevice(greens ...ltm.Member) *fakeDevice {
	b, g := pool(enabled(1, 2)...), pool(greens...)
	b.Path, g.Path = blue, green
	d := newDevice(b, g)
	d.monitored = true
	d.virtualServers[web] = ltm.VirtualServer{Path: web, Pool: blue, Enabled: true}
	return d
}

func switchTo(pool ltm.Path, spec cutover.Spec) engine.VirtualServerGoal {
	return engine.VirtualServerGoal{VirtualServer: ltm.VirtualServer{Path: web, Pool: pool, Enabled: true}, Spec: spec}
}

func runSwitch(t *testing.T, d *fakeDevice, goal engine.VirtualServerGoal) (ltm.VirtualServer, error) {
	t.Helper()
	live, err := engine.RunVirtualServer(t.Context(), d, goal, nil)
	if !live.Equal(d.virtualServers[web]) {
		t.Errorf("%+v is returned, %+v is live", live, d.virtualServers[web])
	}
	return live, err
}

func TestAVirtualServerChangesInOneWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice()
		goal := switchTo(blue, careful) // the same pool: care has nothing to do
		goal.VirtualServer.Description, goal.VirtualServer.Enabled = "words", false
		if _, err := runSwitch(t, d, goal); err != nil {
			t.Fatal(err)
		}
		wantWrites(t, d, "virtual server /shop/web\n  ~ description: \"\" -> \"words\"\n  ~ enabled: true -> false")
		if diff := cmp.Diff([]string{"read", "update", "read"}, d.calls); diff != "" {
			t.Errorf("calls -want +got\n%s", diff)
		}
		d.calls = nil
		if _, err := runSwitch(t, d, goal); err != nil || len(d.calls) != 1 {
			t.Errorf("nothing to do took %v, %v", d.calls, err)
		}
	})
}

func TestASwitchVerifiesTheNewPoolAndDrainsTheOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(member(10, 1, ltm.Enabled), member(11, 1, ltm.Enabled), member(12, 1, ltm.Disabled))
		begin := time.Now()
		d.since[key(11)] = begin
		d.openUntil[key(1)] = begin.Add(30 * time.Second)
		d.openUntil[key(10)] = begin.Add(time.Hour) // the new pool's connections are nobody's concern
		var phases []cutover.Phase
		spec := cutover.Spec{Require: cutover.Requirement{Count: 2}, Timeout: time.Minute, Drain: time.Minute}
		live, err := engine.RunVirtualServer(t.Context(), d, switchTo(green, spec), func(step cutover.Step) {
			if len(phases) == 0 || phases[len(phases)-1] != step.Phase {
				phases = append(phases, step.Phase)
			}
		})
		if err != nil || live.Pool != green {
			t.Fatalf("%+v, %v", live, err)
		}
		want := []cutover.Phase{cutover.Verify, cutover.Shift, cutover.Drain, cutover.Done}
		if diff := cmp.Diff(want, phases); diff != "" {
			t.Errorf("phases -want +got\n%s", diff)
		}
		wantWrites(t, d, "virtual server /shop/web\n  ~ pool: /shop/blue -> /shop/green")
		if took := time.Since(begin); took < 30*time.Second || took > 32*time.Second {
			t.Errorf("took %v, but the last connection ended after 30s", took)
		}
	})
}

func TestASwitchWithoutCareIsMadeAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(enabled(10)...)
		if live, err := runSwitch(t, d, switchTo(green, cutover.Spec{})); err != nil || live.Pool != green {
			t.Errorf("%+v, %v", live, err)
		}
		// One look at the new pool, and one at the old for what is left to do there.
		if diff := cmp.Diff([]string{"read", "read", "status", "update", "read", "read"}, d.calls); diff != "" {
			t.Errorf("calls -want +got\n%s", diff)
		}
		if live, err := runSwitch(t, d, switchTo(ltm.Path{}, careful)); err != nil || !live.Pool.IsZero() {
			t.Errorf("%+v, %v", live, err)
		}
	})
}

func TestASwitchToAPoolThatIsNotReadyIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		greens []ltm.Member
		want   string
	}{
		"half of it is down": {
			enabled(10, 11),
			"pool /shop/green: 1 of 2 members available, 2 needed: 10.0.0.11:80 is down: No successful responses received before deadline",
		},
		"it is empty":           {nil, "0 of 0 members available, 1 needed"},
		"all of it is disabled": {[]ltm.Member{member(10, 1, ltm.Disabled)}, "0 of 0 members available, 1 needed"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := switchDevice(test.greens...)
			d.broken[key(11)] = true
			live, err := runSwitch(t, d, switchTo(green, careful))
			_, ok := errors.AsType[*engine.AbortedError](err)
			want := "virtual server /shop/web on bigip.example: traffic was not moved; " + test.want
			if !ok || err.Error() != want || live.Pool != blue || len(d.writes) != 0 {
				t.Errorf("%s: %+v\n got %v\nwant %v", name, live, err, want)
			}
		})
	}
}

func TestASwitchToAPoolThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice()
		live, err := runSwitch(t, d, switchTo(ltm.NewPath("shop", "red"), careful))
		if !errors.Is(err, engine.ErrNotFound) || live.Pool != blue {
			t.Errorf("%+v, %v", live, err)
		}
		delete(d.virtualServers, web)
		if _, err := runSwitch(t, d, switchTo(green, careful)); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnOldPoolThatIsGoneIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(enabled(10)...)
		_, err := engine.RunVirtualServer(t.Context(), d, switchTo(green, careful), func(step cutover.Step) {
			if step.Phase == cutover.Shift {
				delete(d.pools, blue)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestASwitchInterruptedAtAnyCallIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	for _, broken := range []fault{{err: errFault}, {err: errFault, after: everything}} {
		for at, more := 0, true; more; at++ {
			synctest.Test(t, func(t *testing.T) {
				d := switchDevice(enabled(10, 11)...)
				d.openUntil[key(1)] = time.Now().Add(3 * time.Second)
				d.fault = func(call int, _ string) fault {
					if call == at {
						return broken
					}
					return fault{}
				}
				_, err := runSwitch(t, d, switchTo(green, careful))
				if more = errors.Is(err, engine.ErrUnreachable); !more && err != nil {
					t.Fatal(err)
				}
				d.fault = func(int, string) fault { return fault{} }
				if live, err := runSwitch(t, d, switchTo(green, careful)); err != nil || live.Pool != green {
					t.Errorf("call %d: %+v, %v", at, live, err)
				}
			})
		}
	}
}

func TestAWriteOfAVirtualServerThatMakesNoDifferenceEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(enabled(10)...)
		stubborn := stubbornDevice{d}
		_, err := engine.RunVirtualServer(t.Context(), stubborn, switchTo(green, cutover.Spec{}), nil)
		if unsettled, ok := errors.AsType[*engine.UnsettledError](err); !ok || unsettled.Object != "virtual server /shop/web" || len(d.writes) != 1 {
			t.Errorf("after %d writes: %v", len(d.writes), err)
		}
	})
}

// stubbornDevice takes changes of virtual servers and makes none.
type stubbornDevice struct{ *fakeDevice }

func (d stubbornDevice) UpdateVirtualServer(ctx context.Context, change changeset.VirtualServerChange) error {
	before := d.virtualServers[web]
	err := d.fakeDevice.UpdateVirtualServer(ctx, change)
	d.virtualServers[web] = before
	return err
}
