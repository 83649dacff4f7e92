package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// manifests is a cluster with examples/reconciler in it.
type manifests struct {
	*Lab
	t     *testing.T
	audit string
	pods  *tunnel
}

// One test, for the manifests have names: a second cluster would tell no more.
func TestTheManifestsOfTheHelperGiveItWhatItNeedsAndNoMore(t *testing.T) {
	t.Parallel()
	m := newManifests(t)
	m.applyFolder("base")
	m.admitted(2) // before an overlay rolls the Deployment
	all := guideRights(t)
	routes := func(right string) bool {
		return strings.Contains(right, "networking.k8s.io") || strings.HasPrefix(right, "namespaces: ")
	}
	status := func(right string) bool {
		return strings.Contains(right, "/status") || strings.HasPrefix(right, "gatewayclasses.")
	}
	reviews := func(right string) bool {
		return strings.Contains(right, "reviews.") || strings.HasPrefix(right, "kube-system/")
	}
	without := func(which ...func(string) bool) []string {
		return slices.DeleteFunc(slices.Clone(all), func(right string) bool {
			return slices.ContainsFunc(which, func(is func(string) bool) bool { return is(right) })
		})
	}
	if base := without(routes, status, reviews); len(base) < 20 || len(all)-len(base) < 17 {
		t.Fatalf("the guide's rights are %v", all)
	}
	m.awaitRights(without(routes, status, reviews))
	m.applyFolder("routes")
	m.awaitRights(without(status, reviews))
	m.applyFolder("route-status")
	m.applyFolder("readiness-gate")
	m.awaitRights(without(reviews))
	file := filepath.Join(t.TempDir(), "servicemonitors.json")
	must(t, os.WriteFile(file, []byte(serviceMonitors), 0o600))
	m.apply("-f", file)
	_, err := kubectl(t, m.Cluster)(t.Context(), "wait", "--for=condition=Established", "crd/servicemonitors.monitoring.coreos.com")
	must(t, err)
	m.applyFolder("monitoring")
	must(t, m.Cluster.NamespaceNamed(t.Context(), "monitoring"))
	m.applyFolder("../monitoring", "-n", "monitoring")
	_, err = m.Cluster.Client().CoreV1().ConfigMaps("monitoring").Get(t.Context(), "bigipkube-dashboard", metav1.GetOptions{})
	must(t, err)
	m.applyOwn("readiness-gate", "external-metrics", "page-auth")
	m.awaitRights(all)
	m.follows()
}

func newManifests(t *testing.T) *manifests {
	dir := t.TempDir()
	m := &manifests{t: t, audit: filepath.Join(dir, "audit.log"), pods: newTunnel(t)}
	policy := filepath.Join(dir, "policy.json")
	must(t, os.WriteFile(policy, []byte(auditPolicy), 0o600))
	audit := []string{"--audit-policy-file=" + policy, "--audit-log-path=" + m.audit, "--audit-log-mode=blocking"}
	cp := kubetest.StartT(t, kubetest.Options{Aggregation: true, ExtraArgs: map[string][]string{kubetest.APIServer: append(audit, m.pods.args()...)}})
	provider, err := built()
	must(t, err)
	m.Lab, err = NewLab(t.Context(), cp, provider)
	must(t, err)
	t.Cleanup(m.Close)
	return m
}

// awaitRights waits until the helper's account has these rights, and no other that
// an account without any has not.
func (m *manifests) awaitRights(want []string) {
	m.t.Helper()
	run, nobodys, token := kubectl(m.t, m.Cluster), m.accountToken(m.t, "default"), m.accountToken(m.t, helperName)
	var got []string
	awaitTrue(m.t, func() bool {
		everybodys := m.rightsOf(run, nobodys)
		got = slices.DeleteFunc(m.rightsOf(run, token), func(right string) bool { return slices.Contains(everybodys, right) })
		return slices.Equal(got, want)
	}, func() string { return "the rights differ from the guide's:\n" + cmp.Diff(want, got) })
}

