package pool

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// sources are the attributes of a backend that say where its members come from.
func sources() []string { return []string{"service", "selector", "nodes", "addresses"} }

// validateBackends wants one source for each backend, and what goes with it. What
// is not known yet passes.
func validateBackends(ctx context.Context, backends types.Map) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(backends.Elements())) {
		object, ok := backends.Elements()[name].(types.Object)
		if !ok || object.IsNull() || object.IsUnknown() {
			continue
		}
		var backend backendModel
		d := object.As(ctx, &backend, basetypes.ObjectAsOptions{})
		diags.Append(d...)
		if !d.HasError() {
			diags.Append(backend.validate(path.Root("backends").AtMapKey(name))...)
		}
	}
	return diags
}

func (b backendModel) validate(at path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	source := map[string]attr.Value{"service": b.Service, "selector": b.Selector, "nodes": b.Nodes, "addresses": b.Addresses}
	var has []string
	undecided := false
	for _, name := range sources() {
		undecided = undecided || source[name].IsUnknown()
		if !source[name].IsNull() && !source[name].IsUnknown() {
			has = append(has, name)
		}
	}
	switch {
	case len(has) > 1:
		diags.Append(diagnostics.BackendWithSeveralSources(at, has))
		return diags
	case len(has) == 0 && !undecided:
		diags.Append(diagnostics.BackendWithoutSource(at, sources()))
		return diags
	case len(has) == 0 || undecided:
		return diags
	}
	diags.Append(b.goesWith(at, has[0])...)
	return diags
}

// goesWith checks the other attributes against the source. node_port = false is
// as good as none.
func (b backendModel) goesWith(at path.Path, source string) diag.Diagnostics {
	var diags diag.Diagnostics
	written := func(value attr.Value) bool { return !value.IsNull() && !value.IsUnknown() }
	if (source == "service" || source == "selector") && b.Namespace.IsNull() {
		diags.Append(diagnostics.BackendNeeds(at, "namespace", source))
	}
	if source == "nodes" {
		diags.Append(b.validateNodes(at)...)
	}
	if source == "selector" && !b.Port.IsUnknown() && b.Port.ValueString() == "" {
		diags.Append(diagnostics.BackendNeeds(at, "port", source))
	}
	if source == "addresses" {
		for _, other := range []struct {
			name  string
			value attr.Value
		}{{"cluster", b.Cluster}, {"namespace", b.Namespace}, {"port", b.Port}, {"family", b.Family}} {
			if written(other.value) {
				diags.Append(diagnostics.BackendCannotHave(at, other.name, source))
			}
		}
	}
	if source != "service" && b.NodePort.ValueBool() {
		diags.Append(diagnostics.BackendCannotHave(at, "node_port", source))
	}
	return diags
}

// validateNodes wants the number of a port, and no namespace.
func (b backendModel) validateNodes(at path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	if !b.Namespace.IsNull() && !b.Namespace.IsUnknown() {
		diags.Append(diagnostics.BackendCannotHave(at, "namespace", "nodes"))
	}
	if b.Port.IsUnknown() {
		return diags
	}
	switch number, err := strconv.ParseUint(b.Port.ValueString(), 10, 16); {
	case b.Port.ValueString() == "":
		diags.Append(diagnostics.BackendNeeds(at, "port", "nodes"))
	case err != nil || number == 0:
		diags.Append(diagnostics.NodesPort(at, b.Port.ValueString()))
	}
	return diags
}
