package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// static is a working folder with the pool of testdata/static, a hundred members
// without pods, before its first apply.
func static(t *testing.T) (*Lab, *Terraform) {
	t.Helper()
	lab := newLab(t)
	must(t, lab.Simulator.MakePartition(t.Context(), "shop"))
	terraform, err := lab.NewTerraform(t.Context(), cli, "testdata/static", t.TempDir(), "")
	must(t, err)
	return lab, terraform
}

// TestTheRequestsOfAPoolOfAHundredMembers counts what each phase asks of the
// device, logins apart, and what a plan reads.
func TestTheRequestsOfAPoolOfAHundredMembers(t *testing.T) {
	t.Parallel()
	const members = 100
	lab, terraform := static(t)
	terraform.Env = append(terraform.Env, "BIGIP_SAVE_CONFIG=never") // what is counted is what the pool costs
	ctx := t.Context()
	apply := func() error { _, err := terraform.Apply(ctx); return err }
	for _, phase := range []struct {
		name string
		do   func() error
		most int
	}{
		{"create", apply, 2},
		{"plan without a change", func() error {
			text, changes, err := terraform.Plan(ctx, "empty.tfplan")
			if changes {
				t.Errorf("the plan is not empty:\n%s", text)
			}
			return err
		}, 1},
		{"replace all", func() error {
			terraform.Vars = map[string]any{"first": 1 + members}
			return apply()
		}, 3*members + 10},
		{"destroy", func() error { _, err := terraform.Destroy(ctx); return err }, members + 4},
	} {
		must(t, lab.Simulator.ClearJournal(ctx))
		must(t, phase.do())
		journal, err := lab.Simulator.Journal(ctx)
		must(t, err)
		var read, written int64
		kinds := map[string]int{}
		for _, r := range journal {
			read, written = read+r.BytesOut, written+r.BytesIn
			kinds[r.Method+" "+kindOf(r.Path)]++
		}
		t.Logf("%s: %d requests, %d bytes read, %d written: %v", phase.name, len(journal), read, written, kinds)
		if len(journal) > phase.most {
			t.Errorf("%s took %d requests, want at most %d", phase.name, len(journal), phase.most)
		}
		if phase.name == "plan without a change" && read >= 80_000 {
			t.Errorf("the plan read %d bytes, want less than 80,000", read)
		}
	}
	var nodes struct {
		Items []any `json:"items"`
	}
	must(t, lab.Simulator.REST(ctx, http.MethodGet, "/mgmt/tm/ltm/node?$filter=partition+eq+shop", nil, &nodes))
	if len(nodes.Items) > 0 {
		t.Errorf("%d nodes are left on the device", len(nodes.Items))
	}
}

// kindOf is a path without names: "ltm/pool/members", "transaction".
func kindOf(path string) string {
	path, _, _ = strings.Cut(strings.TrimPrefix(path, "/mgmt/tm/"), "?")
	var kind []string
	for segment := range strings.SplitSeq(path, "/") {
		if !strings.HasPrefix(segment, "~") && strings.Trim(segment, "0123456789") != "" {
			kind = append(kind, segment)
		}
	}
	return strings.Join(kind, "/")
}

// TestATokenThatEndsInMidApplyCostsOneLoginAndNoMember ends the token at the
// sixtieth write of an apply that changes a hundred members.
func TestATokenThatEndsInMidApplyCostsOneLoginAndNoMember(t *testing.T) {
	t.Parallel()
	lab, terraform := static(t)
	ctx := t.Context()
	_, err := terraform.Apply(ctx)
	must(t, err)
	terraform.Vars = map[string]any{"first": 101}
	_, _, err = terraform.Plan(ctx, "replace.tfplan")
	must(t, err)

	must(t, lab.Simulator.Control(ctx, http.MethodPut, "/faults", []map[string]any{
		{"preset": "token-expired", "method": "POST|PATCH|DELETE", "path": "/mgmt/tm/", "skip": 60},
	}, nil))
	must(t, lab.Simulator.ClearJournal(ctx))
	_, err = terraform.ApplyPlan(ctx, "replace.tfplan")
	must(t, err)
	var all []Request
	must(t, lab.Simulator.Control(ctx, http.MethodGet, "/requests", nil, &all))
	logins, refused := 0, 0
	for _, r := range all {
		switch {
		case r.Path == "/mgmt/shared/authn/login":
			logins++
		case r.Status == http.StatusUnauthorized:
			refused++
		}
	}
	t.Logf("%d requests, %d of them refused with 401, %d logins", len(all), refused, logins)
	if refused != 1 || logins != 2 {
		t.Errorf("%d requests were refused and there were %d logins, want 1 refusal, and one login besides the first", refused, logins)
	}
	text, changes, err := terraform.Plan(ctx, "empty.tfplan")
	must(t, err)
	if changes {
		t.Errorf("the next plan is not empty:\n%s", text)
	}
}
