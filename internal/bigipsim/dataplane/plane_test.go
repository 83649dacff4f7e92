package dataplane

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestListenerStaysAsLongAsItsVirtualServer(t *testing.T) {
	t.Parallel()
	p, a := newPlane(t), newBackend(t, "a", nil)
	configure(t, p, oneServer(nil, a.member()))
	listener := p.Listener(testServer)
	for _, change := range []func(*VirtualServer){
		oneConnect, plainTCP,
		func(v *VirtualServer) { v.Enabled = false },
		func(v *VirtualServer) { v.Pool = "" },
		nil,
	} {
		configure(t, p, oneServer(change, a.member()))
		if got := p.Listener(testServer); got != listener {
			t.Fatalf("the listener moved from %s to %s", listener, got)
		}
	}
	getOnce(t, p)
	configure(t, p, oneServer(func(v *VirtualServer) { v.UDP = true }, a.member()))
	if got := p.Listener(testServer); got != "" {
		t.Errorf("a udp virtual server listens at %s", got)
	}
	configure(t, p, oneServer(nil, a.member()))
	getOnce(t, p)
}

func TestUnknownObjectsAreZero(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	configure(t, p, oneServer(nil))
	if got := p.Listener("/no/such"); got != "" {
		t.Errorf("listener %q", got)
	}
	if got := p.VirtualServerCounters("/no/such"); got != (Counters{}) {
		t.Errorf("counters %+v", got)
	}
	for _, pool := range []string{testPool, "/no/such"} {
		if got := p.MemberCounters(pool, "/no/such:80"); got != (Counters{}) {
			t.Errorf("counters %+v", got)
		}
		if got := p.MemberHealth(pool, "/no/such:80"); got != (Health{}) {
			t.Errorf("health %+v", got)
		}
	}
}

