package dataplane

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"testing"
)

// routed is a configuration with the pools blue and green, blue the default, and
// policies.
func routed(change func(*VirtualServer), blue, green Member, rules ...PolicyRule) Config {
	c := oneServer(func(v *VirtualServer) {
		if change != nil {
			change(v)
		}
		v.Policies = []*Policy{{Name: "/shop/routes", Strategy: "first-match", Rules: rules}}
	}, blue)
	green.Pool = "/shop/green"
	c.Pools = append(c.Pools, Pool{Name: "/shop/green", Mode: modeRatio, Members: []Member{green}})
	return c
}

func TestAPolicyRoutesEachRequestOfAConnection(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"pinned": nil, "OneConnect": oneConnect} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p, blue, green := newPlane(t), newBackend(t, "blue", nil), newBackend(t, "green", nil)
			canary := PolicyRule{
				Conditions: []Condition{{Operand: "httpHeader", Name: "X-Canary", Values: []string{"yes"}}},
				Actions:    []Action{{Kind: ActionForward, Pool: "/shop/green"}},
			}
			configure(t, p, routed(change, blue.member(), green.member(), canary))
			c := dial(t, p)
			for i, fields := range []string{"X-Other: yes", "X-Canary: yes", "X-Canary: yes", "X-Other: yes", "X-Canary: no"} {
				want := "blue"
				if fields == "X-Canary: yes" {
					want = "green"
				}
				if by := c.get(fields); by != want {
					t.Errorf("request %d with %q is answered by %s, want %s", i, fields, by, want)
				}
			}
			if got := p.VirtualServerCounters(testServer); got.TotRequests != 5 || got.TotConns != 1 {
				t.Errorf("the virtual server counts %+v", got)
			}
			if got := p.MemberCounters("/shop/green", "/shop/"+green.address()); got.TotRequests != 2 {
				t.Errorf("green counts %+v", got)
			}
		})
	}
}

func addresses(texts ...string) (list []netip.Addr) {
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

func TestAPolicyRefusesAndRedirects(t *testing.T) {
	t.Parallel()
	onPath := func(path string, a Action) PolicyRule {
		return PolicyRule{Conditions: []Condition{{Operand: "httpUri", Selector: "path", Values: []string{path}}}, Actions: []Action{a}}
	}
	p, a := newPlane(t), newBackend(t, "a", nil)
	configure(t, p, routed(nil, a.member(), a.member(),
		onPath("/moved", Action{Kind: ActionRedirect, Location: "tcl:https://[HTTP::host][HTTP::uri]"}),
		onPath("/gone", Action{Kind: ActionRedirect, Code: 308, Location: "/"}),
		onPath("/forbidden", Action{Kind: ActionReset}),
		onPath("/nowhere", Action{Kind: ActionForward, Pool: "/shop/missing"}),
	))
	c := dial(t, p)
	c.send("POST /moved?x=1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello")
	response, _ := c.receive("POST")
	if response.StatusCode != 302 || response.Header.Get("Location") != "https://shop/moved?x=1" || response.Header.Get("Server") != "BigIP" {
		t.Errorf("%s %v", response.Status, response.Header)
	}
	if by := c.get(); by != "a" {
		t.Errorf("after a redirect the connection is answered by %q", by)
	}
	c.send("GET /gone HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
	if response, _ := c.receive("GET"); response.StatusCode != 308 {
		t.Error(response.Status)
	}
	if err := c.ending(); !errors.Is(err, io.EOF) {
		t.Errorf("the connection ends with %v, want a FIN", err)
	}
	for _, path := range []string{"/forbidden", "/nowhere"} {
		if err := attempt(p, "GET "+path+" HTTP/1.1\r\nHost: shop\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s ends with %v, want a reset", path, err)
		}
	}
	if n := a.requests.Load(); n != 1 {
		t.Errorf("the member got %d requests", n)
	}
}

func TestHeadersAreInsertedTowardsBothSides(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"pinned": func(*VirtualServer) {}, "OneConnect": oneConnect} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			echo := newBackend(t, "echo", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Powered-By", "go")
				_, _ = fmt.Fprintf(w, "%s %s %q %q", r.Host, r.URL, r.Header["X-Forwarded-For"], r.Header["X-Color"])
			})
			edits := PolicyRule{Actions: []Action{
				{Kind: ActionHTTPHeader, Verb: verbReplace, Name: "X-Color", Value: "blue"},
				{Kind: ActionHTTPHost, Verb: verbReplace, Value: "inner"},
				{Kind: ActionHTTPURI, Verb: verbReplace, Path: "/v2"},
				{Kind: ActionHTTPHeader, Verb: verbRemove, Name: "X-Powered-By", Response: true},
				{Kind: ActionHTTPHeader, Verb: verbInsert, Name: "X-Device", Value: "bigip", Response: true},
			}}
			configure(t, p, routed(func(v *VirtualServer) {
				change(v)
				v.InsertXForwardedFor, v.Persistence.Method = true, persistCookie
			}, echo.member(), echo.member(), edits))
			c := dialFrom(t, p, "127.0.0.2")
			for range 2 {
				response, got := c.exchange("X-Forwarded-For: 192.0.2.1", "X-Color: red")
				if want := `inner /v2 ["192.0.2.1" "127.0.0.2"] ["blue"]`; got != want {
					t.Errorf("the member saw %s, want %s", got, want)
				}
				if response.Header.Get("X-Device") != "bigip" || response.Header.Get("X-Powered-By") != "" || len(response.Cookies()) != 1 {
					t.Errorf("the client saw %v", response.Header)
				}
			}
		})
	}
}

