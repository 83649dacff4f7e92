package reconciler

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/stats"
)

const rulesFile = "../../examples/monitoring/rules.yaml"

// prom is a real Prometheus that scrapes a helper every second. It needs Debian's
// package prometheus, which .ci/run installs.
type prom struct {
	t       *testing.T
	address string
}

// startPrometheus runs one. Its alerts are those of the examples, without their patience.
func startPrometheus(t *testing.T, target string) *prom {
	t.Helper()
	folder := t.TempDir()
	rules, err := os.ReadFile(rulesFile)
	must(t, err)
	rules = regexp.MustCompile(`(?m)^ +for: .*\n`).ReplaceAll(rules, nil)
	must(t, os.WriteFile(filepath.Join(folder, "rules.yaml"), rules, 0o600))
	config := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yaml]\nscrape_configs:\n"+
		"- job_name: helper\n  honor_labels: true\n  static_configs: [{targets: [%q]}]\n", target)
	must(t, os.WriteFile(filepath.Join(folder, "prometheus.yml"), []byte(config), 0o600))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &prom{t: t, address: listener.Addr().String()}
	must(t, listener.Close())
	command := exec.Command("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address="+p.address, "--log.level=warn")
	var log syncBuffer
	command.Dir, command.Stdout, command.Stderr = folder, &log, &log
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("Prometheus says:\n%s", &log)
		}
	})
	return p
}

// query returns the values of an instant query by one label, and "" if there is none.
func (p *prom) query(text, label string) map[string]float64 {
	response, err := http.Get("http://" + p.address + "/api/v1/query?query=" + url.QueryEscape(text))
	if err != nil {
		return nil // it is not there yet
	}
	defer response.Body.Close()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if json.NewDecoder(response.Body).Decode(&answer) != nil {
		return nil
	}
	values := map[string]float64{}
	for _, r := range answer.Data.Result {
		text, _ := r.Value[1].(string)
		values[r.Metric[label]], _ = strconv.ParseFloat(text, 64)
	}
	return values
}

// fires waits for an alert.
func (p *prom) fires(alert string) {
	p.t.Helper()
	eventually(p.t, func() bool { return len(p.query(`ALERTS{alertstate="firing",alertname="`+alert+`"}`, "pool")) > 0 },
		func() string { return alert + " does not fire" })
}

// requestsOf are what the simulator counts of an object.
func (l *lab) requestsOf(path string) float64 {
	l.t.Helper()
	encoded, err := json.Marshal(l.rest(http.MethodGet, path+"/stats", nil))
	must(l.t, err)
	match := regexp.MustCompile(`"totRequests":\{"value":(\d+)`).FindSubmatch(encoded)
	if match == nil {
		l.t.Fatalf("%s has no requests: %s", path, encoded)
	}
	n, _ := strconv.ParseFloat(string(match[1]), 64)
	return n
}

// send sends n requests, many at once, and tells how many were answered.
func send(n int, address string) int {
	const clients = 8
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	var answered [clients]int
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for range n / clients {
				response, err := client.Get("http://" + address)
				if err != nil {
					continue
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if response.StatusCode == http.StatusOK {
					answered[i]++
				}
			}
		})
	}
	all.Wait()
	total := 0
	for _, n := range answered {
		total += n
	}
	return total
}

