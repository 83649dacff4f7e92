package pool

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// ratioModes are the load balancing modes that share by the members' ratios.
func ratioModes() []string {
	return []string{"ratio-member", "ratio-session", "ratio-least-connections-member"}
}

// validate refuses combinations of attributes. What is not known yet passes.
func validate(ctx context.Context, config model) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case !config.Members.IsNull() && !config.Backends.IsNull():
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
