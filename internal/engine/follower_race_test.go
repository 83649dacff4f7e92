package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// before lets something happen on the device right before the n-th call of a verb.
func (f *followed) before(verb string, n int, do func()) {
	f.device.fault = func(_ int, v string) fault {
		if v == verb {
			if n--; n == 0 {
				do()
			}
		}
		return fault{}
	}
}

// byHand changes the pool on the device, as somebody else.
func (f *followed) byHand(change func(p *ltm.Pool)) {
	p := f.livePool()
	p.Members = slices.Clone(p.Members)
	change(&p)
	ltm.SortMembers(p.Members)
	f.device.pools[web] = p
	f.device.record(web)
}

func without(last int) func(*ltm.Pool) {
	return func(p *ltm.Pool) {
		p.Members = slices.DeleteFunc(p.Members, func(m ltm.Member) bool { return m.Key == key(last) })
	}
}

func with(members ...ltm.Member) func(*ltm.Pool) {
	return func(p *ltm.Pool) { p.Members = append(p.Members, members...) }
}

// ours is a member with the mark of a backend.
func ours(m ltm.Member, backend string) ltm.Member {
	return described(m, "[bigipkube/1 "+backend+"]")
}

func TestWhereSomebodyWasFasterThePoolIsReadAgainAndTheChangeIsMadeAllTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3"})
		f.sync(false)
		f.byHand(without(3))
		f.set("shop", "1 2 3t")
		report := f.sync(false)
		f.wantCalls("update", "read", "update")
		f.wantLive("1 enabled", "2 enabled", "3 disabled")
		if diff := cmp.Diff([]engine.Drift{{Key: key(3), Kind: engine.DriftMissing}}, report.Drift, options); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}

		same := ours(member(4, 1, ltm.Enabled), "shop/shop pod-4")
		f.byHand(with(same))
		f.set("shop", "1 2 3t 4")
		report = f.sync(false)
		f.wantCalls("update", "read")
		if report.Drift != nil || report.Written != nil {
			t.Errorf("somebody did just what was wanted, but: %+v", report)
		}

		f.byHand(with(member(5, 7, ltm.Disabled)))
		f.set("shop", "1 2 3t 4 5")
		f.sync(false)
		f.wantCalls("update", "read", "update")
		f.wantLive("1 enabled", "2 enabled", "3 disabled", "4 enabled", "5 enabled")
		if live, _ := f.livePool().Member(key(5)); !engine.Owned(live) {
			t.Errorf("an endpoint's member is ours: %+v", live)
		}

		f.before("update", 1, func() { delete(f.device.pools, web) })
		f.set("shop", "1 2")
		if report := f.sync(false); report.Bound {
			t.Errorf("got %+v", report)
		}
		f.wantCalls("update", "read")
	})
}

func TestADeviceThatShowsWhatWasBeforeAChangeEndsTheSync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3"})
		f.sync(false)
		f.set("shop", "1 2 3t 4")
		updates := 0
		f.device.fault = func(_ int, verb string) fault {
			if verb != "update" {
				return fault{}
			}
			if updates++; updates != 2 {
				return fault{}
			}
			return fault{err: errFault, kind: engine.ErrNotFound}
		}
		f.device.spell = func(p ltm.Pool) ltm.Pool { without(4)(&p); return p }
		_, err := f.Sync(t.Context(), false)
		unsettled, ok := errors.AsType[*engine.UnsettledError](err)
		if !ok || unsettled.Object != "pool /shop/web" || !strings.Contains(unsettled.Change, "+ 10.0.0.4:80") {
			t.Fatalf("got %v", err)
		}
		f.device.spell = func(p ltm.Pool) ltm.Pool { return p }
		f.sync(false)
		f.wantCalls("read", "update")
		f.wantLive("1 enabled", "2 enabled", "3 disabled", "4 enabled")
	})
}

