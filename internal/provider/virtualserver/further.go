package virtualserver

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Further is the part of the model that securityAttributes and trafficAttributes
// describe. It is exported because a model is compared, and an embedded field is
// seen only then.
type Further struct {
	Policies                   types.Set    `tfsdk:"policies"`
	IRules                     types.List   `tfsdk:"irules"`
	FirewallEnforcedPolicy     types.String `tfsdk:"firewall_enforced_policy"`
	FirewallStagedPolicy       types.String `tfsdk:"firewall_staged_policy"`
	SecurityLogProfiles        types.Set    `tfsdk:"security_log_profiles"`
	Source                     types.String `tfsdk:"source"`
	VLANs                      types.Object `tfsdk:"vlans"`
	Mask                       types.String `tfsdk:"mask"`
	ConnectionLimit            types.Int64  `tfsdk:"connection_limit"`
	RateLimit                  types.Int64  `tfsdk:"rate_limit"`
	RateLimitMode              types.String `tfsdk:"rate_limit_mode"`
	RateLimitSourceMask        types.Int64  `tfsdk:"rate_limit_source_mask"`
	RateLimitDestinationMask   types.Int64  `tfsdk:"rate_limit_destination_mask"`
	SourcePort                 types.String `tfsdk:"source_port"`
	TranslateAddress           types.Bool   `tfsdk:"translate_address"`
	TranslatePort              types.Bool   `tfsdk:"translate_port"`
	Mirror                     types.Bool   `tfsdk:"mirror"`
	AutoLasthop                types.String `tfsdk:"auto_lasthop"`
	LastHopPool                types.String `tfsdk:"last_hop_pool"`
	ServiceDownImmediateAction types.String `tfsdk:"service_down_immediate_action"`
}

var (
	pathsType = types.SetType{ElemType: types.StringType}
	vlanTypes = map[string]attr.Type{"enabled_on": pathsType, "disabled_on": pathsType}
)

// apply sets them on a virtual server that has its destination.
func (f Further) apply(p parser, vs *ltm.VirtualServer) {
	vs.Policies = p.paths(path.Root("policies"), f.Policies.Elements())
	vs.IRules = p.paths(path.Root("irules"), f.IRules.Elements())
	vs.FirewallEnforcedPolicy = p.path(path.Root("firewall_enforced_policy"), f.FirewallEnforcedPolicy)
	vs.FirewallStagedPolicy = p.path(path.Root("firewall_staged_policy"), f.FirewallStagedPolicy)
	for _, element := range f.SecurityLogProfiles.Elements() {
		if text, ok := element.(types.String); ok {
			vs.SecurityLogProfiles = append(vs.SecurityLogProfiles, text.ValueString())
		}
	}
	vs.Source = p.source(f.Source)
	vs.VLANs = p.vlans(f.VLANs)
	vs.Mask = ownMask(f.Mask.ValueString(), vs.Destination)
	vs.ConnectionLimit = int(f.ConnectionLimit.ValueInt64())
	vs.RateLimit = int(f.RateLimit.ValueInt64())
	vs.RateLimitMode = f.RateLimitMode.ValueString()
	vs.RateLimitSourceMask = int(f.RateLimitSourceMask.ValueInt64())
	vs.RateLimitDestinationMask = int(f.RateLimitDestinationMask.ValueInt64())
	vs.SourcePort = f.SourcePort.ValueString()
	vs.TranslateAddress = f.TranslateAddress.ValueBool()
	vs.TranslatePort = f.TranslatePort.ValueBool()
	vs.Mirror = f.Mirror.ValueBool()
	vs.AutoLasthop = f.AutoLasthop.ValueString()
	vs.LastHopPool = p.path(path.Root("last_hop_pool"), f.LastHopPool)
	vs.ServiceDownImmediateAction = f.ServiceDownImmediateAction.ValueString()
	*vs = vs.Canonical()
}

