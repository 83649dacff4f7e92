package reconciler

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/stats"
)

// status puts together what the helper knows, for people to see. It remembers the last
// sync of each pool, and what was done; all else it asks whoever has it.
type status struct {
	helper   *helper
	topology *topology
	hub      *page.Hub

	mu      sync.Mutex
	last    map[ltm.Path]lastSync
	changes changes
}

// lastSync is what the last syncs of a pool brought.
type lastSync struct {
	report engine.FollowReport // the last that has seen the pool
	err    error               // of the last
	at     time.Time           // of the last without a failure
}

func (h *helper) newStatus() *status {
	s := &status{helper: h, last: map[ltm.Path]lastSync{}}
	s.topology = &topology{device: h.device, every: h.settings.DiscoverInterval}
	s.hub = page.NewHub(s, min(h.settings.Stats.Interval, statusEvery))
	return s
}

// statusEvery is how often it is looked whether there is something new that nobody
// tells of: whether the device and the clusters are heard.
const statusEvery = 2 * time.Second

// handler is the page and what is below it.
func (s *status) handler() (http.Handler, error) {
	guard, err := s.helper.guard()
	if err != nil {
		return nil, err
	}
	return page.New(s.hub, guard, s.helper.logger), nil
}

// synced is observer's.
func (s *status) synced(_ context.Context, p *pool, report engine.FollowReport, err error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.last[p.path]
	s.changes.add(now, p, last.report, report, err, s.helper.followOptions())
	last.err = err
	if report.Bound {
		report.Pool.Members = slices.Clone(report.Pool.Members)
		last.report = report
	}
	if err == nil {
		last.at = now
	}
	s.last[p.path] = last
	s.hub.Changed()
}

// routesSynced is routeObserver's.
func (s *status) routesSynced(_ context.Context, _ *route, report engine.RouteReport, _ error) {
	if report.Written {
		s.topology.outdate()
		s.hub.Changed()
	}
}

// forget is for a pool that is not followed any more.
func (s *status) forget(path ltm.Path) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.last, path)
	s.hub.Changed()
}

// Status is page.Source's.
func (s *status) Status(ctx context.Context) *page.Status {
	all := &page.Status{Time: time.Now(), Clusters: s.clusters(), VirtualServers: []page.VirtualServer{}, Pools: []page.Pool{}}
	names := s.helper.registry.names()
	for _, name := range s.helper.settings.Partitions {
		all.Partitions = append(all.Partitions, page.Partition{Name: name, Followed: slices.Contains(names, name)})
	}
	answered, _, closed := s.helper.gate.state()
	all.Device = page.Device{Name: s.helper.device.Name(), Unit: s.helper.device.Unit(), Answered: moment(answered)}
	var view stats.View
	if closed != nil {
		all.Device.Problem = closed.Error()
		all.Device.Unread = append(all.Device.Unread, "what the device counts, and whom it serves now")
	} else {
		view = s.counters(ctx, all)
		if err := s.topology.look(ctx, names); err != nil {
			all.Device.Unread = append(all.Device.Unread, "the virtual servers: "+err.Error())
		}
	}
	all.VirtualServers = s.topology.shown(names, view)
	pools := s.helper.registry.all()
	slices.SortFunc(pools, func(a, b *pool) int { return a.path.Compare(b.path) })
	for _, p := range pools {
		all.Pools = append(all.Pools, s.pool(ctx, p, view))
	}
	slices.SortFunc(all.Pools, func(a, b page.Pool) int { return compareText(a.Path, b.Path) })
	s.mu.Lock()
	defer s.mu.Unlock()
	all.Changes = s.changes.newestFirst()
	return all
}

// counters are what the device counts; an empty View if it cannot be known.
func (s *status) counters(ctx context.Context, all *page.Status) stats.View {
	view, err := s.helper.statistics.history.Look(ctx)
	if err != nil {
		all.Device.Unread = append(all.Device.Unread, "what the device counts: "+err.Error())
		return stats.View{}
	}
	all.Device.Counted, all.Device.Unit = &view.Time, view.Unit
	return view
}

func (s *status) clusters() []page.Cluster {
	health := s.helper.watch.Health()
	clusters := make([]page.Cluster, 0, len(health))
	for _, name := range slices.Sorted(maps.Keys(health)) {
		h := health[name]
		c := page.Cluster{Name: name, Answered: moment(h.Contact), Since: moment(h.Broken)}
		if h.Err != nil {
			c.Problem = h.Err.Error()
		}
		clusters = append(clusters, c)
	}
	return clusters
}

// moment is nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func counters(s ltm.Statistics, g stats.Growth) page.Counters {
	c := page.Counters{Requests: &s.Requests, Connections: &s.Connections, CurrentConnections: &s.CurrentConnections}
	if g.Seconds > 0 {
		c.Window = g.Seconds
		c.RequestsPerSecond, c.ConnectionsPerSecond = new(float64(g.Requests)/g.Seconds), new(float64(g.Connections)/g.Seconds)
	}
	return c
}
