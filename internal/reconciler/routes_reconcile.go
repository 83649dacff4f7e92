package reconciler

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// The conditions of routes beside failing and holding.
const refusing condition = "refused" // as a whole, for its problems

// routeObserver hears of each sync of routes. It must not block.
type routeObserver interface {
	routesSynced(ctx context.Context, r *route, report engine.RouteReport, err error)
}

// routeReconciler syncs the routes of one owner after the other. Its workers are not
// those of pools: routes are few and may be slow, endpoints are many and must not wait.
type routeReconciler struct {
	device    device
	registry  *registry
	routes    *routes
	gate      *deviceGate
	metrics   *routeMetrics
	logger    *slog.Logger
	resync    time.Duration
	retries   workqueue.TypedRateLimiter[ingress.Key]
	observers []routeObserver
	lookSoon  func() // the device says something else than discovery saw, or has new pools
	wrote     func() // something is to be made to last
}

var _ reconcile.TypedReconciler[ingress.Key] = (*routeReconciler)(nil)

func newRouteRetries() workqueue.TypedRateLimiter[ingress.Key] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[ingress.Key](firstRetry, lastRetry)
}

// Reconcile syncs the routes of an owner. As that of pools, it returns no error.
func (r *routeReconciler) Reconcile(_ context.Context, key ingress.Key) (reconcile.Result, error) {
	ctx, done, ours := r.registry.begin(key.Partition)
	if !ours {
		return reconcile.Result{}, nil
	}
	defer done()
	one, bound := r.routes.find(key)
	if one == nil {
		r.retries.Forget(key)
		return reconcile.Result{}, nil
	}
	if r.gate.parkRoutes(key) {
		return reconcile.Result{}, nil
	}
	report, err := r.sync(ctx, one, bound)                                     //nolint:contextcheck // the partition's own context: its end is the end of the work
	return reconcile.Result{RequeueAfter: r.after(ctx, key, report, err)}, nil //nolint:contextcheck // the same
}

// sync syncs once, and tells all who want to know.
func (r *routeReconciler) sync(ctx context.Context, one *route, bound ingress.Binding) (engine.RouteReport, error) {
	one.turn.Lock()
	defer one.turn.Unlock()
	start := time.Now()
	report, err := one.follower.Sync(ctx, bound)
	if ctx.Err() != nil {
		return report, err
	}
	if r.gate.saw(err) {
		r.logger.WarnContext(ctx, "the device cannot be used: nothing is written until it answers again", "device", r.device.Name(), "error", err)
	}
	if report.Written {
		r.wrote()
	}
	if report.Written && !report.Change.Pools.Empty() || err == nil && !report.Bound {
		r.lookSoon()
	}
	if err == nil && !report.Bound {
		return report, nil
	}
	r.metrics.synced(one.key, report, err, time.Since(start))
	for _, o := range r.observers { // before log, which remembers what was told
		o.routesSynced(ctx, one, report, err)
	}
	r.log(ctx, one, report, err)
	if again, _ := r.routes.find(one.key); again == nil {
		r.routes.gone(one.key) // it went meanwhile, and so must what was just told of it
	}
	return report, err
}

// after is when to sync again if nothing changes.
func (r *routeReconciler) after(ctx context.Context, key ingress.Key, report engine.RouteReport, err error) time.Duration {
	switch {
	case ctx.Err() != nil:
		return 0
	case ofDevice(err) && r.gate.parkRoutes(key):
		return 0
	case err != nil:
		return r.retries.When(key)
	}
	r.retries.Forget(key)
	switch {
	case !report.Bound:
		return unsyncedRetry
	case report.After > 0:
		return report.After
	}
	return jittered(r.resync)
}

// log writes what a sync did, and what is new in what it could not do.
func (r *routeReconciler) log(ctx context.Context, one *route, report engine.RouteReport, err error) {
	m := &one.memory
	logger := r.logger.With("routes", one.key.String())
	if report.Written {
		logger.InfoContext(ctx, "routes written", "changes", siteLines(report.Change))
	}
	if err == nil {
		r.logState(ctx, logger, m, report)
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	switch {
	case text == m.failed:
	case err != nil && ofDevice(err): // the gate has told it, once for all
	case err != nil:
		logger.ErrorContext(ctx, "routes cannot be synced", "error", err)
	default:
		logger.InfoContext(ctx, "routes are synced again")
	}
	m.failed = text
}

// logState tells problems, holds and refusals that are new, or over.
func (r *routeReconciler) logState(ctx context.Context, logger *slog.Logger, m *routeMemory, report engine.RouteReport) {
	now := map[string]bool{}
	for _, p := range report.Problems {
		now[p.String()] = true
		if !m.problems[p.String()] {
			logger.WarnContext(ctx, "a problem", "problem", p.String())
		}
	}
	m.problems = now
	switch {
	case report.Refused && !m.refused:
		logger.WarnContext(ctx, "refused: nothing is written, because there are problems and the routes are strict", "changes", siteLines(report.Change))
	case m.refused && !report.Refused:
		logger.InfoContext(ctx, "nothing is refused any more")
	}
	switch {
	case report.Held != m.held && report.Held != "":
		logger.WarnContext(ctx, "held: what is served goes on", "reason", report.Held)
	case report.Held != m.held:
		logger.InfoContext(ctx, "nothing is held any more")
	}
	m.refused, m.held = report.Refused, report.Held
}

// siteLines are the lines of a change, as far as a line of the log goes.
func siteLines(change changeset.SiteChange) string {
	all := change.Changes()
	texts := make([]string, 0, min(len(all), mostChanges+1))
	for i, c := range all {
		if i == mostChanges {
			texts = append(texts, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		texts = append(texts, c.Text)
	}
	return strings.Join(texts, "; ")
}

// newProblems are those that have not been told yet.
func newProblems(m routeMemory, report engine.RouteReport) []ingress.Problem {
	return slices.DeleteFunc(slices.Clone(report.Problems), func(p ingress.Problem) bool { return m.problems[p.String()] })
}
