package stats

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// sample is a prometheus.Metric. Those of one object share their labels: with
// thousands of members, labels are most of what a scrape needs of memory.
type sample struct {
	metric metric
	labels []*dto.LabelPair // sorted by name
	value  float64
}

var _ prometheus.Metric = sample{}

// Desc is prometheus.Metric's.
func (s sample) Desc() *prometheus.Desc { return s.metric.desc }

// Write is prometheus.Metric's.
func (s sample) Write(to *dto.Metric) error {
	to.Label = s.labels
	if s.metric.kind == dto.MetricType_COUNTER {
		to.Counter = &dto.Counter{Value: &s.value}
	} else {
		to.Gauge = &dto.Gauge{Value: &s.value}
	}
	return nil
}

// collect sends what an object has counted.
func (c counted) collect(to chan<- prometheus.Metric, labels []*dto.LabelPair, s ltm.Statistics) {
	to <- sample{c.requests, labels, float64(s.Requests)}
	to <- sample{c.connections, labels, float64(s.Connections)}
	to <- sample{c.current, labels, float64(s.CurrentConnections)}
	to <- sample{c.bytes, with(labels, "direction", "in"), float64(s.BytesIn)}
	to <- sample{c.bytes, with(labels, "direction", "out"), float64(s.BytesOut)}
}

func pairs(names []string, values ...string) []*dto.LabelPair {
	all := make([]*dto.LabelPair, len(names))
	for i, name := range names {
		all[i] = &dto.LabelPair{Name: &name, Value: &values[i]}
	}
	slices.SortFunc(all, byName)
	return all
}

// with is labels and one more.
func with(labels []*dto.LabelPair, name, value string) []*dto.LabelPair {
	all := slices.Concat(labels, []*dto.LabelPair{{Name: &name, Value: &value}})
	slices.SortFunc(all, byName)
	return all
}

func byName(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) }

func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
