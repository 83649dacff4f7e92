package monitor

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// validate refuses what the type does not have, and an interval that leaves no time
// to fail. What is not known yet passes.
func validate(config model) diag.Diagnostics {
	var diags diag.Diagnostics
	if config.Type.IsUnknown() {
		return nil
	}
	for _, one := range []struct {
		name  string
		value attr.Value
		types []ltm.MonitorType
	}{
		{"ssl_profile", config.SSLProfile, []ltm.MonitorType{ltm.MonitorHTTPS}},
		{"username", config.Username, []ltm.MonitorType{ltm.MonitorHTTP, ltm.MonitorHTTPS}},
		{"password_wo", config.PasswordWO, []ltm.MonitorType{ltm.MonitorHTTP, ltm.MonitorHTTPS}},
	} {
		has := false
		for _, kind := range one.types {
			has = has || kind == config.kind()
		}
		if !has && !one.value.IsNull() {
			diags.Append(diagnostics.MonitorHasNo(one.name, config.kind()))
		}
	}
	interval, timeout := config.Interval, config.Timeout
	if !interval.IsNull() && !interval.IsUnknown() && !timeout.IsNull() && !timeout.IsUnknown() && interval.ValueInt64() >= timeout.ValueInt64() {
		diags.Append(diagnostics.IntervalNotBelowTimeout(interval.ValueInt64(), timeout.ValueInt64()))
	}
	return diags
}
