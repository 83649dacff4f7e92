package reconciler

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// deviceRetry bounds the tries of one request to the device. It is short, because
	// a pool that failed is tried again by the queue, where it keeps no worker busy.
	deviceRetry = 10 * time.Second
	// logoutTime bounds the end of the session with the device.
	logoutTime = 300 * time.Millisecond
	// namespaceFile is where a pod finds its namespace.
	namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace" //nolint:gosec // no credentials
)

// helper is the process, put together.
type helper struct {
	settings settings
	logger   *slog.Logger

	device     *bigip.Device
	failovers  *failovers // nil: it is no pair
	shared     string     // what all replicas call the device
	watch      *kube.Watch
	config     *rest.Config // of the default cluster; empty if there is none
	clients    map[string]kubernetes.Interface
	untyped    map[string]dynamic.Interface
	feed       *feed[ltm.Path]
	routeFeed  *feed[ingress.Key]
	gate       *deviceGate
	metrics    *metrics
	registry   *registry
	routes     *routes
	discovery  *discovery
	reconciler *reconciler
	router     *routeReconciler
	commits    []*commits
	events     *events
	gates      *gates    // nil without ReadinessGate
	statuses   *statuses // nil without RouteStatus
	classes    *classes  // nil without RouteStatus
	statistics *statistics
	status     *status

	metricsListener, probeListener net.Listener
}

// Run runs the helper until ctx ends, or with Once until every pool was synced. Its
// end is nil, a *PendingError, or what failed.
func Run(ctx context.Context, options Options) error {
	logger, err := options.logger()
	if err != nil {
		return err
	}
	s, err := options.settle()
	if err != nil {
		return err
	}
	hearLibraries(logger)
	h, err := newHelper(s, logger)
	if err != nil {
		return err
	}
	defer h.logout(context.WithoutCancel(ctx))
	if s.Once {
		return h.runOnce(ctx)
	}
	if err := h.listen(ctx); err != nil {
		return err
	}
	return h.run(ctx)
}

var libraries sync.Once

// hearLibraries takes the lines of client-go and controller-runtime into our log.
// Both have one logger for the whole process.
func hearLibraries(logger *slog.Logger) {
	libraries.Do(func() {
		ctrllog.SetLogger(logr.FromSlogHandler(logger.Handler()))
		klog.SetSlogLogger(logger)
	})
}

// newHelper builds the adapters and what stands on them. It sends nothing.
func newHelper(s settings, logger *slog.Logger) (*helper, error) {
	h := &helper{settings: s, logger: logger, feed: newFeed[ltm.Path](), routeFeed: newFeed[ingress.Key](), gate: newDeviceGate(), metrics: newMetrics()}
	if err := h.buildDevice(); err != nil {
		return nil, err
	}
	if err := h.buildClusters(); err != nil {
		return nil, err
	}
	options := h.followOptions()
	newFollower := func(path ltm.Path) follower { return engine.NewFollower(h.device, h.watch, path, options) }
	h.registry = newRegistry(h.watch, newFollower, h.forget)
	if err := h.buildRoutes(); err != nil {
		return nil, err
	}
	h.discovery = &discovery{
		device: h.device, registry: h.registry, routes: h.routes, gate: h.gate, metrics: h.metrics, logger: logger, queue: h.feed.add, follow: h.routeFeed.add,
		every: s.DiscoverInterval, wake: make(chan struct{}, 1), looked: map[string]bool{}, failed: map[string]string{},
		sweep: h.sweep, loops: func(ctx context.Context, partition string) (map[ltm.Path]*engine.LoopError, error) {
			return h.loops(ctx, h.watch, partition)
		},
	}
	h.reconciler = &reconciler{
		device: h.device, registry: h.registry, gate: h.gate, metrics: h.metrics, logger: logger, resync: s.Resync,
		retries: newRetries(), lookSoon: h.discovery.soon, wrote: h.wrote,
	}
	h.router = &routeReconciler{
		device: h.device, registry: h.registry, routes: h.routes, gate: h.gate, metrics: h.metrics.routes, logger: logger, resync: s.Resync,
		retries: newRouteRetries(), lookSoon: h.discovery.soon, wrote: h.wrote,
	}
	if s.Once {
		return h, nil
	}
	h.events = newEvents(h.device, h.clients, logger)
	h.statistics = h.newStatistics()
	h.status = h.newStatus()
	h.reconciler.observers = append(h.reconciler.observers, h.events, h.statistics, h.status)
	h.router.observers = append(h.router.observers, h.events, h.status)
	if s.RouteStatus {
		h.statuses = newStatuses(patchRouteStatus(h.untyped), h.routeFeed.add, logger)
		h.router.observers = append(h.router.observers, h.statuses)
		h.classes = h.newClasses()
	}
	if s.ReadinessGate {
		h.gates = newGates(h.device, h.watch, patchStatus(h.clients), logger)
		h.reconciler.observers = append(h.reconciler.observers, h.gates)
	}
	return h, nil
}

