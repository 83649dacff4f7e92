package pool

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
)

func resourceSchema(ctx context.Context) schema.Schema {
	attributes := settingsAttributes()
	maps.Copy(attributes, furtherAttributes())
	attributes["members"] = customtypes.FixedMap(membersAttribute())
	attributes["backends"] = customtypes.FixedMap(backendsAttribute())
	attributes["traffic"] = trafficAttribute()
	attributes["split_error"] = splitErrorAttribute()
	attributes["endpoints"] = customtypes.FixedMap(endpointsAttribute())
	attributes["allow_loop"] = schema.BoolAttribute{
		Optional: true,
		MarkdownDescription: "Whether an apply may change this pool also where it reads Kubernetes through the pool itself: where the address of the cluster's API server is that of a virtual server " +
			"which sends to the pool. One wrong answer could then take the way to a better one with it. The helper has the flag `--allow-loop` for the same. Default: `false`.",
	}
	attributes["cutover"] = cutoverattr.Attribute("each backend that gains traffic", "members that leave or stop taking traffic")
	attributes["timeouts"] = timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Update: true, Delete: true,
		CreateDescription: "How long a create may take, such as `\"1m\"`. Default: `\"5m\"`.",
		UpdateDescription: "How long an update may take, such as `\"30m\"`. Default: 5 minutes more than `cutover` waits.",
		DeleteDescription: "How long a delete may take, such as `\"1m\"`. Default: `\"5m\"`.",
	})
	return schema.Schema{
		MarkdownDescription: "A pool: the servers behind a virtual server, and how they share its traffic.\n\n" +
			"The members are either written in the configuration (`members`), or come from Kubernetes and elsewhere (`backends`). " +
			"With backends, `traffic` splits between them; a canary, a blue-green cutover and its rollback are changes of `traffic`.",
		Attributes: attributes,
	}
}

func settingsAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "The full path of the pool, such as `/shop/web`.",
		},
		"partition": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The partition of the pool. Default: the provider's `partition` at the time of the create. A change replaces the pool.",
			Validators:          []validator.String{customtypes.Name()},
		},
		"folder": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The folder of the pool below the partition, such as `app` or `app/deeper`. It must exist. The nodes of its members are " +
				"in the partition itself. Default: none. A change replaces the pool.",
			PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			Validators:    []validator.String{customtypes.Folder()},
		},
		"name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The name of the pool in its partition. A change replaces the pool.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			Validators:          []validator.String{customtypes.Name()},
		},
		"description": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A text for people. On the device, the description of a pool with `backends` ends with a mark in brackets, " +
				"which says what the pool is bound to; it is no part of this attribute. Default: none.",
			Validators: []validator.String{customtypes.Words()},
		},
		"monitors": schema.SetAttribute{
			ElementType: types.StringType,
			Optional:    true, Computed: true,
			MarkdownDescription: "The monitors that decide whether a member is available, as full paths such as `/Common/http`. " +
				"Default: none, every member counts as available.",
			Default:    setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{})),
			Validators: []validator.Set{setvalidator.ValueStringsAre(customtypes.FullPath())},
		},
		"monitors_required": schema.Int64Attribute{
			Optional: true, Computed: true,
			MarkdownDescription: "How many of `monitors` must succeed for a member to be available. Default: `0`, all of them.",
			Default:             int64default.StaticInt64(0),
			Validators:          []validator.Int64{int64validator.Between(0, 65535)},
		},
		"load_balancing_mode": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "How new connections are shared between members, in tmsh's words, such as `round-robin`, `least-connections-member` " +
				"or `ratio-member`. `traffic` that splits between several backends needs `ratio-member`, `ratio-session` or " +
				"`ratio-least-connections-member`. Default: `round-robin`.",
			Default:    stringdefault.StaticString(ltm.DefaultLoadBalancingMode),
			Validators: []validator.String{stringvalidator.OneOf(ltm.LoadBalancingModes()...)},
		},
		"min_active_members": schema.Int64Attribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Priority group activation: when fewer members of the highest priority group are available, " +
				"the next lower group takes traffic too. Default: `0`, off.",
			Default:    int64default.StaticInt64(0),
			Validators: []validator.Int64{int64validator.Between(0, 65535)},
		},
		"slow_ramp_time": schema.Int64Attribute{
			Optional: true, Computed: true,
			MarkdownDescription: "For how many seconds a member that became available gets less than its share, 0 to 900. Default: `10`.",
			Default:             int64default.StaticInt64(ltm.DefaultSlowRampTime),
			Validators:          []validator.Int64{int64validator.Between(0, 900)},
		},
		"service_down_action": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "What happens to the connections of a member that goes down: `none` keeps them, `reset` and `drop` end them, " +
				"`reselect` moves them to another member. Default: `none`.",
			Default:    stringdefault.StaticString(ltm.DefaultServiceDownAction),
			Validators: []validator.String{stringvalidator.OneOf("none", "reset", "drop", "reselect")},
		},
	}
}

func membersAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The members by address and port, such as `\"192.0.2.1:8080\"` or `\"[2001:db8::1]:8080\"`, in a route domain " +
			"`\"192.0.2.1%2:8080\"`. Written in the configuration they are all the members that the pool has: others are removed. " +
			"With `backends` they are computed, and members that somebody else added to the pool stay and are shown. Conflicts with `backends`. " +
			"Default: without `backends`, none.",
		Validators: []validator.Map{mapvalidator.KeysAre(customtypes.MemberKey())},
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"ratio": schema.Int64Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "The member's weight in the ratio modes, 1 to 65535. Default: `1`.",
				Default:             int64default.StaticInt64(ltm.MinRatio),
				Validators:          []validator.Int64{int64validator.Between(ltm.MinRatio, ltm.MaxRatio)},
			},
			"priority_group": schema.Int64Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "The member's priority group, 0 to 65535; higher ones take traffic first, see `min_active_members`. Default: `0`.",
				Default:             int64default.StaticInt64(0),
				Validators:          []validator.Int64{int64validator.Between(0, ltm.MaxPriorityGroup)},
			},
			"connection_limit": schema.Int64Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "How many connections the member takes at a time. Default: `0`, no limit.",
				Default:             int64default.StaticInt64(0),
				Validators:          []validator.Int64{int64validator.Between(0, 2147483647)},
			},
			"rate_limit": schema.Int64Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "How many new connections per second the member takes. Default: `0`, no limit.",
				Default:             int64default.StaticInt64(0),
				Validators:          []validator.Int64{int64validator.Between(0, 2147483647)},
			},
			"monitors": schema.SetAttribute{
				ElementType: types.StringType,
				Optional:    true,
				MarkdownDescription: "The monitors of this member instead of the pool's, as full paths; all of them must succeed. `[]` is none: the member always " +
					"counts as available. Default: the pool's `monitors`.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(customtypes.FullPath())},
			},
			"monitors_required": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How many of the member's own `monitors` must succeed. Default: all of them.",
				Validators:          []validator.Int64{int64validator.AtLeast(1), int64validator.AlsoRequires(path.MatchRelative().AtParent().AtName("monitors"))},
			},
			"session": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "What the member lets in: `enabled` takes new connections; `disabled` keeps existing connections and those of " +
					"persistent clients; `forced-offline` keeps existing connections only. Default: `enabled`.",
				Default:    stringdefault.StaticString(string(ltm.Enabled)),
				Validators: []validator.String{stringvalidator.OneOf(string(ltm.Enabled), string(ltm.Disabled), string(ltm.ForcedOffline))},
			},
			"description": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "A text for people. Default: none.",
				Validators:          []validator.String{customtypes.Words()},
			},
			"backend": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The backend that the member belongs to. Null for a member that no backend has.",
			},
			"pod": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the member's pod. Null for a member that is no pod.",
			},
		}},
	}
}

func trafficAttribute() schema.MapAttribute {
	return schema.MapAttribute{
		ElementType: types.Int64Type,
		Optional:    true, Computed: true,
		MarkdownDescription: "How much of the traffic each backend gets, in percent: `{ blue = 90, green = 10 }`. Every backend has a share, and they add " +
			"up to 100. The share does not depend on how many pods a backend has. A backend with `0` is a standby: its members are on " +
			"the device, disabled, or not there, see `standby`. A backend without a ready endpoint gives its share to the others. Default: everything to the one backend; " +
			"with several backends it is required.",
		Validators: []validator.Map{mapvalidator.ValueInt64sAre(int64validator.Between(0, 100))},
	}
}

func endpointsAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Computed: true,
		MarkdownDescription: "The endpoints that the backends had when Terraform last refreshed, by address and port. " +
			"Members are planned from them. Null for a pool with `members`.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"backend": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The backend that the endpoint belongs to.",
			},
			"state": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "`ready` takes traffic; `draining` is terminating and still serves, its member is disabled; " +
					"`not-ready` takes nothing, its member is forced offline.",
			},
			"pod": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the endpoint's pod. Null for an endpoint that is no pod.",
			},
			"node": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the Kubernetes node that the pod runs on; with `node_port`, that the endpoint is.",
			},
			"also_in": schema.ListAttribute{
				ElementType: types.StringType,
				Computed:    true,
				MarkdownDescription: "Other backends that select the same endpoint; null if there are none. A pool has a member once: " +
					"a backend with a share gets it before one without, then the first by name. A warning tells.",
			},
		}},
	}
}
