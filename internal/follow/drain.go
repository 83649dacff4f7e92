package follow

import (
	"cmp"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// How often the device is asked for the connections of a drain: every second at
// first, then every tenth of how long it has lasted.
const (
	askOften  = time.Second
	askSeldom = 5 * time.Second
)

// departures are the members on their way out.
type departures struct {
	drains  []Drain                // sorted by key
	offline map[ltm.MemberKey]bool // those that get no client at all from now on
	done    []ltm.Member           // those that nothing is waited for
	ask     bool                   // the device has to be asked about some of them
	next    time.Time              // when one of them ends or is to be asked about; zero = never
}

// leave is for ChangeSet.Shift.
func (d *departures) leave(m ltm.Member) ltm.Session {
	if d.offline[m.Key] {
		return ltm.ForcedOffline
	}
	return m.Session
}

// leaving looks at the members on their way out: those whose endpoints terminate,
// and those that change removes. It remembers since when they have been on it.
func (t *turn) leaving(change changeset.ChangeSet) departures {
	var d departures
	before, gone := t.Left, change.Remove
	t.Left = nil
	for _, m := range t.Live.Members {
		isGone := len(gone) > 0 && gone[0].Key == m.Key
		if isGone {
			gone = gone[1:]
		} else if m.Session == ltm.Enabled {
			continue
		}
		leave, known := before[m.Key]
		switch state := t.Endpoint[m.Key]; {
		case m.Session == ltm.Enabled:
			leave = Leave{Since: t.now, Cut: true}
		case isGone || state == endpoints.Draining:
			if !known {
				leave = Leave{Since: t.now, Cut: !t.Begun && m.Session == ltm.ForcedOffline}
			}
		case !known || state != endpoints.NotReady: // not on its way; or it terminates, and has ceased to serve
			continue
		}
		if !isGone || !t.ends(&d, m, &leave) {
			d.drains = append(d.drains, t.drain(m.Key, leave, isGone))
		}
		if t.Left == nil {
			t.Left = map[ltm.MemberKey]Leave{}
		}
		t.Left[m.Key] = leave
	}
	return d
}

// ends tells that nothing is waited for any more before a member is removed whose
// endpoint is gone; if it is, d tells what to do until then.
func (t *turn) ends(d *departures, m ltm.Member, leave *Leave) bool {
	if m.Session != ltm.Enabled {
		if t.Status != nil {
			leave.Asked, leave.Open = t.now, t.Status[m.Key].CurrentConnections
		}
		deadline := t.deadline(*leave)
		empty := !leave.Asked.IsZero() && leave.Open == 0
		if t.Drain == 0 && !leave.Cut || empty || !t.now.Before(deadline) {
			d.done = append(d.done, m)
			return true
		}
		due := t.now
		if !leave.Asked.IsZero() {
			due = leave.Asked.Add(min(max(askOften, leave.Asked.Sub(leave.Since)/10), askSeldom))
		}
		d.ask = d.ask || !due.After(t.now)
		d.next = earlier(earlier(d.next, deadline), due)
	}
	if m.Session == ltm.Enabled || !leave.Asked.IsZero() {
		if d.offline == nil {
			d.offline = map[ltm.MemberKey]bool{}
		}
		d.offline[m.Key] = true
	}
	return false
}

// deadline is when a member is removed at the latest, once its endpoint is gone.
func (t *turn) deadline(leave Leave) time.Time {
	return leave.Since.Add(cmp.Or(t.Drain, MaxDrain))
}

// drain shows a member on its way out.
func (t *turn) drain(key ltm.MemberKey, leave Leave, gone bool) Drain {
	d := Drain{Key: key, Since: leave.Since, Deadline: t.deadline(leave), Connections: -1, Gone: gone}
	if status, counted := t.Status[key]; counted {
		d.Connections = status.CurrentConnections
	} else if !leave.Asked.IsZero() {
		d.Connections = leave.Open
	}
	return d
}
