package ingress_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// making is a configuration that makes the Ingress "late" with kubectl, and serves it. The
// names are not known before, and known from then on.
func (s shop) making(file string) string {
	return s.device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", s.cp.KubeconfigT(s.t))) + fmt.Sprintf(`
resource "terraform_data" "late" {
  triggers_replace = filesha256(%[1]q)
  provisioner "local-exec" {
    command = "%[2]s --kubeconfig=%[3]s --namespace=%[4]s apply -f %[1]s"
  }
}

resource "terraform_data" "names" {
  input      = { namespace = %[4]q, ingress = "late", service = "api" }
  depends_on = [terraform_data.late]
}

resource "bigipkube_ingress" "web" {
  ingress  = { namespace = terraform_data.names.output.namespace, name = terraform_data.names.output.ingress }
  address  = "203.0.113.10"
  revision = terraform_data.late.triggers_replace
}

resource "bigipkube_pool" "api" {
  name     = "api"
  backends = { api = { namespace = terraform_data.names.output.namespace, service = terraform_data.names.output.service, port = "http" } }
}
`, file, s.cp.Executable(kubetest.Kubectl), s.cp.KubeconfigT(s.t), s.namespace)
}

func TestAccAnIngressThatTheSameApplyMakesAndChangesIsServedByIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	file := filepath.Join(t.TempDir(), "late.json")
	write := func(pathsAndServices ...string) {
		late := s.ingress(pathsAndServices...)
		late.TypeMeta = metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "Ingress"}
		late.Name, late.Spec.TLS = "late", nil
		text, err := json.Marshal(late)
		s.must(nil, err)
		s.must(nil, os.WriteFile(file, text, 0o600))
	}
	routes := func(pathsAndServices ...string) statecheck.StateCheck {
		pairs := []string{"otherwise", "404"}
		for i := 0; i < len(pathsAndServices); i += 2 {
			pairs = append(pairs, "shop.example.com"+pathsAndServices[i], s.namespace+"/"+pathsAndServices[i+1]+":http")
		}
		return value("routes", texts(pairs...))
	}
	write("/", "web")
	config := s.making(file)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectUnknownValue(address, tfjsonpath.New("id"))},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					routes("/", "web"),
					statecheck.ExpectKnownValue("bigipkube_pool.api", tfjsonpath.New("members"), knownvalue.MapSizeExact(2)),
				},
			},
			{
				PreConfig: func() { write("/", "web", "/api", "api") },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectResourceAction("bigipkube_pool.api", plancheck.ResourceActionNoop),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{routes("/", "web", "/api", "api")},
			},
		},
	})
}