// rightsOf lists "resource.group/subresource name: verb", sorted, as kubectl does; the name
// is there where the right is to one object alone. What is so in kube-system and not in
// the helper's namespace has "kube-system/" before it.
func (m *manifests) rightsOf(kubectl func(context.Context, ...string) (string, error), token string) (rights []string) {
	m.t.Helper()
	for _, namespace := range []string{helperName, "kube-system"} {
		table, err := kubectl(m.t.Context(), "--token", token, "auth", "can-i", "--list", "--no-headers", "--namespace", namespace)
		must(m.t, err)
		for _, row := range regexp.MustCompile(`(?m)^(\S+) +\[.*?\] +\[(.*?)\] +\[(.+)\]$`).FindAllStringSubmatch(table, -1) {
			for verb := range strings.FieldsSeq(row[3]) {
				right := strings.TrimSpace(row[1]+" "+row[2]) + ": " + verb
				switch {
				case namespace == helperName:
					rights = append(rights, right)
				case !slices.Contains(rights, right):
					rights = append(rights, namespace+"/"+right)
				}
			}
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
	groups["tokenreviews"], groups["subjectaccessreviews"] = ".authentication.k8s.io", ".authorization.k8s.io"
	for _, resource := range []string{"ingresses", "ingressclasses"} {
		groups[resource] = ".networking.k8s.io"
	}
	for _, resource := range []string{"httproutes", "tlsroutes", "gateways", "gatewayclasses", "referencegrants"} {
		groups[resource] = ".gateway.networking.k8s.io"
	}
	_, table, _ := strings.Cut(readRepository(t, "templates", "guides", "reconciler.md"), "## Rights in Kubernetes\n\n| what | verbs | when |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		resources, elsewhere := strings.CutSuffix(strings.TrimSpace(cells[1]), ", in kube-system")
		in := map[bool]string{true: "kube-system/"}[elsewhere]
		for _, resource := range strings.Split(strings.TrimSuffix(resources, ", in its own namespace"), ", ") {
			for _, verb := range strings.Split(strings.TrimSpace(cells[2]), ", ") {
				name, part, _ := strings.Cut(resource, "/")
				rights = append(rights, in+strings.TrimSuffix(name+groups[name]+"/"+part, "/")+": "+verb)
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

// follows runs the Deployment's container, and scales a workload.
func (m *manifests) follows() {
	m.t.Helper()
	t := m.t
	namespace := m.Cluster.NamespaceT(t, "shop")
	must(t, m.Cluster.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 2, ReadinessGate: "bigipkube.io/pool-member"}))
	must(t, m.Simulator.MakePartition(t.Context(), "shop"))
	must(t, m.Simulator.REST(t.Context(), http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop", "description": "[bigipkube/1 " + namespace + "/web:http=1]",
	}, nil))
	log := m.runContainer(t, m.helperContainer(t))
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
	m.servesMetrics(t, m.pods, log)
	m.showsItsPage(log)
	used := m.used()
	for _, right := range []string{
		"tokenreviews.authentication.k8s.io: create", "subjectaccessreviews.authorization.k8s.io: create", "configmaps: get",
		"leases.coordination.k8s.io: update", "events: create", "endpointslices.discovery.k8s.io: watch", "deployments.apps: list", "pods/status: patch",
	} {
		if !slices.Contains(used, right) {
			t.Errorf("it has never used %q, but %v", right, used)
		}
	}
}

// showsItsPage asks for the page without a token, with one of a stranger, and with one of
// somebody who was given the right, by the commands of the guide.
func (m *manifests) showsItsPage(log func() string) {
	m.t.Helper()
	t, run := m.t, kubectl(m.t, m.Cluster)
	address := regexp.MustCompile(`msg=started.* metrics=(\S+)`).FindStringSubmatch(log())
	if address == nil {
		t.Fatal(log())
	}
	status := func(token string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address[1]+"/status.json", http.NoBody)
		must(t, err)
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
		}
		answer, err := http.DefaultClient.Do(request)
		must(t, err)
		must(t, answer.Body.Close())
		return answer.StatusCode
	}
	for _, command := range []string{
		"-n bigipkube create serviceaccount viewer",
		"create clusterrolebinding bigipkube-page --clusterrole=bigipkube-page --serviceaccount=bigipkube:viewer",
	} {
		_, err := run(t.Context(), strings.Fields(command)...)
		must(t, err)
	}
	viewer, err := run(t.Context(), "-n", "bigipkube", "create", "token", "viewer")
	must(t, err)
	var got [3]int
	awaitTrue(t, func() bool {
		got = [3]int{status(""), status(m.accountToken(t, "default")), status(viewer)}
		return got == [3]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusOK}
	}, func() string { return fmt.Sprintf("nobody, a stranger and a viewer get %v", got) })
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
