package reconciler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// fullCaches is how long --once waits for the endpoints of all pools.
const fullCaches = time.Minute

// atOnce is more than a Sync asks for that stopped only to let others have their turn.
const atOnce = 10 * time.Millisecond

// PendingError is the end of a --once after which something is held or drains still.
type PendingError struct {
	Held, Draining int
	Routes         int // owners of routes of which something is held or refused
}

// Error tells how much.
func (e *PendingError) Error() string {
	text := fmt.Sprintf("%s held, %s draining", counted(e.Held, "member"), counted(e.Draining, "member"))
	if e.Routes > 0 {
		text += ", the routes of " + counted(e.Routes, "object") + " held or refused"
	}
	return text
}

// Planned is what --dry-run prints of a pool. The names are a contract.
type Planned struct {
	Pool     ltm.Path              `json:"pool"`
	Writes   []changeset.ChangeSet `json:"writes"`
	Held     []PlannedHold         `json:"held"`
	Draining []PlannedDrain        `json:"draining"`
	Error    string                `json:"error,omitempty"`
}

// PlannedHold is a member that stays in service although its endpoint says otherwise.
type PlannedHold struct {
	Member ltm.MemberKey `json:"member"`
	Reason follow.Reason `json:"reason"`
}

// PlannedDrain is a member on its way out.
type PlannedDrain struct {
	Member      ltm.MemberKey `json:"member"`
	Connections int64         `json:"connections"` // open ones; -1 = not asked
	Deadline    time.Time     `json:"deadline"`
}

// outcome is what came of one pool.
type outcome struct {
	path   ltm.Path
	report engine.FollowReport
	err    error
}

// once syncs every pool once, and prints what came of it.
func (h *helper) once(ctx context.Context) error {
	for _, name := range h.settings.Partitions {
		h.registry.open(ctx, name)
		if err := h.discovery.look(ctx, name); err != nil {
			return err
		}
	}
	routes, err := h.syncRoutes(ctx) // before the pools that they make
	if err != nil {
		return err
	}
	outcomes := h.syncAll(ctx)
	if h.settings.DryRun {
		return h.printPlanned(outcomes, routes)
	}
	for _, c := range h.commits {
		select {
		case <-c.written:
			if err := c.committer.Commit(ctx); err != nil {
				return err
			}
		default:
		}
	}
	return h.printSummary(outcomes, routes)
}

// syncAll syncs the pools side by side, in the order of their paths.
func (h *helper) syncAll(ctx context.Context) []outcome {
	pools := h.registry.all()
	slices.SortFunc(pools, func(a, b *pool) int { return a.path.Compare(b.path) })
	outcomes := make([]outcome, len(pools))
	next := make(chan int)
	var all sync.WaitGroup
	for range h.settings.Workers {
		all.Go(func() {
			for i := range next {
				outcomes[i] = h.syncOnce(ctx, pools[i])
			}
		})
	}
	for i := range pools {
		next <- i
	}
	close(next)
	all.Wait()
	return outcomes
}

// syncOnce syncs a pool as soon as its endpoints are known.
func (h *helper) syncOnce(ctx context.Context, p *pool) outcome {
	o := outcome{path: p.path}
	if _, skipped := h.registry.state(p); skipped != followed {
		o.err = h.registry.skippedFor(p)
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, fullCaches)
	defer cancel()
	for {
		changed := h.feed.next(p.path)
		report, err := h.reconciler.sync(ctx, p)
		report.Written = append(o.report.Written, report.Written...)
		o.report, o.err = report, err
		switch {
		case errors.Is(err, kube.ErrNotSynced):
			select {
			case <-changed:
			case <-ctx.Done():
				return o
			}
		case err == nil && !h.settings.DryRun && report.After > 0 && report.After < atOnce: // it had more to write than fits in one turn
		default:
			return o
		}
	}
}

// printPlanned prints one document of JSON.
func (h *helper) printPlanned(outcomes []outcome, routes []routeOutcome) error {
	planned := make([]any, 0, len(routes)+len(outcomes))
	for _, o := range routes {
		planned = append(planned, o.planned())
	}
	failures, waiting := routeFailures(routes)
	for _, o := range outcomes {
		p := Planned{Pool: o.path, Writes: o.report.Written, Held: []PlannedHold{}, Draining: []PlannedDrain{}}
		if p.Writes == nil {
			p.Writes = []changeset.ChangeSet{}
		}
		for _, held := range o.report.Held {
			p.Held = append(p.Held, PlannedHold{held.Key, held.Reason})
		}
		for _, d := range o.report.Draining {
			p.Draining = append(p.Draining, PlannedDrain{d.Key, d.Connections, d.Deadline})
		}
		if o.err != nil {
			p.Error = o.err.Error()
			failures = append(failures, o.failure())
		}
		planned = append(planned, p)
	}
	encoder := json.NewEncoder(h.settings.Out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(planned); err != nil {
		return err
	}
	return ending(failures, outcomes, waiting)
}

// printSummary prints a line for each pool, and for each owner of routes.
func (h *helper) printSummary(outcomes []outcome, routes []routeOutcome) error {
	failures, waiting := routeFailures(routes)
	for _, o := range routes {
		fmt.Fprintln(h.settings.Out, o.summary())
	}
	for _, o := range outcomes {
		writes := 0
		for _, c := range o.report.Written {
			writes += len(c.Changes())
		}
		switch {
		case o.err != nil:
			failures = append(failures, o.failure())
			fmt.Fprintf(h.settings.Out, "%s: failed: %v\n", o.path, o.err)
		case !o.report.Bound:
			fmt.Fprintf(h.settings.Out, "%s: gone\n", o.path)
		default:
			fmt.Fprintf(h.settings.Out, "%s: %s written, %d held, %d draining\n", o.path, counted(writes, "change"), len(o.report.Held), len(o.report.Draining))
		}
	}
	fmt.Fprintf(h.settings.Out, "%s, %d failed\n", counted(len(outcomes), "pool"), len(failures))
	return ending(failures, outcomes, waiting)
}

func (o outcome) failure() error { return fmt.Errorf("pool %s: %w", o.path, o.err) }

// ending is what failed, else a *PendingError if something is not done yet.
func ending(failures []error, outcomes []outcome, routes int) error {
	e := PendingError{Routes: routes}
	for _, o := range outcomes {
		e.Held += len(o.report.Held)
		e.Draining += len(o.report.Draining)
	}
	if len(failures) > 0 || e == (PendingError{}) {
		return errors.Join(failures...)
	}
	return &e
}
