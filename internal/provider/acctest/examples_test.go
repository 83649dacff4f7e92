package acctest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	fwresource "github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	ours "github.com/bigipkube/terraform-provider-bigipkube/internal/provider"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// examples is the folder that the documentation is made of.
const examples = "../../../examples"

var (
	cluster = kubetest.Shared{Options: kubetest.Options{Nodes: 4, ControlPlaneNodes: 3}}
	east    = kubetest.Shared{Options: kubetest.Options{PodNetwork: 200}} // for the guide that has two
)

// run is what runs the tests.
type run func() int

func (r run) Run() int { return r() }

func TestMain(m *testing.M) {
	if os.Getenv(asCurl) != "" {
		os.Exit(curl(os.Args[1:]))
	}
	acctest.Prepare()
	os.Exit(withBuildFolder(func() int { return cluster.Main(run(func() int { return east.Main(m) })) }))
}

// files returns what matches a pattern below examples/, at least one.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(examples, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("no file matches %s: %v", pattern, err)
	}
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// world is what an example refers to: a device with the partition shop; for a
// data source a pool and a virtual server /shop/web; for Kubernetes a cluster
// with the Services shop-blue and shop-green, and if it names clusters another
// one, east. It returns the provider's configuration.
func world(t *testing.T, example string) string {
	t.Helper()
	device := acctest.NewDevice(t, "shop")
	if !strings.Contains(example, `resource "`) {
		device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
			"name": "web", "partition": "shop", "members": []map[string]any{{"name": "192.0.2.11:8080", "address": "192.0.2.11"}},
		})
		device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
			"name": "web", "partition": "shop", "destination": "/shop/203.0.113.10:80", "ipProtocol": "tcp", "pool": "/shop/web",
		})
	}
	if !strings.Contains(example, "namespace") && !strings.Contains(example, "nodes") {
		return device.Provider()
	}
	cp := cluster.ControlPlane(t)
	deploy.Do(func() { services(t, cp) })
	here := `{ config_path = "` + filepath.ToSlash(cp.KubeconfigT(t)) + `" }`
	if !strings.Contains(example, "cluster = ") {
		return device.Provider("kubernetes = " + here)
	}
	other := east.ControlPlane(t)
	deployEast.Do(func() { services(t, other) })
	return device.Provider("clusters = { west = " + here + `, east = { config_path = "` + filepath.ToSlash(other.KubeconfigT(t)) + `" } }`)
}

var deploy, deployEast sync.Once

// services makes the Services that examples and guides refer to.
func services(t *testing.T, cp *kubetest.ControlPlane) {
	t.Helper()
	if err := cp.NamespaceNamed(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	for _, d := range []kubetest.DeploymentSpec{
		{Namespace: "shop", Name: "shop-blue", Replicas: 3},
		{Namespace: "shop", Name: "shop-green", Replicas: 1},
		{Namespace: "shop", Name: "shop-stable", Replicas: 2, Labels: map[string]string{"service": "shop", "track": "stable"}},
		{Namespace: "shop", Name: "shop-canary", Replicas: 1, Labels: map[string]string{"service": "shop", "track": "canary"}},
		{Namespace: "shop", Name: "shop", Replicas: 2},
		{Namespace: "shop", Name: "web", Replicas: 2},
		{Namespace: "shop", Name: "api", Replicas: 1},
		{Namespace: "default", Name: "web", Replicas: 2},
	} {
		if err := cp.Deploy(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if err := cp.WaitReady(t.Context(), d.Namespace, d.Name, int(d.Replicas)); err != nil {
			t.Fatal(err)
		}
	}
	ingress := kubetest.IngressFrom(t, filepath.Join(examples, "ingress/kubernetes.yaml"))
	if err := cp.Ingress(t.Context(), "shop", ingress); err != nil {
		t.Fatal(err)
	}
}

func TestAccEveryExampleIsAppliedAndThenPlansNothing(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"resources/*/resource*.tf", "data-sources/*/data-source*.tf", "functions/*/function*.tf"} {
		for _, file := range files(t, pattern) {
			t.Run(strings.TrimPrefix(filepath.ToSlash(file), examples+"/"), func(t *testing.T) {
				t.Parallel()
				example := read(t, file)
				resource.Test(t, resource.TestCase{
					ProtoV6ProviderFactories: acctest.Factories(t),
					Steps: []resource.TestStep{{
						Config:           world(t, example) + example,
						ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
					}},
				})
			})
		}
	}
}

// The first configuration of a guide is complete; those after it change it.
func TestAccTheConfigurationOfEveryGuideIsAppliedAndThenPlansNothing(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```terraform\n(.*?)```")
	ownProvider := regexp.MustCompile(`(?s)^terraform \{.*?\n\}\n+provider "bigipkube" \{\}\n`)
	for _, file := range files(t, "../templates/guides/*.md") {
		block := blocks.FindStringSubmatch(read(t, file))
		if block == nil || strings.Contains(block[1], "var.addresses") {
			continue // a guide without a configuration, or with that of a pair, which internal/e2e applies
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			guide := ownProvider.ReplaceAllString(block[1], "")
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps: []resource.TestStep{{
					Config:           world(t, guide) + guide,
					ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				}},
			})
		})
	}
}

