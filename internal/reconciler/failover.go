package reconciler

import (
	"context"
	"log/slog"
	"time"
)

// failoverEvery is how often a pair is asked which of its units is active.
const failoverEvery = 5 * time.Second

// failovers notice that another unit of a pair has become active. What was written to
// the one before may not have come to it, and where nothing changes in Kubernetes
// nobody would write, and find that out.
type failovers struct {
	active func(ctx context.Context) (unit string, err error)
	moved  func() // is told of each failover
	logger *slog.Logger
}

// run asks until ctx ends. That no unit is active the workers find out themselves.
func (f *failovers) run(ctx context.Context) error {
	before := ""
	for {
		unit, err := f.active(ctx)
		if err == nil && before != "" && unit != before {
			f.logger.InfoContext(ctx, "the pair has failed over: all pools are compared with the unit that is active now", "from", before, "to", unit)
			f.moved()
		}
		if err == nil {
			before = unit
		}
		if !pause(ctx, failoverEvery) {
			return nil
		}
	}
}

// compareAll compares every pool with the device, and looks for pools anew.
func (h *helper) compareAll() {
	for _, p := range h.registry.all() {
		p.stale.Store(true)
		h.feed.add(p.path)
	}
	h.discovery.soon()
}
