package e2e

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// What the three API servers and their monitor are set to. The delay has to outlast
// the monitor's timeout, in seconds.
const (
	apiServers    = 3
	shutdownDelay = 4 * time.Second
	probeInterval = 1
	probeTimeout  = 3
)

// apiLab is a cluster with three API servers behind the device, as
// examples/kube-apiserver has them.
type apiLab struct {
	*Lab
	terraform  *Terraform
	kubeconfig string
}

// newAPILab has the pool by static addresses, as before the cluster is there.
func newAPILab(t *testing.T) *apiLab {
	t.Helper()
	provider, err := built()
	must(t, err)
	cluster := kubetest.StartT(t, kubetest.Options{
		Nodes: apiServers, ControlPlaneNodes: apiServers, APIServers: apiServers,
		ExtraArgs: map[string][]string{kubetest.APIServer: {
			"--anonymous-auth=true", // /readyz is for everybody, as kubeadm has it
			"--shutdown-delay-duration=" + shutdownDelay.String(),
			"--shutdown-watch-termination-grace-period=2s", // else an open watch holds the end up for a minute
		}},
	})
	lab, err := NewLab(t.Context(), cluster, provider)
	must(t, err)
	t.Cleanup(lab.Close)
	a := &apiLab{Lab: lab, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	must(t, cluster.Kubeconfig(a.kubeconfig)) // names the first server, not the virtual server
	must(t, lab.Simulator.MakePartition(t.Context(), "shop"))
	reach := map[string]string{}
	for i := range apiServers {
		reach[a.member(i)] = cluster.APIServerAddress(i)
	}
	must(t, lab.Simulator.Control(t.Context(), http.MethodPut, "/members", reach, nil))
	a.terraform, err = lab.NewTerraform(t.Context(), cli, "../../examples/kube-apiserver", t.TempDir(), "")
	must(t, err)
	a.terraform.Vars = map[string]any{
		"probe": map[string]int{"interval": probeInterval, "timeout": probeTimeout}, "shutdown_delay": shutdownDelay.String(),
	}
	return a
}

// member is the i-th control-plane node as a member.
func (a *apiLab) member(i int) string { return fmt.Sprintf("192.0.2.%d:6443", 10+i) }

// state is what the device says of a member: its state, and its session.
func (a *apiLab) state(ctx context.Context, i int) (state, session string, err error) {
	var answer struct {
		State   string `json:"state"`
		Session string `json:"session"`
	}
	err = a.Simulator.REST(ctx, http.MethodGet, "/mgmt/tm/ltm/pool/~shop~kube-apiserver/members/~shop~"+a.member(i), nil, &answer)
	return answer.State, answer.Session, err
}

// await polls until the device says so of a member.
func (a *apiLab) await(t *testing.T, i int, ok func(state, session string) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), helperPatience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		state, session, err := a.state(ctx, i)
		if err == nil && ok(state, session) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("member %s is %s, %s, %v", a.member(i), state, session, err)
		}
	}
}

// serves tells that a member takes connections, because its monitor says so.
func serves(state, session string) bool { return state == "up" && session == "monitor-enabled" }

// apply applies the example and makes sure that nothing is left to do.
func (a *apiLab) apply(t *testing.T) {
	t.Helper()
	_, err := a.terraform.Apply(t.Context())
	must(t, err)
	text, changes, err := a.terraform.Plan(t.Context(), "empty.tfplan")
	must(t, err)
	if changes {
		t.Fatalf("the plan should be empty:\n%s", text)
	}
}

// start starts a server again, and returns when the device has all of them back.
func (a *apiLab) start(t *testing.T, i int) {
	t.Helper()
	must(t, a.Cluster.Process(kubetest.APIServerName(i)).Start(t.Context()))
	for each := range apiServers {
		a.await(t, each, serves)
	}
}

// terminate ends a server as the kubelet does, and returns when it is gone. It must have
// waited, and the device must have disabled its member by then.
func (a *apiLab) terminate(t *testing.T, i int) {
	t.Helper()
	began := time.Now()
	must(t, a.Cluster.Process(kubetest.APIServerName(i)).Terminate(t.Context()))
	if took := time.Since(began); took < shutdownDelay {
		t.Errorf("%s was gone after %s: it did not wait", kubetest.APIServerName(i), took)
	}
	if state, session, err := a.state(t.Context(), i); err != nil || serves(state, session) {
		t.Errorf("%s is gone, and its member is %s, %s, %v", kubetest.APIServerName(i), state, session, err)
	}
}

