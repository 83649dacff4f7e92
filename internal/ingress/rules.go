package ingress

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// The words of conditions (icontrol-rest 3.6).
const (
	operandHost   = "httpHost"
	operandURI    = "httpUri"
	operandMethod = "httpMethod"
	operandHeader = "httpHeader"
	operandCookie = "httpCookie"
	operandHello  = "sslExtension"
	operandTCP    = "tcp"

	selectHost  = "host"
	selectName  = "serverName"
	selectPath  = "path"
	selectQuery = "queryParameter"
	selectPeer  = "address"

	isEqual  = "equals"
	begins   = "startsWith"
	endsWith = "endsWith"
	isWithin = "matches" // of addresses: a network has it
)

// markedRule is a rule with what its order depends on.
type markedRule struct {
	rule ltm.PolicyRule
	rank rank
}

// rulesOf are the rules of a route: two where a prefix is not all.
func (b *builder) rulesOf(r Route, s Server) []markedRule {
	mark := markOf(r, b.owner)
	description := binding.FormatRoute(mark)
	if r.Class == binding.ClassFallback {
		description = binding.FormatOwner(mark, b.options.marked())
	}
	rule := func(second bool, path ...ltm.PolicyCondition) markedRule {
		rank := rankOf(r)
		rank.mark = mark
		if second {
			rank.second = 1
		}
		return markedRule{rank: rank, rule: ltm.PolicyRule{
			Name: ruleName(mark, second, len(r.Sources) > 0), Description: description,
			Conditions: conditions(r, s, path), Actions: b.actions(r, s, second),
		}}
	}
	is := ltm.PolicyCondition{Operand: operandURI, Selector: selectPath, Operator: isEqual, CaseSensitive: true, Values: []string{r.Path.Value}}
	switch {
	case r.Path.all():
		return []markedRule{rule(false)}
	case r.Path.Exact:
		return []markedRule{rule(false, is)}
	default:
		below := is
		below.Operator, below.Values = begins, []string{r.Path.Value + "/"}
		return []markedRule{rule(false, is), rule(true, below)}
	}
}

// conditions are those of a route. A host is without its port, and in any case.
func conditions(r Route, s Server, path []ltm.PolicyCondition) (list []ltm.PolicyCondition) {
	host := ltm.PolicyCondition{Operand: operandHost, Selector: selectHost, Operator: isEqual, Values: []string{r.Host}}
	if s.Passthrough {
		host.Operand, host.Selector = operandHello, selectName
	}
	domain, wild := strings.CutPrefix(r.Host, "*")
	if wild {
		host.Operator, host.Values = endsWith, []string{domain}
	}
	if r.Host != "" {
		list = append(list, host)
	}
	list = append(list, exceptions(r.Except, host)...)
	list = append(list, path...)
	if r.Method != "" {
		list = append(list, ltm.PolicyCondition{Operand: operandMethod, Operator: isEqual, CaseSensitive: true, Values: []string{r.Method}})
	}
	add := func(pairs []Pair, c ltm.PolicyCondition) {
		for _, p := range pairs {
			c.Operator, c.CaseSensitive, c.Name, c.Values = isEqual, true, p.Name, []string{p.Value}
			list = append(list, c)
		}
	}
	add(r.Headers, ltm.PolicyCondition{Operand: operandHeader})
	add(r.Cookies, ltm.PolicyCondition{Operand: operandCookie})
	add(r.Query, ltm.PolicyCondition{Operand: operandURI, Selector: selectQuery})
	if len(r.Sources) > 0 {
		c := ltm.PolicyCondition{Operand: operandTCP, Selector: selectPeer, Operator: isWithin}
		for _, network := range r.Sources {
			c.Values = append(c.Values, network.String())
		}
		list = append(list, c)
	}
	return list
}

// isHost tells that a condition compares the host of a request, or the name in a TLS hello.
func isHost(c ltm.PolicyCondition) bool { return c.Operand == operandHost || c.Operand == operandHello }

// asksForPeer tells that a rule looks at the client's address.
func asksForPeer(r ltm.PolicyRule) bool {
	return slices.ContainsFunc(r.Conditions, func(c ltm.PolicyCondition) bool { return c.Operand == operandTCP })
}

// exceptions are the conditions that hosts, which like tells how to find, are none of these.
func exceptions(hosts []string, like ltm.PolicyCondition) (list []ltm.PolicyCondition) {
	is := ltm.PolicyCondition{Operand: like.Operand, Selector: like.Selector, Operator: isEqual, Not: true}
	ends := is
	ends.Operator = endsWith
	for _, host := range hosts {
		if domain, ok := strings.CutPrefix(host, "*"); ok {
			ends.Values = append(ends.Values, domain)
		} else {
			is.Values = append(is.Values, host)
		}
	}
	for _, c := range []ltm.PolicyCondition{is, ends} {
		if len(c.Values) > 0 {
			list = append(list, c)
		}
	}
	return list
}

