package conformance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// releases are those that the simulator is tried as: before drafts and REST for
// all, the one that most recordings are from, and a present one.
var releases = []string{"12.1.2", "14.1.2.1", "17.1.1"}

var (
	administrator = Credentials{Username: "admin", Password: "admin"}
	others        = map[Role]Credentials{
		Guest:   {Username: "guest", Password: "guest-password"},
		Manager: {Username: "manager", Password: "manager-password"},
	}
)

// simulate starts a simulator. It is not marked for tests.
func simulate(t *testing.T, version string) (*bigipsim.Simulator, Target) {
	t.Helper()
	s, err := bigipsim.New(bigipsim.Options{TMOSVersion: version, Users: []bigipsim.User{
		{Name: others[Guest].Username, Password: others[Guest].Password, Role: bigipsim.RoleGuest},
		{Name: others[Manager].Username, Password: others[Manager].Password, Role: bigipsim.RoleManager, Partition: Partition},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CAPEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return s, Target{URL: s.ManagementURL(), Administrator: administrator, Users: others, Client: &http.Client{Transport: transport}}
}

// ask sends a request as the administrator.
func ask(t *testing.T, target Target, method, path, body string) Answer {
	t.Helper()
	a, err := session{url: target.URL, client: target.Client}.withBasic(administrator).send(t.Context(), method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mark(t *testing.T, target Target) {
	t.Helper()
	if a := ask(t, target, http.MethodPost, "/auth/partition", `{"name":"$P"}`); a.Status != http.StatusOK {
		t.Fatal(a)
	}
}

func open(t *testing.T, target Target) *Device {
	t.Helper()
	d, err := Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

func TestTheSimulatorDoesWhatADeviceDoes(t *testing.T) {
	t.Parallel()
	for _, version := range releases {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			_, target := simulate(t, version)
			mark(t, target)
			d := open(t, target)
			for _, c := range Cases() {
				if !c.Versions.Contain(version) {
					continue
				}
				t.Run(c.Name, func(t *testing.T) {
					if result := d.Run(t.Context(), c); result.Outcome != Passed {
						t.Errorf("%s (%s, icontrol-rest %s): %s", c.Must, c.Confidence, c.Source, result.Outcome)
						for _, reason := range result.Reasons {
							t.Error(reason)
						}
					}
				})
			}
		})
	}
}
