package virtualserver

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
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

// apply sets them on a virtual server that has its destination.
func (f Further) apply(p serverattr.Parser, vs *ltm.VirtualServer) {
	vs.Policies = p.Paths(path.Root("policies"), f.Policies.Elements())
	vs.IRules = p.Paths(path.Root("irules"), f.IRules.Elements())
	vs.FirewallEnforcedPolicy = p.Path(path.Root("firewall_enforced_policy"), f.FirewallEnforcedPolicy)
	vs.FirewallStagedPolicy = p.Path(path.Root("firewall_staged_policy"), f.FirewallStagedPolicy)
	for _, element := range f.SecurityLogProfiles.Elements() {
		if text, ok := element.(types.String); ok {
			vs.SecurityLogProfiles = append(vs.SecurityLogProfiles, text.ValueString())
		}
	}
	vs.Source = p.Source(f.Source)
	vs.VLANs = p.VLANs(f.VLANs)
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
	vs.LastHopPool = p.Path(path.Root("last_hop_pool"), f.LastHopPool)
	vs.ServiceDownImmediateAction = f.ServiceDownImmediateAction.ValueString()
	*vs = vs.Canonical()
}

// observe is the inverse of apply. What f spells otherwise and means the same
// stays as it is.
func (f *Further) observe(vs ltm.VirtualServer) {
	f.Policies = types.SetValueMust(types.StringType, serverattr.PathValues(vs.Policies))
	f.IRules = types.ListValueMust(types.StringType, serverattr.PathValues(vs.IRules))
	f.FirewallEnforcedPolicy = serverattr.PathOrNull(vs.FirewallEnforcedPolicy)
	f.FirewallStagedPolicy = serverattr.PathOrNull(vs.FirewallStagedPolicy)
	profiles := []attr.Value{}
	for _, profile := range vs.SecurityLogProfiles {
		profiles = append(profiles, types.StringValue(profile))
	}
	f.SecurityLogProfiles = types.SetValueMust(types.StringType, profiles)
	if source, _, err := ltm.ParseSource(f.Source.ValueString()); err != nil || source != vs.Source {
		f.Source = serverattr.TextOrNull(vs.Source, types.StringNull())
	}
	if f.Mask.IsUnknown() || ownMask(f.Mask.ValueString(), vs.Destination) != vs.Mask {
		f.Mask = serverattr.TextOrNull(vs.Mask, types.StringNull())
	}
	f.VLANs = serverattr.VLANsValue(vs.VLANs)
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
	f.LastHopPool = serverattr.PathOrNull(vs.LastHopPool)
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
