package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider"
)

// schemas are all schemas of the provider, as Terraform gets them.
func schemas(t *testing.T) map[string]*tfprotov6.Schema {
	t.Helper()
	answer, err := providerserver.NewProtocol6(provider.New("test")())().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range answer.Diagnostics {
		t.Fatalf("%s: %s", d.Summary, d.Detail)
	}
	all := map[string]*tfprotov6.Schema{"provider": answer.Provider}
	for name, schema := range answer.ResourceSchemas {
		all["resource "+name] = schema
	}
	for name, schema := range answer.DataSourceSchemas {
		all["data "+name] = schema
	}
	for name, schema := range answer.ListResourceSchemas {
		all["list "+name] = schema
	}
	for name, schema := range answer.ActionSchemas {
		all["action "+name] = schema.Schema
	}
	return all
}

func TestThereAreTheTypesOfTheDesign(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	for _, want := range []string{
		"provider", "resource bigipkube_ingress", "data bigipkube_ingress", "resource bigipkube_monitor", "resource bigipkube_pool", "resource bigipkube_virtual_server",
		"data bigipkube_endpoints", "data bigipkube_pool", "data bigipkube_virtual_server",
		"list bigipkube_pool", "list bigipkube_virtual_server", "action bigipkube_drain_members", "action bigipkube_save_config",
	} {
		if all[want] == nil {
			t.Errorf("there is no %s", want)
		}
	}
}

// isSecret finds names that say that the value must not be shown.
var isSecret = regexp.MustCompile(`password|token|secret|private|client_key|proxy_url`)

func TestEveryAttributeIsDocumentedAndEverySecretIsSensitive(t *testing.T) {
	t.Parallel()
	for name, schema := range schemas(t) {
		if len(schema.Block.BlockTypes) > 0 {
			t.Errorf("%s has blocks; nested attributes are the rule", name)
		}
		if schema.Block.Description == "" && schema.Block.BlockTypes == nil && name != "provider" {
			t.Errorf("%s has no description", name)
		}
		secrets := checkAttributes(t, name, schema.Block.Attributes)
		if name == "provider" && secrets < 8 {
			t.Errorf("the provider has %d secrets that the test sees, want at least 8: the test is blind", secrets)
		}
	}
}

// checkAttributes returns how many attributes have the name of a secret.
func checkAttributes(t *testing.T, at string, attributes []*tfprotov6.SchemaAttribute) int {
	t.Helper()
	secrets := 0
	for _, a := range attributes {
		name := at + "." + a.Name
		madeElsewhere := a.Name == "timeouts" // by terraform-plugin-framework-timeouts, without a description
		if !madeElsewhere && (!strings.HasSuffix(a.Description, ".") || len(a.Description) < 10) {
			t.Errorf("%s: the description %q is not a sentence", name, a.Description)
		}
		if a.Optional && a.NestedType == nil && !saysWithout.MatchString(a.Description) {
			t.Errorf("%s is optional, and its description does not say what holds without it: %q", name, a.Description)
		}
		if isSecret.MatchString(a.Name) && !strings.HasSuffix(a.Name, "_wo_version") { // a counter beside the secret
			secrets++
			if !a.Sensitive {
				t.Errorf("%s has the name of a secret and is not sensitive", name)
			}
		}
		if a.NestedType != nil {
			secrets += checkAttributes(t, name, a.NestedType.Attributes)
		}
	}
	return secrets
}

// saysWithout finds what a description says of an attribute that is left out.
var saysWithout = regexp.MustCompile(`Default|Required|[Ww]ithout it|is not set| only[:.]|cannot tell apart`)

func TestEverySchemaIsWellFormed(t *testing.T) {
	t.Parallel()
	p := provider.New("test")()
	for _, build := range p.Resources(t.Context()) {
		var resp resource.SchemaResponse
		build().Schema(t.Context(), resource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Errorf("%T: %v", build(), diags)
		}
		if _, ok := resp.Schema.Attributes["id"]; !ok {
			t.Errorf("%T has no id: Terraform shows it while it waits", build())
		}
	}
	for _, build := range p.DataSources(t.Context()) {
		var resp datasource.SchemaResponse
		build().Schema(t.Context(), datasource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Errorf("%T: %v", build(), diags)
		}
	}
}
