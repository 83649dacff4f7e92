package kube

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

func TestAProbeIsThatOfTheYoungestPodThatIsReady(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	s := newShop(t, cp)
	ns := cp.NamespaceT(t, "shop")
	s.ingress(ns, "web", nil, "web")
	source := newSource(t, as(cp, "viewer"), time.Minute)
	// path is what the one Service's pods are probed for.
	path := func() string {
		t.Helper()
		objects, _, err := source.Routes(ctx, binding.Object{Kind: ingress.KindIngress, Namespace: ns, Name: "web"}, ingress.Beside{Probes: true})
		check(t, err)
		switch service := objects.Services[0]; {
		case !service.Endpoints:
			return "no endpoints"
		case service.Pod == nil:
			return "no pods"
		default:
			c := service.Pod.Containers[0]
			return fmt.Sprintf("%s:%v%s", c.Name, c.Ports, c.Readiness.HTTPGet.Path)
		}
	}
	web := kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 2, ReadinessProbe: kubetest.HTTPProbe("/old", "http")}
	check(t, cp.Deploy(ctx, web))
	check(t, cp.WaitReady(ctx, ns, "web", 2))
	if got := path(); got != "app:[{http 8080}]/old" {
		t.Errorf("probed is %s", got)
	}

	pods, err := cp.Pods(ctx, ns, "web")
	check(t, err)
	poll(t, func() bool { return time.Now().Unix() > pods[0].CreationTimestamp.Unix()+1 }) // ages are in seconds
	web.NotReady, web.ReadinessProbe = true, kubetest.HTTPProbe("/new", "http")
	check(t, cp.Deploy(ctx, web))
	_, err = cp.WaitEndpoints(ctx, ns, "web", func(e kubetest.Endpoints) bool { return len(e.NotReady) == 1 })
	check(t, err)
	if got := path(); got != "app:[{http 8080}]/old" {
		t.Errorf("while no new pod is ready, probed is %s", got)
	}
	pods, err = cp.Pods(ctx, ns, "web")
	check(t, err)
	for _, pod := range pods {
		if pod.Spec.Containers[0].ReadinessProbe.HTTPGet.Path == "/new" {
			check(t, cp.SetReady(ctx, ns, pod.Name, true))
		}
	}
	poll(t, func() bool { return path() == "app:[{http 8080}]/new" })

	check(t, cp.Scale(ctx, ns, "web", 0))
	poll(t, func() bool { return path() == "no endpoints" })
	_, err = cp.Client().DiscoveryV1().EndpointSlices(ns).Create(ctx, &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "by-hand", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4, Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"192.0.2.1"}}},
	}, metav1.CreateOptions{})
	check(t, err)
	if got := path(); got != "no pods" {
		t.Errorf("with endpoints that somebody made there are %s", got)
	}
}

func TestPodsAreReadOnlyForProbesAndTheRightThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	s := newShop(t, cp)
	ns := cp.NamespaceT(t, "shop")
	s.ingress(ns, "web", nil, "web")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 1}))
	check(t, cp.WaitReady(ctx, ns, "web", 1))
	check(t, cp.Grant(ctx, "no-pods",
		rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"services"}},
		rbacv1.PolicyRule{Verbs: []string{"list"}, APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}},
		rbacv1.PolicyRule{Verbs: []string{"list"}, APIGroups: []string{"networking.k8s.io"}, Resources: []string{"ingresses", "ingressclasses"}}))
	source := newSource(t, as(cp, "no-pods"), time.Minute)
	bound := binding.Object{Kind: ingress.KindIngress, Namespace: ns, Name: "web"}
	if _, _, err := source.Routes(ctx, bound, ingress.Beside{}); err != nil {
		t.Errorf("without probes: %v", err)
	}
	_, _, err := source.Routes(ctx, bound, ingress.Beside{Probes: true})
	var failure *Error
	if !errors.As(err, &failure) || !errors.Is(err, engine.ErrForbidden) || failure.Verb != "list" || failure.Resource != pods ||
		!strings.HasPrefix(err.Error(), "list Pods with app=web in namespace "+ns) {
		t.Errorf("with probes: %v", err)
	}
}

func TestPodsThatComeAndGoAreGatheredAndToldOnceToThoseWhoseMonitorsTheyMake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStores("")
		s.interest.routes = map[string][]scope{
			"probed": {{endpointSlices, "shop", "web"}}, "another": {{endpointSlices, "shop", "api"}}, "plain": {{services, "shop", "web"}},
		}
		slice := func(ready ...string) *discoveryv1.EndpointSlice {
			out := webSlice("a")
			for _, name := range []string{"web-0", "web-1", "web-2"} {
				is := strings.Contains(strings.Join(ready, " "), name)
				out.Endpoints = append(out.Endpoints, discoveryv1.Endpoint{
					Addresses: []string{"10.0.0.1"}, TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: name}, Conditions: discoveryv1.EndpointConditions{Ready: &is},
				})
			}
			return out
		}
		told := func(what string, want string) {
			t.Helper()
			time.Sleep(probesSettle) // the bubble's
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			if got := strings.Join(s.told, " "); got != want {
				t.Errorf("%s: told are %q, want %q", what, got, want)
			}
			s.told = nil
		}
		check(t, s.slices.Add(slice()))
		told("none is ready", "")
		for _, ready := range [][]string{{"web-0"}, {"web-0", "web-1"}, {"web-0", "web-1", "web-2"}} {
			check(t, s.slices.Update(slice(ready...)))
			time.Sleep(time.Second)
		}
		told("one after the other", "probed")
		check(t, s.slices.Update(slice("web-0", "web-1")))
		told("the youngest is gone: a rollout is undone", "probed")
		check(t, s.slices.Update(slice("web-0", "web-1", "web-2")))
		told("a pod of a StatefulSet keeps its name", "probed")
		same := slice("web-0", "web-1", "web-2")
		same.Endpoints[0].Zone = new("b")
		check(t, s.slices.Update(same))
		told("the same pods are ready", "")
		check(t, s.slices.Delete(same))
		told("the slice is gone", "probed")
	})
}

func TestTheYoungestCandidateIsFirstAndANameDecidesWhereAllElseIsTheSame(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	order := []candidate{
		{"young", now.Add(time.Second), true}, {"a", now, true}, {"b", now, true}, {"newer", now.Add(time.Hour), false}, {"new", now, false},
	}
	for i, a := range order {
		for j, b := range order {
			if got := a.compare(b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s before %s: %d", a.name, b.name, got)
			}
		}
	}
	if !isReady(endpoints.SliceEndpoint{}) {
		t.Error("an endpoint that does not say counts as ready")
	}
}
