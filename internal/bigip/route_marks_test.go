package bigip_test

import (
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestWhomAPartitionServesIsReadWithoutItsRules(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(ltm.NewPool(web))
	l.sim.ClearRequests()
	if marks, err := l.RouteMarks(t.Context(), "shop"); err != nil || len(marks.Policies)+len(marks.VirtualServers) > 0 {
		t.Errorf("%+v, %v", marks, err)
	}
	l.wantCalls("GET ltm/policy") // all that it costs whoever serves no routes

	owner := binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: "web"}
	mark := binding.RouteMark{Source: owner, Owner: owner, Created: 1_700_000_000, Class: binding.ClassFallback}
	options := binding.RouteOptions{Class: "nginx", Strict: true, Min: 2}
	site, pairs := wholeSite(t)
	site.Policies[0].Description = binding.FormatSite()
	site.Policies[0].Rules[0].Description = binding.FormatOwner(mark, options)
	for i := range site.VirtualServers {
		site.VirtualServers[i].Description = binding.FormatSite()
	}
	l.applySite(site, pairs)
	l.sim.ClearRequests()
	marks, err := l.RouteMarks(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	l.wantCalls("GET ltm/policy", "GET ltm/policy/~shop~203.0.113.10_443/rules", "GET ltm/virtual")
	all, unreadable := ingress.Bindings(marks)
	server := site.VirtualServers[0]
	bound, found := all[ingress.Key{Owner: owner, Partition: "shop", Address: server.Destination.Address}]
	if !found || len(unreadable) > 0 || bound.Created != mark.Created || !bound.Options.Equal(ingress.Followed(server, options)) {
		t.Errorf("%+v, %v, %+v", all, unreadable, marks)
	}
	for _, rule := range marks.Policies[0].Rules {
		if len(rule.Conditions)+len(rule.Actions) > 0 {
			t.Errorf("rule %s is read as a whole", rule.Name)
		}
	}
}
