package e2e

import (
	"crypto/x509"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/typed/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

const platformURL = "https://shop.example.com/"

// newPlatform is examples/platform, before the apply, on a BIG-IP with ASM.
func newPlatform(t *testing.T) *site {
	t.Helper()
	provider, err := built()
	must(t, err)
	lab, err := NewLab(t.Context(), cluster.ControlPlane(t), provider, "--asm")
	must(t, err)
	t.Cleanup(lab.Close)
	s := &site{shop: &shop{Lab: lab, namespace: lab.Cluster.NamespaceT(t, "shop")}, roots: x509.NewCertPool()}
	must(t, s.Simulator.MakePartition(t.Context(), "shop"))
	must(t, s.Cluster.InstallGatewayAPI(t.Context()))
	certificate, key, err := kubetest.KeyPair("shop.example.com")
	must(t, err)
	s.roots.AppendCertsFromPEM(certificate)
	_, err = s.Cluster.Client().CoreV1().Secrets(s.namespace).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "shop-tls"}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key},
	}, metav1.CreateOptions{})
	must(t, err)
	s.applyPlatform(t)
	s.terraform, err = s.Example(t.Context(), cli, "platform")
	must(t, err)
	s.terraform.Vars = map[string]any{"namespace": s.namespace}
	return s
}

// applyPlatform does what the guide says, in the test's namespace. There is no scheduler,
// so the pods say where they run.
func (s *site) applyPlatform(t *testing.T) {
	t.Helper()
	root, err := repositoryRoot()
	must(t, err)
	dir := t.TempDir()
	folder, err := filepath.Rel(dir, filepath.Join(root, "examples", "platform", "cluster"))
	must(t, err)
	overlay := fmt.Sprintf(`
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: %s
resources: [%s]
replicas: [{name: shop-blue, count: 2}, {name: shop-green, count: 2}]
patches: [{target: {kind: Deployment}, patch: '[{"op": "add", "path": "/spec/template/spec/nodeName", "value": "%s"}]'}]
`, s.namespace, folder, kubetest.NodeName(0))
	must(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(overlay), 0o600))
	output, err := kubectl(t, s.Cluster)(t.Context(), "apply", "-k", dir)
	must(t, err)
	t.Log(output)
	for _, name := range []string{"shop-blue", "shop-green"} {
		must(t, s.Cluster.WaitReady(t.Context(), s.namespace, name, 2))
		pods, err := s.Cluster.Pods(t.Context(), s.namespace, name)
		must(t, err)
		for _, pod := range pods {
			must(t, s.Backends.Wait(t.Context(), pod.Status.PodIP+":8080"))
		}
	}
}

// wantGreen checks the share of green, in percent.
func (s *site) wantGreen(t *testing.T, want float64) {
	t.Helper()
	const requests = 400
	green := 0.0
	for range requests {
		answer := s.get(t, platformURL)
		switch colour := answer.Header.Get("X-Colour"); {
		case answer.StatusCode != http.StatusOK:
			t.Fatalf("the answer is %d", answer.StatusCode)
		case colour == "green":
			green++
		case colour != "blue":
			t.Fatalf("a pod of colour %q answers", colour)
		}
	}
	if got := 100 * green / requests; math.Abs(got-want) > 2 {
		t.Errorf("green got %v %%, want %v", got, want)
	}
}

func TestThePlatformIsServedUnderTLSAndWAFAndItsCanaryIsAWeight(t *testing.T) {
	t.Parallel()
	s := newPlatform(t)
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)
	s.wantGreen(t, 0)
	for path, want := range map[string]string{
		"policy/~shop~203.0.113.10_443/rules?expandSubcollections=true": "/Common/baseline",
		"virtual/~shop~203.0.113.10_443/profiles":                       "/Common/websecurity",
	} {
		var got map[string]any
		must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/"+path, nil, &got))
		if !strings.Contains(fmt.Sprint(got["items"]), want) {
			t.Errorf("%s lacks %s: %v", path, want, got)
		}
	}

	client, err := gatewayclient.NewForConfig(s.Cluster.RESTConfig())
	must(t, err)
	route, err := client.HTTPRoutes(s.namespace).Get(t.Context(), "shop", metav1.GetOptions{})
	must(t, err)
	blue, green := int32(90), int32(10)
	route.Spec.Rules[0].BackendRefs[0].Weight, route.Spec.Rules[0].BackendRefs[1].Weight = &blue, &green
	_, err = client.HTTPRoutes(s.namespace).Update(t.Context(), route, metav1.UpdateOptions{})
	must(t, err)
	s.follow(t, "shop-green:http=10", "1 to change")
	s.wantGreen(t, 10)

	_, err = s.terraform.Destroy(t.Context())
	must(t, err)
	for _, kind := range []string{"virtual", "policy", "pool", "node", "rule", "profile/client-ssl", "profile/http"} {
		var left struct{ Items []map[string]any }
		must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/"+kind+"?$filter=partition+eq+shop", nil, &left))
		if len(left.Items) > 0 {
			t.Errorf("the destroy leaves a %s: %v", kind, left.Items)
		}
	}
}