// kill ends a server at once, and tells when that was and when the device knew.
func (a *apiLab) kill(t *testing.T, i int) (killed, down time.Time) {
	t.Helper()
	killed = time.Now()
	must(t, a.Cluster.Process(kubetest.APIServerName(i)).Kill())
	a.await(t, i, func(state, _ string) bool { return state == "down" })
	return killed, time.Now()
}

// back goes back to addresses while the cluster, as the provider knows it, is not there.
func (a *apiLab) back(t *testing.T) {
	t.Helper()
	nowhere := filepath.Join(t.TempDir(), "kubeconfig")
	config, err := clientcmd.LoadFromFile(a.kubeconfig)
	must(t, err)
	for _, cluster := range config.Clusters {
		cluster.Server = "https://127.0.0.1:1"
	}
	must(t, clientcmd.WriteToFile(*config, nowhere))
	a.terraform.Env, a.terraform.Vars["bootstrap"] = a.environment(nowhere), true
	args, err := a.terraform.WithVars("apply", "-auto-approve", "-refresh=false")
	must(t, err)
	_, err = a.terraform.run(t.Context(), args...)
	must(t, err)
	for i := range apiServers {
		a.await(t, i, serves)
	}
}

// TestThreeAPIServersAreRestartedBehindTheDevice goes the whole way: the pool begins
// with addresses, is not touched by those who would read the cluster through it, and is
// handed over to live nodes. Then the servers are restarted one after another, first as
// they should be and then by SIGKILL, and in the end the pool goes back to addresses.
// Clients with a connection for each request, as kubectl has, with one for all, and an
// open watch go through the virtual server all the time.
func TestThreeAPIServersAreRestartedBehindTheDevice(t *testing.T) {
	t.Parallel()
	a := newAPILab(t)
	warned, _, err := (&Terraform{CLI: cli, Dir: a.terraform.Dir, Env: a.terraform.Env, Vars: map[string]any{"shutdown_delay": "10s"}}).Plan(t.Context(), "late.tfplan")
	must(t, err)
	if !strings.Contains(warned, "Timeout is not below shutdown_delay") {
		t.Errorf("the first plan does not warn of the timeout:\n%s", warned)
	}
	a.apply(t)
	for i := range apiServers {
		a.await(t, i, serves)
	}
	listener, err := a.Simulator.Listener(t.Context(), "/shop/kube-apiserver")
	must(t, err)
	clients := newAPIClients(t, a.Cluster, listener)
	through := a.looped(t, listener)
	a.refuses(t, through)

	clients.during(t, "handed over to live nodes", func() {
		a.terraform.Env, a.terraform.Vars["bootstrap"] = a.environment(a.kubeconfig), false
		a.apply(t)
		a.ignores(t, through)
		helper, err := a.StartHelper(t.Context(), a.kubeconfig)
		must(t, err)
		t.Cleanup(func() { _ = helper.Kill() })
		must(t, helper.Ready(t.Context()))
	}).none(t)

	clients.during(t, "SIGTERM", func() {
		for i := range apiServers {
			a.terminate(t, i)
			a.start(t, i)
		}
	}).none(t)

	noticed := 0
	for i := range apiServers {
		var killed, down time.Time
		phase := clients.during(t, "SIGKILL of "+a.member(i), func() {
			killed, down = a.kill(t, i)
			a.start(t, i)
		})
		phase.noneBeyond(t, killed, down)
		noticed += len(phase.failed)
		if took := down.Sub(killed); took > (probeTimeout+probeInterval)*time.Second {
			t.Errorf("%s is down %s after it was killed, the monitor's timeout is %d s", a.member(i), took, probeTimeout)
		}
	}
	if noticed == 0 {
		t.Error("nobody has noticed that servers were killed: these clients notice nothing")
	}
	clients.during(t, "back to addresses, with no API to ask", func() { a.back(t) }).none(t)
	clients.end(t)
}
