package endpointsdata

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

func dataSourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "The endpoints of a Service of Kubernetes, or the pods with some labels, as members for a pool.\n\n" +
			"`members` fits into `members` of `bigipkube_pool` as it is: then the first plan already shows every address. " +
			"A pool with `backends` reads Kubernetes by itself.\n\n" +
			"It needs the rights to get `services` and list `endpointslices` (group `discovery.k8s.io`) in the namespace; with `selector` to list `pods` instead, " +
			"with `node_port` to list `nodes` as well.",
		Attributes: map[string]schema.Attribute{
			"cluster": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name of a cluster in the provider's `clusters`. Default: the cluster of its `kubernetes` setting.",
			},
			"namespace": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The namespace of the Service or of the pods.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"service": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The name of the Service. One that does not exist is an error; one without endpoints is not. " +
					"Required unless there is a `selector`.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"selector": schema.MapAttribute{
				ElementType: types.StringType,
				Optional:    true,
				MarkdownDescription: "Labels that a pod must have, all of them, such as `{ app = \"shop\", track = \"canary\" }`. No Service is needed. " +
					"If no pod has them, there are no endpoints. Required unless there is a `service`.",
				Validators: []validator.Map{
					mapvalidator.SizeAtLeast(1),
					mapvalidator.KeysAre(customtypes.LabelKey()),
					mapvalidator.ValueStringsAre(customtypes.LabelValue()),
				},
			},
			"port": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The port, by name or by number. With `service` it is a port of the Service, and the members have the port of the pods behind it; " +
					"with `selector` it is the name of a container's port, or its number. Required with `selector`. Default: the Service's port, if it has just one.",
			},
			"family": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The address family of the members, `IPv4` or `IPv6`, or `dual` for a member of each. " +
					"Default: the first one of the Service; with `selector` the main address of each pod.",
				Validators: []validator.String{stringvalidator.OneOf(string(endpoints.IPv4), string(endpoints.IPv6), string(endpoints.Dual))},
			},
			"node_port": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the members are the nodes' internal addresses with the node port of the Service, not its pods. Nodes that are not ready, " +
					"unschedulable, being deleted or excluded by the label `node.kubernetes.io/exclude-from-external-load-balancers` are in `left_out`; " +
					"with `externalTrafficPolicy: Local` also those without a ready endpoint. Default: `false`.",
			},
			"route_domain": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "The route domain of the members on the BIG-IP, 0 to 65534: with `2` the address `10.0.0.1` becomes `10.0.0.1%2`. Default: `0`.",
				Validators:          []validator.Int64{int64validator.Between(0, ltm.MaxRouteDomain)},
			},
			"members":   membersAttribute(),
			"endpoints": endpointsAttribute(),
			"left_out":  leftOutAttribute(),
			"ready": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many endpoints take traffic.",
			},
			"draining": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many endpoints are terminating and still serve.",
			},
			"not_ready": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many endpoints take nothing.",
			},
			"total": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many endpoints there are, without those that were left out.",
			},
		},
	}
}

func membersAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The endpoints as members of a pool, by address and port such as `\"10.0.0.1:8080\"`.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"ratio": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "The member's weight in the ratio modes: always `1`.",
			},
			"priority_group": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "The member's priority group: always `0`.",
			},
			"connection_limit": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many connections the member takes at a time: always `0`, no limit.",
			},
			"session": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "`enabled` for a ready endpoint, `disabled` for one that drains, `forced-offline` for one that is not ready.",
			},
			"description": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "A text for people: always null.",
			},
		}},
	}
}

func endpointsAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Computed:            true,
		MarkdownDescription: "What Kubernetes says of each endpoint, by address and port.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"state": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "`ready` takes traffic, `draining` is terminating and still serves, `not-ready` takes nothing.",
			},
			"pod": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the endpoint's pod. Null for an endpoint that is no pod.",
			},
			"node": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the Kubernetes node that the pod runs on; with `node_port`, that the endpoint is.",
			},
			"zone": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The zone that the node is in.",
			},
		}},
	}
}

func leftOutAttribute() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The endpoints that cannot be members, and why.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"address": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The address as Kubernetes has it.",
			},
			"pod": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the endpoint's pod. Null for an endpoint that is no pod.",
			},
			"node": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the node that was left out, with `node_port`. Null otherwise.",
			},
			"reason": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Why it was left out.",
			},
		}},
	}
}
