package reconciler

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// explainRoute asks about the routes of an object.
func (s *site) explainRoute(change func(*ExplainOptions)) (string, error) {
	s.t.Helper()
	var out, log syncBuffer
	o := ExplainOptions{Options: s.options("shop"), Output: outputText}
	o.Out, o.Log = &out, &log
	change(&o)
	err := Explain(s.t.Context(), o)
	return out.String(), err
}

func (s *site) explained(route string) string {
	s.t.Helper()
	text, err := s.explainRoute(func(o *ExplainOptions) { o.Route = route })
	if err != nil {
		s.t.Fatal(err)
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, s.namespace, "shop"), strings.TrimPrefix(s.sim.ManagementURL(), "https://"), "bigip")
	text = regexp.MustCompile(`10\.\d+\.\d+\.\d+:8080`).ReplaceAllString(text, "POD")
	return regexp.MustCompile(`until \S+`).ReplaceAllString(text, "until THEN")
}

func TestExplainTellsOfEachRouteItsRuleItsPoolAndWhoseRuleComesFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	cert, key := certificate(t, 1)
	s.secret("web-tls", cert, key)
	s.ingress("web", "web-tls", "/=web", "/api=api")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	s.ingress("young", "web-tls", "/api=web", "/gone=gone")
	s.apply(s.owner(ingress.KindIngress, "young"), siteOptions())
	s.sim.ClearRequests()

	want := `ingress shop/web at 203.0.113.10 in shop on bigip
  served by   /shop/203.0.113.10_80, port 80
  served by   /shop/203.0.113.10_443, port 443
  pending     nothing

rule ingress_shop_web_0.0.0
  place       1 of 4 in policy /shop/203.0.113.10_80
  from        ingress shop/web, rule 0, match 0
  host        shop.example.com
  path        any
  answer      redirect 301 to https://{host}{uri}
  before      rule ingress_shop_young_0.0.0 of ingress shop/young, which has the same match and never acts
`
	got := s.explained("ingress/" + s.namespace + "/web")
	if !strings.HasPrefix(got, want) {
		t.Errorf("-want +got\n%s", cmp.Diff(want, got))
	}
	for _, part := range []string{`
rule ingress_shop_web_0.1.0, ingress_shop_web_0.1.0_below
  place       3 and 4 of 9 in policy /shop/203.0.113.10_443
  from        ingress shop/web, rule 0, match 1
  host        shop.example.com
  path        /api and below
  answer      shop/api:http
  pool        /shop/shop_api_http, 1 member: POD enabled, ratio 1, unchecked
  before      rule ingress_shop_young_0.0.0 of ingress shop/young, which has the same match and never acts
`, `
  from        ingress shop/web, fallback
  matches     what no other rule does
  answer      404
`, `
certificate for shop.example.com
  files       /shop/shop_web-tls
  shown by    /shop/203.0.113.10_443
  valid       until THEN (for 59m)
`} {
		if !strings.Contains(got, part) {
			t.Errorf("there is no %s\nin\n%s", part, got)
		}
	}
	young := s.explained(s.namespace + "/young") // of any kind
	for _, part := range []string{
		"  problem     ingress shop/young, rule 0, path 1: Service shop/gone does not exist", "(shadowed)\n",
		"  never acts  rule ingress_shop_web_0.1.0 of ingress shop/web has the same match, and comes first\n", "  answer      503\n",
	} {
		if !strings.Contains(young, part) {
			t.Errorf("there is no %s\nin\n%s", part, young)
		}
	}
	if writes := s.writes(); len(writes) != 0 {
		t.Errorf("it writes: %v", writes)
	}
	t.Logf("it prints\n%s\n%s", got, young)
}

