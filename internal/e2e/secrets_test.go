package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoSecretIsInStatePlanOrTraceLog looks for the device's password, the
// device's token and the cluster's token wherever Terraform writes.
func TestNoSecretIsInStatePlanOrTraceLog(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, 1)
	log := filepath.Join(t.TempDir(), "trace.log")
	s.terraform.Env = append(s.terraform.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+log)
	s.apply(t, 100, 0)
	s.share(50, 50)
	_, _, err := s.terraform.Plan(t.Context(), "secret.tfplan")
	must(t, err)
	plan, err := s.terraform.run(t.Context(), "show", "-json", "secret.tfplan")
	must(t, err)

	secrets := map[string]string{"the device's password": s.Simulator.Password, "the cluster's token": s.Cluster.Token("admin")}
	var all []Request
	must(t, s.Simulator.Control(t.Context(), http.MethodGet, "/requests", nil, &all))
	for _, r := range all {
		if token, ok := strings.CutPrefix(r.Path, "/mgmt/shared/authz/tokens/"); ok {
			secrets["the device's token"] = token
		}
	}
	for name, secret := range secrets {
		if len(secret) < 4 {
			t.Fatalf("%s is %q: nothing to look for", name, secret)
		}
	}
	for name, want := range map[string]string{ // with a word that must be there: we look at the right thing
		log: "/mgmt/tm/ltm/pool", filepath.Join(s.terraform.Dir, "terraform.tfstate"): "/shop/shop", "the plan": "/shop/shop",
	} {
		text := plan
		if name != "the plan" {
			read, err := os.ReadFile(name)
			must(t, err)
			text = string(read)
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q: is it what this test takes it for?", filepath.Base(name), want)
		}
		for secretName, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s has %s: …%s…", filepath.Base(name), secretName, text[max(0, at-80):at])
			}
		}
	}
	if len(secrets) != 3 {
		t.Errorf("looked for %d secrets, want 3: no token was given back", len(secrets))
	}
}
