package reconciler

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/shards"
)

// run runs everything under one manager until ctx ends.
func (h *helper) run(ctx context.Context) error {
	logger := logr.FromSlogHandler(h.logger.Handler())
	patience := 2 * time.Second // a write that has begun takes 800 ms at most
	mgr, err := manager.New(h.config, manager.Options{
		Logger:                  logger,
		Metrics:                 metricsserver.Options{BindAddress: "0"}, // see servers
		HealthProbeBindAddress:  "0",
		GracefulShutdownTimeout: &patience,
	})
	if err != nil {
		return err
	}
	pools, err := controller.NewTyped("pools", mgr, controller.TypedOptions[ltm.Path]{
		MaxConcurrentReconciles: h.settings.Workers,
		Reconciler:              h.reconciler,
		RateLimiter:             newRetries(),
		SkipNameValidation:      new(true), // several may run in one process, in tests
		NeedLeaderElection:      new(false),
		LogConstructor:          func(*ltm.Path) logr.Logger { return logger },
	})
	if err != nil {
		return err
	}
	if err := pools.Watch(source.TypedFunc[ltm.Path](h.feed.start)); err != nil {
		return err
	}
	if err := h.addRoutes(mgr, logger); err != nil {
		return err
	}
	share, err := h.sharing()
	if err != nil {
		return err
	}
	health := &health{
		device: h.device, gate: h.gate, watch: h.watch, registry: h.registry, discovery: h.discovery,
		unreadyAfter: h.settings.UnreadyAfter, started: time.Now(),
	}
	looked, err := h.status.handler()
	if err != nil {
		return err
	}
	runnables := append(servers(h.metricsListener, h.probeListener, h.shown(), looked, health), runnable(h.status.hub.Run),
		runnable(h.watch.Start), share, runnable(h.discovery.run), runnable(h.probe), runnable(h.events.run))
	if h.failovers != nil {
		runnables = append(runnables, runnable(h.failovers.run))
	}
	if api, err := h.statistics.external(h); err != nil {
		return err
	} else if api != nil {
		runnables = append(runnables, runnable(h.statistics.history.Run), runnable(api))
	}
	for _, c := range h.commits {
		runnables = append(runnables, runnable(c.run))
	}
	if h.statuses != nil {
		runnables = append(runnables, runnable(h.statuses.run), runnable(h.classes.run))
	}
	if h.gates != nil {
		runnables = append(runnables, runnable(h.gates.run))
	}
	var failures []error
	for _, r := range runnables {
		failures = append(failures, mgr.Add(r))
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	h.logger.InfoContext(ctx, "started", "device", h.device.Name(), "partitions", h.settings.Partitions, "leader_elect", h.settings.elect,
		"metrics", address(h.metricsListener), "probes", address(h.probeListener))
	defer h.logger.InfoContext(ctx, "ended")
	return mgr.Start(ctx)
}

// addRoutes adds the workers of routes: a queue of their own, so that a slow one keeps no
// pool waiting.
func (h *helper) addRoutes(mgr manager.Manager, logger logr.Logger) error {
	routes, err := controller.NewTyped("routes", mgr, controller.TypedOptions[ingress.Key]{
		MaxConcurrentReconciles: h.settings.Workers,
		Reconciler:              h.router,
		RateLimiter:             newRouteRetries(),
		SkipNameValidation:      new(true),
		NeedLeaderElection:      new(false),
		LogConstructor:          func(*ingress.Key) logr.Logger { return logger },
	})
	if err != nil {
		return err
	}
	return routes.Watch(source.TypedFunc[ingress.Key](h.routeFeed.start))
}

// shown is what /metrics shows. What the device counts is gathered by itself: it is the
// one part that asks for more than memory.
func (h *helper) shown() prometheus.Gatherer {
	return prometheus.Gatherers{h.metrics.registry, h.statistics.registry, ctrlmetrics.Registry}
}

// runnable is a function that every replica runs.
type runnable func(context.Context) error

// Start is manager.Runnable's.
func (r runnable) Start(ctx context.Context) error { return r(ctx) }

// NeedLeaderElection is manager.LeaderElectionRunnable's: shards are our election.
func (r runnable) NeedLeaderElection() bool { return false }

// probe asks a device that does not answer until it does.
func (h *helper) probe(ctx context.Context) error {
	h.gate.probe(ctx, func(ctx context.Context) error {
		_, err := h.device.PoolDescriptions(ctx, h.settings.Partitions[0])
		return err
	}, func() {
		paths := h.gate.open()
		h.logger.InfoContext(ctx, "the device answers again", "device", h.device.Name(), "waiting", len(paths))
		for _, path := range paths {
			h.feed.add(path)
		}
		for _, key := range h.gate.waiting() {
			h.routeFeed.add(key)
		}
		h.discovery.soon()
	})
	return nil
}

// sharing is what opens and closes the partitions.
func (h *helper) sharing() (runnable, error) {
	work := &work{helper: h, ctx: context.Background()}
	if !h.settings.elect {
		return work.alone, nil
	}
	client := h.clients[""]
	if client == nil {
		return nil, missing("--kubeconfig", "KUBE_CONFIG_PATH", "the cluster of the replicas' Leases")
	}
	namespace, err := h.settings.leaseNamespace()
	if err != nil {
		return nil, err
	}
	return shards.New(shards.Config{
		Leases: client.CoordinationV1().Leases(namespace), Device: h.shared, Identity: newIdentity(),
		Partitions: h.settings.Partitions, Handler: work, Logger: h.logger,
	}).Run, nil
}

// work opens and closes partitions.
type work struct {
	helper *helper
	ctx    context.Context // of the work: close ends it, so that what is written is finished
}

var _ shards.Handler = (*work)(nil)

// Acquired is shards.Handler's.
func (w *work) Acquired(name string) {
	w.helper.registry.open(w.ctx, name)
	w.helper.discovery.soon()
	if w.helper.classes != nil {
		w.helper.classes.soon()
	}
}

// Lost is shards.Handler's.
func (w *work) Lost(name string) {
	w.helper.registry.close(name)
	w.helper.routes.close(name)
	w.helper.discovery.forget(name)
}

// alone has all partitions.
func (w *work) alone(ctx context.Context) error {
	for _, name := range w.helper.settings.Partitions {
		w.Acquired(name)
	}
	<-ctx.Done()
	var all sync.WaitGroup
	for _, name := range w.helper.settings.Partitions {
		all.Go(func() { w.Lost(name) })
	}
	all.Wait()
	return nil
}