// actions are what becomes of the requests of a route.
func (b *builder) actions(r Route, s Server, second bool) (list []ltm.PolicyAction) {
	switch {
	case r.Redirect != nil:
		return []ltm.PolicyAction{{Kind: ltm.Redirect, Location: r.Redirect.location(s, r.Path, second), Code: r.Redirect.Code}}
	case r.Reset:
		return []ltm.PolicyAction{{Kind: ltm.Reset}}
	case r.Status != 0:
		return []ltm.PolicyAction{{Kind: ltm.SetVariable, Name: StatusVariable, Value: fmt.Sprint(r.Status)}}
	}
	if waf := b.wafPolicy(); !waf.IsZero() && !s.Passthrough {
		list = append(list, ltm.PolicyAction{Kind: ltm.Protect, Policy: waf})
	}
	for _, e := range r.RequestHeaders {
		list = append(list, ltm.PolicyAction{Kind: e.Kind, Name: e.Name, Value: e.Value})
	}
	if r.Rewrite.Host != "" {
		list = append(list, ltm.PolicyAction{Kind: ltm.ReplaceHost, Value: r.Rewrite.Host})
	}
	if path := r.Rewrite.Path.path(r.Path, second); path != "" {
		list = append(list, ltm.PolicyAction{Kind: ltm.ReplacePath, Value: path})
	}
	for _, e := range r.ResponseHeaders {
		list = append(list, ltm.PolicyAction{Kind: e.Kind, Response: true, Name: e.Name, Value: e.Value})
	}
	pool := r.Pool
	if len(r.Backends) > 0 {
		pool = b.pool(r)
	}
	return append(list, ltm.PolicyAction{Kind: ltm.Forward, Pool: pool})
}

// rankOfRule reads the rank of a rule from its conditions and its mark.
func rankOfRule(rule ltm.PolicyRule, mark binding.RouteMark) rank {
	r := rank{class: classRank(mark.Class), mark: mark, length: 1, anyone: 1}
	for _, c := range rule.Conditions {
		value := strings.Join(c.Values, "")
		switch {
		case c.Not: // an exception
		case isHost(c) && c.Operator == endsWith:
			r.host = "*" + value
		case isHost(c):
			r.host = value
		case c.Operand == operandURI && c.Selector == selectQuery:
			r.query++
		case c.Operand == operandURI && !mark.Prefix:
			r.exact, r.length = true, 0
		case c.Operand == operandURI && c.Operator == begins:
			r.length, r.second = len(value)-1, 1
		case c.Operand == operandURI:
			r.length = len(value)
		case c.Operand == operandMethod:
			r.method = true
		case c.Operand == operandHeader:
			r.headers++
		case c.Operand == operandCookie:
			r.cookies++
		case c.Operand == operandTCP:
			r.anyone = 0
		}
	}
	return r
}

// sameMatch is equal for rules that match the same requests at the same place.
func (m markedRule) sameMatch() string {
	parts := []string{string(m.rank.mark.Class)}
	if m.rank.exact {
		parts = append(parts, "exact")
	}
	for _, c := range m.rule.Conditions {
		parts = append(parts, c.Operand, c.Selector, c.Name, c.Operator, map[bool]string{true: "not"}[c.Not])
		parts = append(parts, c.Values...)
	}
	return strings.Join(parts, "\x00")
}

// merge puts the rules of all owners in order, and tells of those that never act
// because another object's come first: where they are own's. The other one gets all that
// it asks for, and nothing that somebody else adds may make a problem of it.
func merge(rules []markedRule, own binding.Object) ([]ltm.PolicyRule, []Problem) {
	sorted := make([]*markedRule, len(rules))
	for i := range rules {
		sorted[i] = &rules[i]
	}
	slices.SortFunc(sorted, func(a, b *markedRule) int { return a.rank.compare(&b.rank) })
	list := make([]ltm.PolicyRule, 0, len(rules))
	var problems []Problem
	first := make(map[string]*markedRule, len(rules))
	for _, m := range sorted {
		list = append(list, m.rule)
		match := m.sameMatch()
		winner, taken := first[match]
		if !taken {
			first[match] = m
			continue
		}
		if m.rank.mark.Owner != own || winner.rank.mark.Source == m.rank.mark.Source || m.rank.second == 1 ||
			m.rank.mark.Class == binding.ClassFallback && sameAnswer(winner.rule, m.rule) {
			continue
		}
		problems = append(problems, Problem{
			Object: m.rank.mark.Source, Place: placeOf(m.rank.mark), Effect: Conflict, With: winner.rank.mark.Source,
			Reason: fmt.Sprintf("%s has the same for %s, and comes first: it is older, or first by name", winner.rank.mark.Source, m.what()),
		})
	}
	return list, problems
}

func sameAnswer(a, b ltm.PolicyRule) bool { return slices.Equal(a.Actions, b.Actions) }

// what says in words what a rule matches.
func (m markedRule) what() string {
	switch m.rank.mark.Class {
	case binding.ClassFallback:
		return "requests that nothing matches"
	case binding.ClassDefault:
		return "the default backend"
	}
	text := m.rank.host
	if text == "" {
		text = "any host"
	}
	for _, c := range m.rule.Conditions {
		if c.Operand == operandURI && c.Selector == selectPath {
			text += strings.Join(c.Values, "")
		}
	}
	return text
}

// placeOf says in words where a route stands in its object.
func placeOf(m binding.RouteMark) string {
	if m.Class != binding.ClassRoute {
		return string(m.Class)
	}
	return fmt.Sprintf("rule %d, match %d", m.Position.Rule, m.Position.Match)
}
