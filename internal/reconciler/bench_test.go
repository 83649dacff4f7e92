//go:build unix

package reconciler

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// blockSize is how many changes one side has before the other one has its turn:
// both see the same weather of the machine.
const blockSize = 50

// BenchmarkChange is the change of one endpoint among so many Services with 3 each:
// from the API server's event to the device's acknowledgement, for the helper, and in
// the same run for a bare informer that sends one PATCH for each event. The
// driver, which is in the same process, is in the CPU time of both.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{10, 1000, 5000} {
		b.Run(fmt.Sprintf("services=%d", n), func(b *testing.B) {
			w := newWorld(b, worldSpec{Clusters: []string{"shop", "bare"}, Services: n, Endpoints: 3})
			helper, bare := w.startHelper(), w.startBare()
			helper.block(w) // what is only done once
			bare.block(w)
			helper.reset()
			bare.reset()
			for b.Loop() {
				helper.block(w)
				bare.block(w)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(len(helper.took)), "changes")
			helper.report(b, "")
			bare.report(b, "bare-")
			for _, p := range []int{50, 99} {
				b.ReportMetric(float64(percentile(helper.took, p))/float64(percentile(bare.took, p)), fmt.Sprintf("p%d-ratio", p))
			}
		})
	}
}

// BenchmarkMemory is what a helper keeps that has synced all of its pools.
func BenchmarkMemory(b *testing.B) {
	for _, spec := range []worldSpec{{Services: 5000, Endpoints: 5}, {Services: 5000, Endpoints: 20}} {
		b.Run(fmt.Sprintf("endpoints=%d", spec.Services*spec.Endpoints), func(b *testing.B) {
			spec.Clusters = []string{"shop"}
			w := newWorld(b, spec)
			before := heap()
			start := time.Now()
			w.startHelper()
			b.ReportMetric(time.Since(start).Seconds(), "first-sync-s")
			var kept uint64
			for b.Loop() {
				kept = heap() - before
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(kept)/1e6, "heap-MB")
		})
	}
}

// heap is what is in use after a collection, and after that of what it finalized.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func percentile(all []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// world is a device and clusters in another process.
type world struct {
	b testing.TB
	worldSpec
	worldAddresses
}

func newWorld(b testing.TB, spec worldSpec) *world {
	b.Helper()
	w := &world{b: b, worldSpec: spec}
	w.Folder = b.TempDir()
	text, err := json.Marshal(w.worldSpec)
	if err != nil {
		b.Fatal(err)
	}
	command := exec.Command(os.Args[0]) //nolint:gosec,noctx // this binary; it ends with its input
	command.Env, command.Stderr = append(os.Environ(), worldVariable+"="+string(text)), os.Stderr
	end, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = end.Close()
		if err := command.Wait(); err != nil {
			b.Errorf("the world ended with %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		b.Fatalf("the world does not tell where it is: %v", err)
	}
	if err := json.Unmarshal(line, &w.worldAddresses); err != nil {
		b.Fatal(err)
	}
	return w
}

// side is one of the two that follow a cluster.
type side struct {
	helper  *helper // nil of the bare informer
	cluster string
	turn    int // of the Services
	acks    chan ack
	failed  chan error

	took           []time.Duration
	cpu            time.Duration
	counted        func() (requests, sent float64) // to the device, from the start
	requests, sent float64                         // those before the first change
}

// ack tells that the device has acknowledged the change of a Service.
type ack struct {
	service string
	at      time.Time
}

func newSide(cluster string) *side {
	return &side{cluster: cluster, acks: make(chan ack, 10), failed: make(chan error, 10)}
}

func (s *side) reset() {
	s.took, s.cpu = nil, 0
	s.requests, s.sent = s.counted()
}

// report reports what a change cost.
func (s *side) report(b *testing.B, prefix string) {
	b.Helper()
	changes := float64(len(s.took))
	requests, sent := s.counted()
	b.ReportMetric((requests-s.requests)/changes, prefix+"requests/change")
	b.ReportMetric((sent-s.sent)/changes, prefix+"sent-B/change")
	b.ReportMetric(float64(s.cpu.Microseconds())/changes, prefix+"cpu-µs/change")
	for _, p := range []int{50, 99} {
		b.ReportMetric(percentile(s.took, p).Seconds()*1000, fmt.Sprintf("%sp%d-ms", prefix, p))
	}
}

// deviceTraffic is what the metrics say that was sent to the device: requests, and
// bytes of their bodies.
func deviceTraffic(b testing.TB, m *metrics) (requests, sent float64) {
	b.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			switch {
			case family.GetName() == "bigipkube_device_api_requests_total":
				requests += metric.GetCounter().GetValue()
			case family.GetName() == "bigipkube_device_api_bytes_total" && metric.GetLabel()[0].GetValue() == "sent":
				sent += metric.GetCounter().GetValue()
			}
		}
	}
	return requests, sent
}

// block changes Services, one after the other.
func (s *side) block(w *world) {
	w.b.Helper()
	start := cpuTime(w.b)
	for range blockSize {
		i := s.turn % w.Services
		s.turn++
		at := w.change(s.cluster, i)
		select {
		case done := <-s.acks:
			if done.service != benchName(i) {
				w.b.Fatalf("%s was written, and %s was changed", done.service, benchName(i))
			}
			s.took = append(s.took, done.at.Sub(at))
		case err := <-s.failed:
			w.b.Fatal(err)
		case <-time.After(time.Minute):
			w.b.Fatalf("the change of %s/%s was not written", s.cluster, benchName(i))
		}
	}
	s.cpu += cpuTime(w.b) - start
}

