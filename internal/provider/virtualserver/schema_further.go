package virtualserver

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

// securityAttributes say what looks at the traffic, and whose traffic it is. Their
// defaults are the device's own, so that taking one out of a configuration sets it
// back; so are those of trafficAttributes.
func securityAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"policies": schema.SetAttribute{
			ElementType: types.StringType,
			Optional:    true, Computed: true,
			MarkdownDescription: "The LTM policies, as full paths: published ones, without the folder Drafts. They are all that the virtual server has. " +
				"A WAF policy (ASM) is never attached by itself: attach the LTM policy whose rule enables it, and add the profile " +
				"`/Common/websecurity` to `profiles`. Default: none.",
			Default:    setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{})),
			Validators: []validator.Set{setvalidator.ValueStringsAre(customtypes.FullPath())},
		},
		"irules": schema.ListAttribute{
			ElementType: types.StringType,
			Optional:    true, Computed: true,
			MarkdownDescription: "The iRules, as full paths, in the order in which they run. They are all that the virtual server has. Default: none.",
			Default:             listdefault.StaticValue(types.ListValueMust(types.StringType, []attr.Value{})),
			Validators:          []validator.List{listvalidator.UniqueValues(), listvalidator.ValueStringsAre(customtypes.FullPath())},
		},
	}
}

// trafficAttributes say how connections are taken and passed on.
func trafficAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"mask": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The network mask of a virtual server that listens on a network, such as `255.255.255.0` for the destination " +
				"`203.0.113.0:0`. Default: the destination's one address, or all of them for `0.0.0.0` and `::`.",
			Validators: []validator.String{maskText{}},
		},
		"connection_limit": number(4294967295, "How many connections the virtual server takes at a time. Default: `0`, no limit."),
		"rate_limit":       number(4294967295, "How many new connections per second it takes, counted as `rate_limit_mode` says. Default: `0`, no limit."),
		"rate_limit_mode": word(ltm.DefaultRateLimitMode, ltm.RateLimitModes(), "What `rate_limit` is for: `object` is the whole virtual server, "+
			"`object-source` each client at it, `source` each client at all virtual servers with such a limit; further `object-destination`, "+
			"`object-source-destination`, `destination` and `source-destination`. Default: `object`."),
		"rate_limit_source_mask":      number(128, "How many bits of a client's address tell clients apart for `rate_limit`. Default: `0`."),
		"rate_limit_destination_mask": number(128, "How many bits of the destination's address tell destinations apart for `rate_limit`. Default: `0`."),
		"source_port": word(ltm.DefaultSourcePort, []string{"preserve", "preserve-strict", "change"}, "Which source port the members see: "+
			"`preserve` is the client's where it is free, `preserve-strict` the client's or no connection, `change` another one. Default: `preserve`."),
		"translate_address": flag(true, "Whether the destination's address is replaced by the member's. `false` is for members that have the address of "+
			"the virtual server themselves, and for routing. Default: `true`."),
		"translate_port": flag(true, "Whether the destination's port is replaced by the member's. Default: `true`."),
		"mirror":         flag(false, "Whether connections are mirrored to the peer of a pair, so that they survive a failover. Costs the device work. Default: `false`."),
		"auto_lasthop": word(ltm.DefaultAutoLasthop, []string{"default", "enabled", "disabled"}, "Whether answers go back to the hop that the request "+
			"came from, whatever the routes say: `enabled`, `disabled`, or `default` for the device's own setting. Default: `default`."),
		"last_hop_pool": serverattr.Reference("The pool of routers that answers to clients go through: a full path. Default: none."),
		"service_down_immediate_action": word(ltm.DefaultServiceDownImmediateAction, []string{"none", "reset", "drop"}, "What a new connection gets while no member "+
			"is available: `none` treats it like any other, `reset` and `drop` answer its first packet so. Default: `none`."),
	}
}

func number(most int64, description string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional: true, Computed: true,
		MarkdownDescription: description,
		Default:             int64default.StaticInt64(0),
		Validators:          []validator.Int64{int64validator.Between(0, most)},
	}
}

func flag(standard bool, description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: description,
		Default:             booldefault.StaticBool(standard),
	}
}

func word(standard string, words []string, description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: description,
		Default:             stringdefault.StaticString(standard),
		Validators:          []validator.String{stringvalidator.OneOf(words...)},
	}
}
