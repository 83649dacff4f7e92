package dataplane

import (
	"cmp"
	"net/netip"
	"slices"
)

// Policy is an LTM policy, ready to be evaluated (icontrol-rest 3.6 and 8.3). Its
// words are those of the REST interface: "httpHost", "startsWith".
type Policy struct {
	// Name is the full path, for information.
	Name string
	// Strategy is first-match, best-match or all-match; any other is first-match.
	Strategy string
	// ClientHello makes it wait for the client's TLS hello: on a connection without one it is
	// not evaluated at all.
	ClientHello bool
	// Rules are in the order of evaluation.
	Rules []PolicyRule
}

// PolicyRule acts when all its conditions match; without any it always does.
type PolicyRule struct {
	Name       string
	Conditions []Condition
	Actions    []Action
}

// Condition compares one operand of a request with values.
type Condition struct {
	// Operand is httpHost, httpUri, httpReferer, httpHeader, httpCookie,
	// httpMethod, httpVersion, tcp or sslExtension. Any other is absent in every
	// request.
	Operand string
	// Selector is the part of the operand: of a host host or port; of an URI
	// path, pathSegment, extension, queryString, queryParameter, host, port or
	// scheme; of tcp address; of sslExtension serverName; "" or all is all of it.
	Selector string
	// Name is that of a header, a cookie or a query parameter.
	Name string
	// Index counts path segments: 1 is the first (0 too), -1 the last.
	Index int
	// Operator is equals, startsWith, endsWith, contains, matches, exists, less,
	// lessOrEqual, greater or greaterOrEqual; "" is equals.
	Operator string
	// Not turns the result of the comparison round. What is absent equals
	// nothing, so that a negated comparison holds for it (inferred).
	Not bool
	// Missing makes the condition hold where the operand is absent.
	Missing bool
	// CaseSensitive is off on a device unless it is asked for.
	CaseSensitive bool
	// Values are alternatives: one that compares is enough.
	Values []string
}

// Kinds of an Action.
const (
	ActionForward     = "forward"     // to Pool, Member, Node or VirtualServer: see Target
	ActionReset       = "reset"       // the client's connection
	ActionRedirect    = "redirect"    // answer with Code (0: 302) and Location
	ActionHTTPHeader  = "httpHeader"  // insert, remove or replace the field Name
	ActionHTTPCookie  = "httpCookie"  // insert or remove the cookie Name
	ActionHTTPHost    = "httpHost"    // replace the Host field by Value
	ActionHTTPURI     = "httpUri"     // replace all by Value, or its Path, or its Query
	ActionSetVariable = "setVariable" // give the variable Name of the connection the Value, for iRules
)

// Verbs of an Action that edits a message.
const (
	verbInsert  = "insert"
	verbRemove  = "remove"
	verbReplace = "replace"
)

// Action is one action of a rule. Location, Value, Path and Query that begin with
// "tcl:" are expanded: see expand.
type Action struct {
	Kind, Verb string
	// Response edits the response instead of the request: httpHeader only.
	Response bool

	Pool, Member      string
	Node              string
	VirtualServer     string
	Location          string
	Code              int
	Name, Value       string
	Path, QueryString string
}

// PolicyRequest is what conditions look at. Of a connection without HTTP only
// the client and the server name are known.
type PolicyRequest struct {
	Method, Target string // as in the request line
	Version        string // "1.1"
	Fields         []Field
	Client         netip.Addr
	TLS            bool   // the client speaks TLS, to the device or through it
	ServerName     string // that the client asked for in its TLS hello
}

// Field is one header field.
type Field struct{ Name, Value string }

// Verdict is what policies want done with a request.
type Verdict struct {
	// Rules are the names of the rules that matched.
	Rules []string
	// To is where to forward to.
	To Target
	// Reset ends the client's connection.
	Reset bool
	// Redirect answers in the member's place.
	Redirect *Redirect
	// Variables are set before iRules run, in order, their values expanded.
	Variables []Action
	// Request and Response are the edits, in order, their values expanded.
	Request, Response []Action
}

// Redirect is an answer that the device gives itself.
type Redirect struct {
	Code     int
	Location string
}

// decided reports whether something has been done with the request: what comes
// first wins over later rules that want the same (inferred for all-match).
func (v *Verdict) decided() bool { return v.To != Target{} || v.Reset || v.Redirect != nil }

// Evaluate says what policies, in their order, want done with a request.
func Evaluate(policies []*Policy, r PolicyRequest) Verdict {
	var v Verdict
	for _, p := range policies {
		if r.TLS || !p.ClientHello {
			p.evaluate(r, &v)
		}
	}
	return v
}

func (p *Policy) evaluate(r PolicyRequest, v *Verdict) {
	switch p.Strategy {
	case "all-match":
		for _, rule := range p.Rules {
			if rule.matches(r) {
				v.apply(rule, r)
			}
		}
	case "best-match":
		if best := p.best(r); best >= 0 {
			v.apply(p.Rules[best], r)
		}
	default:
		if i := slices.IndexFunc(p.Rules, func(rule PolicyRule) bool { return rule.matches(r) }); i >= 0 {
			v.apply(p.Rules[i], r)
		}
	}
}

// best is the index of the most specific rule that matches, -1 if none does: the
// one with most conditions, then with the longest values that matched, then the
// first. A device weighs the operands by the strategy's list too (inferred).
func (p *Policy) best(r PolicyRequest) int {
	best, most := -1, [2]int{-1, -1}
	for i, rule := range p.Rules {
		if !rule.matches(r) {
			continue
		}
		length := 0
		for _, c := range rule.Conditions {
			length += c.longest(r)
		}
		if specific := [2]int{len(rule.Conditions), length}; slices.Compare(specific[:], most[:]) > 0 {
			best, most = i, specific
		}
	}
	return best
}

func (rule PolicyRule) matches(r PolicyRequest) bool {
	return !slices.ContainsFunc(rule.Conditions, func(c Condition) bool { return !c.matches(r) })
}

// apply adds a rule's actions.
func (v *Verdict) apply(rule PolicyRule, r PolicyRequest) {
	v.Rules = append(v.Rules, rule.Name)
	for _, a := range rule.Actions {
		switch a.Kind {
		case ActionForward, ActionReset, ActionRedirect:
			v.decide(a, r)
		default:
			v.edit(a, r)
		}
	}
}

func (v *Verdict) decide(a Action, r PolicyRequest) {
	if v.decided() {
		return
	}
	switch a.Kind {
	case ActionForward:
		v.To = Target{Pool: a.Pool, Member: a.Member, Node: a.Node, VirtualServer: a.VirtualServer}
	case ActionReset:
		v.Reset = true
	case ActionRedirect:
		v.Redirect = &Redirect{Code: cmp.Or(a.Code, 302), Location: expand(a.Location, r)}
	}
}

func (v *Verdict) edit(a Action, r PolicyRequest) {
	a.Value, a.Path, a.QueryString = expand(a.Value, r), expand(a.Path, r), expand(a.QueryString, r)
	switch {
	case a.Kind == ActionSetVariable:
		v.Variables = append(v.Variables, a)
	case a.Response:
		v.Response = append(v.Response, a)
	default:
		v.Request = append(v.Request, a)
	}
}
