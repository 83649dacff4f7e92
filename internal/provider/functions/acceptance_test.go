package functions_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

func TestMain(m *testing.M) {
	acctest.Prepare()
	os.Exit(m.Run())
}

// output evaluates one expression with the real CLI. The provider is not
// configured: functions need none.
func output(t *testing.T, expression string, step resource.TestStep) {
	t.Helper()
	step.Config = "output \"it\" {\n  value = " + expression + "\n}\n"
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.RequireAbove(tfversion.Version1_8_0)},
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps:                    []resource.TestStep{step},
	})
}

func TestAccFunctionsAnswerToTheRealCLI(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]knownvalue.Check{
		`provider::bigipkube::parse_destination("/Common/10.0.0.1%2:443")`: knownvalue.ObjectExact(map[string]knownvalue.Check{
			"partition": knownvalue.StringExact("Common"), "folder": knownvalue.Null(),
			"address": knownvalue.StringExact("10.0.0.1"), "route_domain": knownvalue.Int64Exact(2), "port": knownvalue.Int64Exact(443),
		}),
		`provider::bigipkube::format_destination(merge(provider::bigipkube::parse_destination("/shop/2001:db8::1.443"), { port = 80 }))`: knownvalue.StringExact("/shop/2001:db8::1.80"),
		`provider::bigipkube::parse_path("/shop/checkout/web")`: knownvalue.ObjectExact(map[string]knownvalue.Check{
			"partition": knownvalue.StringExact("shop"), "folder": knownvalue.StringExact("checkout"), "name": knownvalue.StringExact("web"),
		}),
		`provider::bigipkube::split_ratios({ blue = 90, green = 10 }, { blue = 5, green = 2 })`: knownvalue.MapExact(map[string]knownvalue.Check{
			"blue": knownvalue.Int64Exact(18), "green": knownvalue.Int64Exact(5),
		}),
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			output(t, expression, resource.TestStep{ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("it", want)}})
		})
	}
}

func TestAccTheCLIShowsWhichArgumentIsWrong(t *testing.T) {
	t.Parallel()
	output(t, `provider::bigipkube::split_ratios({ blue = 90, green = 10 }, { blue = 5 })`, resource.TestStep{
		ExpectError: regexp.MustCompile(`Invalid value for "counts" parameter: there is a share for "green"`),
	})
}
