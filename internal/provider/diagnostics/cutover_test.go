package diagnostics_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// aborted is a cutover of /shop/web that ended with that step.
func aborted(step cutover.Step, spec cutover.Spec) string {
	return text(diagnostics.Aborted(&engine.AbortedError{Object: "pool /shop/web", Device: "192.0.2.1:443", Step: step, Spec: spec}))
}

func closed(kind cutover.GateKind, reason string, final bool) cutover.Step {
	return cutover.Step{Phase: cutover.Aborted, Gates: []cutover.Gate{{Kind: kind, Closed: reason, Final: final}}}
}

func TestACutoverThatWasGivenUpSaysWhyAndWhereTheTrafficIs(t *testing.T) {
	t.Parallel()
	const begin = "Unable to move the traffic of pool /shop/web\n\n"
	const unmoved = "\n\nThe traffic was not moved: what served before serves now.\n\n"
	minute := cutover.Spec{Timeout: time.Minute}
	down := cutover.Step{Phase: cutover.Aborted, Failure: "2 of 3 members that took traffic went down, 1 may"}
	back := down
	back.Back = true
	const kept = "Error at cutover: Unable to keep the traffic of pool /shop/web\n\n" +
		"On BIG-IP 192.0.2.1:443, 2 of 3 members that took traffic went down, 1 may.\n\n"
	for name, test := range map[string]struct{ got, want string }{
		"a freeze": {
			aborted(closed(cutover.GateFreeze, "traffic is frozen", true), cutover.Spec{Freeze: cutover.Freeze{Always: true}}),
			"Error at cutover: " + begin + "Traffic is frozen." + unmoved + "Set `freeze` to false to move traffic again.",
		},
		"a window": {
			aborted(closed(cutover.GateFreeze, "traffic is frozen in the window 22:00-06:00", true), minute),
			"Error at cutover: " + begin + "Traffic is frozen in the window 22:00-06:00." + unmoved + "Apply after the window, or take it out of `freeze_windows`.",
		},
		"a standby": {
			aborted(closed(cutover.GateDevice, "the device does not serve", false), minute),
			"Error: " + begin + "The device does not serve; it was given 1m." + unmoved +
				"Synchronise the pair if changes wait on it, wait until the device serves, or give the provider the address of the unit that does.",
		},
		"a change by somebody": {
			aborted(closed(cutover.GateUnchanged, "~ 10.0.0.1:80: ratio 1 -> 7", true), minute),
			"Error: " + begin + "Somebody else has changed it on BIG-IP 192.0.2.1:443 since the plan was made: ~ 10.0.0.1:80: ratio 1 -> 7." + unmoved +
				"Plan again: the new plan shows the object as it is now, and what an apply would make of it.",
		},
		"a check": {
			aborted(closed(cutover.GateCheck, "https://shop.example answered 500, and not 200", false), minute),
			"Error at cutover: " + begin + "The check did not say yes: https://shop.example answered 500, and not 200; it was given 1m." + unmoved + "Repair what the check asks for and apply again.",
		},
		"a rollback": {
			aborted(back, cutover.Spec{}),
			kept + "The traffic was given back in one write: what served before serves now. What was added stays on the device and takes no new connections.\n\n" +
				"Repair it and apply again: the plan still shows the cutover.",
		},
		"nobody to go back to": {
			aborted(down, cutover.Spec{}),
			kept + "The traffic stays where it is, on BIG-IP and in the state: nobody of those who served before could serve now.\n\n" +
				"Move it by hand with another apply, for example back to what the configuration said before.",
		},
		"a hold": {
			aborted(down, cutover.Spec{OnFailure: cutover.Hold}),
			kept + "The traffic stays where it is, on BIG-IP and in the state, because `on_failure` is `hold`.\n\n" +
				"Move it by hand with another apply, for example back to what the configuration said before.",
		},
		"a pool that waits for its deletion": {
			text(diagnostics.Retired(ltm.NewPath("shop", "blue"), "192.0.2.1:443", []ltm.Path{ltm.NewPath("shop", "web")})),
			"Warning: Pool /shop/blue is deleted when nobody uses it any more\n\n" +
				"On BIG-IP 192.0.2.1:443 it still serves virtual server /shop/web, and was not touched. It is marked on the device: the change that moves the " +
				"last virtual server to another pool, usually in this same apply, deletes it.\n\n" +
				"If no such change follows, remove the pool by hand, or write the resource again: it then takes the pool over as it is.",
		},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnEndpointThatIsGoneAsksForAnotherPlan(t *testing.T) {
	t.Parallel()
	key, err := ltm.ParseMemberKey("10.0.0.4:8080")
	if err != nil {
		t.Fatal(err)
	}
	got := aborted(cutover.Step{Phase: cutover.Aborted, Gates: []cutover.Gate{{
		Backend: "green", Available: 1, Needed: 2, Of: 2,
		Missing: []cutover.Candidate{{Key: key, Backend: "green", Health: ltm.HealthUp, Gone: true}},
	}}}, cutover.Spec{Require: cutover.Requirement{Count: 2}, Timeout: 2 * time.Minute})
	want := "Error at cutover: Unable to move the traffic of pool /shop/web\n\n" +
		"`require_available` = 2 was not fulfilled on BIG-IP 192.0.2.1:443, and waiting would not have helped:\n\n" +
		"  green: 1 of 2 members available, 2 needed\n    10.0.0.4:8080 is up; its endpoint is not ready in Kubernetes any more\n\n" +
		"The traffic was not moved: what served before serves now. Members that were added take no new connections.\n\n" +
		"Plan again: the new plan has the endpoints that are ready now."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
