package externalmetrics

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/metrics/pkg/apis/external_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/stats"
)

// values answers the API's questions.
type values struct{ config Config }

// GetExternalMetric is provider.ExternalMetricsProvider's: the values whose labels the
// selector picks. A pool that is bound in another namespace than is asked for is picked
// only by a selector that names its namespace: the HPA of one team does not get to
// another team's Service of the same name by accident.
func (v values) GetExternalMetric(_ context.Context, namespace string, selector labels.Selector, info provider.ExternalMetricInfo) (*external_metrics.ExternalMetricValueList, error) {
	if !slices.Contains(v.config.Metrics, info.Metric) {
		return nil, notFound(info.Metric, "there is no such metric")
	}
	all, err := v.config.Source.Values(info.Metric)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(fmt.Sprintf("%s is not known: %s", info.Metric, err))
	}
	_, named := selector.RequiresExactMatch("namespace")
	list := &external_metrics.ExternalMetricValueList{}
	for _, value := range all {
		own := value.Labels["namespace"]
		if selector.Matches(labels.Set(value.Labels)) && (named || own == "" || own == namespace) {
			list.Items = append(list.Items, item(info.Metric, value))
		}
	}
	if len(list.Items) == 0 {
		return nil, notFound(info.Metric, fmt.Sprintf("nothing that it is known of is selected by %q in namespace %s", selector, namespace))
	}
	return list, nil
}

// ListAllExternalMetrics is provider.ExternalMetricsProvider's.
func (v values) ListAllExternalMetrics() []provider.ExternalMetricInfo {
	all := make([]provider.ExternalMetricInfo, 0, len(v.config.Metrics))
	for _, name := range v.config.Metrics {
		all = append(all, provider.ExternalMetricInfo{Metric: name})
	}
	return all
}

func item(metric string, v stats.Value) external_metrics.ExternalMetricValue {
	value := external_metrics.ExternalMetricValue{
		MetricName: metric, MetricLabels: v.Labels, Timestamp: metav1.NewTime(v.Time),
		Value: *resource.NewMilliQuantity(int64(v.Value*1000), resource.DecimalSI),
	}
	if v.Window > 0 {
		value.WindowSeconds = new(int64(v.Window.Seconds()))
	}
	return value
}

func notFound(metric, why string) error {
	err := apierrors.NewNotFound(external_metrics.Resource("externalmetrics"), metric)
	err.ErrStatus.Message += ": " + why
	return err
}
