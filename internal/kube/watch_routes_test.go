package kube

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// isTold waits until an owner has been told more often than before.
func (w *watcher) isTold(owner string, what string, act func()) {
	w.t.Helper()
	before := w.tells(owner)
	act()
	for {
		w.mu.Lock()
		wake := w.wake
		w.mu.Unlock()
		if w.tells(owner) > before {
			return
		}
		select {
		case <-wake:
		case <-w.ctx.Done():
			w.t.Fatalf("%s: nobody is told, health %+v", what, w.Health())
		}
	}
}

// routesRead reads, and returns when what was read is watched.
func (w *watcher) routesRead(owner string, bound binding.Object) ingress.Objects {
	w.t.Helper()
	objects, _, err := w.Routes(w.ctx, owner, bound, ingress.Beside{})
	check(w.t, err)
	v := w.views[bound.Cluster]
	poll(w.t, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, need := range v.interest.routes[owner] {
			if on := v.watches[v.rights.watchOf(need)]; on == nil || !on.full || !on.broken.IsZero() {
				return false
			}
		}
		for _, s := range v.interest.spare[owner] {
			may, asked := v.rights.spare[s]
			if on := v.watches[s]; !asked || may && (on == nil || !on.full) {
				return false
			}
		}
		return true
	})
	return objects
}

func TestAnOwnerIsToldOfAllThatItsRoutesAreMadeOfAndOfNothingElse(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	s := newShop(t, cp)
	ns := cp.NamespaceT(t, "watched")
	ca := newAuthority(t)
	certificate, key := ca.server(t, "shop.example.com")
	s.service(ns, "web")
	s.secret(ns, "web-tls", certificate, key)
	s.secret(ns, "other", certificate, key)
	s.ingress(ns, "web", nil, "web", "web-tls")
	s.ingress(ns, "other", nil, "later")
	// Of classes, which are everybody's, this user hears nothing.
	grantIn(t, cp, ns, "told", mayFollowIngresses...)
	w := startWatch(t, map[string]Config{"": as(cp, "told")}, WatchOptions{})
	web, other := binding.Object{Kind: ingress.KindIngress, Namespace: ns, Name: "web"}, binding.Object{Kind: ingress.KindIngress, Namespace: ns, Name: "other"}
	w.routesRead("web", web)
	w.routesRead("other", other)

	client := cp.Client()
	annotate := func(i *networkingv1.Ingress, annotation string) {
		i.Annotations = map[string]string{annotation: "true"}
		_, err := client.NetworkingV1().Ingresses(ns).Update(w.ctx, i, metav1.UpdateOptions{})
		check(t, err)
	}
	read := func(name string) *networkingv1.Ingress {
		i, err := client.NetworkingV1().Ingresses(ns).Get(w.ctx, name, metav1.GetOptions{})
		check(t, err)
		return i
	}
	before := w.tells("other")
	w.isTold("web", "its own annotations", func() { annotate(read("web"), "example.com/a") })
	w.isTold("web", "its Secret", func() {
		secret, err := client.CoreV1().Secrets(ns).Get(w.ctx, "web-tls", metav1.GetOptions{})
		check(t, err)
		secret.Data[corev1.TLSCertKey] = append(secret.Data[corev1.TLSCertKey], '\n')
		_, err = client.CoreV1().Secrets(ns).Update(w.ctx, secret, metav1.UpdateOptions{})
		check(t, err)
	})
	w.isTold("web", "its Service", func() { check(t, client.CoreV1().Services(ns).Delete(w.ctx, "web", metav1.DeleteOptions{})) })
	if n := w.tells("other"); n != before {
		t.Errorf("another owner is told %d times of what is not its own", n-before)
	}
	w.isTold("other", "a Service that was not there", func() { s.service(ns, "later") })

	// Its status is for others to read, and another Secret for others to show: then a
	// change of its own is the first that it is told of.
	before = w.tells("web")
	i := read("web")
	i.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{IP: "203.0.113.10"}}
	_, err := client.NetworkingV1().Ingresses(ns).UpdateStatus(w.ctx, i, metav1.UpdateOptions{})
	check(t, err)
	check(t, client.CoreV1().Secrets(ns).Delete(w.ctx, "other", metav1.DeleteOptions{}))
	w.isTold("web", "a canary beside it", func() { s.ingress(ns, "canary", map[string]string{canaryAnnotation: "true"}, "web") })
	if n := w.tells("web"); n != before+1 {
		t.Errorf("it is told %d times", n-before)
	}
	if objects := w.routesRead("web", web); len(objects.Ingresses) != 2 || len(objects.Services) != 0 {
		t.Errorf("what was told of is read as it was: %s", listed(objects, ns))
	}

	w.Leave("web")
	w.Leave("other")
	v := w.views[""]
	poll(t, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return len(v.watches) == 0
	})
}

func TestOnlySecretsAreWatchedOneByOne(t *testing.T) {
	t.Parallel()
	for need, want := range map[scope]scope{
		{secrets, "shop", "web-tls"}:    {secrets, "shop", "web-tls"},
		{ingresses, "shop", "web"}:      {ingresses, "shop", ""},
		{httpRoutes, "", ""}:            {httpRoutes, "", ""},
		{services, "shop", "web"}:       {services, "shop", ""},
		{endpointSlices, "shop", "web"}: {endpointSlices, "shop", ""},
		{referenceGrants, "infra", ""}:  {referenceGrants, "infra", ""},
	} {
		if got := (rights{}).watchOf(need); got != want {
			t.Errorf("%v is watched by %v, want %v", need, got, want)
		}
	}
	if got := (rights{wide: true}).watchOf(scope{services, "shop", "web"}); got != (scope{services, "", ""}) {
		t.Errorf("with all rights a Service is watched by %v", got)
	}
}