// Guides are copied as they are, so what they show of an example must be the
// example: users copy from either.
func TestTheGuidesShowTheExamplesAsTheyAre(t *testing.T) {
	t.Parallel()
	for guide, shown := range map[string][]string{
		"ci.md":           {"ci/pipeline.sh"},
		"ha-pair.md":      {"ha-pair/main.tf"},
		"least-rights.md": {"least-rights/bigip.sh", "least-rights/kubernetes.yaml"},
	} {
		text := read(t, filepath.Join(examples, "../templates/guides", guide))
		for _, file := range shown {
			if !strings.Contains(text, read(t, filepath.Join(examples, file))) {
				t.Errorf("%s does not show examples/%s", guide, file)
			}
		}
	}
}

func TestAccEveryImportOfTheExamplesWorks(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "resources/*/import.sh") {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(read(t, file)) // terraform import ADDRESS ID
			if len(words) != 4 {
				t.Fatalf("%s is not one command", file)
			}
			address, id := words[2], words[3]
			block := read(t, filepath.Join(dir, "import-by-string-id.tf"))
			for _, want := range []string{"to = " + address + "\n", `id = "` + id + `"` + "\n"} {
				if !strings.Contains(block, want) {
					t.Errorf("the import block does not have %q", want)
				}
			}
			example := read(t, filepath.Join(dir, "resource.tf"))
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps: []resource.TestStep{
					{Config: world(t, example) + example},
					{ResourceName: address, ImportState: true, ImportStateId: id, ImportStateVerify: true},
				},
			})
		})
	}
}

func TestAccTheExampleOfTheProviderIsValid(t *testing.T) {
	t.Parallel()
	example := read(t, filepath.Join(examples, "provider", "provider.tf"))
	// The test's CLI finds the provider under another address.
	withoutSource := regexp.MustCompile(`(?s)^terraform \{.*?\n\}\n`).ReplaceAllString(example, "")
	if withoutSource == example {
		t.Error("the example does not say where the provider comes from")
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config:          withoutSource,
			ConfigVariables: config.Variables{"bigip_password": config.StringVariable("secret")},
			PlanOnly:        true,
		}},
	})
}

func TestEveryTypeHasAnExample(t *testing.T) {
	t.Parallel()
	var want []string
	p := ours.New("test")()
	for _, construct := range p.Resources(t.Context()) {
		var resp fwresource.MetadataResponse
		construct().Metadata(t.Context(), fwresource.MetadataRequest{ProviderTypeName: "bigipkube"}, &resp)
		want = append(want, filepath.Join("resources", resp.TypeName, "resource.tf"), filepath.Join("resources", resp.TypeName, "import.sh"))
	}
	for _, construct := range p.DataSources(t.Context()) {
		var resp datasource.MetadataResponse
		construct().Metadata(t.Context(), datasource.MetadataRequest{ProviderTypeName: "bigipkube"}, &resp)
		want = append(want, filepath.Join("data-sources", resp.TypeName, "data-source.tf"))
	}
	withFunctions, ok := p.(provider.ProviderWithFunctions)
	if !ok {
		t.Fatal("the provider has no functions")
	}
	for _, construct := range withFunctions.Functions(t.Context()) {
		var resp function.MetadataResponse
		construct().Metadata(t.Context(), function.MetadataRequest{}, &resp)
		want = append(want, filepath.Join("functions", resp.Name, "function.tf"))
	}
	slices.Sort(want)
	for _, file := range want {
		if _, err := os.Stat(filepath.Join(examples, file)); err != nil {
			t.Errorf("there is no examples/%s", filepath.ToSlash(file))
		}
	}
}
