package pool

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
)

// backendModel is one element of backends; its key is the backend's name.
type backendModel struct {
	Cluster     types.String `tfsdk:"cluster"`
	Namespace   types.String `tfsdk:"namespace"`
	Service     types.String `tfsdk:"service"`
	Selector    types.Map    `tfsdk:"selector"`
	Nodes       types.Object `tfsdk:"nodes"`
	Addresses   types.Set    `tfsdk:"addresses"`
	Port        types.String `tfsdk:"port"`
	Family      types.String `tfsdk:"family"`
	NodePort    types.Bool   `tfsdk:"node_port"`
	RouteDomain types.Int64  `tfsdk:"route_domain"`
	Standby     types.String `tfsdk:"standby"`
}

func backendType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		"cluster": types.StringType, "namespace": types.StringType, "service": types.StringType,
		"selector": types.MapType{ElemType: types.StringType}, "nodes": nodesType(), "addresses": types.SetType{ElemType: types.StringType},
		"port": types.StringType, "family": types.StringType, "node_port": types.BoolType,
		"route_domain": types.Int64Type, "standby": types.StringType,
	}}
}

func nullBackends() types.Map  { return types.MapNull(backendType()) }
func nullTraffic() types.Map   { return types.MapNull(types.Int64Type) }
func nullEndpoints() types.Map { return types.MapNull(pinned.Type()) }

// values are all fields.
func (b backendModel) values() []attr.Value {
	return []attr.Value{b.Cluster, b.Namespace, b.Service, b.Selector, b.Nodes, b.Addresses, b.Port, b.Family, b.NodePort, b.RouteDomain, b.Standby}
}

// known tells that every field has its value, labels and addresses too.
func (b backendModel) known() bool {
	unknown := func(value attr.Value) bool { return value.IsUnknown() }
	return !slices.ContainsFunc(b.values(), unknown) && nodesKnown(b.Nodes) &&
		!slices.ContainsFunc(slices.Collect(maps.Values(b.Selector.Elements())), unknown) &&
		!slices.ContainsFunc(b.Addresses.Elements(), unknown)
}

// ref is what the backend refers to. Null and "" are the same.
func (b backendModel) ref() endpoints.Ref {
	var keys []ltm.MemberKey
	for _, value := range b.Addresses.Elements() {
		text, _ := value.(types.String)
		if key, err := ltm.ParseMemberKey(text.ValueString()); err == nil { // the schema's validator has seen it
			keys = append(keys, key)
		}
	}
	ref := endpoints.Ref{
		Cluster: b.Cluster.ValueString(), Namespace: b.Namespace.ValueString(), Service: b.Service.ValueString(),
		Selector: labelsOf(b.Selector), Addresses: endpoints.NewAddresses(keys),
		Port: b.Port.ValueString(), Family: endpoints.Family(b.Family.ValueString()),
		NodePort: b.NodePort.ValueBool(), RouteDomain: uint16(b.RouteDomain.ValueInt64()),
	}
	selectNodes(b.Nodes, &ref)
	return ref
}

// labelsOf are the labels of a map; null is none.
func labelsOf(value types.Map) endpoints.Selector {
	labels := map[string]string{}
	for key, element := range value.Elements() {
		if text, ok := element.(types.String); ok {
			labels[key] = text.ValueString()
		}
	}
	return endpoints.NewSelector(labels)
}

// remove tells that as a standby its members are off the device.
func (b backendModel) remove() bool { return b.Standby.ValueString() == standbyRemoved }

