package acctest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// cutoverExample runs examples/test-your-cutover/test.sh as a user would: with the
// program as it is built, the real CLI, and a simulated device of its own.
type cutoverExample struct {
	t      *testing.T
	folder string
	env    []string
}

func newCutoverExample(t *testing.T) cutoverExample {
	t.Helper()
	acctest.Running(t) // fails without a CLI
	program, cliConfig := built(t)
	folder := filepath.Join(t.TempDir(), "example")
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(examples, "test-your-cutover"))); err != nil {
		t.Fatal(err)
	}
	return cutoverExample{t: t, folder: folder, env: append(os.Environ(),
		"PATH="+withCurl(t)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"TF_CLI_CONFIG_FILE="+cliConfig, "TERRAFORM="+os.Getenv("TF_ACC_TERRAFORM_PATH"), "PROGRAM="+program)}
}

// run returns what the script printed, and whether the test passed.
func (e cutoverExample) run(t *testing.T, setting string, arguments ...string) (string, bool) {
	t.Helper()
	script := exec.CommandContext(t.Context(), "sh", append([]string{filepath.Join(e.folder, "test.sh"), "-no-color"}, arguments...)...)
	script.Env = slices.Concat(e.env, []string{setting})
	output, err := script.CombinedOutput()
	return string(output), err == nil
}

func TestAccTheExampleOfACutoverIsTestedAgainstASimulatedDevice(t *testing.T) {
	t.Parallel()
	example := newCutoverExample(t)
	for _, setting := range []string{
		"FAULTS=",
		`FAULTS={"preset":"busy","for":"1s"}`,
		`FAULTS={"preset":"lost-response"}`,
		`FAULTS={"preset":"token-expired","skip":4}`,
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			output, passed := example.run(t, setting)
			if !passed || strings.Count(output, "... pass") != 6 { // five runs and the file
				t.Errorf("%s", output)
			}
		})
	}
	t.Run("a member that is down fails it and says which", func(t *testing.T) {
		t.Parallel()
		output, passed := example.run(t, "DOWN=192.0.2.31:8080", "-var", "timeout=1s")
		for _, want := range []string{`run "cutover"... fail`, "192.0.2.31:8080 is not checked by its monitors yet", "The traffic was not moved"} {
			if passed || !strings.Contains(output, want) {
				t.Errorf("passed %t, no %q in %s", passed, want, output)
			}
		}
	})
}
