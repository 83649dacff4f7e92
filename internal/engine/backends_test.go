package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// fakeSource answers with the snapshot of a Service after a while.
type fakeSource struct {
	snapshots map[string]endpoints.Snapshot // by name of the Service
	failure   error
	takes     time.Duration
}

func (s fakeSource) Snapshot(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	select {
	case <-time.After(s.takes):
		return s.snapshots[ref.Service], s.failure
	case <-ctx.Done():
		return endpoints.Snapshot{}, fmt.Errorf("%w: %w", engine.ErrSource, ctx.Err())
	}
}

// service is a Service with ready pods at 10.0.0.last.
func service(lasts ...int) endpoints.Snapshot {
	slice := endpoints.Slice{Family: endpoints.IPv4, Ports: []endpoints.SlicePort{{Name: "http", Number: 80}}}
	for _, last := range lasts {
		slice.Endpoints = append(slice.Endpoints, endpoints.SliceEndpoint{Addresses: []string{fmt.Sprint("10.0.0.", last)}, Pod: fmt.Sprint("pod-", last)})
	}
	return endpoints.Snapshot{Found: true, Ports: []endpoints.ServicePort{{Name: "http", Number: 80}}, Slices: []endpoints.Slice{slice}}
}

var blueGreen = []engine.Backend{
	{Name: "blue", Ref: endpoints.Ref{Namespace: "shop", Service: "web-blue", Port: "http"}, Share: 90},
	{Name: "web-green", Ref: endpoints.Ref{Cluster: "east", Namespace: "shop", Service: "web-green"}, Share: 10},
}

func TestBackendsAreReadSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := fakeSource{takes: time.Second, snapshots: map[string]endpoints.Snapshot{"web-blue": service(1, 2), "web-green": service(10)}}
		begin := time.Now()
		observed, err := engine.ObserveBackends(t.Context(), source, blueGreen)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %v, want 1s", took)
		}
		if len(observed) != 2 || len(observed["blue"].Endpoints) != 2 || len(observed["web-green"].Endpoints) != 1 {
			t.Errorf("got %+v", observed)
		}
	})
}

func TestEveryBackendThatFailsIsNamedAndNothingIsObserved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wrongPort := service(1)
		wrongPort.Ports[0].Name = "https"
		for range 10 {
			observed, err := engine.ObserveBackends(t.Context(), fakeSource{snapshots: map[string]endpoints.Snapshot{"web-blue": wrongPort}}, blueGreen)
			want := "backend blue: Service shop/web-blue has no port \"http\", it has: https (80)\n" +
				"backend web-green: Service shop/web-green in cluster east does not exist"
			if err == nil || err.Error() != want || observed != nil {
				t.Fatalf("%v\n got %v\nwant %s", observed, err, want)
			}
			if _, ok := errors.AsType[*endpoints.NoPortError](err); !ok {
				t.Error("the cause of blue cannot be found")
			}
			if _, ok := errors.AsType[*endpoints.NoServiceError](err); !ok {
				t.Error("the cause of green cannot be found")
			}
			if backend, ok := errors.AsType[*engine.BackendError](err); !ok || backend.Backend != "blue" {
				t.Errorf("the first to blame is %+v", backend)
			}
		}
		_, err := engine.ObserveBackends(t.Context(), fakeSource{failure: engine.ErrSource}, blueGreen[:1])
		if !errors.Is(err, engine.ErrSource) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNoBackendsAreObservedAsNone(t *testing.T) {
	t.Parallel()
	observed, err := engine.ObserveBackends(t.Context(), fakeSource{}, nil)
	if err != nil || len(observed) != 0 || observed == nil {
		t.Errorf("%v, %v", observed, err)
	}
}

func observe(t *testing.T, snapshots map[string]endpoints.Snapshot) engine.BackendEndpoints {
	t.Helper()
	observed, err := engine.ObserveBackends(t.Context(), fakeSource{snapshots: snapshots}, blueGreen)
	if err != nil {
		t.Fatal(err)
	}
	return observed
}

func described(m ltm.Member, text string) ltm.Member {
	m.Description = text
	return m
}

