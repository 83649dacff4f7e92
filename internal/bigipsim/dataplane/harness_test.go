package dataplane

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	testPool   = "/shop/web"
	testServer = "/shop/web-vs"
	patience   = time.Minute // for what must happen soon; tests end long before
)

// newPlane returns a plane that must close without anything left running.
func newPlane(t testing.TB) *Plane {
	t.Helper()
	p := New(Options{})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("the plane has goroutines left: %v", err)
		}
	})
	return p
}

func configure(t testing.TB, p *Plane, config Config) {
	t.Helper()
	if err := p.Configure(config); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for !condition() {
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		}
	}
}

// httpBackend is a pool member that answers with its name.
type httpBackend struct {
	*httptest.Server
	name     string
	requests atomic.Int64
}

// newBackend starts a backend; handler nil answers the name.
func newBackend(t testing.TB, name string, handler http.HandlerFunc) *httpBackend {
	t.Helper()
	b := &httpBackend{name: name}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.requests.Add(1)
		if handler != nil {
			handler(w, r)
			return
		}
		_, _ = io.WriteString(w, name)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *httpBackend) address() string { return b.Listener.Addr().String() }

// member makes a pool member of an address; the name is the address.
func memberOf(address string, change ...func(*Member)) Member {
	m := Member{Pool: testPool, Name: "/shop/" + address, Address: address, Ratio: 1}
	for _, c := range change {
		c(&m)
	}
	return m
}

func (b *httpBackend) member(change ...func(*Member)) Member { return memberOf(b.address(), change...) }

func (b *httpBackend) counters(p *Plane) Counters {
	return p.MemberCounters(testPool, "/shop/"+b.address())
}

func ratio(n int) func(*Member)         { return func(m *Member) { m.Ratio = n } }
func sessionDisabled(m *Member)         { m.SessionDisabled = true }
func forcedOffline(m *Member)           { m.SessionDisabled, m.ForcedOffline = true, true }
func limitedTo(n int) func(*Member)     { return func(m *Member) { m.ConnectionLimit = n } }
func inGroup(n int) func(*Member)       { return func(m *Member) { m.PriorityGroup = n } }
func probed(m ...Monitor) func(*Member) { return func(member *Member) { member.Monitors = m } }

// oneServer is a configuration of one virtual server and its pool.
func oneServer(change func(*VirtualServer), members ...Member) Config {
	v := VirtualServer{Name: testServer, Address: "/shop/203.0.113.10", Port: 80, Enabled: true, Pool: testPool, HTTP: true}
	if change != nil {
		change(&v)
	}
	return Config{
		VirtualServers: []VirtualServer{v},
		Pools:          []Pool{{Name: testPool, Mode: "ratio-member", Members: members}},
	}
}

func oneConnect(v *VirtualServer) { v.OneConnect = true }
func plainTCP(v *VirtualServer)   { v.HTTP = false }

// rawClient is a client connection on which every byte is the test's.
type rawClient struct {
	t testing.TB
	*net.TCPConn
	r *bufio.Reader
}

// dial opens a client connection to the test's virtual server.
func dial(t testing.TB, p *Plane) *rawClient {
	t.Helper()
	return dialFrom(t, p, "127.0.0.1")
}

// dialFrom is dial from a loopback address of choice.
func dialFrom(t testing.TB, p *Plane, source string) *rawClient {
	t.Helper()
	return dialAddress(t, p.Listener(testServer), source)
}

func dialAddress(t testing.TB, address, source string) *rawClient {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, Timeout: patience}
	conn, err := dialer.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { _ = conn.Close() })
	return &rawClient{t: t, TCPConn: conn.(*net.TCPConn), r: bufio.NewReader(conn)}
}

func (c *rawClient) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// receive reads one response to a request with a method.
func (c *rawClient) receive(method string) (*http.Response, string) {
	c.t.Helper()
	response, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("read response: %v", err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatalf("read body: %v", err)
	}
	return response, string(body)
}

// get sends a GET with extra fields and returns who answered.
func (c *rawClient) get(fields ...string) string {
	c.t.Helper()
	_, body := c.exchange(fields...)
	return body
}

func (c *rawClient) exchange(fields ...string) (*http.Response, string) {
	c.t.Helper()
	c.send("GET / HTTP/1.1\r\nHost: shop\r\n" + strings.Join(append(fields, "\r\n"), "\r\n"))
	return c.receive("GET")
}

// ending reads on to the error that ends the connection.
func (c *rawClient) ending() error {
	_, err := io.Copy(io.Discard, c.r)
	if err == nil {
		return io.EOF
	}
	return err
}

// attempt connects, sends text and returns what ends the connection; a reset may
// come as early as the connect.
func attempt(p *Plane, text string) error { return attemptFrom("127.0.0.1", p, text) }

// attemptFrom is attempt from a loopback address of choice.
func attemptFrom(source string, p *Plane, text string) error {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, Timeout: patience}
	conn, err := dialer.Dial("tcp", p.Listener(testServer))
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, text); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		return err
	}
	return io.EOF
}

// getOnce makes one request on a connection of its own.
func getOnce(t testing.TB, p *Plane, fields ...string) string {
	t.Helper()
	c := dial(t, p)
	defer c.Close()
	return c.get(fields...)
}

// serveTCP starts a TCP member; handle runs for each connection.
func serveTCP(t testing.TB, handle func(*net.TCPConn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go handle(conn.(*net.TCPConn))
		}
	}()
	return listener.Addr().String()
}

// refusing returns a loopback address where nobody listens. Its port is taken by the
// client of a connection for as long as the test runs: a port that is only free
// may become that of the next listener, and a virtual server its own member.
func refusing(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = listener.Close()
	})
	return conn.LocalAddr().String()
}

func names(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return all
}
