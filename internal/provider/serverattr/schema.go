package serverattr

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

// Attributes are those that say whose traffic a virtual server takes, and what looks at
// it, in the same words wherever a resource makes virtual servers. Their defaults are the
// device's own.
func Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"firewall_enforced_policy": Reference("The firewall policy that is enforced: a full path. Needs AFM on the device. Default: none."),
		"firewall_staged_policy": Reference("The firewall policy that is tried, which logs what it would do and lets everything pass: " +
			"a full path. Needs AFM on the device. Default: none."),
		"security_log_profiles": schema.SetAttribute{
			ElementType: types.StringType,
			Optional:    true, Computed: true,
			MarkdownDescription: "The profiles that say what AFM and ASM log, as full paths, such as `/Common/Log illegal requests`. Default: none.",
			Default:             setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{})),
			Validators:          []validator.Set{setvalidator.ValueStringsAre(customtypes.PathWithBlanks())},
		},
		"source": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The clients that the virtual server takes: a network such as `198.51.100.0/24`, of the destination's family; " +
				"its route domain is the destination's. Default: all.",
			Validators: []validator.String{customtypes.Network()},
		},
		"vlans": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "On which VLANs and tunnels the virtual server listens: one of `enabled_on` and `disabled_on`. Default: on all.",
			Attributes: map[string]schema.Attribute{
				"enabled_on": schema.SetAttribute{
					ElementType:         types.StringType,
					Optional:            true,
					MarkdownDescription: "It listens on these and on no others: full paths, such as `/Common/external`. Default: see `disabled_on`.",
					Validators: []validator.Set{
						setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(customtypes.FullPath()),
						setvalidator.ExactlyOneOf(path.MatchRelative().AtParent().AtName("disabled_on")),
					},
				},
				"disabled_on": schema.SetAttribute{
					ElementType:         types.StringType,
					Optional:            true,
					MarkdownDescription: "It listens on all but these: full paths. Default: see `enabled_on`.",
					Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(customtypes.FullPath())},
				},
			},
		},
	}
}

// Reference is an optional attribute with the full path of another object.
func Reference(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: description,
		Validators:          []validator.String{customtypes.FullPath()},
	}
}