func TestConfigureRefusesNamesUsedTwice(t *testing.T) {
	t.Parallel()
	p, a := newPlane(t), newBackend(t, "a", nil)
	good := oneServer(nil, a.member())
	configure(t, p, good)
	for name, config := range map[string]Config{
		"virtual server": {VirtualServers: append(good.VirtualServers, good.VirtualServers...)},
		"pool":           {Pools: append(good.Pools, good.Pools...)},
		"member":         oneServer(nil, a.member(), a.member()),
	} {
		if err := p.Configure(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	getOnce(t, p)
}

func TestAListenerThatCannotBeOpenedIsAnErrorOfItsVirtualServerOnly(t *testing.T) {
	t.Parallel()
	p := New(Options{Listen: func(server string) (Listener, error) {
		if server != testServer {
			return nil, &net.OpError{Op: "listen", Err: syscall.EADDRINUSE}
		}
		return net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	}})
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	a := newBackend(t, "a", nil)
	config := oneServer(nil, a.member())
	second := config.VirtualServers[0]
	second.Name = "/shop/second"
	config.VirtualServers = append(config.VirtualServers, second)
	var failure *net.OpError
	if err := p.Configure(config); !errors.As(err, &failure) {
		t.Fatalf("error %v, want one of the listener", err)
	}
	if got := p.Listener("/shop/second"); got != "" {
		t.Errorf("the second listens at %s", got)
	}
	getOnce(t, p)
}

func TestClosedPlaneTakesNoConfiguration(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Configure(Config{}); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v, want ErrClosed", err)
	}
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.running.Add(1)
	defer p.running.Done()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestAddressesAreMappedAndNeverLeaveTheMachine(t *testing.T) {
	t.Parallel()
	book := newAddressBook()
	book.merge(map[string]string{
		"10.0.0.1%2:80":      "127.0.0.1:4001",
		"[2001:db8::1]:8080": "[::1]:4002",
		"127.0.0.1:80":       "127.0.0.1:4003",
		"10.0.0.2:80":        "192.0.2.1:80",
		"10.0.0.3:80":        "127.0.0.1:4004",
	})
	book.merge(map[string]string{"10.0.0.3:80": "", "10.0.0.4:80": "127.0.0.1:4005"})
	for address, want := range map[string]string{
		"10.0.0.1%2:80":      "127.0.0.1:4001",
		"[2001:db8::1]:8080": "[::1]:4002",
		"127.0.0.1:80":       "127.0.0.1:4003",
		"127.0.0.2%7:80":     "127.0.0.2:80",
		"[::1]:80":           "[::1]:80",
		"10.0.0.4:80":        "127.0.0.1:4005",
	} {
		if got, err := book.resolve(address); err != nil || got != want {
			t.Errorf("resolve(%q) = %q, %v; want %q", address, got, err, want)
		}
	}
	for _, address := range []string{"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "192.0.2.1:80", "example.com:80"} {
		if got, err := book.resolve(address); !errors.Is(err, errUnreachable) {
			t.Errorf("resolve(%q) = %q, %v; want unreachable", address, got, err)
		}
	}
}

func TestRemappedMemberIsReachedAtItsNewPlace(t *testing.T) {
	t.Parallel()
	p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
	configure(t, p, oneServer(nil, memberOf("10.244.0.5:8080")))
	for _, backend := range []*httpBackend{a, b} {
		p.SetAddresses(map[string]string{"10.244.0.5:8080": backend.address()})
		if by := getOnce(t, p); by != backend.name {
			t.Errorf("answered by %s, want %s", by, backend.name)
		}
	}
}

func TestOneChangedMemberDisturbsNoOther(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	monitor := Monitor{Name: "/Common/tcp", Type: "tcp", Interval: time.Hour, Timeout: 2 * time.Hour}
	members := make([]Member, 2000)
	for i := range members {
		members[i] = memberOf(fmt.Sprintf("10.%d.%d.1:80", i/256, i%256), probed(monitor))
	}
	configure(t, p, oneServer(nil, members...))
	before := map[string]*member{}
	health := map[string]*Health{}
	for _, m := range p.pools[testPool].list() {
		before[m.name], health[m.name] = m, m.checks.health.Load()
	}
	members[7].Ratio = 9
	members[8].Epoch = 1
	added := memberOf("10.200.0.1:80")
	configure(t, p, oneServer(nil, append(members[1:], added)...))
	after := p.pools[testPool].list()
	if len(after) != 2000 {
		t.Fatalf("%d members", len(after))
	}
	for _, m := range after {
		if m.name == added.Name {
			continue
		}
		if before[m.name] != m {
			t.Errorf("%s has been replaced", m.name)
		}
		if restarted := health[m.name] != m.checks.health.Load(); restarted != (m.name == members[8].Name) {
			t.Errorf("%s: monitors restarted: %v", m.name, restarted)
		}
	}
}

func TestTheSameConfigurationDoesNotRestartTheWalk(t *testing.T) {
	t.Parallel()
	p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
	config := oneServer(nil, a.member(ratio(9)), b.member(ratio(1)))
	got := map[string]int{}
	for range 100 {
		configure(t, p, config)
		got[getOnce(t, p)]++
	}
	if got["a"] != 90 || got["b"] != 10 {
		t.Errorf("shares %v, want 90 and 10", got)
	}
}

// anyConfig is some configuration over backends.
func anyConfig(random *rand.Rand, backends []*httpBackend) Config {
	var members []Member
	for _, b := range backends {
		m := b.member(ratio(1+random.IntN(9)), limitedTo(random.IntN(3)*5), inGroup(random.IntN(2)), probed(quick("http")))
		m.SessionDisabled, m.ForcedOffline = random.IntN(4) == 0, random.IntN(6) == 0
		m.Epoch = int64(random.IntN(2))
		if random.IntN(5) > 0 {
			members = append(members, m)
		}
	}
	config := oneServer(func(v *VirtualServer) {
		v.OneConnect = random.IntN(2) == 0
		v.HTTP = random.IntN(4) > 0
		v.Persistence.Method = []string{"", "cookie", "source-addr"}[random.IntN(3)]
	}, members...)
	config.Pools[0].Mode = []string{"round-robin", modeRatio, modeLeastConnections}[random.IntN(3)]
	config.Pools[0].MinActiveMembers = random.IntN(2)
	config.Pools[0].ServiceDown = []string{"none", "reset", "reselect"}[random.IntN(3)]
	return config
}

// Everything at once, for the race detector: whatever the configuration does,
// a request is answered or its connection ends, and the books are balanced in
// the end.
func TestTrafficAndConfigurationDoNotRace(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	backends := []*httpBackend{newBackend(t, "a", nil), newBackend(t, "b", nil), newBackend(t, "c", nil)}
	random := rand.New(rand.NewPCG(3, 3))
	change := func() Config { return anyConfig(random, backends) }
	configure(t, p, change())
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				response, err := client.Get("http://" + p.Listener(testServer))
				if err == nil {
					_ = response.Body.Close()
				}
				p.VirtualServerCounters(testServer)
			}
		})
	}
	for range 300 {
		configure(t, p, change())
		for _, b := range backends {
			b.counters(p)
			b.health(p)
		}
	}
	cancel()
	running.Wait()
	var members []Member
	for _, b := range backends {
		members = append(members, b.member(forcedOffline))
	}
	configure(t, p, oneServer(nil, members...))
	eventually(t, "every connection is off the books", func() bool {
		for _, b := range backends {
			if c := b.counters(p); c.CurConns != 0 || c.CurSessions != 0 {
				return false
			}
		}
		return p.VirtualServerCounters(testServer).CurConns == 0
	})
}

func TestMemberWithAnotherAddressIsAnotherMember(t *testing.T) {
	t.Parallel()
	p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
	at := func(backend *httpBackend) Config {
		m := backend.member()
		m.Name = "/shop/web-1:80"
		return oneServer(nil, m)
	}
	configure(t, p, at(a))
	kept := dial(t, p)
	kept.get()
	configure(t, p, at(b))
	if by := getOnce(t, p); by != "b" {
		t.Errorf("a new connection is answered by %s, want b", by)
	}
	if by := kept.get(); by != "a" {
		t.Errorf("the open connection is answered by %s, want a", by)
	}
	if got := p.MemberCounters(testPool, "/shop/web-1:80").TotRequests; got != 1 {
		t.Errorf("the new member counts %d requests, want 1", got)
	}
}
