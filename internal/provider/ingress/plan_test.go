package ingress

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// refreshed is a state in which the device serves one path, and the cluster wants two
// and a second pod.
func refreshed(t *testing.T) model {
	t.Helper()
	m, err := parseID("ingress/shop/web@/shop/203.0.113.10")
	if err != nil {
		t.Fatal(err)
	}
	pool := ltm.NewPath("shop", "shop_web_http")
	backend := binding.Backend{Ref: endpoints.Ref{Namespace: "shop", Service: "web", Port: "http"}, Share: 100}
	description := binding.Format("", binding.Mark{Backends: []binding.Backend{backend}})
	endpoint := func(at, pod string) endpoints.Endpoint {
		key, err := ltm.ParseMemberKey(at)
		if err != nil {
			t.Fatal(err)
		}
		return endpoints.Endpoint{Key: key, Pod: pod, State: endpoints.Ready}
	}
	one, two := endpoint("10.0.0.1:80", "a"), endpoint("10.0.0.2:80", "b")
	foreign := ltm.NewMember(endpoint("192.0.2.9:80", "").Key)
	served := wishedPool{binding: description, endpoints: engine.BackendEndpoints{"web": {Endpoints: []endpoints.Endpoint{one}}}}
	live := ltm.Site{Pools: []ltm.Pool{{Path: pool, Description: description, Members: served.members([]ltm.Member{foreign}).Members}}}
	servers := map[uint16]ltm.Path{80: ltm.NewPath("shop", "203.0.113.10_80")}
	m.see(live, routes.View{VirtualServers: servers, Routes: map[string]string{"a/": "shop/web:http"}, Pools: []ltm.Path{pool}})
	wanted, diags := wish{
		view:  routes.View{VirtualServers: servers, Routes: map[string]string{"a/": "shop/web:http", "a/b": "404"}},
		pools: map[ltm.Path]wishedPool{pool: {binding: description, endpoints: engine.BackendEndpoints{"web": {Endpoints: []endpoints.Endpoint{one, two}}}}},
	}.value(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	m.Wanted, m.Problems, m.Differences = wanted, linesValue(nil), linesValue([]string{"~ virtual server"})
	return m
}

func TestAPlanIsWhatTheClusterWantedAtTheRefresh(t *testing.T) {
	t.Parallel()
	state := refreshed(t)
	plan, diags := planned(t.Context(), planInput{Config: state, Plan: state, State: &state})
	if diags.HasError() {
		t.Fatal(diags)
	}
	if want := textsValue(map[string]string{"a/": "shop/web:http", "a/b": "404"}); !plan.Routes.Equal(want) {
		t.Errorf("planned routes %s, want %s", plan.Routes, want)
	}
	if len(plan.Differences.Elements()) != 0 || plan.Differences.IsUnknown() {
		t.Errorf("planned differences %s, want none", plan.Differences)
	}
	pool, _ := plan.Pools.Elements()["/shop/shop_web_http"].(types.Object)
	members, _ := pool.Attributes()["members"].(types.Map)
	for key, backend := range map[string]string{"10.0.0.1:80": "web", "10.0.0.2:80": "web", "192.0.2.9:80": ""} {
		member, ok := members.Elements()[key].(types.Object)
		if !ok || attribute(member, "backend") != backend {
			t.Errorf("planned member %s is %s, want one of the backend %q", key, member, backend)
		}
	}
	if len(members.Elements()) != 3 {
		t.Errorf("planned members %s, want three", members)
	}
}

func TestASettingThatMakesOtherRoutesLeavesThemToTheApplyAndOneThatDoesNotKeepsThem(t *testing.T) {
	t.Parallel()
	state := refreshed(t)
	for name, test := range map[string]struct {
		change  func(*model)
		unknown bool
	}{
		"port":        {func(m *model) { m.HTTPPort = types.Int64Value(8080) }, true},
		"revision":    {func(m *model) { m.Revision = types.StringValue("2") }, true},
		"drain":       {func(m *model) { m.Drain = types.StringValue("1m") }, true},
		"persistence": {func(m *model) { m.Persistence = types.StringValue("/Common/cookie") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := state
			test.change(&config)
			plan, diags := planned(t.Context(), planInput{Config: config, Plan: config, State: &state})
			if !plan.Problems.IsUnknown() {
				t.Errorf("the problems are %s, before the cluster is asked with the setting", plan.Problems)
			}
			if diags.HasError() || plan.Routes.IsUnknown() != test.unknown || plan.Pools.IsUnknown() != test.unknown {
				t.Errorf("routes %s, pools %s, %v; unknown should be %t", plan.Routes, plan.Pools, diags, test.unknown)
			}
		})
	}
}

func TestWithStrictAProblemIsAnErrorOfThePlan(t *testing.T) {
	t.Parallel()
	state := refreshed(t)
	state.Problems, state.Strict = linesValue([]string{"ingress shop/web, rule 1: no"}), types.BoolValue(true)
	_, diags := planned(t.Context(), planInput{Config: state, Plan: state, State: &state})
	if !diags.HasError() || !strings.Contains(diags[0].Detail(), "rule 1: no") {
		t.Errorf("it says %v, want the problem", diags)
	}
}

func TestAnIDIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"ingress/shop/web@/shop/203.0.113.10", "httproute/east/shop/web.v2@/shop/app/deeper/10.0.0.1%2", "gateway/infra/public@/Common/2001:db8::10", "tlsroute/shop/db@/shop/203.0.113.10",
	} {
		m, err := parseID(id)
		if err != nil {
			t.Error(err)
			continue
		}
		if m.identify(); m.ID.ValueString() != id {
			t.Errorf("%s comes back as %s", id, m.ID)
		}
	}
	for _, id := range []string{"", "ingress/web@/shop/203.0.113.10", "service/shop/web@/shop/203.0.113.10", "ingress/shop/web@/shop/name", "ingress/shop/web@/203.0.113.10", "ingress//web@/shop/203.0.113.10"} {
		if _, err := parseID(id); err == nil {
			t.Errorf("%q is taken", id)
		}
	}
}
