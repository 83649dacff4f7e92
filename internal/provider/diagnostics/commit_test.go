package diagnostics_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

func TestWhatDoesNotLastIsAWarningWithTheCommandThatMakesIt(t *testing.T) {
	t.Parallel()
	save := func(kind error, said string) error {
		return &engine.SaveError{Device: "192.0.2.1", Err: &engine.DeviceError{
			Kind: kind, Verb: "save", Object: "the configuration", Device: "192.0.2.1", Said: said, Err: errors.New("x"),
		}}
	}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"nothing", nil, ""},
		{"not saved", save(engine.ErrRefused, "no space left (01071234)"), `Warning: Unable to save the configuration of BIG-IP 192.0.2.1

What was changed is in force. It is not on the disk of the device.

The device said: no space left (01071234)

A reboot of the device would undo it. Save it on the device: tmsh save sys config.`},
		{"may not save", save(engine.ErrForbidden, "Access Denied (01070822)"), `Warning: Unable to save the configuration of BIG-IP 192.0.2.1

What was changed is in force. It is not on the disk of the device.

The device said: Access Denied (01070822)

A reboot of the device would undo it. The role of the provider's user does not allow to save; this is said once. Let somebody else save (tmsh save sys config) and set ` + "`save_config = \"never\"`" + `, or give the user a role that may.`},
		{"not in sync, and the save failed too", errors.Join(errors.Join(&engine.SyncError{Group: "pair", Device: "192.0.2.1", State: "Disconnected"}), save(engine.ErrBusy, "later")), `Warning: Unable to synchronise the configuration to pair

What was changed is in force. The other units do not have it: after a failover it would be gone.

The state of the group is: Disconnected.

On 192.0.2.1: tmsh run cm config-sync to-group pair. ` + "`tmsh show cm sync-status`" + ` tells why, if that does not do it either.
---
Warning: Unable to save the configuration of BIG-IP 192.0.2.1

What was changed is in force. It is not on the disk of the device.

The device said: later

A reboot of the device would undo it. Save it on the device: tmsh save sys config.`},
		{"may not synchronise", &engine.SyncError{Group: "pair", Device: "192.0.2.1", Err: device(engine.ErrForbidden, "synchronise", "Access Denied")}, `Warning: Unable to synchronise the configuration to pair

What was changed is in force. The other units do not have it: after a failover it would be gone.

The device said: Access Denied

The role of the provider's user does not allow it; this is said once. Let somebody else synchronise, or the group itself (autoSync), and remove ` + "`config_sync_group`" + `; or give the user a role that may. On 192.0.2.1: tmsh run cm config-sync to-group pair.`},
		{"failed over", &engine.MovedError{From: "192.0.2.1", To: "192.0.2.2"}, `Warning: The pair failed over in the middle of a change

BIG-IP 192.0.2.2 is active now; the change was made on 192.0.2.1, and may not have reached it.

Plan again: the plan shows what is missing on the unit that is active.`},
		{"interrupted", context.Canceled, `Warning: Unable to save the configuration

What was changed is in force. The run was interrupted before that.

A reboot of the device would undo it. Save it on the device: tmsh save sys config.`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, texts(diagnostics.Uncommitted(test.err))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestARemovalThatAFailoverMayHaveUndoneIsAnError(t *testing.T) {
	t.Parallel()
	want := `Error: The pair failed over in the middle of a removal

BIG-IP 192.0.2.2 is active now; the object was deleted on 192.0.2.1, and may still be there.

The state keeps it. Apply again: what is gone counts as deleted.`
	if diff := cmp.Diff(want, text(diagnostics.NotDeleted(&engine.MovedError{From: "192.0.2.1", To: "192.0.2.2"}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAPairWithoutAnActiveUnitNamesBoth(t *testing.T) {
	t.Parallel()
	err := device(engine.ErrStandby, "update", "192.0.2.1:443: STANDBY; 192.0.2.2:443: connection refused")
	want := `Error: Unable to update pool /shop/web

No unit of the pair is active, so that nothing was sent to either.

They said: 192.0.2.1:443: STANDBY; 192.0.2.2:443: connection refused

Look at ` + "`tmsh show cm failover-status`" + ` on both. Once one of them is active, apply again. Check ` + "`addresses` and `port`" + ` of the provider if one cannot be reached from here.`
	if diff := cmp.Diff(want, texts(diagnostics.FromError(err))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
