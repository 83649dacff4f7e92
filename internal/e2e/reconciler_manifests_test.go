package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

const (
	helperName    = "bigipkube" // of the namespace, the Deployment and the ServiceAccount
	helperAccount = "system:serviceaccount:" + helperName + ":" + helperName

	auditPolicy = `{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
"rules": [{"level": "Metadata", "users": ["` + helperAccount + `"]}, {"level": "None"}]}`

	// What the Prometheus operator defines, as far as the example uses it.
	serviceMonitors = `{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
"metadata": {"name": "servicemonitors.monitoring.coreos.com"},
"spec": {"group": "monitoring.coreos.com", "scope": "Namespaced",
"names": {"plural": "servicemonitors", "singular": "servicemonitor", "kind": "ServiceMonitor", "listKind": "ServiceMonitorList"},
"versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {
"spec": {"type": "object", "required": ["selector", "endpoints"], "properties": {
"selector": {"type": "object", "properties": {"matchLabels": {"type": "object", "additionalProperties": {"type": "string"}}}},
"endpoints": {"type": "array", "items": {"type": "object", "properties": {"port": {"type": "string"}, "interval": {"type": "string"}, "honorLabels": {"type": "boolean"}}}}}}}}}}]}}`
)

var appsDeployment = appsv1.SchemeGroupVersion.WithKind("Deployment")

// warnings are what the API server finds fault with in what it takes.
type warnings []string

// HandleWarningHeader is rest.WarningHandler's.
func (w *warnings) HandleWarningHeader(_ int, _ string, text string) { *w = append(*w, text) }

// manifests is a cluster with examples/reconciler in it.
type manifests struct {
	*Lab
	t     *testing.T
	audit string
	token string // of the helper's ServiceAccount
}

// One test, for the manifests have names: a second cluster would tell no more.
func TestTheManifestsOfTheHelperGiveItWhatItNeedsAndNoMore(t *testing.T) {
	t.Parallel()
	m := newManifests(t)
	config, told := m.Cluster.RESTConfig(), &warnings{}
	config.WarningHandler = told
	client, err := dynamic.NewForConfig(config)
	must(t, err)
	there := map[string]bool{}
	applyFolder(t, client, "base", there)
	m.admitted(2) // before the overlay rolls the Deployment
	m.token = m.accountToken(helperName)
	all := guideRights(t)
	later := func(right string) bool {
		return right == "pods/status: patch" || strings.Contains(right, "networking.k8s.io") || strings.HasPrefix(right, "namespaces: ")
	}
	first := slices.DeleteFunc(slices.Clone(all), later)
	if len(all)-len(first) < 12 {
		t.Fatalf("the guide's rights are %v", all)
	}
	m.awaitRights(first)
	isStatus := func(right string) bool {
		return strings.Contains(right, "/status") || strings.HasPrefix(right, "gatewayclasses.")
	}
	applyFolder(t, client, "routes", there)
	m.awaitRights(slices.DeleteFunc(slices.Clone(all), isStatus))
	applyFolder(t, client, "route-status", there)
	applyFolder(t, client, "readiness-gate", there)
	m.awaitRights(all)
	create(t, client, documents(t, serviceMonitors)[0], "")
	applyFolder(t, client, "monitoring", there)
	if len(*told) > 0 {
		t.Errorf("the API server warns: %v", *told)
	}
	deployment, err := m.Cluster.Client().AppsV1().Deployments(helperName).Get(t.Context(), helperName, metav1.GetOptions{})
	must(t, err)
	m.follows(deployment)
}

func newManifests(t *testing.T) *manifests {
	dir := t.TempDir()
	m := &manifests{t: t, audit: filepath.Join(dir, "audit.log")}
	policy := filepath.Join(dir, "policy.json")
	must(t, os.WriteFile(policy, []byte(auditPolicy), 0o600))
	cp := kubetest.StartT(t, kubetest.Options{ExtraArgs: map[string][]string{
		kubetest.APIServer: {"--audit-policy-file=" + policy, "--audit-log-path=" + m.audit, "--audit-log-mode=blocking"},
	}})
	provider, err := built()
	must(t, err)
	m.Lab, err = NewLab(t.Context(), cp, provider)
	must(t, err)
	t.Cleanup(m.Close)
	return m
}

