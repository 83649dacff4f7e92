package dataplane

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// canary is a policy that sends requests with a header to green.
var canary = PolicyRule{
	Conditions: []Condition{{Operand: "httpHeader", Name: "X-Canary", Values: []string{"yes"}}},
	Actions:    []Action{{Kind: ActionForward, Pool: "/shop/green"}},
}

func TestRecordsOfAnotherPoolCountOnlyAcrossPools(t *testing.T) {
	t.Parallel()
	for _, method := range []string{persistCookie, persistSource} {
		for across, want := range map[bool]string{false: "green", true: "blue"} {
			p, blue, green := newPlane(t), newBackend(t, "blue", nil), newBackend(t, "green", nil)
			configure(t, p, routed(func(v *VirtualServer) {
				v.Persistence = Persistence{Method: method, AcrossPools: across}
			}, blue.member(), green.member(), canary))
			response, _ := dial(t, p).exchange()
			fields := []string{"X-Canary: yes"}
			for _, c := range response.Cookies() {
				fields = append(fields, "\r\nCookie: "+c.Name+"="+c.Value)
			}
			if by := getOnce(t, p, strings.Join(fields, "")); by != want {
				t.Errorf("%s, across pools %t: answered by %s, want %s", method, across, by, want)
			}
			spare := newBackend(t, "spare", nil) // in the pool of the record, which is not the one that was chosen
			config := routed(func(v *VirtualServer) {
				v.Persistence = Persistence{Method: method, AcrossPools: across}
			}, blue.member(forcedOffline), green.member(), canary)
			config.Pools[0].Members = append(config.Pools[0].Members, spare.member())
			configure(t, p, config)
			if by := getOnce(t, p, strings.Join(fields, "")); by != "green" {
				t.Errorf("%s, across pools %t: with its member offline the client gets %s, want green", method, across, by)
			}
		}
	}
}

// Two virtual servers, each with a pool of its own over the same two hosts.
func TestRecordsAreSharedAcrossServicesAndVirtualServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		profile     Persistence
		sameAddress bool
		shared      bool
	}{
		"services of one address": {Persistence{Method: persistSource, AcrossServices: true}, true, true},
		"services of two":         {Persistence{Method: persistSource, AcrossServices: true}, false, false},
		"virtual servers":         {Persistence{Method: persistSource, AcrossVirtuals: true}, false, true},
		"neither":                 {Persistence{Method: persistSource}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			pools := []Pool{{Name: testPool, Mode: modeRatio}, {Name: "/shop/green", Mode: modeRatio}}
			entries := map[string]string{}
			for _, host := range []string{"192.0.2.1", "192.0.2.2"} {
				for i, port := range []string{"80", "443"} {
					b := newBackend(t, host, nil)
					entries[host+":"+port] = b.address()
					m := memberOf(host + ":" + port)
					m.Pool = pools[i].Name
					pools[i].Members = append(pools[i].Members, m)
				}
			}
			p.SetAddresses(entries)
			second := VirtualServer{Name: nextServer, Address: "/shop/203.0.113.11", Enabled: true, HTTP: true, Pool: "/shop/green", Persistence: test.profile}
			config := oneServer(func(v *VirtualServer) { v.Persistence = test.profile })
			if test.sameAddress {
				second.Address = config.VirtualServers[0].Address
			}
			configure(t, p, Config{VirtualServers: append(config.VirtualServers, second), Pools: pools})
			dialTo(t, p, nextServer, "127.0.0.99").get() // puts the walks of the two pools out of step
			alike := 0
			for _, client := range []string{"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"} {
				first := dialFrom(t, p, client).get()
				c := dialTo(t, p, nextServer, client)
				if first == c.get() {
					alike++
				}
			}
			if test.shared != (alike == 4) {
				t.Errorf("%d of 4 clients are on the same host with both", alike)
			}
		})
	}
}

// dialTo is a client connection to a virtual server of choice.
func dialTo(t *testing.T, p *Plane, server, source string) *rawClient {
	t.Helper()
	return dialAddress(t, p.Listener(server), source)
}

