package reconciler

import (
	"net/http"
	"net/http/httptest"
	runtimemetrics "runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// thousand is a device with a thousand pools of five members, which takes its time.
var thousand = worldSpec{Clusters: []string{"shop"}, Services: 1000, Endpoints: 5, StatsTake: "20ms"}

func TestAScrapeOfAThousandPoolsIsThreeRequestsToTheDeviceAtMost(t *testing.T) {
	w := newWorld(t, thousand)
	h := w.startHelper().helper
	if h.statistics.listener != nil {
		t.Errorf("the external metrics API listens on %s without being asked to", h.statistics.listener.Addr())
	}
	before := countedRequests(t, h)
	var text string
	var took time.Duration
	var peak float64
	eventually(t, func() bool { // a machine that is busy keeps the first one waiting for too long
		var grown float64
		text, took, grown = scrape(t, h)
		peak = max(peak, grown)
		return strings.Contains(seriesOf(text, "bigip_up{"), "} 1\n")
	}, func() string { return "the device cannot be read: " + seriesOf(text, "bigip_") })
	after := countedRequests(t, h)
	if n := after - before; n > 3 || n < 1 {
		t.Errorf("%.0f requests, want 1 to 3", n)
	}
	if n := strings.Count(text, "\nbigip_pool_member_up{"); n != 5000 {
		t.Errorf("%d members, want 5000:%s", n, seriesOf(text, "bigip_up"))
	}
	if !strings.Contains(text, `pod="`+benchPod(7, 3)+`"`) {
		t.Error("a member does not tell its pod")
	}
	if peak > 100e6 {
		t.Errorf("it takes %.0f MB more memory, want less than 100", peak/1e6)
	}
	t.Logf("%.0f requests, %s, %.1f MB more memory at its peak, %.1f MB of text", after-before, took, peak/1e6, float64(len(text))/1e6)
	if _, _, _ = scrape(t, h); countedRequests(t, h) != after {
		t.Error("a scrape right after it asks the device again")
	}
}

func countedRequests(t *testing.T, h *helper) float64 {
	t.Helper()
	n, _ := deviceTraffic(t, h.metrics)
	return n
}

// BenchmarkScrape is a scrape of a thousand pools with five members, of a device that
// takes 20 ms for an answer.
func BenchmarkScrape(b *testing.B) {
	w := newWorld(b, thousand)
	h := w.startHelper().helper
	h.settings.Stats.Interval = 0
	fresh := h.newStatistics() // it keeps nothing
	fresh.members = h.statistics.members
	h.statistics = fresh
	var peak float64
	for b.Loop() {
		_, _, p := scrape(b, h)
		peak = max(peak, p)
	}
	b.ReportMetric(peak/1e6, "peak-MB")
	b.ReportAllocs()
}

// scrape reads /metrics, and tells how long it took and by how much the heap grew at most.
func scrape(tb testing.TB, h *helper) (text string, took time.Duration, peak float64) {
	tb.Helper()
	before := heap()
	var most atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		sample := []runtimemetrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			runtimemetrics.Read(sample)
			most.Store(max(most.Load(), sample[0].Value.Uint64()))
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	recorder := httptest.NewRecorder()
	began := time.Now()
	promhttp.HandlerFor(h.shown(), promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	took = time.Since(began)
	close(stop)
	<-stopped
	if recorder.Code != http.StatusOK {
		tb.Fatalf("%d %s", recorder.Code, recorder.Body)
	}
	return recorder.Body.String(), took, max(0, float64(most.Load())-float64(before))
}

// seriesOf are the lines of a metric.
func seriesOf(text, name string) string {
	var all []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, name) {
			all = append(all, line)
		}
	}
	return strings.Join(all, "")
}
