package follow_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	four      = "1 enabled, 2 enabled, 3 enabled, 4 enabled"
	fourReady = "1 ready, 2 ready, 3 ready, 4 ready"

	tenEnabled = four + ", 5 enabled, 6 enabled, 7 enabled, 8 enabled, 9 enabled, 10 enabled"
	tenReady   = fourReady + ", 5 ready, 6 ready, 7 ready, 8 ready, 9 ready, 10 ready"
)

// TestATakeawayInDoubtIsHeld has a row for each reason of the package's
// documentation, and for each of what it is not held for.
func TestATakeawayInDoubtIsHeld(t *testing.T) {
	t.Parallel()
	lost := func(numbers ...int) func(*device) {
		return func(d *device) {
			d.lost = map[ltm.MemberKey]time.Time{}
			for _, n := range numbers {
				d.lost[key(n)] = start.Add(-10 * time.Second)
			}
		}
	}
	broke := func(d *device) { d.broke = start.Add(-20 * time.Second) }
	for _, test := range []struct {
		name           string
		policy         follow.Policy
		live, endpoint string
		world          func(*device)
		writes, held   []string
	}{
		{"nobody would be left", usual, "1 enabled", "1 terminating", nil, nil, []string{"1 nobody-left until 30s"}},
		{
			"nobody would be left of several", usual, "1 enabled, 2 enabled", "1 terminating, 2 terminating", nil, nil,
			[]string{"1 nobody-left until 30s", "2 nobody-left until 30s"},
		},
		{"somebody added by hand is left", usual, "1 enabled, 90 enabled", "1 terminating", nil, []string{"1 disabled"}, nil},
		{"somebody comes", usual, "1 enabled", "1 terminating, 2 ready", nil, []string{"+2 enabled", "1 disabled"}, nil},
		{"nobody was there anyway", usual, "1 disabled", "", nil, []string{"-1"}, nil},
		{"a share is taken from the last one", usual, "30 enabled", "30 ready", nil, nil, []string{"30 nobody-left until 30s"}},
		{"half at once", usual, four, "1 ready, 2 ready, 3 not-ready, 4 not-ready", nil, []string{"3 forced-offline, 4 forced-offline"}, nil},
		{
			"more than half at once", usual, four, "1 ready, 2 not-ready, 3 not-ready", nil, nil,
			[]string{"2 too-many-at-once until 30s", "3 too-many-at-once until 30s", "4 too-many-at-once until 30s"},
		},
		{
			"more than half, most of them terminating", usual, four, "1 ready, 2 terminating, 3 terminating, 4 not-ready", nil,
			[]string{"2 disabled, 3 disabled, 4 forced-offline"},
			nil,
		},
		{
			"more than half, as many as come", usual, four, "5 ready, 6 ready, 7 ready, 8 ready", nil,
			[]string{"+5 enabled, +6 enabled, +7 enabled, +8 enabled", "1 forced-offline, 2 forced-offline, 3 forced-offline, 4 forced-offline", "-1, -2, -3, -4"},
			nil,
		},
		{
			"any percentage may go",
			follow.Policy{MaxDisablePercent: 100, Hold: time.Minute},
			four, "1 ready", nil,
			[]string{"2 forced-offline, 3 forced-offline, 4 forced-offline", "-2, -3, -4"},
			nil,
		},
		{"no percentage may go", follow.Policy{Hold: time.Minute}, four, "1 ready, 2 ready, 3 ready, 4 not-ready", nil, nil, []string{"4 too-many-at-once until 1m0s"}},
		{"nothing is held for no time", follow.Policy{}, "1 enabled", "", broke, []string{"1 forced-offline", "-1"}, nil},
		{"a watch has just broken", usual, four, "1 ready, 2 ready, 3 ready, 4 not-ready", broke, nil, []string{"4 watch-broke until 10s"}},
		{"a watch broke, but it terminates", usual, four, "1 ready, 2 ready, 3 ready, 4 terminating", broke, []string{"4 disabled"}, nil},
		{"a watch broke, but it has no share", usual, "1 enabled, 30 enabled", "1 ready, 30 ready", broke, []string{"30 disabled"}, nil},
		{"a watch broke, but it is disabled already", usual, "1 enabled, 2 disabled", "1 ready", broke, []string{"-2"}, nil},
		{"its slice was deleted", usual, four, "1 ready, 2 ready, 3 ready", lost(4), nil, []string{"4 slice-deleted until 20s"}},
		{
			"its slice was deleted, but another one has it", usual, four, "1 ready, 2 ready, 3 ready, 4 not-ready", lost(4),
			[]string{"4 forced-offline"},
			nil,
		},
		{"no node is ready", usual, four, "1 ready, 2 ready, 3 ready, 4 not-ready", func(d *device) { d.noNode = true }, nil, []string{"4 no-node-ready"}},
		{
			"the longest reason is told, in any order", usual, four, "1 ready, 2 ready, 3 ready",
			func(d *device) { lost(4)(d); d.broke = start.Add(-5 * time.Second) }, nil,
			[]string{"4 watch-broke until 25s"},
		},
		{
			"the longest reason is told", usual, four, "1 ready", func(d *device) { lost(3)(d); broke(d) }, nil,
			[]string{"2 too-many-at-once until 30s", "3 too-many-at-once until 30s", "4 too-many-at-once until 30s"},
		},
		{
			"less than the minimum would be left",
			follow.Policy{MaxDisablePercent: 100, Hold: time.Minute, Min: 3},
			four,
			"1 ready, 2 not-ready, 3 terminating", nil,
			[]string{"4 forced-offline", "-4"},
			[]string{"2 minimum", "3 minimum"},
		},
		{
			"the minimum keeps the ready before those that terminate",
			follow.Policy{MaxDisablePercent: 100, Min: 2},
			"1 enabled, 2 enabled, 30 enabled", "1 ready, 2 terminating, 30 ready", nil,
			[]string{"2 disabled"},
			[]string{"30 minimum"},
		},
		{
			"there are less than the minimum",
			follow.Policy{MaxDisablePercent: 100, Min: 9},
			"1 enabled, 2 enabled, 3 offline",
			"1 ready, 2 terminating, 4 ready", nil,
			[]string{"+4 enabled", "-3"},
			[]string{"2 minimum"},
		},
		{
			"what is held does not hold up the others", usual, "1 enabled, 2 enabled, 3 enabled, 4 offline, 5 disabled, 6 enabled",
			"3 ready, 4 ready, 6 terminating, 7 ready", broke,
			[]string{"+7 enabled", "4 enabled, 6 disabled", "-5"},
			[]string{"1 watch-broke until 10s", "2 watch-broke until 10s"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, test.policy, test.live, test.endpoint)
			if test.world != nil {
				test.world(d)
			}
			writes, step := d.sync(t)
			expect(t, "writes", writes, test.writes...)
			expect(t, "held", holds(step), test.held...)
		})
	}
}

