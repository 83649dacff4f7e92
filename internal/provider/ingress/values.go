package ingress

import (
	"context"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

// The types of what is nested.
var (
	ownerType       = types.ObjectType{AttrTypes: map[string]attr.Type{"cluster": types.StringType, "namespace": types.StringType, "name": types.StringType}}
	secretType      = types.ObjectType{AttrTypes: map[string]attr.Type{"namespace": types.StringType, "name": types.StringType}}
	fallbackType    = types.ObjectType{AttrTypes: map[string]attr.Type{"reset": types.BoolType, "redirect": types.StringType, "pool": types.StringType}}
	certificateType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"certificate": types.StringType, "checksum": types.StringType, "key_checksum": types.StringType,
	}}
	memberType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"session": types.StringType, "ratio": types.Int64Type, "backend": types.StringType, "pod": types.StringType,
	}}
	poolType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"backends": types.StringType, "members": types.MapType{ElemType: memberType},
	}}
	wantedPoolType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"binding": types.StringType, "endpoints": types.MapType{ElemType: pinned.Type()},
	}}
	wantedType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"virtual_servers": types.MapType{ElemType: types.StringType}, "routes": types.MapType{ElemType: types.StringType},
		"tls": types.MapType{ElemType: certificateType}, "pools": types.MapType{ElemType: wantedPoolType},
	}}
)

// emptyModel has the schema's defaults, and is null elsewhere: what an import begins
// with.
func emptyModel() model {
	m := model{
		Routing: Routing{
			HTTPPort: types.Int64Value(80), HTTPSPort: types.Int64Value(443), HTTPSRedirect: types.BoolValue(true),
			Certificates: types.MapNull(secretType), Fallback: types.ObjectNull(fallbackType.AttrTypes),
			ClientIP: types.StringValue(string(routes.ForwardedFor)), AllowedSources: types.SetNull(types.StringType), Strict: types.BoolValue(false),
		},
		Pooling: Pooling{Monitors: types.SetNull(types.StringType), Probes: types.BoolValue(false), NodePort: types.BoolValue(false)},
		Serving: Serving{
			Profiles: types.MapNull(types.StringType), IRules: types.ListNull(types.StringType),
			SecurityLogProfiles: types.SetValueMust(types.StringType, []attr.Value{}), VLANs: types.ObjectNull(serverattr.VLANTypes()),
		},
		VirtualServers: types.MapNull(types.StringType), Routes: types.MapNull(types.StringType),
		TLS: types.MapNull(certificateType), Pools: types.MapNull(poolType),
		Problems: types.ListNull(types.StringType), Differences: types.ListNull(types.StringType),
		Wanted: types.ObjectNull(wantedType.AttrTypes),
	}
	for _, k := range kinds {
		*k.of(&m) = types.ObjectNull(ownerType.AttrTypes)
	}
	m.Timeouts = timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{
		"create": types.StringType, "update": types.StringType, "delete": types.StringType,
	})}
	return m
}

// forget makes all unknown that an apply finds out.
func (m *model) forget() {
	m.VirtualServers, m.Routes = types.MapUnknown(types.StringType), types.MapUnknown(types.StringType)
	m.TLS, m.Pools = types.MapUnknown(certificateType), types.MapUnknown(poolType)
	m.Problems, m.Differences = types.ListUnknown(types.StringType), types.ListUnknown(types.StringType)
	m.Wanted = types.ObjectUnknown(wantedType.AttrTypes)
}

func objectValue(owner binding.Object) types.Object {
	return types.ObjectValueMust(ownerType.AttrTypes, map[string]attr.Value{
		"cluster": textOrNull(owner.Cluster), "namespace": types.StringValue(owner.Namespace), "name": types.StringValue(owner.Name),
	})
}

func serversValue(servers map[uint16]ltm.Path) types.Map {
	elements := make(map[string]attr.Value, len(servers))
	for port, path := range servers {
		elements[strconv.Itoa(int(port))] = types.StringValue(path.String())
	}
	return types.MapValueMust(types.StringType, elements)
}

func textsValue(texts map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(texts))
	for key, text := range texts {
		elements[key] = types.StringValue(text)
	}
	return types.MapValueMust(types.StringType, elements)
}

