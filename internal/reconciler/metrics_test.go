package reconciler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// filled has a series of each metric.
func filled() *metrics {
	m := newMetrics()
	path := ltm.Path{Partition: "shop", Folder: "eu", Name: "web"}
	m.exchange(icontrol.Exchange{Method: "PATCH", Object: "pool/members", Status: 200, Sent: 100, Received: 300})
	m.exchange(icontrol.Exchange{Method: "GET", Object: "pool", Failure: icontrol.FailureTimeout, Sent: -1})
	other := ltm.NewMember(key("10.0.0.9:80"))
	m.synced(path, engine.FollowReport{
		Bound: true, Pool: ltm.Pool{Path: path, Members: []ltm.Member{
			member("10.244.0.1:8080", ltm.Enabled), member("10.244.0.2:8080", ltm.Enabled), member("10.244.0.3:8080", ltm.ForcedOffline), other,
		}},
		Drift:    []engine.Drift{{Key: key("10.244.0.1:8080"), Kind: engine.DriftChanged}},
		Held:     []follow.Held{{Reason: follow.Many}, {Reason: follow.Many}, {Reason: follow.NoNode}},
		Draining: []follow.Drain{{}},
	}, nil, time.Millisecond)
	m.synced(path, engine.FollowReport{}, refused(), time.Millisecond)
	m.bindings.WithLabelValues("shop").Set(1)
	m.delay.WithLabelValues("shop").Observe(0.02)
	m.drain.WithLabelValues("shop").Observe(20)
	return m
}

func TestTheMetricsAreAsPrometheusWantsThem(t *testing.T) {
	t.Parallel()
	m := filled()
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range families {
		names = append(names, strings.TrimPrefix(f.GetName(), "bigipkube_"))
	}
	want := []string{
		"bindings", "device_api_bytes_total", "device_api_requests_total", "drain_seconds", "draining_members", "drift_members_total",
		"endpoint_to_device_seconds", "held_members", "last_successful_sync_timestamp_seconds", "pool_condition", "pool_errors_total",
		"pool_members", "reconcile_duration_seconds",
	}
	if !slices.Equal(names, want) {
		t.Errorf("%v", names)
	}
}

func TestTheMetricsOfAPoolTellItsLastSyncAndGoWithIt(t *testing.T) {
	t.Parallel()
	m := filled()
	names := []string{"bigipkube_held_members", "bigipkube_pool_members", "bigipkube_draining_members", "bigipkube_drift_members_total", "bigipkube_pool_errors_total", "bigipkube_pool_condition"}
	err := testutil.GatherAndCompare(m.registry, strings.NewReader(`
# HELP bigipkube_draining_members Members on their way out, which have no new clients.
# TYPE bigipkube_draining_members gauge
bigipkube_draining_members{partition="shop",pool="eu/web"} 1
# HELP bigipkube_drift_members_total Members that were changed behind the helper's back, as a comparison found.
# TYPE bigipkube_drift_members_total counter
bigipkube_drift_members_total{kind="changed",partition="shop",pool="eu/web"} 1
# HELP bigipkube_held_members Members that are kept in service although their endpoints say otherwise, because that may be a mistake.
# TYPE bigipkube_held_members gauge
bigipkube_held_members{partition="shop",pool="eu/web",reason="no-node-ready"} 1
bigipkube_held_members{partition="shop",pool="eu/web",reason="too-many-at-once"} 2
# HELP bigipkube_pool_condition 1 while a pool is not followed, or not fully, for this reason.
# TYPE bigipkube_pool_condition gauge
bigipkube_pool_condition{condition="failing",partition="shop",pool="eu/web"} 1
# HELP bigipkube_pool_errors_total Syncs of a pool that failed.
# TYPE bigipkube_pool_errors_total counter
bigipkube_pool_errors_total{partition="shop",pool="eu/web",reason="refused"} 1
# HELP bigipkube_pool_members Members of a pool by what is asked of them; of others those without a mark.
# TYPE bigipkube_pool_members gauge
bigipkube_pool_members{partition="shop",pool="eu/web",state="disabled"} 0
bigipkube_pool_members{partition="shop",pool="eu/web",state="enabled"} 2
bigipkube_pool_members{partition="shop",pool="eu/web",state="forced-offline"} 1
bigipkube_pool_members{partition="shop",pool="eu/web",state="others"} 1
`), names...)
	if err != nil {
		t.Error(err)
	}
	path := ltm.Path{Partition: "shop", Folder: "eu", Name: "web"}
	m.synced(path, engine.FollowReport{Bound: true}, nil, time.Millisecond)
	if n, err := testutil.GatherAndCount(m.registry, "bigipkube_held_members", "bigipkube_pool_condition"); n != 0 || err != nil {
		t.Errorf("%d holds and conditions when all is well, %v", n, err)
	}
	m.forget(path)
	if n, err := testutil.GatherAndCount(m.registry, append(names, "bigipkube_last_successful_sync_timestamp_seconds")...); n != 0 || err != nil {
		t.Errorf("%d series are left, %v", n, err)
	}
}

func TestAPoolThatIsForgottenLeavesNoSeries(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	paths := make([]ltm.Path, 100)
	for i := range paths {
		paths[i] = ltm.NewPath("shop", fmt.Sprintf("web-%d", i))
		m.synced(paths[i], engine.FollowReport{Bound: true, Held: []follow.Held{{Reason: follow.Many}}}, nil, time.Millisecond)
	}
	for _, path := range paths[1:] {
		m.forget(path)
	}
	if n, err := testutil.GatherAndCount(m.registry, "bigipkube_held_members", "bigipkube_pool_condition"); n != 2 || err != nil {
		t.Errorf("%d series are left, want those of the pool that is there: %v", n, err)
	}
	m.forget(paths[0])
	if n, err := testutil.GatherAndCount(m.registry, "bigipkube_pool_members", "bigipkube_held_members", "bigipkube_pool_condition"); n != 0 || err != nil {
		t.Errorf("%d series are left, %v", n, err)
	}
}

func TestTheDelayIsMeasuredOnceForEachChangeThatIsNews(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	web, follower := b.bind("web")
	measured := func() int {
		t.Helper()
		families, err := b.metrics.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "bigipkube_endpoint_to_device_seconds" {
				return int(f.Metric[0].Histogram.GetSampleCount())
			}
		}
		return 0
	}
	written := removal(member("10.244.0.1:8080", ltm.ForcedOffline))
	follower.report.Written = append(follower.report.Written, written)
	follower.report.Triggered = time.Now().Add(-time.Hour)
	b.reconcile(web)
	if measured() != 0 {
		t.Error("a change from before the pool was found is no news")
	}
	follower.report.Triggered = time.Now().Truncate(time.Second)
	b.reconcile(web)
	b.reconcile(web)
	if measured() != 1 {
		t.Errorf("measured %d times, want once", measured())
	}
}
