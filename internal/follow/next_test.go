package follow_test

import (
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var (
	usual   = follow.Policy{MaxDisablePercent: 50, Hold: 30 * time.Second}
	prewarm = follow.Policy{MaxDisablePercent: 50, Hold: 30 * time.Second, PreWarm: true}
)

// TestAMemberFollowsItsEndpoint is the table of the package's documentation. There
// are always enough others for nothing to be in doubt.
func TestAMemberFollowsItsEndpoint(t *testing.T) {
	t.Parallel()
	const others, ready = "11 enabled, 12 enabled", "11 ready, 12 ready"
	for _, test := range []struct {
		name           string
		policy         follow.Policy
		live, endpoint string
		want           []string
	}{
		{"ready and new: added", usual, "", "1 ready", []string{"+1 enabled"}},
		{"ready and there: nothing", usual, "1 enabled", "1 ready", nil},
		{"ready again: enabled", usual, "1 offline", "1 ready", []string{"1 enabled"}},
		{"disabled by somebody: enabled", usual, "1 disabled", "1 ready", []string{"1 enabled"}},
		{"terminating: disabled", usual, "1 enabled", "1 terminating", []string{"1 disabled"}},
		{"terminates still: nothing", usual, "1 disabled", "1 terminating", nil},
		{"terminating and new: added as it is", usual, "", "1 terminating", []string{"+1 disabled"}},
		{"not ready: forced offline", usual, "1 enabled", "1 not-ready", []string{"1 forced-offline"}},
		{"terminated to the end: forced offline", usual, "1 disabled", "1 not-ready", []string{"1 forced-offline"}},
		{"not ready and new: added offline", usual, "", "1 not-ready", []string{"+1 forced-offline"}},
		{"not ready and new: added to be probed", prewarm, "", "1 not-ready", []string{"+1 disabled"}},
		{"not ready still: nothing", prewarm, "1 disabled", "1 not-ready", nil},
		{"ready after its monitors: enabled", prewarm, "1 disabled", "1 ready", []string{"1 enabled"}},
		{"not ready any more: forced offline", prewarm, "1 enabled", "1 not-ready", []string{"1 forced-offline"}},
		{"not ready, offline: nothing", prewarm, "1 offline", "1 not-ready", nil},
		{"gone without a word: offline, then off", usual, "1 enabled", "", []string{"1 forced-offline", "-1"}},
		{"gone after it terminated: off", usual, "1 disabled", "", []string{"-1"}},
		{"gone after it was not ready: off", usual, "1 offline", "", []string{"-1"}},
		{"a standby: disabled", usual, "", "30 ready", []string{"+30 disabled"}},
		{"a share taken away: disabled", usual, "30 enabled", "30 ready", []string{"30 disabled"}},
		{"added by hand: left alone", usual, "90 enabled, 91 disabled, 92 offline", "", nil},
		{
			"many at once: three writes", usual, "1 enabled, 2 enabled, 3 disabled, 4 disabled, 5 enabled, 6 offline",
			"1 terminating, 2 ready, 5 not-ready, 6 ready, 7 ready, 8 ready",
			[]string{"+7 enabled, +8 enabled", "1 disabled, 5 forced-offline, 6 enabled", "-3, -4"},
		},
		{
			"changes and those that are gone: one write", usual, "1 enabled, 2 enabled, 3 enabled", "1 ready, 2 terminating",
			[]string{"2 disabled, 3 forced-offline", "-3"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, test.policy, join(others, test.live), join(ready, test.endpoint))
			writes, step := d.sync(t)
			expect(t, "writes", writes, test.want...)
			expect(t, "held", holds(step))
			again, _ := d.sync(t)
			expect(t, "written again", again)
		})
	}
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + ", " + b
}

func TestAnAdditionThatChangesSharesComesInQuietly(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, "1 enabled, 2 enabled", "1 ready, 2 ready, 20 ready, 21 not-ready")
	writes, _ := d.sync(t)
	expect(t, "a backend comes", writes, "+20 disabled, +21 forced-offline", "1 ratio 9, 2 ratio 9, 20 enabled")
}

func TestAnAdditionBesideATerminationIsNotQuiet(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, "1 enabled, 2 enabled", "1 ready, 2 terminating, 3 ready")
	writes, _ := d.sync(t)
	expect(t, "one comes and one goes", writes, "+3 enabled", "2 disabled")
}

func TestAMemberThatWasEnabledOnceIsNotWarmedAgain(t *testing.T) {
	t.Parallel()
	d := newDevice(t, prewarm, "1 enabled, 2 enabled, 3 enabled", "1 ready, 2 ready, 3 ready, 4 not-ready")
	writes, _ := d.sync(t)
	expect(t, "a new one", writes, "+4 disabled")
	d.cluster(t, "1 ready, 2 ready, 3 terminating, 4 ready")
	writes, _ = d.sync(t)
	expect(t, "it is ready, and another one terminates", writes, "3 disabled, 4 enabled")
	d.cluster(t, "1 ready, 2 ready, 3 not-ready, 4 not-ready")
	writes, _ = d.sync(t)
	expect(t, "neither serves any more", writes, "3 forced-offline, 4 forced-offline")
}

func TestWhatIsWarmedFollowsItsShare(t *testing.T) {
	t.Parallel()
	d := newDevice(t, prewarm, "1 enabled, 2 enabled, 20 disabled", "1 ready, 2 ready, 20 not-ready, 21 ready")
	writes, _ := d.sync(t)
	expect(t, "its backend gets a share", writes, "+21 disabled", "1 ratio 9, 2 ratio 9, 20 ratio 2, 21 enabled")
}

func TestNothingIsChangedInWhatNextIsGiven(t *testing.T) {
	t.Parallel()
	d := newDevice(t, prewarm, "1 enabled, 2 enabled, 3 disabled", "1 ready, 4 not-ready, 5 ready")
	w, m := d.world(), follow.Memory{Left: map[ltm.MemberKey]follow.Leave{key(3): {Since: start}}}
	first := follow.Next(d.policy, w, m, start)
	again := follow.Next(d.policy, w, m, start)
	expect(t, "the same world again", []string{brief(again.Write)}, brief(first.Write))
	if len(m.Left) != 1 || len(m.Wanted) != 0 || w.Want[1].Session != "forced-offline" {
		t.Errorf("memory is %+v, and is wanted %+v", m, w.Want)
	}
}
