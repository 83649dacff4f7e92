package reconciler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
)

func TestReadinessFailsForWhatKeepsTheHelperFromItsWork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		make func(b *bench, h *health)
		want string // a part of the reason; "" is ready
	}{
		{"all is well", func(*bench, *health) {}, ""},
		{"a partition has not been read", func(b *bench, _ *health) { b.registry.open(context.Background(), "pay") }, "have not been read yet"},
		{"the caches are not full", func(b *bench, _ *health) { b.watch.unsynced = true }, "the endpoints of shop/web:http are not known yet"},
		{"a namespace may not be read, but all others", func(b *bench, _ *health) {
			b.bind("api")
			b.watch.forbidden = map[string]bool{"shop/api": true}
		}, ""},
		{"nothing may be read", func(b *bench, _ *health) { b.watch.forbidden = map[string]bool{"shop/web": true} }, "not allowed"},
		{"the device has just stopped to answer", func(b *bench, _ *health) { b.gate.saw(unreachable()) }, ""},
		{"the device has not answered for long", func(b *bench, h *health) {
			b.gate.saw(unreachable())
			b.gate.answered, h.started = time.Now().Add(-2*time.Minute), time.Now().Add(-time.Hour)
		}, "the device has not answered since"},
		{"the device has never answered", func(b *bench, h *health) {
			b.gate.saw(unreachable())
			b.gate.answered, h.started = time.Time{}, time.Now().Add(-2*time.Minute)
		}, "cannot be reached"},
		{"a cluster is quiet for a moment", func(b *bench, h *health) {
			b.watch.clusters["east"] = kube.Health{Broken: time.Now().Add(-30 * time.Second), Err: errors.New("refused")}
			h.started = time.Now().Add(-time.Hour)
		}, ""},
		{"a cluster is quiet for long", func(b *bench, h *health) {
			b.watch.clusters["east"] = kube.Health{Broken: time.Now().Add(-2 * time.Minute), Err: errors.New("refused")}
			h.started = time.Now().Add(-time.Hour)
		}, "east has not answered since"},
		{"a cluster answers that something is not allowed", func(b *bench, h *health) {
			b.watch.clusters["east"] = kube.Health{Broken: time.Now().Add(-2 * time.Minute), Err: fmt.Errorf("pods: %w", engine.ErrForbidden)}
			h.started = time.Now().Add(-time.Hour)
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.bind("web")
			h := &health{
				device: b.device, gate: b.gate, watch: b.watch, registry: b.registry, discovery: b.discovery,
				unreadyAfter: time.Minute, started: time.Now(),
			}
			test.make(b, h)
			err := h.ready(nil)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestProbesAndMetricsAreServedWhereTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.bind("web")
	h := &health{device: b.device, gate: b.gate, watch: b.watch, registry: b.registry, discovery: b.discovery, unreadyAfter: time.Minute, started: time.Now()}
	var listeners []net.Listener
	for _, flag := range []string{"--metrics-bind-address", "--health-probe-bind-address"} {
		listener, err := listen(t.Context(), flag, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, listener)
	}
	for _, server := range servers(listeners[0], listeners[1], prometheus.Gatherers{filled().registry, ctrlmetrics.Registry}, http.NotFoundHandler(), h) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- server.Start(ctx) }()
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	get := func(listener net.Listener, path string) (int, string) {
		t.Helper()
		response, err := http.Get("http://" + listener.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	if code, text := get(listeners[0], "/metrics"); code != 200 || !strings.Contains(text, "bigipkube_bindings{partition=\"shop\"} 1") || !strings.Contains(text, "go_goroutines") {
		t.Errorf("/metrics: %d %.200s", code, text)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, text := get(listeners[1], path); code != 200 {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	b.watch.unsynced = true
	if code, _ := get(listeners[1], "/readyz"); code != 500 {
		t.Errorf("/readyz of a helper that is not: %d", code)
	}
	if code, _ := get(listeners[1], "/healthz"); code != 200 {
		t.Errorf("/healthz of a helper that is not ready: %d", code)
	}
	if _, err := listen(t.Context(), "--metrics-bind-address", listeners[0].Addr().String()); err == nil || !strings.Contains(err.Error(), "--metrics-bind-address") {
		t.Errorf("an address that is taken: %v", err)
	}
	if none, err := listen(t.Context(), "--metrics-bind-address", "0"); none != nil || err != nil {
		t.Errorf("0 listens: %v %v", none, err)
	}
}
