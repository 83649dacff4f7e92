package serverattr

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var (
	pathsType = types.SetType{ElemType: types.StringType}
	vlanTypes = map[string]attr.Type{"enabled_on": pathsType, "disabled_on": pathsType}
)

// VLANTypes are those of the attributes of vlans.
func VLANTypes() map[string]attr.Type { return maps.Clone(vlanTypes) }

// TextOrNull returns null for "", unless the user wrote "".
func TextOrNull(text string, users types.String) types.String {
	if text == "" && users.ValueString() == "" && !users.IsUnknown() {
		return users
	}
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// PathOrNull returns null for no path.
func PathOrNull(p ltm.Path) types.String {
	if p.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(p.String())
}

// ProfilesValue is the inverse of Parser.Profiles.
func ProfilesValue(profiles []ltm.Profile) types.Map {
	elements := make(map[string]attr.Value, len(profiles))
	for _, profile := range profiles {
		elements[profile.Path.String()] = types.StringValue(string(profile.Context))
	}
	return types.MapValueMust(types.StringType, elements)
}

// VLANsValue is the inverse of Parser.VLANs.
func VLANsValue(vlans ltm.VLANs) types.Object {
	if !vlans.Only && len(vlans.List) == 0 {
		return types.ObjectNull(vlanTypes)
	}
	on, off := types.SetNull(types.StringType), types.SetNull(types.StringType)
	list := types.SetValueMust(types.StringType, PathValues(vlans.List))
	if vlans.Only {
		on = list
	} else {
		off = list
	}
	return types.ObjectValueMust(vlanTypes, map[string]attr.Value{"enabled_on": on, "disabled_on": off})
}

// PathValues are the elements of a list or set of paths.
func PathValues(paths []ltm.Path) []attr.Value {
	values := make([]attr.Value, len(paths))
	for i, path := range paths {
		values[i] = types.StringValue(path.String())
	}
	return values
}
