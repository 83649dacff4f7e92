package stats

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Labels of the metrics. unit is there because each unit of a pair counts for itself:
// after a failover the series of the other unit go on, and no counter jumps.
var (
	deviceNames        = []string{"device", "unit"}
	virtualServerNames = append(deviceNames[:2:2], "partition", "virtual_server")
	markNames          = []string{"cluster", "namespace", "service", "backend"}
	poolNames          = append(append(deviceNames[:2:2], "partition", "pool"), markNames...)
	memberNames        = append(append(append(deviceNames[:2:2], "partition", "pool", "member"), markNames...), "pod")
)

type metric struct {
	desc *prometheus.Desc
	kind dto.MetricType
}

func gauge(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc("bigip_"+name, help, labels, nil), dto.MetricType_GAUGE}
}

func counter(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc("bigip_"+name, help, labels, nil), dto.MetricType_COUNTER}
}

// counted are the metrics that virtual servers, pools and members have in common.
type counted struct{ requests, connections, current, bytes metric }

func newCounted(what, of string, labels []string) counted {
	return counted{
		requests:    counter(what+"_requests_total", "HTTP requests "+of+"; 0 without an HTTP profile.", labels...),
		connections: counter(what+"_connections_total", "Connections "+of+".", labels...),
		current:     gauge(what+"_current_connections", "Connections "+of+" that are open.", labels...),
		bytes:       counter(what+"_bytes_total", "Bytes "+of+": in is towards the members, out towards the clients.", append(labels[:len(labels):len(labels)], "direction")...),
	}
}

var (
	up              = gauge("up", "1 if the device's counters could be read, else 0.", "device")
	virtualServerUp = gauge("virtual_server_up", "1 while the virtual server is enabled and not known to have nobody to serve it.", virtualServerNames...)
	virtualServers  = newCounted("virtual_server", "of clients to the virtual server", virtualServerNames)
	pools           = newCounted("pool", "from the device to members of the pool", poolNames)
	poolQueue       = gauge("pool_queue_depth", "Connections that wait for a member of the pool.", poolNames...)
	poolMembers     = gauge("pool_members", "Members of the pool that are up, down, draining (disabled, with connections) or disabled.", append(poolNames[:len(poolNames):len(poolNames)], "state")...)
	poolMinimum     = gauge("pool_minimum_members", "Enabled members that the pool is never to have less of, where its mark says so.", poolNames...)
	memberUp        = gauge("pool_member_up", "1 while the member is enabled and no monitor calls it down.", memberNames...)
	members         = newCounted("pool_member", "from the device to the member", memberNames)
)

// Collector shows a Reader's snapshots to Prometheus.
type Collector struct {
	reader *Reader
	shown  func(partition string) bool
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector makes a Collector. shown tells of which partitions it is to tell: where
// several replicas share them, each tells of its own.
func NewCollector(reader *Reader, shown func(partition string) bool) *Collector {
	return &Collector{reader: reader, shown: shown}
}

// Describe is prometheus.Collector's.
func (c *Collector) Describe(descs chan<- *prometheus.Desc) {
	all := []metric{up, virtualServerUp, poolQueue, poolMembers, poolMinimum, memberUp}
	for _, of := range []counted{virtualServers, pools, members} {
		all = append(all, of.requests, of.connections, of.current, of.bytes)
	}
	for _, m := range all {
		descs <- m.desc
	}
}

// Collect is prometheus.Collector's. Where the device cannot be read there is nothing
// but bigip_up, which is 0.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	snapshot, err := c.reader.Read(context.Background())
	name := pairs([]string{"device"}, c.reader.config.Device.Name())
	if err != nil {
		to <- sample{up, name, 0}
		return
	}
	to <- sample{up, name, 1}
	for _, vs := range snapshot.VirtualServers {
		if c.shown(vs.Path.Partition) {
			labels := pairs(virtualServerNames, snapshot.Device, snapshot.Unit, vs.Path.Partition, vs.Path.InPartition())
			to <- sample{virtualServerUp, labels, flag(vs.Up)}
			virtualServers.collect(to, labels, vs.Statistics)
		}
	}
	for _, pool := range snapshot.Pools {
		if c.shown(pool.Path.Partition) {
			snapshot.collectPool(to, pool)
		}
	}
}

func (s *Snapshot) collectPool(to chan<- prometheus.Metric, pool Pool) {
	l := pool.Labels
	partition, name := pool.Path.Partition, pool.Path.InPartition()
	labels := pairs(poolNames, s.Device, s.Unit, partition, name, l.Cluster, l.Namespace, l.Service, l.Backend)
	pools.collect(to, labels, pool.Statistics)
	to <- sample{poolQueue, labels, float64(pool.QueueDepth)}
	if pool.Mark.Min > 0 {
		to <- sample{poolMinimum, labels, float64(pool.Mark.Min)}
	}
	count := map[string]int{}
	for _, m := range pool.Members {
		count[State(m)]++
		l := pool.Mark.Members[m.Key]
		labels := pairs(memberNames, s.Device, s.Unit, partition, name, m.Key.String(), l.Cluster, l.Namespace, l.Service, l.Backend, l.Pod)
		to <- sample{memberUp, labels, flag(m.Enabled && m.Available)}
		members.collect(to, labels, m.Statistics)
	}
	for _, state := range states {
		to <- sample{poolMembers, with(labels, "state", state), float64(count[state])}
	}
}
