package dataplane

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shopRequest is what the policies of these tests are asked about.
func shopRequest() PolicyRequest {
	return PolicyRequest{
		Method: "GET", Target: "/Shop/cart.html?color=blue&size=a%20b", Version: "1.1",
		Fields: []Field{
			{"Host", "WWW.example.com:8080"},
			{"X-Canary", "Yes"},
			{"X-Many", "1"},
			{"x-many", "2"},
			{"Content-Length", "90"},
			{"Cookie", "user=42; color=green"},
			{"Referer", "https://search.example.org/find?q=x"},
		},
		Client: netip.MustParseAddr("127.0.0.9"), ServerName: "www.example.com",
	}
}

func TestConditionsCompareTheirPartOfTheRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		condition Condition
		want      bool
	}{
		"the whole host has its port":          {Condition{Operand: "httpHost", Selector: "all", Values: []string{"www.example.com:8080"}}, true},
		"the host has none":                    {Condition{Operand: "httpHost", Selector: "host", Operator: "equals", Values: []string{"www.example.com"}}, true},
		"the port of the host":                 {Condition{Operand: "httpHost", Selector: "port", Operator: "greater", Values: []string{"443"}}, true},
		"a host ends with":                     {Condition{Operand: "httpHost", Selector: "host", Operator: "endsWith", Values: []string{"example.com"}}, true},
		"one of several values":                {Condition{Operand: "httpHost", Selector: "host", Values: []string{"a", "www.example.com"}}, true},
		"none of several values":               {Condition{Operand: "httpHost", Selector: "host", Values: []string{"a", "b"}}, false},
		"no value at all":                      {Condition{Operand: "httpHost", Selector: "host"}, false},
		"case does not count":                  {Condition{Operand: "httpUri", Selector: "path", Operator: "startsWith", Values: []string{"/shop"}}, true},
		"case counts if asked for":             {Condition{Operand: "httpUri", Selector: "path", Operator: "startsWith", Values: []string{"/shop"}, CaseSensitive: true}, false},
		"the path has no query":                {Condition{Operand: "httpUri", Selector: "path", Values: []string{"/shop/cart.html"}}, true},
		"the whole URI has":                    {Condition{Operand: "httpUri", Operator: "contains", Values: []string{"color=blue"}}, true},
		"the first path segment":               {Condition{Operand: "httpUri", Selector: "pathSegment", Index: 1, Values: []string{"shop"}}, true},
		"the last path segment":                {Condition{Operand: "httpUri", Selector: "pathSegment", Index: -1, Values: []string{"cart.html"}}, true},
		"a path segment that is not there":     {Condition{Operand: "httpUri", Selector: "pathSegment", Index: 3, Values: []string{"cart.html"}}, false},
		"the extension":                        {Condition{Operand: "httpUri", Selector: "extension", Values: []string{"html"}}, true},
		"the query string":                     {Condition{Operand: "httpUri", Selector: "queryString", Operator: "startsWith", Values: []string{"color="}}, true},
		"a query parameter":                    {Condition{Operand: "httpUri", Selector: "queryParameter", Name: "color", Values: []string{"blue"}}, true},
		"an encoded query parameter":           {Condition{Operand: "httpUri", Selector: "queryParameter", Name: "size", Values: []string{"a b"}}, true},
		"another query parameter":              {Condition{Operand: "httpUri", Selector: "queryParameter", Name: "col", Values: []string{"blue"}}, false},
		"the scheme":                           {Condition{Operand: "httpUri", Selector: "scheme", Values: []string{"http"}}, true},
		"the host of an URI without one":       {Condition{Operand: "httpUri", Selector: "host", Values: []string{"www.example.com"}}, true},
		"the host of the referer":              {Condition{Operand: "httpReferer", Selector: "host", Values: []string{"search.example.org"}}, true},
		"the path of the referer":              {Condition{Operand: "httpReferer", Selector: "path", Values: []string{"/find"}}, true},
		"a header":                             {Condition{Operand: "httpHeader", Name: "x-canary", Values: []string{"yes"}}, true},
		"a header that is there twice":         {Condition{Operand: "httpHeader", Name: "X-Many", Values: []string{"2"}}, true},
		"a header exists":                      {Condition{Operand: "httpHeader", Name: "X-Canary", Operator: "exists"}, true},
		"a header does not exist":              {Condition{Operand: "httpHeader", Name: "X-Other", Operator: "exists"}, false},
		"no header exists, as asked":           {Condition{Operand: "httpHeader", Name: "X-Other", Operator: "exists", Not: true}, true},
		"a missing header, as asked":           {Condition{Operand: "httpHeader", Name: "X-Other", Values: []string{"a"}, Missing: true}, true},
		"a header that must be missing is not": {Condition{Operand: "httpHeader", Name: "X-Canary", Values: []string{"a"}, Missing: true}, false},
		"numbers compare as numbers":           {Condition{Operand: "httpHeader", Name: "Content-Length", Operator: "less", Values: []string{"100"}}, true},
		"less or equal":                        {Condition{Operand: "httpHeader", Name: "Content-Length", Operator: "lessOrEqual", Values: []string{"90"}}, true},
		"greater or equal":                     {Condition{Operand: "httpHeader", Name: "Content-Length", Operator: "greaterOrEqual", Values: []string{"91"}}, false},
		"a cookie":                             {Condition{Operand: "httpCookie", Name: "color", Values: []string{"green"}}, true},
		"another cookie":                       {Condition{Operand: "httpCookie", Name: "colo", Values: []string{"green"}}, false},
		"the method":                           {Condition{Operand: "httpMethod", Selector: "all", Values: []string{"GET", "HEAD"}}, true},
		"not the method":                       {Condition{Operand: "httpMethod", Selector: "all", Values: []string{"GET"}, Not: true}, false},
		"the version":                          {Condition{Operand: "httpVersion", Values: []string{"1.1"}}, true},
		"the client's address":                 {Condition{Operand: "tcp", Selector: "address", Operator: "matches", Values: []string{"127.0.0.9"}}, true},
		"the client's network":                 {Condition{Operand: "tcp", Selector: "address", Operator: "matches", Values: []string{"10.0.0.0/8", "127.0.0.0/24"}}, true},
		"another network":                      {Condition{Operand: "tcp", Selector: "address", Operator: "matches", Values: []string{"10.0.0.0/8", "nonsense"}}, false},
		"the server name of the hello":         {Condition{Operand: "sslExtension", Selector: "serverName", Values: []string{"www.example.com"}}, true},
		"what is not simulated is absent":      {Condition{Operand: "geoip", Values: []string{"SE"}}, false},
	} {
		if got := test.condition.matches(shopRequest()); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

// pathRule forwards what begins with a path to a pool.
func pathRule(name, path, pool string, more ...Condition) PolicyRule {
	return PolicyRule{
		Name:       name,
		Conditions: append([]Condition{{Operand: "httpUri", Selector: "path", Operator: "startsWith", Values: []string{path}}}, more...),
		Actions:    []Action{{Kind: ActionForward, Pool: pool}, {Kind: ActionHTTPHeader, Verb: verbInsert, Name: "X-Rule", Value: name}},
	}
}

func TestStrategiesChooseTheRules(t *testing.T) {
	t.Parallel()
	rules := []PolicyRule{
		pathRule("other", "/other", "/shop/other"),
		pathRule("all", "/", "/shop/all"),
		pathRule("shop", "/shop", "/shop/shop"),
		pathRule("cart", "/shop/cart", "/shop/cart"),
	}
	for strategy, want := range map[string]Verdict{
		"first-match": {Rules: []string{"all"}, To: Target{Pool: "/shop/all"}},
		"best-match":  {Rules: []string{"cart"}, To: Target{Pool: "/shop/cart"}},
		"all-match":   {Rules: []string{"all", "shop", "cart"}, To: Target{Pool: "/shop/all"}},
		"user-made":   {Rules: []string{"all"}, To: Target{Pool: "/shop/all"}},
	} {
		for _, rule := range want.Rules {
			want.Request = append(want.Request, Action{Kind: ActionHTTPHeader, Verb: verbInsert, Name: "X-Rule", Value: rule})
		}
		got := Evaluate([]*Policy{{Strategy: strategy, Rules: rules}}, shopRequest())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", strategy, diff)
		}
	}
}

