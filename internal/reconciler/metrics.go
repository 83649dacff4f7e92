package reconciler

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const namespace = "bigipkube"

// metrics are what a Prometheus sees. Histograms have no label for the pool: with
// thousands of pools their buckets would be most of what a scrape brings. Series of
// a pool go with it.
type metrics struct {
	registry *prometheus.Registry

	reconcile *prometheus.HistogramVec // result
	delay     *prometheus.HistogramVec // partition
	drain     *prometheus.HistogramVec // partition
	requests  *prometheus.CounterVec   // method, code, object
	bytes     *prometheus.CounterVec   // direction
	bindings  *prometheus.GaugeVec     // partition

	// With the labels partition and pool, and those named.
	drift     *poolVec[prometheus.Counter] // kind
	failures  *poolVec[prometheus.Counter] // reason
	held      *poolVec[prometheus.Gauge]   // reason
	members   *poolVec[prometheus.Gauge]   // state
	condition *poolVec[prometheus.Gauge]   // condition
	draining  *prometheus.GaugeVec
	success   *prometheus.GaugeVec

	routes *routeMetrics
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
		m.registry.MustRegister(v)
		return v
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
		m.registry.MustRegister(v)
		return v
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(v)
		return v
	}
	fast := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	slow := []float64{.1, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600}
	m.reconcile = histogram("reconcile_duration_seconds", "How long the sync of a pool took.", fast, "result")
	m.delay = histogram("endpoint_to_device_seconds", "From the change of endpoints, as Kubernetes dates it (to the second before), to the device's acknowledgement.", fast, "partition")
	m.drain = histogram("drain_seconds", "How long members that were removed had no new clients before.", slow, "partition")
	m.requests = counter("device_api_requests_total", "HTTP requests to the device; the code is that of the answer, or why there was none.", "method", "code", "object")
	m.bytes = counter("device_api_bytes_total", "Bytes of the bodies of requests to the device and of its answers.", "direction")
	m.bindings = gauge("bindings", "Pools with a mark in the partitions that are this replica's work.", "partition")
	m.drift = newPoolVec(counter("drift_members_total", "Members that were changed behind the helper's back, as a comparison found.", "partition", "pool", "kind"))
	m.failures = newPoolVec(counter("pool_errors_total", "Syncs of a pool that failed.", "partition", "pool", "reason"))
	m.held = newPoolVec(gauge("held_members", "Members that are kept in service although their endpoints say otherwise, because that may be a mistake.", "partition", "pool", "reason"))
	m.draining = gauge("draining_members", "Members on their way out, which have no new clients.", "partition", "pool")
	m.members = newPoolVec(gauge("pool_members", "Members of a pool by what is asked of them; of others those without a mark.", "partition", "pool", "state"))
	m.condition = newPoolVec(gauge("pool_condition", "1 while a pool is not followed, or not fully, for this reason.", "partition", "pool", "condition"))
	m.success = gauge("last_successful_sync_timestamp_seconds", "When the pool was last as it must be, but for what is held.", "partition", "pool")
	m.routes = newRouteMetrics(m.registry)
	return m
}

// labels are those of a pool: below its partition, with its folder.
func labels(path ltm.Path) (partition, name string) {
	return path.Partition, path.InPartition()
}

// exchange counts a request to the device.
func (m *metrics) exchange(e icontrol.Exchange) {
	code := strconv.Itoa(e.Status)
	if e.Status == 0 {
		code = string(e.Failure)
	}
	m.requests.WithLabelValues(e.Method, code, e.Object).Inc()
	m.bytes.WithLabelValues("sent").Add(float64(max(e.Sent, 0)))
	m.bytes.WithLabelValues("received").Add(float64(max(e.Received, 0)))
}

// synced takes what a sync found and did. took is how long it took.
func (m *metrics) synced(path ltm.Path, report engine.FollowReport, err error, took time.Duration) {
	partition, name := labels(path)
	for _, d := range report.Drift {
		m.drift.with(path, string(d.Kind)).Inc()
	}
	if err != nil {
		m.reconcile.WithLabelValues("failed").Observe(took.Seconds())
		m.failures.with(path, reasonOf(err)).Inc()
		m.conditions(path, conditionOf(err))
		return
	}
	m.reconcile.WithLabelValues("ok").Observe(took.Seconds())
	m.success.WithLabelValues(partition, name).SetToCurrentTime()
	m.held.forget(path)
	for _, held := range report.Held {
		m.held.with(path, string(held.Reason)).Inc()
	}
	m.draining.WithLabelValues(partition, name).Set(float64(len(report.Draining)))
	states := map[string]int{string(ltm.Enabled): 0, string(ltm.Disabled): 0, string(ltm.ForcedOffline): 0, "others": 0}
	for _, member := range report.Pool.Members {
		if engine.Owned(member) {
			states[string(member.Session)]++
		} else {
			states["others"]++
		}
	}
	for state, n := range states {
		m.members.with(path, state).Set(float64(n))
	}
	if len(report.Held) > 0 {
		m.conditions(path, holding)
	} else {
		m.conditions(path)
	}
}

// conditions sets those that a pool has now.
func (m *metrics) conditions(path ltm.Path, now ...condition) {
	m.condition.forget(path)
	for _, c := range now {
		m.condition.with(path, string(c)).Set(1)
	}
}

// conditionOf is that of a pool whose sync failed.
func conditionOf(err error) condition {
	if errors.Is(err, engine.ErrSource) && errors.Is(err, engine.ErrForbidden) {
		return endpointsForbidden
	}
	return failing
}

// forget deletes the series of a pool that is gone.
func (m *metrics) forget(path ltm.Path) {
	partition, name := labels(path)
	m.drift.forget(path)
	m.failures.forget(path)
	m.held.forget(path)
	m.members.forget(path)
	m.condition.forget(path)
	m.draining.DeleteLabelValues(partition, name)
	m.success.DeleteLabelValues(partition, name)
}

// reasonOf is one word for an error, one of few.
func reasonOf(err error) string {
	for _, known := range []struct {
		kind error
		word string
	}{
		{engine.ErrSource, "kubernetes"},
		{engine.ErrCredentials, "credentials"},
		{engine.ErrForbidden, "forbidden"},
		{engine.ErrUnreachable, "unreachable"},
		{engine.ErrCertificate, "certificate"},
		{engine.ErrStandby, "standby"},
		{engine.ErrBusy, "busy"},
		{engine.ErrNotFound, "not-found"},
		{engine.ErrExists, "exists"},
		{engine.ErrInUse, "in-use"},
		{engine.ErrRefused, "refused"},
	} {
		if errors.Is(err, known.kind) {
			return known.word
		}
	}
	if _, unsettled := errors.AsType[*engine.UnsettledError](err); unsettled {
		return "unsettled"
	}
	return "other"
}
