package monitor

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
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

// late warns of a timeout that may not be over when the server is gone. What is not
// known yet passes.
func (m model) late() diag.Diagnostics {
	if m.ShutdownDelay.IsNull() || m.ShutdownDelay.IsUnknown() || m.Timeout.IsNull() || m.Timeout.IsUnknown() {
		return nil
	}
	delay, err := customtypes.ParseDuration(m.ShutdownDelay.ValueString())
	timeout := time.Duration(m.Timeout.ValueInt64()) * time.Second
	if err != nil || timeout < delay { // what is no duration, the schema's validator has refused
		return nil
	}
	return diag.Diagnostics{diagnostics.TimeoutNotBelowShutdown(timeout, delay)}
}
