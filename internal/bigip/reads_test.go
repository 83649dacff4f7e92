package bigip_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// many makes pools shop-0 … with so many members each.
func (l *lab) many(pools, members int) []ltm.Path {
	l.t.Helper()
	return makePools(l.t, l.client, pools, members)
}

func makePools(tb testing.TB, client *icontrol.Client, pools, members int) []ltm.Path {
	tb.Helper()
	paths := make([]ltm.Path, pools)
	for p := range pools {
		paths[p] = ltm.NewPath("shop", fmt.Sprintf("shop-%d", p))
		body := icontrol.PoolBody{Object: icontrol.Object{Name: paths[p].Name, Partition: "shop"}}
		for m := range members {
			body.Members = append(body.Members, icontrol.MemberBody{
				Object: icontrol.Object{Name: fmt.Sprintf("10.%d.%d.%d:8080", p/250, p%250, m+1), Partition: "shop"},
			})
		}
		if _, err := client.Pools().Create(tb.Context(), paths[p].String(), body); err != nil {
			tb.Fatal(err)
		}
	}
	return paths
}

// each reads all paths, ten at a time, as Terraform does.
func each[T any](tb testing.TB, paths []ltm.Path, read func(ltm.Path) (T, error)) []T {
	tb.Helper()
	all := make([]T, len(paths))
	var wait sync.WaitGroup
	slots := make(chan struct{}, 10)
	for i, path := range paths {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			var err error
			if all[i], err = read(path); err != nil {
				tb.Errorf("read %s: %v", path, err)
			}
		})
	}
	wait.Wait()
	return all
}

func TestASharedReadOfManyPoolsIsWhatEachReadAloneIs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	paths := l.many(260, 3)
	alone := each(t, paths, func(p ltm.Path) (ltm.Pool, error) { return l.Pool(t.Context(), p) })
	if got := len(l.calls()); got < len(paths) {
		t.Fatalf("%d requests for %d pools: nothing to compare with", got, len(paths))
	}
	reads := l.Reads()
	shared := each(t, paths, func(p ltm.Path) (ltm.Pool, error) { return reads.Pool(t.Context(), p) })
	if diff := cmp.Diff(alone, shared, cmp.Comparer(func(a, b ltm.MemberKey) bool { return a == b })); diff != "" {
		t.Errorf("alone and shared (-alone +shared):\n%s", diff)
	}
	if calls := l.calls(); len(calls) > 6 || !slices.Contains(calls, "GET ltm/pool") {
		t.Errorf("%d requests for %d pools, want 3 and 2 pages:\n%s", len(calls), len(paths), strings.Join(calls, "\n"))
	}
}

func TestASharedReadOfManyVirtualServersIsWhatEachReadAloneIs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	paths := make([]ltm.Path, 120)
	for i := range paths {
		paths[i] = ltm.NewPath("shop", fmt.Sprintf("v%d", i))
		destination, err := ltm.ParseDestination("shop", fmt.Sprintf("192.0.2.%d:443", i+1))
		if err != nil {
			t.Fatal(err)
		}
		vs := ltm.VirtualServer{
			Path: paths[i], Destination: destination, IPProtocol: "tcp", Enabled: i%2 == 0,
			Profiles: []ltm.Profile{{Path: ltm.NewPath("Common", "fastL4"), Context: ltm.ContextAll}},
		}
		if err := l.CreateVirtualServer(t.Context(), vs); err != nil {
			t.Fatal(err)
		}
	}
	alone := each(t, paths, func(p ltm.Path) (ltm.VirtualServer, error) { return l.VirtualServer(t.Context(), p) })
	l.sim.ClearRequests()
	reads := l.Reads()
	shared := each(t, paths, func(p ltm.Path) (ltm.VirtualServer, error) { return reads.VirtualServer(t.Context(), p) })
	for i := range paths {
		if !alone[i].Equal(shared[i]) {
			t.Errorf("%s: alone %+v, shared %+v", paths[i], alone[i], shared[i])
		}
	}
	if calls := l.calls(); len(calls) > 6 || !slices.Contains(calls, "GET ltm/virtual") {
		t.Errorf("%d requests for %d virtual servers, want 3 and 2 pages:\n%s", len(calls), len(paths), strings.Join(calls, "\n"))
	}
}

