package pooldata

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

func dataSourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "A pool as the BIG-IP has it now, with the health and the connections of its members.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The full path of the pool, such as `/shop/web`.",
			},
			"partition": schema.StringAttribute{
				Optional: true, Computed: true,
				Validators:          []validator.String{customtypes.Name()},
				MarkdownDescription: "The partition of the pool. Default: the provider's `partition`.",
			},
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{customtypes.Name()},
				MarkdownDescription: "The name of the pool. A pool that does not exist is an error.",
			},
			"description": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The text for people, without the mark of a pool with backends. Empty if there is none.",
			},
			"monitors": schema.SetAttribute{
				ElementType:         types.StringType,
				Computed:            true,
				MarkdownDescription: "The monitors that decide whether a member is available, as full paths.",
			},
			"monitors_required": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many of `monitors` must succeed for a member to be available; `0` is all of them.",
			},
			"load_balancing_mode": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "How new connections are shared between members, in tmsh's words.",
			},
			"min_active_members": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "The number of available members below which the next lower priority group takes traffic too; `0` is off.",
			},
			"slow_ramp_time": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "For how many seconds a member that became available gets less than its share.",
			},
			"service_down_action": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What happens to the connections of a member that goes down: `none`, `reset`, `drop` or `reselect`.",
			},
			"traffic": schema.MapAttribute{
				ElementType:         types.Int64Type,
				Computed:            true,
				MarkdownDescription: "How much of the traffic each backend gets, in percent, as the mark on the pool says. Null for a pool without backends.",
			},
			"members": membersAttribute(),
			"total": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many members the pool has.",
			},
			"enabled": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many members have the session `enabled`.",
			},
			"available": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many members the monitors find available, whatever their session.",
			},
			"serving": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many members get new connections now: enabled and available.",
			},
			"availability": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What the device says of the pool as a whole: `available`, `offline` or `unknown` (no monitor has spoken: it counts as available).",
			},
			"reason": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The device's words on the availability. Empty if it gave none.",
			},
			"current_connections": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many connections to all members are open now, on this device alone.",
			},
			"total_connections": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many connections to all members there were since the counters were reset.",
			},
			"total_requests": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many requests all members got since the counters were reset.",
			},
		},
	}
}

func membersAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The members by address and port, such as `\"192.0.2.1:8080\"`.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"ratio": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "The member's weight in the ratio modes.",
			},
			"priority_group": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "The member's priority group; higher ones take traffic first.",
			},
			"connection_limit": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many connections the member takes at a time; `0` is no limit.",
			},
			"session": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What the member lets in: `enabled`, `disabled` or `forced-offline`.",
			},
			"description": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The text for people, without the mark of a member of a backend. Empty if there is none.",
			},
			"backend": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The backend that the member belongs to. Null for a member that no backend has.",
			},
			"pod": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the member's pod. Null for a member that is no pod.",
			},
			"health": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What the monitors say: `up`, `down`, `checking`, `unchecked` (no monitor: it counts as available) or `forced-down`.",
			},
			"reason": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The device's words on the health. Empty if it gave none.",
			},
			"current_connections": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many connections to the member are open now, on this device alone.",
			},
			"total_connections": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many connections to the member there were since the counters were reset.",
			},
			"total_requests": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many requests the member got since the counters were reset.",
			},
		}},
	}
}
