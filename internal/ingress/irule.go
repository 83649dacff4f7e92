package ingress

import (
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// StatusVariable is what a rule sets to have StatusRule answer with a status.
const StatusVariable = "bigipkube_status"

// StatusRule is the iRule that answers with a status, which a policy cannot. It is a
// constant: nothing that comes from a cluster is ever part of an iRule. A policy runs
// before the iRules of the same event (icontrol-rest 3.6 has setVariable).
const StatusRule = statusHead + `
when HTTP_REQUEST {
    if { [info exists bigipkube_status] } {
        set status $bigipkube_status
        unset bigipkube_status
        HTTP::respond $status content "$status" noserver
    }
}`

// UnavailableRule is the iRule that answers 503 where no member takes a request, as a
// proxy in the cluster does; the device would reset the connection. It is a constant
// too. Who brings iRules decides this: a second response to one request is an error of
// Tcl, so it is not beside others.
const UnavailableRule = unavailableHead + `
when LB_FAILED {
    HTTP::respond 503 content "503" noserver
}`

// The heads tell that an iRule is ours, of whatever release.
const (
	statusHead      = "# Made by bigipkube: answers with the status that a policy has chosen."
	unavailableHead = "# Made by bigipkube: answers where no member takes a request."
)

// ownRule is an iRule of ours.
type ownRule struct{ name, head, definition string }

var (
	statusRule      = ownRule{"bigipkube_status", statusHead, StatusRule}
	unavailableRule = ownRule{"bigipkube_unavailable", unavailableHead, UnavailableRule}
)

// is tells whether a definition is this one's, of whatever release.
func (r ownRule) is(definition string) bool {
	return strings.HasPrefix(strings.TrimSpace(definition), r.head)
}

func isOwnRule(definition string) bool {
	return statusRule.is(definition) || unavailableRule.is(definition)
}

// iRulesOfOthers are the iRules of a virtual server without ours.
func (b *builder) iRulesOfOthers(v ltm.VirtualServer) []ltm.Path {
	return slices.DeleteFunc(slices.Clone(v.IRules), func(p ltm.Path) bool {
		return p == b.options.path(statusRule.name) || p == b.options.path(unavailableRule.name)
	})
}

// setRules gives a virtual server the iRules of ours that its rules need, before those
// that it has of others. One that leaves TLS to the pods sees no request to answer.
func (b *builder) setRules(v *ltm.VirtualServer, policy ltm.Policy) error {
	others := b.iRulesOfOthers(*v)
	var ours []ltm.Path
	for _, need := range []struct {
		rule   ownRule
		needed bool
	}{
		{statusRule, has(policy.Rules, ltm.SetVariable)},
		{unavailableRule, has(policy.Rules, ltm.Forward) && len(others) == 0 && !isPassthrough(policy)},
	} {
		if !need.needed {
			continue
		}
		path := b.options.path(need.rule.name)
		if live, ok := b.irules[path]; ok && !need.rule.is(live.Definition) {
			return &ForeignError{Kind: "iRule", Path: path, Reason: "it was not made for routes"}
		}
		b.irules[path] = ltm.IRule{Path: path, Definition: need.rule.definition}
		ours = append(ours, path)
	}
	v.IRules = slices.Concat(ours, others)
	return nil
}
