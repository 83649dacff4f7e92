package acctest_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// sites runs the guide's configuration for several devices as a user would.
// plugin-testing cannot: it has one provider for all aliases.
type sites struct {
	folder     string
	env        []string
	east, west *acctest.Device
}

func newSites(t *testing.T, configuration string) sites {
	t.Helper()
	_, cliConfig := built(t)
	s := sites{folder: t.TempDir(), east: existing(t), west: existing(t)}
	variables := fmt.Sprintf("sites = {\n  east = { address = %q }\n  west = { address = %q }\n}\n", s.east.ManagementURL(), s.west.ManagementURL())
	trusted := filepath.Join(s.folder, "ca.pem")
	for name, text := range map[string]string{
		filepath.Join(s.folder, "main.tf"):          ownSource + configuration,
		filepath.Join(s.folder, "terraform.tfvars"): variables,
		trusted: string(s.east.CAPEM()) + string(s.west.CAPEM()),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+cliConfig, "TF_IN_AUTOMATION=1",
		"BIGIP_USER="+acctest.Username, "BIGIP_PASSWORD="+acctest.Password, "BIGIP_TRUSTED_CERT_PATH="+trusted)
	return s
}

// run returns what the CLI printed, on one line: it wraps long ones.
func (s sites) run(t *testing.T, arguments ...string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Getenv("TF_ACC_TERRAFORM_PATH"), append(arguments, "-no-color")...)
	command.Dir, command.Env = s.folder, s.env
	printed, err := command.CombinedOutput()
	return strings.Join(strings.Fields(string(printed)), " "), err
}

// refusesSites is what a CLI says that cannot do what the guide's configuration
// asks, before the provider hears of it. Nil: it can.
func refusesSites(t *testing.T) *regexp.Regexp {
	t.Helper()
	switch cli := acctest.Running(t); {
	case !cli.ConfiguresProvidersByForEach():
		return regexp.MustCompile(`argument name "for_each" is reserved`)
	case !cli.ImportsByIdentity():
		return noIdentity
	}
	return nil
}

func TestAccTheGuidesImportForSeveralDevicesAsksEachForItsOwnWhereTheCLICan(t *testing.T) {
	t.Parallel()
	guide := blocks(t, "adopt.md", "opentofu")[0]
	s := newSites(t, guide)
	if refusal := refusesSites(t); refusal != nil {
		if output, err := s.run(t, "validate"); err == nil || !refusal.MatchString(output) {
			t.Errorf("%v: %s", err, output)
		}
		return
	}
	output, err := s.run(t, "apply", "-auto-approve")
	if err != nil || !strings.Contains(output, "Apply complete! Resources: 2 imported, 0 added, 0 changed, 0 destroyed.") {
		t.Fatalf("%v: %s", err, output)
	}
	for name, device := range map[string]*acctest.Device{"east": s.east, "west": s.west} {
		if err := untouched(device)(nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	// What is of one device stays of that one.
	s.west.REST(http.MethodPatch, "/mgmt/tm/ltm/pool/~shop~web", map[string]any{"minActiveMembers": 1})
	s.west.ClearRequests()
	if output, err = s.run(t, "apply", "-auto-approve"); err != nil || !strings.Contains(output, "0 added, 1 changed, 0 destroyed.") {
		t.Fatalf("%v: %s", err, output)
	}
	if got := s.west.REST(http.MethodGet, "/mgmt/tm/ltm/pool/~shop~web", nil)["minActiveMembers"]; fmt.Sprint(got) != "0" {
		t.Errorf("west has minActiveMembers %v, want the default", got)
	}
	if err := untouched(s.east)(nil); err != nil {
		t.Errorf("east: %v", err)
	}
}

// A device that is named for another is refused, although both have the object.
func TestAccAnImportForSeveralDevicesThatMixesThemUpIsRefusedWhereTheCLICan(t *testing.T) {
	t.Parallel()
	guide := blocks(t, "adopt.md", "opentofu")[0]
	mixed := strings.Replace(guide, `to       = bigipkube_pool.web[each.key]`, `to       = bigipkube_pool.web[each.key == "east" ? "west" : "east"]`, 1)
	if mixed == guide {
		t.Fatal("the guide's import is not the one that this test mixes up")
	}
	want := refusesSites(t)
	if want == nil {
		want = regexp.MustCompile(`Unable to import pool web Its identity says the device (east, and this provider is for west|west, and this provider is for east)`)
	}
	s := newSites(t, mixed)
	if output, err := s.run(t, "plan"); err == nil || !want.MatchString(output) {
		t.Errorf("%v: %s", err, output)
	}
}