func TestWhatIsHeldIsDoneAtTheEndIfItIsStillWanted(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, four, "1 ready")
	_, step := d.at(t, 0)
	if step.After != 30*time.Second {
		t.Errorf("it looks again after %s", step.After)
	}
	d.cluster(t, "1 ready, 3 ready")
	writes, step := d.at(t, 10*time.Second)
	expect(t, "one of them is back, the rest is half", writes, "2 forced-offline, 4 forced-offline", "-2, -4")
	expect(t, "held", holds(step))

	d = newDevice(t, usual, four, "1 ready")
	d.at(t, 0)
	writes, step = d.at(t, 30*time.Second-1)
	expect(t, "just before the end", writes)
	if step.After != 1 {
		t.Errorf("it looks again after %s", step.After)
	}
	writes, _ = d.at(t, 30*time.Second)
	expect(t, "at the end", writes, "2 forced-offline, 3 forced-offline, 4 forced-offline", "-2, -3, -4")
}

// TestFailuresThatTrickleInCountTogether: of ten, one fails every five seconds.
func TestFailuresThatTrickleInCountTogether(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, tenEnabled, tenReady)
	d.sync(t)
	for n := 1; n <= 5; n++ {
		d.endpoint[key(n)] = endpoints.NotReady
		writes, step := d.at(t, time.Duration(n-1)*5*time.Second)
		expect(t, "writes", writes, fmt.Sprint(n, " forced-offline"))
		expect(t, "held", holds(step))
	}
	d.endpoint[key(6)] = endpoints.NotReady
	writes, step := d.at(t, 25*time.Second)
	expect(t, "writes", writes)
	expect(t, "held", holds(step), "6 too-many-at-once until 55s")

	d.endpoint[key(1)] = endpoints.Ready // one is well again
	writes, step = d.at(t, 26*time.Second)
	expect(t, "writes", writes, "1 enabled, 6 forced-offline")
	expect(t, "held", holds(step))

	d.endpoint[key(7)] = endpoints.NotReady
	_, step = d.at(t, 27*time.Second)
	expect(t, "held", holds(step), "7 too-many-at-once until 57s")
	delete(d.endpoint, key(2)) // who is gone fails no more
	delete(d.endpoint, key(3))
	writes, _ = d.at(t, 28*time.Second)
	expect(t, "writes", writes, "7 forced-offline", "-2, -3")

	d.endpoint[key(8)] = endpoints.NotReady
	_, step = d.at(t, 29*time.Second)
	expect(t, "held", holds(step), "8 too-many-at-once until 59s")
	writes, step = d.at(t, 59*time.Second) // and the others failed long ago
	expect(t, "writes", writes, "8 forced-offline")
	expect(t, "held", holds(step))
}

