package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// TestCtrlCAtWritesOfACutoverLosesNothing interrupts terraform, and nothing else,
// after the first write of a cutover, some writes later, and so on, until one
// apply ends before. (The walk interrupts at every call; here it is the real CLI,
// and the state file.)
func TestCtrlCAtWritesOfACutoverLosesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 2)
	s.edit(t, `    drain             = "10s"                 # how long what leaves may finish`+"\n", "")
	s.apply(t, 100, 0)
	must(t, s.Simulator.Control(t.Context(), http.MethodPut, "/faults", []map[string]any{
		{"method": "POST|PATCH|DELETE", "path": "/mgmt/tm", "delay": "100ms"}, // time to aim
	}, nil))
	foreign := s.byHand(t)
	shares, interrupted := [2]int{100, 0}, 0
	s.during(t, "cutovers that are interrupted", 100, func() {
		for index := 1; ; index += 5 {
			pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-blue")
			must(t, err)
			s.roll(t, "shop-blue", 3, pods[0])
			shares[0], shares[1] = shares[1], shares[0]
			s.share(shares[0], shares[1])
			goal, changes := s.planned(t)
			if !changes {
				t.Fatal("the plan of a cutover is empty")
			}
			if !s.interruptAfter(t, index) {
				s.holds(t, goal)
				return
			}
			interrupted++
			t.Logf("interrupted after write %d", index)
			s.stateIsValid(t)
			// Nothing is left if the device was at the last write of all.
			if rest, changes := s.planned(t); changes {
				if !maps.Equal(rest, goal) {
					t.Errorf("interrupted after write %d: the next plan leads to %v, the first one to %v", index, rest, goal)
				}
				if _, err := s.terraform.ApplyPlan(t.Context(), "cut.tfplan"); err != nil {
					t.Fatalf("interrupted after write %d: the next apply does not end it: %v", index, err)
				}
				s.empty(t)
			}
			s.holds(t, goal)
		}
	})
	if interrupted < 3 {
		t.Errorf("only %d applies were interrupted, want at least 3: the test aims badly", interrupted)
	}
	if now := s.handMade(t); !bytes.Equal(foreign, now) {
		t.Errorf("what was made by hand has changed:\n%s\nnow:\n%s", foreign, now)
	}
}

// byHand makes a second pool, and a member on the shop's pool, that are nobody's
// in Terraform, and returns what the device says of them.
func (s *shop) byHand(t *testing.T) []byte {
	t.Helper()
	must(t, s.Simulator.REST(t.Context(), http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "other", "partition": "shop", "description": "somebody else's",
		"members": []map[string]any{{"name": "192.0.2.77:80", "ratio": 7}},
	}, nil))
	must(t, s.Simulator.REST(t.Context(), http.MethodPost, "/mgmt/tm/ltm/pool/~shop~shop/members", map[string]any{
		"name": "192.0.2.78:80", "description": "made by hand", "session": "user-disabled", "connectionLimit": 5, "monitor": "/Common/none",
	}, nil))
	return s.handMade(t)
}

func (s *shop) handMade(t *testing.T) []byte {
	t.Helper()
	var all []byte
	for _, path := range []string{"/pool/~shop~other?expandSubcollections=true", "/pool/~shop~shop/members/~shop~192.0.2.78:80"} {
		var text json.RawMessage
		must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm"+path, nil, &text))
		all = append(all, text...)
	}
	return all
}

// memberState is what a plan and a device say of a member's traffic.
type memberState struct {
	Ratio   int    `json:"ratio"`
	Session string `json:"session"`
}

