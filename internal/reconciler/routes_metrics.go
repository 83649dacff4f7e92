package reconciler

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// routeLabels name an owner at an address.
var routeLabels = []string{"partition", "address", "kind", "cluster", "namespace", "name"}

// routeMetrics are those of routes. An owner is one of few: its series are found by
// their labels.
type routeMetrics struct {
	sync      *prometheus.HistogramVec // result
	bindings  *prometheus.GaugeVec     // partition
	problems  *prometheus.GaugeVec
	condition *prometheus.GaugeVec   // and condition
	failures  *prometheus.CounterVec // and reason
	success   *prometheus.GaugeVec
}

func newRouteMetrics(registry *prometheus.Registry) *routeMetrics {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "route_" + name, Help: help}, labels)
	}
	with := func(label string) []string { return append([]string{label}, routeLabels...) }
	m := &routeMetrics{
		sync: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "route_sync_duration_seconds", Help: "How long the sync of the routes of an owner took.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"result"}),
		bindings:  gauge("bindings", "Ingresses, HTTPRoutes, TLSRoutes and Gateways that the partitions of this replica serve, each address for itself.", "partition"),
		problems:  gauge("problems", "What the objects ask for and do not get as they ask.", routeLabels...),
		condition: gauge("condition", "1 while routes are not followed, or not fully, for this reason.", with("condition")...),
		failures:  prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "route_errors_total", Help: "Syncs of routes that failed."}, with("reason")),
		success:   gauge("last_successful_sync_timestamp_seconds", "When the routes were last as their objects say, but for what is held or refused.", routeLabels...),
	}
	registry.MustRegister(m.sync, m.bindings, m.problems, m.condition, m.failures, m.success)
	return m
}

func routeValues(key ingress.Key) []string {
	partition := key.Partition
	if key.Folder != "" {
		partition += "/" + key.Folder
	}
	return []string{partition, key.Address.String(), key.Owner.Kind, key.Owner.Cluster, key.Owner.Namespace, key.Owner.Name}
}

// synced takes what a sync found and did.
func (m *routeMetrics) synced(key ingress.Key, report engine.RouteReport, err error, took time.Duration) {
	values := routeValues(key)
	m.condition.DeletePartialMatch(matching(values))
	set := func(c condition) { m.condition.WithLabelValues(append([]string{string(c)}, values...)...).Set(1) }
	if err != nil {
		m.sync.WithLabelValues("failed").Observe(took.Seconds())
		m.failures.WithLabelValues(append([]string{reasonOf(err)}, values...)...).Inc()
		set(failing)
		return
	}
	m.sync.WithLabelValues("ok").Observe(took.Seconds())
	m.success.WithLabelValues(values...).SetToCurrentTime()
	m.problems.WithLabelValues(values...).Set(float64(len(report.Problems)))
	if report.Held != "" {
		set(holding)
	}
	if report.Refused {
		set(refusing)
	}
}

func matching(values []string) prometheus.Labels {
	labels := prometheus.Labels{}
	for i, label := range routeLabels {
		labels[label] = values[i]
	}
	return labels
}

// forget deletes the series of an owner that is gone.
func (m *routeMetrics) forget(key ingress.Key) {
	labels := matching(routeValues(key))
	m.problems.DeletePartialMatch(labels)
	m.condition.DeletePartialMatch(labels)
	m.failures.DeletePartialMatch(labels)
	m.success.DeletePartialMatch(labels)
}