func linesValue(lines []string) types.List {
	elements := make([]attr.Value, 0, len(lines))
	for _, line := range lines {
		elements = append(elements, types.StringValue(line))
	}
	return types.ListValueMust(types.StringType, elements)
}

func tlsValue(tls map[string]ltm.Certificate) types.Map {
	elements := make(map[string]attr.Value, len(tls))
	for host, c := range tls {
		elements[host] = types.ObjectValueMust(certificateType.AttrTypes, map[string]attr.Value{
			"certificate": types.StringValue(c.Path.String()), "checksum": textOrNull(c.CertificateChecksum), "key_checksum": textOrNull(c.KeyChecksum),
		})
	}
	return types.MapValueMust(certificateType, elements)
}

// poolValue is a pool with its members. Those with a mark of ours have a backend.
func poolValue(description string, members []ltm.Member) types.Object {
	_, mark, _, _ := binding.Parse(description)
	elements := make(map[string]attr.Value, len(members))
	for _, m := range members {
		backend, pod := types.StringNull(), types.StringNull()
		if _, of, found, err := binding.ParseMember(m.Description); found && err == nil {
			backend, pod = types.StringValue(of.FullName()), textOrNull(of.Pod)
		}
		elements[m.Key.String()] = types.ObjectValueMust(memberType.AttrTypes, map[string]attr.Value{
			"session": types.StringValue(string(m.Session)), "ratio": types.Int64Value(int64(m.Ratio)), "backend": backend, "pod": pod,
		})
	}
	return types.ObjectValueMust(poolType.AttrTypes, map[string]attr.Value{
		"backends": types.StringValue(routes.BackendsText(mark.Backends)), "members": types.MapValueMust(memberType, elements),
	})
}

// poolsValue are those of some paths.
func poolsValue(pools []ltm.Pool, paths []ltm.Path) types.Map {
	wanted := make(map[ltm.Path]bool, len(paths))
	for _, path := range paths {
		wanted[path] = true
	}
	elements := map[string]attr.Value{}
	for _, pool := range pools {
		if wanted[pool.Path] {
			elements[pool.Path.String()] = poolValue(pool.Description, pool.Members)
		}
	}
	return types.MapValueMust(poolType, elements)
}

// wish is what the cluster asks for: the pin.
type wish struct {
	view  routes.View
	pools map[ltm.Path]wishedPool
}

// wishedPool is a pool with the endpoints of its backends.
type wishedPool struct {
	binding   string // the description
	endpoints engine.BackendEndpoints
}

// value is the wish as the state has it.
func (w wish) value(ctx context.Context) (types.Object, diag.Diagnostics) {
	var diags diag.Diagnostics
	pools := make(map[string]attr.Value, len(w.pools))
	for at, pool := range w.pools {
		pins, d := pinned.Value(ctx, pool.endpoints)
		diags.Append(d...)
		pools[at.String()] = types.ObjectValueMust(wantedPoolType.AttrTypes, map[string]attr.Value{"binding": types.StringValue(pool.binding), "endpoints": pins})
	}
	return types.ObjectValueMust(wantedType.AttrTypes, map[string]attr.Value{
		"virtual_servers": serversValue(w.view.VirtualServers), "routes": textsValue(w.view.Routes), "tls": tlsValue(w.view.TLS),
		"pools": types.MapValueMust(wantedPoolType, pools),
	}), diags
}

// readPools are the pools of a pin.
func readPools(ctx context.Context, wanted types.Object) (map[ltm.Path]wishedPool, diag.Diagnostics) {
	var diags diag.Diagnostics
	pools := map[ltm.Path]wishedPool{}
	value, _ := wanted.Attributes()["pools"].(types.Map)
	for text, element := range value.Elements() {
		at, err := ltm.ParsePath(text)
		object, ok := element.(types.Object)
		if err != nil || !ok {
			diags.AddAttributeError(path.Root("wanted"), "Not a pool", text)
			continue
		}
		pins, _ := object.Attributes()["endpoints"].(types.Map)
		endpoints, d := pinned.Read(ctx, path.Root("wanted").AtName("pools").AtMapKey(text).AtName("endpoints"), pins)
		diags.Append(d...)
		pools[at] = wishedPool{binding: attribute(object, "binding"), endpoints: endpoints}
	}
	return pools, diags
}
