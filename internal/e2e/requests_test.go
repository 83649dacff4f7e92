package e2e

import (
	"strings"
	"testing"
)

func TestAPoolOfAHundredMembersCostsFewRequests(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	ctx := t.Context()
	must(t, lab.Simulator.MakePartition(ctx, "shop"))
	terraform, err := lab.NewTerraform(ctx, cli, "testdata/static", t.TempDir(), "")
	must(t, err)
	// What is counted is what the pool costs; a save is one more request for all that end together.
	terraform.Env = append(terraform.Env, "BIGIP_SAVE_CONFIG=never")

	requests := func(run func() error) []Request {
		t.Helper()
		must(t, lab.Simulator.ClearJournal(ctx))
		must(t, run())
		journal, err := lab.Simulator.Journal(ctx)
		must(t, err)
		for _, r := range journal {
			t.Log(r.Method, r.Path, r.Status, r.BytesIn, r.BytesOut)
		}
		return journal
	}
	apply := func() error { _, err := terraform.Apply(ctx); return err }

	created := requests(apply)
	if got := writes(created); len(got) != 1 || got[0].Method != "POST" {
		t.Errorf("creating the pool took %d writes, want one POST", len(got))
	}
	if got := len(created); got > 2 {
		t.Errorf("creating the pool took %d requests, want at most 2", got)
	}

	refreshed := requests(func() error {
		text, changes, err := terraform.Plan(ctx, "empty.tfplan")
		if err == nil && changes {
			t.Errorf("the plan after the apply is not empty:\n%s", text)
		}
		return err
	})
	if len(refreshed) != 1 || refreshed[0].Method != "GET" {
		t.Errorf("refreshing the pool took %d requests, want one GET", len(refreshed))
	}

	// One member in, one out: the one that comes is there before the other goes.
	terraform.Vars = map[string]any{"first": 2}
	moved := writes(requests(apply))
	var onPool []string
	for _, r := range moved {
		if strings.HasPrefix(r.Path, "/mgmt/tm/ltm/pool/") {
			onPool = append(onPool, r.Method)
		}
	}
	if strings.Join(onPool, " ") != "POST DELETE" {
		t.Errorf("one member in and one out wrote %v to the pool, want POST DELETE", onPool)
	}
	// The node that the device made for the old member goes too.
	if len(moved) > 3 {
		t.Errorf("one member in and one out took %d writes, want 2 and the node's removal", len(moved))
	}

	// Each run has logged in once at most, and given its token back.
	logins, logouts := 0, 0
	var all []Request
	must(t, lab.Simulator.Control(ctx, "GET", "/requests", nil, &all))
	for _, r := range all {
		switch {
		case r.Method == "POST" && r.Path == "/mgmt/shared/authn/login":
			logins++
		case r.Method == "DELETE" && strings.HasPrefix(r.Path, "/mgmt/shared/authz/tokens/"):
			logouts++
		}
	}
	if logins == 0 || logins > 2 || logins != logouts {
		t.Errorf("%d logins and %d logouts by an apply, want one each for its plan and its apply", logins, logouts)
	}

	destroyed := requests(func() error { _, err := terraform.Destroy(ctx); return err })
	if len(destroyed) > 100+4 {
		t.Errorf("destroying the pool took %d requests, want at most 104", len(destroyed))
	}
}

// writes keeps what changes the device.
func writes(journal []Request) []Request {
	var kept []Request
	for _, r := range journal {
		if r.Method != "GET" {
			kept = append(kept, r)
		}
	}
	return kept
}
