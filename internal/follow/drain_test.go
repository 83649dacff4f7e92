package follow_test

import (
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
)

func draining(drain time.Duration) follow.Policy {
	return follow.Policy{MaxDisablePercent: 50, Hold: 30 * time.Second, Drain: drain}
}

// TestAMemberGoesWhenNothingIsWaitedFor walks through the second table of the
// package's documentation. Each member has an open connection to begin with.
func TestAMemberGoesWhenNothingIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		drain  time.Duration
		before string // of member 1, which is gone at 10 s
		first  string // what is written then
		end    time.Duration
	}{
		{"enabled", 0, "1 enabled", "1 forced-offline", 10*time.Second + follow.MaxDrain},
		{"enabled, with a drain", time.Minute, "1 enabled", "1 forced-offline", 70 * time.Second},
		{"disabled", 0, "1 disabled", "-1", 0},
		{"disabled, with a drain", time.Minute, "1 disabled", "1 forced-offline", 60 * time.Second},
		{"offline", 0, "1 offline", "-1", 0},
		{"offline, with a drain", time.Minute, "1 offline", "", 70 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, draining(test.drain), "2 enabled, 3 enabled, "+test.before, "")
			d.open[key(1)] = 1
			of := map[string]string{"1 enabled": "1 ready", "1 disabled": "1 terminating", "1 offline": "1 not-ready"}
			d.cluster(t, "2 ready, 3 ready, "+of[test.before])
			writes, _ := d.at(t, 0)
			expect(t, "before", writes)
			d.cluster(t, "2 ready, 3 ready")
			writes, step := d.at(t, 10*time.Second)
			var want []string
			if test.first != "" {
				want = append(want, test.first)
			}
			expect(t, "when it is gone", writes, want...)
			if test.end == 0 {
				expect(t, "draining", drains(step))
				return
			}
			writes, step = d.at(t, test.end-1)
			expect(t, "just before the deadline", writes)
			if step.After != 1 || len(step.Draining) != 1 {
				t.Errorf("it looks again after %s, draining %v", step.After, drains(step))
			}
			writes, step = d.at(t, test.end)
			expect(t, "at the deadline", writes, "-1")
			expect(t, "draining", drains(step))
		})
	}
}

func TestAMemberWithoutConnectionsGoesWithoutADetour(t *testing.T) {
	t.Parallel()
	for before, state := range map[string]string{"1 disabled": "1 terminating", "1 offline": "1 not-ready"} {
		d := newDevice(t, draining(time.Minute), "2 enabled, 3 enabled, "+before, "2 ready, 3 ready, "+state)
		d.at(t, 0)
		d.cluster(t, "2 ready, 3 ready")
		writes, _ := d.at(t, time.Second)
		expect(t, before, writes, "-1")
	}
}

func TestADrainEndsWithItsLastConnection(t *testing.T) {
	t.Parallel()
	d := newDevice(t, draining(0), "1 enabled, 2 enabled, 3 enabled", "2 ready, 3 ready")
	d.open[key(1)] = 7
	writes, step := d.at(t, 0)
	expect(t, "writes", writes, "1 forced-offline")
	expect(t, "draining", drains(step), "1 since 0s until 5m0s, 7 open, gone")
	d.open[key(1)] = 2
	writes, step = d.at(t, time.Second)
	expect(t, "writes", writes)
	expect(t, "draining", drains(step), "1 since 0s until 5m0s, 2 open, gone")
	d.open[key(1)] = 0
	writes, step = d.at(t, 2*time.Second)
	expect(t, "writes", writes, "-1")
	expect(t, "draining", drains(step))
	if len(step.Memory.Left) != 0 || step.After != 0 {
		t.Errorf("it looks again after %s, and remembers %v", step.After, step.Memory.Left)
	}
}

func TestAMemberStaysWhileItsEndpointTerminates(t *testing.T) {
	t.Parallel()
	d := newDevice(t, draining(time.Minute), "1 enabled, 2 enabled", "1 terminating, 2 ready")
	writes, step := d.at(t, 0)
	expect(t, "writes", writes, "1 disabled")
	expect(t, "draining", drains(step), "1 since 0s until 1m0s, -1 open")
	d.cluster(t, "1 not-ready, 2 ready")
	writes, step = d.at(t, time.Hour)
	expect(t, "it has ceased to serve, long after the deadline", writes, "1 forced-offline")
	expect(t, "draining", drains(step), "1 since 0s until 1m0s, -1 open")
	if d.asked != 0 || step.After != 0 {
		t.Errorf("the device was asked %d times, next after %s, with nothing to wait for", d.asked, step.After)
	}
	d.cluster(t, "2 ready")
	writes, _ = d.at(t, time.Hour+time.Second)
	expect(t, "it is gone", writes, "-1")
}

