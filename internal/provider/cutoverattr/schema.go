package cutoverattr

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

// Attribute returns the schema. Gainer says in words what require_available
// counts the members of, leaver what drain waits for.
func Attribute(gainer, leaver string) schema.SingleNestedAttribute {
	attributes := gateAttributes(gainer)
	for _, more := range []map[string]schema.Attribute{stepAttributes(), watchAttributes(gainer), drainAttributes(leaver)} {
		for name, attribute := range more {
			attributes[name] = attribute
		}
	}
	attributes["check"] = checkAttribute()
	return customtypes.FixedObject(schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "How carefully an apply moves traffic. Without it an apply moves traffic at once, " +
			"and does not wait for health or for connections; only the last member that serves is never taken away. " +
			"With it, even if it is empty, an apply also refuses to move traffic where somebody else has changed the object since the plan, " +
			"and on a device that is not active or not in sync with its pair; changes of the same apply that wait for a config sync do not count.",
		Attributes: attributes,
	})
}

func gateAttributes(gainer string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"require_available": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How many members of " + gainer + " the device's monitors must find available before any traffic moves: " +
				"a number such as `2`, or a percentage such as `\"80%\"`, rounded up. A member whose endpoint is not ready in Kubernetes any more does not count. " +
				"If they do not become available within `timeout`, the apply ends with an error and the traffic stays where it is. " +
				"Default: none, traffic moves without a look at health.",
			Validators: []validator.String{customtypes.Requirement()},
		},
		"timeout": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How long an apply waits for `require_available` and for `check`, before each step, as a duration such as `\"30s\"` or `\"5m\"`; " +
				"`\"0s\"` looks once. Default: `\"2m\"`.",
			Validators: []validator.String{customtypes.Duration()},
		},
		"freeze": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "`true` refuses to move traffic until it is `false` again. Pods that come and go are followed all the same. " +
				"Default: `false`.",
		},
		"freeze_windows": schema.ListAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "When no traffic may be moved: `\"Fri 16:00-Mon 08:00 Europe/Berlin\"` in every week, `\"22:00-06:00\"` on every day, " +
				"or once, `\"2026-12-20T00:00:00Z/2027-01-02T00:00:00Z\"`. Without a time zone it is UTC. An apply in a window ends with an error, " +
				"unless the window is over within `timeout`. Default: none.",
			Validators: []validator.List{listvalidator.ValueStringsAre(customtypes.Window())},
		},
	}
}

func stepAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"steps": schema.ListAttribute{
			ElementType: types.Int64Type, Optional: true,
			MarkdownDescription: "Moves the traffic in steps: how many percent of the way are behind after each, rising, such as `[10, 50, 100]`. " +
				"The gates are asked before each step. Only where traffic moves between `backends`; a virtual server changes its pool in one step. " +
				"Default: `[100]`.",
			Validators: []validator.List{
				listvalidator.SizeAtLeast(1), listvalidator.ValueInt64sAre(int64validator.Between(1, 100)), rising{},
			},
		},
		"pause": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How long what has gained traffic is watched after each of `steps` but the last, as a duration. Default: `\"0s\"`.",
			Validators:          []validator.String{customtypes.Duration()},
		},
	}
}

func watchAttributes(gainer string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"bake": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How long " + gainer + " is watched after all the traffic has moved, as a duration such as `\"5m\"`, while what served before is kept ready. " +
				"Default: `\"0s\"`.",
			Validators: []validator.String{customtypes.Duration()},
		},
		"max_failed": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "How many of the members that gained traffic may go down while they are watched (`pause`, `bake`). One more is a failure. " +
				"A pod that is replaced does not count. Default: `0`.",
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		},
		"on_failure": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "What becomes of the traffic when what gained it fails while it is watched: `rollback` gives it back, in one write, to those who had it " +
				"when the apply began, provided that any of them can serve; `hold` leaves it where it is. The apply ends with an error either way. Default: `rollback`.",
			Validators: []validator.String{stringvalidator.OneOf(rollback, hold)},
		},
	}
}

func drainAttributes(leaver string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"drain": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How long " + leaver + " may keep their open connections before the apply goes on, as a duration such as " +
				"`\"1m\"`. The apply ends earlier when no connection is left. Default: `\"0s\"`, it does not wait.",
			Validators: []validator.String{customtypes.Duration()},
		},
		"drain_connections": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "So many connections may be left for the drain to be over before its deadline. Default: `0`.",
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"after_drain": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "What becomes of the old pool's members after a switch, when the drain is over: `leave` leaves them as they are; `force_offline` " +
				"forces them offline, so that no persistence record brings a client back to them. Connections that are open go on. Only on virtual servers. " +
				"Default: `leave`.",
			Validators: []validator.String{stringvalidator.OneOf(leave, forceOffline)},
		},
	}
}

func checkAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A question to something else than the device and the cluster: a URL, or a query to Prometheus, or both. It must be answered well once before traffic moves, " +
			"and is asked again while what gained traffic is watched (`pause`, `bake`).",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "A URL that is fetched; `status` must be the answer. Redirects are not followed. No user or password may be in it: it is in the state. Default: none.",
				Validators:          []validator.String{customtypes.URL()},
			},
			"via": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Where to connect to for `url` instead of its own address, as `host:port`: a preview virtual server in front of the new version, " +
					"under the name that clients use. Default: the URL's own.",
				Validators: []validator.String{customtypes.HostPort()},
			},
			"status": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "The HTTP status that `url` must answer with. Default: `200`.",
				Validators:          []validator.Int64{int64validator.Between(100, 599)},
			},
			"prometheus": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The base URL of a Prometheus, such as `https://prometheus.example:9090`. Default: none.",
				Validators: []validator.String{
					customtypes.URL(),
					stringvalidator.AlsoRequires(sibling("query"), sibling("condition")),
				},
			},
			"query": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "An instant query to `prometheus`. One that finds nothing is a bad answer. Default: none.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.AlsoRequires(sibling("prometheus"))},
			},
			"condition": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What every value that `query` finds must fulfil: an operator (`<`, `<=`, `>`, `>=`, `==`, `!=`) and a number, such as `\"< 0.01\"`. Default: none.",
				Validators:          []validator.String{customtypes.Condition(), stringvalidator.AlsoRequires(sibling("query"))},
			},
			"interval": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long it waits between two questions, as a duration. Default: `\"5s\"`.",
				Validators:          []validator.String{customtypes.Duration()},
			},
			"failures": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "So many bad answers in a row are a failure while traffic is watched. Default: `3`.",
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
		},
	}
}
