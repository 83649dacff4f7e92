package diagnostics

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

const inForce = "What was changed is in force."

// Uncommitted warns of changes that were made, and that a failover or a reboot
// would undo. A nil err has no warnings.
func Uncommitted(err error) diag.Diagnostics {
	if err == nil {
		return nil
	}
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return diag.Diagnostics{uncommitted(err)}
	}
	var diags diag.Diagnostics
	for _, one := range several.Unwrap() {
		diags.Append(Uncommitted(one)...)
	}
	return diags
}

func uncommitted(err error) diag.Diagnostic {
	if e, ok := errors.AsType[*engine.MovedError](err); ok {
		return diag.NewWarningDiagnostic("The pair failed over in the middle of a change",
			paragraphs([]string{
				"BIG-IP " + e.To + " is active now; the change was made on " + e.From + ", and may not have reached it.",
				"Plan again: the plan shows what is missing on the unit that is active.",
			}))
	}
	if e, ok := errors.AsType[*engine.SyncError](err); ok {
		return notSynchronised(e)
	}
	if e, ok := errors.AsType[*engine.SaveError](err); ok {
		return notSaved(e)
	}
	reason := err.Error() + "."
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		reason = "The run was interrupted before that."
	}
	return diag.NewWarningDiagnostic("Unable to save the configuration", paragraphs([]string{
		inForce + " " + reason, wayToSave,
	}))
}

func notSynchronised(err *engine.SyncError) diag.Diagnostic {
	state := ""
	if err.State != "" {
		state = "The state of the group is: " + err.State + "."
	}
	command := "On " + err.Device + ": tmsh run cm config-sync to-group " + err.Group + ". `tmsh show cm sync-status` tells why, if that does not do it either."
	if errors.Is(err, engine.ErrForbidden) {
		command = "The role of the provider's user does not allow it; this is said once. Let somebody else synchronise, or the group itself (autoSync), and remove `config_sync_group`; " +
			"or give the user a role that may. On " + err.Device + ": tmsh run cm config-sync to-group " + err.Group + "."
	}
	return diag.NewWarningDiagnostic("Unable to synchronise the configuration to "+err.Group, paragraphs([]string{
		inForce + " The other units do not have it: after a failover it would be gone.", state, cause(err.Err), command,
	}))
}

const wayToSave = "A reboot of the device would undo it. Save it on the device: tmsh save sys config."

func notSaved(err *engine.SaveError) diag.Diagnostic {
	wayOut := wayToSave
	if errors.Is(err, engine.ErrForbidden) {
		wayOut = "A reboot of the device would undo it. The role of the provider's user does not allow to save; this is said once. " +
			"Let somebody else save (tmsh save sys config) and set `save_config = \"never\"`, or give the user a role that may."
	}
	return diag.NewWarningDiagnostic("Unable to save the configuration of BIG-IP "+err.Device, paragraphs([]string{
		inForce + " It is not on the disk of the device.", cause(err.Err), wayOut,
	}))
}

// cause is what the device said, where it said something.
func cause(err error) string {
	if device, ok := errors.AsType[*engine.DeviceError](err); ok {
		return deviceSaid(device)
	}
	return ""
}

// NotDeleted says that a failover may have left an object that was deleted.
func NotDeleted(err *engine.MovedError) diag.Diagnostic {
	return plainError("The pair failed over in the middle of a removal",
		"BIG-IP "+err.To+" is active now; the object was deleted on "+err.From+", and may still be there.",
		"The state keeps it. Apply again: what is gone counts as deleted.")
}

// standby words a pair of which no unit is active.
func standby(err *engine.DeviceError, summary string) diag.Diagnostic {
	return plainError(summary, "No unit of the pair is active, so that nothing was sent to either.",
		"They said: "+err.Said,
		"Look at `tmsh show cm failover-status` on both. Once one of them is active, apply again. Check `addresses` and `port` of the provider if one cannot be reached from here.")
}
