package acctest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"testing"
)

// CLI is what kind of command line the tests run: Terraform and OpenTofu differ in
// what they can do, and a test that meets the difference asks here and asserts what
// either must do.
type CLI struct {
	OpenTofu     bool
	Major, Minor int // of its own version: OpenTofu 1.12 is not Terraform 1.12
}

// Running is the CLI of this run. Without one the test fails.
func Running(tb testing.TB) CLI {
	tb.Helper()
	// Without a CLI plugin-testing would end the whole test binary.
	if os.Getenv(cliVariable) == "" {
		tb.Fatalf("no terraform and no tofu on PATH: set %s, or run `make testacc`, which builds one", cliVariable)
	}
	cli, err := running()
	if err != nil {
		tb.Fatal(err)
	}
	return cli
}

// ImportsByIdentity is whether an import block may have an identity.
func (c CLI) ImportsByIdentity() bool { return c.Major > 1 || c.Minor >= 12 }

// ConfiguresProvidersByForEach is whether one provider block may be for several
// devices.
func (c CLI) ConfiguresProvidersByForEach() bool {
	return c.OpenTofu && (c.Major > 1 || c.Minor >= 9)
}

// registry is the host that a short source address means to the CLI.
func (c CLI) registry() string {
	if c.OpenTofu {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}

// running asks the CLI once what it is.
var running = sync.OnceValues(func() (CLI, error) {
	path := os.Getenv(cliVariable)
	output, err := exec.CommandContext(context.Background(), path, "version").Output()
	if err != nil {
		return CLI{}, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	return parseVersion(string(output))
})

var versionLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\d+)\.(\d+)\.`)

func parseVersion(output string) (CLI, error) {
	found := versionLine.FindStringSubmatch(output)
	if found == nil {
		return CLI{}, fmt.Errorf("neither Terraform nor OpenTofu says %q", output)
	}
	major, err := strconv.Atoi(found[2])
	if err != nil {
		return CLI{}, err
	}
	minor, err := strconv.Atoi(found[3])
	return CLI{OpenTofu: found[1] == "OpenTofu", Major: major, Minor: minor}, err
}
