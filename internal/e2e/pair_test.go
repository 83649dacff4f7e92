package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newPair is examples/ha-pair before the first apply, with servers behind the
// members' addresses: 192.0.2.10 and 11 are blue, 12 and 13 are green.
func newPair(t *testing.T) *shop {
	t.Helper()
	provider, err := built()
	must(t, err)
	s := &shop{Lab: &Lab{Provider: provider, dir: t.TempDir()}}
	s.Simulator, err = StartSimulator(provider, s.dir, "--ha")
	must(t, err)
	t.Cleanup(s.Simulator.Close)
	members := map[string]string{}
	for i, colour := range []string{"blue", "blue", "green", "green"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Colour", colour) }))
		t.Cleanup(server.Close)
		members[fmt.Sprintf("192.0.2.%d:8080", 10+i)] = server.Listener.Addr().String()
	}
	must(t, s.Simulator.Control(t.Context(), http.MethodPut, "/members", members, nil))
	must(t, s.Simulator.MakePartition(t.Context(), "shop"))
	must(t, s.Simulator.REST(t.Context(), http.MethodPost, "/mgmt/tm/cm", map[string]string{"command": "run", "utilCmdArgs": "config-sync to-group failover-group"}, nil))
	s.inSync(t)
	root, err := repositoryRoot()
	must(t, err)
	s.terraform, err = s.NewTerraform(t.Context(), cli, filepath.Join(root, "examples", "ha-pair"), t.TempDir(), "")
	must(t, err)
	s.terraform.Vars = map[string]any{"addresses": []string{s.Simulator.Management, s.Simulator.Peer}}
	return s
}

// unit sends a GET to one of the units' management addresses.
func (s *shop) unit(ctx context.Context, address, path string, answer any) error {
	return s.Simulator.send(ctx, http.MethodGet, address+path, nil, answer)
}

func (s *shop) both() []string { return []string{s.Simulator.Management, s.Simulator.Peer} }

// inSync waits until both units say so.
func (s *shop) inSync(t *testing.T) {
	t.Helper()
	for _, address := range s.both() {
		s.until(t, address+" is in sync", func() bool {
			var status struct {
				Entries map[string]struct {
					NestedStats struct {
						Entries map[string]struct {
							Description string `json:"description"`
						} `json:"entries"`
					} `json:"nestedStats"`
				} `json:"entries"`
			}
			must(t, s.unit(t.Context(), address, "/mgmt/tm/cm/sync-status", &status))
			for _, entry := range status.Entries {
				return entry.NestedStats.Entries["status"].Description == "In Sync"
			}
			return false
		})
	}
}

