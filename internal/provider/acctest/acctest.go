package acctest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// cliVariable is how plugin-testing is told which CLI to run.
const cliVariable = "TF_ACC_TERRAFORM_PATH"

// Prepare makes the environment of the test binary one in which every run is
// the same: call it first in TestMain. What the machine's owner has set for
// Terraform, BIG-IPs and clusters must not leak into a test.
func Prepare() {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		ours := strings.HasPrefix(name, "TF_ACC") || strings.HasPrefix(name, "TF_LOG") || name == "KUBETEST_ASSETS"
		leaks := strings.HasPrefix(name, "TF_") || strings.HasPrefix(name, "BIGIP_") || strings.HasPrefix(name, "KUBE")
		if leaks && !ours {
			must(os.Unsetenv(name))
		}
	}
	must(os.Setenv("TF_ACC", "1")) // or plugin-testing skips, and a test that skips proves nothing
	// Otherwise plugin-testing offers the provider under the namespace "-" too, which OpenTofu refuses.
	must(os.Setenv("TF_ACC_PROVIDER_NAMESPACE", "bigipkube"))
	must(os.Setenv("CHECKPOINT_DISABLE", "1"))
	if os.Getenv(cliVariable) == "" {
		for _, name := range []string{"terraform", "tofu"} {
			if path, err := exec.LookPath(name); err == nil {
				must(os.Setenv(cliVariable, path))
				break
			}
		}
	}
	// plugin-testing offers the provider under Terraform's registry unless told, and each CLI looks for a short
	// source address in its own. A CLI that cannot say what it is fails the tests that need it, in Running.
	if cli, err := running(); err == nil && os.Getenv("TF_ACC_PROVIDER_HOST") == "" {
		must(os.Setenv("TF_ACC_PROVIDER_HOST", cli.registry()))
	}
}

// Factories runs the provider inside the test's process.
func Factories(tb testing.TB) map[string]func() (tfprotov6.ProviderServer, error) {
	tb.Helper()
	Running(tb)
	return map[string]func() (tfprotov6.ProviderServer, error){
		"bigipkube": newServer,
	}
}

func must(err error) {
	if err != nil {
		panic(err) // only for a variable name that is none
	}
}
