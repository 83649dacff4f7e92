package acctest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built returns the program as users have it, and a CLI configuration with which
// both CLIs take the provider from it, without an init.
func built(t *testing.T) (program, cliConfig string) {
	t.Helper()
	folder, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, programName), filepath.Join(folder, "cli.tfrc")
}

const programName = "terraform-provider-bigipkube"

// buildFolder is made by TestMain, for all tests.
var buildFolder string

// withBuildFolder runs the tests, and removes afterwards what they built.
func withBuildFolder(tests func() int) int {
	var err error
	if buildFolder, err = os.MkdirTemp("", "bigipkube-acctest-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(buildFolder)
	return tests()
}

var buildOnce = sync.OnceValues(func() (string, error) {
	//nolint:noctx // the build is for all tests, so it does not end with one
	if output, err := exec.Command("go", "build", "-o", filepath.Join(buildFolder, programName), "../../..").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, output)
	}
	text := "provider_installation {\n  dev_overrides {\n"
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		text += "    \"" + registry + "/bigipkube/bigipkube\" = \"" + filepath.ToSlash(buildFolder) + "\"\n"
	}
	return buildFolder, os.WriteFile(filepath.Join(buildFolder, "cli.tfrc"), []byte(text+"  }\n}\n"), 0o600)
})