// observe is the inverse of apply. What f spells otherwise and means the same
// stays as it is.
func (f *Further) observe(vs ltm.VirtualServer) {
	f.Policies = types.SetValueMust(types.StringType, pathValues(vs.Policies))
	f.IRules = types.ListValueMust(types.StringType, pathValues(vs.IRules))
	f.FirewallEnforcedPolicy = pathOrNull(vs.FirewallEnforcedPolicy)
	f.FirewallStagedPolicy = pathOrNull(vs.FirewallStagedPolicy)
	profiles := []attr.Value{}
	for _, profile := range vs.SecurityLogProfiles {
		profiles = append(profiles, types.StringValue(profile))
	}
	f.SecurityLogProfiles = types.SetValueMust(types.StringType, profiles)
	if source, _, err := ltm.ParseSource(f.Source.ValueString()); err != nil || source != vs.Source {
		f.Source = textOrNull(vs.Source, types.StringNull())
	}
	if f.Mask.IsUnknown() || ownMask(f.Mask.ValueString(), vs.Destination) != vs.Mask {
		f.Mask = textOrNull(vs.Mask, types.StringNull())
	}
	f.VLANs = vlansValue(vs.VLANs)
	f.ConnectionLimit = types.Int64Value(int64(vs.ConnectionLimit))
	f.RateLimit = types.Int64Value(int64(vs.RateLimit))
	f.RateLimitMode = types.StringValue(vs.RateLimitMode)
	f.RateLimitSourceMask = types.Int64Value(int64(vs.RateLimitSourceMask))
	f.RateLimitDestinationMask = types.Int64Value(int64(vs.RateLimitDestinationMask))
	f.SourcePort = types.StringValue(vs.SourcePort)
	f.TranslateAddress = types.BoolValue(vs.TranslateAddress)
	f.TranslatePort = types.BoolValue(vs.TranslatePort)
	f.Mirror = types.BoolValue(vs.Mirror)
	f.AutoLasthop = types.StringValue(vs.AutoLasthop)
	f.LastHopPool = pathOrNull(vs.LastHopPool)
	f.ServiceDownImmediateAction = types.StringValue(vs.ServiceDownImmediateAction)
}

// ownMask is "" for the mask that the destination has by itself.
func ownMask(mask string, d ltm.Destination) string {
	standard := "255.255.255.255"
	switch {
	case !d.Address.IsValid():
		return mask
	case d.Address.IP.IsUnspecified():
		standard = "any"
	case d.Address.Is6():
		standard = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
	}
	if mask == standard {
		return ""
	}
	return mask
}

func vlansValue(vlans ltm.VLANs) types.Object {
	if !vlans.Only && len(vlans.List) == 0 {
		return types.ObjectNull(vlanTypes)
	}
	on, off := types.SetNull(types.StringType), types.SetNull(types.StringType)
	list := types.SetValueMust(types.StringType, pathValues(vlans.List))
	if vlans.Only {
		on = list
	} else {
		off = list
	}
	return types.ObjectValueMust(vlanTypes, map[string]attr.Value{"enabled_on": on, "disabled_on": off})
}

func pathValues(paths []ltm.Path) []attr.Value {
	values := make([]attr.Value, len(paths))
	for i, path := range paths {
		values[i] = types.StringValue(path.String())
	}
	return values
}

func (p parser) paths(at path.Path, elements []attr.Value) []ltm.Path {
	var paths []ltm.Path
	for _, element := range elements {
		if text, ok := element.(types.String); ok {
			paths = append(paths, p.path(at, text))
		}
	}
	return paths
}

func (p parser) source(text types.String) string {
	if text.ValueString() == "" {
		return ""
	}
	source, _, err := ltm.ParseSource(text.ValueString())
	if err != nil {
		p.invalid(path.Root("source"), err)
	}
	return source
}

func (p parser) vlans(value types.Object) ltm.VLANs {
	var vlans ltm.VLANs
	for name, attribute := range value.Attributes() {
		set, ok := attribute.(types.Set)
		if !ok || set.IsNull() {
			continue
		}
		vlans.Only = name == "enabled_on"
		vlans.List = p.paths(path.Root("vlans"), set.Elements())
	}
	slices.SortFunc(vlans.List, ltm.Path.Compare)
	return vlans
}