// monitors makes monitors probe-0 … of a type.
func (l *lab) monitors(kind ltm.MonitorType, count int) []ltm.Path {
	l.t.Helper()
	paths := make([]ltm.Path, count)
	for i := range paths {
		paths[i] = ltm.NewPath("shop", fmt.Sprintf("probe-%d", i))
		m := ltm.NewMonitor(kind, paths[i])
		m.Interval, m.Timeout, m.Send = i+1, 3*i+4, string(kind)
		if err := l.CreateMonitor(l.t.Context(), m, ltm.NewMonitor(kind, paths[i]), ""); err != nil {
			l.t.Fatal(err)
		}
	}
	l.sim.ClearRequests()
	return paths
}

// TestASharedReadOfManyMonitorsIsWhatEachReadAloneIs has monitors of two types,
// each of which is a collection of its own.
func TestASharedReadOfManyMonitorsIsWhatEachReadAloneIs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for kind, count := range map[ltm.MonitorType]int{ltm.MonitorHTTP: 120, ltm.MonitorTCP: 90} {
		reads := l.Reads()
		paths := l.monitors(kind, count)
		alone := each(t, paths, func(p ltm.Path) (ltm.Monitor, error) { return l.Monitor(t.Context(), kind, p) })
		l.sim.ClearRequests()
		shared := each(t, paths, func(p ltm.Path) (ltm.Monitor, error) { return reads.Monitor(t.Context(), kind, p) })
		if diff := cmp.Diff(alone, shared, cmp.Comparer(func(a, b ltm.Monitor) bool { return a == b })); diff != "" {
			t.Errorf("%s: alone and shared (-alone +shared):\n%s", kind, diff)
		}
		if calls := l.calls(); len(calls) > 6 || !slices.Contains(calls, "GET ltm/monitor/"+string(kind)) {
			t.Errorf("%d requests for %d monitors, want 3 and 2 pages at most:\n%s", len(calls), count, strings.Join(calls, "\n"))
		}
	}
}

func TestAMonitorThatNoPageHasIsAskedForAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	paths := l.monitors(ltm.MonitorHTTP, 10)
	reads := l.Reads()
	each(t, paths, func(p ltm.Path) (ltm.Monitor, error) { return reads.Monitor(t.Context(), ltm.MonitorHTTP, p) })
	l.sim.ClearRequests()
	_, err := reads.Monitor(t.Context(), ltm.MonitorHTTP, ltm.NewPath("shop", "gone"))
	if calls := l.calls(); !errors.Is(err, engine.ErrNotFound) || !slices.Contains(calls, "GET ltm/monitor/http/~shop~gone") {
		t.Errorf("error %v after %v, want not found by its own GET", err, calls)
	}
	// One of another type that bears the name of a known one is not that one.
	if _, err := reads.Monitor(t.Context(), ltm.MonitorTCP, paths[9]); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("error %v for a monitor of another type, want not found", err)
	}
}

func TestASharedReadOfAMonitorSeesTheChangesOfItsOwnDevice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	paths := l.monitors(ltm.MonitorHTTP, 10)
	reads := l.Reads()
	var live ltm.Monitor
	for _, path := range paths[:9] {
		var err error
		if live, err = reads.Monitor(t.Context(), ltm.MonitorHTTP, path); err != nil {
			t.Fatal(err)
		}
	}
	// A page has the tenth by now; it is changed before it is asked for.
	if live, _ = l.Monitor(t.Context(), ltm.MonitorHTTP, paths[9]); live.Interval != 10 {
		t.Fatalf("the monitor is %+v", live)
	}
	want := live
	want.Interval = 7
	if err := l.UpdateMonitor(t.Context(), changeset.ComputeMonitor(want, live)); err != nil {
		t.Fatal(err)
	}
	if got, err := reads.Monitor(t.Context(), ltm.MonitorHTTP, paths[9]); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestTheReadOfOnePoolIsOneSmallGET(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	path := l.many(1, 100)[0]
	l.sim.ClearRequests()
	if got, err := l.Reads().Pool(t.Context(), path); err != nil || len(got.Members) != 100 {
		t.Fatalf("%d members, error %v", len(got.Members), err)
	}
	requests := l.sim.Requests()
	if len(requests) != 1 || requests[0].BytesOut > 80_000 {
		t.Errorf("a pool of 100 members was read by %+v, want one GET of at most 80 kB", requests)
	}
}

