package reconciler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestDiscoveryFollowsWhatTheDescriptionsSay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	web, pay := ltm.NewPath("shop", "web"), ltm.NewPath("shop", "pay")
	b.device.set(web, "Checkout [bigipkube/1 shop/web:http=1]")
	b.device.set(pay, "[bigipkube/1 shop/pay:http=1 blue@east/shop/pay-blue:http=0]")
	b.device.set(ltm.NewPath("shop", "static"), "by hand")
	b.look("shop")
	if diff := cmp.Diff([]string{"/shop/pay", "/shop/web"}, b.queue()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][]endpoints.Ref{
		"/shop/web": {{Namespace: "shop", Service: "web", Port: "http"}},
		"/shop/pay": {{Namespace: "shop", Service: "pay-blue", Port: "http", Cluster: "east"}, {Namespace: "shop", Service: "pay", Port: "http"}},
	}, b.watch.refs); diff != "" {
		t.Error(diff)
	}

	b.look("shop")
	if queued := b.queue(); queued != nil {
		t.Errorf("what has not changed is queued: %v", queued)
	}

	b.device.set(web, "Checkout [bigipkube/1 shop/web2:http=1]")
	b.device.set(pay, "not bound any more")
	b.look("shop")
	if diff := cmp.Diff([]string{"/shop/web"}, b.queue()); diff != "" {
		t.Error(diff)
	}
	if _, follows := b.watch.refs["/shop/pay"]; follows || b.watch.refs["/shop/web"][0].Service != "web2" {
		t.Errorf("what is watched: %v", b.watch.refs)
	}
	b.followers[web].report.Written = nil
	b.reconcile(web)
	if b.followers[web].compared != 1 {
		t.Error("a pool that is bound to something else is not read again")
	}
}

func TestAMarkThatIsNotUnderstoodStopsItsPoolAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	later, broken := ltm.NewPath("shop", "later"), ltm.NewPath("shop", "broken")
	b.device.set(later, "[bigipkube/2 what=ever]")
	b.device.set(broken, "[bigipkube/1 shop/web:http=1")
	web, follower := b.bind("web")
	b.look("shop")
	for _, path := range []ltm.Path{later, broken, web} {
		b.reconcile(path)
	}
	if follower.syncs != 1 || b.followers[later].syncs+b.followers[broken].syncs != 0 {
		t.Errorf("synced %d times, %d and %d", follower.syncs, b.followers[later].syncs, b.followers[broken].syncs)
	}
	log := b.log()
	for _, want := range []string{"pool=/shop/later condition=mark-newer", "pool=/shop/broken condition=mark-unreadable"} {
		if strings.Count(log, want) != 1 {
			t.Errorf("want %q once in the log:\n%s", want, log)
		}
	}
	err := testutil.GatherAndCompare(b.metrics.registry, strings.NewReader(`# HELP bigipkube_pool_condition 1 while a pool is not followed, or not fully, for this reason.
# TYPE bigipkube_pool_condition gauge
bigipkube_pool_condition{condition="mark-newer",partition="shop",pool="later"} 1
bigipkube_pool_condition{condition="mark-unreadable",partition="shop",pool="broken"} 1
`), "bigipkube_pool_condition")
	if err != nil {
		t.Error(err)
	}

	b.device.set(broken, "[bigipkube/1 shop/web:http=1]")
	b.look("shop")
	b.reconcile(broken)
	if b.followers[broken].syncs != 1 {
		t.Error("a mark that was repaired is not followed")
	}
}

func TestAPoolThroughWhichAClusterIsReachedIsLeftAloneUntilItIsNot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	web, follower := b.bind("web")
	b.reconcile(web)
	b.log()
	api := ltm.NewPath("shop", "api")
	b.device.set(api, "[bigipkube/1 api@nodes(control-plane):6443=100]")
	b.looped = map[ltm.Path]*engine.LoopError{}
	for _, path := range []ltm.Path{web, api} { // one that is known, and one that is new
		b.looped[path] = &engine.LoopError{Pool: path.String(), Device: "bigip", Entrance: engine.Entrance{Server: "https://api.example.com:6443"}}
	}
	b.look("shop")
	b.look("shop")
	log := b.log()
	for _, path := range []ltm.Path{web, api} {
		b.reconcile(path)
		want := "pool=" + path.String() + " condition=reached-through error=\"Kubernetes is reached through pool " + path.String() + " on bigip itself"
		if strings.Count(log, want) != 1 {
			t.Errorf("want %s once:\n%s", want, log)
		}
	}
	if follower.syncs != 1 || b.followers[api].syncs != 0 {
		t.Errorf("synced %d times, and %d", follower.syncs, b.followers[api].syncs)
	}
	b.queue()
	b.looped = nil
	b.look("shop")
	if got := b.queue(); !slices.Equal(got, []string{"/shop/api", "/shop/web"}) {
		t.Errorf("no longer loops: queued %v", got)
	}
	b.reconcile(api)
	if b.followers[api].syncs != 1 {
		t.Error("what is no loop any more is not followed")
	}
}

