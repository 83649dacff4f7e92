package reconciler

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// firstRetry and lastRetry are how long a pool that failed waits: the first time,
	// and at most. A fault that is over is then over for its pools within seconds.
	firstRetry = 200 * time.Millisecond
	lastRetry  = 5 * time.Second
	// unsyncedRetry is for a pool whose endpoints are not all known yet. The watch
	// tells when they are; this is for what it cannot tell.
	unsyncedRetry = 5 * time.Second
)

// observer hears of each sync. It must not block.
type observer interface {
	synced(ctx context.Context, p *pool, report engine.FollowReport, err error)
}

// reconciler syncs one pool after the other.
type reconciler struct {
	device    device
	registry  *registry
	gate      *deviceGate
	metrics   *metrics
	logger    *slog.Logger
	resync    time.Duration
	retries   workqueue.TypedRateLimiter[ltm.Path]
	observers []observer
	lookSoon  func() // a pool is not what discovery saw
	wrote     func() // something is to be made to last
}

var _ reconcile.TypedReconciler[ltm.Path] = (*reconciler)(nil)

func newRetries() workqueue.TypedRateLimiter[ltm.Path] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[ltm.Path](firstRetry, lastRetry)
}

// Reconcile syncs a pool. It returns no error: what failed is logged here, once, and
// waits for its turn as a Result says.
func (r *reconciler) Reconcile(_ context.Context, path ltm.Path) (reconcile.Result, error) {
	ctx, done, ours := r.registry.begin(path.Partition)
	if !ours {
		return reconcile.Result{}, nil
	}
	defer done()
	p := r.registry.pool(path)
	if p == nil {
		r.retries.Forget(path)
		return reconcile.Result{}, nil
	}
	if _, skipped := r.registry.state(p); skipped != followed || r.gate.park(path) {
		return reconcile.Result{}, nil
	}
	report, err := r.sync(ctx, p)                                            //nolint:contextcheck // the partition's own context: its end is the end of the work
	return reconcile.Result{RequeueAfter: r.after(ctx, p, report, err)}, nil //nolint:contextcheck // the same
}

// sync syncs a pool once, and tells all who want to know.
func (r *reconciler) sync(ctx context.Context, p *pool) (engine.FollowReport, error) {
	p.turn.Lock()
	defer p.turn.Unlock()
	now := time.Now()
	compare := p.stale.Swap(false) || !now.Before(p.compareAt)
	report, err := p.follower.Sync(ctx, compare)
	if ctx.Err() != nil { // the work on the partition ends: that is no failure
		r.log(context.WithoutCancel(ctx), p, report, nil)
		return report, err
	}
	switch {
	case err != nil && compare:
		p.stale.Store(true)
	case compare:
		p.compareAt = now.Add(r.nextComparison(p.compareAt.IsZero()))
	}
	if r.gate.saw(err) {
		r.logger.WarnContext(ctx, "the device cannot be used: nothing is written until it answers again", "device", r.device.Name(), "error", err)
	}
	if errors.Is(err, kube.ErrNotSynced) && !errors.Is(err, engine.ErrForbidden) { // a matter of time
		return report, err
	}
	if len(report.Written) > 0 {
		r.wrote()
	}
	r.tell(ctx, p, report, err, time.Since(now))
	if r.registry.pool(p.path) == nil { // it went meanwhile, and so must what was just told of it
		r.registry.gone(p)
	}
	return report, err
}

// nextComparison is jittered; the first ones are spread over the whole time.
func (r *reconciler) nextComparison(isFirst bool) time.Duration {
	if isFirst {
		return r.resync/2 + rand.N(r.resync/2+1) //nolint:gosec // no secret
	}
	return jittered(r.resync)
}

// after is when a pool is to be synced again if nothing changes.
func (r *reconciler) after(ctx context.Context, p *pool, report engine.FollowReport, err error) time.Duration {
	switch {
	case ctx.Err() != nil:
		return 0
	case ofDevice(err) && r.gate.park(p.path):
		return 0
	case errors.Is(err, kube.ErrNotSynced):
		return unsyncedRetry
	case err != nil:
		return r.retries.When(p.path)
	}
	r.retries.Forget(p.path)
	if !report.Bound {
		r.registry.remove(p)
		r.lookSoon()
		return 0
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	again := max(time.Until(p.compareAt), time.Millisecond)
	if report.After > 0 {
		again = min(again, report.After)
	}
	return again
}

// tell makes a sync known.
func (r *reconciler) tell(ctx context.Context, p *pool, report engine.FollowReport, err error, took time.Duration) {
	r.metrics.synced(p.path, report, err, took)
	p.memory.measure(r.metrics, p, report)
	for _, o := range r.observers { // before log, which remembers what was told
		o.synced(ctx, p, report, err)
	}
	r.log(ctx, p, report, err)
	p.memory.report = report
}

// measure observes what needs the sync before.
func (m *memory) measure(to *metrics, p *pool, report engine.FollowReport) {
	if report.Triggered.After(m.triggered) {
		m.triggered = report.Triggered
		// Kubernetes dates a change by the conditions of pods, which have whole seconds.
		if len(report.Written) > 0 && !report.Triggered.Before(p.found.Truncate(time.Second)) {
			to.delay.WithLabelValues(p.path.Partition).Observe(time.Since(report.Triggered).Seconds())
		}
	}
	for _, change := range report.Written {
		for _, member := range change.Remove {
			if since, drained := m.draining[member.Key]; drained {
				to.drain.WithLabelValues(p.path.Partition).Observe(time.Since(since).Seconds())
			}
		}
	}
	m.draining = make(map[ltm.MemberKey]time.Time, len(report.Draining))
	for _, d := range report.Draining {
		m.draining[d.Key] = d.Since
	}
}
