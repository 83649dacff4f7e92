package kubetest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

var cluster = kubetest.Shared{Options: kubetest.Options{Nodes: 2, Users: []string{"helper"}}}

func TestMain(m *testing.M) { os.Exit(cluster.Main(m)) }

// patience bounds every wait of a test; on an idle machine they take well under two seconds.
const patience = 5 * time.Minute

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestServerReportsThePinnedVersion(t *testing.T) {
	t.Parallel()
	version, err := cluster.ControlPlane(t).Client().Discovery().ServerVersion()
	check(t, err)
	if diff := cmp.Diff(kubetest.KubernetesVersion, version.GitVersion); diff != "" {
		t.Errorf("version (-want +got):\n%s", diff)
	}
}

func TestMissingExecutablesGiveAHint(t *testing.T) {
	t.Parallel()
	_, err := kubetest.Start(t.Context(), kubetest.Options{Assets: t.TempDir()})
	if !errors.Is(err, kubetest.ErrAssetsMissing) {
		t.Fatalf("Start = %v, want ErrAssetsMissing", err)
	}
	if !strings.Contains(err.Error(), "make kubernetes") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q does not name the remedy in one line", err)
	}
}

func TestAProcessThatEndsAtItsStartIsReportedWithItsLog(t *testing.T) {
	t.Parallel()
	for name, argument := range map[string]string{
		kubetest.Etcd:      "--data-dir=/dev/null/no-such-folder",
		kubetest.APIServer: "--authorization-mode=no-such-mode",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := kubetest.Start(testContext(t), kubetest.Options{ExtraArgs: map[string][]string{name: {argument}}})
			if err == nil || !strings.Contains(err.Error(), name+" ended before it was ready") ||
				!strings.Contains(err.Error(), "no-such-") {
				t.Errorf("Start = %v, want the end of %s and what it said", err, name)
			}
		})
	}
}

func TestAClientThatDoesNotKnowTheCARefusesTheServer(t *testing.T) {
	t.Parallel()
	config := cluster.ControlPlane(t).RESTConfig()
	config.CAData = nil
	client, err := kubernetes.NewForConfig(config)
	check(t, err)
	if _, err := client.Discovery().ServerVersion(); err == nil {
		t.Error("the request succeeded")
	}
}

func TestKubeconfigWorksAndIsPrivate(t *testing.T) {
	t.Parallel()
	path := cluster.ControlPlane(t).KubeconfigT(t)
	config, err := clientcmd.BuildConfigFromFlags("", path)
	check(t, err)
	client, err := kubernetes.NewForConfig(config)
	check(t, err)
	_, err = client.CoreV1().Nodes().Get(t.Context(), kubetest.NodeName(0), metav1.GetOptions{})
	check(t, err)
	info, err := os.Stat(path)
	check(t, err)
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode = %o, want 600", got)
	}
}

func TestUsersHaveOnlyTheirRights(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	listSlices := func(user string) error {
		client, err := kubernetes.NewForConfig(cp.UserRESTConfig(user))
		check(t, err)
		_, err = client.DiscoveryV1().EndpointSlices(metav1.NamespaceDefault).List(t.Context(), metav1.ListOptions{})
		return err
	}
	for _, user := range []string{"nobody", "helper"} {
		if err := listSlices(user); !apierrors.IsForbidden(err) {
			t.Errorf("%s lists EndpointSlices: %v, want forbidden", user, err)
		}
	}
	if err := listSlices("viewer"); err != nil {
		t.Errorf("viewer lists EndpointSlices: %v", err)
	}
	check(t, cp.Grant(t.Context(), "helper", rbacv1.PolicyRule{
		APIGroups: []string{discoveryv1.GroupName}, Resources: []string{"endpointslices"}, Verbs: []string{"list"},
	}))
	if err := listSlices("helper"); err != nil {
		t.Errorf("helper lists EndpointSlices after Grant: %v", err)
	}
	// Taken back, so that the test can be run again on the same control plane.
	bindings := cp.Client().RbacV1().ClusterRoleBindings()
	all, err := bindings.List(t.Context(), metav1.ListOptions{})
	check(t, err)
	for _, binding := range all.Items {
		if strings.HasPrefix(binding.Name, "helper-") {
			check(t, bindings.Delete(t.Context(), binding.Name, metav1.DeleteOptions{}))
		}
	}
	eventually(t, func() error {
		if err := listSlices("helper"); !apierrors.IsForbidden(err) {
			return errors.Join(errors.New("helper is not forbidden to list EndpointSlices without its binding"), err)
		}
		return nil
	})
}

