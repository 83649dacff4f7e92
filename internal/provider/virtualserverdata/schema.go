package virtualserverdata

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

func dataSourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Reads a virtual server from the device as it is now: what it is configured to do, whether it is available and why not, and its counters. " +
			"Counters are those of the device that was asked; they start again at 0 when it restarts.",
		Attributes: map[string]schema.Attribute{
			"id": text("The full path of the virtual server, such as `/shop/web`."),
			"partition": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "The partition that the virtual server is in. Default: `partition` of the provider.",
				Validators:          []validator.String{customtypes.Name()},
			},
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name of the virtual server.",
				Validators:          []validator.String{customtypes.Name()},
			},
			"description": text("The text for people who look at the device. Null if there is none."),
			"destination": text("The address and port that clients connect to, in the form of the device: `/shop/203.0.113.10:443`, for IPv6 `/shop/2001:db8::10.443`. " +
				"The function `parse_destination` takes it apart."),
			"ip_protocol": text("The IP protocol: `tcp`, `udp`, `sctp` or `any`."),
			"pool":        text("The full path of the pool that serves. Null if there is none."),
			"profiles": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The profiles: the full path of each, with the side that it is for, `all`, `clientside` or `serverside`.",
			},
			"source_address_translation": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Which source address the members see.",
				Attributes: map[string]schema.Attribute{
					"type": text("`none`: the client's address. `automap`: an address of the BIG-IP itself. `snat`: an address of the SNAT pool in `pool`."),
					"pool": text("The full path of the SNAT pool. Null if there is none."),
				},
			},
			"persistence":          text("The full path of the persistence profile. Null if there is none."),
			"fallback_persistence": text("The full path of the fallback persistence profile. Null if there is none."),
			"enabled":              schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the virtual server accepts new connections."},
			"availability": text("What the device thinks of the virtual server: `available`, `offline`, or `unknown` while no monitor has spoken " +
				"(also where there is no monitor)."),
			"reason":              text("Why, in the device's words."),
			"current_connections": number("The connections of clients that are open now."),
			"total_connections":   number("The connections of clients since the counters were reset."),
			"total_requests":      number("The HTTP requests since the counters were reset. 0 without an HTTP profile."),
			"pool_status":         poolStatusAttribute(),
		},
	}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func number(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

func poolStatusAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Computed: true,
		MarkdownDescription: "How the pool that serves is, in short; the data source `bigipkube_pool` shows each member. " +
			"Null if there is no pool.",
		Attributes: map[string]schema.Attribute{
			"availability":        text("What the device says of the pool as a whole: `available`, `offline` or `unknown`."),
			"reason":              text("Why, in the device's words."),
			"total":               number("How many members the pool has."),
			"enabled":             number("How many members have the session `enabled`."),
			"available":           number("How many members the monitors find available, whatever their session."),
			"serving":             number("How many members get new connections now: enabled and available."),
			"current_connections": number("How many connections to all members are open now, on this device alone."),
		},
	}
}
