package dataplane

import (
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
//	down with ManualResume: stays
func runMonitor(ctx context.Context, monitor Monitor, probe probe, report func(result)) {
	if probe == nil { // a type that is not simulated
		report(result{status: StatusUp})
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	outcomes := make(chan outcome)
	send := func() {
		ctx, cancel := context.WithTimeout(ctx, monitor.Timeout)
		defer cancel()
		found := probe(ctx)
		select {
		case outcomes <- found:
		case <-ctx.Done():
		}
	}
	interval := time.NewTicker(monitor.Interval)
	defer interval.Stop()
	deadline := time.NewTimer(monitor.Timeout)
	defer deadline.Stop()
	var probes sync.WaitGroup
	defer func() {
		cancel()
		probes.Wait()
	}()
	last := noAnswer
	probes.Go(send)
	for {
		select {
		case <-ctx.Done():
			return
		case <-interval.C:
			probes.Go(send)
		case <-deadline.C:
			report(result{status: StatusDown, reason: downReason(monitor.Name, last)})
			if monitor.ManualResume { // no success brings it back (icontrol-rest 3.9)
				return
			}
		case last = <-outcomes:
			switch last {
			case success:
				deadline.Reset(monitor.Timeout)
				report(result{status: StatusUp})
			case askedToStop:
				deadline.Reset(monitor.Timeout)
				report(result{status: StatusDisabledByMonitor})
			}
		}
	}
}

// downReason is what the device says of a monitor that had no success.
func downReason(monitor string, last outcome) string {
	if last == noConnect {
		return monitor + ": Unable to connect; No successful responses received before deadline."
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