// accountToken is what the kubelet would put into the pod.
func (m *manifests) accountToken(account string) string {
	request, err := m.Cluster.Client().CoreV1().ServiceAccounts(helperName).CreateToken(m.t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(m.t, err)
	return request.Status.Token
}

// awaitRights waits until the account has these rights, and no other that
// an account without any has not.
func (m *manifests) awaitRights(want []string) {
	m.t.Helper()
	run, nobodys := kubectl(m.t, m.Cluster), m.accountToken("default")
	var got []string
	awaitTrue(m.t, func() bool {
		everybodys := m.rightsOf(run, nobodys)
		got = slices.DeleteFunc(m.rightsOf(run, m.token), func(right string) bool { return slices.Contains(everybodys, right) })
		return slices.Equal(got, want)
	}, func() string { return "the rights differ from the guide's:\n" + cmp.Diff(want, got) })
}

// rightsOf lists "resource.group/subresource: verb", sorted, as kubectl does.
func (m *manifests) rightsOf(kubectl func(context.Context, ...string) (string, error), token string) (rights []string) {
	m.t.Helper()
	table, err := kubectl(m.t.Context(), "--token", token, "auth", "can-i", "--list", "--no-headers", "--namespace", helperName)
	must(m.t, err)
	for _, row := range regexp.MustCompile(`(?m)^(\S+) +\[.*?\] +\[.*?\] +\[(.+)\]$`).FindAllStringSubmatch(table, -1) {
		for verb := range strings.FieldsSeq(row[2]) {
			rights = append(rights, row[1]+": "+verb)
		}
	}
	slices.Sort(rights)
	return slices.Compact(rights)
}

// guideRights are those of the table in the guide, which names the groups of
// Kubernetes' own resources for short.
func guideRights(t *testing.T) (rights []string) {
	t.Helper()
	groups := map[string]string{"endpointslices": ".discovery.k8s.io", "deployments": ".apps", "statefulsets": ".apps", "leases": ".coordination.k8s.io"}
	for _, resource := range []string{"ingresses", "ingressclasses"} {
		groups[resource] = ".networking.k8s.io"
	}
	for _, resource := range []string{"httproutes", "gateways", "gatewayclasses", "referencegrants"} {
		groups[resource] = ".gateway.networking.k8s.io"
	}
	_, table, _ := strings.Cut(readRepository(t, "templates", "guides", "reconciler.md"), "## Rights in Kubernetes\n\n| what | verbs | when |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		for _, resource := range strings.Split(strings.TrimSuffix(strings.TrimSpace(cells[1]), ", in its own namespace"), ", ") {
			for _, verb := range strings.Split(strings.TrimSpace(cells[2]), ", ") {
				name, part, _ := strings.Cut(resource, "/")
				rights = append(rights, strings.TrimSuffix(name+groups[name]+"/"+part, "/")+": "+verb)
			}
		}
	}
	slices.Sort(rights)
	return rights
}

// admitted waits for the Deployment's pods: the namespace refuses what is not restricted.
func (m *manifests) admitted(replicas int) {
	m.t.Helper()
	var found int
	awaitTrue(m.t, func() bool {
		pods, err := m.Cluster.Client().CoreV1().Pods(helperName).List(m.t.Context(), metav1.ListOptions{})
		must(m.t, err)
		found = len(pods.Items)
		return found == replicas
	}, func() string { return fmt.Sprintf("%d pods, want %d", found, replicas) })
}

// follows runs the Deployment's container with its account, and scales a workload.
func (m *manifests) follows(deployment *appsv1.Deployment) {
	m.t.Helper()
	t := m.t
	namespace := m.Cluster.NamespaceT(t, "shop")
	must(t, m.Cluster.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 2, ReadinessGate: "bigipkube.io/pool-member"}))
	must(t, m.Simulator.MakePartition(t.Context(), "shop"))
	must(t, m.Simulator.REST(t.Context(), http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop", "description": "[bigipkube/1 " + namespace + "/web:http=1]",
	}, nil))
	log := m.run(deployment.Spec.Template.Spec.Containers[0])
	for _, replicas := range []int32{2, 3, 2} {
		must(t, m.Cluster.Scale(t.Context(), namespace, "web", replicas))
		var enabled int
		awaitTrue(t, func() bool {
			enabled = m.enabled()
			return enabled == int(replicas)
		}, func() string {
			return fmt.Sprintf("%d members, want %d; the helper says\n%s", enabled, replicas, log())
		})
	}
	must(t, m.Cluster.Scale(t.Context(), namespace, "web", 0)) // its owner is asked
	awaitTrue(t, func() bool { return m.enabled() == 0 }, log)
	used := m.used()
	for _, right := range []string{"leases.coordination.k8s.io: update", "events: create", "endpointslices.discovery.k8s.io: watch", "deployments.apps: list", "pods/status: patch"} {
		if !slices.Contains(used, right) {
			t.Errorf("it has never used %q, but %v", right, used)
		}
	}
}