func TestMembersAreOursByTheirMarkOrTheirEndpoint(t *testing.T) {
	t.Parallel()
	green := service(10)
	green.Slices[0].Endpoints = append(green.Slices[0].Endpoints,
		endpoints.SliceEndpoint{Addresses: []string{"10.0.0.11"}, Ready: new(false)},
		endpoints.SliceEndpoint{Addresses: []string{"10.0.0.12"}, Ready: new(false), Terminating: new(true)})
	observed := observe(t, map[string]endpoints.Snapshot{"web-blue": service(1, 2, 3), "web-green": green})

	byHand := described(member(100, 7, ltm.Disabled), "by hand")
	byHand.Health, byHand.Name, byHand.ConnectionLimit = ltm.HealthUp, "web-100:80", 5
	later := described(member(101, 1, ltm.Enabled), "[bigipkube/2 shop/web]")
	adopted := described(member(2, 1, ltm.Enabled), "by hand")
	adopted.PriorityGroup = 3
	gone := described(member(9, 1, ltm.Enabled), "[bigipkube/1 blue@shop/web-blue pod-9]")
	formerBackend := described(member(50, 1, ltm.Enabled), "[bigipkube/1 shop/web-red pod-50]")
	live := []ltm.Member{byHand, later, adopted, gone, formerBackend, described(member(1, 1, ltm.Disabled), "[bigipkube/1 blue@shop/web-blue pod-1]")}

	got := engine.Members(blueGreen, observed, live)
	stays := byHand
	stays.Health = ""
	want := []ltm.Member{
		described(member(1, 3, ltm.Enabled), "[bigipkube/1 blue@shop/web-blue pod-1]"),
		described(member(2, 3, ltm.Enabled), "[bigipkube/1 blue@shop/web-blue pod-2]"),
		described(member(3, 3, ltm.Enabled), "[bigipkube/1 blue@shop/web-blue pod-3]"),
		described(member(10, 1, ltm.Enabled), "[bigipkube/1 east/shop/web-green pod-10]"),
		described(member(11, 1, ltm.ForcedOffline), "[bigipkube/1 east/shop/web-green]"),
		described(member(12, 1, ltm.Disabled), "[bigipkube/1 east/shop/web-green]"),
		stays,
		later,
	}
	if diff := cmp.Diff(want, got.Members, options); diff != "" {
		t.Errorf("members -want +got\n%s", diff)
	}
	wantBackend := map[ltm.MemberKey]string{
		key(1): "blue", key(2): "blue", key(3): "blue", key(10): "web-green", key(11): "web-green", key(12): "web-green",
	}
	if diff := cmp.Diff(wantBackend, got.Backend, options); diff != "" {
		t.Errorf("backends -want +got\n%s", diff)
	}
	if got.Traffic.Error != 0 || len(got.Traffic.Shares) != 2 {
		t.Errorf("traffic is %+v", got.Traffic)
	}
}

func TestMembersOfMembersAreTheSame(t *testing.T) {
	t.Parallel()
	observed := observe(t, map[string]endpoints.Snapshot{"web-blue": service(1, 2, 3), "web-green": service(10)})
	once := engine.Members(blueGreen, observed, []ltm.Member{described(member(100, 1, ltm.Enabled), "by hand")})
	twice := engine.Members(blueGreen, observed, once.Members)
	if diff := cmp.Diff(once, twice, options); diff != "" {
		t.Errorf("-once +twice\n%s", diff)
	}
	if none := engine.Members(nil, nil, nil); len(none.Members) != 0 || none.Backend == nil {
		t.Errorf("nothing makes %+v", none)
	}
}

func TestAPodThatIsGoneIsDrainedAndThenRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := engine.Members(blueGreen[:1], engine.BackendEndpoints{"blue": resolved(t, service(1, 2, 3))}, []ltm.Member{member(100, 1, ltm.Enabled)})
		d := newDevice(pool(before.Members...))
		d.openUntil[key(2)] = time.Now().Add(5 * time.Second)
		after := engine.Members(blueGreen[:1], engine.BackendEndpoints{"blue": resolved(t, service(1, 3))}, before.Members)
		reaches(t, d, engine.PoolGoal{Pool: pool(after.Members...), Spec: careful, Backend: after.Backend})
		wantWrites(t, d, "pool /shop/web\n  ~ 10.0.0.2:80: enabled -> forced-offline", "pool /shop/web\n  - 10.0.0.2:80")
		if took := time.Since(d.openUntil[key(2)]); took < 0 || took > 2*time.Second {
			t.Errorf("removed %v after its last connection ended", took)
		}
		if _, found := d.show(web).Member(key(100)); !found {
			t.Error("the member of somebody else is gone")
		}
		neverBare(t, d.trace)
	})
}

func resolved(t *testing.T, snapshot endpoints.Snapshot) endpoints.Result {
	t.Helper()
	result, err := endpoints.Resolve(endpoints.Ref{Namespace: "shop", Service: "web-blue", Port: "http"}, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestAPoolsMarkTellsItsBackendsAgain(t *testing.T) {
	t.Parallel()
	spec := cutover.Spec{Drain: time.Minute, Require: cutover.Requirement{Count: 2}}
	text := engine.Mark("Checkout", blueGreen, spec)
	if want := "Checkout [bigipkube/1 blue@shop/web-blue:http=90 east/shop/web-green=10 drain=1m min=2]"; text != want {
		t.Errorf("\n got %s\nwant %s", text, want)
	}
	words, backends, err := engine.Unmark(text)
	if diff := cmp.Diff(blueGreen, backends); diff != "" || words != "Checkout" || err != nil {
		t.Errorf("words %q, %v, -want +got\n%s", words, err, diff)
	}
	six := []engine.Backend{{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Service: "web", Family: endpoints.IPv6}, Share: 1}}
	if _, backends, err = engine.Unmark(engine.Mark("", six, cutover.Spec{})); err != nil || backends[0] != six[0] {
		t.Errorf("%+v, %v", backends, err)
	}
	if text := engine.Mark("Checkout", nil, spec); text != "Checkout" {
		t.Errorf("a pool without backends is described as %q", text)
	}
	words, backends, err = engine.Unmark("Checkout [bigipkube/7 x]")
	if _, ok := errors.AsType[*binding.VersionError](err); !ok || words != "Checkout" || backends != nil {
		t.Errorf("words %q, %v, %v", words, backends, err)
	}
}
