package bigip_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// interruption breaks the n-th request of a run. Of lost answers only those of writes
// count: a read is asked for again.
type interruption struct {
	ends bool // the run's context ends; else the answer is lost, and the run goes on
	late bool // the device has done what it was asked for
}

// breaker is a device of which one request is broken. It asks checks after each.
type breaker struct {
	mu     sync.Mutex
	at     int
	how    interruption
	seen   int
	cancel context.CancelFunc
	check  func()
}

func (b *breaker) before(r *http.Request) {
	if b.counts(r) && !b.how.late {
		b.breakIt()
	}
}

func (b *breaker) after(r *http.Request) {
	if !b.how.ends && r.Method == http.MethodGet {
		return
	}
	b.check()
	if b.how.late {
		b.breakIt()
	}
}

func (b *breaker) counts(r *http.Request) bool {
	if !b.how.ends && r.Method == http.MethodGet {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen++
	return true
}

func (b *breaker) reached() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen >= b.at
}

func (b *breaker) breakIt() {
	b.mu.Lock()
	now := b.seen == b.at
	b.mu.Unlock()
	switch {
	case now && b.how.ends:
		b.cancel()
	case now:
		panic(http.ErrAbortHandler) // the connection ends without an answer
	}
}

// backends answer with their names.
func backend(t *testing.T, name string) ltm.Member {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) }))
	t.Cleanup(server.Close)
	return member(t, strings.TrimPrefix(server.URL, "http://"))
}

// servingSite is the whole site with a real backend behind its last rule.
func servingSite(t *testing.T, pool ltm.Path, m ltm.Member, monitor ltm.MonitorType) (ltm.Site, map[ltm.Path]ltm.KeyPair) {
	t.Helper()
	site, pairs := wholeSite(t)
	backend := ltm.NewPool(pool)
	backend.Members = []ltm.Member{m}
	probe := ltm.NewMonitor(monitor, ltm.NewPath("shop", pool.Name+"_"+string(monitor)))
	backend.Monitors.Monitors, site.Monitors = []ltm.Path{probe.Path}, []ltm.Monitor{probe}
	site.Pools = []ltm.Pool{backend}
	site.Policies[0].Rules = []ltm.PolicyRule{{Name: "to " + pool.Name, Actions: []ltm.PolicyAction{{Kind: ltm.Forward, Pool: pool}}}}
	return site, pairs
}

// status is what a new client gets from the virtual server; 0 while there is none.
func (l *lab) status() (int, error) {
	address := l.sim.Listener(edge.String())
	if address == "" {
		return 0, nil
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
	transport := &http.Transport{
		DialContext: dial, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "shop.example.com"}, //nolint:gosec // which certificate it is is tested elsewhere
	}
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, "https://shop.example.com/", nil)
	if err != nil {
		return 0, err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to read
	return resp.StatusCode, nil
}

// TestARunOfRoutesInterruptedAtAnyRequestIsFinishedByTheNext breaks a materialisation,
// a change of all and an end, at each request, while clients come.
func TestARunOfRoutesInterruptedAtAnyRequestIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	one, two := backend(t, "one"), backend(t, "two")
	before, keysBefore := servingSite(t, ltm.NewPath("shop", "blue"), one, ltm.MonitorHTTP)
	after, keysAfter := servingSite(t, ltm.NewPath("shop", "green"), two, ltm.MonitorTCP)
	after.VirtualServers[0].Description, after.IRules[0].Definition = "changed", "when HTTP_REQUEST { }"
	for name, story := range map[string]struct {
		from, to ltm.Site
		keys     map[ltm.Path]ltm.KeyPair
	}{
		"materialisation": {ltm.Site{}, before, keysBefore},
		"change of all":   {before, after, keysAfter},
		"end":             {after, ltm.Site{}, nil},
	} {
		for _, how := range []interruption{{true, false}, {true, true}, {false, false}, {false, true}} {
			t.Run(fmt.Sprintf("%s, %+v", name, how), func(t *testing.T) {
				t.Parallel()
				keys := map[ltm.Path]ltm.KeyPair{}
				if len(story.from.Certificates) > 0 {
					keys = map[string]map[ltm.Path]ltm.KeyPair{"change of all": keysBefore, "end": keysAfter}[name]
				}
				for at, more := 1, true; more; at++ {
					more = interruptRoutes(t, story.from, keys, story.to, story.keys, at, how)
				}
			})
		}
	}
}

func interruptRoutes(t *testing.T, from ltm.Site, keysFrom map[ltm.Path]ltm.KeyPair, to ltm.Site, keysTo map[ltm.Path]ltm.KeyPair, at int, how interruption) bool {
	t.Helper()
	l := newLab(t)
	if len(from.Policies) > 0 {
		if err := l.ApplySite(t.Context(), changeset.ComputeSite(from, ltm.Site{}), keysFrom); err != nil {
			t.Fatal(err)
		}
	}
	serves := func() {
		t.Helper()
		status, err := l.status()
		switch {
		case err != nil || status != 0 && status != http.StatusOK:
			t.Errorf("request %d: a client got %d, %v", at, status, err)
		case status == 0 && len(from.VirtualServers) > 0 && len(to.VirtualServers) > 0:
			t.Errorf("request %d: what served is gone", at)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := &breaker{at: at, how: how, cancel: cancel, check: serves}
	goal := engine.SiteGoal{
		Paths: to.Paths().Union(from.Paths()), Desired: func(ltm.Site) (ltm.Site, error) { return to, nil }, KeyPairs: keysTo,
	}
	_, err := engine.RunSite(ctx, l.through(b.before, b.after), goal, nil)
	if !b.reached() {
		if err != nil {
			t.Errorf("without an interruption: %v", err)
		}
		return false
	}
	if err != nil && !how.ends {
		t.Logf("request %d: %v", at, err)
	}
	serves()
	live, err := engine.RunSite(t.Context(), l.Device, goal, nil)
	if err != nil || !changeset.ComputeSite(to, live).Empty() {
		t.Errorf("request %d: the next run ends with %s, %v", at, changeset.ComputeSite(to, live), err)
	}
	serves()
	if nodes := len(l.nodes()); nodes != len(to.Pools) {
		t.Errorf("request %d: %d nodes are left", at, nodes)
	}
	return true
}