// members are the addresses of the pool's members on a unit.
func (s *shop) members(t *testing.T, address string) string {
	t.Helper()
	var list struct {
		Items []struct {
			Address string `json:"address"`
		} `json:"items"`
	}
	must(t, s.unit(t.Context(), address, "/mgmt/tm/ltm/pool/~shop~shop/members", &list))
	var all []string
	for _, m := range list.Items {
		all = append(all, strings.TrimPrefix(m.Address, "192.0.2."))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// asked counts what each unit was asked for since the journals were cleared.
func (s *shop) asked(t *testing.T, method, path string) (first, peer int) {
	t.Helper()
	count := func(journal string) int {
		var all []Request
		must(t, s.Simulator.Control(t.Context(), http.MethodGet, journal, nil, &all))
		n := 0
		for _, r := range all {
			if r.Method == method && strings.HasPrefix(r.Path, path) {
				n++
			}
		}
		return n
	}
	return count("/requests"), count("/peer/requests")
}

func (s *shop) clearJournals(t *testing.T) {
	t.Helper()
	must(t, s.Simulator.Control(t.Context(), http.MethodDelete, "/requests", nil, nil))
	must(t, s.Simulator.Control(t.Context(), http.MethodDelete, "/peer/requests", nil, nil))
}

func TestTheExampleOfAPairIsAppliedSynchronisedAndSaved(t *testing.T) {
	t.Parallel()
	s := newPair(t)
	s.clearJournals(t)
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	s.inSync(t)
	for _, address := range s.both() {
		if got := s.members(t, address); got != "10 11" {
			t.Errorf("%s has the members %s", address, got)
		}
	}
	if first, peer := s.asked(t, http.MethodPost, "/mgmt/tm/ltm/"); first != 2 || peer != 0 {
		t.Errorf("the active unit got %d objects, the standby %d; want 2 and 0", first, peer)
	}
	if first, peer := s.asked(t, http.MethodPost, "/mgmt/tm/cm"); first != 2 || peer != 0 {
		t.Errorf("the pool and the virtual server that needs it were synchronised %d times, from the standby %d times", first, peer)
	}
	if first, peer := s.asked(t, http.MethodPost, "/mgmt/tm/sys/config"); first != 2 || peer != 2 {
		t.Errorf("the active unit was saved %d times, the standby %d times; want 2 each", first, peer)
	}
	s.clearJournals(t)
	s.empty(t)
	if first, peer := s.asked(t, http.MethodPost, "/mgmt/tm/"); first+peer != 0 {
		t.Errorf("a plan without a change wrote %d times", first+peer)
	}
}

// TestAFailoverInTheMiddleOfAnApplyIsFollowed fails the pair over when the new
// members are there and the old ones are not gone.
func TestAFailoverInTheMiddleOfAnApplyIsFollowed(t *testing.T) {
	t.Parallel()
	s := newPair(t)
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	first, peer := s.Simulator.Management, s.Simulator.Peer

	// The removal waits at the unit that is active.
	must(t, s.Simulator.Control(t.Context(), http.MethodPut, "/faults",
		[]map[string]any{{"method": "DELETE", "path": "/ltm/pool/~shop~shop/members/", "delay": "3s"}}, nil))
	s.edit(t, `{ "192.0.2.10:8080" = {}, "192.0.2.11:8080" = {} }`, `{ "192.0.2.12:8080" = {}, "192.0.2.13:8080" = {} }`)
	load := s.load(t)
	phase := load.Begin("failover")
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		load.Run(ctx, 20) // so few that hardly one is open at a time, also where answers take long
	}()
	applied := make(chan error, 1)
	var output string
	go func() {
		var err error
		output, err = s.terraform.Apply(t.Context())
		applied <- err
	}()
	s.until(t, "the new members are on the active unit", func() bool { return s.members(t, first) == "10 11 12 13" })
	s.clearJournals(t)
	must(t, s.Simulator.Control(t.Context(), http.MethodPost, "/failover", nil, nil))
	if got := s.members(t, peer); got != "10 11" {
		t.Errorf("the unit that took over has the members %s already", got)
	}
	must(t, <-applied)
	stop()
	<-over
	load.End()

	if strings.Contains(output, "Warning") || !strings.Contains(output, "0 added, 1 changed, 0 destroyed") {
		t.Errorf("the apply says:\n%s", output)
	}
	for _, address := range s.both() {
		if got := s.members(t, address); got != "12 13" {
			t.Errorf("%s has the members %s", address, got)
		}
	}
	s.inSync(t)
	if saved, peerSaved := s.asked(t, http.MethodPost, "/mgmt/tm/sys/config"); saved != 1 || peerSaved != 1 {
		t.Errorf("the units were saved %d and %d times, want once each", saved, peerSaved)
	}
	if _, synced := s.asked(t, http.MethodPost, "/mgmt/tm/cm"); synced != 1 {
		t.Errorf("the unit that is active was synchronised %d times, want once", synced)
	}
	// What a failover costs anyway: connections that were open on the unit it takes away.
	if phase.Failed > 5 || phase.Colours["green"] == 0 {
		t.Errorf("%d of %d requests failed (%v); green got %d", phase.Failed, phase.Requests, phase.Errors, phase.Colours["green"])
	}
	t.Logf("%d of %d requests failed in the moment of the failover: %v", phase.Failed, phase.Requests, phase.Errors)
	must(t, s.Simulator.Control(t.Context(), http.MethodDelete, "/faults", nil, nil))
	s.empty(t)
	_, err = s.terraform.Destroy(t.Context())
	must(t, err)
	s.inSync(t)
}

// TestAPairOfWhichNoneIsActiveIsLeftAloneAndBothAreNamed has one standby unit, and
// one whose management address is silent.
func TestAPairOfWhichNoneIsActiveIsLeftAloneAndBothAreNamed(t *testing.T) {
	t.Parallel()
	s := newPair(t)
	s.terraform.Vars["addresses"] = []string{s.Simulator.Peer, "https://127.0.0.1:1"}
	s.clearJournals(t)
	output, err := s.terraform.Apply(t.Context())
	if err == nil {
		t.Fatalf("the apply ended well:\n%s", output)
	}
	text := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
	for _, want := range []string{
		"Unable to create pool /shop/shop", "No unit of the pair is active, so that nothing was sent to either.",
		strings.TrimPrefix(s.Simulator.Peer, "https://") + ": STANDBY", "127.0.0.1:1: ", "connection refused",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the message lacks %q:\n%s", want, text)
		}
	}
	if first, peer := s.asked(t, http.MethodPost, "/mgmt/tm/"); first+peer != 0 {
		t.Errorf("%d writes", first+peer)
	}
}