func TestARaceThatDoesNotEndEndsTheSync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, canary(90, 10), cutover.Spec{}, map[string]string{"stable": "1 2", "canary": "10"})
		f.sync(false)
		f.set("stable", "1 2t")
		share := 0
		f.device.fault = func(_ int, verb string) fault {
			if verb == "mark" {
				share++
				f.byHand(func(p *ltm.Pool) { p.Description = engine.Mark("Shop", canary(50+share, 50-share), cutover.Spec{}) })
			}
			return fault{}
		}
		f.device.calls = nil
		_, err := f.Sync(t.Context(), false)
		if err == nil || !strings.Contains(err.Error(), "again and again") || len(f.device.writes) > 0 || f.device.count("read") != 5 {
			t.Errorf("%v after %v", err, f.device.calls)
		}
	})
}

// TestAnApplyThatMovesTrafficIsNeverUndone moves the shares at every call that the
// Follower makes, in the one write that an apply makes of it.
func TestAnApplyThatMovesTrafficIsNeverUndone(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"read", "mark"} {
		for _, pods := range []string{"1 2 3t", "1 2", "1 2 3 4", "1 2 3n"} {
			synctest.Test(t, func(t *testing.T) {
				f := followPool(t, canary(90, 10), cutover.Spec{}, map[string]string{"stable": "1 2 3", "canary": "10"})
				f.sync(false)
				f.before(verb, 1, func() {
					f.set("stable", "1 2 3") // what the apply knows
					p := f.wanted(canary(20, 80))
					p.Description = engine.Mark("Shop", canary(20, 80), cutover.Spec{})
					f.set("stable", pods)
					f.byHand(func(now *ltm.Pool) { *now = p })
					f.device.trace = nil
				})
				f.set("stable", pods)
				f.sync(verb == "read")
				f.sync(false)
				observed, _ := engine.ObserveBackends(t.Context(), f.cluster, canary(20, 80))
				if got, want := shown(f.livePool()), engine.Members(canary(20, 80), observed, nil); cmp.Diff(shown(pool(want.Members...)), got) != "" {
					t.Errorf("%s, %s: in the end %v", verb, pods, got)
				}
				if len(f.device.trace) == 0 {
					t.Fatal("the shares were not moved")
				}
				for _, p := range f.device.trace {
					member, _ := p.Member(key(10))
					if other, there := p.Member(key(1)); there && other.Ratio >= member.Ratio {
						t.Errorf("%s, %s: the old shares are back: %v", verb, pods, shown(p))
					}
				}
			})
		}
	}
}

func TestWithOneBackendTheMarkIsNotAskedForBeforeAWriteAndWithTwoItIsTheOnlyRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, canary(90, 10), cutover.Spec{}, map[string]string{"stable": "1 2", "canary": "10"})
		f.sync(false)
		f.set("stable", "1 2t")
		f.sync(false)
		f.wantCalls("mark", "update")
		f.wantLive("1 enabled ratio 9", "2 disabled ratio 9", "10 enabled")
	})
}

// TestWhatAnApplyPreparesOrDrainsIsLeftToIt: the mark names a backend only from the
// shift on, and not any more from the shift on.
func TestWhatAnApplyPreparesOrDrainsIsLeftToIt(t *testing.T) {
	t.Parallel()
	off := canary(100, 0)
	off[0].Remove = true
	for name, tt := range map[string]struct {
		backends []engine.Backend
		pods     map[string]string
		member   ltm.Member
		stays    bool
	}{
		"of a backend that the mark does not name": {
			canary(100, 0)[1:], map[string]string{"stable": "1 2"}, ours(member(10, 1, ltm.Disabled), "shop/canary pod-10"), true,
		},
		"of a backend that is off the device": {
			off, map[string]string{"stable": "1 2", "canary": "10"}, ours(member(10, 1, ltm.Disabled), "shop/canary pod-10"), true,
		},
		"of a backend that is off the device, without its endpoint": {
			off, map[string]string{"stable": "1 2", "canary": ""}, ours(member(10, 1, ltm.Disabled), "shop/canary pod-10"), false,
		},
		"of a backend that the mark names, without an endpoint": {
			canary(90, 10), map[string]string{"stable": "1 2", "canary": "11"}, ours(member(10, 1, ltm.Disabled), "shop/canary pod-10"), false,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := followPool(t, tt.backends, cutover.Spec{}, tt.pods)
			f.sync(false)
			f.byHand(with(tt.member))
			report := f.sync(true)
			if _, there := f.livePool().Member(key(10)); there != tt.stays || (report.Drift == nil) != tt.stays {
				t.Errorf("%s: it is there: %v, drift %v", name, there, report.Drift)
			}
		})
	}
}

