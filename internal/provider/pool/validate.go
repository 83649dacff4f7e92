package pool

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// ratioModes are the load balancing modes that share by the members' ratios.
func ratioModes() []string {
	return []string{"ratio-member", "ratio-session", "ratio-least-connections-member"}
}

// validate refuses combinations of attributes. What is not known yet passes.
func validate(ctx context.Context, config model) diag.Diagnostics {
	diags := validateMonitors(config)
	switch {
	case !config.Members.IsNull() && !config.Members.IsUnknown() && !config.Backends.IsNull() && !config.Backends.IsUnknown():
		diags.Append(diagnostics.MembersAndBackends())
	case config.Backends.IsNull():
		if !config.Traffic.IsNull() {
			diags.Append(diagnostics.TrafficWithoutBackends())
		}
	case !config.Backends.IsUnknown():
		diags.Append(validateBackends(ctx, config.Backends)...)
		diags.Append(validateTraffic(config)...)
	}
	return diags
}

// validateMonitors wants no more monitors to succeed than there are, for the pool
// and for each member.
func validateMonitors(config model) diag.Diagnostics {
	var diags diag.Diagnostics
	check := func(at path.Path, monitors types.Set, required types.Int64) {
		count := len(monitors.Elements()) // what is not known of them makes them no more
		if !monitors.IsUnknown() && required.ValueInt64() > int64(count) {
			diags.Append(diagnostics.TooManyMonitorsRequired(at, required.ValueInt64(), count))
		}
	}
	check(path.Root("monitors_required"), config.Monitors, config.MonitorsRequired)
	for _, key := range slices.Sorted(maps.Keys(config.Members.Elements())) {
		member, ok := config.Members.Elements()[key].(types.Object)
		if !ok {
			continue
		}
		monitors, _ := member.Attributes()["monitors"].(types.Set)
		required, _ := member.Attributes()["monitors_required"].(types.Int64)
		if !monitors.IsNull() { // the schema wants it
			check(path.Root("members").AtMapKey(key).AtName("monitors_required"), monitors, required)
		}
	}
	return diags
}

// validateTraffic wants a share for each backend, a hundred in all, and a load
// balancing mode that can split.
func validateTraffic(config model) diag.Diagnostics {
	var diags diag.Diagnostics
	backends := slices.Sorted(maps.Keys(config.Backends.Elements()))
	if config.Traffic.IsNull() {
		if len(backends) > 1 {
			diags.Append(diagnostics.TrafficMissing(backends))
		}
		return diags
	}
	if config.Traffic.IsUnknown() {
		return diags
	}
	for _, name := range slices.Sorted(maps.Keys(config.Traffic.Elements())) {
		if !slices.Contains(backends, name) {
			diags.Append(diagnostics.TrafficUnknownBackend(name, backends))
		}
	}
	for _, name := range backends {
		if _, ok := config.Traffic.Elements()[name]; !ok {
			diags.Append(diagnostics.TrafficLeftOut(name))
		}
	}
	shares, known := decodeTraffic(config.Traffic)
	if !known || diags.HasError() {
		return diags
	}
	sum, taking := 0, []string{}
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		sum += shares[name]
		if shares[name] > 0 {
			taking = append(taking, name)
		}
	}
	if sum != 100 {
		diags.Append(diagnostics.TrafficSum(sum))
	}
	if mode, ok := loadBalancingMode(config); ok && len(taking) > 1 && !slices.Contains(ratioModes(), mode) {
		diags.Append(diagnostics.NoRatioMode(mode, taking))
	}
	return diags
}

func loadBalancingMode(config model) (string, bool) {
	if config.LoadBalancingMode.IsNull() {
		return ltm.DefaultLoadBalancingMode, true
	}
	return config.LoadBalancingMode.ValueString(), !config.LoadBalancingMode.IsUnknown()
}
