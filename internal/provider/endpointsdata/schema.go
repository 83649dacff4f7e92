package endpointsdata

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

func dataSourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "The endpoints of a Service of Kubernetes, as members for a pool.\n\n" +
			"`members` fits into `members` of `bigipkube_pool` as it is: then the first plan already shows every address. " +
			"A pool with `backends` reads Kubernetes by itself.",
		Attributes: map[string]schema.Attribute{
			"cluster": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name of a cluster in the provider's `clusters`. Default: the cluster of its `kubernetes` setting.",
			},
			"namespace": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The namespace of the Service.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"service": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name of the Service. One that does not exist is an error; one without endpoints is not.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"port": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The port of the Service, by name or by number. The members have the port of the pods behind it. " +
					"Default: the Service's port, if it has just one.",
			},
			"family": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The address family of the members, `IPv4` or `IPv6`. Default: the first one of the Service.",
				Validators:          []validator.String{stringvalidator.OneOf(string(endpoints.IPv4), string(endpoints.IPv6))},
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
				MarkdownDescription: "The name of the Kubernetes node that the pod runs on.",
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
			"reason": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Why it was left out.",
			},
		}},
	}
}