func TestPrometheusTheDeviceAndTheLoadCountTheSameAndAlertsFireFromTheRunningHelper(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop")
	pod := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") }))
	t.Cleanup(pod.Close)
	listener := strings.TrimPrefix(pod.URL, "http://")
	l.sim.SetMembers(map[string]string{"192.0.2.1:8080": listener, "192.0.2.2:8080": listener})
	l.bind("shop", "web", "vms@(192.0.2.1:8080,192.0.2.2:8080)=1 min=2")
	l.rest(http.MethodPost, "ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/192.0.2.80:80", "pool": "/shop/web", "profiles": []string{"http", "tcp"},
	})
	o := l.options("shop")
	o.Stats.Interval, o.Resync = time.Second, time.Second
	helper := l.start(o)
	l.await("shop", "web", first, second)
	p := startPrometheus(t, helper.metricsListener.Addr().String())

	const n = 100_000
	if answered := send(n, l.sim.Listener("/shop/web")); answered != n {
		t.Fatalf("%d of %d requests were answered", answered, n)
	}
	if vs, pool := l.requestsOf("ltm/virtual/~shop~web"), l.requestsOf("ltm/pool/~shop~web"); vs != n || pool != n {
		t.Errorf("the device counts %.0f and %.0f, want %d", vs, pool, n)
	}
	for _, query := range []string{
		`bigip_virtual_server_requests_total{partition="shop",virtual_server="web"}`, `bigip_pool_requests_total{pool="web",backend="vms"}`,
		`sum by (pool) (bigip_pool_member_requests_total{backend="vms"})`,
	} {
		var got map[string]float64
		eventually(t, func() bool {
			got = p.query(query, "partition")
			return slices.ContainsFunc(values(got), func(v float64) bool { return v == n })
		},
			func() string { return fmt.Sprintf("%s is %v, want %d", query, got, n) })
	}

	helper.shown(func(s page.Status) bool {
		var vs, pool, members int64
		for _, v := range s.VirtualServers {
			vs += requests(v.Counters)
		}
		for _, p := range s.Pools {
			pool += requests(p.Counters)
			for _, m := range p.Members {
				members += requests(m.Counters)
			}
		}
		return vs == n && pool == n && members == n
	})

	l.rest(http.MethodPatch, "ltm/pool/~shop~web/members/~shop~192.0.2.1:8080", map[string]any{"session": "user-disabled"})
	p.fires("BigipkubeDrift")
	l.rest(http.MethodPatch, "ltm/pool/~shop~web", map[string]any{"description": "[bigipkube/1 vms@(192.0.2.1:8080)=1 min=2]"})
	p.fires("BigipkubeHeldTooLong") // one would be left, and two are to be
	l.rest(http.MethodPatch, "ltm/pool/~shop~web", map[string]any{"description": "[bigipkube/1 vms@(192.0.2.1:8080,192.0.2.2:8080)=1 min=3]"})
	p.fires("BigipPoolBelowMinimum")
	l.bind("shop", "odd", "what/ever=x")
	p.fires("BigipkubePoolFails")
	l.rest(http.MethodPost, "ltm/pool", map[string]any{
		"name": "dark", "partition": "shop", "description": "[bigipkube/1 vms@(192.0.2.9:8080)=1]", "monitor": "/Common/tcp",
	})
	p.fires("BigipPoolWithoutMembers") // nobody answers there
	must(t, l.sim.SetFaults([]control.Fault{{Path: "/stats", Status: 400, Body: `{"code":400,"message":"no"}`}}))
	p.fires("BigipUnreachable")
	eventually(t, func() bool { return len(p.query(`bigip_pool_requests_total`, "pool")) == 0 }, func() string { return "series of a device that is not read stay" })
}

// requests of counters; none while they are not known.
func requests(c page.Counters) int64 {
	if c.Requests == nil {
		return 0
	}
	return *c.Requests
}

func TestTheAlertOfASlowDeviceFiresFromTheRunningHelper(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 2})
	helper := s.start(s.options("shop"))
	s.follows(2)
	p := startPrometheus(t, helper.metricsListener.Addr().String())
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 3)) // what was there at the start is no change
	s.follows(3)
	const changes = `bigipkube_endpoint_to_device_seconds_count`
	eventually(t, func() bool { return p.query(changes, "partition")["shop"] > 0 }, func() string { return "Prometheus has no " + changes })
	if fires := p.query(`ALERTS{alertname="BigipkubeSlow"}`, "partition"); len(fires) > 0 {
		t.Errorf("a quick device is slow: %v", fires)
	}
	must(t, s.sim.SetFaults([]control.Fault{{Method: "POST|PATCH|DELETE", Object: "ltm/pool", Delay: "6s"}}))
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 4))
	p.fires("BigipkubeSlow")
}

func values(m map[string]float64) []float64 {
	var all []float64
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func TestTheRulesAreUnderstoodAndEachAlertFires(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{{"check", "rules", "rules.yaml"}, {"test", "rules", "rules_test.yaml"}} {
		command := exec.CommandContext(t.Context(), "promtool", arguments...)
		command.Dir = filepath.Dir(rulesFile)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", arguments, err, out)
		}
	}
	rules, err := os.ReadFile(rulesFile)
	must(t, err)
	tests, err := os.ReadFile(filepath.Join(filepath.Dir(rulesFile), "rules_test.yaml"))
	must(t, err)
	alerts := regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(string(rules), -1)
	if len(alerts) < 7 {
		t.Errorf("%d alerts", len(alerts))
	}
	for _, alert := range alerts {
		fires := regexp.MustCompile(`alertname: ` + alert[1] + `\n\s+exp_alerts:\n\s+- exp_labels`)
		if !fires.Match(tests) {
			t.Errorf("no test lets %s fire", alert[1])
		}
	}
}

func TestTheRulesAndTheDashboardNameOnlyMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	families, err := filled().registry.Gather()
	must(t, err)
	for _, f := range families {
		for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
			known[f.GetName()+suffix] = true
		}
	}
	descs := make(chan *prometheus.Desc, 100)
	stats.NewCollector(nil, nil).Describe(descs)
	close(descs)
	for desc := range descs {
		known[regexp.MustCompile(`fqName: "(\w+)"`).FindStringSubmatch(desc.String())[1]] = true
	}
	for _, file := range []string{"rules.yaml", "rules_test.yaml", "dashboard.json"} {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(rulesFile), file))
		must(t, err)
		names := regexp.MustCompile(`\bbigip(?:kube)?_[a-z_]+`).FindAllString(string(text), -1)
		if len(names) < 10 {
			t.Errorf("%s names %d metrics only", file, len(names))
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s: there is no metric %s", file, name)
			}
		}
	}
}
