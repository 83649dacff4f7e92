package acctest_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// migrations is what "migrate cis" makes of its corpus: internal/migrate holds it to that.
const migrations = "../../migrate/testdata/"

func migrated(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(migrations + pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("no file matches %s: %v", pattern, err)
	}
	return found
}

// withoutUnknown takes the resources out whose type the provider does not have, and returns
// how many are left.
func withoutUnknown(t *testing.T, text string, known map[string]*tfprotov6.Schema) (string, int) {
	t.Helper()
	file, problems := hclwrite.ParseConfig([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	left := 0
	for _, block := range file.Body().Blocks() {
		switch {
		case block.Type() != "resource":
		case known[block.Labels()[0]] == nil:
			file.Body().RemoveBlock(block)
		default:
			left++
		}
	}
	return string(file.Bytes()), left
}

func TestAccWhatMigrateWritesIsValid(t *testing.T) {
	t.Parallel()
	acctest.Running(t)
	server, err := acctest.Factories(t)["bigipkube"]()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_, cliConfig := built(t)
	validated := 0
	for _, file := range migrated(t, "*.tf") {
		text, left := withoutUnknown(t, read(t, file), schemas.ResourceSchemas)
		validated += left
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "main.tf"), []byte(ownSource+text), 0o600); err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), os.Getenv("TF_ACC_TERRAFORM_PATH"), "validate", "-no-color")
		command.Dir, command.Env = folder, append(os.Environ(), "TF_CLI_CONFIG_FILE="+cliConfig, "TF_IN_AUTOMATION=1")
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, output)
		}
	}
	if validated < 30 {
		t.Errorf("only %d resources were validated", validated)
	}
}

func TestTheManifestsThatMigrateWritesAreTakenByTheAPIServer(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	if err := cp.InstallGatewayAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(cp.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, file := range migrated(t, "*.out.yaml") {
		for decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(read(t, file)), 4096); ; {
			object := &unstructured.Unstructured{}
			if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			kinds[object.GetKind()] = true
			group, version, _ := strings.Cut(object.GetAPIVersion(), "/")
			resource := schema.GroupVersionResource{Group: group, Version: version, Resource: plural(object.GetKind())}
			place := object.GetNamespace() + "/" + object.GetName()
			object.SetNamespace("default")
			created, err := client.Resource(resource).Namespace("default").Create(t.Context(), object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: "Strict"})
			if err != nil {
				t.Errorf("%s: %s %s: %v", file, object.GetKind(), place, err)
			} else if created.GetName() != object.GetName() {
				t.Errorf("%s: %s became %s", file, place, created.GetName())
			}
		}
	}
	if got := len(kinds); got != 3 {
		t.Errorf("there are manifests of %v", kinds)
	}
}

func plural(kind string) string {
	if kind == "Ingress" {
		return "ingresses"
	}
	return strings.ToLower(kind) + "s"
}
