package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/typed/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// private is a shop with the TLSRoutes of examples/tls-passthrough, whose pods end TLS.
type private struct {
	*shop
	pods map[string]string // by colour, the name of the only pod
}

func newPrivate(t *testing.T) private {
	t.Helper()
	s := private{shop: example(t, "tls-passthrough"), pods: map[string]string{}}
	must(t, s.Cluster.InstallGatewayAPI(t.Context()))
	for _, name := range []string{"db", "reports"} {
		pods := s.deploy(t, s.Cluster, s.Backends, kubetest.DeploymentSpec{
			Namespace: s.namespace, Name: name, Replicas: 1, Colour: name, Ports: []kubetest.Port{{Name: kubetest.PortTLS, ContainerPort: 8080, ServicePort: 5432}},
		})
		s.pods[name] = pods[0].Name
	}
	// An output that lists the routes is a change of the plan whenever they change.
	must(t, os.Remove(filepath.Join(s.terraform.Dir, "outputs.tf")))
	root, err := repositoryRoot()
	must(t, err)
	manifest, err := os.ReadFile(filepath.Join(root, "examples/tls-passthrough/kubernetes.yaml"))
	must(t, err)
	must(t, s.Cluster.GatewayObjects(t.Context(), s.namespace, manifest))
	return s
}

// reaches is the pod that a client gets which asks for a server name: the one whose
// certificate it is shown, and which answers inside.
func (s private) reaches(ctx context.Context, name string) (pod string, err error) {
	listener, err := s.Simulator.Listener(ctx, "/shop/203.0.113.10_443")
	if err != nil {
		return "", err
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", listener)
	if err != nil {
		return "", err
	}
	defer raw.Close()                                                                //nolint:errcheck // all of the answer is read before
	conn := tls.Client(raw, &tls.Config{ServerName: name, InsecureSkipVerify: true}) //nolint:gosec // it is looked at below
	if err := conn.HandshakeContext(ctx); err != nil {
		return "", err
	}
	shown := conn.ConnectionState().PeerCertificates[0].DNSNames
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return "", err
	}
	for _, pod := range s.pods {
		if slices.Contains(shown, pod) && strings.Contains(string(answer), "pod="+pod+" ") {
			return pod, nil
		}
	}
	return "", fmt.Errorf("the certificate is for %v, and the answer is %q", shown, answer)
}

// wants asks for server names, and wants the pod of a colour; "" is a reset.
func (s private) wants(t *testing.T, want map[string]string) {
	t.Helper()
	for name, colour := range want {
		pod, err := s.reaches(t.Context(), name)
		if refused := errors.Is(err, syscall.ECONNRESET); pod != s.pods[colour] || refused != (colour == "") {
			t.Errorf("%s reaches %q (%v), want a pod of %q", name, pod, err, colour)
		}
	}
}

func TestPodsThatEndTLSAreReachedByTheServerNameAndTheHelperFollowsTheirRoutes(t *testing.T) {
	t.Parallel()
	s := newPrivate(t)
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)
	s.wants(t, map[string]string{
		"db.shop.example": "db", "DB.shop.example": "db", "a.reports.shop.example": "reports",
		"reports.shop.example": "", "other.example": "", "": "",
	})

	f := &followed{shop: s.shop, kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	must(t, s.Cluster.Kubeconfig(f.kubeconfig))
	helper := f.start(t)
	must(t, s.Simulator.ClearJournal(t.Context()))
	client, err := gatewayclient.NewForConfig(s.Cluster.RESTConfig())
	must(t, err)
	route, err := client.TLSRoutes(s.namespace).Get(t.Context(), "db", metav1.GetOptions{})
	must(t, err)
	route.Spec.Hostnames = []gatewayv1.Hostname{"sql.shop.example"}
	_, err = client.TLSRoutes(s.namespace).Update(t.Context(), route, metav1.UpdateOptions{})
	must(t, err)
	awaitTrue(t, func() bool {
		pod, _ := s.reaches(t.Context(), "sql.shop.example")
		return pod == s.pods["db"]
	}, helper.Log)
	s.wants(t, map[string]string{"db.shop.example": "", "a.reports.shop.example": "reports"})
	s.onlyThePolicy(t)
	stop(t, helper)
	s.empty(t)

	_, err = s.terraform.Destroy(t.Context())
	must(t, err)
	s.isGone(t)
}
