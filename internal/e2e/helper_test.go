package e2e

import (
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// helperPatience bounds the waits for a state; all of them end long before.
const helperPatience = 3 * time.Minute

// followed is a shop whose pods go on serving for a while when they are deleted,
// as those of a well-behaved rolling update do. Its environment is Terraform's.
type followed struct {
	*shop
	kubeconfig  string
	replicas    map[string]int // by Deployment
	terminating time.Duration
	gate        string // the readiness gate of pods that are deployed from now on
}

func newFollowed(t *testing.T, lab *Lab, terminating time.Duration, blue, green int, environment ...string) *followed {
	t.Helper()
	f := &followed{shop: &shop{Lab: lab}, terminating: terminating, replicas: map[string]int{"shop-blue": blue, "shop-green": green}}
	f.namespace = f.Cluster.NamespaceT(t, "followed")
	f.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	must(t, f.Cluster.Kubeconfig(f.kubeconfig))
	for name, pods := range f.replicas {
		f.deploy(t, name, "v1")
		must(t, f.WaitReady(t.Context(), f.namespace, name, pods))
	}
	must(t, f.Simulator.MakePartition(t.Context(), "shop"))
	var err error
	f.terraform, err = f.Shop(t.Context(), cli, f.namespace)
	must(t, err)
	f.terraform.Env = append(f.terraform.Env, environment...)
	// An output that lists the members is a change of the plan whenever they change.
	must(t, os.Remove(filepath.Join(f.terraform.Dir, "outputs.tf")))
	return f
}

// deploy begins a rolling update to a version.
func (f *followed) deploy(t *testing.T, name, version string) {
	t.Helper()
	must(t, f.Cluster.Deploy(t.Context(), kubetest.DeploymentSpec{
		Namespace: f.namespace, Name: name, Replicas: int32(f.replicas[name]),
		Colour: strings.TrimPrefix(name, "shop-"), Version: version, Terminating: f.terminating, ReadinessGate: f.gate,
	}))
}

// rolled deploys a version and waits until only its pods are left ready.
func (f *followed) rolled(t *testing.T, name, version string) {
	t.Helper()
	before := f.endpoints(t, name, func(kubetest.Endpoints) bool { return true })
	f.deploy(t, name, version)
	must(t, f.WaitReady(t.Context(), f.namespace, name, f.replicas[name], before.Ready...))
}

func (f *followed) endpoints(t *testing.T, name string, ok func(kubetest.Endpoints) bool) kubetest.Endpoints {
	t.Helper()
	endpoints, err := f.Cluster.WaitEndpoints(t.Context(), f.namespace, name, ok)
	must(t, err)
	return endpoints
}

// start starts a helper that is ready, and ends it with the test.
func (f *followed) start(t *testing.T, flags ...string) *Helper {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), helperPatience)
	defer cancel()
	helper, err := f.StartHelper(ctx, f.kubeconfig, flags...)
	must(t, err)
	t.Cleanup(func() {
		_ = helper.Kill() // most have ended before
		if t.Failed() {
			t.Logf("a helper's log:\n%s", helper.Log())
		}
	})
	must(t, helper.Ready(ctx))
	return helper
}

// stop ends a helper, which must end well.
func stop(t *testing.T, helper *Helper) {
	t.Helper()
	if err := helper.Stop(); err != nil {
		t.Errorf("SIGTERM: the helper ends with %v\n%s", err, helper.Log())
	}
}

// sessions are the members of the pool, by address and port, and whether each
// takes new connections.
func (f *followed) sessions(ctx context.Context) (map[string]bool, error) {
	var answer struct {
		Items []struct {
			Name    string `json:"name"`
			Session string `json:"session"`
		} `json:"items"`
	}
	unit, err := f.Simulator.Active(ctx)
	if err != nil {
		return nil, err
	}
	err = f.Simulator.send(ctx, http.MethodGet, unit+"/mgmt/tm/ltm/pool/~shop~shop/members", nil, &answer)
	enabled := map[string]bool{}
	for _, m := range answer.Items {
		enabled[m.Name] = m.Session != "user-disabled"
	}
	return enabled, err
}

