package bigip

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// firstMatch is the strategy of all policies that are written here.
const firstMatch = "/Common/first-match"

// policyFromWire reads a policy with its rules in the order of evaluation. A word that
// this vocabulary has not is an error: the rules are written as a whole, and it would
// be lost.
func policyFromWire(wire icontrol.Policy) (ltm.Policy, error) {
	path, err := objectPath(wire.Object)
	if err != nil {
		return ltm.Policy{}, err
	}
	policy := ltm.Policy{Path: path, Description: wire.Description, Controls: wire.Controls, Requires: wire.Requires}
	if wire.Strategy != "" && wire.Strategy != firstMatch && firstMatch != "/"+ltm.Common+"/"+wire.Strategy {
		return ltm.Policy{}, fmt.Errorf("the strategy %q is not %s", wire.Strategy, firstMatch)
	}
	rules := slices.Clone(wire.RulesReference.Items)
	slices.SortStableFunc(rules, func(a, b icontrol.PolicyRule) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	for _, r := range rules {
		rule, err := policyRuleFromWire(r)
		if err != nil {
			return ltm.Policy{}, fmt.Errorf("rule %q: %w", r.Name, err)
		}
		policy.Rules = append(policy.Rules, rule)
	}
	return policy.Canonical(), nil
}

func policyRuleFromWire(wire icontrol.PolicyRule) (ltm.PolicyRule, error) {
	rule := ltm.PolicyRule{Name: wire.Name, Description: wire.Description}
	for _, item := range inPlace(wire.ConditionsReference.Items) {
		condition, err := conditionFromWire(item)
		if err != nil {
			return rule, fmt.Errorf("condition %v: %w", item["name"], err)
		}
		rule.Conditions = append(rule.Conditions, condition)
	}
	for _, item := range inPlace(wire.ActionsReference.Items) {
		action, err := actionFromWire(item)
		if err != nil {
			return rule, fmt.Errorf("action %v: %w", item["name"], err)
		}
		rule.Actions = append(rule.Actions, action)
	}
	return rule, nil
}

// inPlace sorts items by the numbers that are their names.
func inPlace(items []icontrol.PolicyItem) []icontrol.PolicyItem {
	place := func(item icontrol.PolicyItem) int {
		name, _ := item["name"].(string)
		n, err := strconv.Atoi(name)
		if err != nil {
			return len(items)
		}
		return n
	}
	return slices.SortedStableFunc(slices.Values(items), func(a, b icontrol.PolicyItem) int { return cmp.Compare(place(a), place(b)) })
}

// silent are the words that say nothing here: what every object has, the device's
// defaults, and the events, which follow from the operands.
var silent = []string{
	"name", "fullPath", "partition", "kind", "selfLink", "generation", "application", "appService",
	"caseInsensitive", "external", "present", "remote", "all", "request", "sslClientHello", "clientAccepted",
}

// words are those of an item that say something, once those of known are taken out:
// none may be left.
func words(item icontrol.PolicyItem, known ...string) error {
	var left []string
	for word, value := range item {
		said := value != false && value != nil && value != float64(0) && value != "" && value != "none"
		if said && !slices.Contains(silent, word) && !slices.Contains(known, word) && !strings.HasSuffix(word, "Reference") {
			left = append(left, word)
		}
	}
	if len(left) == 0 {
		return nil
	}
	slices.Sort(left)
	return fmt.Errorf("this release does not know %s", strings.Join(left, ", "))
}

func text(item icontrol.PolicyItem, word string) string {
	value, _ := item[word].(string)
	if value == "none" {
		return ""
	}
	return value
}

func isSet(item icontrol.PolicyItem, word string) bool { return item[word] == true }

// flagOf is the word of a list that is set, "" for none.
func flagOf(item icontrol.PolicyItem, list []string) string {
	if at := slices.IndexFunc(list, func(word string) bool { return isSet(item, word) }); at >= 0 {
		return list[at]
	}
	return ""
}

// The words of conditions (icontrol-rest 3.6).
var (
	conditionOperands  = []string{"httpHost", "httpUri", "httpHeader", "httpMethod", "httpCookie", "tcp", "sslExtension"}
	conditionSelectors = []string{"host", "path", "queryParameter", "address", "serverName"}
	conditionOperators = []string{"equals", "startsWith", "endsWith", "contains", "exists", "matches"}
)

func conditionFromWire(item icontrol.PolicyItem) (ltm.PolicyCondition, error) {
	c := ltm.PolicyCondition{
		Operand: flagOf(item, conditionOperands), Selector: flagOf(item, conditionSelectors),
		Operator: cmp.Or(flagOf(item, conditionOperators), "equals"),
		Name:     text(item, "tmName"), Not: isSet(item, "not"), CaseSensitive: isSet(item, "caseSensitive"),
	}
	values, _ := item["values"].([]any)
	for _, value := range values {
		c.Values = append(c.Values, fmt.Sprint(value))
	}
	err := words(item, c.Operand, c.Selector, c.Operator, "tmName", "not", "caseSensitive", "values")
	if c.Operand == "" && err == nil {
		err = fmt.Errorf("it looks at nothing")
	}
	return c, err
}

func conditionToWire(at int, c ltm.PolicyCondition, event string) icontrol.PolicyItem {
	item := newItem(at, c.Operand, cmp.Or(c.Selector, wholeOf(c.Operand)), c.Operator, event)
	if c.Not {
		item["not"] = true
	}
	if c.CaseSensitive {
		item["caseSensitive"] = true
	}
	if c.Name != "" {
		item["tmName"] = c.Name
	}
	if len(c.Values) > 0 {
		item["values"] = c.Values
	}
	return item
}

// wholeOf is the selector of an operand that has parts, for all of it.
func wholeOf(operand string) string {
	if operand == "httpHost" || operand == "httpUri" || operand == "httpMethod" {
		return "all"
	}
	return ""
}

// newItem is an item with its place for a name, and some flags.
func newItem(at int, flags ...string) icontrol.PolicyItem {
	item := icontrol.PolicyItem{"name": strconv.Itoa(at)}
	for _, flag := range flags {
		if flag != "" {
			item[flag] = true
		}
	}
	return item
}

// policyToWire writes a policy that is changed in place, with all its rules.
func policyToWire(policy ltm.Policy) icontrol.PolicyBody {
	policy = policy.Canonical()
	body := icontrol.PolicyBody{
		Object: identity(policy.Path), Legacy: true, Strategy: new(firstMatch),
		Controls: new(append([]string{}, policy.Controls...)), Requires: new(append([]string{}, policy.Requires...)),
		Description: changed("", policy.Description), Rules: new(rulesToWire(policy)),
	}
	return body
}

// policyChangeToWire writes the fields of a policy that change.
func policyChangeToWire(policy ltm.Policy, fields []string) icontrol.PolicyBody {
	all := policyToWire(policy)
	body := icontrol.PolicyBody{Legacy: true}
	for _, field := range fields {
		switch field {
		case "description":
			body.Description = &policy.Description
		case "controls":
			body.Controls = all.Controls
		case "requires":
			body.Requires = all.Requires
		case "rules":
			body.Rules = all.Rules
		}
	}
	return body
}

func rulesToWire(policy ltm.Policy) []icontrol.PolicyRuleBody {
	rules, event := make([]icontrol.PolicyRuleBody, 0, len(policy.Rules)), eventOf(policy)
	for i, rule := range policy.Rules {
		body := icontrol.PolicyRuleBody{Name: rule.Name, Description: rule.Description, Ordinal: i}
		for at, c := range rule.Conditions {
			body.Conditions = append(body.Conditions, conditionToWire(at, c, event))
		}
		for at, a := range rule.Actions {
			body.Actions = append(body.Actions, actionToWire(at, a, event))
		}
		rules = append(rules, body)
	}
	return rules
}

// eventOf is when a policy's rules are evaluated: with each request where it is about
// HTTP; else with the server name that a client asks for, or with the connection. What a
// policy requires says so for rules without conditions, too.
func eventOf(policy ltm.Policy) string {
	switch {
	case slices.Contains(policy.Requires, "http"):
		return "request"
	case slices.Contains(policy.Requires, "ssl-persistence"):
		return "sslClientHello"
	}
	event := "clientAccepted"
	for _, rule := range policy.Rules {
		for _, c := range rule.Conditions {
			if strings.HasPrefix(c.Operand, "http") {
				return "request"
			}
			if c.Operand == "sslExtension" {
				event = "sslClientHello"
			}
		}
	}
	return event
}
