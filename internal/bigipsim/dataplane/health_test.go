package dataplane

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// quick is a monitor that asks often. It marks nothing down for being late: on a
// busy machine the best member is late now and then.
func quick(kind string, change ...func(*Monitor)) Monitor {
	m := Monitor{Name: "/Common/" + kind, Type: kind, Interval: 10 * time.Millisecond, Timeout: time.Hour, Destination: "*:*"}
	for _, c := range change {
		c(&m)
	}
	return m
}

// hasty is a quick monitor that soon gives up, for what never has a success.
func hasty(kind string, change ...func(*Monitor)) Monitor {
	return quick(kind, append(change, func(m *Monitor) { m.Timeout = 50 * time.Millisecond })...)
}

func (b *httpBackend) health(p *Plane) Health { return p.MemberHealth(testPool, "/shop/"+b.address()) }

func awaitStatus(t *testing.T, p *Plane, member, status string) {
	t.Helper()
	eventually(t, member+" is "+status, func() bool { return p.MemberHealth(testPool, "/shop/"+member).Status == status })
}

func TestMonitorsReallyProbe(t *testing.T) {
	t.Parallel()
	plain := newBackend(t, "a", nil)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") }))
	t.Cleanup(secure.Close)
	mute := serveTCP(t, func(conn *net.TCPConn) { _, _ = io.Copy(io.Discard, conn) })
	greeter := serveTCP(t, func(conn *net.TCPConn) { _, _ = io.WriteString(conn, "220 hello\r\n"); _ = conn.Close() })
	_, port, _ := net.SplitHostPort(plain.address())
	for name, test := range map[string]struct {
		address string
		monitor Monitor
		want    string
	}{
		"http":                         {plain.address(), quick("http"), StatusUp},
		"http with recv":               {plain.address(), quick("http", func(m *Monitor) { m.Send, m.Recv = "GET / HTTP/1.0\r\n\r\n", "200 OK" }), StatusUp},
		"http with another recv":       {plain.address(), hasty("http", func(m *Monitor) { m.Send, m.Recv = "GET / HTTP/1.0\r\n\r\n", "404" }), StatusDown},
		"http with recvDisable":        {plain.address(), quick("http", func(m *Monitor) { m.Send, m.RecvDisable = "GET / HTTP/1.0\r\n\r\n", "a$" }), StatusDisabledByMonitor},
		"http of a mute server":        {mute, hasty("http"), StatusDown},
		"http on another port":         {refusing(t), quick("http", func(m *Monitor) { m.Destination = "*:" + port }), StatusUp},
		"https":                        {secure.Listener.Addr().String(), quick("https"), StatusUp},
		"https of a plain server":      {plain.address(), hasty("https"), StatusDown},
		"tcp":                          {mute, quick("tcp"), StatusUp},
		"tcp that nobody listens to":   {refusing(t), hasty("tcp"), StatusDown},
		"tcp of an unmapped address":   {"203.0.113.9:80", hasty("tcp"), StatusDown},
		"tcp with recv":                {greeter, quick("tcp", func(m *Monitor) { m.Recv = "^220 " }), StatusUp},
		"tcp with recv, mute":          {mute, hasty("tcp", func(m *Monitor) { m.Send, m.Recv = "hello", "." }), StatusDown},
		"a type that is not simulated": {"203.0.113.9:80", quick("ldap"), StatusUp},
		"icmp of a host that is there": {refusing(t), quick("icmp"), StatusUp},
		"icmp of an unmapped host":     {"203.0.113.9:80", hasty("gateway-icmp"), StatusDown},
		"reverse that finds recv":      {greeter, quick("tcp", func(m *Monitor) { m.Recv, m.Reverse = "^220 ", true }), StatusDown},
		"reverse that does not":        {greeter, quick("tcp", func(m *Monitor) { m.Recv, m.Reverse = "maintenance", true }), StatusUp},
		"reverse of a mute server":     {mute, hasty("tcp", func(m *Monitor) { m.Recv, m.Reverse = "maintenance", true }), StatusDown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			configure(t, p, oneServer(nil, memberOf(test.address, probed(test.monitor))))
			awaitStatus(t, p, test.address, test.want)
			health := p.MemberHealth(testPool, "/shop/"+test.address)
			words := map[bool]string{true: "receive string of a reverse monitor", false: "No successful responses received before deadline."}
			if down := test.want == StatusDown; strings.Contains(health.Reason, words[test.monitor.Timeout == time.Hour]) != down {
				t.Errorf("%s for the reason %q", health.Status, health.Reason)
			}
		})
	}
}

