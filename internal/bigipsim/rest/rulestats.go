package rest

import (
	"net/http"
	"regexp"
	"strconv"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

const ruleKind = "ltm/rule"

// ruleEvent finds the events of an iRule, each with its priority if it has one.
var ruleEvent = regexp.MustCompile(`(?m)^\s*when\s+([A-Z][A-Z0-9_]*)(?:\s+priority\s+([0-9]{1,4}))?`)

// addRuleStats adds the statistics of an iRule: one set per event, below a key
// that names rule and event (icontrol-rest 7). Tcl is not run, so that they stay 0.
func (e *encoder) addRuleStats(all *document, rule *config.Object) {
	seen := map[string]bool{}
	for _, match := range ruleEvent.FindAllStringSubmatch(rule.Text("apiAnonymous"), -1) {
		event, priority := match[1], int64(500)
		if n, err := strconv.ParseInt(match[2], 10, 64); err == nil {
			priority = n
		}
		if seen[event] {
			continue
		}
		seen[event] = true
		entries := &document{}
		zeros(entries, "", "aborts", "avgCycles")
		entries.add("eventType", description(event))
		zeros(entries, "", "failures", "maxCycles", "minCycles")
		entries.add("priority", count64(priority)).
			add("tmName", description(rule.Path)).
			add("totalExecutions", count64(0))
		self := href(rule.Type, "", rule.Path) + ":" + event
		all.add(self+"/stats", e.nestedStats(rule.Type, self, entries))
	}
}

// ruleStats is GET …/rule/<rule>/stats. That a single rule answers with the keys
// of the collection is inferred.
func (e *encoder) ruleStats(rule *config.Object) (int, *document, error) {
	entries := &document{}
	e.addRuleStats(entries, rule)
	return http.StatusOK, (&document{}).add("kind", rule.Type.StatsKind()).
		add("generation", rule.Generation).
		add("selfLink", href(rule.Type, "", rule.Path)+"/stats"+e.ver()).
		add("entries", entries), nil
}
