package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// settle syncs again as often as the reports ask for it, for a while at most.
func (f *followed) settle(most time.Duration) {
	f.t.Helper()
	for end := time.Now().Add(most); f.report.After > 0 && time.Now().Add(f.report.After).Before(end); {
		time.Sleep(f.report.After)
		f.sync(false)
	}
}

func (f *followed) has(last int) bool {
	_, there := f.livePool().Member(key(last))
	return there
}

func TestAMemberThatLeavesIsRemovedWhenItsConnectionsHaveEndedOrAtTheDeadline(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		open       time.Duration
		least      time.Duration
		most       time.Duration
		terminates bool
	}{
		"connections that end":                    {20 * time.Second, 20 * time.Second, 26 * time.Second, false},
		"connections that do not end":             {time.Hour, time.Minute, time.Minute + time.Second, false},
		"no connections":                          {0, 0, time.Second, false},
		"a pod that serves until it is gone":      {20 * time.Second, 20 * time.Second, 26 * time.Second, true},
		"a pod that is held on to until it fails": {time.Hour, time.Minute, time.Minute + time.Second, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := followPool(t, shop, steps, map[string]string{"shop": "1 2 3"})
			f.sync(false)
			start := time.Now()
			f.device.openUntil[key(3)] = start.Add(tt.open)
			if tt.terminates {
				f.set("shop", "1 2 3t")
				f.sync(false)
				f.wantLive("1 enabled", "2 enabled", "3 disabled")
				time.Sleep(5 * time.Second)
			}
			f.set("shop", "1 2")
			f.sync(false)
			for f.has(3) {
				if len(f.report.Draining) != 1 || f.report.Draining[0].Key != key(3) || !f.report.Draining[0].Gone || f.report.After <= 0 {
					t.Fatalf("%s: after %v: %+v", name, time.Since(start), f.report)
				}
				time.Sleep(f.report.After)
				f.sync(false)
			}
			if took := time.Since(start); took < tt.least || took > tt.most {
				t.Errorf("%s: it took %v", name, took)
			}
			if f.report.Draining != nil || f.report.After != 0 {
				t.Errorf("%s: in the end %+v", name, f.report)
			}
			neverBare(t, f.device.trace)
		})
	}
}

func TestConnectionsThatWereCountedBeforeAWriteAreNoProofAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, steps, map[string]string{"shop": "1 2 3"})
		f.sync(false)
		f.set("shop", "1 2")
		f.before("update", 2, func() { // in the same Sync, when 3 is removed
			f.set("shop", "1")
			f.device.openUntil[key(2)] = time.Now().Add(20 * time.Second)
		})
		f.sync(false)
		f.wantCalls("update", "status", "update", "update", "status")
		f.wantLive("1 enabled", "2 forced-offline")
	})
}

func TestATakeawayInDoubtIsHeldAndDoneWhenItIsStillTrue(t *testing.T) {
	t.Parallel()
	for pods, tt := range map[string]struct {
		reason follow.Reason
		live   []string
	}{
		"":            {follow.Many, []string{"1 enabled", "2 enabled", "3 enabled", "4 enabled"}},
		"1 2n 3n 4n":  {follow.Many, []string{"1 enabled", "2 enabled", "3 enabled", "4 enabled"}},
		"1t 2t 3t 4t": {follow.Nobody, []string{"1 enabled", "2 enabled", "3 enabled", "4 enabled"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3 4"})
			f.sync(false)
			f.set("shop", pods)
			report := f.sync(false)
			f.wantCalls()
			f.wantLive(tt.live...)
			if len(report.Held) < 3 || report.Held[0].Reason != tt.reason || report.After != 30*time.Second {
				t.Errorf("%q: held %+v, again after %v", pods, report.Held, report.After)
			}
			f.set("shop", pods+" 5") // what is held does not hold up others
			f.sync(false)
			if live, _ := f.livePool().Member(key(5)); live.Session != ltm.Enabled {
				t.Errorf("%q: %v", pods, shown(f.livePool()))
			}
			f.settle(2 * time.Minute)
			if enabled := f.livePool().Serving(); f.report.Held != nil || enabled > 2 {
				t.Errorf("%q: in the end %v, held %v", pods, shown(f.livePool()), f.report.Held)
			}
		})
	}
}

// owners answer with what they know of each Service.
type owners struct {
	zero    map[string]bool
	failure error
	asked   []string
}

func (o *owners) ScaledToZero(_ context.Context, ref endpoints.Ref) (bool, error) {
	o.asked = append(o.asked, ref.Service)
	return o.zero[ref.Service], o.failure
}

