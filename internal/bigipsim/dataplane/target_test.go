package dataplane

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"testing"
)

const nextServer = "/shop/next"

// chained is a virtual server with a policy in front of another one.
func chained(change func(*Config), forward Action, blue, green Member) Config {
	c := routed(nil, blue, green, PolicyRule{
		Conditions: []Condition{{Operand: "httpUri", Selector: "path", Operator: "startsWith", Values: []string{"/next"}}},
		Actions:    []Action{forward},
	})
	c.VirtualServers = append(c.VirtualServers, VirtualServer{Name: nextServer, Address: "/shop/203.0.113.11", Port: 80, Enabled: true, Pool: "/shop/green", HTTP: true})
	if change != nil {
		change(&c)
	}
	return c
}

func (c *rawClient) ask(path string) string {
	c.t.Helper()
	c.send("GET " + path + " HTTP/1.1\r\nHost: shop\r\n\r\n")
	_, body := c.receive(http.MethodGet)
	return body
}

// seen answers with the name, the address that the member sees, and what was
// forwarded for.
func seen(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, _, _ := net.SplitHostPort(r.RemoteAddr)
		_, _ = fmt.Fprintf(w, "%s from %s for %q", name, from, r.Header["X-Forwarded-For"])
	}
}

func TestAPolicyForwardsToAnotherVirtualServer(t *testing.T) {
	t.Parallel()
	to := Action{Kind: ActionForward, VirtualServer: nextServer}
	for mode, reuse := range map[string]bool{"pinned": false, "OneConnect": true} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p, blue, green := newPlane(t), newBackend(t, "blue", seen("blue")), newBackend(t, "green", seen("green"))
			configure(t, p, chained(func(c *Config) {
				c.VirtualServers[0].OneConnect = reuse
				c.VirtualServers[1].InsertXForwardedFor, c.VirtualServers[1].SNAT = true, SNAT{Type: snatAutomap}
			}, to, blue.member(), green.member()))
			c := dialFrom(t, p, "127.0.0.7")
			for _, step := range []struct{ path, want string }{
				{"/next", `green from 127.0.0.1 for ["127.0.0.7"]`},
				{"/", "blue from 127.0.0.7 for []"},
				{"/next/again", `green from 127.0.0.1 for ["127.0.0.7"]`},
			} {
				if got := c.ask(step.path); got != step.want {
					t.Errorf("%s is answered by %s, want %s", step.path, got, step.want)
				}
			}
			first, next := p.VirtualServerCounters(testServer), p.VirtualServerCounters(nextServer)
			if first.TotRequests != 3 || first.TotConns != 1 || next.TotRequests != 2 || next.TotConns < 1 {
				t.Errorf("the virtual servers count %+v and %+v", first, next)
			}
			if got := p.PoolCounters("/shop/green").TotRequests; got != 2 {
				t.Errorf("the second one's pool counts %d requests", got)
			}
			_ = c.Close()
			eventually(t, "the client is gone", func() bool { return p.VirtualServerCounters(testServer).CurConns == 0 })
			if !reuse {
				eventually(t, "the second one is free", func() bool { return p.VirtualServerCounters(nextServer).CurConns == 0 })
			}
		})
	}
}

func TestATargetThatCannotBeHadResets(t *testing.T) {
	t.Parallel()
	virtual := Action{Kind: ActionForward, VirtualServer: nextServer}
	blue, green := newBackend(t, "blue", nil), newBackend(t, "green", nil)
	member := Action{Kind: ActionForward, Pool: "/shop/green", Member: "/shop/" + green.address()}
	node := Action{Kind: ActionForward, Node: testNode}
	for name, test := range map[string]struct {
		to     Action
		change func(*Config)
	}{
		"a disabled virtual server":        {virtual, func(c *Config) { c.VirtualServers[1].Enabled = false }},
		"a virtual server at its limit":    {virtual, func(c *Config) { c.VirtualServers[1].ConnectionLimit, c.VirtualServers[1].Pool = 1, "/shop/none" }},
		"a virtual server without members": {virtual, func(c *Config) { c.Pools[1].Members = nil }},
		"a virtual server of UDP":          {virtual, func(c *Config) { c.VirtualServers[1].UDP = true }},
		"no such virtual server":           {Action{Kind: ActionForward, VirtualServer: "/shop/other"}, nil},
		"a virtual server in a loop":       {virtual, func(c *Config) { c.VirtualServers[1].Policies = c.VirtualServers[0].Policies }},
		"itself":                           {Action{Kind: ActionForward, VirtualServer: testServer}, nil},
		"a disabled member":                {member, func(c *Config) { c.Pools[1].Members[0].SessionDisabled = true }},
		"a member that is not in the pool": {Action{Kind: ActionForward, Member: "/shop/" + green.address()}, nil},
		"a node that is offline":           {node, func(c *Config) { *c = withNode(*c, func(n *Node) { n.ForcedOffline = true }) }},
		"a node without an address map":    {Action{Kind: ActionForward, Node: "203.0.113.9"}, nil},
		"a node that refuses": {node, func(c *Config) {
			*c = withNode(*c, func(n *Node) { n.Address = "127.0.0.1" })
			c.VirtualServers[0].Port = 1
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			configure(t, p, chained(test.change, test.to, blue.member(), green.member()))
			if err := attempt(p, "GET /next HTTP/1.1\r\nHost: shop\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the connection ends with %v, want a reset", err)
			}
			if by := getOnce(t, p); by != "blue" {
				t.Errorf("afterwards answered by %s", by)
			}
		})
	}
}

