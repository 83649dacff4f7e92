package main

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/conformance"
)

// environment starts a simulator and returns the environment that names it.
func environment(t *testing.T) map[string]string {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	s, err := bigipsim.New(bigipsim.Options{CAFile: ca, Users: []bigipsim.User{{Name: "guest", Password: "guest-password", Role: bigipsim.RoleGuest}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return map[string]string{
		"BIGIP_HOST": s.ManagementURL(), "BIGIP_USER": "admin", "BIGIP_PASSWORD": "admin", "BIGIP_TRUSTED_CERT_PATH": ca,
		"BIGIP_GUEST_USER": "guest", "BIGIP_GUEST_PASSWORD": "guest-password",
	}
}

func getenv(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

// mark does what an operator does by hand.
func mark(t *testing.T, env map[string]string) {
	t.Helper()
	client, err := newClient(getenv(env))
	if err != nil {
		t.Fatal(err)
	}
	body := strings.NewReader(`{"name":"` + conformance.Partition + `"}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, env["BIGIP_HOST"]+"/mgmt/tm/auth/partition", body)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("admin", "admin")
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
}

func TestAMarkedDeviceIsTriedAndReported(t *testing.T) {
	t.Parallel()
	env := environment(t)
	mark(t, env)
	var out bytes.Buffer
	if code := run(t.Context(), getenv(env), &out); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, &out)
	}
	for _, want := range []string{
		"BIG-IP 17.1.1\n",
		"  ok    recorded     POST of a pool makes its members and their nodes\n",
		"  -     user report  A manager writes in the partition, but no metadata\n        no user with the role manager is given\n",
		"  -     recorded     A change is pending until it is synchronised\n        the other device of a pair is not given\n",
		" passed, 0 failed, ",
		"inferred and now seen: ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if strings.Contains(out.String(), "FAIL") || strings.Contains(out.String(), "guest-password") {
		t.Errorf("the report:\n%s", &out)
	}
}

func TestADeviceThatIsNotMarkedIsRefused(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := run(t.Context(), getenv(environment(t)), &out); code != 2 || !strings.Contains(out.String(), "not marked for tests") {
		t.Errorf("exit code %d:\n%s", code, &out)
	}
}

func TestAnInterruptedRunIsNoSuccess(t *testing.T) {
	t.Parallel()
	env := environment(t)
	mark(t, env)
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	code := run(ctx, getenv(env), writerFunc(func(p []byte) (int, error) {
		cancel() // at the first line, which comes after the login
		return out.Write(p)
	}))
	if code != 2 || !strings.Contains(out.String(), "context canceled") {
		t.Errorf("exit code %d:\n%s", code, &out)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWhatIsMissingInTheEnvironmentIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, value, want string }{
		{"BIGIP_HOST", "", "BIGIP_HOST is not set"},
		{"BIGIP_PASSWORD", "", "BIGIP_PASSWORD is not set"},
		{"BIGIP_PORT", "http", "no address"},
		{"BIGIP_PEER_HOST", "192.0.2.6/x", "the peer: host and port"},
		{"BIGIP_INSECURE", "perhaps", "BIGIP_INSECURE"},
		{"BIGIP_TRUSTED_CERT_PATH", "/nonexistent/ca.pem", "/nonexistent/ca.pem"},
	} {
		env := map[string]string{"BIGIP_HOST": "192.0.2.5", "BIGIP_USER": "admin", "BIGIP_PASSWORD": "secret"}
		env[test.name] = test.value
		if _, err := targetFrom(getenv(env)); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s=%q: %v", test.name, test.value, err)
		}
	}
}

func TestTheManagementAddressIsReadInItsForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ host, port, want string }{
		{"192.0.2.5", "", "https://192.0.2.5:443"},
		{"192.0.2.5:8443", "", "https://192.0.2.5:8443"},
		{"https://bigip.example.com/", "", "https://bigip.example.com:443"},
		{"192.0.2.5", "8443", "https://192.0.2.5:8443"},
		{"2001:db8::5", "", "https://[2001:db8::5]:443"},
		{"[2001:db8::5]:8443", "", "https://[2001:db8::5]:8443"},
	} {
		if got, err := managementURL(test.host, test.port); err != nil || got != test.want {
			t.Errorf("%q, %q: %s, %v", test.host, test.port, got, err)
		}
	}
}
