package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// trouble is what becomes of one call of a cutover, and of the calls after it.
type trouble struct {
	name   string
	faults func(call int) []control.Fault
	// fate of the run in which it happens
	fate fate
	// silent: the device does nothing once the run is over, so that what the run
	// returns, and what goes to the state, must be what the device has
	silent bool
}

type fate int

const (
	heals     fate = iota // the run itself gets over it
	fails                 // the device stays away: the run ends with an error
	interrupt             // the run is interrupted while the device holds the call
)

// Paths of the faults: everything but logging in and out.
const objects = "^/mgmt/tm/"

func at(f control.Fault) func(int) []control.Fault {
	return func(call int) []control.Fault {
		f.Path, f.Skip = objects, call
		return []control.Fault{f}
	}
}

// From a call on the device is away: what the first call finds, and then nothing
// but closed connections. To the device, that is a client that was killed.
func away(first control.Fault) func(int) []control.Fault {
	return func(call int) []control.Fault {
		first.Path, first.Skip, first.Count = objects, call, 1
		return []control.Fault{first, {Path: objects, Skip: call, Reset: true}}
	}
}

func troubles() []trouble {
	return []trouble{
		{"the connection is reset before the request is taken", at(control.Fault{Reset: true, Count: 1}), heals, true},
		{"the answer is lost", at(control.Fault{CommitThenDrop: true, Count: 1}), heals, true},
		{"the device restarts (503 in HTML)", at(control.Fault{Preset: "starting-html", Count: 3}), heals, true},
		{"the device starts (503 in JSON)", at(control.Fault{Preset: "starting", Count: 2}), heals, true},
		{"the device is busy", at(control.Fault{Preset: "busy", Count: 3}), heals, true},
		{"mcpd restarts", at(control.Fault{Preset: "mcpd-restart", Count: 2}), heals, true},
		{"the token is gone", at(control.Fault{Preset: "token-expired", Count: 1}), heals, true},
		{"the device goes away before the call", away(control.Fault{Reset: true}), fails, false},
		{"the device goes away after the call", away(control.Fault{CommitThenDrop: true}), fails, false},
		{"the device is busy for good", at(control.Fault{Preset: "busy"}), fails, false},
		{"Ctrl-C while the device works", at(control.Fault{Delay: held, Count: 1}), interrupt, false},
		{"Ctrl-C, and the call never arrives", at(control.Fault{Delay: held, Reset: true, Count: 1}), interrupt, true},
	}
}

const (
	held = "2s" // how long the device holds the call in which a run is interrupted: longer than the interrupt takes

	patient   = 20 * time.Second       // retries of a client whose device comes back
	impatient = 300 * time.Millisecond // retries of a client whose device does not
	walkers   = 16                     // cutovers at the same time; they wait most of their time
)

// TestTroubleAtAnyCallOfACutoverLosesNothing gives all the traffic from blue to
// green while two blue pods are replaced, with every trouble at every call. No
// request fails, nothing foreign is touched, the next plan shows the rest and no
// more, and the next run ends it.
func TestTroubleAtAnyCallOfACutoverLosesNothing(t *testing.T) {
	t.Parallel()
	p := startPods(t, walkedColours())
	calls := cleanCutover(t, p)
	for i, call := range calls {
		t.Logf("%2d  %s %s", i, call.Method, call.Path)
	}
	if len(calls) < 20 {
		t.Fatalf("the cutover has %d calls only: the walk proves little", len(calls))
	}
	for _, tr := range troubles() {
		t.Run(tr.name, func(t *testing.T) {
			requests := 0
			var count sync.Mutex
			var running sync.WaitGroup
			next := make(chan int)
			for range walkers {
				running.Go(func() {
					for call := range next {
						made, err := walkWith(t.Context(), p, tr, call)
						if err != nil {
							t.Errorf("call %d, %s %s: %v", call, calls[call].Method, calls[call].Path, err)
						}
						count.Lock()
						requests += made
						count.Unlock()
					}
				})
			}
			for call := range calls {
				next <- call
			}
			close(next)
			running.Wait()
			t.Logf("%d calls, %d requests by clients", len(calls), requests)
		})
	}
}

// cleanCutover is the cutover without trouble; it returns its calls.
func cleanCutover(t *testing.T, p pods) []control.Request {
	t.Helper()
	w, err := newWalk(t.Context(), p)
	must(t, err)
	defer w.close()
	device, err := w.device(patient)
	must(t, err)
	_, err = engine.RunPool(t.Context(), device, w.goal, nil)
	must(t, err)
	calls := w.calls()
	must(t, w.ended(t.Context()))
	must(t, w.tidy(t.Context()))
	return calls
}