func TestAPolicyForwardsToAMemberAndToANode(t *testing.T) {
	t.Parallel()
	blue, green := newBackend(t, "blue", nil), newBackend(t, "green", nil)
	_, text, _ := net.SplitHostPort(green.address())
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]Action{
		"a member by its path":      {Kind: ActionForward, Pool: "/shop/green", Member: "/shop/" + green.address()},
		"a member by its address":   {Kind: ActionForward, Pool: "/shop/green", Member: green.address()},
		"a node by its path":        {Kind: ActionForward, Node: testNode},
		"a node by its address":     {Kind: ActionForward, Node: "127.0.0.1"},
		"a node in the address map": {Kind: ActionForward, Node: "/shop/far"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			p.SetAddresses(map[string]string{"203.0.113.9:" + text: green.address()})
			config := chained(func(c *Config) {
				c.VirtualServers[0].Port = port // that of a node is the virtual server's
				c.VirtualServers[0].Persistence.Method = persistCookie
				*c = withNode(*c)
				c.Nodes = append(c.Nodes, Node{Name: "/shop/far", Address: "203.0.113.9"})
			}, to, blue.member(), green.member(onNode))
			config.Pools[1].Members = append(config.Pools[1].Members, blue.member())
			configure(t, p, config)
			for range 3 {
				if by := dial(t, p).ask("/next"); by != "green" {
					t.Errorf("answered by %s", by)
				}
			}
			configure(t, p, config) // the same once more: nothing is disturbed
			if by := dial(t, p).ask("/next"); by != "green" {
				t.Errorf("answered by %s", by)
			}
			counted := p.MemberCounters("/shop/green", "/shop/"+green.address())
			if member := to.Member != ""; member != (counted.TotRequests == 4) {
				t.Errorf("the member counts %+v", counted)
			}
			if got := p.NodeCounters(testNode).TotRequests; to.Node == testNode && got != 4 {
				t.Errorf("the node counts %d requests", got)
			}
		})
	}
}

func TestConnectionsOfTCPGoThroughAnotherVirtualServerToo(t *testing.T) {
	t.Parallel()
	p, blue, green := newPlane(t), newBackend(t, "blue", nil), newBackend(t, "green", nil)
	configure(t, p, chained(func(c *Config) {
		c.VirtualServers[0].HTTP = false
		c.VirtualServers[0].Policies[0].Rules[0].Conditions = nil
	}, Action{Kind: ActionForward, VirtualServer: nextServer}, blue.member(), green.member()))
	c := dial(t, p)
	for range 2 {
		if by := c.get(); by != "green" {
			t.Errorf("answered by %s", by)
		}
	}
	if first, next := p.VirtualServerCounters(testServer), p.VirtualServerCounters(nextServer); next.TotRequests != 2 || next.BitsIn != first.BitsIn || next.BitsOut != first.BitsOut {
		t.Errorf("the virtual servers count %+v and %+v", first, next)
	}
}

func TestPortsFollowTheVirtualServerWhereTheMemberHasNoneOrTranslationIsOff(t *testing.T) {
	t.Parallel()
	p, a := newPlane(t), newBackend(t, "a", nil)
	p.SetAddresses(map[string]string{"203.0.113.5:8443": a.address()})
	for name, test := range map[string]struct {
		member string
		keep   bool
	}{"port 0": {"203.0.113.5:0", false}, "translatePort disabled": {"203.0.113.5:80", true}} {
		configure(t, p, oneServer(func(v *VirtualServer) { v.Port, v.KeepPort = 8443, test.keep }, memberOf(test.member)))
		if by := getOnce(t, p); by != "a" {
			t.Errorf("%s: answered by %q", name, by)
		}
	}
}
