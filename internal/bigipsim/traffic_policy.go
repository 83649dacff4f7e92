package bigipsim

import (
	"path"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// The flags of conditions that say what is looked at, which part of it, and how
// it is compared (icontrol-rest 3.6), the ones that the data plane acts upon
// first. Of each kind a condition has one.
var (
	conditionOperands  = []string{"httpHost", "httpUri", "httpReferer", "httpHeader", "httpCookie", "httpMethod", "httpVersion", "tcp", "sslExtension"}
	conditionSelectors = []string{
		"host", "pathSegment", "path", "extension", "queryString", "queryParameter", "scheme", "serverName", "address", "port",
	}
	conditionOperators = []string{
		"equals", "startsWith", "endsWith", "contains", "matches", "exists", "less", "lessOrEqual", "greater", "greaterOrEqual",
	}
	actionVerbs = []string{"insert", "remove", "replace"}
	actionEdits = []string{dataplane.ActionHTTPHeader, dataplane.ActionHTTPCookie, dataplane.ActionHTTPHost, dataplane.ActionHTTPURI}
)

// flag is the first of some flags that is set, "" if none is.
func flag(o *config.Object, names []string) string {
	for _, name := range names {
		if o.Is(name) {
			return name
		}
	}
	return ""
}

// ruleList are the iRules of a virtual server that are simulated, each parsed once.
func (t translation) ruleList(virtual *config.Object) (list []*dataplane.IRule) {
	paths, _ := virtual.Get("rules").([]string)
	for _, path := range paths {
		rule, known := t.rules[path]
		if !known {
			if o := t.state.Objects(t.state.Schema.Type("ltm/rule")).Find(path); o != nil {
				if parsed, simulated := dataplane.ParseIRule(path, o.Text("apiAnonymous")); simulated {
					rule = parsed
				}
			}
			t.rules[path] = rule
		}
		if rule != nil {
			list = append(list, rule)
		}
	}
	return list
}

// policies are those of a virtual server, each translated once.
func (t translation) policyList(virtual *config.Object) (list []*dataplane.Policy) {
	for _, item := range virtual.Sub("policies").Items() {
		p, known := t.policies[item.Path]
		if !known {
			p = t.policy(item.Path)
			t.policies[item.Path] = p
		}
		if p != nil {
			list = append(list, p)
		}
	}
	return list
}

func (t translation) policy(name string) *dataplane.Policy {
	o := t.state.Objects(t.state.Schema.Type("ltm/policy")).Find(name)
	if o == nil {
		return nil
	}
	p := &dataplane.Policy{Name: name, Strategy: t.strategy(o.Text("strategy")), ClientHello: config.HasClientHello(o)}
	for _, rule := range config.PolicyRules(o) {
		r := dataplane.PolicyRule{Name: rule.Name}
		for _, c := range rule.Conditions {
			r.Conditions = append(r.Conditions, t.condition(c))
		}
		for _, a := range rule.Actions {
			if action, simulated := t.action(a); simulated {
				r.Actions = append(r.Actions, action)
			}
		}
		p.Rules = append(p.Rules, r)
	}
	return p
}

// strategy is what a strategy object does; the built-in ones are named after it.
func (t translation) strategy(name string) string {
	if kind := t.state.Schema.Type("ltm/policy-strategy"); kind != nil {
		if o := t.state.Objects(kind).Find(name); o != nil && o.Text("strategy") != "" {
			return o.Text("strategy")
		}
	}
	return path.Base(name)
}

func (t translation) condition(o *config.Object) dataplane.Condition {
	values, _ := o.Get("values").([]string)
	c := dataplane.Condition{
		Operand: flag(o, conditionOperands), Selector: flag(o, conditionSelectors), Operator: flag(o, conditionOperators),
		Name: o.Text("tmName"), Index: integer(o.Get("index")),
		Not: o.Is("not"), Missing: o.Is("missing"), CaseSensitive: o.Is("caseSensitive"), Values: values,
	}
	if group := t.state.Objects(t.state.Schema.Type("ltm/data-group/internal")).Find(o.Text("datagroup")); group != nil {
		c.Values = nil
		for _, record := range config.Records(group) {
			c.Values = append(c.Values, record.Name)
		}
	}
	return c
}

// action translates what the data plane does; everything else (log, tcl, asm …)
// has no effect on traffic here.
func (t translation) action(o *config.Object) (a dataplane.Action, simulated bool) {
	a = dataplane.Action{
		Verb: flag(o, actionVerbs), Response: o.Is("response"), Pool: o.Text("pool"), Location: o.Text("location"),
		Code: integer(o.Get("code")), Name: o.Text("tmName"), Value: o.Text("value"), Path: o.Text("path"), QueryString: o.Text("queryString"),
	}
	switch {
	case o.Is("forward") && o.Is("reset"), o.Is("shutdown"):
		a.Kind = dataplane.ActionReset
	case o.Is("forward"):
		a.Kind = dataplane.ActionForward
		a.Member, a.VirtualServer, a.Node = o.Text("member"), o.Text("virtual"), t.nodeNamed(o.Text("node"))
		return a, a.Pool+a.Member+a.VirtualServer+a.Node != ""
	case o.Is("redirect"):
		a.Kind = dataplane.ActionRedirect
	case o.Is("tcl") && o.Is("setVariable"):
		a.Kind, a.Value = dataplane.ActionSetVariable, o.Text("expression")
	default:
		a.Kind = flag(o, actionEdits)
		if a.Kind == dataplane.ActionHTTPHost && a.Value == "" {
			a.Value = o.Text("host")
		}
	}
	return a, a.Kind != ""
}

// nodeNamed is the path of the node that an action names by its path or address;
// what no node has stays as it is.
func (t translation) nodeNamed(name string) string {
	if name == "" || strings.HasPrefix(name, "/") {
		return name
	}
	for _, o := range t.state.Objects(t.state.Schema.Type("ltm/node")).Items() {
		if o.Text("address") == name || o.Path == config.Join("/Common", name) {
			return o.Path
		}
	}
	return name
}