func TestDriftIsToldAndRepairedAndWhatIsNotOursIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		foreign := described(member(200, 3, ltm.Enabled), "by hand")
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3 4 5t"}, foreign)
		f.sync(false)
		before := shown(f.livePool())
		f.byHand(func(p *ltm.Pool) {
			without(2)(p)
			for i := range p.Members {
				switch p.Members[i].Key {
				case key(1):
					p.Members[i].Session = ltm.ForcedOffline
				case key(3):
					p.Members[i].ConnectionLimit = 5
				case key(5):
					p.Members[i].Session = ltm.Enabled
				case foreign.Key:
					p.Members[i].Ratio = 9
				}
			}
			with(ours(member(9, 1, ltm.Enabled), "shop/shop pod-9"), member(201, 1, ltm.Enabled))(p)
		})
		if f.sync(false); f.report.Compared || f.report.Drift != nil {
			t.Errorf("without a comparison nothing is told: %+v", f.report)
		}
		f.wantCalls()
		report := f.sync(true)
		want := []engine.Drift{
			{Key: key(1), Kind: engine.DriftChanged},
			{Key: key(2), Kind: engine.DriftMissing},
			{Key: key(3), Kind: engine.DriftChanged},
			{Key: key(5), Kind: engine.DriftChanged},
			{Key: key(9), Kind: engine.DriftExtra},
		}
		if diff := cmp.Diff(want, report.Drift, options); diff != "" || !report.Compared {
			t.Errorf("-want +got\n%s", diff)
		}
		f.device.later(time.Minute, func() {})
		for i := 0; f.report.After > 0 && i < 20; i++ {
			time.Sleep(f.report.After)
			f.sync(false)
		}
		f.wantLive(append(before[:5:5], "200 enabled ratio 9", "201 enabled")...)
		if f.sync(true); f.report.Drift != nil {
			t.Errorf("it is repaired, but: %v", f.report.Drift)
		}
	})
}

func TestAfterALostAnswerThePoolIsReadBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	for after, calls := range map[int][]string{0: {"read", "update"}, everything: {"read"}} {
		synctest.Test(t, func(t *testing.T) {
			f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3"})
			f.sync(false)
			f.set("shop", "1 2 3t")
			f.device.fault = func(int, string) fault { return fault{err: errFault, after: after} }
			if report, err := f.Sync(t.Context(), false); !errors.Is(err, engine.ErrUnreachable) || report.Written != nil {
				t.Errorf("%v, %+v", err, report)
			}
			f.device.fault = func(int, string) fault { return fault{} }
			if report := f.sync(false); report.Compared {
				t.Errorf("who knows whose doing it is: %+v", report)
			}
			f.wantCalls(calls...)
			f.wantLive("1 enabled", "2 enabled", "3 disabled")
		})
	}
}

func TestWithoutAnActiveUnitNothingIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3"})
		f.sync(false)
		f.set("shop", "1 2 3t")
		f.device.fault = func(int, string) fault { return fault{err: errFault, kind: engine.ErrStandby} }
		for range 3 {
			if _, err := f.Sync(t.Context(), false); !errors.Is(err, engine.ErrStandby) {
				t.Errorf("got %v", err)
			}
		}
		f.wantLive("1 enabled", "2 enabled", "3 enabled")
	})
}

func TestEndpointsThatChangeFasterThanTheyAreWrittenDoNotKeepASyncForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3"})
		f.sync(false)
		pods := []string{"1 2 3", "1 2 3t"}
		f.cluster.asked = func() { slices.Reverse(pods); f.set("shop", pods[0]) }
		if report := f.sync(false); len(report.Written) < 5 || report.After <= 0 || report.After > time.Second {
			t.Errorf("%d writes, and again after %v", len(report.Written), report.After)
		}
	})
}
