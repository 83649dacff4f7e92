package stats

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var (
	web     = ltm.NewPath("shop", "web")
	errGone = errors.New("no route to host")
)

func key(text string) ltm.MemberKey {
	k, err := ltm.ParseMemberKey(text)
	if err != nil {
		panic(err)
	}
	return k
}

// fakeDevice is a device with a virtual server and a pool.
type fakeDevice struct {
	mu    sync.Mutex
	unit  string
	err   error
	takes time.Duration // for each answer
	reads int
	vs    int64                   // requests
	pool  int64                   // requests
	conns map[ltm.MemberKey]int64 // requests of the members
	lists int
}

func newDevice() *fakeDevice {
	return &fakeDevice{unit: "192.0.2.1", conns: map[ltm.MemberKey]int64{}}
}

func (d *fakeDevice) Name() string { return "lab" }
func (d *fakeDevice) Unit() string { d.mu.Lock(); defer d.mu.Unlock(); return d.unit }

// set changes what it answers.
func (d *fakeDevice) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *fakeDevice) VirtualServerStatistics(ctx context.Context) ([]ltm.VirtualServerStatistics, error) {
	d.mu.Lock()
	takes := d.takes
	d.reads++
	d.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return []ltm.VirtualServerStatistics{
		{Path: ltm.NewPath("other", "vs"), Up: true},
		{Path: ltm.NewPath("shop", "vs"), Up: true, Statistics: ltm.Statistics{Requests: d.vs, BytesIn: 100, BytesOut: 200, Connections: 3, CurrentConnections: 1}},
	}, d.err
}

func (d *fakeDevice) PoolStatistics(context.Context, string, []ltm.Path) ([]ltm.PoolStatistics, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	pool := ltm.PoolStatistics{Path: web, QueueDepth: 7, Statistics: ltm.Statistics{Requests: d.pool, CurrentConnections: 2}}
	for k, n := range d.conns {
		pool.Members = append(pool.Members, ltm.MemberStatistics{Key: k, Enabled: true, Available: true, Statistics: ltm.Statistics{Requests: n, CurrentConnections: 1}})
	}
	return []ltm.PoolStatistics{{Path: ltm.NewPath("shop", "by-hand")}, pool}, d.err
}

func (d *fakeDevice) PoolsIn(context.Context, string) ([]ltm.Pool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lists++
	pool := ltm.NewPool(web)
	pool.Description = "words [bigipkube/1 blue@shop/web:http=1 min=2]"
	member := ltm.NewMember(key("10.0.0.1:80"))
	member.Description = "[bigipkube/1 blue@shop/web web-1]"
	pool.Members = []ltm.Member{member}
	return []ltm.Pool{pool, ltm.NewPool(ltm.NewPath("shop", "by-hand"))}, d.err
}

// backend is a Service of namespace shop as backend.
func backend(name, service string) engine.Backend {
	return engine.Backend{Name: name, Ref: endpoints.Ref{Namespace: "shop", Service: service}}
}

// blueAndGreen is a pool with a member of each, and one without a mark.
func blueAndGreen() Mark {
	return Mark{
		Backends: []engine.Backend{backend("blue", "web-blue"), backend("green", "web-green")}, Min: 2,
		Members: map[ltm.MemberKey]Labels{
			key("10.0.0.1:80"): {Namespace: "shop", Service: "web-blue", Backend: "blue", Pod: "web-blue-1"},
			key("10.0.0.2:80"): {Namespace: "shop", Service: "web-green", Backend: "green", Pod: "web-green-1"},
		},
	}
}

func config(d *fakeDevice, mark Mark) Config {
	return Config{
		Device: d, Partitions: func() []string { return []string{"shop"} }, Interval: 10 * time.Second, MarkInterval: 30 * time.Second,
		Followed: func(string) (map[ltm.Path]Mark, bool) { return map[ltm.Path]Mark{web: mark}, true },
	}
}

func read(t *testing.T, r *Reader) *Snapshot {
	t.Helper()
	s, err := r.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}
