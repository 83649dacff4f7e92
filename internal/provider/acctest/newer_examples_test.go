package acctest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	fwresource "github.com/hashicorp/terraform-plugin-framework/resource"

	ours "github.com/bigipkube/terraform-provider-bigipkube/internal/provider"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// What the CLIs of the tests may be too old for is spoken in the protocol, with what
// the examples say.

var (
	inBlock   = regexp.MustCompile(`(?s)(?:config|identity =) \{\n(.*?)\n  \}`)
	attribute = regexp.MustCompile(`(?m)^\s*(\w+)\s*= (\[.*\]|"[^"]*"|\S+)`)
)

// settings are the attributes in an example's config block, or of its identity.
func settings(t *testing.T, example string) map[string]any {
	t.Helper()
	values := map[string]any{}
	block := inBlock.FindStringSubmatch(example)
	if block == nil {
		return values
	}
	for _, line := range attribute.FindAllStringSubmatch(block[1], -1) {
		var value any
		if err := json.Unmarshal([]byte(line[2]), &value); err != nil {
			t.Fatalf("%s: %v", line[0], err)
		}
		values[line[1]] = value
	}
	return values
}

// typeOf is the type that an example is of: the name of its folder.
func typeOf(file string) string { return filepath.Base(filepath.Dir(file)) }

// shop is a device with what these examples refer to.
func shop(t *testing.T) (*acctest.Device, *acctest.Protocol) {
	t.Helper()
	device := acctest.NewDevice(t, "shop")
	for _, name := range []string{"web", "shop-blue", "shop"} {
		device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
			"name": name, "partition": "shop", "members": []map[string]any{
				{"name": "192.0.2.11:8080", "address": "192.0.2.11", "description": "[bigipkube/1 blue@shop/blue blue-1]"},
				{"name": "192.0.2.12:8080", "address": "192.0.2.12", "description": "[bigipkube/1 green@shop/green green-1]"},
			},
		})
	}
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/203.0.113.10:80", "ipProtocol": "tcp", "pool": "/shop/web",
	})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/monitor/http", map[string]any{"name": "health", "partition": "shop"})
	return device, acctest.NewProtocol(t, device, nil)
}

// servedShop is a device that serves the Ingress of the examples, as an apply has left it.
func servedShop(t *testing.T) *acctest.Protocol {
	t.Helper()
	device := acctest.NewDevice(t, "shop")
	cp := cluster.ControlPlane(t)
	deploy.Do(func() { services(t, cp) })
	settings := fmt.Sprintf("kubernetes = { config_path = %q }", cp.KubeconfigT(t))
	folder := t.TempDir()
	writeConfig(t, folder, ownSource+device.Provider(settings)+read(t, filepath.Join(examples, "resources/bigipkube_ingress/resource.tf")))
	if text, code := cli(t, folder, "apply", "-auto-approve"); code != 0 {
		t.Fatal(text)
	}
	return acctest.NewProtocol(t, device, map[string]any{"kubernetes": map[string]any{"config_path": cp.KubeconfigT(t)}})
}

// protocolOf is a provider for what an example refers to, and the id of that.
func protocolOf(t *testing.T, file string, identity map[string]any) (p *acctest.Protocol, id string) {
	t.Helper()
	if typeOf(file) == "bigipkube_ingress" {
		return servedShop(t), "ingress/shop/web@/shop/203.0.113.10"
	}
	_, p = shop(t)
	name, _ := identity["name"].(string)
	return p, "/shop/" + name
}

func TestEveryImportByIdentityOfTheExamplesWorks(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "resources/*/import-by-identity.tf") {
		t.Run(typeOf(file), func(t *testing.T) {
			t.Parallel()
			identity := settings(t, read(t, file))
			p, id := protocolOf(t, file, identity)
			state, whole, diags := p.Import(typeOf(file), identity)
			if len(diags) > 0 || state["id"] != id {
				t.Errorf("imported %v, %+v", state["id"], diags)
			}
			for name, value := range identity {
				if whole[name] != value {
					t.Errorf("the identity is %v, of %v", whole, identity)
				}
			}
		})
	}
}

func TestEveryListOfTheExamplesFindsSomething(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "list-resources/*/list-resource*.tfquery.hcl") {
		t.Run(typeOf(file), func(t *testing.T) {
			t.Parallel()
			p, _ := protocolOf(t, file, nil)
			listed, diags := p.List(typeOf(file), settings(t, read(t, file)), 100, true)
			if len(listed) != 1 || len(diags) > 0 || listed[0].Resource == nil {
				t.Errorf("listed %d, %+v", len(listed), diags)
			}
		})
	}
}

func TestEveryActionOfTheExamplesSucceedsAndTellsItsProgress(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "actions/*/action*.tf") {
		t.Run(typeOf(file), func(t *testing.T) {
			t.Parallel()
			_, p := shop(t)
			var lines []string
			diags := p.Invoke(typeOf(file), settings(t, read(t, file)), func(line string) { lines = append(lines, line) })
			if len(diags) > 0 || len(lines) < 2 {
				t.Errorf("progress %q, %+v", lines, diags)
			}
		})
	}
}

func TestEveryActionListResourceAndIdentityHasAnExample(t *testing.T) {
	t.Parallel()
	var want []string
	p := ours.New("test")()
	withActions, ok := p.(provider.ProviderWithActions)
	if !ok {
		t.Fatal("the provider has no actions")
	}
	for _, construct := range withActions.Actions(t.Context()) {
		var resp action.MetadataResponse
		construct().Metadata(t.Context(), action.MetadataRequest{ProviderTypeName: "bigipkube"}, &resp)
		want = append(want, "actions/"+resp.TypeName+"/action.tf")
	}
	withLists, ok := p.(provider.ProviderWithListResources)
	if !ok {
		t.Fatal("the provider lists nothing")
	}
	for _, construct := range withLists.ListResources(t.Context()) {
		want = append(want, "list-resources/"+typeName(t, construct())+"/list-resource.tfquery.hcl")
	}
	for _, construct := range p.Resources(t.Context()) {
		if _, has := construct().(fwresource.ResourceWithIdentity); !has {
			t.Errorf("%T has no identity", construct())
		}
		want = append(want, "resources/"+typeName(t, construct())+"/import-by-identity.tf")
	}
	for _, file := range want {
		text, err := os.ReadFile(filepath.Join(examples, file))
		if err != nil || !strings.Contains(string(text), "bigipkube_") {
			t.Errorf("there is no examples/%s: %v", file, err)
		}
	}
}

// typeName is the type of a resource, or of a list resource.
func typeName(t *testing.T, named interface {
	Metadata(ctx context.Context, req fwresource.MetadataRequest, resp *fwresource.MetadataResponse)
},
) string {
	t.Helper()
	var resp fwresource.MetadataResponse
	named.Metadata(t.Context(), fwresource.MetadataRequest{ProviderTypeName: "bigipkube"}, &resp)
	return resp.TypeName
}
