package dataplane

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

// respondRule answers with the status that a policy has left in a variable.
const respondRule = `# a status of the routes
when HTTP_REQUEST {
    if { [info exists route_status] } {
        set status $route_status
        unset route_status
        HTTP::respond $status content "status $status\n" noserver
    }
}
`

func TestAnIRuleOfTheSubsetIsReadAndAnyOtherIsNot(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		respondRule:             true,
		"":                      true,
		"when HTTP_REQUEST { }": true,
		"when HTTP_REQUEST { set a 1; set b \"x $a\"; set c {$a [b]} }\nwhen HTTP_REQUEST { HTTP::respond 503 }": true,
		"when HTTP_REQUEST { HTTP::respond 200 content \"\\$5 \\[a\\]\" }":                                       true,

		"when LB_FAILED { HTTP::respond 503 }": true,

		"when HTTP_RESPONSE { }":                                      false,
		"when HTTP_REQUEST priority 100 { }":                          false,
		"when HTTP_REQUEST { pool /shop/web }":                        false,
		"when HTTP_REQUEST { if { $a == 1 } { set b 1 } }":            false,
		"when HTTP_REQUEST { if { [info exists a] } { pool x } }":     false,
		"when HTTP_REQUEST { if { [info exists a] } { } else { } }":   false,
		"when HTTP_REQUEST { set a [HTTP::uri] }":                     false,
		"when HTTP_REQUEST { set a $static::b }":                      false,
		"when HTTP_REQUEST { set a ${b} }":                            false,
		"when HTTP_REQUEST { set a $b(c) }":                           false,
		"when HTTP_REQUEST { set a::b 1 }":                            false,
		"when HTTP_REQUEST { set a \"\\u0041\" }":                     false,
		"when HTTP_REQUEST { unset -nocomplain a }":                   false,
		"when HTTP_REQUEST { HTTP::respond 200 content x A b }":       false,
		"when HTTP_REQUEST { HTTP::respond }":                         false,
		"when HTTP_REQUEST { HTTP::respond 200 content \"[IP::x]\" }": false,
		"when HTTP_REQUEST { {set} a 1 }":                             false,
		"when HTTP_REQUEST { set a \"b\"c }":                          false,
		"when HTTP_REQUEST { set a \"b }":                             false,
		"when HTTP_REQUEST {":                                         false,
		"when HTTP_REQUEST \"set a 1\"":                               false,
		"proc f {} { }":                                               false,
	} {
		if _, simulated := ParseIRule("/shop/r", text); simulated != want {
			t.Errorf("simulated is %v: %s", simulated, text)
		}
	}
}

// answering is a rule of a policy that sets the variable which respondRule looks at.
func answering(path, status string, more ...Action) PolicyRule {
	return PolicyRule{
		Name:       path,
		Conditions: []Condition{{Operand: "httpUri", Selector: "path", Operator: "equals", Values: []string{path}}},
		Actions:    append(more, Action{Kind: ActionSetVariable, Name: "route_status", Value: status}),
	}
}

func withRules(t *testing.T, texts ...string) func(*VirtualServer) {
	t.Helper()
	return func(v *VirtualServer) {
		for _, text := range texts {
			rule, simulated := ParseIRule("/shop/rule", text)
			if !simulated {
				t.Fatalf("not simulated: %s", text)
			}
			v.Rules = append(v.Rules, rule)
		}
	}
}

