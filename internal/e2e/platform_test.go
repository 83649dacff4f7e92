package e2e

import (
	"context"
	"crypto/x509"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

const platformURL = "https://shop.example.com/"

// platform is examples/platform in a folder of its own, before the apply. The cluster is
// its own, too: the helper's objects have names.
type platform struct {
	*site
	pods *tunnel
}

func newPlatform(t *testing.T, flags ...string) *platform {
	t.Helper()
	provider, err := built()
	must(t, err)
	p := &platform{pods: newTunnel(t)}
	lab, err := NewLab(t.Context(), kubetest.StartT(t, kubetest.Options{Aggregation: true, ExtraArgs: map[string][]string{
		kubetest.APIServer:         p.pods.args(),
		kubetest.ControllerManager: {"--horizontal-pod-autoscaler-sync-period=1s", "--horizontal-pod-autoscaler-downscale-stabilization=1s"},
	}}), provider, flags...)
	must(t, err)
	t.Cleanup(lab.Close)
	p.site = &site{shop: &shop{Lab: lab, namespace: "shop"}, roots: x509.NewCertPool()}
	p.before(t)
	root, err := repositoryRoot()
	must(t, err)
	folder := t.TempDir()
	for _, name := range []string{"platform", "monitoring", "reconciler"} {
		must(t, os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join(root, "examples", name))))
	}
	folder = filepath.Join(folder, "platform")
	// There is no scheduler and no container: the pods say where they run, and what serves for
	// them goes on for as long as preStop says.
	edit(t, filepath.Join(folder, "cluster", "kustomization.yaml"), "resources:", fmt.Sprintf(`patches:
  - target: { kind: Deployment }
    patch: |-
      - { op: add, path: /spec/template/spec/nodeName, value: %s }
      - { op: add, path: /spec/template/metadata/annotations, value: { kubetest.bigipkube/terminating: 5s } }
resources:`, kubetest.NodeName(0)))
	p.terraform, err = p.NewTerraform(t.Context(), cli, folder, folder, "")
	must(t, err)
	p.terraform.Vars = map[string]any{"kubeconfig": p.Cluster.KubeconfigT(t)}
	p.terraform.Env = append(p.terraform.Env, "PATH="+filepath.Dir(p.Cluster.Executable(kubetest.Kubectl))+string(os.PathListSeparator)+os.Getenv("PATH"))
	return p
}

// before is what the guide says is there before.
func (p *platform) before(t *testing.T) {
	t.Helper()
	must(t, p.Simulator.MakePartition(t.Context(), "shop"))
	must(t, p.Cluster.InstallGatewayAPI(t.Context()))
	certificate, key, err := kubetest.KeyPair("shop.example.com")
	must(t, err)
	p.roots.AppendCertsFromPEM(certificate)
	dir, run := t.TempDir(), kubectl(t, p.Cluster)
	must(t, os.WriteFile(filepath.Join(dir, "shop.crt"), certificate, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "shop.key"), key, 0o600))
	for _, command := range []string{
		"create namespace shop",
		"-n shop create secret tls shop-tls --cert " + filepath.Join(dir, "shop.crt") + " --key " + filepath.Join(dir, "shop.key"),
		"create namespace bigipkube",
		"-n bigipkube create secret generic bigip --from-literal username=helper --from-literal password=" + p.Simulator.Password,
		"-n bigipkube create configmap bigip-ca --from-file ca.pem=" + p.Simulator.CAFile,
	} {
		_, err := run(t.Context(), strings.Fields(command)...)
		must(t, err)
	}
}

// edit replaces one text in a file.
func edit(t *testing.T, file, before, after string) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	if strings.Count(string(text), before) != 1 {
		t.Fatalf("%s does not have %q once:\n%s", file, before, text)
	}
	must(t, os.WriteFile(file, []byte(strings.Replace(string(text), before, after, 1)), 0o600))
}

