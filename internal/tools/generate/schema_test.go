package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEitherCLIsSchemasGetTheKeyThatTfplugindocsLooksFor(t *testing.T) {
	t.Parallel()
	const want = `{"format_version":"1.0","provider_schemas":{"bigipkube":{"action_schemas":null,"list_resource_schemas":null,` +
		`"provider":{"version":0},"resource_identity_schemas":null}}}`
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			got, err := normalise([]byte(`{"format_version":"1.0","provider_schemas":{"`+host+`/bigipkube/bigipkube":{"provider":{"version":0}}}}`), newerSchemas{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSchemasOfAnotherProviderAreAnError(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string]string{
		"another provider": `{"provider_schemas":{"registry.terraform.io/hashicorp/null":{}}}`,
		"no JSON":          `Warning: Unable to open CLI configuration file`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := normalise([]byte(schema), newerSchemas{}); err == nil {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestActionsListResourcesAndIdentitiesAreThereWhateverTheCLI(t *testing.T) {
	t.Parallel()
	newer, err := readNewer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := normalise([]byte(`{"provider_schemas":{"registry.opentofu.org/bigipkube/bigipkube":{"provider":{"version":0},"action_schemas":{"old":{}}}}}`), newer)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schemas map[string]newerSchemas `json:"provider_schemas"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	ours := got.Schemas["bigipkube"]
	drain := ours.Actions["bigipkube_drain_members"].Block
	if drain.Description == "" || string(drain.Attributes["pool"].Type) != `"string"` || !drain.Attributes["pool"].Required || !drain.Attributes["deadline"].Optional {
		t.Errorf("the action is %+v", drain)
	}
	if _, stale := ours.Actions["old"]; stale {
		t.Error("the CLI's own actions are left")
	}
	if list := ours.ListResources["bigipkube_pool"].Block; list.Attributes["partition"].Description == "" {
		t.Errorf("the list resource is %+v", list)
	}
	if name := ours.Identities["bigipkube_virtual_server"].Attributes["name"]; !name.RequiredForImport || name.OptionalForImport {
		t.Errorf("the name of an identity is %+v", name)
	}
}
