package pool

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

// backendNames are short and plain: they stand in descriptions on the device
// and are the words of every message.
var backendNames = regexp.MustCompile(`^[a-z0-9]([-_a-z0-9]{0,61}[a-z0-9])?$`)

// What a standby is.
const (
	standbyDisabled = "disabled"
	standbyRemoved  = "removed"
)

func backendsAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional: true,
		MarkdownDescription: "What the members come from, by a name of your own, such as `blue`: lower-case letters, digits, `-` and `_`. " +
			"Each backend is a Service of Kubernetes (`service`), the pods with some labels (`selector`), nodes (`nodes`), or plain addresses (`addresses`); " +
			"backends of all kinds and of several clusters go together in one pool. A Service with several ports is a pool for each port, " +
			"as a virtual server has one port too, for example with `for_each`. Conflicts with `members`.\n\n" +
			"Kubernetes is read with the provider's `kubernetes` setting, which plain addresses do not need. It needs the rights to get `services` and list " +
			"`endpointslices` (group `discovery.k8s.io`); for a `selector` to list `pods` instead, for `nodes` to list `nodes` instead, and for a `node_port` to list `nodes` as well.",
		Validators: []validator.Map{
			mapvalidator.SizeAtLeast(1),
			mapvalidator.KeysAre(stringvalidator.RegexMatches(backendNames, "must be up to 63 lower-case letters, digits, - and _")),
		},
		NestedObject: schema.NestedAttributeObject{Attributes: backendAttributes()},
	}
}

func backendAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"cluster": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name of a cluster in the provider's `clusters`. Default: the cluster of its `kubernetes` setting.",
		},
		"namespace": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The namespace of the Service or of the pods. Required with `service` and `selector`.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"service": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name of a Service: the members are its endpoints. Required unless there is a `selector`, there are `nodes` or there are `addresses`.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"selector": schema.MapAttribute{
			ElementType: types.StringType,
			Optional:    true,
			MarkdownDescription: "Labels that a pod must have, all of them: `{ app = \"shop\", track = \"canary\" }`. A pod is a member from the moment its labels match, " +
				"with the share of the backend, and drains from the moment they do not. No Service is needed. A pod that is ready is enabled, one that is being deleted " +
				"and still ready is disabled, any other one is forced offline; pods that have ended are left out. Required unless there is a `service`, there are `nodes` or there are `addresses`.",
			Validators: []validator.Map{
				mapvalidator.SizeAtLeast(1),
				mapvalidator.KeysAre(customtypes.LabelKey()),
				mapvalidator.ValueStringsAre(customtypes.LabelValue()),
			},
		},
		"nodes": nodesAttribute(),
		"addresses": schema.SetAttribute{
			ElementType: types.StringType,
			Optional:    true,
			MarkdownDescription: "Addresses with ports, such as `\"192.0.2.10:8080\"` or `\"[2001:db8::1]:8080\"`: virtual machines beside pods, as during a migration. " +
				"They are always ready; the pool's monitors say whether they are up. Required unless there is a `service` or a `selector`, or there are `nodes`.",
			Validators: []validator.Set{
				setvalidator.SizeAtLeast(1),
				setvalidator.ValueStringsAre(customtypes.MemberKey()),
			},
		},
		"port": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The port, by name or by number. With `service` it is a port of the Service, and the members have the port of the pods behind it; " +
				"with `selector` it is the name of a container's port, or its number; with `nodes` it is a number. Required with `selector` and `nodes`. " +
				"Default: the Service's port, if it has just one.",
		},
		"family": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The address family of the members, `IPv4` or `IPv6`, or `dual` for a member of each. " +
				"Default: the first one of the Service; with `selector` and `nodes` the first address of each pod or node.",
			Validators: []validator.String{stringvalidator.OneOf(string(endpoints.IPv4), string(endpoints.IPv6), string(endpoints.Dual))},
		},
		"node_port": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether the members are the nodes' internal addresses with the node port of the Service, not its pods: for a BIG-IP that has no route to the pods. " +
				"Nodes are left out that are not ready, unschedulable, being deleted, or that have the label `node.kubernetes.io/exclude-from-external-load-balancers`; " +
				"with `externalTrafficPolicy: Local` also those without a ready endpoint of the Service. Default: `false`.",
		},
		"route_domain": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "The route domain of the members, 0 to 65534: with `2` a pod's address `10.0.0.1` becomes the member `10.0.0.1%2`. " +
				"An address in `addresses` that names one itself keeps it. Default: `0`, the device's first one.",
			Validators: []validator.Int64{int64validator.Between(0, ltm.MaxRouteDomain)},
		},
		"standby": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Where the members are while `traffic` gives the backend `0`: `disabled` keeps them on the device, probed and ready for a quick way back; " +
				"`removed` takes them off it, and a cutover to the backend adds them first. They are kept, disabled, while no other backend has a ready endpoint. Default: `disabled`.",
			Validators: []validator.String{stringvalidator.OneOf(standbyDisabled, standbyRemoved)},
		},
	}
}

func splitErrorAttribute() schema.NumberAttribute {
	return schema.NumberAttribute{
		Computed: true,
		MarkdownDescription: "By how many percent points, at most, a backend's part of the pool's traffic differs from its share in `traffic`, because ratios are whole numbers. " +
			"Backends without a member that takes traffic are not asked. At most `0.1` unless a backend has more than 600 times the weight per pod of another; `0` for one backend. Null for a pool with `members`.",
	}
}