func TestAPoolWhoseOwnersAreScaledToZeroIsEmptiedAtOnce(t *testing.T) {
	t.Parallel()
	wrong := errors.New("not allowed to get deployments")
	vms := append(canary(90, 10), engine.Backend{Name: "vms", Ref: endpoints.Ref{Addresses: endpoints.NewAddresses([]ltm.MemberKey{key(20)})}, Share: 5})
	for name, tt := range map[string]struct {
		backends []engine.Backend
		owners   *owners
		asked    []string
		held     bool
	}{
		"all of them":           {canary(90, 10), &owners{zero: map[string]bool{"stable": true, "canary": true}}, []string{"canary", "stable"}, false},
		"one of them":           {canary(90, 10), &owners{zero: map[string]bool{"canary": true}}, []string{"canary", "stable"}, true},
		"nobody knows":          {canary(90, 10), &owners{failure: wrong}, []string{"canary"}, true},
		"one without a member":  {canary(90, 0)[1:], &owners{zero: map[string]bool{"stable": true}}, []string{"stable"}, false},
		"addresses never leave": {vms, &owners{}, nil, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := followPool(t, tt.backends, cutover.Spec{}, map[string]string{"stable": "1 2", "canary": "10"})
			f.options.Owners = tt.owners
			f.restart()
			f.sync(false)
			if tt.owners.asked != nil {
				t.Errorf("%s: asked without need", name)
			}
			f.set("stable", "1n 2n")
			f.set("canary", "10n")
			report, err := f.Sync(t.Context(), false)
			if tt.owners.failure != nil != errors.Is(err, wrong) || (report.Held != nil) != tt.held {
				t.Errorf("%s: %v, held %v", name, err, report.Held)
			}
			if diff := cmp.Diff(tt.asked, tt.owners.asked); diff != "" {
				t.Errorf("%s: asked -want +got\n%s", name, diff)
			}
		})
	}
}

func TestADryRunWritesNothingAndTellsAllThatItWould(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3"})
		f.options.DryRun = true
		f.restart()
		f.set("shop", "1 3t 4")
		before := shown(f.livePool())
		for range 2 {
			report := f.sync(false)
			var written []string
			for _, change := range report.Written {
				written = append(written, change.String())
			}
			want := []string{
				"pool /shop/web\n  + 10.0.0.4:80: ratio 1, enabled, description \"[bigipkube/1 shop/shop pod-4]\"",
				"pool /shop/web\n  ~ 10.0.0.2:80: enabled -> forced-offline\n  ~ 10.0.0.3:80: enabled -> disabled",
				"pool /shop/web\n  - 10.0.0.2:80",
			}
			if diff := cmp.Diff(want, written); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff(before, shown(f.livePool())); diff != "" || len(f.device.writes) > 0 || cmp.Diff(before, shown(report.Pool)) != "" {
				t.Errorf("a dry run wrote: %s %v", diff, f.device.writes)
			}
		}
		f.wantCalls("status")
	})
}

// slowDevice takes a while for a write, and gives it up with its context.
type slowDevice struct {
	*fakeDevice
	takes time.Duration
	begun func()
}

func (d *slowDevice) ApplyPool(ctx context.Context, change changeset.ChangeSet) error {
	d.begun()
	select {
	case <-time.After(d.takes):
		return d.fakeDevice.ApplyPool(ctx, change)
	case <-ctx.Done():
		d.calls = append(d.calls, "given up")
		return &engine.DeviceError{Kind: engine.ErrUnreachable, Unsure: true, Err: ctx.Err()}
	}
}

func TestAWriteThatHasBegunIsFinishedAndNoOtherBeginsWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		takes, ends time.Duration
		calls       []string
	}{
		{500 * time.Millisecond, 500*time.Millisecond + latency, []string{"read", "update"}},
		{time.Hour, 800 * time.Millisecond, []string{"read", "given up"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3"})
			f.set("shop", "1 2 3t 4") // two writes
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var since time.Time
			device := &slowDevice{fakeDevice: f.device, takes: tt.takes, begun: func() { since = time.Now(); cancel() }}
			report, err := engine.NewFollower(device, f.cluster, web, carefully).Sync(ctx, false)
			if err != context.Canceled { //nolint:errorlint // exactly this one is promised
				t.Errorf("got %v", err)
			}
			if took := time.Since(since); took != tt.ends {
				t.Errorf("it took %v", took)
			}
			f.wantCalls(tt.calls...)
			if done := slices.Contains(tt.calls, "update"); f.has(4) != done || len(report.Written) > 0 != done {
				t.Errorf("%v, %v", shown(f.livePool()), report.Written)
			}
		})
	}
}

func TestWithAContextThatHasEndedNothingIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, canary(90, 10), cutover.Spec{}, map[string]string{"stable": "1 2 3", "canary": "10"})
		f.sync(false)
		f.set("stable", "1 2 3t")
		for _, verb := range []string{"", "mark"} { // before, and while the mark is asked for
			ctx, cancel := context.WithCancel(t.Context())
			f.before("mark", 1, cancel)
			if verb == "" {
				cancel()
			}
			if _, err := f.Sync(ctx, false); err != context.Canceled || len(f.device.writes) > 0 { //nolint:errorlint // exactly this one is promised
				t.Errorf("%v, %v", err, f.device.writes)
			}
			cancel()
		}
	})
}

// lives are changes of the cluster one after the other, each until nothing is left to do.
func lives() map[string][]string {
	return map[string][]string{
		"a rolling update":    {"1 2", "1 2 3n", "1 2 3", "1t 2 3", "2t 3 4", "3 4"},
		"a node that dies":    {"1 2 3", "1n 2 3", "2 3"},
		"scaled down and up":  {"1 2 3", "1 2t 3t", "1", "1 4 5"},
		"all gone, and back":  {"1 2 3", "", "1 2 3"},
		"restarted, all down": {"1 2 3", "1n 2n 3n", "1 2 3"},
	}
}

// TestAFollowerThatIsKilledAtAnyCallIsFinishedByTheNext breaks the process at every
// call that it makes, in every way.
func TestAFollowerThatIsKilledAtAnyCallIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	for name, life := range lives() {
		for way, broken := range interruptions() {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				for at, more := 0, true; more; at++ {
					synctest.Test(t, func(t *testing.T) { more = kill(t, life, broken, at) })
				}
			})
		}
	}
}

// kill lives a life, and breaks the process at one call. It returns false if the
// life is over before that call.
func kill(t *testing.T, life []string, broken fault, at int) (reached bool) {
	t.Helper()
	foreign := described(member(200, 3, ltm.Enabled), "by hand")
	f := followPool(t, canary(90, 10), steps, map[string]string{"stable": life[0], "canary": "10 11"}, foreign)
	for last := range 12 {
		f.device.openUntil[key(last)] = time.Now().Add(10 * time.Second)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.device.fault = func(call int, _ string) fault {
		if call != at {
			return fault{}
		}
		reached = true
		if errors.Is(broken.err, context.Canceled) {
			cancel()
		}
		return broken
	}
	for _, pods := range life {
		f.set("stable", pods)
		for after := time.Nanosecond; after > 0; {
			time.Sleep(after)
			report, err := f.Sync(ctx, false)
			after = report.After
			if err != nil {
				if !reached {
					t.Fatalf("call %d: %v", at, err)
				}
				ctx = t.Context()
				f.restart()
				after = time.Second
			}
		}
	}
	if diff := cmp.Diff(shown(f.wanted(canary(90, 10))), shown(f.livePool())); diff != "" {
		t.Fatalf("call %d: in the end -want +got\n%s", at, diff)
	}
	neverBare(t, f.device.trace)
	for _, p := range f.device.trace {
		if now, there := p.Member(foreign.Key); !there || now.Wanted() != foreign.Wanted() {
			t.Fatalf("call %d: a member that is not ours is %+v", at, now)
		}
	}
	return reached
}

func TestARetiredPoolIsSweptWhenNoVirtualServerUsesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2"})
		vs := ltm.NewPath("shop", "vs")
		f.device.virtualServers[vs] = ltm.VirtualServer{Path: vs, Pool: web}
		sweep := func(want bool) {
			t.Helper()
			deleted, err := engine.SweepRetired(t.Context(), f.device, web)
			if _, there := f.device.pools[web]; err != nil || deleted != want || there == want {
				t.Errorf("deleted: %v, there: %v, %v", deleted, there, err)
			}
		}
		if _, err := engine.RetirePool(t.Context(), f.device, web); err != nil {
			t.Fatal(err)
		}
		sweep(false)
		f.set("shop", "1 2 3")
		if report := f.sync(false); !report.Retired || len(report.Written) != 1 {
			t.Errorf("as long as it is used it follows: %+v", report)
		}
		delete(f.device.virtualServers, vs)
		retired := f.livePool()
		f.byHand(func(p *ltm.Pool) { p.Description = engine.Mark("", shop, cutover.Spec{}) })
		sweep(false) // it is wanted again
		f.device.pools[web] = retired
		f.before("delete", 1, func() { f.device.virtualServers[vs] = ltm.VirtualServer{Path: vs, Pool: web} })
		sweep(false)
		delete(f.device.virtualServers, vs)
		sweep(true)
		if deleted, err := engine.SweepRetired(t.Context(), f.device, web); deleted || err != nil {
			t.Errorf("it is gone: %v, %v", deleted, err)
		}
	})
}