func TestMoreConditionsAreMoreSpecific(t *testing.T) {
	t.Parallel()
	canary := Condition{Operand: "httpHeader", Name: "X-Canary", Values: []string{"yes"}}
	p := &Policy{Strategy: "best-match", Rules: []PolicyRule{
		pathRule("long", "/shop/cart.html", "/shop/long"), pathRule("two", "/", "/shop/two", canary),
	}}
	if got := Evaluate([]*Policy{p}, shopRequest()).To.Pool; got != "/shop/two" {
		t.Errorf("forwarded to %q", got)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	rule := func(actions ...Action) *Policy { return &Policy{Rules: []PolicyRule{{Name: "r", Actions: actions}}} }
	for name, test := range map[string]struct {
		policies []*Policy
		want     Verdict
	}{
		"no policy": {nil, Verdict{}},
		"no rule":   {[]*Policy{{}}, Verdict{}},
		"no match":  {[]*Policy{{Rules: []PolicyRule{pathRule("r", "/other", "/p")}}}, Verdict{}},
		"reset":     {[]*Policy{rule(Action{Kind: ActionReset})}, Verdict{Rules: []string{"r"}, Reset: true}},
		"redirect is 302": {
			[]*Policy{rule(Action{Kind: ActionRedirect, Location: "https://other/[HTTP::uri]"})},
			Verdict{Rules: []string{"r"}, Redirect: &Redirect{302, "https://other/[HTTP::uri]"}},
		},
		"redirect with a code and an expression": {
			[]*Policy{rule(Action{Kind: ActionRedirect, Code: 301, Location: `tcl:https://[getfield [HTTP::host] ":" 1][HTTP::uri]`})},
			Verdict{Rules: []string{"r"}, Redirect: &Redirect{301, "https://WWW.example.com/Shop/cart.html?color=blue&size=a%20b"}},
		},
		"the first policy wins, the second still edits": {
			[]*Policy{rule(Action{Kind: ActionForward, Pool: "/a"}), rule(Action{Kind: ActionForward, Pool: "/b"}, Action{Kind: ActionHTTPHeader, Verb: verbRemove, Name: "X", Response: true})},
			Verdict{Rules: []string{"r", "r"}, To: Target{Pool: "/a"}, Response: []Action{{Kind: ActionHTTPHeader, Verb: verbRemove, Name: "X", Response: true}}},
		},
		"a value cannot leave its line": {
			[]*Policy{rule(Action{Kind: ActionHTTPHeader, Verb: verbInsert, Name: "X", Value: "tcl:[HTTP::path]\r\nEvil: 1"})},
			Verdict{Rules: []string{"r"}, Request: []Action{{Kind: ActionHTTPHeader, Verb: verbInsert, Name: "X", Value: "/Shop/cart.htmlEvil: 1"}}},
		},
	} {
		if diff := cmp.Diff(test.want, Evaluate(test.policies, shopRequest())); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestExpressionsAreReplacedByPartsOfTheRequest(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"literal [HTTP::path]":                                              "literal [HTTP::path]",
		"tcl:[HTTP::method] [HTTP::query]":                                  "GET color=blue&size=a%20b",
		"tcl:[HTTP::host]":                                                  "WWW.example.com:8080",
		"tcl:[getfield [HTTP::host] : 1]":                                   "WWW.example.com",
		"tcl:/new[string range [HTTP::uri] 5 end]":                          "/new/cart.html?color=blue&size=a%20b",
		"tcl:/new[string range [HTTP::path] 5 end]":                         "/new/cart.html",
		"tcl:/x[string range [HTTP::uri] [string length [HTTP::path]] end]": "/x?color=blue&size=a%20b",
		"tcl:[string range [HTTP::path] 99 end].":                           ".",
		"tcl:[exec id]":                                                     "[exec id]",
	} {
		if got := expand(expression, shopRequest()); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
	sly := PolicyRequest{Target: "/[HTTP::method]", Method: "GET"}
	if got := expand("tcl:[HTTP::path]", sly); got != "/[HTTP::method]" {
		t.Errorf("what a client sent is evaluated: %q", got)
	}
}

func TestHeadsAreEdited(t *testing.T) {
	t.Parallel()
	const head = "GET /a?b=c HTTP/1.1\r\nHost: shop\r\nX-Old: 1\r\nCookie: a=1; b=2\r\nx-old: 2\r\nContent-Length: 3\r\n\r\n"
	for name, test := range map[string]struct {
		action Action
		want   string
	}{
		"insert":              {Action{Kind: ActionHTTPHeader, Verb: verbInsert, Name: "X-Old", Value: "3"}, "GET /a?b=c HTTP/1.1\r\nHost: shop\r\nX-Old: 1\r\nCookie: a=1; b=2\r\nx-old: 2\r\nContent-Length: 3\r\nX-Old: 3\r\n\r\n"},
		"remove":              {Action{Kind: ActionHTTPHeader, Verb: verbRemove, Name: "X-Old"}, "GET /a?b=c HTTP/1.1\r\nHost: shop\r\nCookie: a=1; b=2\r\nContent-Length: 3\r\n\r\n"},
		"replace":             {Action{Kind: ActionHTTPHeader, Verb: verbReplace, Name: "x-old", Value: "3"}, "GET /a?b=c HTTP/1.1\r\nHost: shop\r\nCookie: a=1; b=2\r\nContent-Length: 3\r\nx-old: 3\r\n\r\n"},
		"framing stays":       {Action{Kind: ActionHTTPHeader, Verb: verbRemove, Name: "content-length"}, head},
		"no field of no name": {Action{Kind: ActionHTTPHeader, Verb: verbInsert, Name: "a b", Value: "3"}, head},
		"host":                {Action{Kind: ActionHTTPHost, Value: "other"}, "GET /a?b=c HTTP/1.1\r\nX-Old: 1\r\nCookie: a=1; b=2\r\nx-old: 2\r\nContent-Length: 3\r\nHost: other\r\n\r\n"},
		"path":                {Action{Kind: ActionHTTPURI, Path: "/x y"}, "GET /x%20y?b=c HTTP/1.1\r\nHost: shop\r\nX-Old: 1\r\nCookie: a=1; b=2\r\nx-old: 2\r\nContent-Length: 3\r\n\r\n"},
		"query":               {Action{Kind: ActionHTTPURI, QueryString: "q=1"}, "GET /a?q=1 HTTP/1.1\r\nHost: shop\r\nX-Old: 1\r\nCookie: a=1; b=2\r\nx-old: 2\r\nContent-Length: 3\r\n\r\n"},
		"the whole URI":       {Action{Kind: ActionHTTPURI, Value: "/n"}, "GET /n HTTP/1.1\r\nHost: shop\r\nX-Old: 1\r\nCookie: a=1; b=2\r\nx-old: 2\r\nContent-Length: 3\r\n\r\n"},
		"insert a cookie":     {Action{Kind: ActionHTTPCookie, Verb: verbInsert, Name: "a", Value: "9"}, "GET /a?b=c HTTP/1.1\r\nHost: shop\r\nX-Old: 1\r\nx-old: 2\r\nContent-Length: 3\r\nCookie: b=2; a=9\r\n\r\n"},
		"remove a cookie":     {Action{Kind: ActionHTTPCookie, Verb: verbRemove, Name: "b"}, "GET /a?b=c HTTP/1.1\r\nHost: shop\r\nX-Old: 1\r\nx-old: 2\r\nContent-Length: 3\r\nCookie: a=1\r\n\r\n"},
		"what is unknown":     {Action{Kind: "log"}, head},
	} {
		h := messageHead{raw: []byte(head)}
		h.edit([]Action{test.action})
		if diff := cmp.Diff(test.want, string(h.raw)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}
