package dataplane

import (
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
)

const testNode = "/shop/127.0.0.1"

// onNode makes members those of the test's node.
func onNode(m *Member) { m.Node = testNode }

// withNode adds the test's node to a configuration.
func withNode(config Config, change ...func(*Node)) Config {
	n := Node{Name: testNode, Address: "127.0.0.1", Ratio: 1}
	for _, c := range change {
		c(&n)
	}
	config.Nodes = append(config.Nodes, n)
	return config
}

func awaitNode(t *testing.T, p *Plane, status string) {
	t.Helper()
	eventually(t, "the node is "+status, func() bool { return p.NodeHealth(testNode).Status == status })
}

func TestANodeThatIsDownTakesItsMembersDown(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"http": nil, "tcp": plainTCP} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			sick, monitor := sickness(t)
			a, b, other := newBackend(t, "a", nil), newBackend(t, "b", nil), newBackend(t, "other", nil)
			config := oneServer(change, a.member(onNode, ratio(50)), b.member(onNode, ratio(50)), other.member())
			config.Pools[0].ServiceDown = serviceDownReset
			configure(t, p, withNode(config, func(n *Node) { n.Monitors = []Monitor{monitor} }))
			awaitNode(t, p, StatusUp)
			if status := a.health(p).Status; status != StatusUnchecked {
				t.Errorf("the member's own status is %s", status)
			}
			open := dial(t, p)
			if by := open.get(); by == "other" {
				t.Fatal("the members of the node are not used")
			}
			sick.Store(true)
			awaitNode(t, p, StatusDown)
			if err := open.ending(); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("serviceDownAction reset: the open connection ends with %v", err)
			}
			for range 4 {
				if by := getOnce(t, p); by != "other" {
					t.Errorf("with the node down %s answers", by)
				}
			}
			sick.Store(false)
			awaitNode(t, p, StatusUp)
			eventually(t, "the members are back", func() bool { return getOnce(t, p) != "other" })
		})
	}
}

func TestANodeIsDisabledOrForcedOfflineForAllItsMembers(t *testing.T) {
	t.Parallel()
	p, a, other := newPlane(t), newBackend(t, "a", nil), newBackend(t, "other", nil)
	persistent := func(v *VirtualServer) { v.Persistence.Method, v.OneConnect = persistCookie, true }
	config := oneServer(persistent, a.member(onNode, ratio(100)), other.member())
	configure(t, p, withNode(config))
	response, by := dial(t, p).exchange()
	if by != "a" {
		t.Fatalf("answered by %s", by)
	}
	cookie := "Cookie: " + response.Cookies()[0].Name + "=" + response.Cookies()[0].Value
	for _, test := range []struct {
		name       string
		change     func(*Node)
		fresh, old string
	}{
		{"disabled", func(n *Node) { n.SessionDisabled = true }, "other", "a"},
		{"offline", func(n *Node) { n.ForcedOffline = true }, "other", "other"},
		{"enabled again", func(*Node) {}, "a", "a"},
	} {
		configure(t, p, withNode(config, test.change))
		if by := getOnce(t, p); by != test.fresh {
			t.Errorf("%s: a new client gets %s, want %s", test.name, by, test.fresh)
		}
		if by := getOnce(t, p, cookie); by != test.old {
			t.Errorf("%s: a client with a record gets %s, want %s", test.name, by, test.old)
		}
		if test.fresh == "other" {
			eventually(t, "no idle connection is left", func() bool { return p.NodeCounters(testNode).CurConns == 0 })
		}
	}
}

func TestANodesLimitHoldsForAllItsMembersTogether(t *testing.T) {
	t.Parallel()
	p, a, b, other := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil), newBackend(t, "other", nil)
	configure(t, p, withNode(oneServer(nil, a.member(onNode, ratio(10)), b.member(onNode, ratio(10)), other.member()),
		func(n *Node) { n.ConnectionLimit = 3 }))
	got := map[string]int{}
	for range 6 {
		got[dial(t, p).get()]++
	}
	if got["a"]+got["b"] != 3 || got["other"] != 3 {
		t.Errorf("open connections: %v, want three on the node", got)
	}
}