// wantGreen checks the share of green, in percent.
func (p *platform) wantGreen(t *testing.T, want float64) {
	t.Helper()
	const requests = 400
	green := 0.0
	for range requests {
		answer := p.get(t, platformURL)
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

// identity is another one once blue has been deleted.
func (p *platform) identity(t *testing.T) types.UID {
	t.Helper()
	deployment, err := p.Cluster.Client().AppsV1().Deployments("shop").Get(t.Context(), "shop-blue", metav1.GetOptions{})
	must(t, err)
	return deployment.UID
}

// replicas is what the HPA wants.
func (p *platform) replicas(t *testing.T, name string) int {
	t.Helper()
	scale, err := p.Cluster.Client().AppsV1().Deployments("shop").GetScale(t.Context(), name, metav1.GetOptions{})
	must(t, err)
	return int(scale.Spec.Replicas)
}

// settles waits until the HPA wants so many pods of blue, and the BIG-IP has them.
func (p *platform) settles(t *testing.T, blue func(int) bool, log func() string) {
	t.Helper()
	var replicas, members int
	awaitTrue(t, func() bool {
		replicas, members = p.replicas(t, "shop-blue"), p.members(t, "shop-blue")
		return blue(replicas) && members == replicas
	}, func() string {
		hpa, _ := kubectl(t, p.Cluster)(context.Background(), "-n", "shop", "describe", "hpa")
		return fmt.Sprintf("%d replicas, %d members\n%s\n%s", replicas, members, hpa, log())
	})
}

// members are those that the BIG-IP has of a Service.
func (p *platform) members(t *testing.T, service string) (n int) {
	t.Helper()
	var pools struct {
		Items []struct {
			MembersReference struct {
				Items []struct{ Description string }
			}
		}
	}
	must(t, p.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool?expandSubcollections=true&$filter=partition+eq+shop", nil, &pools))
	for _, pool := range pools.Items {
		for _, member := range pool.MembersReference.Items {
			if strings.Contains(member.Description, "shop/"+service+" ") {
				n++
			}
		}
	}
	return n
}

func TestThePlatformIsOneApplyAndItsCanaryIsAnotherOne(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, "--asm")
	_, err := p.terraform.Apply(t.Context())
	must(t, err)
	p.wantGreen(t, 0)
	for path, want := range map[string]string{
		"policy/~shop~203.0.113.10_443/rules?expandSubcollections=true": "/Common/baseline",
		"virtual/~shop~203.0.113.10_443/profiles":                       "/Common/websecurity",
	} {
		var got map[string]any
		must(t, p.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/"+path, nil, &got))
		if !strings.Contains(fmt.Sprint(got["items"]), want) {
			t.Errorf("%s lacks %s: %v", path, want, got)
		}
	}
	dashboards, err := p.Cluster.Client().CoreV1().ConfigMaps("").List(t.Context(), metav1.ListOptions{LabelSelector: "grafana_dashboard=1"})
	must(t, err)
	if len(dashboards.Items) != 1 || dashboards.Items[0].Data["bigipkube.json"] != readRepository(t, "examples", "monitoring", "dashboard.json") {
		t.Errorf("the dashboards are %v", dashboards.Items)
	}

	route := filepath.Join(p.terraform.Dir, "cluster", "application", "route.yaml")
	edit(t, route, "weight: 100", "weight: 90")
	edit(t, route, "weight: 0", "weight: 10")
	before := p.identity(t)
	output, err := p.terraform.Apply(t.Context())
	must(t, err)
	if !strings.Contains(output, "1 added, 1 changed, 1 destroyed") { // terraform_data.manifests, and the BIG-IP
		t.Error(output)
	}
	if after := p.identity(t); after != before {
		t.Errorf("the Deployment was %s and is %s: the application was made anew", before, after)
	}
	p.wantGreen(t, 10)
	log := p.runContainer(t, p.helperContainer(t))
	p.settles(t, func(blue int) bool { return blue == 2 && p.members(t, "shop-green") == 2 }, log)
	p.empty(t)

	_, err = p.terraform.Destroy(t.Context())
	must(t, err)
	p.nothingLeft(t)
}

// nothingLeft checks both sides after a destroy.
func (p *platform) nothingLeft(t *testing.T) {
	t.Helper()
	for _, kind := range []string{"virtual", "policy", "pool", "node", "rule", "profile/client-ssl", "profile/http"} {
		var left struct{ Items []map[string]any }
		must(t, p.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/"+kind+"?$filter=partition+eq+shop", nil, &left))
		if len(left.Items) > 0 {
			t.Errorf("the destroy leaves a %s: %v", kind, left.Items)
		}
	}
	left, err := kubectl(t, p.Cluster)(t.Context(), "-n", "shop", "get", "deployments,services,hpa,httproutes,gateways,roles,rolebindings", "-o", "name")
	must(t, err)
	if strings.Contains(left, "/") {
		t.Errorf("the destroy leaves %s", left)
	}
	if _, err := p.Cluster.Client().CoreV1().Namespaces().Get(t.Context(), helperName, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the helper's namespace: %v", err)
	}
	if _, err := p.Cluster.Client().CoreV1().Secrets("shop").Get(t.Context(), "shop-tls", metav1.GetOptions{}); err != nil {
		t.Errorf("the certificate, which was there before: %v", err)
	}
}

func TestThePlatformsHPAScalesBlueOnItsOwnRequestsAndBackAndNoRequestIsLost(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	must(t, os.WriteFile(filepath.Join(p.terraform.Dir, "terraform.tfvars"), []byte("waf_policy = null\n"), 0o600)) // it has no ASM
	_, err := p.terraform.Apply(t.Context())
	must(t, err)
	log := p.runContainer(t, p.helperContainer(t), "--stats-interval=1s", "--metrics-window=4s")
	p.servesMetrics(t, p.pods, log)
	p.settles(t, func(blue int) bool { return blue == 2 }, log)

	load := NewLoad("")
	transport := p.transport()
	transport.MaxIdleConnsPerHost = 64
	load.url, load.client.Transport = platformURL, transport
	phase := load.Begin("scale")
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		load.Run(ctx, 400) // a pod of blue is to have 100
	}()
	defer func() { stop(); <-over }()
	p.settles(t, func(blue int) bool { return blue > 2 }, log)
	t.Logf("%d replicas of blue", p.replicas(t, "shop-blue"))
	if green := p.replicas(t, "shop-green"); green != 2 {
		t.Errorf("green, which gets no request, has %d replicas", green)
	}
	stop()
	<-over
	p.settles(t, func(blue int) bool { return blue == 2 }, log)
	load.End()
	noneFailed(t, phase)
	p.empty(t)
}
