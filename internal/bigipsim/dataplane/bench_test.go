package dataplane

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	benchRequest  = "GET /shop HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
	benchResponse = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Mon, 02 Jan 2006 15:04:05 GMT\r\nContent-Length: 5\r\n\r\nblue\n"
	benchClients  = 16
)

// BenchmarkAgainstReverseProxy sends the same load through the data plane and
// through a bare httputil.ReverseProxy, by turns, and reports requests/s of
// both and their ratio.
func BenchmarkAgainstReverseProxy(b *testing.B) {
	for name, test := range map[string]struct {
		change     func(*VirtualServer)
		keepAlive  bool
		proxyReuse bool // the proxy may reuse its connections to the backend
	}{
		"http keep-alive":            {nil, true, true},
		"http OneConnect":            {oneConnect, true, true},
		"http policy, XFF":           {routing, true, true},
		"http connection each":       {nil, false, false},
		"tcp connection each":        {plainTCP, false, false},
		"tcp connection each, reuse": {plainTCP, false, true},
	} {
		b.Run(name, func(b *testing.B) {
			backend := serveTCP(b, benchBackend)
			p := newPlane(b)
			configure(b, p, oneServer(test.change, memberOf(backend)))
			plane := p.Listener(testServer)
			proxy := newReverseProxy(b, backend, test.proxyReuse)
			load(b, plane, 500, test.keepAlive) // warm up
			load(b, proxy, 500, test.keepAlive)

			var ours, theirs time.Duration
			b.ResetTimer()
			for left := b.N; left > 0; {
				n := min(left, 2000)
				ours += load(b, plane, n, test.keepAlive)
				theirs += load(b, proxy, n, test.keepAlive)
				left -= n
			}
			b.ReportMetric(float64(b.N)/ours.Seconds(), "plane-req/s")
			b.ReportMetric(float64(b.N)/theirs.Seconds(), "proxy-req/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "plane/proxy")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// routing attaches a policy of a few rules, none of which matches, and lets
// X-Forwarded-For be inserted.
func routing(v *VirtualServer) {
	policy := &Policy{Strategy: "first-match"}
	for _, path := range []string{"/cart", "/images", "/api"} {
		policy.Rules = append(policy.Rules, pathRule(path, path, "/shop/other"))
	}
	v.Policies, v.InsertXForwardedFor = []*Policy{policy}, true
}

func newReverseProxy(b *testing.B, backend string, reuse bool) string {
	target, err := url.Parse("http://" + backend)
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: benchClients, DisableKeepAlives: !reuse}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: transport,
	})
	b.Cleanup(func() {
		proxy.Close()
		transport.CloseIdleConnections()
	})
	return proxy.Listener.Addr().String()
}

// benchBackend answers each request as cheaply as can be.
func benchBackend(conn *net.TCPConn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		if err := skipHead(r); err != nil {
			return
		}
		if _, err := io.WriteString(conn, benchResponse); err != nil {
			return
		}
	}
}

// skipHead reads to the end of a head.
func skipHead(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			return nil
		}
	}
}

// load makes n requests with some clients and returns how long they took.
func load(b testing.TB, address string, n int, keepAlive bool) time.Duration {
	var left atomic.Int64
	left.Store(int64(n))
	var clients sync.WaitGroup
	failed := make(chan error, benchClients)
	start := time.Now()
	for range benchClients {
		clients.Go(func() {
			if err := benchClient(address, &left, keepAlive); err != nil {
				failed <- err
			}
		})
	}
	clients.Wait()
	took := time.Since(start)
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
	return took
}

func benchClient(address string, left *atomic.Int64, keepAlive bool) error {
	var conn net.Conn
	r := bufio.NewReader(nil)
	body := make([]byte, 5)
	for left.Add(-1) >= 0 {
		if conn == nil {
			var err error
			if conn, err = net.Dial("tcp", address); err != nil {
				return err
			}
			r.Reset(conn)
		}
		if _, err := io.WriteString(conn, benchRequest); err != nil {
			return err
		}
		if err := skipHead(r); err != nil {
			return err
		}
		if _, err := io.ReadFull(r, body); err != nil {
			return err
		}
		if !bytes.Equal(body, []byte("blue\n")) {
			return fmt.Errorf("received %q", body)
		}
		if !keepAlive {
			_ = conn.Close()
			conn = nil
		}
	}
	if conn != nil {
		return conn.Close()
	}
	return nil
}

// BenchmarkConfigure changes one member of 2,000, with 1,000 virtual servers.
func BenchmarkConfigure(b *testing.B) {
	p := newPlane(b)
	config := Config{Pools: []Pool{{Name: testPool, Mode: modeRatio}}}
	for i := range 2000 {
		config.Pools[0].Members = append(config.Pools[0].Members, memberOf(fmt.Sprintf("10.%d.%d.1:80", i/256, i%256)))
	}
	for i := range 1000 {
		config.VirtualServers = append(config.VirtualServers, VirtualServer{Name: fmt.Sprintf("/shop/vs%d", i), Enabled: true, Pool: testPool})
	}
	configure(b, p, config)
	for b.Loop() {
		config.Pools[0].Members[1000].Ratio++
		configure(b, p, config)
	}
}
