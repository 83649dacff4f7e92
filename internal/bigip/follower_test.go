package bigip_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// pods is a Source in memory: the endpoints of each Service.
type pods map[string][]endpoints.SliceEndpoint

func (p pods) Snapshot(_ context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	return endpoints.Snapshot{
		Found: true, Ports: []endpoints.ServicePort{{Name: "http", Number: 80}},
		Slices: []endpoints.Slice{{Family: endpoints.IPv4, Ports: []endpoints.SlicePort{{Name: "http", Number: 8080}}, Endpoints: p[ref.Service]}},
	}, nil
}

// ready are so many pods that are ready, from 10.0.block.1 on.
func ready(block, count int) []endpoints.SliceEndpoint {
	var list []endpoints.SliceEndpoint
	for i := range count {
		list = append(list, endpoints.SliceEndpoint{Addresses: []string{fmt.Sprintf("10.0.%d.%d", block, i+1)}, Pod: fmt.Sprintf("web-7d9f-%05d", i)})
	}
	return list
}

// follow makes a pool that is bound to Services and a Follower that has read it.
func (l *lab) follow(source pods, services ...string) *engine.Follower {
	l.t.Helper()
	var backends []engine.Backend
	for _, service := range services {
		backends = append(backends, engine.Backend{Name: service, Ref: endpoints.Ref{Namespace: "shop", Service: service, Port: "http"}, Share: 50})
	}
	observed, err := engine.ObserveBackends(l.t.Context(), source, backends)
	if err != nil {
		l.t.Fatal(err)
	}
	p := pool(l.t, engine.Members(backends, observed, nil).Members...)
	p.LoadBalancingMode, p.Description = "ratio-member", engine.Mark("Shop", backends, cutover.Spec{})
	l.create(p)
	f := engine.NewFollower(l.Device, source, web, engine.FollowOptions{MaxDisablePercent: 50, Hold: 30 * time.Second})
	l.sync(f)
	l.wantCalls("GET ltm/pool/~shop~web")
	return f
}

func (l *lab) sync(f *engine.Follower) engine.FollowReport {
	l.t.Helper()
	report, err := f.Sync(l.t.Context(), false)
	if err != nil {
		l.t.Fatal(err)
	}
	return report
}

// TestAChangeOfOneEndpointIsOneSmallRequestWhateverTheSizeOfThePool counts what is
// sent: the request's line and its body. Its headers are about 220 bytes more.
func TestAChangeOfOneEndpointIsOneSmallRequestWhateverTheSizeOfThePool(t *testing.T) {
	t.Parallel()
	for _, count := range []int{3, 200} {
		l := newLab(t)
		source := pods{"web": ready(1, count)}
		f := l.follow(source, "web")
		pod := &source["web"][1]
		for name, change := range map[string]func(){
			"it terminates":   func() { pod.Ready, pod.Serving, pod.Terminating = new(false), new(true), new(true) },
			"it is not ready": func() { *pod = endpoints.SliceEndpoint{Addresses: pod.Addresses, Pod: pod.Pod, Ready: new(false)} },
			"another is added": func() {
				source["web"] = append(source["web"], endpoints.SliceEndpoint{Addresses: []string{"10.0.9.9"}, Pod: "web-7d9f-x2k4z"})
			},
		} {
			source["web"] = ready(1, count)
			pod = &source["web"][1]
			l.settle(f)
			change()
			l.sync(f)
			requests := l.sim.Requests()
			l.sim.ClearRequests()
			if len(requests) != 1 {
				t.Fatalf("%s: %+v", name, requests)
			}
			r := requests[0]
			sent := int64(len(r.Method)+len(r.Path)+len("  HTTP/1.1\r\n")) + r.BytesIn
			t.Logf("%d members, %s: %s %s, %d bytes of them %d in the body; the answer's body has %d", count, name, r.Method, r.Path, sent, r.BytesIn, r.BytesOut)
			if r.Status != http.StatusOK || sent >= 250 {
				t.Errorf("%s: %d bytes, %+v", name, sent, r)
			}
		}
	}
}

// settle brings the pool back, and forgets the requests.
func (l *lab) settle(f *engine.Follower) {
	l.t.Helper()
	for l.sync(f).Written != nil {
	}
	l.sim.ClearRequests()
}

func TestWithSeveralBackendsTheMarkIsReadBeforeAWriteInTwoHundredAndFiftyBytes(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	source := pods{"blue": ready(1, 20), "green": ready(2, 20)}
	f := l.follow(source, "blue", "green")
	source["blue"][0].Terminating = new(true)
	l.sync(f)
	if got := l.sim.Requests()[0].BytesOut; got > 250 {
		t.Errorf("%d bytes", got)
	}
	l.sim.ClearRequests()
}

// TestAFollowerAndSomebodyElseOnTheSameDevice is the races of the engine's tests,
// with the answers that a device gives.
func TestAFollowerAndSomebodyElseOnTheSameDevice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	source := pods{"web": ready(1, 3)}
	f := l.follow(source, "web")
	if err := l.client.Members(web.String()).Delete(t.Context(), "/shop/10.0.1.3:8080"); err != nil {
		t.Fatal(err)
	}
	l.sim.ClearRequests()
	source["web"][2].Terminating = new(true)
	l.sync(f)
	l.wantCalls("PATCH ltm/pool/~shop~web/members/~shop~10.0.1.3:8080", "GET ltm/pool/~shop~web", "GET ltm/pool/~shop~web", "POST ltm/pool/~shop~web/members")

	l.post("ltm/pool/~shop~web/members", `{"name":"10.0.9.9:8080","partition":"shop"}`)
	source["web"] = append(source["web"], endpoints.SliceEndpoint{Addresses: []string{"10.0.9.9"}, Pod: "web-9"})
	l.sync(f)
	l.wantCalls("POST ltm/pool/~shop~web/members", "GET ltm/pool/~shop~web", "PATCH ltm/pool/~shop~web/members/~shop~10.0.9.9:8080")
	sessions := map[string]ltm.Session{}
	for _, m := range l.read(web).Members {
		sessions[m.Key.Name()] = m.Session
	}
	if len(sessions) != 4 || sessions["10.0.1.3:8080"] != ltm.Disabled || sessions["10.0.9.9:8080"] != ltm.Enabled {
		t.Errorf("got %v", sessions)
	}

	if err := l.DeletePool(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	source["web"] = source["web"][:2]
	if report := l.sync(f); report.Bound {
		t.Errorf("got %+v", report)
	}
}
