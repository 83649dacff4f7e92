package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// TestMistakesAreExplainedWhereTheyAreMade shows each message as the user reads
// it. The texts stand here whole but for the parts that change from run to run.
func TestMistakesAreExplainedWhereTheyAreMade(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, 1)
	// A Service whose target port is a name that its pods don't have.
	must(t, s.Cluster.Expose(t.Context(), kubetest.ServiceSpec{
		Namespace: s.namespace, Name: "shop-odd", Selector: map[string]string{"app": "shop-green"},
		Ports: []kubetest.Port{{Name: "admin", ContainerPort: 9090, ServicePort: 81}},
	}))
	foreignCA := filepath.Join(t.TempDir(), "other-ca.pem")
	must(t, os.WriteFile(foreignCA, s.Cluster.CAData(), 0o600))
	must(t, s.Simulator.REST(t.Context(), "POST", "/mgmt/tm/auth/partition", map[string]string{"name": "taken"}, nil))
	must(t, s.Simulator.REST(t.Context(), "POST", "/mgmt/tm/ltm/pool", map[string]string{"name": "shop", "partition": "taken"}, nil))

	for _, test := range []struct {
		name string
		env  []string
		vars map[string]any
		edit [2]string // a replacement in main.tf
		want []string  // in this order
	}{
		{
			name: "wrong password",
			env:  []string{"BIGIP_PASSWORD=wrong"},
			want: []string{"Unable to", "BIGIP_PASSWORD"},
		},
		{
			name: "unreachable address",
			env:  []string{"BIGIP_HOST=https://127.0.0.1:1"},
			want: []string{"Unable to", "127.0.0.1:1", "cannot be reached", "connection refused"},
		},
		{
			name: "unknown CA",
			env:  []string{"BIGIP_TRUSTED_CERT_PATH=" + foreignCA},
			want: []string{"Unable to", "certificate", "ca_file"},
		},
		{
			name: "unknown partition",
			vars: map[string]any{"partition": "nowhere"},
			want: []string{"Unable to create pool /nowhere/shop", "partition", "nowhere"},
		},
		{
			name: "pool name that exists already",
			vars: map[string]any{"partition": "taken"},
			want: []string{"Unable to create pool /taken/shop", "terraform import"},
		},
		{
			name: "Service that does not exist",
			edit: [2]string{`"shop-green"`, `"shop-gren"`},
			want: []string{"Unable to", "shop-gren"},
		},
		{
			name: "port that the Service does not have",
			edit: [2]string{`service = "shop-green", port = "http"`, `service = "shop-green", port = "web"`},
			want: []string{"Unable to", "web", "http"},
		},
		{
			name: "port name that no pod has",
			edit: [2]string{`service = "shop-green", port = "http"`, `service = "shop-odd", port = "admin"`},
			want: []string{"Unable to", "shop-odd", "admin"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			terraform, err := s.Shop(t.Context(), cli, s.namespace)
			must(t, err)
			terraform.Env = append(terraform.Env, test.env...)
			for name, value := range test.vars {
				terraform.Vars[name] = value
			}
			if test.edit[0] != "" {
				path := filepath.Join(terraform.Dir, "main.tf")
				text, err := os.ReadFile(path)
				must(t, err)
				edited := strings.ReplaceAll(string(text), test.edit[0], test.edit[1])
				if edited == string(text) {
					t.Fatalf("main.tf has no %s", test.edit[0])
				}
				must(t, os.WriteFile(path, []byte(edited), 0o600))
			}
			output, err := terraform.Apply(t.Context())
			if err == nil {
				t.Fatalf("the apply went through:\n%s", output)
			}
			t.Log(output)
			rest := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
			for _, want := range test.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("the message lacks %q (in this order: %q)", want, test.want)
				}
				rest = after
			}
			if strings.Contains(output, s.Simulator.Password) {
				t.Error("the message shows the password")
			}
		})
	}
}