func (m *manifests) enabled() (n int) {
	var members struct{ Items []struct{ Session string } }
	must(m.t, m.Simulator.REST(m.t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool/~shop~web/members", nil, &members))
	for _, member := range members.Items {
		if strings.HasSuffix(member.Session, "enabled") {
			n++
		}
	}
	return n
}

// run starts the container's command until the test ends. Outside of a pod the files
// and the cluster are elsewhere, and the ports are the machine's.
func (m *manifests) run(container corev1.Container) (log func() string) {
	t := m.t
	help, err := exec.CommandContext(t.Context(), m.Provider, "reconcile", "--help").Output()
	must(t, err)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: m.Cluster.URL(), CertificateAuthorityData: m.Cluster.CAData()}
	config.AuthInfos["u"], config.Contexts["c"] = &clientcmdapi.AuthInfo{Token: m.token}, &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	config.CurrentContext = "c"
	must(t, clientcmd.WriteToFile(*config, kubeconfig))
	args := append(slices.Clone(container.Args), "--kubeconfig="+kubeconfig, "--leader-elect", "--lease-namespace="+helperName, "--discover-interval=1s")
	for i, arg := range args {
		flag, value, _ := strings.Cut(arg, "=")
		switch flag {
		case "--ca-file":
			if mount := container.VolumeMounts[0].MountPath; filepath.Dir(value) != mount {
				t.Errorf("%s is not in %s", value, mount)
			}
			args[i] = flag + "=" + m.Simulator.CAFile
		case "--metrics-bind-address", "--health-probe-bind-address":
			if !slices.ContainsFunc(container.Ports, func(p corev1.ContainerPort) bool { return value == fmt.Sprintf(":%d", p.ContainerPort) }) {
				t.Errorf("no port of the container is %s", value)
			}
			args[i] = flag + "=127.0.0.1:0"
		}
	}
	values := map[string]string{"BIGIP_HOST": m.Simulator.Management, "BIGIP_PARTITION": "shop", "BIGIP_USER": m.Simulator.Username, "BIGIP_PASSWORD": m.Simulator.Password}
	var output lockedBuffer
	command := exec.Command(m.Provider, args...)
	command.Env, command.Stdout, command.Stderr = []string{}, &output, &output
	for _, variable := range container.Env {
		if !bytes.Contains(help, []byte(variable.Name)) {
			t.Errorf("the helper does not know %s", variable.Name)
		}
		command.Env = append(command.Env, variable.Name+"="+values[variable.Name])
	}
	endWithParent(command)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("%v\n%s", err, output.String())
		}
	})
	return output.String
}

// used are the rights that the account has made use of, and no request was refused.
func (m *manifests) used() (rights []string) {
	file, err := os.Open(m.audit)
	must(m.t, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var event struct {
			Verb, RequestURI string
			ObjectRef        struct{ Resource, APIGroup, Subresource string }
			ResponseStatus   struct{ Code int }
		}
		if json.Unmarshal(lines.Bytes(), &event) != nil {
			continue // the line that is being written
		}
		if event.ResponseStatus.Code == http.StatusForbidden {
			m.t.Errorf("%s %s is forbidden", event.Verb, event.RequestURI)
		}
		resource := event.ObjectRef.Resource
		if event.ObjectRef.APIGroup != "" {
			resource += "." + event.ObjectRef.APIGroup
		}
		if event.ObjectRef.Subresource != "" {
			resource += "/" + event.ObjectRef.Subresource
		}
		rights = append(rights, resource+": "+event.Verb)
	}
	slices.Sort(rights)
	return slices.Compact(rights)
}