func TestAPoolThatWaitsForItsDeletionIsSwept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.device.set(ltm.NewPath("shop", "old"), "[bigipkube/1 delete]")
	b.look("shop")
	b.look("shop")
	if len(b.swept) != 2 {
		t.Errorf("swept %v: it may be in use at the first look, and not at the second", b.swept)
	}
}

func TestAPoolIsSyncedAgainWhenItHasToBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		web, follower := b.bind("web")
		if after := b.reconcile(web); after < 5*time.Minute || after > 10*time.Minute || follower.compared != 1 {
			t.Errorf("after the first sync: %s, compared %d times", after, follower.compared)
		}
		follower.report.After = 30 * time.Second
		if after := b.reconcile(web); after != 30*time.Second || follower.compared != 1 {
			t.Errorf("with a hold: %s, compared %d times", after, follower.compared)
		}
		follower.report.After = 0
		time.Sleep(10 * time.Minute)
		if after := b.reconcile(web); after < 9*time.Minute || after > 11*time.Minute || follower.compared != 2 {
			t.Errorf("ten minutes later: %s, compared %d times", after, follower.compared)
		}

		follower.err = refused()
		for i, want := range []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond, 3200 * time.Millisecond, 5 * time.Second, 5 * time.Second} {
			if after := b.reconcile(web); after != want {
				t.Errorf("failure %d: %s, want %s", i+1, after, want)
			}
		}
		if n := strings.Count(b.log(), "pool cannot be synced"); n != 1 {
			t.Errorf("one failure is logged %d times", n)
		}
		follower.err = &engine.BackendError{Backend: "web", Err: &kube.NotSyncedError{}}
		if after := b.reconcile(web); after != unsyncedRetry || strings.Contains(b.log(), "ERROR") {
			t.Errorf("before its endpoints are known: %s", after)
		}
		follower.err = nil
		b.reconcile(web)
		if !strings.Contains(b.log(), "pool is synced again") {
			t.Error("the end of the failure is not logged")
		}
	})
}

func TestAPoolThatIsGoneIsForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	web, follower := b.bind("web")
	b.reconcile(web)
	follower.report = engine.FollowReport{}
	if after := b.reconcile(web); after != 0 || b.looks != 1 || len(b.watch.refs) != 0 {
		t.Errorf("again after %s, %d looks, %v", after, b.looks, b.watch.refs)
	}
	if n, err := testutil.GatherAndCount(b.metrics.registry, "bigipkube_pool_members", "bigipkube_last_successful_sync_timestamp_seconds"); n != 0 || err != nil {
		t.Errorf("it has %d series left, %v", n, err)
	}
}

func TestADeviceThatCannotBeReachedIsAskedByOneForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		web, failing := b.bind("web")
		pay, waiting := b.bind("pay")
		b.queue()
		b.log()
		failing.err, b.device.err = unreachable(), unreachable()
		if after := b.reconcile(web); after != 0 {
			t.Errorf("it is tried again after %s", after)
		}
		b.reconcile(pay)
		if waiting.syncs != 0 {
			t.Error("another pool tries too")
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		reads := b.device.reads
		go b.gate.probe(ctx, func(ctx context.Context) error {
			_, err := b.device.PoolDescriptions(ctx, "shop")
			return err
		}, func() { b.queued = b.gate.open() })
		time.Sleep(time.Minute)
		synctest.Wait()
		if asked := b.device.reads - reads; asked < 29 || asked > 31 {
			t.Errorf("it was asked %d times in a minute", asked)
		}
		b.device.mu.Lock()
		b.device.err = nil
		b.device.mu.Unlock()
		time.Sleep(probeEvery)
		synctest.Wait()
		if diff := cmp.Diff([]string{"/shop/pay", "/shop/web"}, b.queue()); diff != "" {
			t.Error(diff)
		}
		b.reconcile(pay)
		if waiting.syncs != 1 {
			t.Error("it is not synced when the device answers again")
		}
		if log := b.log(); strings.Count(log, "the device cannot be used") != 1 || strings.Contains(log, "cannot be synced") {
			t.Errorf("the log:\n%s", log)
		}
	})
}

