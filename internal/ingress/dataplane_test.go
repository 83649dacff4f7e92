package ingress_test

import (
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// simulated is a policy in the words of the simulator, which shares no type with the
// provider. A variable that is set is shown as a header of its name.
func simulated(t *testing.T, p ltm.Policy) *dataplane.Policy {
	t.Helper()
	out := &dataplane.Policy{Name: p.Path.String(), Strategy: "first-match"}
	for _, r := range p.Rules {
		rule := dataplane.PolicyRule{Name: r.Name}
		for _, c := range r.Conditions {
			rule.Conditions = append(rule.Conditions, dataplane.Condition{
				Operand: c.Operand, Selector: c.Selector, Name: c.Name, Operator: c.Operator, Not: c.Not, CaseSensitive: c.CaseSensitive, Values: c.Values,
			})
		}
		for _, a := range r.Actions {
			rule.Actions = append(rule.Actions, simulatedAction(t, a))
		}
		out.Rules = append(out.Rules, rule)
	}
	return out
}

func simulatedAction(t *testing.T, a ltm.PolicyAction) dataplane.Action {
	t.Helper()
	verbs := map[ltm.PolicyActionKind]string{ltm.InsertHeader: "insert", ltm.ReplaceHeader: "replace", ltm.RemoveHeader: "remove"}
	switch a.Kind {
	case ltm.Forward:
		return dataplane.Action{Kind: dataplane.ActionForward, Pool: a.Pool.String()}
	case ltm.Reset:
		return dataplane.Action{Kind: dataplane.ActionReset}
	case ltm.Redirect:
		return dataplane.Action{Kind: dataplane.ActionRedirect, Location: a.Location, Code: a.Code}
	case ltm.InsertHeader, ltm.ReplaceHeader, ltm.RemoveHeader:
		return dataplane.Action{Kind: dataplane.ActionHTTPHeader, Verb: verbs[a.Kind], Response: a.Response, Name: a.Name, Value: a.Value}
	case ltm.ReplaceHost:
		return dataplane.Action{Kind: dataplane.ActionHTTPHost, Verb: "replace", Value: a.Value}
	case ltm.ReplacePath:
		return dataplane.Action{Kind: dataplane.ActionHTTPURI, Verb: "replace", Path: a.Value}
	case ltm.SetVariable:
		return dataplane.Action{Kind: dataplane.ActionHTTPHeader, Verb: "insert", Name: a.Name, Value: a.Value}
	default:
		t.Fatalf("no action of the simulator for %s", a.Kind)
		return dataplane.Action{}
	}
}

// outcome is where a verdict sends a request: the name of a pool, "status 404",
// "redirect 301 https://…", "reset".
func outcome(v dataplane.Verdict) string {
	switch {
	case v.To.Pool != "":
		path, err := ltm.ParsePath(v.To.Pool)
		if err != nil {
			return err.Error()
		}
		return path.Name
	case v.Redirect != nil:
		return "redirect " + v.Redirect.Location
	case v.Reset:
		return "reset"
	}
	for _, a := range v.Request {
		if a.Name == ingress.StatusVariable {
			return "status " + a.Value
		}
	}
	return "nothing"
}

// mustBuild translates and builds on top of live.
func mustBuild(t *testing.T, objects ingress.Objects, options ingress.Options, live ltm.Site) (ingress.Built, []ingress.Problem) {
	t.Helper()
	routes, problems := ingress.Translate(objects, options)
	built, err := ingress.Build(routes, options, live)
	if err != nil {
		t.Fatal(err)
	}
	return built, problems
}

// policyAt is the policy of the owner's virtual server on a port, for the simulator.
func policyAt(t *testing.T, built ingress.Built, port uint16) *dataplane.Policy {
	t.Helper()
	path, ok := built.VirtualServers[port]
	if !ok {
		return nil
	}
	for _, p := range built.Site.Policies {
		if p.Path == path {
			return simulated(t, p)
		}
	}
	t.Fatalf("virtual server %s has no policy", path)
	return nil
}

func ask(p *dataplane.Policy, r dataplane.PolicyRequest) string {
	if p == nil {
		return "no virtual server"
	}
	return outcome(dataplane.Evaluate([]*dataplane.Policy{p}, r))
}