func TestWhatTerminatesDoesNotCountAsAFailure(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, tenEnabled, tenReady)
	for n := 1; n <= 8; n++ { // a roll of pods that cease to serve at once
		d.endpoint[key(n)], d.ending[key(n)] = endpoints.NotReady, true
		writes, step := d.at(t, time.Duration(n)*time.Second)
		expect(t, "writes", writes, fmt.Sprint(n, " forced-offline"))
		expect(t, "held", holds(step))
	}
}

func TestADoubtThatVanishesBeginsAnewWhenItComesBack(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, four, "")
	d.at(t, 0)
	d.cluster(t, fourReady)
	writes, step := d.at(t, 29*time.Second)
	expect(t, "all are back", writes)
	expect(t, "held", holds(step))
	if step.After != 0 || step.Memory.Wanted != nil {
		t.Errorf("it looks again after %s, and remembers %v", step.After, step.Memory.Wanted)
	}
	d.cluster(t, "1 ready")
	_, step = d.at(t, 31*time.Second)
	expect(t, "held", holds(step), "2 too-many-at-once until 1m1s", "3 too-many-at-once until 1m1s", "4 too-many-at-once until 1m1s")
}

func TestEachTakeawayHasItsOwnTime(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, four, "")
	d.cluster(t, "4 ready")
	d.at(t, 0)
	d.cluster(t, "")
	d.at(t, 20*time.Second)
	writes, step := d.at(t, 30*time.Second)
	expect(t, "the first ones", writes, "1 forced-offline, 2 forced-offline, 3 forced-offline", "-1, -2, -3")
	expect(t, "the last one", holds(step), "4 too-many-at-once until 50s")
}

func TestTheLastOnesOfAPoolAreAskedAboutAndHeld(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, "1 enabled, 2 enabled", "1 terminating, 2 terminating")
	writes, _ := d.at(t, 0)
	expect(t, "nobody has said that nobody is meant", writes)
	if d.ownersAsk != 1 {
		t.Errorf("the owners were asked %d times", d.ownersAsk)
	}
	d.zero = true
	writes, step := d.at(t, time.Second)
	expect(t, "they are scaled to zero", writes, "1 disabled, 2 disabled")
	expect(t, "held", holds(step))
}