func TestHealthDecidesWhoTakesTraffic(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	var sick atomic.Bool
	a := newBackend(t, "a", func(w http.ResponseWriter, r *http.Request) {
		if sick.Load() && r.Header.Get("Probe") != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "a")
	})
	b := newBackend(t, "b", nil)
	// Reverse: down is what the member says, not how long it takes.
	monitor := quick("http", func(m *Monitor) { m.Send, m.Recv, m.Reverse = "GET / HTTP/1.0\r\nProbe: 1\r\n\r\n", "503", true })
	configure(t, p, oneServer(nil, a.member(probed(monitor)), b.member(sessionDisabled, probed(monitor))))
	awaitStatus(t, p, a.address(), StatusUp)
	awaitStatus(t, p, b.address(), StatusUp) // a disabled member is probed too
	if by := getOnce(t, p); by != "a" {
		t.Fatalf("answered by %s", by)
	}
	kept := dial(t, p)
	kept.get()
	sick.Store(true)
	awaitStatus(t, p, a.address(), StatusDown)
	if err := attempt(p, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a new connection ends with %v, want a reset", err)
	}
	if by := kept.get(); by != "a" {
		t.Errorf("the open connection is answered by %s", by)
	}
	sick.Store(false)
	awaitStatus(t, p, a.address(), StatusUp)
	getOnce(t, p)
}

func TestCheckingMemberTakesTraffic(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	a := newBackend(t, "a", nil)
	never := quick("tcp", func(m *Monitor) { m.Destination = "203.0.113.9:9" })
	configure(t, p, oneServer(nil, a.member(probed(never))))
	if by := getOnce(t, p); by != "a" || a.health(p).Status != StatusChecking {
		t.Errorf("answered by %q, status %s", by, a.health(p).Status)
	}
}

func TestHealthStartsOverOnlyWhenTheMonitoringChanges(t *testing.T) {
	t.Parallel()
	a := newBackend(t, "a", nil)
	// After its first success the monitor is slow: a new status needs a new start.
	slow := quick("http", func(m *Monitor) { m.Interval = time.Hour })
	for name, test := range map[string]struct {
		change func(*Member)
		kept   bool
	}{
		"nothing":         {func(*Member) {}, true},
		"ratio":           {ratio(7), true},
		"priority group":  {inGroup(3), true},
		"limit":           {limitedTo(100), true},
		"disabled":        {sessionDisabled, true},
		"offline":         {forcedOffline, true},
		"epoch":           {func(m *Member) { m.Epoch++ }, false},
		"another monitor": {probed(quick("tcp", func(m *Monitor) { m.Interval = time.Hour })), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			configure(t, p, oneServer(nil, a.member(probed(slow))))
			awaitStatus(t, p, a.address(), StatusUp)
			before := a.health(p)
			configure(t, p, oneServer(nil, a.member(probed(slow), test.change)))
			if kept := a.health(p) == before; kept != test.kept {
				t.Errorf("health was %+v and is %+v", before, a.health(p))
			}
			awaitStatus(t, p, a.address(), StatusUp)
		})
	}
}

func TestTwoThousandMembersAreProbedAndLeaveNothingBehind(t *testing.T) {
	// Not parallel: it counts goroutines.
	before := runtime.NumGoroutine()
	p := New(Options{})
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer backend.Close()
	var members []Member
	addresses := map[string]string{}
	for i := range 2000 {
		m := memberOf(fmt.Sprintf("10.%d.%d.1:80", i/256, i%256), probed(quick("tcp", func(m *Monitor) { m.Interval = time.Second })))
		members = append(members, m)
		addresses[m.Address] = backend.Listener.Addr().String()
	}
	p.SetAddresses(addresses)
	configure(t, p, oneServer(nil, members...))
	for _, m := range members {
		awaitStatus(t, p, m.Address, StatusUp)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	backend.Close()
	eventually(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= before+2 })
}

func TestMonitorAcceptsASelfSignedCertificateOnlyBecauseTheDeviceDoes(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	if _, err := tls.Dial("tcp", secure.Listener.Addr().String(), nil); err == nil {
		t.Fatal("the certificate is trusted: the test shows nothing")
	}
	p := newPlane(t)
	address := secure.Listener.Addr().String()
	configure(t, p, oneServer(nil, memberOf(address, probed(quick("https")))))
	awaitStatus(t, p, address, StatusUp)
}
