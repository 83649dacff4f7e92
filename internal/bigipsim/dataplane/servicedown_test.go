package dataplane

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// sickness is a probe target that can be made to fail. It says that it is sick, to
// a reverse monitor: so down comes of what is said, never of an answer that is late.
func sickness(t *testing.T) (sick *atomic.Bool, monitor Monitor) {
	sick = &atomic.Bool{}
	probe := serveTCP(t, func(conn *net.TCPConn) {
		_, _ = io.WriteString(conn, map[bool]string{true: "sick", false: "fine"}[sick.Load()])
		_ = conn.Close()
	})
	return sick, quick("tcp", func(m *Monitor) {
		m.Destination, m.Recv, m.Reverse, m.Interval = probe, "sick", true, 50*time.Millisecond
	})
}

// goneDown is a client of a member a that has just been marked down; b is left.
func goneDown(t *testing.T, action string, change func(*VirtualServer)) (*Plane, *rawClient, *httpBackend) {
	t.Helper()
	p := newPlane(t)
	sick, monitor := sickness(t)
	a, b := newBackend(t, "a", nil), newBackend(t, "b", nil)
	config := oneServer(change, a.member(probed(monitor), ratio(100)), b.member())
	config.Pools[0].ServiceDown = action
	configure(t, p, config)
	awaitStatus(t, p, a.address(), StatusUp)
	c := dial(t, p)
	if by := c.get(); by != "a" {
		t.Fatalf("answered by %s, want a", by)
	}
	sick.Store(true)
	awaitStatus(t, p, a.address(), StatusDown)
	return p, c, a
}

func TestServiceDownAction(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{"none": "a", "": "a", "reset": "", "reselect": "b"} {
		for mode, change := range map[string]func(*VirtualServer){"http": nil, "tcp": plainTCP} {
			t.Run(action+" "+mode, func(t *testing.T) {
				t.Parallel()
				p, c, a := goneDown(t, action, change)
				if want == "" {
					if err := c.ending(); !errors.Is(err, syscall.ECONNRESET) {
						t.Errorf("the connection ends with %v, want a reset", err)
					}
					return
				}
				if action == "reselect" && mode == "tcp" { // moved in the background
					eventually(t, "the connection has left its member", func() bool { return a.counters(p).CurConns == 0 })
				}
				for range 2 {
					if by := c.get(); by != want {
						t.Errorf("answered by %s, want %s", by, want)
					}
				}
				_ = c.Close()
				eventually(t, "nothing is counted on the members", func() bool {
					return p.VirtualServerCounters(testServer).CurConns == 0 && a.counters(p).CurSessions == 0
				})
			})
		}
	}
}

func TestADroppedConnectionIsSilentUntilTheClientSpeaks(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"http": nil, "tcp": plainTCP} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p, c, a := goneDown(t, "drop", change)
			eventually(t, "the member is free", func() bool { return a.counters(p).CurConns == 0 && a.counters(p).CurSessions == 0 })
			_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if err := c.ending(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("the client hears %v, want nothing", err)
			}
			_ = c.SetReadDeadline(time.Now().Add(patience))
			c.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
			if err := c.ending(); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("what the client sends ends with %v, want a reset", err)
			}
			eventually(t, "the connection is off the books", func() bool { return p.VirtualServerCounters(testServer).CurConns == 0 })
		})
	}
}

func TestReselectWithoutAnotherMemberResets(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	sick, monitor := sickness(t)
	a := newBackend(t, "a", nil)
	config := oneServer(plainTCP, a.member(probed(monitor)))
	config.Pools[0].ServiceDown = "reselect"
	configure(t, p, config)
	awaitStatus(t, p, a.address(), StatusUp)
	c := dial(t, p)
	c.get()
	sick.Store(true)
	if err := c.ending(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ends with %v, want a reset", err)
	}
}

func TestReselectTriesReachOtherMembers(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"http": func(*VirtualServer) {}, "OneConnect": oneConnect, "tcp": plainTCP} {
		for tries, want := range []string{"", "", "a", "a"} {
			t.Run(mode, func(t *testing.T) {
				t.Parallel()
				p, a := newPlane(t), newBackend(t, "a", nil)
				config := oneServer(change, memberOf(refusing(t), ratio(100)), memberOf("203.0.113.7:80", ratio(50)), a.member())
				config.VirtualServers[0].Persistence.Method = persistSource
				config.Pools[0].ReselectTries = tries
				configure(t, p, config)
				for range 2 { // a record of a member that cannot be reached does not bind
					if want == "" {
						if err := attempt(p, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
							t.Errorf("%d tries: %v, want a reset", tries, err)
						}
					} else if by := getOnce(t, p); by != want {
						t.Errorf("%d tries: answered by %q", tries, by)
					}
				}
				for _, m := range config.Pools[0].Members {
					eventually(t, "nobody is counted", func() bool {
						c := p.MemberCounters(testPool, m.Name)
						return c.CurSessions == 0 && (c.CurConns == 0 || mode == "OneConnect")
					})
				}
			})
		}
	}
}

func TestManualResumeKeepsAMemberDown(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	sick, monitor := sickness(t)
	a := newBackend(t, "a", nil)
	automatic, manual := monitor, monitor
	manual.ManualResume = true
	other := newBackend(t, "b", nil)
	configure(t, p, oneServer(nil, a.member(probed(manual)), other.member(probed(automatic))))
	awaitStatus(t, p, a.address(), StatusUp)
	sick.Store(true)
	awaitStatus(t, p, a.address(), StatusDown)
	awaitStatus(t, p, other.address(), StatusDown)
	sick.Store(false)
	awaitStatus(t, p, other.address(), StatusUp) // the same probe: a's would have seen it too
	if got := a.health(p).Status; got != StatusDown {
		t.Errorf("status %s, want down", got)
	}
	configure(t, p, oneServer(nil, a.member(probed(manual), func(m *Member) { m.Epoch++ }), other.member(probed(automatic))))
	awaitStatus(t, p, a.address(), StatusUp)
}

// A connection that was being made while its member went down is no exception.
func TestAConnectionMadeWhileItsMemberGoesDownIsReset(t *testing.T) {
	t.Parallel()
	backend := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "late") }))
	t.Cleanup(backend.Close)
	for mode, change := range map[string]func(*VirtualServer){"http": func(*VirtualServer) {}, "OneConnect": oneConnect, "tcp": plainTCP} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			handshake := make(chan struct{}) // waits for the test
			member := serveTCP(t, func(conn *net.TCPConn) {
				defer conn.Close()
				<-handshake
				to, err := net.Dial("tcp", backend.Listener.Addr().String())
				if err != nil {
					return
				}
				defer to.Close()
				go func() { _, _ = io.Copy(to, conn) }()
				_, _ = io.Copy(conn, to)
			})
			p := newPlane(t)
			sick, monitor := sickness(t)
			config := oneServer(func(v *VirtualServer) {
				change(v)
				v.ServerSSL = &ServerSSL{Name: "/Common/serverssl"}
			}, memberOf(member, probed(monitor)))
			config.Pools[0].ServiceDown = serviceDownReset
			configure(t, p, config)
			awaitStatus(t, p, member, StatusUp)
			c := dial(t, p)
			c.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
			eventually(t, "the member has been chosen", func() bool { return p.PoolCounters(testPool).CurConns == 1 })
			sick.Store(true)
			awaitStatus(t, p, member, StatusDown)
			close(handshake)
			if err := c.ending(); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the connection ends with %v, want a reset", err)
			}
		})
	}
}