func TestADrainThatEndsInServiceIsForgotten(t *testing.T) {
	t.Parallel()
	d := newDevice(t, draining(time.Minute), "1 enabled, 2 enabled, 3 enabled", "2 ready, 3 ready")
	d.open[key(1)] = 1
	d.at(t, 0)
	d.cluster(t, "1 ready, 2 ready, 3 ready")
	writes, step := d.at(t, 50*time.Second)
	expect(t, "its address is another pod's", writes, "1 enabled")
	expect(t, "draining", drains(step))
	d.cluster(t, "2 ready, 3 ready")
	_, step = d.at(t, 59*time.Second)
	expect(t, "draining anew", drains(step), "1 since 59s until 1m59s, 1 open, gone")
}

func TestTheDeviceIsAskedLessAndLessOften(t *testing.T) {
	t.Parallel()
	d := newDevice(t, draining(2*time.Minute), "1 enabled, 2 enabled, 3 enabled", "2 ready, 3 ready")
	d.open[key(1)] = 1
	at := time.Duration(0)
	for range 200 {
		before := d.asked
		writes, step := d.at(t, at)
		if len(writes) > 0 && writes[0] == "-1" {
			break
		}
		if d.asked != before+1 {
			t.Fatalf("at %s the device was asked %d times", at, d.asked-before)
		}
		if early, late := at < 10*time.Second, at >= 50*time.Second; early && step.After != time.Second || late && step.After != min(5*time.Second, 2*time.Minute-at) {
			t.Errorf("at %s it looks again after %s", at, step.After)
		}
		if half := step.After / 2; half > 0 {
			d.at(t, at+half) // another event
			if d.asked != before+1 {
				t.Fatalf("at %s the device was asked again, too early", at+half)
			}
		}
		at += step.After
	}
	if at != 2*time.Minute || d.asked > 45 {
		t.Errorf("the drain ended at %s after asking %d times", at, d.asked)
	}
}

func TestTheEndOfAHoldIsNotMissedForADrain(t *testing.T) {
	t.Parallel()
	d := newDevice(t, draining(time.Minute), "1 enabled, 2 enabled, 3 enabled", "2 ready, 3 ready")
	d.open[key(1)] = 1
	d.at(t, 0)
	d.broke = start.Add(-29500 * time.Millisecond)
	d.cluster(t, "2 ready")
	_, step := d.at(t, 0)
	if expect(t, "held", holds(step), "3 watch-broke until 500ms"); step.After != 500*time.Millisecond {
		t.Errorf("it looks again after %s", step.After)
	}
}

func TestAfterAStartADrainBeginsAnew(t *testing.T) {
	t.Parallel()
	d := newDevice(t, draining(time.Minute), "1 disabled, 2 enabled", "2 ready")
	d.open[key(1)] = 4
	writes, step := d.at(t, 0)
	expect(t, "writes", writes, "1 forced-offline")
	expect(t, "draining", drains(step), "1 since 0s until 1m0s, 4 open, gone")
}

// TestAfterAStartAMemberThatIsOfflineMayHaveClientsStill: whoever forced it offline when its
// endpoint went has not waited for them.
func TestAfterAStartAMemberThatIsOfflineMayHaveClientsStill(t *testing.T) {
	t.Parallel()
	for end, open := range map[time.Duration]bool{follow.MaxDrain: true, 7 * time.Second: false} {
		d := newDevice(t, draining(0), "1 offline, 2 enabled, 3 offline", "2 ready")
		d.open[key(1)] = 4
		writes, step := d.at(t, 0)
		expect(t, "writes", writes, "-3")
		expect(t, "draining", drains(step), "1 since 0s until 5m0s, 4 open, gone")
		writes, _ = d.at(t, end-time.Second)
		expect(t, "before", writes)
		if !open {
			d.open[key(1)] = 0
		}
		writes, step = d.at(t, end)
		expect(t, "in the end", writes, "-1")
		expect(t, "draining", drains(step))
	}
}

func TestAMemberWhoseMarkIsTakenAwayWhileItDrainsIsLeftAlone(t *testing.T) {
	t.Parallel()
	d := newDevice(t, draining(time.Minute), "1 enabled, 2 enabled, 3 enabled", "2 ready, 3 ready")
	d.open[key(1)] = 1
	d.at(t, 0)
	d.live.Members[0].Description = "kept by hand"
	writes, step := d.at(t, time.Hour)
	expect(t, "writes", writes)
	expect(t, "draining", drains(step))
}
