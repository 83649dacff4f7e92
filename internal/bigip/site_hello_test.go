package bigip_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// leftToPods is wholeSite with a virtual server that ends no TLS, and a policy that looks at
// the server names that clients ask for.
func leftToPods(site ltm.Site) ltm.Site {
	site = site.Canonical()
	vs := &site.VirtualServers[0]
	vs.Profiles, vs.IRules = []ltm.Profile{{Path: ltm.NewPath(ltm.Common, "tcp"), Context: ltm.ContextAll}}, nil
	vs.Persistence = ltm.NewPath(ltm.Common, "ssl")
	name := ltm.PolicyCondition{Operand: "sslExtension", Selector: "serverName", Operator: "endsWith", Values: []string{".example.com"}}
	inner := name
	inner.Operator, inner.Not, inner.Values = "equals", true, []string{"inner.example.com"}
	site.Policies = []ltm.Policy{{
		Path: edge, Controls: []string{"forwarding"}, Requires: []string{"ssl-persistence"},
		Rules: []ltm.PolicyRule{
			{Name: "db", Description: "[mark]", Conditions: []ltm.PolicyCondition{name, inner}, Actions: []ltm.PolicyAction{{Kind: ltm.Forward, Pool: api}}},
			{Name: "rest", Actions: []ltm.PolicyAction{{Kind: ltm.Reset}}},
		},
	}}
	return site
}

func TestAVirtualServerLeavesTLSToThePodsAndTakesItBackInOneTransactionEach(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ends, pairs := wholeSite(t)
	leaves := leftToPods(ends)
	l.applySite(ends, pairs)
	for _, want := range []ltm.Site{leaves, ends} {
		l.applySite(want, nil)
		l.wantCalls("POST transaction", "+PATCH ltm/policy/~shop~203.0.113.10_443", "+PATCH ltm/virtual/~shop~203.0.113.10_443", "PATCH transaction/N")
		l.wantSite(want)
	}
}

func TestEachItemOfAPolicyForTheTLSHelloSaysSo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ends, pairs := wholeSite(t)
	l.applySite(leftToPods(ends), pairs)
	for _, item := range []string{"db/conditions/0", "db/conditions/1", "db/actions/0", "rest/actions/0"} {
		got := l.rest(http.MethodGet, "ltm/policy/~shop~203.0.113.10_443/rules/"+item, "")
		if got["sslClientHello"] != true || got["request"] != nil || strings.Contains(item, "conditions") && got["serverName"] != true {
			t.Errorf("%s is %v", item, got)
		}
	}
}