func TestStoppedProcessesComeBackWithTheirData(t *testing.T) {
	t.Parallel()
	cp := kubetest.StartT(t, kubetest.Options{})
	ctx := testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 2}))
	check(t, cp.WaitReady(ctx, namespace, "web", 2))

	for _, name := range []string{kubetest.APIServer, kubetest.Etcd} {
		process := cp.Process(name)
		check(t, process.Stop(ctx))
		if process.Running() {
			t.Fatalf("%s runs after Stop", name)
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		if _, err := cp.Client().CoreV1().Namespaces().Get(short, namespace, metav1.GetOptions{}); err == nil {
			t.Errorf("the API answers without %s", name)
		}
		cancel()
		check(t, process.Start(ctx))
	}
	check(t, cp.WaitReady(ctx, namespace, "web", 2))

	for _, name := range []string{kubetest.Kwok, kubetest.ControllerManager} {
		check(t, cp.Process(name).Kill())
		check(t, cp.Process(name).Start(ctx))
	}
	check(t, cp.Scale(ctx, namespace, "web", 4))
	check(t, cp.WaitReady(ctx, namespace, "web", 4))
}

// eventually asks until f answers nil: for the few things that cannot be watched.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	ctx, ticker := testContext(t), time.NewTicker(10*time.Millisecond)
	defer ticker.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

func TestVersionIsTheOneThatTheBuildPins(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile(filepath.Join("..", "tools", "controlplane", "go.mod"))
	check(t, err)
	if !strings.Contains(string(mod), "require k8s.io/kubernetes "+kubetest.KubernetesVersion+" ") {
		t.Errorf("tools/controlplane/go.mod does not pin k8s.io/kubernetes %s", kubetest.KubernetesVersion)
	}
}

func TestSeveralAPIServersAreOneClusterAndOneLeavesAsItIsTold(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	const delay = time.Second
	cp := kubetest.StartT(t, kubetest.Options{Nodes: 2, ControlPlaneNodes: 1, APIServers: 2, ExtraArgs: map[string][]string{
		kubetest.APIServer: {"--shutdown-delay-duration=" + delay.String(), "--shutdown-watch-termination-grace-period=1s"},
	}})
	config := cp.RESTConfig()
	config.Host = "https://" + cp.APIServerAddress(1)
	second, err := kubernetes.NewForConfig(config)
	check(t, err)
	nodes, err := second.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: "node-role.kubernetes.io/control-plane"})
	check(t, err)
	if len(nodes.Items) != 1 || nodes.Items[0].Name != kubetest.NodeName(0) {
		t.Errorf("by the second server the control-plane nodes are %v", nodes.Items)
	}
	process, began := cp.Process(kubetest.APIServerName(1)), time.Now()
	check(t, process.Terminate(ctx))
	if took := time.Since(began); took < delay || process.Running() {
		t.Errorf("it runs: %t, after %s", process.Running(), took)
	}
	if _, err := cp.Client().Discovery().ServerVersion(); err != nil {
		t.Errorf("the first server went too: %v", err)
	}
	check(t, process.Start(ctx))
	if _, err := second.Discovery().ServerVersion(); err != nil {
		t.Errorf("it is not back: %v", err)
	}
}
