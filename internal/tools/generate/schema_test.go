package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEitherCLIsSchemasGetTheKeyThatTfplugindocsLooksFor(t *testing.T) {
	t.Parallel()
	const want = `{"format_version":"1.0","provider_schemas":{"bigipkube":{"provider":{"version":0}}}}`
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			got, err := normalise([]byte(`{"format_version":"1.0","provider_schemas":{"` + host + `/bigipkube/bigipkube":{"provider":{"version":0}}}}`))
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
			if got, err := normalise([]byte(schema)); err == nil {
				t.Errorf("got %s", got)
			}
		})
	}
}