// peer is a member that answers with the address it is reached from.
func peer(t *testing.T) *httpBackend {
	return newBackend(t, "peer", func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		_, _ = io.WriteString(w, host)
	})
}

func TestSNATDecidesWhichAddressTheMemberSees(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		snat SNAT
		want []string // of one connection after another
	}{
		"unset":   {SNAT{}, []string{"127.0.0.2", "127.0.0.2"}},
		"none":    {SNAT{Type: "none"}, []string{"127.0.0.2", "127.0.0.2"}},
		"automap": {SNAT{Type: "automap"}, []string{"127.0.0.1", "127.0.0.1"}},
		"a pool":  {SNAT{Type: "snat", Addresses: addresses("198.51.100.7", "127.0.0.8")}, []string{"127.51.100.7", "127.0.0.8", "127.51.100.7"}},
	} {
		for mode, change := range map[string]func(*VirtualServer){"http": func(*VirtualServer) {}, "tcp": plainTCP} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p, a := newPlane(t), peer(t)
				configure(t, p, oneServer(func(v *VirtualServer) { change(v); v.SNAT = test.snat }, a.member()))
				for _, want := range test.want {
					c := dialFrom(t, p, "127.0.0.2")
					if got := c.get(); got != want {
						t.Errorf("the member sees %s, want %s", got, want)
					}
					_ = c.Close()
				}
			})
		}
	}
}

func TestPoliciesOfTCPSeeTheClientAndTheServerName(t *testing.T) {
	t.Parallel()
	p, blue, green := newPlane(t), newBackend(t, "blue", nil), newBackend(t, "green", nil)
	forward := Action{Kind: ActionForward, Pool: "/shop/green"}
	configure(t, p, routed(plainTCP, blue.member(), green.member(),
		PolicyRule{Conditions: []Condition{{Operand: "tcp", Selector: "address", Operator: "matches", Values: []string{"127.0.0.2"}}}, Actions: []Action{forward}},
		PolicyRule{Conditions: []Condition{{Operand: "tcp", Selector: "address", Operator: "matches", Values: []string{"127.0.0.3"}}}, Actions: []Action{{Kind: ActionReset}}},
	))
	if by := dialFrom(t, p, "127.0.0.1").get(); by != "blue" {
		t.Errorf("answered by %s, want blue", by)
	}
	if by := dialFrom(t, p, "127.0.0.2").get(); by != "green" {
		t.Errorf("answered by %s, want green", by)
	}
	if err := attemptFrom("127.0.0.3", p, ""); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ends with %v, want a reset", err)
	}
}
