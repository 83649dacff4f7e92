package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edit replaces text in the shop's configuration.
func (s *shop) edit(t *testing.T, old, replacement string) {
	t.Helper()
	path := filepath.Join(s.terraform.Dir, "main.tf")
	text, err := os.ReadFile(path)
	must(t, err)
	edited := strings.ReplaceAll(string(text), old, replacement)
	if edited == string(text) {
		t.Fatalf("main.tf has no %s", old)
	}
	must(t, os.WriteFile(path, []byte(edited), 0o600))
}

func TestABackendIsDroppedAndTakenBackUnderLoadWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 2)
	s.apply(t, 100, 0)
	const blue = `    blue  = { namespace = var.namespace, service = "shop-blue", port = "http" }` + "\n"

	// The cutover and the removal of the old backend in one apply.
	s.edit(t, blue, "")
	s.terraform.Vars["traffic"] = map[string]int{"green": 100}
	s.during(t, "drop blue", 200, func() {
		_, err := s.terraform.Apply(t.Context())
		must(t, err)
		s.empty(t)
	})
	if got := len(s.memberNames(t)); got != 2 {
		t.Errorf("the pool has %d members, want green's 2", got)
	}

	// And back: what a new backend brings is known after the apply only.
	s.edit(t, "  backends = {\n", "  backends = {\n"+blue)
	s.during(t, "take blue back", 200, func() { s.apply(t, 50, 50) })
	if got := len(s.memberNames(t)); got != 5 {
		t.Errorf("the pool has %d members, want 5", got)
	}
}

func TestAllPodsRollAndTheNextAppliesFollowWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 1)
	s.apply(t, 100, 0)
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-blue")
	must(t, err)
	s.during(t, "roll", 200, func() {
		for _, pod := range pods {
			s.roll(t, "shop-blue", len(pods), pod)
		}
		s.apply(t, 100, 0)
	})
	names := s.memberNames(t)
	for _, pod := range pods {
		for _, name := range names {
			if name == pod.Status.PodIP+":8080" {
				t.Errorf("%s has left the Service and is still a member", name)
			}
		}
	}
	if len(names) != 4 {
		t.Errorf("the pool has %d members, want 4", len(names))
	}
}
