package dataplane

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// What takes a member out of service leaves its open connections alone: they run
// until they are closed, and only new ones go elsewhere.
func TestOpenConnectionsStayWhenTheirMemberLeaves(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(a, b *httpBackend) Config{
		"session disabled": func(a, b *httpBackend) Config { return oneServer(nil, a.member(sessionDisabled), b.member()) },
		"forced offline":   func(a, b *httpBackend) Config { return oneServer(nil, a.member(forcedOffline), b.member()) },
		"removed":          func(_, b *httpBackend) Config { return oneServer(nil, b.member()) },
		"the virtual server switches its pool": func(a, b *httpBackend) Config {
			c := oneServer(func(v *VirtualServer) { v.Pool = "/shop/green" }, a.member())
			c.Pools = append(c.Pools, Pool{Name: "/shop/green", Members: []Member{b.member()}})
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
			configure(t, p, oneServer(nil, a.member()))
			kept := dial(t, p)
			kept.get()
			configure(t, p, leave(a, b))
			for range 3 {
				if by := kept.get(); by != "a" {
					t.Fatalf("the open connection is answered by %s, want a", by)
				}
				if by := getOnce(t, p); by != "b" {
					t.Fatalf("a new connection is answered by %s, want b", by)
				}
			}
		})
	}
}

func TestOneConnectMovesAnOpenConnectionAtItsNextRequest(t *testing.T) {
	t.Parallel()
	p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
	configure(t, p, oneServer(oneConnect, a.member()))
	c := dial(t, p)
	if by := c.get(); by != "a" {
		t.Fatalf("answered by %s, want a", by)
	}
	configure(t, p, oneServer(oneConnect, a.member(forcedOffline), b.member()))
	if by := c.get(); by != "b" {
		t.Errorf("answered by %s, want b", by)
	}
	eventually(t, "the idle connection of the drained member is closed", func() bool { return a.counters(p).CurConns == 0 })
}

func TestDisabledVirtualServerKeepsOpenConnections(t *testing.T) {
	t.Parallel()
	p, a := newPlane(t), newBackend(t, "a", nil)
	configure(t, p, oneServer(nil, a.member()))
	c := dial(t, p)
	c.get()
	configure(t, p, oneServer(func(v *VirtualServer) { v.Enabled = false }, a.member()))
	c.get()
	if err := attempt(p, ""); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a new connection ends with %v, want a reset", err)
	}
}

func TestRemovedVirtualServerEndsItsConnections(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*VirtualServer){"http": nil, "OneConnect": oneConnect, "tcp": plainTCP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, a := newPlane(t), newBackend(t, "a", nil)
			config := oneServer(change, a.member())
			configure(t, p, config)
			listener := p.Listener(testServer)
			c := dial(t, p)
			c.get()
			configure(t, p, Config{Pools: config.Pools})
			if err := c.ending(); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the connection ends with %v, want a reset", err)
			}
			if got := p.Listener(testServer); got != "" {
				t.Errorf("the listener is still %s", got)
			}
			if conn, err := (&http.Client{Timeout: patience}).Get("http://" + listener); err == nil {
				_ = conn.Body.Close()
				t.Error("the port still answers")
			}
			eventually(t, "the member is free", func() bool { return a.counters(p).CurSessions == 0 })
		})
	}
}

func TestCookiePersistence(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*VirtualServer){
		"for each connection": func(v *VirtualServer) { v.Persistence = Persistence{Method: persistCookie, HTTPOnly: true} },
		"for each request": func(v *VirtualServer) {
			v.Persistence, v.OneConnect = Persistence{Method: persistCookie, HTTPOnly: true}, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
			configure(t, p, oneServer(change, a.member(), b.member(forcedOffline)))
			response, _ := dial(t, p).exchange()
			if len(response.Cookies()) != 1 {
				t.Fatalf("cookies %v, want one", response.Header["Set-Cookie"])
			}
			cookie := response.Cookies()[0]
			if cookie.Name != "BIGipServer~shop~web" || cookie.Value != cookieValue(a.address()) || cookie.Path != "/" || !cookie.HttpOnly {
				t.Errorf("cookie %q", response.Header.Get("Set-Cookie"))
			}
			field := "Cookie: other=1; " + cookie.Name + "=" + cookie.Value

			configure(t, p, oneServer(change, a.member(sessionDisabled), b.member()))
			response, by := dial(t, p).exchange(field)
			if by != "a" || len(response.Cookies()) != 0 {
				t.Errorf("disabled: with its cookie the client gets %s and cookies %v, want a and none", by, response.Cookies())
			}
			if by := getOnce(t, p); by != "b" {
				t.Errorf("disabled: without a cookie the client gets %s, want b", by)
			}

			configure(t, p, oneServer(change, a.member(forcedOffline), b.member()))
			response, by = dial(t, p).exchange(field)
			if by != "b" || len(response.Cookies()) != 1 || response.Cookies()[0].Value != cookieValue(b.address()) {
				t.Errorf("forced offline: the client gets %s and cookies %v, want b and its cookie", by, response.Cookies())
			}
		})
	}
}