func TestExplainTellsWhatOfARouteIsToChangeAndWhen(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	strict := siteOptions()
	strict.Strict = true
	s.ingress("web", "", "/=web")
	s.apply(s.owner(ingress.KindIngress, "web"), strict)
	name := "ing/" + s.namespace + "/web" // as kubectl has it
	s.ingress("web", "", "/=web", "/api=api")
	got := s.explained(name)
	for _, part := range []string{"  pending     the next sync writes what has changed\n", "  change      + pool /shop/shop_api_http\n"} {
		if !strings.Contains(got, part) {
			t.Errorf("there is no %s\nin\n%s", part, got)
		}
	}
	s.ingress("web", "", "/=web", "/none=none")
	if got := s.explained(name); !strings.Contains(got, "  pending     refused, as there are problems, and strict is set\n") || !strings.Contains(got, "Service shop/none does not exist") {
		t.Errorf("it prints\n%s", got)
	}
	s.ingress("web", "", "/=web")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	must(t, s.cp.Client().NetworkingV1().Ingresses(s.namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}))
	if got := s.explained(name); !strings.Contains(got, "  pending     held for 30s from when the helper sees it first, as it may be a mistake: ingress shop/web wants nothing any more\n  change      ") {
		t.Errorf("it prints\n%s", got)
	}
}

func TestExplainTellsOfARouteByTheGatewayThatHasIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	client := s.gateways()
	s.gateway(client, "edge")
	s.route(client, "web", "edge", map[string]int32{"web": 90, "api": 10})
	s.route(client, "other", "edge", map[string]int32{"api": 1})
	s.apply(s.owner(ingress.KindGateway, "edge"), siteOptions())
	got := s.explained("httproute/" + s.namespace + "/web")
	if !strings.HasPrefix(got, "httproute shop/web at 203.0.113.10 in shop on bigip\n  by          gateway shop/edge\n") ||
		!strings.Contains(got, "  answer      shop/api:http=10 shop/web:http=90\n") || strings.Contains(got, "fallback") || strings.Contains(got, "\nrule httproute_shop_other") {
		t.Errorf("it prints\n%s", got)
	}
	text, err := s.explainRoute(func(o *ExplainOptions) { o.Route, o.Output = "gtw/"+s.namespace+"/edge", outputJSON })
	must(t, err)
	var all RouteExplanation
	must(t, json.Unmarshal([]byte(text), &all))
	if len(all.Served) != 1 || len(all.Served[0].Rules) != 3 || len(all.Served[0].Rules[0].Pools[0].Members) == 0 || all.Served[0].Owner.Kind != ingress.KindGateway {
		t.Errorf("it prints\n%s", text)
	}
}

func TestExplainSaysWhatIsWrongWithAQuestionAboutRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web")
	s.ingress("web", "", "/=web")
	for _, test := range []struct {
		change func(*ExplainOptions)
		want   string
	}{
		{func(o *ExplainOptions) { o.Route = "web" }, `--route: "web" is not [KIND/][CLUSTER/]NAMESPACE/NAME`},
		{func(o *ExplainOptions) { o.Route = "ingress//web" }, `--route: "ingress//web" is not`},
		{func(o *ExplainOptions) { o.Route, o.Pool = "shop/web", "/shop/web" }, "--route: it goes with neither --pool nor --member"},
		{func(o *ExplainOptions) { o.Route, o.Output = "shop/web", "yaml" }, "--output: "},
		{func(o *ExplainOptions) { o.Route = "shop/web" }, "shop/web is not served by "},
	} {
		if got, err := s.explainRoute(test.change); err == nil || !strings.HasPrefix(err.Error(), test.want) || got != "" {
			t.Errorf("%v, want %s\n%s", err, test.want, got)
		}
	}
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	if _, err := s.explainRoute(func(o *ExplainOptions) { o.Route = "httproute/shop/web" }); err == nil || !strings.HasSuffix(err.Error(), "there are: ingress/"+s.namespace+"/web") {
		t.Error(err)
	}
}

func TestARouteIsNamedAsKubectlNamesIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"shop/web": " shop/web", "ing/shop/web": "ingress shop/web", "Ingresses/east/shop/web": "ingress east/shop/web",
		"east/shop/web": " east/shop/web", "httproute/shop/web": "httproute shop/web", "gtw/shop/edge": "gateway shop/edge",
	} {
		if got, err := routeQuestion(text); err != nil || got.String() != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
}
