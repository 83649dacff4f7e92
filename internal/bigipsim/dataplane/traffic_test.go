package dataplane

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
)

// coloredPods starts 5 blue pods that share 90 of 100 and 2 green ones that share 10.
func coloredPods(t *testing.T) (backends []*httpBackend, members []Member, share map[string]int64) {
	share = map[string]int64{}
	for _, color := range []struct {
		name        string
		pods, ratio int
	}{{"blue", 5, 18}, {"green", 2, 5}} {
		for _, pod := range names(color.name, color.pods) {
			b := newBackend(t, pod, nil)
			backends = append(backends, b)
			members = append(members, b.member(ratio(color.ratio)))
			share[pod] = int64(color.ratio)
		}
	}
	return backends, members, share
}

// manyClients makes requests and returns how many each backend has answered.
func manyClients(t *testing.T, p *Plane, clients, each int, keepAlive bool) map[string]int64 {
	var mu sync.Mutex
	answered := map[string]int64{}
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			c := dial(t, p)
			for i := range each {
				if !keepAlive && i > 0 {
					_ = c.Close()
					c = dial(t, p)
				}
				by := c.get()
				mu.Lock()
				answered[by]++
				mu.Unlock()
			}
			_ = c.Close()
		})
	}
	running.Wait()
	return answered
}

func TestSharesAreExactForManyClientsAndCountersAddUp(t *testing.T) {
	t.Parallel()
	const clients, each = 8, 250
	for name, test := range map[string]struct {
		change     func(*VirtualServer)
		keepAlive  bool // each client makes all its requests on one connection
		wantShares bool
		wantConns  int64
	}{
		"a connection for each request":              {nil, false, true, clients * each},
		"one connection with OneConnect":             {oneConnect, true, true, clients},
		"one connection stays on its member without": {nil, true, false, clients},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			backends, members, share := coloredPods(t)
			configure(t, p, oneServer(test.change, members...))
			got := manyClients(t, p, clients, each, test.keepAlive)

			var serverSide Counters
			for _, b := range backends {
				c := b.counters(p)
				if c.TotRequests != got[b.name] || b.requests.Load() != got[b.name] {
					t.Errorf("%s: clients saw %d answers, the device counted %d, the backend %d", b.name, got[b.name], c.TotRequests, b.requests.Load())
				}
				if want := clients * each / 100 * share[b.name]; test.wantShares && got[b.name] != want {
					t.Errorf("%s answered %d, want %d", b.name, got[b.name], want)
				}
				serverSide.TotConns += c.TotConns
				serverSide.BitsIn += c.BitsIn
				serverSide.BitsOut += c.BitsOut
				eventually(t, "no client is on the member", func() bool { return b.counters(p).CurSessions == 0 })
			}
			clientSide := p.VirtualServerCounters(testServer)
			if clientSide.TotRequests != clients*each || clientSide.TotConns != test.wantConns {
				t.Errorf("the virtual server counts %+v", clientSide)
			}
			if clientSide.BitsIn != serverSide.BitsIn || clientSide.BitsOut != serverSide.BitsOut {
				t.Errorf("clientside bits %d in, %d out; serverside %d in, %d out", clientSide.BitsIn, clientSide.BitsOut, serverSide.BitsIn, serverSide.BitsOut)
			}
			if test.keepAlive && serverSide.TotConns > clients*int64(len(backends)) {
				t.Errorf("%d server side connections for %d clients: they are not reused", serverSide.TotConns, clients)
			}
			eventually(t, "no client connection is open", func() bool { return p.VirtualServerCounters(testServer).CurConns == 0 })
		})
	}
}

// A response may be through before the write of its request has returned: the
// connection must not be another client's by then.
func TestFastAnswersDoNotMixUpSharedConnections(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	configure(t, p, oneServer(oneConnect, memberOf(serveTCP(t, benchBackend))))
	load(t, p.Listener(testServer), 5000, true)
}

func TestTCPIsPassedInBothDirectionsWithHalfClose(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	// The member answers only after it has seen the end of what it is sent.
	address := serveTCP(t, func(conn *net.TCPConn) {
		all, _ := io.ReadAll(conn)
		_, _ = conn.Write(append([]byte("got "), all...))
		_ = conn.Close()
	})
	configure(t, p, oneServer(plainTCP, memberOf(address)))
	c := dial(t, p)
	c.send("some bytes")
	_ = c.CloseWrite()
	got, err := io.ReadAll(c.r)
	if err != nil || string(got) != "got some bytes" {
		t.Fatalf("received %q, %v", got, err)
	}
	eventually(t, "both sides are closed", func() bool {
		return p.VirtualServerCounters(testServer).CurConns == 0 && p.MemberCounters(testPool, "/shop/"+address).CurConns == 0
	})
	want := Counters{BitsIn: 80, BitsOut: 112, MaxConns: 1, TotConns: 1}
	for side, got := range map[string]Counters{"clientside": p.VirtualServerCounters(testServer), "serverside": p.MemberCounters(testPool, "/shop/"+address)} {
		got.PktsIn, got.PktsOut = 0, 0
		if got != want {
			t.Errorf("%s counts %+v, want %+v", side, got, want)
		}
	}
}

