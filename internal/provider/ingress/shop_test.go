package ingress_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// shop is a namespace with the Services web and api, and an Ingress for them.
type shop struct {
	t         *testing.T
	cp        *kubetest.ControlPlane
	device    *acctest.Device
	namespace string
}

func newShop(t *testing.T) shop {
	t.Helper()
	cp := cluster.ControlPlane(t)
	s := shop{t: t, cp: cp, device: acctest.NewDevice(t, "shop"), namespace: cp.NamespaceT(t, "shop")}
	for _, name := range []string{"web", "api"} {
		if err := cp.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: s.namespace, Name: name, Replicas: 2}); err != nil {
			t.Fatal(err)
		}
	}
	waiting, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for _, name := range []string{"web", "api"} {
		if err := cp.WaitReady(waiting, s.namespace, name, 2); err != nil {
			t.Fatal(err)
		}
	}
	if err := cp.Ingress(t.Context(), s.namespace, s.ingress("/", "web")); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s shop) must(_ any, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// ingress has pairs of path and Service for shop.example.com, with TLS.
func (s shop) ingress(pathsAndServices ...string) *networkingv1.Ingress {
	prefix := networkingv1.PathTypePrefix
	rule := networkingv1.HTTPIngressRuleValue{}
	for i := 0; i < len(pathsAndServices); i += 2 {
		rule.Paths = append(rule.Paths, networkingv1.HTTPIngressPath{
			Path: pathsAndServices[i], PathType: &prefix,
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: pathsAndServices[i+1], Port: networkingv1.ServiceBackendPort{Name: "http"},
			}},
		})
	}
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: networkingv1.IngressSpec{
			TLS:   []networkingv1.IngressTLS{{Hosts: []string{"shop.example.com"}, SecretName: "web-tls"}},
			Rules: []networkingv1.IngressRule{{Host: "shop.example.com", IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &rule}}},
		},
	}
}

// change replaces the Ingress's paths.
func (s shop) change(pathsAndServices ...string) {
	s.t.Helper()
	client := s.cp.Client().NetworkingV1().Ingresses(s.namespace)
	live, err := client.Get(s.t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	live.Spec = s.ingress(pathsAndServices...).Spec
	s.must(client.Update(s.t.Context(), live, metav1.UpdateOptions{}))
}

// config is the resource, with further arguments.
func (s shop) config(arguments string) string {
	return s.device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", s.cp.KubeconfigT(s.t))) + fmt.Sprintf(`
resource "bigipkube_ingress" "web" {
  ingress = { namespace = %q, name = "web" }
  address = "203.0.113.10"
  %s
}
`, s.namespace, arguments)
}
