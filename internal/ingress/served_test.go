package ingress_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// told is a rule in one line.
func told(r ingress.ServedRule) string {
	var places []string
	for _, p := range r.Rules {
		places = append(places, fmt.Sprint(p.Place))
	}
	text := fmt.Sprintf("%d: %s/%d %s%s", r.Port, strings.Join(places, "+"), r.Of, r.Host, r.Path)
	if r.Exact {
		text += " alone"
	}
	if len(r.Matches) > 0 {
		text += " [" + strings.Join(r.Matches, ", ") + "]"
	}
	text += " -> " + r.Answer
	for _, f := range r.First {
		text += " after " + f.Source.Name
	}
	for _, f := range r.Behind {
		text += " before " + f.Source.Name
	}
	return text
}

func TestTheRulesOfAnOwnerAreToldInTheirPlacesAndWithTheirRivals(t *testing.T) {
	t.Parallel()
	host := ltm.PolicyCondition{Operand: "httpHost", Selector: "host", Operator: "equals", Values: []string{"a.example.com"}}
	below := ltm.PolicyCondition{Operand: "httpHost", Selector: "host", Operator: "endsWith", Values: []string{".example.com"}}
	except := host
	except.Not = true
	at := func(operator, path string) ltm.PolicyCondition {
		return ltm.PolicyCondition{Operand: "httpUri", Selector: "path", Operator: operator, CaseSensitive: true, Values: []string{path}}
	}
	peers := ltm.PolicyCondition{Operand: "tcp", Selector: "address", Operator: "matches", Values: []string{"10.0.0.0/8"}}
	method := ltm.PolicyCondition{Operand: "httpMethod", Operator: "equals", Values: []string{"POST"}}
	old, young := binding.Object{Kind: "ingress", Namespace: "shop", Name: "old"}, binding.Object{Kind: "ingress", Namespace: "shop", Name: "young"}
	rule := func(name string, of binding.Object, mark binding.RouteMark, action ltm.PolicyAction, conditions ...ltm.PolicyCondition) ltm.PolicyRule {
		mark.Source, mark.Owner = of, of
		return ltm.PolicyRule{Name: name, Description: binding.FormatRoute(mark), Conditions: conditions, Actions: []ltm.PolicyAction{action}}
	}
	pool := ltm.NewPath("shop", "shop_web_http")
	forward, answer := ltm.PolicyAction{Kind: ltm.Forward, Pool: pool}, ltm.PolicyAction{Kind: ltm.SetVariable, Name: ingress.StatusVariable, Value: "404"}
	fallback, prefix := binding.RouteMark{Class: binding.ClassFallback}, binding.RouteMark{Prefix: true, Position: binding.Position{Match: 1}}
	server := ltm.NewPath("shop", "web_80")
	address := somewhere().Address
	site := ltm.Site{
		VirtualServers: []ltm.VirtualServer{
			{Path: server, Description: binding.FormatSite(), Destination: ltm.Destination{Address: address, Port: 80}, Policies: []ltm.Path{server}},
		},
		Policies: []ltm.Policy{{Path: server, Description: binding.FormatSite(), Rules: []ltm.PolicyRule{
			rule("exact", old, binding.RouteMark{}, forward, host, at("equals", "/a"), method),
			rule("late", young, binding.RouteMark{}, forward, host, at("equals", "/a"), method),
			rule("is", old, prefix, forward, host, at("equals", "/api")),
			rule("below", old, prefix, forward, host, at("startsWith", "/api/")),
			rule("allowed", old, binding.RouteMark{Position: binding.Position{Match: 3}}, forward, host, at("equals", "/b"), peers),
			rule("denied", old, binding.RouteMark{Position: binding.Position{Match: 3}}, answer, host, at("equals", "/b")),
			rule("wild", young, binding.RouteMark{Position: binding.Position{Match: 2}}, forward, below, except),
			rule("first", old, fallback, answer), rule("second", young, fallback, answer),
		}}},
		Pools: []ltm.Pool{{Path: pool, Description: "[bigipkube/1 shop/web:http=1]"}},
	}
	of := func(owner binding.Object) (lines []string) {
		for _, r := range ingress.RulesOf(site, ingress.Key{Owner: owner, Partition: "shop", Address: address}) {
			lines = append(lines, told(r))
		}
		return lines
	}
	if diff := cmp.Diff([]string{
		"80: 1/9 a.example.com/a alone [POST] -> shop/web:http before young", "80: 3+4/9 a.example.com/api -> shop/web:http",
		"80: 5/9 a.example.com/b alone [from 10.0.0.0/8] -> shop/web:http", "80: 6/9 a.example.com/b alone -> 404", "80: 8/9 */ -> 404",
	}, of(old)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"80: 2/9 a.example.com/a alone [POST] -> shop/web:http after old", "80: 7/9 *.example.com/ [not a.example.com] -> shop/web:http", "80: 9/9 */ -> 404",
	}, of(young)); diff != "" {
		t.Error(diff)
	}
	view := ingress.ViewOf(site, young, address)
	if _, named := view.Routes["*.example.com/ [not a.example.com]"]; !named {
		t.Errorf("the view has %v", view.Routes)
	}
}
