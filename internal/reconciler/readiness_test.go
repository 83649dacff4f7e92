package reconciler

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// gateBench is gates on fakes.
type gateBench struct {
	*gates
	*bench
	mu      sync.Mutex
	patches []string // "shop/web-1 uid-1 True"
	err     error
}

func newGateBench(t *testing.T) *gateBench {
	g := &gateBench{bench: newBench(t)}
	g.bench.watch.pods = map[string]kube.PodGate{}
	g.bench.device.status = map[ltm.Path][]ltm.MemberStatus{}
	g.gates = newGates(g.bench.device, g.bench.watch, g.write, g.bench.logger)
	return g
}

func (g *gateBench) write(_ context.Context, at pod, patch []byte) error {
	var p struct {
		Metadata struct{ UID string }
		Status   struct{ Conditions []corev1.PodCondition }
	}
	if err := json.Unmarshal(patch, &p); err != nil || len(p.Status.Conditions) != 1 || p.Status.Conditions[0].Type != readinessGate {
		return errors.Join(err, errors.New("not a patch of one condition: "+string(patch)))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.patches = append(g.patches, at.namespace+"/"+at.name+" "+p.Metadata.UID+" "+string(p.Status.Conditions[0].Status))
	}
	return g.err
}

// written are the patches since the last call, sorted.
func (g *gateBench) written() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	patches := g.patches
	g.patches = nil
	slices.Sort(patches)
	return strings.Join(patches, ", ")
}

// sees tells of the pods of a pool's one backend, by their names and states.
func (g *gateBench) sees(path ltm.Path, pods map[string]endpoints.State) {
	result := endpoints.Result{}
	for name, state := range pods {
		result.Endpoints = append(result.Endpoints, endpoints.Endpoint{Key: memberOf(name), Pod: name, State: state})
	}
	g.synced(g.t.Context(), &pool{path: path}, engine.FollowReport{
		Backends:  []engine.Backend{{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Service: "web"}}},
		Endpoints: engine.BackendEndpoints{"web": result},
	}, nil)
}

// is says what the device thinks of a pod's member.
func (g *gateBench) is(path ltm.Path, name string, health ltm.Health) {
	g.bench.device.mu.Lock()
	defer g.bench.device.mu.Unlock()
	status := slices.DeleteFunc(slices.Clone(g.bench.device.status[path]), func(s ltm.MemberStatus) bool { return s.Key == memberOf(name) })
	g.bench.device.status[path] = append(status, ltm.MemberStatus{Key: memberOf(name), Health: health})
}

// memberOf is the member of pod web-1: 10.244.0.1:8080.
func memberOf(name string) ltm.MemberKey { return key("10.244.0." + name[len("web-"):] + ":8080") }

func TestAGateOpensWhenTheDeviceCallsThePodUpInAllItsPools(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGateBench(t)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = g.run(ctx) }()
		web, pay := ltm.NewPath("shop", "web"), ltm.NewPath("shop", "pay")
		turn := func() string {
			time.Sleep(gateEvery)
			synctest.Wait()
			return g.written()
		}
		for name, is := range map[string]kube.PodGate{
			"web-1": {UID: "1", Asked: true}, "web-2": {UID: "2", Asked: true}, "web-3": {UID: "3"}, "web-4": {UID: "4", Asked: true, Open: true}, "web-5": {UID: "5", Asked: true},
		} {
			g.bench.watch.pods["shop/"+name] = is
		}
		not := endpoints.NotReady
		g.sees(web, map[string]endpoints.State{"web-1": not, "web-2": not, "web-3": not, "web-4": not, "web-5": endpoints.Draining})
		g.sees(pay, map[string]endpoints.State{"web-1": not})
		g.is(web, "web-1", ltm.HealthUp)
		g.is(pay, "web-1", ltm.HealthChecking)
		g.is(web, "web-2", ltm.HealthUnchecked)
		if got := turn() + turn(); got != "shop/web-1 1 False, shop/web-2 2 True" {
			t.Errorf("up in one of two pools, and where there is no monitor: %q", got)
		}
		g.is(pay, "web-1", ltm.HealthUp)
		if got := turn(); got != "shop/web-1 1 True" {
			t.Errorf("up in both pools: %q", got)
		}
		if got := turn(); got != "" {
			t.Errorf("what is told already is told again: %q", got)
		}
		g.bench.watch.pods["shop/web-1"], g.bench.watch.pods["shop/web-2"] = kube.PodGate{Asked: true, Open: true}, kube.PodGate{Asked: true, Open: true}
		g.sees(web, map[string]endpoints.State{"web-1": endpoints.Ready, "web-2": endpoints.Ready})
		g.forget(pay)
		g.is(web, "web-1", ltm.HealthForcedDown)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := g.written(); got != "" {
			t.Errorf("a gate that is open is touched: %q", got)
		}
	})
}

func TestAPodThatMayNotBePatchedIsToldOnce(t *testing.T) {
	t.Parallel()
	g := newGateBench(t)
	g.err = apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "web-1", errors.New("no"))
	g.bench.watch.pods["shop/web-1"] = kube.PodGate{UID: "1", Asked: true}
	at := pod{namespace: "shop", name: "web-1"}
	g.gates.write(t.Context(), at, true)
	g.gates.write(t.Context(), at, true)
	if log := g.log(); strings.Count(log, "readiness gates cannot be opened") != 1 {
		t.Errorf("the log:\n%s", log)
	}
}
