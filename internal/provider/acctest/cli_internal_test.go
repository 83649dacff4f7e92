package acctest

import "testing"

func TestTheCLIIsKnownByWhatItSaysOfItself(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]struct {
		cli               CLI
		identity, forEach bool
		registry          string
	}{
		"Terraform v1.11.4\non linux_amd64\n":                                          {CLI{false, 1, 11}, false, false, "registry.terraform.io"},
		"Terraform v1.12.0-beta1\non linux_amd64\n":                                    {CLI{false, 1, 12}, true, false, "registry.terraform.io"},
		"OpenTofu v1.8.0\non linux_amd64\n":                                            {CLI{true, 1, 8}, false, false, "registry.opentofu.org"},
		"OpenTofu v1.11.2\non linux_amd64\n":                                           {CLI{true, 1, 11}, false, true, "registry.opentofu.org"},
		"\nWarning: Unable to open CLI configuration file\n\nOpenTofu v1.12.6\non x\n": {CLI{true, 1, 12}, true, true, "registry.opentofu.org"},
		"OpenTofu v2.0.0\n":                                                            {CLI{true, 2, 0}, true, true, "registry.opentofu.org"},
	} {
		got, err := parseVersion(output)
		if err != nil || got != want.cli {
			t.Errorf("%q is %+v, %v; want %+v", output, got, err, want.cli)
		}
		if got.ImportsByIdentity() != want.identity || got.ConfiguresProvidersByForEach() != want.forEach || got.registry() != want.registry {
			t.Errorf("%+v: identity %t, for_each %t, registry %s", got, got.ImportsByIdentity(), got.ConfiguresProvidersByForEach(), got.registry())
		}
	}
	if got, err := parseVersion("Vagrant v2.4.1.\n"); err == nil {
		t.Errorf("another program is %+v, want an error", got)
	}
}