func TestASharedReadSeesEveryChangeOfItsOwnDevice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	paths := l.many(10, 2)
	reads := l.Reads()
	each(t, paths, func(p ltm.Path) (ltm.Pool, error) { return reads.Pool(t.Context(), p) })
	for i, change := range []func(*ltm.Pool){
		func(p *ltm.Pool) { p.Members[0].Ratio++ },
		func(p *ltm.Pool) { p.Members[0].Ratio++; p.Members[1].Ratio++ }, // a transaction
		func(p *ltm.Pool) { p.SlowRampTime++ },
		func(p *ltm.Pool) { p.Members = p.Members[:1] },
	} {
		live, err := reads.Pool(t.Context(), paths[i])
		if err != nil {
			t.Fatal(err)
		}
		desired := live
		desired.Members = slices.Clone(live.Members)
		change(&desired)
		if err := l.ApplyPool(t.Context(), changeset.Compute(desired, live)); err != nil {
			t.Fatal(err)
		}
		got, err := reads.Pool(t.Context(), paths[i])
		if left := changeset.Compute(desired, got); err != nil || !left.Empty() {
			t.Errorf("change %d: error %v, not seen: %s", i, err, left)
		}
	}
}

func TestAPoolInAPartitionThatIsGoneIsNotFoundHoweverManyAsk(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	reads := l.Reads()
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			_, err := reads.Pool(t.Context(), ltm.NewPath("gone", fmt.Sprint(i)))
			if !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("error %v, want not found", err)
			}
		})
	}
	wait.Wait()
}

func TestAPoolThatIsNotUnderstoodTroublesItsOwnReaderOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	paths := l.many(20, 1)
	const odd = `{"name":"odd","partition":"shop","fullPath":"/shop/odd","monitor":"a rule of another release"}`
	if err := l.sim.SetFaults([]control.Fault{
		{Path: `/ltm/pool\?`, Status: 200, Body: `{"items":[` + odd + `,{"name":"shop-9","partition":"shop","fullPath":"/shop/shop-9"}]}`},
		{Path: `/ltm/pool/~shop~odd\?`, Status: 200, Body: odd},
	}); err != nil {
		t.Fatal(err)
	}
	reads := l.Reads()
	each(t, paths, func(p ltm.Path) (ltm.Pool, error) { return reads.Pool(t.Context(), p) })
	_, err := reads.Pool(t.Context(), ltm.NewPath("shop", "odd"))
	if !errors.Is(err, engine.ErrRefused) {
		t.Errorf("error %v, want one that says what is not understood", err)
	}
}

// BenchmarkRefresh compares a refresh of a thousand pools, ten at a time, at 20 ms
// for each answer: one by one, and shared.
func BenchmarkRefresh(b *testing.B) {
	sim, err := bigipsim.New(bigipsim.Options{PlainHTTP: true})
	if err != nil {
		b.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = sim.Close(b.Context()) })
	client, err := icontrol.New(icontrol.Config{Address: sim.ManagementURL(), Username: "admin", Password: "admin"})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := client.Partitions().Create(b.Context(), "shop", icontrol.PartitionBody{Name: "shop"}); err != nil {
		b.Fatal(err)
	}
	paths := makePools(b, client, 1000, 5)
	if err := sim.SetFaults([]control.Fault{{Delay: "20ms"}}); err != nil {
		b.Fatal(err)
	}
	device := bigip.New(client, "lab", nil)
	took := map[bool]float64{}
	requests := map[bool]int{}
	for b.Loop() {
		for _, shared := range []bool{false, true} {
			var reader engine.Refresher = device
			if shared {
				reader = device.Reads()
			}
			sim.ClearRequests()
			before := b.Elapsed()
			each(b, paths, func(p ltm.Path) (ltm.Pool, error) { return reader.Pool(b.Context(), p) })
			took[shared] += (b.Elapsed() - before).Seconds()
			requests[shared] += len(sim.Requests())
		}
	}
	b.ReportMetric(took[false]/took[true], "times-faster")
	b.ReportMetric(float64(requests[false])/float64(requests[true]), "times-fewer-GETs")
}
