package diagnostics

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Aborted words a cutover that was given up.
func Aborted(err *engine.AbortedError) diag.Diagnostic {
	if err.Step.Failure != "" {
		return failed(err)
	}
	for _, gate := range err.Step.Gates {
		if !gate.Open() && gate.Kind != cutover.GateAvailable {
			return refused(err, gate)
		}
	}
	return unavailable(err)
}

const unmoved = "The traffic was not moved: what served before serves now."

// unavailable tells how many of how many are available, and which member is down
// and why. Without require_available it is the floor that held: a pool that
// serves is not left without a member that does.
func unavailable(err *engine.AbortedError) diag.Diagnostic {
	lines := make([]string, 0, len(err.Step.Gates))
	for _, gate := range err.Step.Gates {
		if !gate.Open() {
			lines = append(lines, gateLines(gate)...)
		}
	}
	at := root().AtName("require_available")
	reason := fmt.Sprintf("`require_available` = %s was not fulfilled on BIG-IP %s%s:", err.Spec.Require, err.Device, within(err))
	wayOut := "Repair what is down and apply again, or lower `require_available`."
	if err.Spec.Require.IsZero() {
		at = path.Empty()
		reason = fmt.Sprintf("Nobody would be left to serve: no member that is to take the traffic is available on BIG-IP %s%s:", err.Device, within(err))
		wayOut = "Repair what is down and apply again, or give `cutover` a `timeout` in which it comes up."
	}
	if slices.ContainsFunc(err.Step.Gates, func(gate cutover.Gate) bool {
		return slices.ContainsFunc(gate.Missing, func(c cutover.Candidate) bool { return c.Gone })
	}) {
		wayOut = "Plan again: the new plan has the endpoints that are ready now."
	}
	return attributeError(at, "Unable to move the traffic of "+err.Object, reason, strings.Join(lines, "\n"),
		unmoved+" Members that were added take no new connections.", wayOut)
}

// refused words a gate that counts nothing.
func refused(err *engine.AbortedError, gate cutover.Gate) diag.Diagnostic {
	at, wayOut := path.Empty(), ""
	switch gate.Kind {
	case cutover.GateFreeze:
		at, wayOut = root().AtName("freeze_windows"), "Apply after the window, or take it out of `freeze_windows`."
		if err.Spec.Freeze.Always {
			at, wayOut = root().AtName("freeze"), "Set `freeze` to false to move traffic again."
		}
	case cutover.GateDevice:
		wayOut = "Synchronise the pair if changes wait on it, wait until the device serves, or give the provider the address of the unit that does."
	case cutover.GateOwner:
		wayOut = "Use the release of this provider that wrote the mark, or take the mark off the object on the device if nobody needs it."
	case cutover.GateUnchanged:
		wayOut = "Plan again: the new plan shows the object as it is now, and what an apply would make of it."
	case cutover.GateCheck:
		at, wayOut = root().AtName("check"), "Repair what the check asks for and apply again."
	}
	reason := capital(gate.Closed)
	switch gate.Kind {
	case cutover.GateCheck:
		reason = "The check did not say yes: " + gate.Closed
	case cutover.GateUnchanged:
		reason = "Somebody else has changed it on BIG-IP " + err.Device + " since the plan was made: " + gate.Closed
	}
	if !gate.Final && err.Spec.Timeout > 0 {
		reason += "; it was given " + Duration(err.Spec.Timeout)
	}
	return attributeError(at, "Unable to move the traffic of "+err.Object, sentence(reason), unmoved, wayOut)
}

// failed words what gained traffic and could not keep it.
func failed(err *engine.AbortedError) diag.Diagnostic {
	now := "The traffic was given back in one write: what served before serves now. What was added stays on the device and takes no new connections."
	wayOut := "Repair it and apply again: the plan still shows the cutover."
	at := root().AtName("bake")
	if !err.Step.Back {
		now = "The traffic stays where it is, on BIG-IP and in the state: nobody of those who served before could serve now."
		if err.Spec.OnFailure == cutover.Hold {
			now = "The traffic stays where it is, on BIG-IP and in the state, because `on_failure` is `hold`."
		}
		wayOut = "Move it by hand with another apply, for example back to what the configuration said before."
	}
	return attributeError(at, "Unable to keep the traffic of "+err.Object, "On BIG-IP "+err.Device+", "+sentence(err.Step.Failure), now, wayOut)
}

func root() path.Path { return path.Root("cutover") }

// within tells how long was waited: not at all where a gate could not open any more.
func within(err *engine.AbortedError) string {
	switch {
	case err.Spec.Timeout <= 0:
		return ""
	case slices.ContainsFunc(err.Step.Gates, func(gate cutover.Gate) bool { return !gate.Open() && gate.Hopeless() }):
		return ", and waiting would not have helped"
	default:
		return " within " + Duration(err.Spec.Timeout)
	}
}

func gateLines(gate cutover.Gate) []string {
	group := ""
	if gate.Backend != "" {
		group = gate.Backend + ": "
	}
	lines := []string{fmt.Sprintf("  %s%d of %s available, %d needed", group, gate.Available, count(gate.Of, "member"), gate.Needed)}
	for _, member := range gate.Missing {
		lines = append(lines, "    "+member.String())
	}
	return lines
}

// Retired warns that a pool which left the configuration stays on the device
// until the virtual servers that use it have left it.
func Retired(pool ltm.Path, device string, users []ltm.Path) diag.Diagnostic {
	names := make([]string, 0, len(users))
	for _, user := range users {
		names = append(names, user.String())
	}
	return diag.NewWarningDiagnostic("Pool "+pool.String()+" is deleted when nobody uses it any more",
		"On BIG-IP "+device+" it still serves virtual server "+strings.Join(names, " and ")+", and was not touched. It is marked on the device: the change that moves the "+
			"last virtual server to another pool, usually in this same apply, deletes it.\n\n"+
			"If no such change follows, remove the pool by hand, or write the resource again: it then takes the pool over as it is.")
}
