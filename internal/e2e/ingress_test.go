package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// site is a shop with the Ingress of examples/ingress.
type site struct {
	*shop
	roots *x509.CertPool // of the Secret's certificate
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{shop: example(t, "ingress"), roots: x509.NewCertPool()}
	for _, name := range []string{"web", "api"} {
		s.deploy(t, s.Cluster, s.Backends, kubetest.DeploymentSpec{Namespace: s.namespace, Name: name, Replicas: 2, Colour: name})
	}
	root, err := repositoryRoot()
	must(t, err)
	must(t, s.Cluster.Ingress(t.Context(), s.namespace, kubetest.IngressFrom(t, filepath.Join(root, "examples/ingress/kubernetes.yaml"))))
	secret, err := s.Cluster.Client().CoreV1().Secrets(s.namespace).Get(t.Context(), "web-tls", metav1.GetOptions{})
	must(t, err)
	s.roots.AppendCertsFromPEM(secret.Data[corev1.TLSCertKey])
	return s
}

// get asks for a URL of the site, whatever its name resolves to, as curl --resolve does.
// Redirects are not followed.
func (s *site) get(t *testing.T, url string) *http.Response {
	t.Helper()
	answer, err := s.try(t.Context(), url)
	must(t, err)
	return answer
}

func (s *site) try(ctx context.Context, url string) (*http.Response, error) {
	transport := s.transport()
	transport.DisableKeepAlives = true
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     transport,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	return answer, answer.Body.Close()
}

// transport connects to the site's virtual servers, whatever a name resolves to.
func (s *site) transport() *http.Transport {
	return &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			listener, err := s.Simulator.Listener(ctx, "/shop/203.0.113.10_"+port)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, listener)
		},
	}
}

// wants asks for a URL, and wants an answer of a Service's pod; "" is a 404.
func (s *site) wants(t *testing.T, url, service string) {
	t.Helper()
	answer := s.get(t, url)
	switch {
	case service == "" && answer.StatusCode != http.StatusNotFound:
		t.Errorf("%s is answered with %d by %q, want 404", url, answer.StatusCode, answer.Header.Get("X-Pod"))
	case service != "" && (answer.StatusCode != http.StatusOK || answer.Header.Get("X-Colour") != service):
		t.Errorf("%s is answered with %d by %q, want a pod of %s", url, answer.StatusCode, answer.Header.Get("X-Pod"), service)
	case service != "" && answer.Header.Get("X-Seen-Forwarded-For") != "127.0.0.1":
		t.Errorf("the pod of %s has seen the client %q, want 127.0.0.1", url, answer.Header.Get("X-Seen-Forwarded-For"))
	}
}

func TestAnIngressIsServedWithItsCertificateAndItsChangeTouchesThePolicyOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)
	s.wants(t, "https://shop.example.com/", "web")
	s.wants(t, "https://shop.example.com/apis", "web")
	s.wants(t, "https://shop.example.com/api", "api")
	s.wants(t, "https://shop.example.com/api/orders", "api")
	s.wants(t, "http://other.example.com/", "")
	if answer := s.get(t, "http://shop.example.com/cart?a=b"); answer.StatusCode != http.StatusMovedPermanently || answer.Header.Get("Location") != "https://shop.example.com/cart?a=b" {
		t.Errorf("http is answered with %d to %q, want a redirect to https", answer.StatusCode, answer.Header.Get("Location"))
	}

	client := s.Cluster.Client().NetworkingV1().Ingresses(s.namespace)
	live, err := client.Get(t.Context(), "web", metav1.GetOptions{})
	must(t, err)
	http := live.Spec.Rules[0].HTTP
	http.Paths = append(http.Paths, networkingv1.HTTPIngressPath{Path: "/v2", PathType: http.Paths[0].PathType, Backend: http.Paths[1].Backend})
	_, err = client.Update(t.Context(), live, metav1.UpdateOptions{})
	must(t, err)
	must(t, s.Simulator.ClearJournal(t.Context()))
	s.follow(t, `+ "shop.example.com/v2"`, `"`+s.namespace+`/api:http"`, "1 to change")
	s.wants(t, "https://shop.example.com/v2/orders", "api")
	s.onlyThePolicy(t)

	_, err = s.terraform.Destroy(t.Context())
	must(t, err)
	s.isGone(t)
}

// isGone tells what a destroy has left on the device.
func (s *shop) isGone(t *testing.T) {
	t.Helper()
	for _, kind := range []string{"virtual", "policy", "pool", "node", "rule", "profile/client-ssl", "profile/http"} {
		var left struct {
			Items []map[string]any `json:"items"`
		}
		must(t, s.Simulator.REST(t.Context(), "GET", "/mgmt/tm/ltm/"+kind+"?$filter=partition+eq+shop", nil, &left))
		if len(left.Items) > 0 {
			t.Errorf("the destroy leaves a %s: %v", kind, left.Items)
		}
	}
}

// allow sets the networks of the clients that the Ingress is for.
func (s *site) allow(t *testing.T, networks string) {
	t.Helper()
	client := s.Cluster.Client().NetworkingV1().Ingresses(s.namespace)
	live, err := client.Get(t.Context(), "web", metav1.GetOptions{})
	must(t, err)
	live.Annotations = map[string]string{"nginx.ingress.kubernetes.io/whitelist-source-range": networks}
	_, err = client.Update(t.Context(), live, metav1.UpdateOptions{})
	must(t, err)
}

func TestOnlyClientsOfTheNetworksThatAnIngressAllowsAreServed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.allow(t, "198.51.100.0/24")
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	if answer := s.get(t, "https://shop.example.com/api"); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a client of another network is answered with %d, want 403", answer.StatusCode)
	}
	s.allow(t, "198.51.100.0/24, 127.0.0.0/8")
	must(t, s.Simulator.ClearJournal(t.Context()))
	s.follow(t, `+ "shop.example.com/api [from 127.0.0.0/8|198.51.100.0/24]"`, "1 to change")
	s.wants(t, "https://shop.example.com/api", "api")
	s.wants(t, "https://shop.example.com/", "web")
	s.onlyThePolicy(t)
}

func TestARequestForAServiceWithoutPodsIsAnsweredWith503(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	must(t, s.Cluster.Scale(t.Context(), s.namespace, "api", 0))
	awaitTrue(t, func() bool { // its listeners close when the pods are gone
		return s.get(t, "https://shop.example.com/api").StatusCode == http.StatusServiceUnavailable
	}, func() string { return "/api is never answered with 503" })
	s.wants(t, "https://shop.example.com/", "web")
}

// onlyThePolicy checks that the last apply was one transaction, and nothing but policies
// in it.
func (s *shop) onlyThePolicy(t *testing.T) {
	t.Helper()
	journal, err := s.Simulator.Journal(t.Context())
	must(t, err)
	commits := 0
	for _, r := range journal {
		switch {
		case r.Method == http.MethodGet || strings.HasPrefix(r.Path, "/mgmt/shared/"):
		case r.Path == "/mgmt/tm/sys/config": // saved once all is done
		case strings.HasPrefix(r.Path, "/mgmt/tm/transaction/"):
			commits++
		case r.Path == "/mgmt/tm/transaction" || strings.HasPrefix(r.Path, "/mgmt/tm/ltm/policy"):
		default:
			t.Errorf("the change of a path wrote %s %s", r.Method, r.Path)
		}
	}
	if commits != 1 {
		t.Errorf("%d transactions were committed, want 1", commits)
	}
}