// planned saves a plan as cut.tfplan, and returns the members that it leads to
// and whether anything is to be done for that.
func (s *shop) planned(t *testing.T) (members map[string]memberState, changes bool) {
	t.Helper()
	text, changes, err := s.terraform.Plan(t.Context(), "cut.tfplan")
	must(t, err)
	shown, err := s.terraform.run(t.Context(), "show", "-json", "cut.tfplan")
	must(t, err)
	var plan struct {
		Changes []struct {
			Address string `json:"address"`
			Change  struct {
				After struct {
					Members map[string]memberState `json:"members"`
				} `json:"after"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	must(t, json.Unmarshal([]byte(shown), &plan))
	for _, c := range plan.Changes {
		if c.Address == "bigipkube_pool.shop" {
			return c.Change.After.Members, changes
		}
	}
	t.Fatalf("the plan does not name the pool:\n%s", text)
	return nil, false
}

// holds fails the test unless the device has exactly the members of a plan.
func (s *shop) holds(t *testing.T, goal map[string]memberState) {
	t.Helper()
	var answer struct {
		Items []struct {
			Name    string `json:"name"`
			Ratio   int    `json:"ratio"`
			Session string `json:"session"`
		} `json:"items"`
	}
	must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool/~shop~shop/members", nil, &answer))
	live := map[string]memberState{}
	for _, m := range answer.Items {
		session := "enabled"
		if m.Session == "user-disabled" {
			session = "disabled"
		}
		live[m.Name] = memberState{Ratio: m.Ratio, Session: session}
	}
	if !maps.Equal(live, goal) {
		t.Errorf("the device has %v, the plan leads to %v", live, goal)
	}
}

// stateIsValid reads the state file as any other program would, and returns what
// it says of the resources.
func (s *shop) stateIsValid(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.terraform.Dir, "terraform.tfstate"))
	must(t, err)
	var state struct {
		Resources []struct {
			Type      string `json:"type"`
			Instances []struct {
				Status     string         `json:"status"`
				Attributes map[string]any `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatalf("the state file is no JSON: %v\n%s", err, text)
	}
	if len(state.Resources) != 2 {
		t.Errorf("the state has %d resources, want the pool and the virtual server", len(state.Resources))
	}
	for _, r := range state.Resources {
		if len(r.Instances) != 1 || r.Instances[0].Status != "" || r.Instances[0].Attributes["id"] != "/shop/shop" {
			t.Errorf("the state has %s as %+v, want one sound instance /shop/shop", r.Type, r.Instances)
		}
	}
	return fmt.Sprint(state.Resources)
}

// interruptAfter applies cut.tfplan and sends terraform an interrupt when the
// device has answered so many writes. It returns false if the apply ended well.
func (s *shop) interruptAfter(t *testing.T, count int) bool {
	t.Helper()
	must(t, s.Simulator.ClearJournal(t.Context()))
	command := s.terraform.Command(t.Context(), "apply", "-no-color", "cut.tfplan")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	must(t, command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	interrupted := false
	for {
		select {
		case err := <-ended:
			if err != nil && !interrupted {
				t.Fatalf("the apply failed by itself: %v\n%s", err, &output)
			}
			if text := output.String(); err != nil && !strings.Contains(text, "Unable to finish: interrupted") {
				t.Errorf("the message does not say that the run was interrupted:\n%s", text)
			}
			return err != nil
		case <-tick.C:
			if interrupted {
				continue
			}
			if journal, err := s.Simulator.Journal(t.Context()); err == nil && len(writes(journal)) >= count {
				must(t, command.Process.Signal(os.Interrupt))
				interrupted = true
			}
		}
	}
}

// TestAnApplyWhoseEveryFifthCallIsSpoiledEndsByItself mixes the troubles of a
// device, each time from another call on.
func TestAnApplyWhoseEveryFifthCallIsSpoiledEndsByItself(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 2)
	s.apply(t, 100, 0)
	troubles := []map[string]any{
		{"reset": true}, {"preset": "busy"}, {"commit_then_drop": true}, {"preset": "starting-html"}, {"preset": "token-expired"},
	}
	shares := [2]int{100, 0}
	for first := range 3 {
		// A rule does not count the calls that the rules before it spoil.
		var faults []map[string]any
		for i := range 30 {
			fault := map[string]any{"path": "/mgmt/tm", "skip": first + 4*i, "count": 1}
			maps.Copy(fault, troubles[i%len(troubles)])
			faults = append(faults, fault)
		}
		s.faults(t, faults...)
		shares[0], shares[1] = shares[1], shares[0]
		s.during(t, "spoiled", 100, func() {
			s.share(shares[0], shares[1])
			_, err := s.terraform.Apply(t.Context())
			must(t, err)
		})
		var journal []struct {
			Fault bool `json:"fault"`
		}
		must(t, s.Simulator.Control(t.Context(), http.MethodGet, "/requests", nil, &journal))
		spoiled := 0
		for _, r := range journal {
			if r.Fault {
				spoiled++
			}
		}
		t.Logf("from call %d on: %d calls, %d of them spoiled", first, len(journal), spoiled)
		if spoiled < 5 {
			t.Errorf("only %d calls were spoiled, want each trouble at least once", spoiled)
		}
		s.faults(t)
		s.empty(t)
	}
}

// TestWithoutTheAPIServerNothingIsPlannedNorAppliedAndNothingIsTouched stops the
// API server of a cluster of its own. The pods go on.
func TestWithoutTheAPIServerNothingIsPlannedNorAppliedAndNothingIsTouched(t *testing.T) {
	t.Parallel()
	cluster := kubetest.StartT(t, kubetest.Options{})
	s := newShopOn(t, cluster, 2, 2)
	s.apply(t, 100, 0)
	s.share(0, 100)
	s.planned(t)
	before := s.pool(t)
	state := s.stateIsValid(t)

	must(t, cluster.Process(kubetest.APIServer).Stop(t.Context()))
	phase := s.during(t, "without the API server", 100, func() {
		for _, try := range []struct {
			name string
			run  func() (string, error)
		}{
			// First: the others keep outputs in the state, which makes the plan stale.
			{"the apply of a plan", func() (string, error) { return s.terraform.ApplyPlan(t.Context(), "cut.tfplan") }},
			{"a plan", func() (string, error) { text, _, err := s.terraform.Plan(t.Context(), "away.tfplan"); return text, err }},
			{"an apply", func() (string, error) { return s.terraform.Apply(t.Context()) }},
			{"an apply without reads", func() (string, error) { return s.blindly(t) }},
			{"a destroy", func() (string, error) { return s.terraform.Destroy(t.Context()) }},
		} {
			output, err := try.run()
			if err == nil {
				t.Errorf("%s went through:\n%s", try.name, output)
			}
			text := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
			for _, want := range []string{"Unable to read from Kubernetes", strings.TrimPrefix(cluster.URL(), "https://"), "Nothing was changed"} {
				if !strings.Contains(text, want) {
					t.Errorf("the message of %s lacks %q:\n%s", try.name, want, output)
				}
			}
		}
	})
	if phase.Share("blue") != 100 {
		t.Errorf("without the API server blue gets %.1f %%, want all", phase.Share("blue"))
	}
	if now := s.pool(t); !bytes.Equal(before, now) {
		t.Errorf("the pool has changed:\n%s\nnow:\n%s", before, now)
	}
	if now := s.stateIsValid(t); now != state { // of its outputs Terraform keeps what it had planned
		t.Errorf("the state of the resources has changed:\n%s\nnow:\n%s", state, now)
	}

	must(t, cluster.Process(kubetest.APIServer).Start(t.Context()))
	s.during(t, "with the API server again", 100, func() { s.apply(t, 0, 100) })
}

// blindly applies without a refresh, as somebody in a hurry would.
func (s *shop) blindly(t *testing.T) (string, error) {
	t.Helper()
	args, err := s.terraform.WithVars("apply", "-auto-approve", "-refresh=false")
	must(t, err)
	return s.terraform.run(t.Context(), args...)
}

// pool is the shop's pool with its members, as the device writes it.
func (s *shop) pool(t *testing.T) []byte {
	t.Helper()
	var text json.RawMessage
	must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool/~shop~shop?expandSubcollections=true", nil, &text))
	return text
}

// newShopOn is newShop on a cluster of the test's own.
func newShopOn(t *testing.T, cluster *kubetest.ControlPlane, blue, green int32) *shop {
	t.Helper()
	provider, err := built()
	must(t, err)
	lab, err := NewLab(t.Context(), cluster, provider)
	must(t, err)
	t.Cleanup(lab.Close)
	s := &shop{Lab: lab, namespace: "shop"}
	must(t, cluster.NamespaceNamed(t.Context(), s.namespace))
	must(t, s.DeployShop(t.Context(), s.namespace, blue, green))
	must(t, s.Simulator.MakePartition(t.Context(), "shop"))
	s.terraform, err = s.Shop(t.Context(), cli, s.namespace)
	must(t, err)
	return s
}
