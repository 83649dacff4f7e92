package nodesdata

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
	attributes := arguments()
	for name, attribute := range answers() {
		attributes[name] = attribute
	}
	return schema.Schema{
		MarkdownDescription: "The nodes of a cluster, by role and labels, with their addresses; with `port`, as members for a pool too.\n\n" +
			"`members` fits into `members` of `bigipkube_pool` as it is: then the first plan already shows every address. " +
			"A pool with `nodes` as a backend reads Kubernetes by itself. No matching node at all is an error, so that a wrong label empties no pool.\n\n" +
			"It needs the right to list `nodes`.",
		Attributes: attributes,
	}
}

// arguments say which nodes.
func arguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"cluster": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name of a cluster in the provider's `clusters`. Default: the cluster of its `kubernetes` setting.",
		},
		"role": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A role that a node must have, such as `control-plane`: the label `node-role.kubernetes.io/control-plane`, whatever its value. " +
				"Default: any role, and none.",
			Validators: []validator.String{customtypes.LabelValue(), stringvalidator.LengthAtLeast(1)},
		},
		"selector": schema.MapAttribute{
			ElementType:         types.StringType,
			Optional:            true,
			MarkdownDescription: "Labels that a node must have, all of them, beside the `role`. Default: any.",
			Validators: []validator.Map{
				mapvalidator.SizeAtLeast(1),
				mapvalidator.KeysAre(customtypes.LabelKey()),
				mapvalidator.ValueStringsAre(customtypes.LabelValue()),
			},
		},
		"address_type": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Which of the nodes' addresses are meant: `InternalIP`, `ExternalIP` or `Hostname`. A host name is in `nodes`, and in `left_out` with a `port`, " +
				"because a pool member has an IP address. Default: `InternalIP`.",
			Validators: []validator.String{stringvalidator.OneOf(string(endpoints.InternalIP), string(endpoints.ExternalIP), string(endpoints.Hostname))},
		},
		"family": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The address family of the members, `IPv4` or `IPv6`, or `dual` for a member of each. Default: the first address of each node.",
			Validators:          []validator.String{stringvalidator.OneOf(string(endpoints.IPv4), string(endpoints.IPv6), string(endpoints.Dual))},
		},
		"port": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "The port of the members, 1 to 65535, such as `6443`. Default: none, and no `members`.",
			Validators:          []validator.Int64{int64validator.Between(1, 65535)},
		},
		"route_domain": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "The route domain of the members on the BIG-IP, 0 to 65534: with `2` the address `192.0.2.1` becomes `192.0.2.1%2`. Default: `0`.",
			Validators:          []validator.Int64{int64validator.Between(0, ltm.MaxRouteDomain)},
		},
	}
}

// answers are what the cluster has.
func answers() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"nodes":   nodesAttribute(),
		"members": membersAttribute(),
		"left_out": schema.ListNestedAttribute{
			Computed:            true,
			MarkdownDescription: "The nodes that cannot be members, and why.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"node": schema.StringAttribute{
					Computed:            true,
					MarkdownDescription: "The name of the node.",
				},
				"address": schema.StringAttribute{
					Computed:            true,
					MarkdownDescription: "Its address as Kubernetes has it, or an empty text if it has none of the type.",
				},
				"reason": schema.StringAttribute{
					Computed:            true,
					MarkdownDescription: "Why it was left out.",
				},
			}},
		},
		"ready": schema.Int64Attribute{
			Computed:            true,
			MarkdownDescription: "How many of the nodes are ready and not being deleted.",
		},
		"total": schema.Int64Attribute{
			Computed:            true,
			MarkdownDescription: "How many nodes match.",
		},
	}
}

func nodesAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The nodes, by name.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"addresses": schema.ListAttribute{
				ElementType:         types.StringType,
				Computed:            true,
				MarkdownDescription: "Its addresses of the `address_type`, in the order of the node's status.",
			},
			"ready": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether its condition `Ready` is true.",
			},
			"schedulable": schema.BoolAttribute{
				Computed: true,
				MarkdownDescription: "Whether new pods may come to it: `false` after `kubectl cordon`. What runs on it, such as an API server, goes on, so this does not take its member out. " +
					"To have only those that are schedulable, filter `nodes` in an expression.",
			},
			"deleting": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether it is being deleted.",
			},
			"roles": schema.ListAttribute{
				ElementType:         types.StringType,
				Computed:            true,
				MarkdownDescription: "Its roles, sorted: what stands behind `node-role.kubernetes.io/` in its labels.",
			},
			"zone": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The zone that it is in, by its label `topology.kubernetes.io/zone`. Null if it has none.",
			},
		}},
	}
}

func membersAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The nodes as members of a pool, by address and port such as `\"192.0.2.1:6443\"`. Null without `port`.",
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
				MarkdownDescription: "`enabled` for a ready node, `disabled` for one that is being deleted and still ready, `forced-offline` for one that is not ready.",
			},
			"description": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "A text for people: always null.",
			},
		}},
	}
}
