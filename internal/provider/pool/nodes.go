package pool

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

// The attributes of `nodes`.
const (
	nodesRole     = "role"
	nodesSelector = "selector"
	nodesAddress  = "address_type"
)

func nodesAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The nodes of the cluster themselves, for what listens on them: the API servers of a control plane, or an ingress controller of a DaemonSet. " +
			"`{}` is all nodes. A node that is ready is enabled, one that is being deleted and still ready is disabled, any other one is forced offline. " +
			"A cordon (`unschedulable`) and the label `node.kubernetes.io/exclude-from-external-load-balancers` change nothing: the first keeps new pods away and lets run what runs, " +
			"the second is about Services of type LoadBalancer, and kubeadm puts it on every control-plane node.\n\n" +
			"A pool with such a backend keeps its last member that takes traffic, whatever the cluster says: neither an apply nor the helper takes it away, and no matching node at all is an error. " +
			"Required unless there is a `service`, a `selector` or there are `addresses`.",
		Attributes: map[string]schema.Attribute{
			nodesRole: schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "A role that a node must have, such as `control-plane`: the label `node-role.kubernetes.io/control-plane`, whatever its value. " +
					"Default: any role, and none.",
				Validators: []validator.String{customtypes.LabelValue(), stringvalidator.LengthAtLeast(1)},
			},
			nodesSelector: schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "Labels that a node must have, all of them, beside the `role`. Default: any.",
				Validators: []validator.Map{
					mapvalidator.SizeAtLeast(1),
					mapvalidator.KeysAre(customtypes.LabelKey()),
					mapvalidator.ValueStringsAre(customtypes.LabelValue()),
				},
			},
			nodesAddress: schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Which of a node's addresses is the member's: `InternalIP` or `ExternalIP`. The first one of the `family` counts. Default: `InternalIP`.",
				Validators:          []validator.String{stringvalidator.OneOf(string(endpoints.InternalIP), string(endpoints.ExternalIP))},
			},
		},
	}
}

func nodesType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		nodesRole: types.StringType, nodesSelector: types.MapType{ElemType: types.StringType}, nodesAddress: types.StringType,
	}}
}

// nodesKnown tells that all of `nodes` has its value; null is known.
func nodesKnown(value types.Object) bool {
	unknown := func(value attr.Value) bool { return value.IsUnknown() }
	if value.IsUnknown() || slices.ContainsFunc(slices.Collect(maps.Values(value.Attributes())), unknown) {
		return false
	}
	labels, _ := value.Attributes()[nodesSelector].(types.Map)
	return !slices.ContainsFunc(slices.Collect(maps.Values(labels.Elements())), unknown)
}

// selectNodes writes `nodes` into a Ref. The default type of address is "", as in a
// mark.
func selectNodes(value types.Object, ref *endpoints.Ref) {
	if value.IsNull() || value.IsUnknown() {
		return
	}
	ref.Nodes = true
	role, _ := value.Attributes()[nodesRole].(types.String)
	labels, _ := value.Attributes()[nodesSelector].(types.Map)
	kind, _ := value.Attributes()[nodesAddress].(types.String)
	ref.Role, ref.Selector = role.ValueString(), labelsOf(labels)
	if endpoints.NodeAddressType(kind.ValueString()) == endpoints.ExternalIP {
		ref.NodeAddress = endpoints.ExternalIP
	}
}

// nodesValue is the inverse of selectNodes.
func nodesValue(ref endpoints.Ref) types.Object {
	if !ref.Nodes {
		return types.ObjectNull(nodesType().AttrTypes)
	}
	return types.ObjectValueMust(nodesType().AttrTypes, map[string]attr.Value{
		nodesRole: stringOrNull(ref.Role), nodesSelector: labelsValue(ref.Selector), nodesAddress: stringOrNull(string(ref.NodeAddress)),
	})
}
