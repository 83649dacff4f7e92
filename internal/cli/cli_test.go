package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestACommandLineIsAnsweredOrRefusedInOneSentence(t *testing.T) {
	t.Setenv(magicCookie, "") // what Terraform sets
	noSettings(t)
	for _, test := range []struct {
		name   string
		args   []string
		code   int
		stdout string // a part of it
		stderr string // the whole of it
	}{
		{"a person at a terminal", nil, 0, "Terraform or OpenTofu starts it", ""},
		{"the version", []string{"version"}, 0, "terraform-provider-bigipkube 1.2.3 (abc)\n", ""},
		{"an unknown command", []string{"simulat"}, 1, "", "Error: unknown command \"simulat\" for \"terraform-provider-bigipkube\"\n"},
		{"an address beyond loopback", []string{"simulate", "--listen", "0.0.0.0:0", "--control", "127.0.0.1:0"}, 1, "", "Error: address \"0.0.0.0:0\": the simulator listens on loopback only\n"},
		{"no TMOS version", []string{"simulate", "--tmos-version", "banana"}, 1, "", "Error: TMOS version \"banana\": want a form like 17.1.1\n"},
		{
			"no device",
			[]string{"reconcile", "--partition", "shop"},
			1, "",
			"Error: missing the management address of the BIG-IP: set --address, or the environment variable BIGIP_HOST\n",
		},
		{"a password as a flag", []string{"reconcile", "--password", "x"}, 1, "", "Error: unknown flag: --password\n"},
		{"no password", []string{"simulate", "--password", ""}, 1, "", "Error: --username and --password must not be empty\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := Run(Build{Version: "1.2.3", Commit: "abc"}, test.args, &stdout, &stderr)
			if code != test.code || stderr.String() != test.stderr || !strings.Contains(stdout.String(), test.stdout) {
				t.Errorf("code %d, stdout %q, stderr %q; want %d, %q, %q", code, &stdout, &stderr, test.code, test.stdout, test.stderr)
			}
		})
	}
}

func TestTheFrameworkTracesOnlyForSomebodyWhoReadsIt(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]bool{
		"PATH=/bin": true, "TF_INPUT=0": true,
		"TF_LOG=TRACE": false, "TF_LOG_PROVIDER=INFO": false, "TF_LOG_SDK=DEBUG": false,
	} {
		if got := unread([]string{"HOME=/", variable}); got != want {
			t.Errorf("with %s: %t, want %t", variable, got, want)
		}
	}
}
