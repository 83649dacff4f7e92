package reconciler

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// conditionsOf are "Accepted=True Accepted, …@generation".
func conditionsOf(conditions []metav1.Condition) string {
	var texts []string
	for _, c := range conditions {
		texts = append(texts, fmt.Sprintf("%s=%s %s@%d", c.Type, c.Status, c.Reason, c.ObservedGeneration))
	}
	return strings.Join(texts, ", ")
}

func TestTheStatusOfRoutesIsWrittenWhereItIsAskedForAndOnChangeOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	client := s.gateways()
	s.gateway(client, "edge")
	s.route(client, "web", "edge", map[string]int32{"web": 1})
	s.ingress("plain", "", "/plain=web")
	s.apply(s.owner(ingress.KindGateway, "edge"), siteOptions())
	s.apply(s.owner(ingress.KindIngress, "plain"), siteOptions())
	read, patch := []string{"get", "list", "watch"}, []string{"patch"}
	must(t, s.cp.Grant(t.Context(), statusUser,
		rbacv1.PolicyRule{APIGroups: []string{corev1.GroupName}, Resources: []string{"services"}, Verbs: read},
		rbacv1.PolicyRule{APIGroups: []string{discoveryv1.GroupName}, Resources: []string{"endpointslices"}, Verbs: read},
		rbacv1.PolicyRule{APIGroups: []string{networkingv1.GroupName}, Resources: []string{"ingresses"}, Verbs: read},
		rbacv1.PolicyRule{APIGroups: []string{gatewayv1.GroupName}, Resources: []string{"gateways", "httproutes"}, Verbs: read},
		rbacv1.PolicyRule{APIGroups: []string{networkingv1.GroupName}, Resources: []string{"ingresses/status"}, Verbs: patch},
		rbacv1.PolicyRule{APIGroups: []string{gatewayv1.GroupName}, Resources: []string{"gateways/status", "httproutes/status"}, Verbs: patch},
	))
	s.config = s.cp.UserKubeconfigT(t, statusUser)
	o := s.options("shop")
	o.RouteStatus = true
	s.follow(o, 2)

	ingresses := s.cp.Client().NetworkingV1().Ingresses(s.namespace)
	eventually(t, func() bool {
		i, err := ingresses.Get(t.Context(), "plain", metav1.GetOptions{})
		must(t, err)
		return len(i.Status.LoadBalancer.Ingress) == 1 && i.Status.LoadBalancer.Ingress[0].IP == siteAddress
	}, func() string { return "the Ingress has no address" })

	var got string
	route := func() *gatewayv1.HTTPRoute {
		r, err := client.HTTPRoutes(s.namespace).Get(t.Context(), "web", metav1.GetOptions{})
		must(t, err)
		return r
	}
	says := func(want string) {
		t.Helper()
		eventually(t, func() bool {
			parents := route().Status.Parents
			got = fmt.Sprint(len(parents), " parents")
			if len(parents) == 1 {
				got = conditionsOf(parents[0].Conditions)
			}
			return got == want
		}, func() string { return "the route has\n" + got + "\nwant\n" + want })
	}
	says("Accepted=True Accepted@1, ResolvedRefs=True ResolvedRefs@1, Programmed=True Programmed@1")
	s.route(client, "web", "edge", map[string]int32{"web": 1, "none": 1})
	says("Accepted=True Accepted@2, ResolvedRefs=False BackendNotFound@2, Programmed=True Programmed@2")
	s.route(client, "web", "edge", map[string]int32{"web": 1, "api": 1})
	says("Accepted=True Accepted@3, ResolvedRefs=True ResolvedRefs@3, Programmed=True Programmed@3")

	want := siteAddress + " Accepted=True Accepted@1, Programmed=True Programmed@1; 1 routes: Accepted=True Accepted@1, ResolvedRefs=True ResolvedRefs@1, Programmed=True Programmed@1"
	eventually(t, func() bool {
		g, err := client.Gateways(s.namespace).Get(t.Context(), "edge", metav1.GetOptions{})
		must(t, err)
		got = ""
		for _, a := range g.Status.Addresses {
			got += a.Value + " "
		}
		got += conditionsOf(g.Status.Conditions)
		for _, l := range g.Status.Listeners {
			got += fmt.Sprintf("; %d routes: %s", l.AttachedRoutes, conditionsOf(l.Conditions))
		}
		return got == want
	}, func() string { return "the Gateway has\n" + got + "\nwant\n" + want })

	// A sync that finds nothing new writes nothing.
	version := route().ResourceVersion
	s.ingress("plain", "", "/other=web")
	s.serves(plainServer, "/other shop_web_http", "/other/ shop_web_http", route0(s))
	if after := route().ResourceVersion; after != version {
		t.Errorf("the route was written again: %s, %s", version, after)
	}
}

// route0 is the rule of the route web of a Gateway, which has two backends.
func route0(s *site) string {
	all := s.rules(plainServer)
	return all[len(all)-1]
}

func TestAStatusThatSomebodyWasFasterWithIsSyncedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var again []ingress.Key
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "ingresses"}, "web", nil)
	st := newStatuses(func(context.Context, binding.Object, []byte) error { return conflict }, func(k ingress.Key) { again = append(again, k) }, b.logger)
	key := ingress.Key{Owner: binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: "web"}, Partition: "shop"}
	st.write(t.Context(), key.Owner, pendingStatus{func() { st.again(key) }, nil})
	if len(again) != 1 || again[0] != key || b.log() != "" {
		t.Errorf("%v, %s", again, b.log())
	}
}
