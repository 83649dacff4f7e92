package engine_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var api = []engine.Backend{{Name: "api", Ref: endpoints.Ref{Nodes: true, Role: "control-plane", Port: "80"}, Share: 100}}

func TestNodesAreFollowedAndEachMemberSaysWhichItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, api, steps, map[string]string{"nodes": "1 2 3"})
		f.set("nodes", "1 2t 3 4")
		f.sync(false)
		f.wantLive("1 enabled", "2 disabled", "3 enabled", "4 enabled")
		member, _ := f.livePool().Member(key(4))
		if want := "[bigipkube/1 api@nodes(node-4)]"; member.Description != want {
			t.Errorf("the member says %q, want %q", member.Description, want)
		}
		f.set("nodes", "1 3n 4")
		f.sync(false)
		f.settle(3 * time.Minute)
		f.wantLive("1 enabled", "3 forced-offline", "4 enabled")
	})
}

func TestTheHelperKeepsTheLastNodeWhateverTheClusterSays(t *testing.T) {
	t.Parallel()
	for nodes, wrong := range map[string]bool{"": true, "1n 2n 3n": false, "1t 2t 3t": false, "4n": false} {
		synctest.Test(t, func(t *testing.T) {
			f := followPool(t, api, cutover.Spec{}, map[string]string{"nodes": "1 2 3"})
			f.sync(false)
			f.set("nodes", nodes)
			for range 200 {
				report, err := f.Sync(t.Context(), false)
				if missing := errors.As(err, new(*endpoints.NoNodesError)); missing != wrong {
					t.Fatalf("%q: %v", nodes, err)
				}
				f.report = report
				time.Sleep(max(report.After, 5*time.Second))
			}
			serving := 0
			for _, m := range f.livePool().Members {
				if m.Session == ltm.Enabled {
					serving++
				}
			}
			if want := map[bool]int{true: 3, false: 1}[wrong]; serving != want {
				t.Errorf("%q: %d members are enabled, want %d: %v", nodes, serving, want, shown(f.livePool()))
			}
			if !wrong && (len(f.report.Held) != 1 || f.report.Held[0].Reason != follow.Minimum || !f.report.Held[0].Until.IsZero()) {
				t.Errorf("%q: held is %+v", nodes, f.report.Held)
			}
			neverBare(t, f.device.trace)
		})
	}
}

func TestAnApplyKeepsTheLastNodeWhateverTheClusterSays(t *testing.T) {
	t.Parallel()
	for name, members := range map[string][]ltm.Member{
		"no node":                 nil,
		"no ready node":           {member(1, 1, ltm.ForcedOffline), member(2, 1, ltm.ForcedOffline)},
		"all are being deleted":   {member(1, 1, ltm.Disabled), member(2, 1, ltm.Disabled)},
		"others, none of them up": {member(3, 1, ltm.Enabled)},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDevice(pool(enabled(1, 2)...))
			d.monitored, d.broken[key(3)] = true, true
			goal := bound(cutover.Spec{}, members...)
			goal.Pool.Description = engine.Mark("API", api, cutover.Spec{})
			live, err := run(t, d, goal)
			if _, ok := errors.AsType[*engine.AbortedError](err); !ok || live.Serving() != 2 {
				t.Errorf("%s: %d serve, %v", name, live.Serving(), err)
			}
			neverBare(t, d.trace)
		})
	}
}

func TestTheLastEnabledNodeStaysThoughItsMonitorCallsItDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(pool(enabled(1, 2)...))
		d.monitored, d.broken[key(1)], d.broken[key(2)] = true, true, true
		goal := bound(cutover.Spec{}, member(1, 1, ltm.ForcedOffline), member(2, 1, ltm.ForcedOffline))
		goal.Pool.Description = engine.Mark("API", api, cutover.Spec{})
		live, err := run(t, d, goal)
		if _, ok := errors.AsType[*engine.AbortedError](err); !ok || live.Members[0].Session != ltm.Enabled {
			t.Errorf("%v, %v", shown(live), err)
		}
		// One that stays is enough, and with addresses of its own a pool is the user's.
		goal.Pool.Members = []ltm.Member{member(1, 1, ltm.Enabled), member(2, 1, ltm.ForcedOffline)}
		reaches(t, d, goal)
		reaches(t, d, static(cutover.Spec{}, member(1, 1, ltm.Disabled)))
	})
}

func TestOfNodesThatAreNotReadyTheOneIsKeptThatTheDeviceCallsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, api, cutover.Spec{}, map[string]string{"nodes": "1 2 3"})
		f.device.monitored, f.device.broken[key(1)], f.device.broken[key(3)] = true, true, true
		f.sync(true)
		f.set("nodes", "1n 2n 3n")
		f.sync(true)
		f.settle(time.Hour)
		f.wantLive("1 forced-offline", "2 enabled", "3 forced-offline")
	})
}
