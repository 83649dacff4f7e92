package stats

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Value is one value of a metric, with the labels by which it is selected: device,
// partition, pool or virtual_server, and of a pool cluster, namespace, service and backend.
type Value struct {
	Labels map[string]string
	Value  float64
	Time   time.Time
	Window time.Duration // of a rate; else 0
}

// Names of the external metrics.
const (
	poolRequests              = "bigip-pool-requests-per-second"
	poolConnections           = "bigip-pool-connections-per-second"
	poolCurrent               = "bigip-pool-current-connections"
	poolQueueDepth            = "bigip-pool-queue-depth"
	virtualServerRequests     = "bigip-virtual-server-requests-per-second"
	virtualServerConnections  = "bigip-virtual-server-connections-per-second"
	virtualServerCurrentConns = "bigip-virtual-server-current-connections"
)

// measure is how a metric is read of what was counted.
type measure struct {
	of   func(ltm.Statistics) int64
	rate bool
}

func requests(s ltm.Statistics) int64    { return s.Requests }
func connections(s ltm.Statistics) int64 { return s.Connections }
func current(s ltm.Statistics) int64     { return s.CurrentConnections }

var (
	poolMeasures          = map[string]measure{poolRequests: {requests, true}, poolConnections: {connections, true}, poolCurrent: {current, false}}
	virtualServerMeasures = map[string]measure{
		virtualServerRequests: {requests, true}, virtualServerConnections: {connections, true}, virtualServerCurrentConns: {current, false},
	}
)

// Metrics are the names that Values knows, sorted.
func Metrics() []string {
	names := append(slices.Collect(maps.Keys(poolMeasures)), poolQueueDepth)
	return slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(virtualServerMeasures))))
}

// Values are those of a metric: one for each virtual server, or for each backend of each
// pool. A pool's queue is nobody's but the pool's. A rate is over the window, or
// over what there is of it; what has been there for one snapshot only has none yet. The
// error is why the device could not be read, or ErrTooEarly.
func (h *History) Values(metric string) ([]Value, error) {
	snapshots, err := h.current()
	if err != nil {
		return nil, err
	}
	var values []Value
	if m, ok := virtualServerMeasures[metric]; ok {
		values = virtualServerValues(snapshots, m)
	} else if m, ok := poolMeasures[metric]; ok {
		values = poolValues(snapshots, m)
	} else if metric == poolQueueDepth {
		last := snapshots[len(snapshots)-1]
		for _, pool := range last.Pools {
			values = append(values, last.value(pool.Path, "pool", pool.Labels, float64(pool.QueueDepth)))
		}
	}
	if len(values) == 0 && len(snapshots) < 2 {
		return nil, ErrTooEarly
	}
	return values, nil
}

func virtualServerValues(snapshots []*Snapshot, m measure) []Value {
	var values []Value
	last := snapshots[len(snapshots)-1]
	for _, vs := range last.VirtualServers {
		if !m.rate {
			values = append(values, last.value(vs.Path, "virtual_server", Labels{}, float64(m.of(vs.Statistics))))
			continue
		}
		series, first := virtualServerSeries(snapshots, vs.Path)
		if len(series) > 1 {
			n := increase(series, func(vs ltm.VirtualServerStatistics) int64 { return m.of(vs.Statistics) })
			values = append(values, last.rate(first, vs.Path, "virtual_server", Labels{}, n))
		}
	}
	return values
}

func poolValues(snapshots []*Snapshot, m measure) []Value {
	var values []Value
	last := snapshots[len(snapshots)-1]
	for _, pool := range last.Pools {
		series, first := []Pool{pool}, last
		if m.rate {
			if series, first = poolSeries(snapshots, pool.Path); len(series) < 2 {
				continue
			}
		}
		for labels, n := range m.byBackend(series) {
			if m.rate {
				values = append(values, last.rate(first, pool.Path, "pool", labels, n))
			} else {
				values = append(values, last.value(pool.Path, "pool", labels, float64(n)))
			}
		}
	}
	slices.SortFunc(values, func(a, b Value) int {
		return cmp.Or(cmp.Compare(a.Labels["partition"], b.Labels["partition"]), cmp.Compare(a.Labels["pool"], b.Labels["pool"]), cmp.Compare(a.Labels["backend"], b.Labels["backend"]))
	})
	return values
}

// byBackend parts what a pool counted among its backends. With one, the pool's own
// counters are right; with several, only those of the members tell whose it is.
func (m measure) byBackend(series []Pool) map[Labels]int64 {
	last := series[len(series)-1]
	if len(last.Mark.Backends) < 2 {
		if !m.rate {
			return map[Labels]int64{last.Labels: m.of(last.Statistics)}
		}
		return map[Labels]int64{last.Labels: increase(series, func(p Pool) int64 { return m.of(p.Statistics) })}
	}
	sums := map[Labels]int64{}
	for _, b := range last.Mark.Backends {
		sums[backendLabels(b)] = 0
	}
	for i, pool := range series {
		if m.rate && i == 0 {
			continue
		}
		before := map[ltm.MemberKey]int64{} // a member that was not there has counted from 0
		if m.rate {
			for _, member := range series[i-1].Members {
				before[member.Key] = m.of(member.Statistics)
			}
		}
		for _, member := range pool.Members {
			n := m.of(member.Statistics)
			if m.rate {
				n = grown(before[member.Key], n)
			}
			if n > 0 {
				sums[last.whose(pool, member.Key)] += n
			}
		}
	}
	return sums
}

// whose are the labels of the backend that a member of an older snapshot belongs to.
func (p Pool) whose(older Pool, key ltm.MemberKey) Labels {
	name := older.Mark.Members[key].Backend
	for _, b := range p.Mark.Backends {
		if b.Name == name {
			return backendLabels(b)
		}
	}
	return Labels{Backend: name}
}

func (s *Snapshot) value(path ltm.Path, kind string, l Labels, value float64) Value {
	labels := map[string]string{"device": s.Device, "partition": path.Partition, kind: path.InPartition()}
	if kind == "pool" {
		labels["cluster"], labels["namespace"], labels["service"], labels["backend"] = l.Cluster, l.Namespace, l.Service, l.Backend
	}
	return Value{Labels: labels, Value: value, Time: s.Time}
}

func (s *Snapshot) rate(first *Snapshot, path ltm.Path, kind string, l Labels, increase int64) Value {
	v := s.value(path, kind, l, float64(increase)/seconds(first, s))
	v.Window = s.Time.Sub(first.Time)
	return v
}

func (s *Snapshot) pool(path ltm.Path) (Pool, bool) {
	i, found := slices.BinarySearchFunc(s.Pools, path, func(p Pool, path ltm.Path) int { return p.Path.Compare(path) })
	if !found {
		return Pool{}, false
	}
	return s.Pools[i], true
}

func (s *Snapshot) virtualServer(path ltm.Path) (ltm.VirtualServerStatistics, bool) {
	i, found := slices.BinarySearchFunc(s.VirtualServers, path, func(vs ltm.VirtualServerStatistics, path ltm.Path) int { return vs.Path.Compare(path) })
	if !found {
		return ltm.VirtualServerStatistics{}, false
	}
	return s.VirtualServers[i], true
}