func TestAnIRuleAnswersWhatThePolicyLeftInAVariable(t *testing.T) {
	t.Parallel()
	p, blue, green := newPlane(t), newBackend(t, "blue", nil), newBackend(t, "green", nil)
	configure(t, p, routed(withRules(t, respondRule), blue.member(), green.member(),
		answering("/none", "404"), answering("/broken", "503", Action{Kind: ActionForward, Pool: "/shop/green"})))
	c := dial(t, p)
	for _, step := range []struct {
		request, method string
		status          int
		body            string
	}{
		{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET", 200, "blue"},
		{"GET /none HTTP/1.1\r\nHost: h\r\n\r\n", "GET", 404, "status 404\n"},
		{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET", 200, "blue"}, // the variable is of the connection, and was unset
		{"POST /none HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", "POST", 404, "status 404\n"},
		{"HEAD /none HTTP/1.1\r\nHost: h\r\n\r\n", "HEAD", 404, ""},
		{"GET /broken HTTP/1.1\r\nHost: h\r\n\r\n", "GET", 503, "status 503\n"},
		{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET", 200, "blue"},
	} {
		c.send(step.request)
		res, body := c.receive(step.method)
		if res.StatusCode != step.status || body != step.body {
			t.Errorf("%q is answered %d %q, want %d %q", step.request, res.StatusCode, body, step.status, step.body)
		}
		if res.StatusCode == 404 && res.Header.Get("Server") != "" {
			t.Errorf("noserver names %q", res.Header.Get("Server"))
		}
	}
	if got := p.VirtualServerCounters(testServer); got.TotRequests != 7 || blue.requests.Load() != 3 || green.requests.Load() != 0 {
		t.Errorf("the virtual server counts %+v, blue %d, green %d", got, blue.requests.Load(), green.requests.Load())
	}
}

func TestWhatIsAnErrorInTclResetsTheClient(t *testing.T) {
	t.Parallel()
	redirect := PolicyRule{Name: "r", Actions: []Action{{Kind: ActionRedirect, Location: "/"}}}
	for text, rules := range map[string][]PolicyRule{
		"when HTTP_REQUEST { unset nothing }":                                 nil,
		"when HTTP_REQUEST { set a $nothing }":                                nil,
		"when HTTP_REQUEST { HTTP::respond $nothing }":                        nil,
		"when HTTP_REQUEST { HTTP::respond 404 content \"$nothing\" }":        nil,
		"when HTTP_REQUEST { HTTP::respond none }":                            nil,
		"when HTTP_REQUEST { HTTP::respond 404\nHTTP::respond 404 noserver }": nil,
		"when HTTP_REQUEST { HTTP::respond 200 }":                             {redirect},
	} {
		p, blue := newPlane(t), newBackend(t, "blue", nil)
		configure(t, p, routed(withRules(t, text), blue.member(), blue.member(), rules...))
		if err := attempt(p, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); err == nil {
			t.Errorf("answered: %s", text)
		}
	}
}

func TestTheServerIsNamedUnlessAnIRuleSaysNo(t *testing.T) {
	t.Parallel()
	p, blue := newPlane(t), newBackend(t, "blue", nil)
	configure(t, p, routed(withRules(t, "when HTTP_REQUEST { HTTP::respond 200 content {a $b} }"), blue.member(), blue.member()))
	c := dial(t, p)
	c.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	if res, body := c.receive("GET"); res.Header.Get("Server") != "BigIP" || body != "a $b" || !strings.EqualFold(res.Header.Get("Connection"), "close") {
		t.Errorf("got %v %q", res.Header, body)
	}
}

// FuzzParseIRule holds that no text stops the reader.
func FuzzParseIRule(f *testing.F) {
	f.Add(respondRule)
	f.Add("when HTTP_REQUEST { if { [info exists a] } { set b \"\\\" } }")
	f.Fuzz(func(t *testing.T, text string) {
		rule, simulated := ParseIRule("/shop/r", text)
		if !simulated {
			return
		}
		reply, err := runRules([]*IRule{rule}, eventRequest, map[string]string{"a": "1"})
		if err != nil && reply != nil {
			t.Errorf("answers after an error: %s", text)
		}
	})
}

// failedRule answers when there is no member.
const failedRule = "when LB_FAILED { HTTP::respond 503 content \"none\" noserver }"

func TestAnIRuleAnswersWhereNoMemberTakesTheConnection(t *testing.T) {
	t.Parallel()
	p, blue, gone := newPlane(t), newBackend(t, "blue", nil), newBackend(t, "gone", nil)
	gone.Close()
	toGreen := PolicyRule{
		Name:       "green",
		Conditions: []Condition{{Operand: "httpUri", Selector: "path", Operator: "equals", Values: []string{"/green"}}},
		Actions:    []Action{{Kind: ActionForward, Pool: "/shop/green"}},
	}
	configure(t, p, routed(withRules(t, respondRule, failedRule), blue.member(), gone.member(), toGreen))
	c := dial(t, p)
	for range 2 {
		c.send("POST /green HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
		if res, body := c.receive("POST"); res.StatusCode != 503 || body != "none" {
			t.Fatalf("answered %d %q, want 503 none", res.StatusCode, body)
		}
		if by := c.get(); by != "blue" { // the connection goes on
			t.Fatalf("answered by %s, want blue", by)
		}
	}
	configure(t, p, routed(withRules(t, respondRule), blue.member(), gone.member(), toGreen))
	c.send("GET /green HTTP/1.1\r\nHost: h\r\n\r\n")
	if err := c.ending(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("without the iRule the connection ends with %v, want a reset", err)
	}
}