// change changes the first endpoint of a Service, and tells when.
func (w *world) change(cluster string, i int) time.Time {
	w.b.Helper()
	r, err := http.NewRequestWithContext(w.b.Context(), http.MethodPost, fmt.Sprintf("%s/change/%d", w.Servers[cluster], i), http.NoBody)
	if err != nil {
		w.b.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.b.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.b.Fatal(err)
	}
	at, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		w.b.Fatal(err)
	}
	return time.Unix(0, at)
}

// cpuTime is what the process has used.
func cpuTime(b testing.TB) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// options are those of a helper of this world, which asks for nothing by the clock.
func (w *world) options(cluster string) Options {
	w.b.Helper()
	o := Defaults()
	o.Version, o.Getenv = "test", environment("BIGIP_PASSWORD=admin")
	o.Device = DeviceOptions{Addresses: []string{w.Device}, Username: "admin", CACertificateFile: w.CAFile}
	o.Partitions, o.Kubeconfig = []string{cluster}, filepath.Join(w.Folder, cluster+".yaml")
	o.MetricsAddress, o.ProbeAddress = "127.0.0.1:0", "127.0.0.1:0"
	o.DiscoverInterval, o.Resync = time.Hour, 24*time.Hour
	o.Out, o.Log = io.Discard, io.Discard
	if err := writeKubeconfig(o.Kubeconfig, w.Servers[cluster]); err != nil {
		w.b.Fatal(err)
	}
	return o
}

// startHelper runs a helper, and waits until it has synced each pool.
func (w *world) startHelper() *side {
	w.b.Helper()
	s := newSide("shop")
	settings, err := w.options("shop").settle()
	if err != nil {
		w.b.Fatal(err)
	}
	h, err := newHelper(settings, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		w.b.Fatal(err)
	}
	first := &firstSyncs{side: s, missing: w.Services, pools: map[ltm.Path]bool{}, all: make(chan struct{})}
	h.reconciler.observers = append(h.reconciler.observers, first)
	s.counted = func() (requests, sent float64) { return deviceTraffic(w.b, h.metrics) }
	if err := h.listen(w.b.Context()); err != nil {
		w.b.Fatal(err)
	}
	s.helper = h
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx) }()
	w.b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			w.b.Errorf("the helper ended with %v", err)
		}
		h.logout(context.Background())
	})
	select {
	case <-first.all:
	case err := <-s.failed:
		w.b.Fatal(err)
	case <-time.After(5 * time.Minute):
		w.b.Fatal("the helper has not synced all pools")
	}
	return s
}

// firstSyncs hears of each sync: of the first one of each pool, and then of changes.
type firstSyncs struct {
	side    *side
	mu      sync.Mutex
	missing int
	pools   map[ltm.Path]bool // nil once all are synced
	all     chan struct{}
}

func (f *firstSyncs) synced(_ context.Context, p *pool, report engine.FollowReport, err error) {
	at := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil:
		f.side.failed <- err
	case f.pools == nil && len(report.Written) > 0:
		f.side.acks <- ack{p.path.Name, at}
	case f.pools != nil && len(report.Written) > 0:
		f.side.failed <- fmt.Errorf("the first sync of %s wrote %v", p.path, report.Written)
	case f.pools != nil && !f.pools[p.path]:
		f.pools[p.path] = true
		if f.missing--; f.missing == 0 {
			f.pools = nil
			close(f.all)
		}
	}
}

// startBare runs an informer that sends a PATCH for each event, and nothing else.
func (w *world) startBare() *side {
	w.b.Helper()
	s := newSide("bare")
	settings, err := w.options("bare").settle()
	if err != nil {
		w.b.Fatal(err)
	}
	config := settings.device[0]
	m := newMetrics()
	s.counted, config.Observe = func() (requests, sent float64) { return deviceTraffic(w.b, m) }, m.exchange
	device, err := icontrol.New(config)
	if err != nil {
		w.b.Fatal(err)
	}
	rc, err := kube.RESTConfig(settings.clusters[""], kube.Options{})
	if err != nil {
		w.b.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(rc)
	if err != nil {
		w.b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	factory := informers.NewSharedInformerFactory(client, 0)
	informer := factory.Discovery().V1().EndpointSlices().Informer()
	registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{UpdateFunc: func(before, after any) {
		s.patch(ctx, device, before.(*discoveryv1.EndpointSlice), after.(*discoveryv1.EndpointSlice))
	}})
	if err != nil {
		w.b.Fatal(err)
	}
	factory.Start(ctx.Done())
	w.b.Cleanup(func() {
		stop()
		factory.Shutdown()
		_ = device.Logout(context.Background())
	})
	if !cache.WaitForCacheSync(w.b.Context().Done(), registration.HasSynced) {
		w.b.Fatal("the informer has not synced")
	}
	return s
}

// patch writes the endpoints that are ready now, or not any more.
func (s *side) patch(ctx context.Context, device *icontrol.Client, before, after *discoveryv1.EndpointSlice) {
	service := after.Labels[discoveryv1.LabelServiceName]
	for i, e := range after.Endpoints {
		ready := *e.Conditions.Ready
		if ready == *before.Endpoints[i].Conditions.Ready {
			continue
		}
		body := icontrol.MemberBody{Session: new("user-disabled"), State: new("user-down")}
		if ready {
			body = icontrol.MemberBody{Session: new("user-enabled"), State: new("user-up")}
		}
		if _, err := device.Members("/bare/"+service).Patch(ctx, "/bare/"+e.Addresses[0]+":8080", body); err != nil {
			s.failed <- err
			return
		}
		s.acks <- ack{service, time.Now()}
	}
}
