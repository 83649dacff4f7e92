package serverattr_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

func TestVLANsAndProfilesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	p := serverattr.Parser{Diags: &diags}
	at := func(name string) ltm.Path { return ltm.Path{Partition: ltm.Common, Name: name} }
	for _, want := range []ltm.VLANs{{}, {Only: true, List: []ltm.Path{at("external")}}, {List: []ltm.Path{at("a"), at("b")}}} {
		if diff := cmp.Diff(want, p.VLANs(serverattr.VLANsValue(want))); diff != "" {
			t.Errorf("VLANs (-want +got):\n%s", diff)
		}
	}
	profiles := []ltm.Profile{{Path: at("http"), Context: ltm.ContextAll}, {Path: at("serverssl"), Context: ltm.ContextServerSide}}
	if diff := cmp.Diff(profiles, p.Profiles(t.Context(), serverattr.ProfilesValue(profiles))); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	if len(diags) > 0 {
		t.Error(diags)
	}
}

func TestAPathThatIsNoneIsAnErrorAtItsAttribute(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	p := serverattr.Parser{Diags: &diags}
	p.Paths(path.Root("irules"), []attr.Value{types.StringValue("/Common/a"), types.StringValue("b")})
	at, ok := diags[0].(diag.DiagnosticWithPath)
	if len(diags) != 1 || !ok || !at.Path().Equal(path.Root("irules")) {
		t.Errorf("want one error at irules, got %v", diags)
	}
}
