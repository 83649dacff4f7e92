package dataplane

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// outcome is what one probe found.
type outcome int

const (
	noAnswer    outcome = iota // connected, but no success
	noConnect                  // could not connect
	success                    // the receive string matched, or an answer was enough
	askedToStop                // recvDisable matched: the member wishes no new clients
	refused                    // the receive string matched, and should not have (reverse)
)

// probe asks a member once. It returns when it knows, or when ctx ends.
type probe func(ctx context.Context) outcome

// result is the status of one monitor.
type result struct{ status, reason string }

// runMonitor probes at once and then at each interval until ctx ends, and
// reports each success, and down when there was none for the timeout. Probes may
// overlap: a hanging one does not keep the next from being sent, and each has
// the timeout to succeed, as on the device.
//
//	checking --success--> up --no success for timeout--> down --success--> up
//	checking --no success for timeout--> down
//	any --refused (reverse)--> down
//	to up only when successes have come for TimeUntilUp
//	down with ManualResume: stays
func runMonitor(ctx context.Context, monitor Monitor, probe probe, report func(result)) {
	if probe == nil { // a type that is not simulated
		report(result{status: StatusUp})
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watch{
		monitor: monitor, report: report, answers: make(chan answer),
		interval: time.NewTicker(monitor.Interval), deadline: time.NewTimer(monitor.Timeout),
	}
	defer func() {
		w.interval.Stop()
		w.deadline.Stop()
		cancel()
		w.probes.Wait()
	}()
	w.send(ctx, probe)
	for !w.over {
		select {
		case <-ctx.Done():
			return
		case <-w.interval.C:
			w.send(ctx, probe)
		case <-w.deadline.C:
			w.failed()
		case a := <-w.answers:
			w.heard(a)
		}
	}
}

// watch is a monitor at work.
type watch struct {
	monitor  Monitor
	report   func(result)
	answers  chan answer
	probes   sync.WaitGroup
	interval *time.Ticker
	deadline *time.Timer // since the last success

	sent   int       // probes
	newest answer    // of those that decide: no noAnswer, no noConnect
	up     bool      // is reported
	since  time.Time // of the successes that have come one after another, zero = none
	last   outcome
	over   bool
}

// answer is what the probe with a number, from 1, found.
type answer struct {
	number int
	found  outcome
}

func (w *watch) send(ctx context.Context, probe probe) {
	w.sent++
	number := w.sent
	w.probes.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, w.monitor.Timeout)
		defer cancel()
		a := answer{number, probe(ctx)}
		select {
		case w.answers <- a:
		case <-ctx.Done():
		}
	})
}

// heard takes an answer. Probes overlap: what an older one finds does not overrule
// what a newer one has found.
func (w *watch) heard(a answer) {
	if a.found != noAnswer && a.found != noConnect {
		if a.number > w.newest.number {
			w.newest = a
		} else if a.found != w.newest.found {
			return
		}
	}
	w.last = a.found
	switch a.found {
	case refused:
		w.failed()
	case success, askedToStop:
		w.deadline.Reset(w.monitor.Timeout)
		if w.since.IsZero() {
			w.since = time.Now()
		}
		if time.Since(w.since) < w.monitor.TimeUntilUp {
			return
		}
		w.setUp(true)
		w.report(result{status: map[outcome]string{success: StatusUp, askedToStop: StatusDisabledByMonitor}[a.found]})
	}
}

// failed marks down. With ManualResume no success brings it back (icontrol-rest 3.9).
func (w *watch) failed() {
	w.since = time.Time{}
	w.setUp(false)
	w.report(result{status: StatusDown, reason: downReason(w.monitor.Name, w.last)})
	w.over = w.monitor.ManualResume
}

// setUp changes to the interval that there is for a member that is up.
func (w *watch) setUp(up bool) {
	if w.up == up {
		return
	}
	w.up = up
	interval := w.monitor.Interval
	if up {
		interval = cmp.Or(w.monitor.UpInterval, interval)
	}
	if cmp.Or(w.monitor.UpInterval, w.monitor.Interval) != w.monitor.Interval {
		w.interval.Reset(interval)
	}
}

// downReason is what the device says of a monitor that had no success.
func downReason(monitor string, last outcome) string {
	switch last {
	case noConnect:
		return monitor + ": Unable to connect; No successful responses received before deadline."
	case refused: // worded here: a device's text is not recorded
		return monitor + ": The response contains the receive string of a reverse monitor."
	}
	return monitor + ": No successful responses received before deadline."
}

// combine makes one status of the monitors of a member; atLeast 0 means all.
func combine(results []result, atLeast int) result {
	if atLeast <= 0 || atLeast > len(results) {
		atLeast = len(results)
	}
	var up, checking int
	var down, disabled result
	for _, r := range results {
		switch r.status {
		case StatusUp:
			up++
		case StatusChecking:
			checking++
		case StatusDisabledByMonitor:
			up++ // the monitor succeeded
			disabled = r
		case StatusDown:
			if down.status == "" {
				down = r
			}
		}
	}
	switch {
	case up >= atLeast && disabled.status != "":
		return disabled
	case up >= atLeast:
		return result{status: StatusUp}
	case up+checking >= atLeast:
		return result{status: StatusChecking}
	default:
		return down
	}
}