// buildRoutes makes what follows the owners of routes.
func (h *helper) buildRoutes() error {
	members, err := h.oneShot()
	if err != nil {
		return err
	}
	reads := &recent[engine.Surveyor]{make: func() engine.Surveyor { return h.device.Reads() }}
	options := engine.RouteFollowOptions{Hold: h.settings.Hold, DryRun: h.settings.DryRun}
	h.routes = newRoutes(func(key ingress.Key) routeFollower {
		return engine.NewRouteFollower(h.device, reads.get, watchedRoutes{h.watch}, members, key, options)
	}, func(key ingress.Key) {
		h.watch.Leave(key.String())
		h.metrics.routes.forget(key)
		if h.statuses != nil {
			h.statuses.forget(key)
		}
	})
	return nil
}

// watchedRoutes reads what routes are made of, and has a watch tell of changes.
type watchedRoutes struct{ watch *kube.Watch }

// Routes is engine.RouteSource's.
func (w watchedRoutes) Routes(ctx context.Context, key ingress.Key, beside ingress.Beside) (ingress.Objects, map[ltm.Certificate]ltm.KeyPair, error) {
	return w.watch.Routes(ctx, key.String(), key.Owner, beside)
}

// changed is kube.WatchOptions.Changed: owners are pools, routes, and classes.
func (h *helper) changed(owner string) {
	if path, err := ltm.ParsePath(owner); err == nil {
		h.feed.add(path)
	} else if owner == classesOwner && h.classes != nil {
		h.classes.soon()
	} else if key, ok := h.routes.owner(owner); ok {
		h.routeFeed.add(key)
	}
}

// followOptions are how carefully a pool is followed.
func (h *helper) followOptions() engine.FollowOptions {
	return engine.FollowOptions{
		MaxDisablePercent: h.settings.MaxDisablePercent, Hold: h.settings.Hold, DryRun: h.settings.DryRun, Owners: h.watch,
		PreWarm: h.settings.PreWarm || h.settings.ReadinessGate, // a pod that waits for its member must have one
	}
}

// buildDevice makes the adapter of the BIG-IP or the pair, and what makes changes last.
func (h *helper) buildDevice() error {
	units := make([]*icontrol.Client, 0, len(h.settings.device))
	for _, config := range h.settings.device {
		config.UserAgent = h.userAgent()
		config.RetryTimeout = deviceRetry
		config.Logger, config.Observe = h.logger, h.metrics.exchange
		unit, err := icontrol.New(config)
		if err != nil {
			return deviceProblem(err)
		}
		units = append(units, unit)
	}
	client := units[0]
	if len(units) > 1 {
		client = icontrol.NewPair(units...)
		h.failovers = &failovers{active: activeOf(client), moved: h.compareAll, logger: h.logger}
	}
	h.device = bigip.New(client, h.settings.Device.Name, h.logger)
	h.shared = sharedName(h.settings.Device.Name, units)
	commit := h.settings.commit
	if commit.SyncGroup != "" {
		h.commits = append(h.commits, newCommits(h.device.Committer(bigip.CommitOptions{SyncGroup: commit.SyncGroup}), syncEvery, h.logger))
	}
	if commit.Save {
		h.commits = append(h.commits, newCommits(h.device.Committer(commit), saveEvery, h.logger))
	}
	return nil
}

// activeOf asks a pair for the address of the unit that is active.
func activeOf(pair *icontrol.Client) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		unit, err := pair.Active(ctx)
		if err != nil {
			return "", err
		}
		return unit.Address(), nil
	}
}

// sharedName is the same for all replicas, whichever unit is active and in whatever
// order the units are named.
func sharedName(name string, units []*icontrol.Client) string {
	addresses := make([]string, 0, len(units))
	for _, unit := range units {
		addresses = append(addresses, unit.Address())
	}
	slices.Sort(addresses)
	return cmp.Or(name, strings.Join(addresses, ","))
}

