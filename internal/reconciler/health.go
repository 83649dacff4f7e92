package reconciler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
)

// closeTime is how long a scrape that has begun may go on at the end.
const closeTime = 100 * time.Millisecond

// health knows whether the helper can do its work.
type health struct {
	device       device
	gate         *deviceGate
	watch        watch
	registry     *registry
	discovery    *discovery
	unreadyAfter time.Duration
	started      time.Time
}

// ready tells why the helper is not ready; nil if it is.
func (h *health) ready(*http.Request) error {
	if err := h.heard(time.Now()); err != nil {
		return err
	}
	if !h.discovery.complete() {
		return errors.New("the pools of all partitions have not been read yet")
	}
	return h.full()
}

// full tells which endpoints are not known yet. Those that may not be read are the
// matter of their pools, as long as there are others.
func (h *health) full() error {
	var refused error
	known := false
	for _, p := range h.registry.all() {
		bound, skipped := h.registry.state(p)
		if skipped != followed {
			continue
		}
		for _, ref := range refs(bound) {
			err := h.watch.Synced(ref)
			switch {
			case err == nil:
				known = true
			case h.unknown(ref.Cluster):
			case errors.Is(err, engine.ErrForbidden):
				refused = err
			default:
				return fmt.Errorf("the endpoints of %s are not known yet", ref)
			}
		}
	}
	if known {
		return nil
	}
	return refused
}

// unknown tells a cluster that nobody configured: its pools fail, and say so, but
// no replica could do better.
func (h *health) unknown(cluster string) bool {
	_, known := h.watch.Health()[cluster]
	return !known
}

// heard tells who has not answered for long.
func (h *health) heard(now time.Time) error {
	answered, _, err := h.gate.state()
	if since := later(answered, h.started); err != nil && now.Sub(since) > h.unreadyAfter {
		return fmt.Errorf("the device has not answered since %s: %w", since.Format(time.RFC3339), err)
	}
	clusters := h.watch.Health()
	for _, name := range slices.Sorted(maps.Keys(clusters)) {
		if err := quiet(name, clusters[name], h.started, now, h.unreadyAfter); err != nil {
			return err
		}
	}
	return nil
}

// quiet tells that a cluster has not answered for long. One that says that something
// is not allowed has answered: that is the matter of the pools which need it.
func quiet(name string, cluster kube.Health, started, now time.Time, most time.Duration) error {
	if cluster.Broken.IsZero() || errors.Is(cluster.Err, engine.ErrForbidden) || now.Sub(later(cluster.Broken, started)) <= most {
		return nil
	}
	if name == "" {
		name = "the default cluster"
	}
	return fmt.Errorf("%s has not answered since %s: %w", name, cluster.Broken.Format(time.RFC3339), cluster.Err)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// servers are those of the metrics, with the page beside them, and of the probes, on
// listeners that are open already; nil is none.
func servers(metricsListener, probeListener net.Listener, shown prometheus.Gatherer, looked http.Handler, h *health) []manager.Runnable {
	var all []manager.Runnable
	serve := func(name string, listener net.Listener, handler http.Handler) {
		if listener == nil {
			return
		}
		timeout := closeTime
		all = append(all, &manager.Server{
			Name: name, Listener: listener, ShutdownTimeout: &timeout,
			Server: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute},
		})
	}
	scrape := http.NewServeMux()
	scrape.Handle("/metrics", promhttp.HandlerFor(shown, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}))
	scrape.Handle("/", looked)
	serve("metrics", metricsListener, scrape)

	probes := http.NewServeMux()
	probes.Handle("/healthz", http.StripPrefix("/healthz", &healthz.Handler{}))
	probes.Handle("/readyz", http.StripPrefix("/readyz", &healthz.Handler{Checks: map[string]healthz.Checker{"ready": h.ready}}))
	serve("probes", probeListener, probes)
	return all
}

// listen opens a listener; "0" is none.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	if address == "0" {
		return nil, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, invalid(flag, err.Error())
	}
	return listener, nil
}

// address is where a listener listens, which tells the port that the kernel chose
// for port 0.
func address(listener net.Listener) string {
	if listener == nil {
		return "none"
	}
	return listener.Addr().String()
}
