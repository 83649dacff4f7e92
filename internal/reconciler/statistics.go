package reconciler

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/externalmetrics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/stats"
)

// StatsOptions are about what the device counts of the traffic.
type StatsOptions struct {
	Interval time.Duration // how long counters are kept before they are read again
	AllPools bool          // those without a mark too

	ExternalAddress   string        // of external.metrics.k8s.io; "" or "0" = none
	Window            time.Duration // of its rates
	CertFile, KeyFile string        // of its certificate; "" = one that signs itself
}

// statistics tells others what the device counts: /metrics those of this replica's
// partitions, the external metrics API those of all.
type statistics struct {
	followed *registry
	registry *prometheus.Registry
	reader   *stats.Reader
	history  *stats.History
	listener net.Listener // of the external metrics API; nil without

	mu      sync.Mutex
	members map[ltm.Path][]ltm.Member // of the pools that are followed, as of the last sync
}

// newStatistics makes the reader, and shows it to Prometheus.
func (h *helper) newStatistics() *statistics {
	o := h.settings.Stats
	s := &statistics{followed: h.registry, registry: prometheus.NewRegistry(), members: map[ltm.Path][]ltm.Member{}}
	partitions := h.registry.names
	if o.external() {
		partitions = func() []string { return h.settings.Partitions }
	}
	s.reader = stats.NewReader(stats.Config{
		Device: h.device, Partitions: partitions, Followed: s.marks,
		Interval: o.Interval, MarkInterval: h.settings.DiscoverInterval, AllPools: o.AllPools,
	})
	s.history = stats.NewHistory(s.reader, o.Window)
	s.registry.MustRegister(stats.NewCollector(s.reader, func(partition string) bool {
		return slices.Contains(h.registry.names(), partition)
	}))
	return s
}

func (o StatsOptions) external() bool { return o.ExternalAddress != "" && o.ExternalAddress != "0" }

// external is the external metrics API, nil without.
func (s *statistics) external(h *helper) (func(context.Context) error, error) {
	if s.listener == nil {
		return nil, nil
	}
	if h.clients[""] == nil {
		return nil, missing("--kubeconfig", "KUBE_CONFIG_PATH", "the cluster whose API server asks for external metrics")
	}
	server, err := externalmetrics.New(externalmetrics.Config{
		Listener: s.listener, CertFile: h.settings.Stats.CertFile, KeyFile: h.settings.Stats.KeyFile,
		Client: h.clients[""], Source: s.history, Metrics: stats.Metrics(), Logger: h.logger,
	})
	if err != nil {
		return nil, invalid("--external-metrics-bind-address", err.Error())
	}
	return server.Run, nil
}

// synced is observer's.
func (s *statistics) synced(_ context.Context, p *pool, report engine.FollowReport, err error) {
	if err != nil || !report.Bound {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members[p.path] = slices.Clone(report.Pool.Members)
}

// forget is for a pool that is not followed any more.
func (s *statistics) forget(path ltm.Path) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.members, path)
}

// marks are those of a partition whose pools are this replica's.
func (s *statistics) marks(partition string) (map[ltm.Path]stats.Mark, bool) {
	bindings, ours := s.followed.bindings(partition)
	if !ours {
		return nil, false
	}
	marks := make(map[ltm.Path]stats.Mark, len(bindings))
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, bound := range bindings {
		marks[path] = stats.Mark{Backends: bound.Backends, Min: bound.Min, Members: stats.MemberLabels(s.members[path])}
	}
	return marks, true
}

// bindings are what the pools of a partition are bound to; false if it is not this
// replica's work.
func (r *registry) bindings(name string) (map[ltm.Path]engine.Binding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.partitions[name]
	if p == nil {
		return nil, false
	}
	all := make(map[ltm.Path]engine.Binding, len(p.pools))
	for path, pool := range p.pools {
		all[path] = pool.bound
	}
	return all, true
}

// readStats checks what was said of the counters.
func (s *settings) readStats() error {
	o := s.Stats
	switch {
	case o.Interval < time.Second:
		return invalid("--stats-interval", fmt.Sprintf("%s is less than 1s", o.Interval))
	case o.external() && o.Window < 2*o.Interval:
		return invalid("--metrics-window", fmt.Sprintf("%s is less than twice --stats-interval, %s: a rate needs two readings", o.Window, o.Interval))
	case (o.CertFile == "") != (o.KeyFile == ""):
		return invalid("--external-metrics-tls-cert-file", "it needs --external-metrics-tls-key-file, and the key needs it")
	}
	return nil
}