func TestPoolAndNodeCountWhatTheirMembersDoAlsoThoseThatAreGone(t *testing.T) {
	t.Parallel()
	for mode, reuse := range map[string]bool{"a connection each": false, "OneConnect": true} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			hang := make(chan struct{})
			slow := func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/hang" {
					<-hang
				}
				_, _ = io.WriteString(w, "done")
			}
			a, b := newBackend(t, "a", slow), newBackend(t, "b", slow)
			t.Cleanup(func() { close(hang) })
			oneOrMany := func(v *VirtualServer) { v.OneConnect = reuse }
			configure(t, p, withNode(oneServer(oneOrMany, a.member(onNode), b.member(onNode))))
			for range 6 {
				getOnce(t, p)
			}
			eventually(t, "the clients are gone", func() bool { return p.PoolCounters(testPool).CurSessions == 0 })
			for range 4 { // clients that break off in the middle
				c := dial(t, p)
				c.send("GET /hang HTTP/1.1\r\nHost: shop\r\n\r\n")
				eventually(t, "the request is at the member", func() bool { return p.PoolCounters(testPool).CurSessions == 1 })
				_ = c.SetLinger(0)
				_ = c.Close()
				eventually(t, "it is off the books", func() bool { return p.PoolCounters(testPool).CurSessions == 0 })
			}
			configure(t, p, withNode(oneServer(oneOrMany, b.member(onNode))))
			pool, node, client := p.PoolCounters(testPool), p.NodeCounters(testNode), p.VirtualServerCounters(testServer)
			if pool.TotRequests != 10 || pool.MaxConns < 1 || pool.MaxConns > 10 || !reuse && (pool.TotConns != 10 || pool.CurConns != 0) {
				t.Errorf("the pool counts %+v", pool)
			}
			if node != pool {
				t.Errorf("the node counts %+v, the pool %+v", node, pool)
			}
			if client.TotRequests != pool.TotRequests || client.TotConns != 10 || client.BitsIn != pool.BitsIn || client.BitsOut != pool.BitsOut {
				t.Errorf("the virtual server counts %+v, the pool %+v", client, pool)
			}
			if reuse {
				return
			}
			p.ResetPool(testPool)
			if got := p.PoolCounters(testPool).TotRequests + b.counters(p).TotRequests; got != 0 {
				t.Errorf("after its reset the pool counts %d", got)
			}
			if got := p.NodeCounters(testNode); got != node {
				t.Errorf("a pool's reset changes the node's counters to %+v", got)
			}
			p.ResetNode(testNode)
			p.ResetVirtualServer(testServer)
			if got := p.NodeCounters(testNode).TotConns + p.VirtualServerCounters(testServer).TotConns; got != 0 {
				t.Errorf("after their reset %d connections are counted", got)
			}
		})
	}
}

func TestNodeModesLookAtTheNode(t *testing.T) {
	t.Parallel()
	two := func(mode string, members ...Member) (*Plane, Config) {
		config := oneServer(nil, members...)
		config.Pools[0].Mode = mode
		return newPlane(t), config
	}
	a, b := newBackend(t, "a", nil), newBackend(t, "b", nil)
	heavy := func(m *Member) { m.Node = "/shop/heavy" }
	nodes := []Node{{Name: "/shop/heavy", Address: "127.0.0.1", Ratio: 3, DynamicRatio: 1}, {Name: testNode, Address: "127.0.0.1", Ratio: 1, DynamicRatio: 4}}
	for mode, want := range map[string]int{"ratio-node": 15, "dynamic-ratio-node": 4, "ratio-member": 10, "ratio-session": 10, "dynamic-ratio-member": 10} {
		p, config := two(mode, a.member(heavy), b.member(onNode))
		config.Nodes = nodes
		configure(t, p, config)
		got := 0
		for range 20 {
			if getOnce(t, p) == "a" {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: a has %d of 20, want %d", mode, got, want)
		}
	}
	// Another pool's connections make the node busy, not its member here.
	for mode, want := range map[string]string{"least-connections-node": "b", "least-connections-member": "a"} {
		p, config := two(mode, a.member(heavy), b.member(onNode))
		config.Nodes = nodes
		twin := a.member(heavy)
		twin.Pool = "/shop/twin"
		config.Pools = append(config.Pools, Pool{Name: "/shop/twin", Members: []Member{twin}})
		config.VirtualServers[0].Policies = []*Policy{{Rules: []PolicyRule{{
			Conditions: []Condition{{Operand: "httpHeader", Name: "X-Twin", Values: []string{"yes"}}},
			Actions:    []Action{{Kind: ActionForward, Pool: "/shop/twin"}},
		}}}}
		configure(t, p, config)
		dial(t, p).get("X-Twin: yes")
		if by := dial(t, p).get(); by != want {
			t.Errorf("%s: answered by %s, want %s", mode, by, want)
		}
	}
}
