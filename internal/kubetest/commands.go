package kubetest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// controllers are the parts of the controller manager that matter to a workload and its endpoints. The others (volumes,
// certificates, quotas ...) only cost memory and a busy machine.
var controllers = []string{
	"clusterrole-aggregation-controller", // fills the ClusterRoles view, edit and admin
	"daemonset-controller",
	"deployment-controller",
	"disruption-controller",
	"endpointslice-controller",
	"endpointslice-mirroring-controller",
	"endpoints-controller",
	"garbage-collector-controller",
	"horizontal-pod-autoscaler-controller",
	"job-controller",
	"namespace-controller",
	"pod-garbage-collector-controller",
	"replicaset-controller",
	"serviceaccount-controller",
	"statefulset-controller",
}

func (cp *ControlPlane) file(name string) string { return filepath.Join(cp.workDir, name) }

// CAFile is the PEM file that verifies the API server: the certificate it made for itself at its first start, chain
// included.
func (cp *ControlPlane) CAFile() string { return filepath.Join(cp.workDir, "pki", "apiserver.crt") }

func (cp *ControlPlane) newProcesses() map[string]*Process {
	processes := map[string]*Process{
		Etcd:              {args: cp.etcdArgs(), ready: cp.etcdReady},
		ControllerManager: {args: cp.controllerManagerArgs(), ready: cp.controllersReady},
		Kwok:              {args: cp.kwokArgs(), ready: cp.nodesReady},
	}
	for name, p := range processes {
		p.path, p.args = cp.Executable(name), append(p.args, cp.options.ExtraArgs[name]...)
	}
	for i := range cp.options.APIServers {
		processes[APIServerName(i)] = &Process{
			path: cp.Executable(APIServer), args: slices.Concat(cp.apiServerArgs(i), cp.aggregationArgs(), cp.options.ExtraArgs[APIServer]),
			ready: func(ctx context.Context) error { return cp.apiServerReady(ctx, i) },
		}
	}
	for name, p := range processes {
		p.name, p.dir = name, cp.workDir
	}
	return processes
}

func (cp *ControlPlane) etcdURL() string { return fmt.Sprintf("http://127.0.0.1:%d", cp.ports.etcd) }

func (cp *ControlPlane) etcdArgs() []string {
	peer := fmt.Sprintf("http://127.0.0.1:%d", cp.ports.etcdPeer)
	return []string{
		"--name=kubetest",
		"--data-dir=" + cp.file("etcd"),
		"--listen-client-urls=" + cp.etcdURL(),
		"--advertise-client-urls=" + cp.etcdURL(),
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=kubetest=" + peer,
		"--unsafe-no-fsync", // the data dies with the test
		"--log-level=warn",
	}
}

func (cp *ControlPlane) apiServerArgs(i int) []string {
	return []string{
		"--etcd-servers=" + cp.etcdURL(),
		"--bind-address=127.0.0.1",
		// An address that is nobody's, and not published: the machine may have no network but loopback.
		"--advertise-address=192.0.2.1",
		"--endpoint-reconciler-type=none",
		fmt.Sprintf("--secure-port=%d", cp.ports.apiServers[i]),
		"--cert-dir=" + cp.file("pki"),
		"--authorization-mode=RBAC",
		"--anonymous-auth=false",
		"--token-auth-file=" + cp.file(tokensFile),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + cp.file(serviceAccountKeyFile),
		"--service-account-signing-key-file=" + cp.file(serviceAccountKeyFile),
		"--service-cluster-ip-range=10.96.0.0/16,2001:db8:96::/112", // a Service is of IPv4 unless it asks for both
		// Requests of a test are not to wait for one another.
		"--enable-priority-and-fairness=false",
		"--profiling=false",
	}
}

func (cp *ControlPlane) controllerManagerArgs() []string {
	return []string{
		"--kubeconfig=" + cp.file(adminKubeconfigFile),
		"--secure-port=0",
		"--leader-elect=false",
		"--use-service-account-credentials=false",
		"--service-account-private-key-file=" + cp.file(serviceAccountKeyFile),
		"--controllers=" + strings.Join(controllers, ","),
		// The defaults (20 a second) make a scale of a hundred pods take seconds.
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--profiling=false",
	}
}

func (cp *ControlPlane) kwokArgs() []string {
	return []string{
		"--kubeconfig=" + cp.file(adminKubeconfigFile),
		"--config=" + cp.file(stagesFile),
		"--manage-all-nodes=true",
		"--node-lease-duration-seconds=0", // a kwok that was killed would hold its nodes until the lease ends
	}
}

func (cp *ControlPlane) etcdReady(ctx context.Context) error {
	return get(ctx, http.DefaultTransport, cp.etcdURL()+"/readyz", "")
}

func (cp *ControlPlane) apiServerReady(ctx context.Context, i int) error {
	ca, err := os.ReadFile(cp.CAFile())
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return errors.New("the serving certificate is not written yet")
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true,
	}
	return get(ctx, transport, "https://"+cp.APIServerAddress(i)+"/readyz", cp.Token(adminUser))
}

// controllersReady takes the service account that the controller manager makes for it as the sign that it works.
func (cp *ControlPlane) controllersReady(ctx context.Context) error {
	_, err := cp.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	return err
}

// nodesReady takes ready nodes as the sign that kwok works.
func (cp *ControlPlane) nodesReady(ctx context.Context) error {
	nodes, err := cp.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, node := range nodes.Items {
		if !hasCondition(node.Status.Conditions, corev1.NodeReady) {
			return fmt.Errorf("node %s is not ready", node.Name)
		}
	}
	return nil
}

func hasCondition(conditions []corev1.NodeCondition, kind corev1.NodeConditionType) bool {
	for _, c := range conditions {
		if c.Type == kind {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func get(ctx context.Context, transport http.RoundTripper, url, token string) error {
	const probeTimeout = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return nil
}