// marked is the backend that a mark tells of. What is the default there is null.
func marked(b binding.Backend) backendModel {
	m := backendModel{
		Cluster: stringOrNull(b.Ref.Cluster), Namespace: stringOrNull(b.Ref.Namespace), Service: stringOrNull(b.Ref.Service),
		Selector: types.MapNull(types.StringType), Nodes: nodesValue(b.Ref), Addresses: types.SetNull(types.StringType),
		Port: stringOrNull(b.Ref.Port), Family: stringOrNull(string(b.Ref.Family)),
	}
	if !b.Ref.Nodes {
		m.Selector = labelsValue(b.Ref.Selector)
	}
	if keys := b.Ref.Addresses.Keys(); len(keys) > 0 {
		elements := make([]attr.Value, 0, len(keys))
		for _, key := range keys {
			elements = append(elements, types.StringValue(key.String()))
		}
		m.Addresses = types.SetValueMust(types.StringType, elements)
	}
	if b.Ref.NodePort {
		m.NodePort = types.BoolValue(true)
	}
	if b.Ref.RouteDomain != 0 {
		m.RouteDomain = types.Int64Value(int64(b.Ref.RouteDomain))
	}
	if b.Remove {
		m.Standby = types.StringValue(standbyRemoved)
	}
	return m
}

// labelsValue is the inverse of labelsOf.
func labelsValue(selector endpoints.Selector) types.Map {
	labels := selector.Labels()
	if len(labels) == 0 {
		return types.MapNull(types.StringType)
	}
	elements := make(map[string]attr.Value, len(labels))
	for key, value := range labels {
		elements[key] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}

// unknownElement tells that a whole backend is not known yet.
func unknownElement(backends types.Map) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(backends.Elements())), attr.Value.IsUnknown)
}

// decodeBackends reads the map; null and unknown are an empty one.
func decodeBackends(ctx context.Context, value types.Map) (map[string]backendModel, diag.Diagnostics) {
	backends := map[string]backendModel{}
	if value.IsNull() || value.IsUnknown() {
		return backends, nil
	}
	diags := value.ElementsAs(ctx, &backends, false)
	return backends, diags
}

// decodeTraffic reads the shares; known is false if one of them isn't.
func decodeTraffic(value types.Map) (shares map[string]int, known bool) {
	if value.IsUnknown() {
		return nil, false
	}
	shares = map[string]int{}
	for name, element := range value.Elements() {
		share, ok := element.(types.Int64)
		if !ok || share.IsUnknown() {
			return nil, false
		}
		shares[name] = int(share.ValueInt64())
	}
	return shares, true
}

// backends is the engine's view of m, sorted by name.
func (m model) backends(ctx context.Context) ([]engine.Backend, diag.Diagnostics) {
	models, diags := decodeBackends(ctx, m.Backends)
	shares, _ := decodeTraffic(m.Traffic)
	list := make([]engine.Backend, 0, len(models))
	for _, name := range slices.Sorted(maps.Keys(models)) {
		list = append(list, engine.Backend{Name: name, Ref: models[name].ref(), Share: shares[name], Remove: models[name].remove()})
	}
	return list, diags
}

// needKubernetes tells that one of the backends is more than plain addresses.
func needKubernetes(backends []engine.Backend) bool {
	return slices.ContainsFunc(backends, func(b engine.Backend) bool { return b.Ref.Kind() != endpoints.KindAddresses })
}

// setBinding takes backends and traffic from a mark. A backend that refers to
// the same as before keeps its spelling.
func (m *model) setBinding(ctx context.Context, mark binding.Mark) diag.Diagnostics {
	before, diags := decodeBackends(ctx, m.Backends)
	backends, shares := map[string]backendModel{}, map[string]int64{}
	for _, b := range mark.Backends {
		name := b.FullName()
		backend := marked(b)
		if old, ok := before[name]; ok && old.ref() == b.Ref && old.remove() == b.Remove {
			backend = old
		}
		backends[name], shares[name] = backend, int64(b.Share)
	}
	var d diag.Diagnostics
	m.Backends, d = types.MapValueFrom(ctx, backendType(), backends)
	diags.Append(d...)
	m.Traffic, d = types.MapValueFrom(ctx, types.Int64Type, shares)
	diags.Append(d...)
	return diags
}

// only keeps the endpoints of some backends.
func only[V any](observed engine.BackendEndpoints, names map[string]V) engine.BackendEndpoints {
	kept := engine.BackendEndpoints{}
	for name, result := range observed {
		if _, ok := names[name]; ok {
			kept[name] = result
		}
	}
	return kept
}