func TestAScaleToZeroPassesWhateverElseIsInDoubt(t *testing.T) {
	t.Parallel()
	policy := usual
	policy.Min = 2
	d := newDevice(t, policy, four, "1 terminating")
	d.zero = true
	writes, step := d.at(t, 0)
	expect(t, "writes", writes, "1 disabled, 2 forced-offline, 3 forced-offline, 4 forced-offline", "-2, -3, -4")
	expect(t, "held", holds(step))
}

func TestOwnersAreNotAskedWhereSomebodyIsLeft(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, four, "1 ready")
	if _, step := d.at(t, 0); len(step.Held) != 3 || d.ownersAsk != 0 {
		t.Errorf("the owners were asked %d times about %v", d.ownersAsk, holds(step))
	}
}

// The nodes come back one by one, and each before its pods.
func TestPodsHaveTimeToBecomeReadyAfterTheirNodes(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, four, "1 not-ready, 2 not-ready, 3 not-ready, 4 not-ready")
	d.noNode = true
	_, step := d.at(t, 0)
	expect(t, "no node is ready", holds(step), "1 no-node-ready", "2 no-node-ready", "3 no-node-ready", "4 no-node-ready")
	if step.After != 0 {
		t.Errorf("it looks again after %s", step.After)
	}
	d.noNode = false
	writes, step := d.at(t, time.Hour)
	expect(t, "a node is ready", writes)
	expect(t, "held", holds(step), "1 no-node-ready until 1h0m30s", "2 no-node-ready until 1h0m30s", "3 no-node-ready until 1h0m30s", "4 no-node-ready until 1h0m30s")
	d.cluster(t, "1 ready, 2 ready, 3 ready, 4 not-ready")
	writes, step = d.at(t, time.Hour+29*time.Second)
	expect(t, "most pods are ready", writes)
	expect(t, "held", holds(step), "4 no-node-ready until 1h0m30s")
	writes, _ = d.at(t, time.Hour+30*time.Second)
	expect(t, "one is not", writes, "4 forced-offline")
}

func TestSharesWaitWhileItIsInDoubtWhoGoes(t *testing.T) {
	t.Parallel()
	const live, ready = "1 enabled, 2 enabled, 20 enabled", "1 ready, 2 ready, 20 ready"
	d := newDevice(t, usual, live, ready)
	d.at(t, 0)
	d.broke = start
	d.cluster(t, "20 ready, 21 ready")
	writes, _ := d.at(t, time.Second)
	expect(t, "the backend with 90 % is away, in doubt", writes, "+21 enabled")
	writes, _ = d.at(t, 30*time.Second)
	expect(t, "it is away", writes, "1 forced-offline, 2 forced-offline, 20 ratio 1", "-1, -2")

	policy := usual
	policy.Min = 3
	d = newDevice(t, policy, live, ready)
	d.at(t, 0)
	d.cluster(t, "1 ready, 2 not-ready, 20 ready")
	writes, step := d.at(t, time.Second)
	expect(t, "the minimum is no doubt", writes, "20 ratio 1")
	expect(t, "held", holds(step), "2 minimum")
}

func TestWhatTheMinimumKeepsGoesWhenAnotherOneHasCome(t *testing.T) {
	t.Parallel()
	policy := usual
	policy.Min = 2
	d := newDevice(t, policy, "1 enabled, 2 enabled", "1 ready")
	_, step := d.at(t, time.Hour)
	expect(t, "held", holds(step), "2 minimum")
	if step.After != 0 {
		t.Errorf("it looks again after %s", step.After)
	}
	d.cluster(t, "1 ready, 3 ready")
	writes, _ := d.at(t, 2*time.Hour)
	expect(t, "writes", writes, "+3 enabled", "2 forced-offline", "-2")
}

func TestAWriteThatFailsIsDecidedAgainAtOnce(t *testing.T) {
	t.Parallel()
	d := newDevice(t, usual, four, "1 ready")
	d.at(t, 0)
	d.refuses = true
	writes, _ := d.at(t, 30*time.Second)
	expect(t, "the device refuses", writes)
	writes, _ = d.at(t, 31*time.Second)
	expect(t, "it does not any more", writes, "2 forced-offline, 3 forced-offline, 4 forced-offline", "-2, -3, -4")
}
