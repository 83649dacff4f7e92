package diagnostics

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// DrainingLine is a line of progress: "draining /shop/shop: 30 connections left".
func DrainingLine(object string, open int64) string {
	return fmt.Sprintf("draining %s: %s left", object, count(int(open), "connection"))
}

// DrainedLine is the last line of progress of a drain.
func DrainedLine(object string, drained engine.Drained, offline bool) string {
	session := "disabled"
	if offline {
		session = "forced offline"
	}
	return fmt.Sprintf("%s: %s %s, %s left", object, count(drained.Members, "member"), session, count(int(drained.Open), "connection"))
}

// SavingLine is the first line of progress of a save.
func SavingLine(device string) string { return "saving the configuration of BIG-IP " + device }

// SavedLine is the last line of progress of a save.
func SavedLine(device string, took time.Duration) string {
	return fmt.Sprintf("saved the configuration of BIG-IP %s in %s", device, took.Round(time.Second/10))
}

// FromDrain words what engine.DrainMembers returns.
func FromDrain(err error) diag.Diagnostics {
	if e, ok := errors.AsType[*engine.NoBackendError](err); ok {
		has := "None of its members belongs to a backend."
		if len(e.Backends) > 0 {
			has = "It has members of " + list(e.Backends) + "."
		}
		return diag.Diagnostics{attributeError(path.Root("backend"), "Unable to drain "+e.Object,
			fmt.Sprintf("It has no member of a backend %q on BIG-IP %s. Nothing was changed.", e.Backend, e.Device), has,
			"Correct the name, or leave `backend` out to drain the whole pool.")}
	}
	if e, ok := errors.AsType[*engine.NobodyLeftError](err); ok {
		names := make([]string, 0, len(e.VirtualServers))
		for _, at := range e.VirtualServers {
			names = append(names, at.String())
		}
		return diag.Diagnostics{plainError("Unable to drain "+e.Object,
			"No member of it would take new connections any more, and on BIG-IP "+e.Device+" it serves "+strings.Join(names, ", ")+". Nothing was changed.",
			"Give the virtual server another pool first, or set `allow_none = true`.")}
	}
	return FromError(err)
}

// NotDrained says that the deadline has passed with connections left.
func NotDrained(goal engine.DrainGoal, drained engine.Drained, device string) diag.Diagnostic {
	return attributeError(path.Root("deadline"), "Unable to drain pool "+goal.Pool.String()+" in time",
		fmt.Sprintf("After %s, %s left on BIG-IP %s; %d may be.", Duration(goal.Deadline), are(int(drained.Open), "connection"), device, goal.Remain),
		"The members are disabled: they get no new clients, and keep those that they have.",
		"Invoke the action again, with a longer `deadline` or with `force_offline = true`, or allow more in `connections_allowed`.")
}
