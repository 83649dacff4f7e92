package serverattr

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// Parser reads attributes and collects what is wrong with them.
type Parser struct{ Diags *diag.Diagnostics }

// Invalid notes that a value cannot be read.
func (p Parser) Invalid(at path.Path, err error) {
	p.Diags.Append(diagnostics.Invalid(at, "Invalid value", err.Error()))
}

// Path reads a full path; null and "" are none.
func (p Parser) Path(at path.Path, text basetypes.StringValue) ltm.Path {
	if text.ValueString() == "" {
		return ltm.Path{}
	}
	parsed, err := ltm.ParsePath(text.ValueString())
	if err != nil {
		p.Invalid(at, err)
	}
	return parsed
}

// Paths reads full paths.
func (p Parser) Paths(at path.Path, elements []attr.Value) []ltm.Path {
	var paths []ltm.Path
	for _, element := range elements {
		if text, ok := element.(types.String); ok {
			paths = append(paths, p.Path(at, text))
		}
	}
	return paths
}

// Profiles reads profiles with their contexts; null and unknown are none.
func (p Parser) Profiles(ctx context.Context, value types.Map) []ltm.Profile {
	if value.IsNull() || value.IsUnknown() {
		return nil
	}
	var contexts map[string]string
	p.Diags.Append(value.ElementsAs(ctx, &contexts, false)...)
	profiles := make([]ltm.Profile, 0, len(contexts))
	for _, name := range slices.Sorted(maps.Keys(contexts)) {
		parsed, err := ltm.ParsePath(name)
		if err != nil {
			p.Invalid(path.Root("profiles").AtMapKey(name), err)
			continue
		}
		profiles = append(profiles, ltm.Profile{Path: parsed, Context: ltm.ProfileContext(contexts[name])})
	}
	ltm.SortProfiles(profiles)
	return profiles
}

// Source reads the clients that are taken, as ltm.VirtualServer has them.
func (p Parser) Source(text types.String) string {
	if text.ValueString() == "" {
		return ""
	}
	source, _, err := ltm.ParseSource(text.ValueString())
	if err != nil {
		p.Invalid(path.Root("source"), err)
	}
	return source
}

// VLANs reads the attribute vlans; null is all.
func (p Parser) VLANs(value types.Object) ltm.VLANs {
	var vlans ltm.VLANs
	for name, attribute := range value.Attributes() {
		set, ok := attribute.(types.Set)
		if !ok || set.IsNull() {
			continue
		}
		vlans.Only = name == "enabled_on"
		vlans.List = p.Paths(path.Root("vlans"), set.Elements())
	}
	slices.SortFunc(vlans.List, ltm.Path.Compare)
	return vlans
}
