package ingress

import (
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// ServedRule is a route as a virtual server has it: a rule of its policy, or the two that
// a path and all below it take.
type ServedRule struct {
	Server ltm.Path
	Port   uint16 // of Server
	Policy ltm.Path
	Rules  []PlacedRule // one or two
	Of     int          // how many rules the policy has
	Mark   binding.RouteMark

	Host    string   // "*" is any, "*.example.com" all below a domain
	Path    string   // "/" is all
	Exact   bool     // the path alone, and none below it
	Matches []string // what else is asked of a request: "POST", "header x-canary=always"
	Answer  string   // as in View.Routes
	Pools   []ltm.Path

	// First are the rules of other objects that have the same match and come first, so that this
	// one never acts; Behind those that come behind it, and never act for its sake.
	First, Behind []Rival
}

// PlacedRule is a rule and its place in the policy, from 1: the first that matches acts.
type PlacedRule struct {
	Name  string
	Place int
}

// Rival is a rule of another object.
type Rival struct {
	Source binding.Object
	Rule   string
}

// RulesOf are the rules that serve an owner at its address, by port and in the order of
// evaluation.
func RulesOf(site ltm.Site, key Key) []ServedRule {
	var all []ServedRule
	for _, v := range serversAt(site, key) {
		for _, path := range v.Policies {
			at := slices.IndexFunc(site.Policies, func(p ltm.Policy) bool { return p.Path == path })
			if at >= 0 {
				all = append(all, rulesIn(site, v, site.Policies[at], key.Owner)...)
			}
		}
	}
	return all
}

// serversAt are the virtual servers for routes at an owner's address, by port.
func serversAt(site ltm.Site, key Key) []ltm.VirtualServer {
	servers := slices.DeleteFunc(slices.Clone(site.VirtualServers), func(v ltm.VirtualServer) bool {
		return v.Destination.Address != key.Address || v.Path.Partition != key.Partition || v.Path.Folder != key.Folder || !binding.IsSite(v.Description)
	})
	slices.SortStableFunc(servers, func(a, b ltm.VirtualServer) int { return int(a.Destination.Port) - int(b.Destination.Port) })
	return servers
}

// rulesIn are those of one policy.
func rulesIn(site ltm.Site, server ltm.VirtualServer, policy ltm.Policy, owner binding.Object) (all []ServedRule) {
	words := newWords(site)
	same := map[string][]markedRule{}
	for _, rule := range policy.Rules {
		if mark, found, err := binding.ParseRoute(rule.Description); found && err == nil {
			m := markedRule{rule: rule, rank: rankOfRule(rule, mark)}
			same[m.sameMatch()] = append(same[m.sameMatch()], m)
		}
	}
	type route struct { // both halves of a prefix have one mark, and so have the rule for some networks and that for all others
		mark    binding.RouteMark
		limited bool
	}
	routes := map[route]int{}
	for i, rule := range policy.Rules {
		mark, found, err := binding.ParseRoute(rule.Description)
		if !found || err != nil || mark.Owner != owner {
			continue
		}
		placed := PlacedRule{Name: rule.Name, Place: i + 1}
		of := route{mark, asksForPeer(rule)}
		if first, half := routes[of]; half {
			all[first].Rules = append(all[first].Rules, placed)
			continue
		}
		routes[of] = len(all)
		s := ServedRule{Server: server.Path, Port: server.Destination.Port, Policy: policy.Path, Rules: []PlacedRule{placed}, Of: len(policy.Rules), Mark: mark}
		var how string
		s.Host, s.Path, how, s.Matches = viewedMark(mark).match(rule)
		s.Exact, s.Answer = how == exactly, words.answer(rule)
		for _, action := range rule.Actions {
			if !action.Pool.IsZero() {
				s.Pools = append(s.Pools, action.Pool)
			}
		}
		s.First, s.Behind = rivals(same[markedRule{rule: rule, rank: rankOfRule(rule, mark)}.sameMatch()], rule, mark)
		all = append(all, s)
	}
	return all
}

// rivals are the rules of others among those with the match of a rule, before and behind
// it. A fallback with the same answer is none.
func rivals(same []markedRule, rule ltm.PolicyRule, mark binding.RouteMark) (first, behind []Rival) {
	passed := false
	for _, m := range same {
		switch {
		case m.rule.Name == rule.Name:
			passed = true
		case m.rank.mark.Source == mark.Source || mark.Class == binding.ClassFallback && sameAnswer(rule, m.rule):
		case passed:
			behind = append(behind, Rival{m.rank.mark.Source, m.rule.Name})
		default:
			first = append(first, Rival{m.rank.mark.Source, m.rule.Name})
		}
	}
	return first, behind
}