// buildClusters makes the watches of the clusters, and a client of each.
func (h *helper) buildClusters() error {
	options := kube.WatchOptions{UserAgent: h.userAgent(), Changed: h.changed, Logger: h.logger, RefusedRoutes: h.settings.RouteStatus}
	if h.settings.ReadinessGate {
		options.Gate = readinessGate
	}
	h.config, h.clients, h.untyped = &rest.Config{}, map[string]kubernetes.Interface{}, map[string]dynamic.Interface{}
	for name, config := range h.settings.clusters {
		rc, err := kube.RESTConfig(config, kube.Options{UserAgent: h.userAgent()})
		if err != nil {
			return clusterProblem(name, err)
		}
		if name == "" {
			h.config = rc
		}
		var typed, untyped error
		h.clients[name], typed = kubernetes.NewForConfig(rc)
		h.untyped[name], untyped = dynamic.NewForConfig(rc)
		if err := cmp.Or(typed, untyped); err != nil {
			return clusterProblem(name, err)
		}
	}
	var err error
	if h.watch, err = kube.NewWatch(h.settings.clusters, options); err != nil {
		return clusterProblem("", err)
	}
	return nil
}

// oneShot is a source that asks the clusters, each time.
func (h *helper) oneShot() (*kube.Clusters, error) {
	sources := make(map[string]*kube.Source, len(h.settings.clusters))
	for name, config := range h.settings.clusters {
		source, err := kube.New(config, kube.Options{UserAgent: h.userAgent()})
		if err != nil {
			return nil, clusterProblem(name, err)
		}
		sources[name] = source
	}
	return kube.NewClusters(sources), nil
}

func (h *helper) userAgent() string { return "terraform-provider-bigipkube/" + h.settings.Version }

// forget is told of a pool that is not followed any more.
func (h *helper) forget(p *pool) {
	h.metrics.forget(p.path)
	if h.gates != nil {
		h.gates.forget(p.path)
	}
	if h.statistics != nil {
		h.statistics.forget(p.path)
	}
	if h.status != nil {
		h.status.forget(p.path)
	}
}

func (h *helper) wrote() {
	for _, c := range h.commits {
		c.wrote()
	}
}

// sweep deletes a retired pool that nobody uses; a dry run does not.
func (h *helper) sweep(ctx context.Context, path ltm.Path) (bool, error) {
	if h.settings.DryRun {
		return false, nil
	}
	return engine.SweepRetired(ctx, h.device, path)
}

// loops finds the pools through which source is reached, unless that is allowed.
func (h *helper) loops(ctx context.Context, source engine.Source, partition string) (map[ltm.Path]*engine.LoopError, error) {
	if h.settings.AllowLoop {
		return nil, nil
	}
	return engine.LoopsIn(ctx, h.device, source, partition)
}

// runOnce is --once: nothing listens, and nothing is shared.
func (h *helper) runOnce(ctx context.Context) error {
	watching, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { _ = h.watch.Start(watching) }) // it has no error but the end
	defer ended.Wait()
	defer stop()
	return h.once(ctx)
}

func (h *helper) listen(ctx context.Context) (err error) {
	if h.metricsListener, err = listen(ctx, "--metrics-bind-address", h.settings.MetricsAddress); err != nil {
		return err
	}
	if h.probeListener, err = listen(ctx, "--health-probe-bind-address", h.settings.ProbeAddress); err != nil {
		return err
	}
	if !h.settings.Stats.external() {
		return nil
	}
	h.statistics.listener, err = listen(ctx, "--external-metrics-bind-address", h.settings.Stats.ExternalAddress)
	return err
}

// logout gives the device its token back: a user has room for a hundred
// (icontrol-rest 1.3).
func (h *helper) logout(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, logoutTime)
	defer cancel()
	if err := h.device.Close(ctx); err != nil {
		h.logger.WarnContext(ctx, "the session with the device could not be ended", "error", err)
	}
}

// newIdentity is another one at each start, so that nobody takes a Lease of before for
// his own.
func newIdentity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "helper"
	}
	return host + "_" + rand.String(8)
}

// leaseNamespace is where the replicas meet.
func (s settings) leaseNamespace() (string, error) {
	if s.LeaseNamespace != "" {
		return s.LeaseNamespace, nil
	}
	text, err := os.ReadFile(namespaceFile)
	if err != nil {
		return "", fmt.Errorf("missing the namespace of the replicas' Leases: set --lease-namespace, or --leader-elect=false")
	}
	return strings.TrimSpace(string(text)), nil
}
