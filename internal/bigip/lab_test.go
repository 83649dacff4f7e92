package bigip_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// lab is a simulated device with a partition "shop".
type lab struct {
	*bigip.Device
	t      *testing.T
	sim    *bigipsim.Simulator
	client *icontrol.Client
}

func newLab(t *testing.T, users ...bigipsim.User) *lab {
	t.Helper()
	sim, err := bigipsim.New(bigipsim.Options{Users: users})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := sim.Close(ctx); err != nil {
			t.Errorf("close the simulator: %v", err)
		}
	})
	l := &lab{t: t, sim: sim}
	l.Device, l.client = l.login("admin", "admin")
	if _, err := l.client.Partitions().Create(t.Context(), "shop", icontrol.PartitionBody{Name: "shop"}); err != nil {
		t.Fatal(err)
	}
	sim.ClearRequests()
	return l
}

func (l *lab) login(user, password string, change ...func(*icontrol.Config)) (*bigip.Device, *icontrol.Client) {
	l.t.Helper()
	config := icontrol.Config{
		Address: l.sim.ManagementURL(), CACertificatePEM: string(l.sim.CAPEM()), Username: user, Password: icontrol.Secret(password),
	}
	for _, c := range change {
		c(&config)
	}
	client, err := icontrol.New(config)
	if err != nil {
		l.t.Fatal(err)
	}
	return bigip.New(client, "lab", nil), client
}

// givesUpSoon is a client of a device whose trouble does not end. Every other one
// has the patience that a busy machine needs.
func givesUpSoon(c *icontrol.Config) { c.RetryTimeout = 2 * time.Second }

// post makes an object that the adapter does not, and forgets the request.
func (l *lab) post(path, body string) {
	l.t.Helper()
	l.rest(http.MethodPost, path, body)
}

// get reads an object as it is on the wire, and forgets the request.
func (l *lab) get(path string) map[string]any {
	l.t.Helper()
	return l.rest(http.MethodGet, path, "")
}

func (l *lab) rest(method, path, body string) map[string]any {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), method, l.sim.ManagementURL()+"/mgmt/tm/"+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	req.SetBasicAuth("admin", "admin")
	req.Header.Set("Content-Type", "application/json")
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(l.sim.CAPEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end below
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		l.t.Fatalf("%s %s: HTTP %d %v, %v", method, path, resp.StatusCode, answer, err)
	}
	l.sim.ClearRequests()
	return answer
}

// calls returns the requests since the last call, without the logins, with the
// transaction's number as "N" and a "+" before its commands.
func (l *lab) calls() []string {
	l.t.Helper()
	var calls []string
	for _, r := range l.sim.Requests() {
		if strings.Contains(r.Path, "/authn/login") {
			continue
		}
		path, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/mgmt/tm/"), "?")
		if strings.HasPrefix(path, "transaction/") {
			path = "transaction/N"
		}
		call := r.Method + " " + path
		if r.Transaction != "" {
			call = "+" + call
		}
		calls = append(calls, call)
	}
	l.sim.ClearRequests()
	return calls
}

func (l *lab) wantCalls(want ...string) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.calls(), cmpopts.EquateEmpty()); diff != "" {
		l.t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// create makes a pool and forgets the requests.
func (l *lab) create(pool ltm.Pool) {
	l.t.Helper()
	if err := l.CreatePool(l.t.Context(), pool); err != nil {
		l.t.Fatal(err)
	}
	l.sim.ClearRequests()
}

// apply brings a pool to what is desired, and forgets the requests for reading.
func (l *lab) apply(desired ltm.Pool) {
	l.t.Helper()
	live := l.read(desired.Path)
	if err := l.ApplyPool(l.t.Context(), changeset.Compute(desired, live)); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) read(path ltm.Path) ltm.Pool {
	l.t.Helper()
	pool, err := l.Pool(l.t.Context(), path)
	if err != nil {
		l.t.Fatal(err)
	}
	l.sim.ClearRequests()
	return pool
}

// wantPool compares what the device has with what is desired.
func (l *lab) wantPool(desired ltm.Pool) {
	l.t.Helper()
	if diff := cmp.Diff(wanted(desired), wanted(l.read(desired.Path)), cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b ltm.MemberKey) bool { return a == b })); diff != "" {
		l.t.Errorf("pool (-want +got):\n%s", diff)
	}
}

func wanted(pool ltm.Pool) ltm.Pool {
	members := make([]ltm.Member, len(pool.Members))
	for i, m := range pool.Members {
		members[i] = m.Wanted()
	}
	pool.Members = members
	ltm.SortMembers(pool.Members)
	return pool
}

func (l *lab) nodes() []string {
	l.t.Helper()
	nodes, err := l.client.Nodes().List(l.t.Context(), icontrol.ListOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	names := []string{}
	for _, n := range nodes {
		names = append(names, n.FullPath)
	}
	l.sim.ClearRequests()
	return names
}

var web = ltm.NewPath("shop", "web")

func pool(t *testing.T, members ...ltm.Member) ltm.Pool {
	t.Helper()
	p := ltm.NewPool(web)
	p.Members = members
	ltm.SortMembers(p.Members)
	return p
}

func member(t *testing.T, text string, change ...func(*ltm.Member)) ltm.Member {
	t.Helper()
	key, err := ltm.ParseMemberKey(text)
	if err != nil {
		t.Fatal(err)
	}
	m := ltm.NewMember(key)
	for _, c := range change {
		c(&m)
	}
	return m
}

func limited(perSecond int) func(*ltm.Member) { return func(m *ltm.Member) { m.RateLimit = perSecond } }

func monitored(by ltm.MemberMonitors) func(*ltm.Member) {
	return func(m *ltm.Member) { m.Monitors = by }
}

func ratio(n int) func(*ltm.Member)           { return func(m *ltm.Member) { m.Ratio = n } }
func session(s ltm.Session) func(*ltm.Member) { return func(m *ltm.Member) { m.Session = s } }
func described(text string) func(*ltm.Member) { return func(m *ltm.Member) { m.Description = text } }
func named(name string) func(*ltm.Member)     { return func(m *ltm.Member) { m.Name = name } }
func priorityGroup(group int) func(*ltm.Member) {
	return func(m *ltm.Member) { m.PriorityGroup = group }
}

func connectionLimit(most int) func(*ltm.Member) {
	return func(m *ltm.Member) { m.ConnectionLimit = most }
}