func TestSourceAddressPersistence(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]func(*VirtualServer){"http": func(*VirtualServer) {}, "tcp": plainTCP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := func(v *VirtualServer) {
				v.Persistence.Method = "source-addr"
				protocol(v)
			}
			p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
			configure(t, p, oneServer(change, a.member(), b.member()))
			of := map[string]string{}
			for _, source := range []string{"127.0.0.2", "127.0.0.3"} {
				of[source] = dialFrom(t, p, source).get()
			}
			if of["127.0.0.2"] == of["127.0.0.3"] {
				t.Fatalf("both clients are on %s", of["127.0.0.2"])
			}
			for source, member := range of {
				for range 3 {
					if by := dialFrom(t, p, source).get(); by != member {
						t.Errorf("%s gets %s, want %s", source, by, member)
					}
				}
			}
			configure(t, p, oneServer(change, a.member(sessionDisabled), b.member()))
			for source, member := range of {
				if by := dialFrom(t, p, source).get(); by != member {
					t.Errorf("disabled: %s gets %s, want %s", source, by, member)
				}
			}
			configure(t, p, oneServer(change, a.member(forcedOffline), b.member()))
			for source := range of {
				if by := dialFrom(t, p, source).get(); by != "b" {
					t.Errorf("forced offline: %s gets %s, want b", source, by)
				}
			}
		})
	}
}

// The whole life of a blue-green cutover under load: no request fails, though
// the old backends go away as soon as the counters say that nobody is on them.
func TestCutoverLosesNoRequest(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*VirtualServer){"http": nil, "OneConnect": oneConnect, "tcp": plainTCP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			blue := []*httpBackend{newBackend(t, "blue", nil), newBackend(t, "blue", nil)}
			green := []*httpBackend{newBackend(t, "green", nil), newBackend(t, "green", nil)}
			members := func(blueIs, greenIs func(*Member)) (all []Member) {
				for _, b := range blue {
					all = append(all, b.member(blueIs))
				}
				for _, b := range green {
					all = append(all, b.member(greenIs))
				}
				return all
			}
			configure(t, p, oneServer(change, members(ratio(1), sessionDisabled)...))

			ctx, cancel := context.WithCancel(t.Context())
			var answered [2]atomic.Int64 // blue, green
			var clients sync.WaitGroup
			for range 4 {
				clients.Go(func() { clientUntil(ctx, t, p, &answered) })
			}
			seen := func(color int, n int64) {
				start := answered[color].Load()
				eventually(t, "the color answers", func() bool { return answered[color].Load() >= start+n })
			}
			seen(0, 100)
			configure(t, p, oneServer(change, members(ratio(90), ratio(10))...)) // canary
			seen(1, 20)
			configure(t, p, oneServer(change, members(sessionDisabled, ratio(1))...)) // cutover
			seen(1, 100)
			configure(t, p, oneServer(change, members(forcedOffline, ratio(1))...)) // drain
			for _, b := range blue {
				eventually(t, "blue is drained", func() bool { return b.counters(p).CurConns == 0 })
				b.Close()
			}
			configure(t, p, oneServer(change, green[0].member(), green[1].member())) // remove
			seen(1, 100)
			cancel()
			clients.Wait()
		})
	}
}

// clientUntil makes requests, a few on each connection, and fails the test at
// the first that has no answer.
func clientUntil(ctx context.Context, t *testing.T, p *Plane, answered *[2]atomic.Int64) {
	transport := &http.Transport{DisableKeepAlives: true} // net/http repeats a request on a kept connection
	client := &http.Client{Transport: transport, Timeout: patience}
	for ctx.Err() == nil {
		response, err := client.Post("http://"+p.Listener(testServer), "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Errorf("a request failed: %v", err)
			return
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		switch {
		case err != nil:
			t.Errorf("a response broke off: %v", err)
			return
		case string(body) == "blue":
			answered[0].Add(1)
		default:
			answered[1].Add(1)
		}
	}
}

func TestAMemberAtWorkIsCountedUntilItsAnswerIsThrough(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	release := make(chan struct{})
	a := newBackend(t, "a", func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = io.WriteString(w, "a")
	})
	configure(t, p, oneServer(nil, a.member()))
	c := dial(t, p)
	c.send("GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
	eventually(t, "the request is under way", func() bool { return a.requests.Load() == 1 })
	configure(t, p, oneServer(nil, a.member(forcedOffline)))
	if got := a.counters(p); got.CurConns != 1 || got.CurSessions != 1 || got.TotRequests != 1 {
		t.Errorf("the member counts %+v", got)
	}
	close(release)
	if _, by := c.receive("GET"); by != "a" {
		t.Errorf("answered by %s", by)
	}
	eventually(t, "the member is drained", func() bool { return a.counters(p).CurConns == 0 })
}

func TestClientThatGivesUpFreesItsMember(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*VirtualServer)
		leave  func(*rawClient)
	}{
		"with a FIN":               {nil, func(c *rawClient) { _ = c.Close() }},
		"with a RST":               {nil, func(c *rawClient) { reset(c.TCPConn) }},
		"with a FIN, OneConnect":   {oneConnect, func(c *rawClient) { _ = c.Close() }},
		"with a RST, OneConnect":   {oneConnect, func(c *rawClient) { reset(c.TCPConn) }},
		"with a FIN, without HTTP": {plainTCP, func(c *rawClient) { _ = c.Close() }},
		"with a RST, without HTTP": {plainTCP, func(c *rawClient) { reset(c.TCPConn) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			a := newBackend(t, "a", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			configure(t, p, oneServer(test.change, a.member()))
			c := dial(t, p)
			c.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
			eventually(t, "the request is under way", func() bool { return a.requests.Load() == 1 })
			test.leave(c)
			eventually(t, "the member is free", func() bool {
				return a.counters(p).CurConns == 0 && p.VirtualServerCounters(testServer).CurConns == 0
			})
		})
	}
}
