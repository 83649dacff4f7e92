package virtualserver

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

// The types of source address translation (icontrol-rest 3.4).
const (
	translationNone    = "none"
	translationAutomap = "automap"
	translationSNAT    = "snat"
)

func resourceSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "A virtual server: the address and port that clients connect to, and the pool that serves them.\n\n" +
			"Changing `pool` moves all new connections to another pool in one step. With `cutover` the change waits until enough members of the " +
			"new pool are available, and is refused, with nothing moved, if they do not become so. Connections that are open stay with the old pool " +
			"until they end.",
		Attributes: resourceAttributes(ctx),
	}
}

func resourceAttributes(ctx context.Context) map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"id":          idAttribute(),
		"partition":   partitionAttribute(),
		"folder":      folderAttribute(),
		"name":        nameAttribute(),
		"description": descriptionAttribute(),
		"destination": destinationAttribute(),
		"ip_protocol": protocolAttribute(),
		"pool": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The pool that serves: its full path, usually the `id` of a `bigipkube_pool`. Changing it is the switch of a blue-green " +
				"cutover, see `cutover`. Without it the virtual server refuses connections.",
			Validators: []validator.String{customtypes.FullPath()},
		},
		"profiles":                   profilesAttribute(),
		"source_address_translation": translationAttribute(),
		"persistence": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The persistence profile that keeps a client on its member: a full path such as `/Common/cookie` " +
				"(needs an HTTP profile) or `/Common/source_addr`. Without it there is no persistence.",
			Validators: []validator.String{customtypes.FullPath()},
		},
		"fallback_persistence": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The persistence profile for clients that `persistence` cannot tell apart, for example those that take no cookies: a full path such as `/Common/source_addr`.",
			Validators:          []validator.String{customtypes.FullPath()},
		},
		"enabled": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Whether the virtual server accepts new connections. Default: `true`.",
		},
		"cutover": cutoverattr.Attribute("the new pool", "the members of the old pool"),
		"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
			Create: true, Update: true, Delete: true,
			CreateDescription: "How long a create may take, such as `\"1m\"`. Default: `\"5m\"`.",
			UpdateDescription: "How long an update may take, such as `\"30m\"`. Default: 5 minutes more than `cutover` waits.",
			DeleteDescription: "How long a delete may take, such as `\"1m\"`. Default: `\"5m\"`.",
		}),
	}
	maps.Copy(attributes, serverattr.Attributes())
	maps.Copy(attributes, securityAttributes())
	maps.Copy(attributes, trafficAttributes())
	return attributes
}

func idAttribute() schema.Attribute {
	return schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "The full path of the virtual server, such as `/shop/web`.",
	}
}

func partitionAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The partition that the virtual server is in. It must exist. Default: the provider's `partition`. A change replaces the virtual server.",
		Validators:          []validator.String{customtypes.Name()},
	}
}

func folderAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "The folder of the virtual server below the partition, such as `app` or `app/deeper`. It must exist. Its virtual address " +
			"is in the partition itself. Default: none. A change replaces the virtual server.",
		PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
		Validators:    []validator.String{customtypes.Folder()},
	}
}

func nameAttribute() schema.Attribute {
	return schema.StringAttribute{
		Required:            true,
		MarkdownDescription: "The name of the virtual server, in its partition. A change replaces the virtual server.",
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		Validators:          []validator.String{customtypes.Name()},
	}
}

func descriptionAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "A text for people. Default: none.",
	}
}

func destinationAttribute() schema.Attribute {
	return schema.StringAttribute{
		Required: true,
		MarkdownDescription: "The address and port that clients connect to: `203.0.113.10:443`, for IPv6 `[2001:db8::10]:443`. A route domain follows the address " +
			"(`10.0.0.1%2:443`), port 0 is any port. The form of the device, `/shop/203.0.113.10:443`, is understood as well. The device creates " +
			"the virtual address that belongs to it. Changed in place.",
		Validators: []validator.String{destinationText{}},
	}
}

func protocolAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString("tcp"),
		MarkdownDescription: "The IP protocol: `tcp`, `udp`, `sctp` or `any`. The profiles must fit to it. Default: `tcp`.",
		Validators:          []validator.String{stringvalidator.OneOf("tcp", "udp", "sctp", "any")},
	}
}

func profilesAttribute() schema.Attribute {
	return schema.MapAttribute{
		ElementType: types.StringType,
		Optional:    true, Computed: true,
		MarkdownDescription: "The profiles: the full path of each, with the side that it is for, `all`, `clientside` or `serverside`. " +
			"`{ \"/Common/tcp\" = \"all\", \"/Common/http\" = \"all\" }` makes a virtual server that understands HTTP. They are all that the virtual server has: " +
			"one that is not here is taken off. Default: `{ \"/Common/fastL4\" = \"all\" }`, which passes packets on without looking into them. " +
			"A policy of ASM (WAF) needs `\"/Common/websecurity\" = \"all\"` here and an HTTP profile, beside its LTM policy in `policies`.",
		Default: mapdefault.StaticValue(types.MapValueMust(types.StringType, map[string]attr.Value{
			"/Common/fastL4": types.StringValue(string(ltm.ContextAll)),
		})),
		Validators: []validator.Map{
			mapvalidator.SizeAtLeast(1),
			mapvalidator.KeysAre(customtypes.FullPath()),
			mapvalidator.ValueStringsAre(stringvalidator.OneOf(
				string(ltm.ContextAll), string(ltm.ContextClientSide), string(ltm.ContextServerSide))),
		},
	}
}

func translationAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true, Computed: true,
		Default: objectdefault.StaticValue(types.ObjectValueMust(translationTypes, map[string]attr.Value{
			"type": types.StringValue(translationNone), "pool": types.StringNull(),
		})),
		MarkdownDescription: "Which source address the members see. Default: `{ type = \"none\" }`: the client's own. " +
			"Use `{ type = \"automap\" }` where members would not send their answers back through the BIG-IP.",
		Attributes: map[string]schema.Attribute{
			"type": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "`none`: the client's address. `automap`: an address of the BIG-IP itself. " +
					"`snat`: an address of the SNAT pool that `pool` names.",
				Validators: []validator.String{stringvalidator.OneOf(translationNone, translationAutomap, translationSNAT)},
			},
			"pool": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The SNAT pool, for `type = \"snat\"` only: a full path.",
				Validators:          []validator.String{customtypes.FullPath()},
			},
		},
	}
}
