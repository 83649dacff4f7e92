package reconciler

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// discovery finds the pools with a mark.
type discovery struct {
	device   device
	registry *registry
	gate     *deviceGate
	metrics  *metrics
	logger   *slog.Logger
	sweep    sweep
	loops    loops
	queue    func(ltm.Path)
	every    time.Duration
	wake     chan struct{} // looks at once

	mu     sync.Mutex
	looked map[string]bool   // partitions that were seen once
	failed map[string]string // the error that was logged last, by partition
}

// run looks at once, and then every so often, until ctx ends.
func (d *discovery) run(ctx context.Context) error {
	for ctx.Err() == nil {
		for _, name := range d.registry.names() {
			_ = d.look(ctx, name) // it is logged, and tried again
		}
		timer := time.NewTimer(jittered(d.every))
		select {
		case <-timer.C:
		case <-d.wake:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return nil
}

// soon asks for a look before its time.
func (d *discovery) soon() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// look reads the descriptions of a partition's pools.
func (d *discovery) look(ctx context.Context, name string) error {
	partitionCtx, done, ok := d.registry.begin(name)
	if !ok {
		return nil
	}
	defer done()
	descriptions, err := d.device.PoolDescriptions(partitionCtx, name) //nolint:contextcheck // the partition's own context: its end is the end of the work
	var looped map[ltm.Path]*engine.LoopError
	if err == nil && anyMarked(descriptions) {
		looped, err = d.loops(partitionCtx, name) //nolint:contextcheck // the same
	}
	if partitionCtx.Err() != nil {
		return ctx.Err()
	}
	if d.gate.saw(err) {
		d.logger.WarnContext(ctx, "the device cannot be used: nothing is written until it answers again", "device", d.device.Name(), "error", err)
	}
	if err != nil {
		d.failure(ctx, name, err)
		return err
	}
	d.failure(ctx, name, nil)
	d.take(partitionCtx, name, descriptions, looped) //nolint:contextcheck // the partition's own context: its end is the end of the work
	return nil
}

// anyMarked tells that one of the pools is bound.
func anyMarked(descriptions map[ltm.Path]string) bool {
	for _, description := range descriptions {
		if binding.Marked(description) {
			return true
		}
	}
	return false
}

// failure logs an error once, and that it is over.
func (d *discovery) failure(ctx context.Context, name string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	d.mu.Lock()
	last := d.failed[name]
	d.failed[name] = text
	d.looked[name] = d.looked[name] || err == nil
	d.mu.Unlock()
	switch {
	case text == last:
	case err != nil && !ofDevice(err):
		d.logger.ErrorContext(ctx, "the pools of a partition cannot be read", "partition", name, "error", err)
	case err == nil && last != "":
		d.logger.InfoContext(ctx, "the pools of a partition can be read again", "partition", name)
	}
}

// take makes the registry what the device shows.
func (d *discovery) take(ctx context.Context, name string, descriptions map[ltm.Path]string, looped map[ltm.Path]*engine.LoopError) {
	n := d.registry.update(name, descriptions, looped)
	for _, pool := range n.skipped {
		d.logger.WarnContext(ctx, "pool skipped: nothing of it is written", "pool", pool.path, "condition", string(pool.why), "error", pool.err)
		d.metrics.conditions(pool.path, pool.why)
	}
	for _, path := range n.gone {
		d.logger.InfoContext(ctx, "pool not followed any more", "pool", path)
	}
	for _, path := range n.sync {
		d.logger.InfoContext(ctx, "pool bound", "pool", path, "description", descriptions[path])
		d.queue(path)
	}
	d.metrics.bindings.WithLabelValues(name).Set(float64(d.registry.count(name)))
	for _, path := range n.retired {
		deleted, err := d.sweep(ctx, path)
		switch {
		case err != nil && ctx.Err() == nil:
			d.logger.WarnContext(ctx, "a pool that waits for its deletion cannot be deleted", "pool", path, "error", err)
		case deleted:
			d.logger.InfoContext(ctx, "pool deleted", "pool", path, "reason", "it waited for its deletion, and no virtual server uses it any more")
			d.soon()
		}
	}
}

// complete tells that all partitions were seen once.
func (d *discovery) complete() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range d.registry.names() {
		if !d.looked[name] {
			return false
		}
	}
	return true
}

// forget is for a partition that is not ours any more.
func (d *discovery) forget(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.looked, name)
	delete(d.failed, name)
	d.metrics.bindings.DeleteLabelValues(name)
}

// jittered is about d: between nine and eleven tenths of it, so that replicas and
// pools do not ask in step.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1) //nolint:gosec // no secret
}