// right waits until the ready pods of the Deployments that serve, and no others,
// are members that take connections. Those that terminate may still be there,
// disabled.
func (f *followed) right(t *testing.T, serving ...string) {
	t.Helper()
	var want []string
	for _, name := range serving {
		for _, address := range f.endpoints(t, name, func(e kubetest.Endpoints) bool { return len(e.Ready) == f.replicas[name] }).Ready {
			want = append(want, address+":8080")
		}
	}
	slices.Sort(want)
	f.await(t, func(enabled map[string]bool) bool {
		maps.DeleteFunc(enabled, func(_ string, on bool) bool { return !on })
		return slices.Equal(slices.Sorted(maps.Keys(enabled)), want)
	})
}

// swept waits until every pod that terminates is gone, and its member too.
func (f *followed) swept(t *testing.T) {
	t.Helper()
	members := 0
	for name, pods := range f.replicas {
		f.endpoints(t, name, func(e kubetest.Endpoints) bool { return len(e.Ready) == pods && len(e.Terminating) == 0 })
		members += pods
	}
	f.await(t, func(enabled map[string]bool) bool { return len(enabled) == members })
}

// await polls the pool. A device that does not answer is asked again.
func (f *followed) await(t *testing.T, ok func(enabled map[string]bool) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), helperPatience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		enabled, err := f.sessions(ctx)
		if err == nil && ok(maps.Clone(enabled)) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the pool does not become what it should: %v, %v", enabled, err)
		}
	}
}

func TestTheHelperRollsThirtyPodsWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, newLab(t), 5*time.Second, 30, 1)
	f.apply(t, 100, 0)
	old := f.serve(t, 30)
	helper := f.start(t)
	phase := f.during(t, "rolling update", 500, func() {
		f.rolled(t, "shop-blue", "v2")
		f.right(t, "shop-blue")
		f.swept(t)
		f.empty(t)
	})
	for name := range f.serve(t, 30) {
		if old[name] {
			t.Errorf("%s is a member, and no pod has its address any more", name)
		}
	}
	stop(t, helper)
	t.Logf("%d requests, %d failed, within %s", phase.Requests, phase.Failed, phase.Took.Round(time.Millisecond))
}

func TestWithoutTheHelperThePlanShowsTheMembersThatWouldMove(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, newLab(t), 0, 2, 1)
	f.apply(t, 100, 0)
	helper := f.start(t)
	f.scale(t, "shop-blue", 4)
	f.right(t, "shop-blue")
	f.empty(t)
	stop(t, helper)

	before := f.endpoints(t, "shop-blue", func(kubetest.Endpoints) bool { return true }).Ready
	f.scale(t, "shop-blue", 5)
	text, changes, err := f.terraform.Plan(t.Context(), "moved.tfplan")
	must(t, err)
	if !changes {
		t.Fatalf("nobody follows the pods, and the plan is empty:\n%s", text)
	}
	for _, address := range f.endpoints(t, "shop-blue", func(kubetest.Endpoints) bool { return true }).Ready {
		added := strings.Contains(text, `+ "`+address+`:8080"`)
		if known := slices.Contains(before, address); known == added {
			t.Errorf("%s: a member already: %t, to be added: %t, in the plan\n%s", address, known, added, text)
		}
	}
	f.start(t)
	f.right(t, "shop-blue")
	f.empty(t)
}

// scale changes the number of pods and waits until they are ready.
func (f *followed) scale(t *testing.T, name string, pods int) {
	t.Helper()
	f.replicas[name] = pods
	must(t, f.Cluster.Scale(t.Context(), f.namespace, name, int32(pods)))
	must(t, f.WaitReady(t.Context(), f.namespace, name, pods))
}