// walkWith runs one cutover with one trouble at one call, and then what is left
// of it, all under load.
func walkWith(ctx context.Context, p pods, tr trouble, call int) (requests int, err error) {
	ctx, stop := context.WithTimeout(ctx, 5*time.Minute)
	defer stop()
	w, err := newWalk(ctx, p)
	if err != nil {
		return 0, err
	}
	defer w.close()
	foreign, err := w.foreign(ctx)
	if err != nil {
		return 0, err
	}
	w.sim.ClearRequests()

	w.load.Begin(tr.name)
	running, rest := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() { defer close(over); w.load.Run(running, 40) }()
	err = w.troubled(ctx, tr, call)
	if err == nil {
		err = w.finish(ctx)
	}
	w.load.Begin("after it")
	if err == nil {
		err = w.load.Wait(ctx, 3)
	}
	rest()
	<-over
	for _, phase := range w.load.End() {
		requests += phase.Requests
		if err == nil && phase.Failed > 0 {
			err = fmt.Errorf("%d of %d requests failed: %v", phase.Failed, phase.Requests, phase.Errors)
		}
	}
	if err == nil {
		err = w.unchanged(ctx, foreign)
	}
	if err == nil && tr.fate == heals {
		err = w.tidy(ctx)
	}
	return requests, err
}

// troubled runs the cutover into its trouble, and takes the trouble away.
func (w *walk) troubled(ctx context.Context, tr trouble, call int) error {
	retry := impatient
	if tr.fate == heals {
		retry = patient
	}
	device, err := w.device(retry)
	if err != nil {
		return err
	}
	if err := w.sim.SetFaults(tr.faults(call)); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	if tr.fate == interrupt {
		go func() {
			defer stop()
			_ = w.until(running, func() bool { return len(w.calls()) > call })
		}()
	}
	live, err := engine.RunPool(running, device, w.goal, nil)
	w.sim.ClearFaults()
	if met := slices.ContainsFunc(w.calls(), func(r control.Request) bool { return r.Fault }); !met {
		return errors.New("no call met the trouble, the test proves nothing")
	}
	switch _, isDevice := errors.AsType[*engine.DeviceError](err); {
	case tr.fate == heals && err != nil:
		return fmt.Errorf("the run did not get over it: %w", err)
	case tr.fate == fails && !isDevice:
		return fmt.Errorf("the device stayed away, and the run said %w", err)
	case tr.fate == interrupt && !errors.Is(err, context.Canceled) && (err != nil || call < len(w.calls())-1):
		return fmt.Errorf("interrupted, the run said %w", err)
	}
	if err := w.arrived(ctx, call); err != nil {
		return err
	}
	return w.told(ctx, tr, live)
}

// arrived waits until the device is through with the call that it held.
func (w *walk) arrived(ctx context.Context, call int) error {
	return w.until(ctx, func() bool {
		all := w.calls()
		return all[call].Status != 0 || all[call].Fault && time.Since(all[call].Time) > time.Second
	})
}

// until polls the journal.
func (w *walk) until(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// told asks whether what the run returned, which goes to the state, is what the
// device has, and whether the next plan shows the rest and no more.
func (w *walk) told(ctx context.Context, tr trouble, returned ltm.Pool) error {
	device, err := w.device(patient)
	if err != nil {
		return err
	}
	live, err := device.Pool(ctx, walkedPool)
	if err != nil {
		return err
	}
	if _, err := w.left(live); err != nil {
		return err
	}
	if tr.silent && !slices.Equal(live.Members, returned.Members) {
		return fmt.Errorf("the run returned %v, the device has %v", returned.Members, live.Members)
	}
	return nil
}

// finish is the next apply, by a new process, and makes sure that nothing is left.
func (w *walk) finish(ctx context.Context) error {
	device, err := w.device(patient)
	if err != nil {
		return err
	}
	planned, err := device.Pool(ctx, walkedPool)
	if err != nil {
		return err
	}
	goal := w.goal
	goal.Planned = &planned
	if _, err := engine.RunPool(ctx, device, goal, nil); err != nil {
		return fmt.Errorf("the next run does not end it: %w", err)
	}
	return w.ended(ctx)
}

// ended fails unless the pool is what the goal says, with no node left over.
func (w *walk) ended(ctx context.Context) error {
	device, err := w.device(patient)
	if err != nil {
		return err
	}
	live, err := device.Pool(ctx, walkedPool)
	if err != nil {
		return err
	}
	if left, err := w.left(live); err != nil || !left.Empty() {
		return fmt.Errorf("after the last run there is left: %s (%w)", left, err)
	}
	return nil
}

// tidy fails unless the partition has the nodes that its members need and no
// other. A run that ends between a member's removal and its node's leaves the
// node: nothing refers to it, and no plan shows it.
func (w *walk) tidy(ctx context.Context) error {
	nodes, err := w.nodes(ctx)
	if err != nil {
		return err
	}
	want := []string{"10.244.0.2", "10.244.0.3", "10.244.0.4", "10.244.0.5", "10.244.1.1", "10.244.1.2", "10.244.9.9"}
	if !slices.Equal(nodes, want) {
		return fmt.Errorf("the nodes are %v, want %v", nodes, want)
	}
	return nil
}

func (w *walk) unchanged(ctx context.Context, before []byte) error {
	after, err := w.foreign(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) {
		return fmt.Errorf("what is not ours has changed:\n%s\nnow:\n%s", before, after)
	}
	return nil
}