func TestALimitIsOverriddenOnlyByWhoMay(t *testing.T) {
	t.Parallel()
	for override, want := range map[bool]string{false: "b", true: "a"} {
		p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
		configure(t, p, oneServer(func(v *VirtualServer) {
			v.Persistence = Persistence{Method: persistSource, OverrideLimit: override}
		}, a.member(limitedTo(1)), b.member()))
		if by := dial(t, p).get(); by != "a" {
			t.Fatalf("the first client gets %s", by)
		}
		if by := dial(t, p).get(); by != want {
			t.Errorf("override %t: with a record the client gets %s, want %s", override, by, want)
		}
	}
}

func TestAFallbackRemembersWhomTheCookieDoesNot(t *testing.T) {
	t.Parallel()
	p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
	configure(t, p, oneServer(func(v *VirtualServer) {
		v.Persistence = Persistence{Method: persistCookie}
		v.Fallback = Persistence{Method: persistSource, MaskBits: 24}
	}, a.member(), b.member()))
	first := getOnce(t, p)
	for _, source := range []string{"127.0.0.1", "127.0.0.200"} { // one network
		if by := dialFrom(t, p, source).get(); by != first {
			t.Errorf("%s gets %s, want %s", source, by, first)
		}
	}
	if by := dialFrom(t, p, "127.0.1.1").get(); by == first {
		t.Errorf("another network gets %s too", by)
	}
}

func TestTheCookieIsAsItsProfileSays(t *testing.T) {
	t.Parallel()
	a := newBackend(t, "a", nil)
	value := cookieValue(a.address())
	for name, test := range map[string]struct {
		profile Persistence
		sent    string
		want    string
	}{
		"plain":          {Persistence{}, "", "c=" + value + "; path=/"},
		"http only":      {Persistence{HTTPOnly: true}, "", "c=" + value + "; path=/; Httponly"},
		"not over plain": {Persistence{Secure: true}, "", "c=" + value + "; path=/"},
		"known already":  {Persistence{}, "c=" + value, ""},
		"always":         {Persistence{CookieAlways: true}, "c=" + value, "c=" + value + "; path=/"},
		"passive":        {Persistence{CookiePassive: true}, "", ""},
	} {
		p := newPlane(t)
		test.profile.Method, test.profile.CookieName = persistCookie, "c"
		configure(t, p, oneServer(func(v *VirtualServer) { v.Persistence = test.profile }, a.member()))
		response, _ := dial(t, p).exchange("Cookie: " + test.sent)
		if got := response.Header.Get("Set-Cookie"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	aged := cookieOrder{name: "c", profile: Persistence{CookieAge: time.Hour, Secure: true}}
	line := aged.line(&member{cookie: "v"}, func(string) string { return "" }, true)
	parsed, err := http.ParseSetCookie(line)
	if err != nil || !parsed.Secure || time.Until(parsed.Expires) > time.Hour || time.Until(parsed.Expires) < 50*time.Minute {
		t.Errorf("%q: %v", line, err)
	}
}

func TestIgnorePersistedWeightKeepsRecordsOutOfTheWalk(t *testing.T) {
	t.Parallel()
	for ignore, want := range map[bool]int{false: 3, true: 2} {
		p, a, b := newPlane(t), newBackend(t, "a", nil), newBackend(t, "b", nil)
		config := oneServer(func(v *VirtualServer) { v.Persistence = Persistence{Method: persistSource} }, a.member(), b.member())
		config.Pools[0].IgnorePersistedWeight = ignore
		configure(t, p, config)
		if by := dialFrom(t, p, "127.0.0.2").get(); by != "a" {
			t.Fatalf("answered by %s", by)
		}
		dialFrom(t, p, "127.0.0.2").get() // persisted to a
		fresh := 0
		for _, source := range []string{"127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"} {
			if dialFrom(t, p, source).get() == "b" {
				fresh++
			}
		}
		if fresh != want {
			t.Errorf("ignore %t: b has %d of the next four, want %d", ignore, fresh, want)
		}
	}
}