func TestTheEndOfAPartitionWaitsForItsWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		web, follower := b.bind("web")
		follower.during = func(ctx context.Context) {
			<-ctx.Done()
			time.Sleep(500 * time.Millisecond) // a write that has begun
		}
		ended := make(chan struct{})
		go func() {
			b.reconcile(web)
			close(ended)
		}()
		synctest.Wait()
		start := time.Now()
		b.registry.close("shop")
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("it took %s", took)
		}
		<-ended
		if b.reconcile(web); follower.syncs != 1 || len(b.watch.refs) != 0 {
			t.Errorf("work goes on: %d syncs, %v", follower.syncs, b.watch.refs)
		}
	})
}

func TestEveryWriteIsLoggedWithItsReason(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	web, follower := b.bind("web")
	b.log()
	added, left, drained := member("10.244.0.1:8080", ltm.Enabled), member("10.244.0.2:8080", ltm.Enabled), member("10.244.0.3:8080", ltm.ForcedOffline)
	disabled := left
	disabled.Session = ltm.Disabled
	follower.report = engine.FollowReport{
		Bound: true, Backends: []engine.Backend{{Name: "web", Share: 1}},
		Endpoints: engine.BackendEndpoints{"web": {Endpoints: []endpoints.Endpoint{
			{Key: added.Key, State: endpoints.Ready, Pod: "web-1"}, {Key: left.Key, State: endpoints.Draining, Pod: "web-2"},
		}}},
		Written: []changeset.ChangeSet{
			{Pool: web, Add: []ltm.Member{added}},
			{Pool: web, Modify: []changeset.MemberChange{{From: left, To: disabled}}},
			removal(drained),
		},
		Held:  []follow.Held{{Key: left.Key, Reason: follow.Nobody}},
		Drift: []engine.Drift{{Key: added.Key, Kind: engine.DriftMissing}},
	}
	b.reconcile(web)
	log := b.log()
	for _, want := range []string{
		"+ 10.244.0.1:8080: ratio 1, enabled (somebody had changed it; pod web-1 is ready)",
		"~ 10.244.0.2:8080: enabled -> disabled (pod web-2 is terminating and still serving)",
		"- 10.244.0.3:8080 (its endpoint is gone)",
		"level=WARN msg=drift pool=/shop/web member=10.244.0.1:8080 kind=missing",
		`held: the members stay in service" pool=/shop/web members="10.244.0.2:8080 nobody-left"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("no %s in\n%s", want, log)
		}
	}
	if b.writes != 1 {
		t.Error("nobody is told that something is to be made to last")
	}
	follower.report.Written, follower.report.Drift = nil, nil
	b.reconcile(web)
	if log := b.log(); log != "" {
		t.Errorf("what is still held is logged again:\n%s", log)
	}
	follower.report.Held = nil
	b.reconcile(web)
	if log := b.log(); !strings.Contains(log, "nothing is held any more") {
		t.Errorf("the end of the hold:\n%s", log)
	}
}

func TestALongChangeIsCutShortInTheLog(t *testing.T) {
	t.Parallel()
	var change changeset.ChangeSet
	for i := range 100 {
		change.Remove = append(change.Remove, ltm.NewMember(key(fmt.Sprintf("10.244.1.%d:80", i+1))))
	}
	got := lines(change, nil)
	if len(got) != mostChanges+1 || got[mostChanges] != "and 80 more" {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}

// TestAPoolWhoseNamespaceMayNotBeReadTellsItByItself: nobody else does, as long as
// other pools are followed.
func TestAPoolWhoseNamespaceMayNotBeReadTellsItByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path, follower := b.bind("web")
	follower.err = &engine.BackendError{Backend: "web", Err: forbidden(endpoints.Ref{Namespace: "shop", Service: "web", Port: "http"})}
	for range 2 {
		if after := b.reconcile(path); after != unsyncedRetry {
			t.Errorf("it is tried again after %s", after)
		}
	}
	if err := testutil.GatherAndCompare(b.metrics.registry, strings.NewReader(`
# HELP bigipkube_pool_condition 1 while a pool is not followed, or not fully, for this reason.
# TYPE bigipkube_pool_condition gauge
bigipkube_pool_condition{condition="endpoints-forbidden",partition="shop",pool="web"} 1
`), "bigipkube_pool_condition"); err != nil {
		t.Error(err)
	}
	if log := b.log(); strings.Count(log, "pool cannot be synced") != 1 || !strings.Contains(log, "not allowed") {
		t.Errorf("the log: %s", log)
	}
	follower.err, follower.report = nil, engine.FollowReport{Bound: true}
	b.reconcile(path)
	if n, err := testutil.GatherAndCount(b.metrics.registry, "bigipkube_pool_condition"); n != 0 || err != nil {
		t.Errorf("%d conditions when it may be read, %v", n, err)
	}
}