func TestTCPMemberMayCloseItsHalfFirst(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	received := make(chan string, 1)
	address := serveTCP(t, func(conn *net.TCPConn) {
		_, _ = io.WriteString(conn, "hello")
		_ = conn.CloseWrite()
		all, _ := io.ReadAll(conn)
		received <- string(all)
		_ = conn.Close()
	})
	configure(t, p, oneServer(plainTCP, memberOf(address)))
	c := dial(t, p)
	if got, err := io.ReadAll(c.r); err != nil || string(got) != "hello" {
		t.Fatalf("received %q, %v", got, err)
	}
	c.send("still here")
	_ = c.CloseWrite()
	if got := <-received; got != "still here" {
		t.Errorf("the member received %q", got)
	}
}

func TestTCPResetIsPassedOn(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	address := serveTCP(t, func(conn *net.TCPConn) {
		_, _ = conn.Read(make([]byte, 1))
		reset(conn)
	})
	configure(t, p, oneServer(plainTCP, memberOf(address)))
	c := dial(t, p)
	c.send("x")
	if err := c.ending(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ends with %v, want a reset", err)
	}
}

func TestNewConnectionIsResetWhenNobodyCanTakeIt(t *testing.T) {
	t.Parallel()
	backend := newBackend(t, "a", nil)
	for name, config := range map[string]Config{
		"the virtual server is disabled": oneServer(func(v *VirtualServer) { v.Enabled = false }, backend.member()),
		"there is no pool":               oneServer(func(v *VirtualServer) { v.Pool = "" }, backend.member()),
		"the pool does not exist":        oneServer(func(v *VirtualServer) { v.Pool = "/shop/other" }, backend.member()),
		"the pool is empty":              oneServer(nil),
		"all members are disabled":       oneServer(nil, backend.member(sessionDisabled)),
		"all members are offline":        oneServer(nil, backend.member(forcedOffline)),
		"the member refuses":             oneServer(nil, memberOf(refusing(t))),
		"the member is not mapped":       oneServer(nil, memberOf("203.0.113.77:80")),
	} {
		for mode, http := range map[string]bool{"http": true, "tcp": false} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newPlane(t)
				server := config.VirtualServers[0]
				server.HTTP = http
				configure(t, p, Config{VirtualServers: []VirtualServer{server}, Pools: config.Pools})
				if err := attempt(p, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the connection ends with %v, want a reset", err)
				}
			})
		}
	}
	if n := backend.requests.Load(); n != 0 {
		t.Errorf("the backend got %d requests", n)
	}
}

func TestConnectionLimitsHold(t *testing.T) {
	t.Parallel()
	t.Run("of a virtual server", func(t *testing.T) {
		t.Parallel()
		p, a := newPlane(t), newBackend(t, "a", nil)
		configure(t, p, oneServer(func(v *VirtualServer) { v.ConnectionLimit = 1 }, a.member()))
		first := dial(t, p)
		first.get()
		if err := attempt(p, ""); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the second connection ends with %v, want a reset", err)
		}
		first.get()
		_ = first.Close()
		eventually(t, "the limit is free again", func() bool { return p.VirtualServerCounters(testServer).CurConns == 0 })
		getOnce(t, p)
		if got := p.VirtualServerCounters(testServer).MaxConns; got != 1 {
			t.Errorf("MaxConns is %d, want 1", got)
		}
	})
	t.Run("of a member", func(t *testing.T) {
		t.Parallel()
		p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
		configure(t, p, oneServer(nil, a.member(limitedTo(2), ratio(100)), b.member()))
		got := map[string]int{}
		for range 5 {
			got[dial(t, p).get()]++
		}
		if got["a"] != 2 || got["b"] != 3 {
			t.Errorf("open connections: %v, want a: 2, b: 3", got)
		}
	})
}

func TestPriorityGroupsTakeOverFromEachOther(t *testing.T) {
	t.Parallel()
	p, blue, green := newPlane(t), newBackend(t, "blue", nil), newBackend(t, "green", nil)
	config := func(members ...Member) Config {
		c := oneServer(nil, members...)
		c.Pools[0].MinActiveMembers = 1
		return c
	}
	configure(t, p, config(blue.member(inGroup(10)), green.member(inGroup(5))))
	for range 3 {
		if by := getOnce(t, p); by != "blue" {
			t.Fatalf("answered by %s, want blue", by)
		}
	}
	configure(t, p, config(blue.member(inGroup(10), sessionDisabled), green.member(inGroup(5))))
	if by := getOnce(t, p); by != "green" {
		t.Errorf("answered by %s, want green", by)
	}
}

func TestResetCountersKeepsWhatIsCurrent(t *testing.T) {
	t.Parallel()
	p, a := newPlane(t), newBackend(t, "a", nil)
	configure(t, p, oneServer(nil, a.member()))
	getOnce(t, p)
	c := dial(t, p)
	c.get()
	eventually(t, "one connection is left", func() bool {
		return a.counters(p).CurConns == 1 && p.VirtualServerCounters(testServer).CurConns == 1
	})
	p.ResetCounters()
	if got, want := a.counters(p), (Counters{CurConns: 1, MaxConns: 1, CurSessions: 1}); got != want {
		t.Errorf("the member counts %+v, want %+v", got, want)
	}
	if got, want := p.VirtualServerCounters(testServer), (Counters{CurConns: 1, MaxConns: 1}); got != want {
		t.Errorf("the virtual server counts %+v, want %+v", got, want)
	}
}
