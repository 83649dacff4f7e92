package diagnostics

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// MonitorHasNo says that monitors of a type do not have an attribute.
func MonitorHasNo(attribute string, kind ltm.MonitorType) diag.Diagnostic {
	return attributeError(path.Root(attribute), fmt.Sprintf("Monitor of type %s with %s", kind, attribute),
		fmt.Sprintf("Monitors of type %s do not have it.", kind),
		"Remove it, or choose another `type`.")
}

// IntervalNotBelowTimeout says that a member would be down before its second probe.
func IntervalNotBelowTimeout(interval, timeout int64) diag.Diagnostic {
	return attributeError(path.Root("interval"), "Interval is not less than timeout",
		fmt.Sprintf("A probe every %d seconds cannot succeed twice in the %d seconds of `timeout`, and the device refuses it.", interval, timeout),
		fmt.Sprintf("Usual is a `timeout` of three intervals and one second: %d.", 3*interval+1))
}

// NoSuchMonitor says that an import found a monitor in none of the types.
func NoSuchMonitor(id, device string) diag.Diagnostic {
	return plainError("Unable to import monitor "+id,
		"BIG-IP "+device+" has no monitor of that name of type http, https or tcp.",
		"Check the path: names are case-sensitive. Monitors of other types are not managed by this resource.")
}

// TimeoutNotBelowShutdown warns that a server may be gone before its member is down.
func TimeoutNotBelowShutdown(timeout, delay time.Duration) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("timeout"), "Timeout is not below shutdown_delay",
		fmt.Sprintf("A server that stops fails its probes and serves for %s more. The monitor takes up to %s to call its member down, so that new connections may still go to "+
			"a server that is gone.\n\nSet `timeout` (and `interval`) below %s, or raise the delay of the servers and `shutdown_delay` with it.", Duration(delay), Duration(timeout), Duration(delay)))
}
