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

		Operator: {Username: "operator", Password: "operator-password"},
	}
)

// hostname is a name that the simulators resolve.
const hostname = "shop.example.com"

func options(version string) bigipsim.Options {
	return bigipsim.Options{TMOSVersion: version, DNS: map[string][]string{hostname: {"192.0.2.51", "192.0.2.52"}}, Users: []bigipsim.User{
		{Name: others[Guest].Username, Password: others[Guest].Password, Role: bigipsim.RoleGuest},
		{Name: others[Manager].Username, Password: others[Manager].Password, Role: bigipsim.RoleManager, Partition: Partition},
		{Name: others[Operator].Username, Password: others[Operator].Password, Role: bigipsim.RoleOperator, Partition: Partition},
	}}
}

// run starts a simulator, or two.
func run(t *testing.T, s interface {
	Start() error
	Close(context.Context) error
},
) {
	t.Helper()
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
}

// simulate starts a simulator. It is not marked for tests.
func simulate(t *testing.T, version string) (*bigipsim.Simulator, Target) {
	t.Helper()
	s, err := bigipsim.New(options(version))
	if err != nil {
		t.Fatal(err)
	}
	run(t, s)
	return s, targetOf(t, s)
}

// simulatePair starts two simulators, of which the second is the peer.
func simulatePair(t *testing.T, version string) Target {
	t.Helper()
	p, err := bigipsim.NewPair(options(version))
	if err != nil {
		t.Fatal(err)
	}
	run(t, p)
	first, second := p.Units()
	target := targetOf(t, first)
	target.Peer = second.ManagementURL()
	return target
}

func targetOf(t *testing.T, s *bigipsim.Simulator) Target {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CAPEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return Target{URL: s.ManagementURL(), Administrator: administrator, Users: others, Hostname: hostname, Client: &http.Client{Transport: transport}}
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
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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
			_, single := simulate(t, version)
			devices := map[bool]*Device{}
			for pair, target := range map[bool]Target{false: single, true: simulatePair(t, version)} {
				mark(t, target)
				devices[pair] = open(t, target)
				devices[pair].patience = time.Minute // a busy machine is slower than a device
			}
			for _, c := range Cases() {
				if !c.Versions.Contain(version) {
					continue
				}
				t.Run(c.Name, func(t *testing.T) {
					if result := devices[c.With == Peer].Run(t.Context(), c); result.Outcome != Passed {
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
