package reconciler

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// explain asks about a pool.
func (l *lab) explain(pool, member, output string) (string, error) {
	l.t.Helper()
	var out, log syncBuffer
	o := ExplainOptions{Options: l.options(), Pool: pool, Member: member, Output: output}
	o.Out, o.Log = &out, &log
	err := Explain(l.t.Context(), o)
	return out.String(), err
}

func TestExplainTellsOfEachMemberWhatIsAskedWhatIsThereAndWhy(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop")
	l.bind("shop", "web", "vms@(192.0.2.1:8080,192.0.2.2:8080)=1")
	for _, m := range []map[string]any{
		{"name": "192.0.2.1:8080", "description": "[bigipkube/1 vms@(addresses)]"},
		{"name": "192.0.2.3:8080", "description": "[bigipkube/1 vms@(addresses)]", "session": "user-disabled"},
		{"name": "192.0.2.4:8080", "description": "[bigipkube/1 green@(addresses)]"},
		{"name": "192.0.2.9:80", "ratio": 7},
	} {
		l.rest(http.MethodPost, "ltm/pool/~shop~web/members", m)
	}
	l.sim.ClearRequests()
	got, err := l.explain("/shop/web", "", "text")
	if err != nil {
		t.Fatal(err)
	}
	want := `pool /shop/web on ` + strings.TrimPrefix(l.sim.ManagementURL(), "https://") + `
  bound to    vms (192.0.2.1:8080 192.0.2.2:8080), share 1

member 192.0.2.1:8080
  backend     vms
  endpoint    ready
  asked       enabled, ratio 1
  on device   enabled, ratio 1, unchecked, 0 connections (Pool member does not have service checking enabled)
  why         ready: takes new clients

member 192.0.2.2:8080
  backend     vms
  endpoint    ready
  asked       enabled, ratio 1
  on device   not there
  why         ready; the next sync adds it

member 192.0.2.3:8080
  backend     vms
  asked       not to be there
  on device   disabled, ratio 1, unchecked, 0 connections (Pool member does not have service checking enabled)
  why         gone: it is none of its backend's addresses; the next sync removes it

member 192.0.2.4:8080
  backend     green
  asked       nothing: it is left alone
  on device   enabled, ratio 1, unchecked, 0 connections (Pool member does not have service checking enabled)
  why         the pool is not bound to its backend green: an apply prepares or drains it

member 192.0.2.9:80
  asked       nothing: it is left alone
  on device   enabled, ratio 7, unchecked, 0 connections (Pool member does not have service checking enabled)
  why         not ours: it carries no mark
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if writes := l.writes(); len(writes) != 0 {
		t.Errorf("it writes: %v", writes)
	}

	got, err = l.explain("/shop/web", "192.0.2.9:80", "json")
	var one Explanation
	if err == nil {
		err = json.Unmarshal([]byte(got), &one)
	}
	if err != nil || len(one.Members) != 1 || one.Members[0].Owner != "other" || one.Members[0].Asked != nil || one.Members[0].OnDevice.Ratio != 7 || one.LeftOut == nil {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestExplainSaysWhatIsWrongWithTheQuestion(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop")
	device := strings.TrimPrefix(l.sim.ManagementURL(), "https://")
	l.bind("shop", "web", "vms@(192.0.2.1:8080)=1")
	l.bind("shop", "odd", "what/ever=x")
	l.bind("shop", "lost", "nowhere/web=1")
	l.rest(http.MethodPost, "ltm/pool", map[string]any{"name": "plain", "partition": "shop"})
	for _, test := range []struct{ pool, member, output, want string }{
		{"/shop/none", "", "text", "there is no pool /shop/none on " + device},
		{"/shop/plain", "", "text", "pool /shop/plain on " + device + " is not bound: its description carries no mark, so the helper leaves it alone"},
		{"/shop/odd", "", "text", "pool /shop/odd on " + device + ` is not followed: the bigipkube mark in the description cannot be read at "what/ever=x": its number is wrong`},
		{"/shop/lost", "", "text", "pool /shop/lost on " + device + " is not followed: backend web: "},
		{"/shop/web", "192.0.2.2:8080", "text", "192.0.2.2:8080 is neither a member of pool /shop/web nor an endpoint of its backends; there are: 192.0.2.1:8080"},
		{"/shop/web", "192.0.2.2", "text", "--member: "},
		{"web/", "", "text", "--pool: "},
		{"/shop/web", "", "yaml", `--output: "yaml" is none of text and json`},
	} {
		got, err := l.explain(test.pool, test.member, test.output)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || got != "" {
			t.Errorf("%s %s: %v\n%s", test.pool, test.member, err, got)
		}
	}
}

// TestExplainReadsAMemberBackToItsSliceAndPod follows one pod of a real cluster that
// terminates while it serves.
func TestExplainReadsAMemberBackToItsSliceAndPod(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 3, Terminating: 10 * time.Minute})
	must(t, s.cp.WaitReady(t.Context(), s.namespace, "web", 3))
	o := s.options("shop")
	o.Once = true
	if _, log, err := s.run(o); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 2))
	e, err := s.cp.WaitEndpoints(t.Context(), s.namespace, "web", func(e kubetest.Endpoints) bool { return len(e.Terminating) == 1 })
	must(t, err)
	key := e.Terminating[0] + ":8080"

	before, err := s.explain("/shop/web", key, "json")
	must(t, err)
	var read Explanation
	must(t, json.Unmarshal([]byte(before), &read))
	if len(read.Members) != 1 {
		t.Fatal(before)
	}
	m := read.Members[0]
	conditions := ""
	for _, c := range m.Endpoint.Conditions {
		conditions += fmt.Sprintf("%s=%s ", c.Name, c.Status)
	}
	if !strings.HasPrefix(m.Endpoint.Slice, "web-") || !strings.HasPrefix(m.Endpoint.Pod, "web-") || m.Endpoint.Node != "node-0" ||
		conditions != "ready=false serving=true terminating=true " || m.Asked.Session != "disabled" || m.OnDevice.Session != "enabled" ||
		m.Why != "terminating and still serving: takes no new clients; the next sync changes it" {
		t.Errorf("before a sync: %s", before)
	}

	if _, _, err = s.run(o); err == nil { // it drains
		t.Error("nothing is pending")
	}
	after, err := s.explain("/shop/web", key, "text")
	must(t, err)
	if !strings.Contains(after, "  on device   disabled, ratio 1,") || !strings.HasSuffix(after, "  why         terminating and still serving: takes no new clients\n") {
		t.Errorf("after a sync:\n%s", after)
	}
	t.Logf("it prints\n%s", after)
}
