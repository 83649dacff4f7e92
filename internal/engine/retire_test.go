package engine_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAPoolThatIsUsedIsDeletedWhenTheSwitchHasLeftIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(enabled(10, 11)...)
		users, err := engine.RetirePool(t.Context(), d, blue)
		if diff := cmp.Diff([]ltm.Path{web}, users); err != nil || diff != "" {
			t.Fatalf("%v %s", err, diff)
		}
		if d.show(blue).Serving() != 2 || d.pools[blue].Description != "[bigipkube/1 delete]" || !engine.Retired(d.pools[blue]) {
			t.Errorf("blue is %+v", d.pools[blue])
		}
		begin := time.Now()
		d.openUntil[key(1)] = begin.Add(20 * time.Second)
		if _, err := runSwitch(t, d, switchTo(green, cutover.Spec{Drain: time.Minute})); err != nil {
			t.Fatal(err)
		}
		if _, there := d.pools[blue]; there || time.Since(begin) < 20*time.Second {
			t.Errorf("blue is there: %v, after %v", there, time.Since(begin))
		}
		if _, err := engine.RetirePool(t.Context(), d, blue); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestARetiredPoolStaysWhileAnotherUsesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(enabled(10)...)
		other := ltm.NewPath("shop", "other")
		d.virtualServers[other] = ltm.VirtualServer{Path: other, Pool: blue}
		if users, err := engine.RetirePool(t.Context(), d, blue); err != nil || len(users) != 2 {
			t.Fatalf("%v, %v", users, err)
		}
		if _, err := runSwitch(t, d, switchTo(green, cutover.Spec{})); err != nil || !engine.Retired(d.pools[blue]) {
			t.Errorf("%v, %+v", err, d.pools[blue])
		}
		goal := switchTo(green, cutover.Spec{})
		goal.VirtualServer.Path = other
		if _, err := engine.RunVirtualServer(t.Context(), d, goal, nil); err != nil {
			t.Fatal(err)
		}
		if _, there := d.pools[blue]; there {
			t.Error("nobody uses blue, and it is there")
		}
	})
}

func TestARetiredPoolIsNotDeletedByASwitchThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(enabled(10)...)
		if _, err := engine.RetirePool(t.Context(), d, blue); err != nil {
			t.Fatal(err)
		}
		d.later(10*time.Second, func() { d.broken[key(10)] = true })
		live, err := runSwitch(t, d, switchTo(green, cutover.Spec{Bake: time.Minute}))
		if aborted, ok := errors.AsType[*engine.AbortedError](err); !ok || !aborted.Step.Back || live.Pool != blue || d.show(blue).Serving() != 2 {
			t.Errorf("%v, %+v", err, live)
		}
	})
}

func TestARetiredPoolThatIsWantedAgainGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice()
		goal := static(cutover.Spec{}, enabled(1, 3)...)
		goal.Pool.Path = blue
		if err := engine.CreatePool(t.Context(), d, goal); !errors.Is(err, engine.ErrExists) {
			t.Errorf("a pool of somebody else: %v", err)
		}
		if _, err := engine.RetirePool(t.Context(), d, blue); err != nil {
			t.Fatal(err)
		}
		if err := engine.CreatePool(t.Context(), d, goal); err != nil || engine.Retired(d.pools[blue]) || len(d.pools[blue].Members) != 2 {
			t.Errorf("%v, %+v", err, d.pools[blue])
		}
		neverBare(t, d.trace)
	})
}

func TestTheOldPoolIsForcedOfflineAfterTheDrainWhereAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(enabled(10)...)
		d.openUntil[key(1)] = time.Now().Add(time.Hour)
		if _, err := runSwitch(t, d, switchTo(green, cutover.Spec{Drain: time.Minute, ForceOffline: true})); err != nil {
			t.Fatal(err)
		}
		wantWrites(t, d, "virtual server /shop/web\n  ~ pool: /shop/blue -> /shop/green",
			"pool /shop/blue\n  ~ 10.0.0.1:80: enabled -> forced-offline\n  ~ 10.0.0.2:80: enabled -> forced-offline")
	})
}

func TestASwitchFromAPoolThatServesToOneThatDoesNotIsRefusedWithoutAnySpec(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice(enabled(10)...)
		d.broken[key(10)] = true
		if live, err := runSwitch(t, d, switchTo(green, cutover.Spec{})); live.Pool != blue {
			t.Errorf("%v", err)
		}
		d.broken[key(1)], d.broken[key(2)] = true, true // blue serves nobody either
		if live, err := runSwitch(t, d, switchTo(green, cutover.Spec{})); err != nil || live.Pool != green {
			t.Errorf("%v", err)
		}
	})
}

func TestARetiredPoolGoesWithTheLastVirtualServerThatUsedIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := switchDevice()
		if _, err := engine.RetirePool(t.Context(), d, blue); err != nil {
			t.Fatal(err)
		}
		other := ltm.NewPath("shop", "other")
		d.virtualServers[other] = ltm.VirtualServer{Path: other, Pool: blue}
		for _, path := range []ltm.Path{web, other} {
			if _, there := d.pools[blue]; !there {
				t.Errorf("blue is gone while %s uses it", path)
			}
			if err := engine.DeleteVirtualServer(t.Context(), d, path); err != nil {
				t.Fatal(err)
			}
		}
		if _, there := d.pools[blue]; there || len(d.virtualServers) != 0 {
			t.Errorf("left are %v and %v", d.pools, d.virtualServers)
		}
		if err := engine.DeleteVirtualServer(t.Context(), d, web); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}
