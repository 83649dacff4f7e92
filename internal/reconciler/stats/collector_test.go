package stats

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func collecting(d *fakeDevice, all bool) *prometheus.Registry {
	c := config(d, blueAndGreen())
	c.AllPools = all
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector(NewReader(c), func(partition string) bool { return partition == "shop" }))
	return registry
}

func TestTheTrafficMetricsAreAsPrometheusWantsThem(t *testing.T) {
	t.Parallel()
	d := newDevice()
	d.vs, d.pool, d.conns[key("10.0.0.1:80")], d.conns[key("10.0.0.9:80")] = 12, 11, 5, 6
	registry := collecting(d, false)
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	err = testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP bigip_pool_member_requests_total HTTP requests from the device to the member; 0 without an HTTP profile.
# TYPE bigip_pool_member_requests_total counter
bigip_pool_member_requests_total{backend="",cluster="",device="lab",member="10.0.0.9:80",namespace="",partition="shop",pod="",pool="web",service="",unit="192.0.2.1"} 6
bigip_pool_member_requests_total{backend="blue",cluster="",device="lab",member="10.0.0.1:80",namespace="shop",partition="shop",pod="web-blue-1",pool="web",service="web-blue",unit="192.0.2.1"} 5
# HELP bigip_pool_members Members of the pool that are up, down, draining (disabled, with connections) or disabled.
# TYPE bigip_pool_members gauge
bigip_pool_members{backend="",cluster="",device="lab",namespace="shop",partition="shop",pool="web",service="",state="disabled",unit="192.0.2.1"} 0
bigip_pool_members{backend="",cluster="",device="lab",namespace="shop",partition="shop",pool="web",service="",state="down",unit="192.0.2.1"} 0
bigip_pool_members{backend="",cluster="",device="lab",namespace="shop",partition="shop",pool="web",service="",state="draining",unit="192.0.2.1"} 0
bigip_pool_members{backend="",cluster="",device="lab",namespace="shop",partition="shop",pool="web",service="",state="up",unit="192.0.2.1"} 2
# HELP bigip_pool_minimum_members Enabled members that the pool is never to have less of, where its mark says so.
# TYPE bigip_pool_minimum_members gauge
bigip_pool_minimum_members{backend="",cluster="",device="lab",namespace="shop",partition="shop",pool="web",service="",unit="192.0.2.1"} 2
# HELP bigip_pool_queue_depth Connections that wait for a member of the pool.
# TYPE bigip_pool_queue_depth gauge
bigip_pool_queue_depth{backend="",cluster="",device="lab",namespace="shop",partition="shop",pool="web",service="",unit="192.0.2.1"} 7
# HELP bigip_up 1 if the device's counters could be read, else 0.
# TYPE bigip_up gauge
bigip_up{device="lab"} 1
# HELP bigip_virtual_server_bytes_total Bytes of clients to the virtual server: in is towards the members, out towards the clients.
# TYPE bigip_virtual_server_bytes_total counter
bigip_virtual_server_bytes_total{device="lab",direction="in",partition="shop",unit="192.0.2.1",virtual_server="vs"} 100
bigip_virtual_server_bytes_total{device="lab",direction="out",partition="shop",unit="192.0.2.1",virtual_server="vs"} 200
# HELP bigip_virtual_server_requests_total HTTP requests of clients to the virtual server; 0 without an HTTP profile.
# TYPE bigip_virtual_server_requests_total counter
bigip_virtual_server_requests_total{device="lab",partition="shop",unit="192.0.2.1",virtual_server="vs"} 12
`), "bigip_pool_member_requests_total", "bigip_pool_members", "bigip_pool_minimum_members", "bigip_pool_queue_depth", "bigip_up",
		"bigip_virtual_server_bytes_total", "bigip_virtual_server_requests_total")
	if err != nil {
		t.Error(err)
	}
}

func TestPoolsWithoutAMarkAreToldOnlyWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{false, true} {
		want := 1
		if all {
			want = 2
		}
		if n, err := testutil.GatherAndCount(collecting(newDevice(), all), "bigip_pool_requests_total"); n != want || err != nil {
			t.Errorf("%d pools with all=%t, want %d: %v", n, all, want, err)
		}
	}
}

func TestADeviceThatCannotBeReadHasNoSeriesButThatItIsDown(t *testing.T) {
	t.Parallel()
	d := newDevice()
	d.err = errGone
	registry := collecting(d, true)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "bigip_up" || families[0].Metric[0].GetGauge().GetValue() != 0 {
		t.Errorf("%v %v", families, err)
	}
}
