package e2e

import (
	"net/http"
	"strings"
	"testing"
)

func TestSimulateTellsWhereItIsAndEndsCleanlyOnSIGTERM(t *testing.T) {
	t.Parallel()
	provider, err := built()
	must(t, err)
	for _, test := range []struct {
		name   string
		flags  []string
		scheme string
		ver    string
	}{
		{"as it is", nil, "https://127.0.0.1:", "ver=17.1.1"},
		{"without TLS, as an older release", []string{"--plain-http", "--tmos-version", "14.1.2"}, "http://127.0.0.1:", "ver=14.1.2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := StartSimulator(provider, t.TempDir(), test.flags...)
			must(t, err)
			if !strings.HasPrefix(s.Management, test.scheme) || !strings.HasPrefix(s.ControlURL, "http://127.0.0.1:") || s.Username != "admin" {
				t.Errorf("the line is %+v", s)
			}
			var answer struct {
				SelfLink string `json:"selfLink"`
			}
			must(t, s.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool", nil, &answer))
			if !strings.Contains(answer.SelfLink, test.ver) {
				t.Errorf("the link is %s, want %s in it", answer.SelfLink, test.ver)
			}
			s.Close()
			if code := s.command.ProcessState.ExitCode(); code != 0 || s.stderr.Len() > 0 {
				t.Errorf("ended with %d and said %q, want 0 and nothing", code, s.stderr)
			}
		})
	}
}
