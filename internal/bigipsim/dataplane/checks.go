package dataplane

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// checks are the monitors of a member or a node, and what they say together.
type checks struct {
	plane   *Plane
	changed func(from, to Health) // hears of each new status; set before start

	health atomic.Pointer[Health] // written under mu

	mu      sync.Mutex
	results []result // of each monitor
	atLeast int
	end     context.CancelFunc // ends the monitors; nil without any
}

// start begins to probe an address. Health starts over.
func (c *checks) start(monitoring Monitoring, address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.atLeast = monitoring.AtLeast
	c.results = make([]result, len(monitoring.Monitors))
	if len(monitoring.Monitors) == 0 {
		c.publish(result{status: StatusUnchecked})
		return
	}
	for i := range c.results {
		c.results[i] = result{status: StatusChecking}
	}
	c.publish(result{status: StatusChecking})
	ctx, end := context.WithCancel(c.plane.ctx)
	c.end = end
	for i, monitor := range monitoring.Monitors {
		monitor = monitor.withDefaults()
		c.plane.running.Go(func() {
			runMonitor(ctx, monitor, c.plane.newProbe(monitor, address), func(r result) { c.report(ctx, i, r) })
		})
	}
}

// stop ends the probes; what they still report is not heard.
func (c *checks) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		c.end()
		c.end = nil
	}
}

// report takes the result of monitor i.
func (c *checks) report(ctx context.Context, i int, r result) {
	c.mu.Lock()
	if ctx.Err() != nil { // stopped: the result belongs to an earlier configuration
		c.mu.Unlock()
		return
	}
	c.results[i] = r
	from := *c.health.Load()
	c.publish(combine(c.results, c.atLeast))
	to := *c.health.Load()
	c.mu.Unlock()
	if from.Status != to.Status {
		c.changed(from, to)
	}
}

// publish makes a status known. The caller holds mu.
func (c *checks) publish(r result) {
	health := Health{Status: r.status, Reason: r.reason, Since: time.Now()}
	if old := c.health.Load(); old != nil && old.Status == r.status {
		health.Since = old.Since
	}
	c.health.Store(&health)
}

func (c *checks) status() string { return c.health.Load().Status }
