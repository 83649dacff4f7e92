package ltm

import (
	"cmp"
	"reflect"
	"slices"
)

// Policy is a local traffic policy: rules of which the first one that matches acts.
type Policy struct {
	Path        Path         `json:"path"`
	Description string       `json:"description,omitempty"`
	Controls    []string     `json:"controls"` // what its actions steer: "forwarding", "asm" …; sorted
	Requires    []string     `json:"requires"` // what its conditions need: "http", "client-ssl" …; sorted
	Rules       []PolicyRule `json:"rules"`    // in the order of evaluation
}

// PolicyRule acts when all of its conditions match; without any it always does.
type PolicyRule struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Conditions  []PolicyCondition `json:"conditions,omitempty"`
	Actions     []PolicyAction    `json:"actions"`
}

// PolicyCondition compares a part of a request with values, of which one is enough.
// The words are those of the REST interface (icontrol-rest 3.6).
type PolicyCondition struct {
	Operand  string `json:"operand"`            // httpHost, httpUri, httpHeader, httpMethod, httpCookie, tcp, sslExtension
	Selector string `json:"selector,omitempty"` // of httpHost: host; of httpUri: path, queryParameter; of tcp: address; of sslExtension: serverName; "" = all of it
	Name     string `json:"name,omitempty"`     // of a header, a cookie or a query parameter
	Operator string `json:"operator"`           // equals, startsWith, endsWith, contains, exists, matches
	Not      bool   `json:"not,omitempty"`
	// CaseSensitive is not what a device does unless it is asked to.
	CaseSensitive bool     `json:"case_sensitive,omitempty"`
	Values        []string `json:"values,omitempty"`
}

// PolicyAction is one action of a rule. Kind says which of the fields count.
type PolicyAction struct {
	Kind PolicyActionKind `json:"kind"`
	// Response makes it an edit of the answer: ReplaceHeader, InsertHeader, RemoveHeader.
	Response bool   `json:"response,omitempty"`
	Pool     Path   `json:"pool,omitzero"`      // Forward
	Policy   Path   `json:"policy,omitzero"`    // Protect: of ASM
	Location string `json:"location,omitempty"` // Redirect: an URL, or "tcl:" and an expression
	Code     int    `json:"code,omitempty"`     // Redirect: 0 is 302
	Name     string `json:"name,omitempty"`     // of a header or a variable
	Value    string `json:"value,omitempty"`    // of a header, host, path or variable
}

// PolicyActionKind is what an action does.
type PolicyActionKind string

// The actions that this project uses (icontrol-rest 3.6).
const (
	Forward       PolicyActionKind = "forward"        // to Pool
	Reset         PolicyActionKind = "reset"          // the client's connection
	Redirect      PolicyActionKind = "redirect"       // answers with Code and Location
	Protect       PolicyActionKind = "protect"        // puts the request under the ASM policy
	InsertHeader  PolicyActionKind = "insert_header"  // adds a field
	ReplaceHeader PolicyActionKind = "replace_header" // sets a field
	RemoveHeader  PolicyActionKind = "remove_header"
	ReplaceHost   PolicyActionKind = "replace_host"
	ReplacePath   PolicyActionKind = "replace_path"
	SetVariable   PolicyActionKind = "set_variable" // for an iRule on the virtual server
)

// Canonical returns p with its lists in order, and nil where they are empty. The rules
// keep theirs: it says which comes first.
func (p Policy) Canonical() Policy {
	p.Controls = sorted(p.Controls, cmp.Compare[string])
	p.Requires = sorted(p.Requires, cmp.Compare[string])
	p.Rules = slices.Clone(p.Rules)
	for i, r := range p.Rules {
		if len(r.Conditions) == 0 {
			p.Rules[i].Conditions = nil
		}
		if len(r.Actions) == 0 {
			p.Rules[i].Actions = nil
		}
	}
	if len(p.Rules) == 0 {
		p.Rules = nil
	}
	return p
}

// Equal compares two policies.
func (p Policy) Equal(other Policy) bool {
	return reflect.DeepEqual(p.Canonical(), other.Canonical())
}
