package page

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// noon is when all of these Status are.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shop is a Status with a virtual server, and a pool of n members that most are up in.
func shop(n int) *Status {
	p := Pool{
		Path: "/shop/shop", Synced: &noon, Minimum: 2, QueueDepth: new(int64(0)), LeftOut: []LeftOut{},
		Counters: Counters{Requests: new(int64(1234567)), Connections: new(int64(40000)), CurrentConnections: new(int64(3 * n)), RequestsPerSecond: new(250.25), ConnectionsPerSecond: new(31.0), Window: 60},
		Backends: []Backend{
			{Name: "blue", Of: "shop/shop-blue:http", Share: 90, Asked: 90, Measured: new(89.7), Members: new(int64(n - n/10)), Ready: new(int64(n - n/10))},
			{Name: "green", Of: "shop/shop-green:http", Share: 10, Asked: 10, Measured: new(10.3), Members: new(int64(n / 10)), Ready: new(int64(n / 10))},
		},
	}
	for i := range n {
		m := Member{
			Address: fmt.Sprintf("10.244.%d.%d:8080", i/250, i%250+1), State: StateUp, Why: "ready: takes new clients", Backend: "blue", Endpoint: "ready",
			Pod: fmt.Sprintf("shop-blue-7d9f8c6b5-%05d", i), Node: fmt.Sprintf("node-%02d", i%20), Zone: []string{"eu-1a", "eu-1b", "eu-1c"}[i%3], Session: "enabled", Ratio: 9,
			Available: new(true), Counters: Counters{Requests: new(int64(1200 + i)), Connections: new(int64(40)), CurrentConnections: new(int64(3))},
		}
		if i >= n-n/10 {
			m.Backend, m.Ratio, m.Pod = "green", 1, fmt.Sprintf("shop-green-59c9d7f4d-%05d", i)
		}
		p.Members = append(p.Members, m)
	}
	drains, held := &p.Members[1], &p.Members[2]
	drains.State, drains.Session, drains.Endpoint, drains.Why = StateDraining, "disabled", "draining", "terminating and still serving: takes no new clients"
	drains.Available, drains.Drain = nil, &Drain{Since: noon.Add(-20 * time.Second), Deadline: noon.Add(40 * time.Second), Connections: new(int64(3)), Gone: true}
	held.State, held.Endpoint, held.Why = StateHeld, "not-ready", "not ready: takes nothing; held in service for 30s, as more than 50 % would go at once"
	held.Held = &Held{Reason: "more than 50 % would go at once", Since: noon.Add(-5 * time.Second), Until: new(noon.Add(25 * time.Second))}
	return &Status{
		Time: noon, Device: Device{Name: "bigip.example.com", Unit: "192.0.2.245", Answered: &noon, Counted: new(noon.Add(-4 * time.Second))},
		Clusters: []Cluster{{Answered: &noon}}, Partitions: []Partition{{"shop", true}, {"web", false}},
		VirtualServers: []VirtualServer{{
			Path: "/shop/shop", Destination: "203.0.113.10:443", Enabled: true, Up: new(true), Pool: "/shop/shop", Pools: []string{"/shop/old", "/shop/shop"},
			Hosts:    []Host{{"shop.example.com", "/shop/shop"}, {"www.example.com", "/shop/old"}, {"www.example.com", "/shop/shop"}},
			Counters: p.Counters,
		}},
		Pools: []Pool{p},
		Changes: []Change{
			{noon.Add(-5 * time.Second), "/shop/shop", "1 member held in service: 10.244.0.3:8080 too-many-at-once", "what asks for it may be a mistake", true},
			{noon.Add(-20 * time.Second), "/shop/shop", "member 10.244.0.2:8080: session enabled -> disabled", "pod shop-blue-7d9f8c6b5-00001 is terminating and still serving", false},
			{noon.Add(-26 * time.Hour), "/shop/shop", "member 10.244.0.1:8080 added", "pod shop-blue-7d9f8c6b5-00000 is ready", false},
		},
	}
}

// troubled is a Status of which little is known.
func troubled() *Status {
	return &Status{
		Time:       noon,
		Device:     Device{Name: "bigip.example.com", Problem: "read pool /shop/shop: no answer", Unread: []string{"the virtual servers: no answer"}},
		Clusters:   []Cluster{{Name: "", Problem: "watch services: connection refused", Since: new(noon.Add(-time.Minute))}, {Name: "east"}},
		Partitions: []Partition{{"shop", true}}, VirtualServers: []VirtualServer{}, Changes: []Change{},
		Pools: []Pool{{
			Path: "/shop/shop", Problem: "the endpoints of shop/web are not known yet", Backends: []Backend{{Name: "web", Of: "shop/web", Share: 1, Asked: 100}},
			Members: []Member{{Address: "10.0.0.1:80", State: StateEnabled, Session: "enabled", Ratio: 1, Backend: "web", Why: "unknown, as its endpoints are"}},
			LeftOut: []LeftOut{{"2001:db8::1", "web", "it is of the other address family"}},
		}},
	}
}

// board is a Source whose Status a test sets.
type board struct {
	mu     sync.Mutex
	status *Status
	asked  int
}

func (b *board) Status(context.Context) *Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	return b.status
}

// times is how often it was asked.
func (b *board) times() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked
}

func (b *board) set(s *Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = s
}

// serve serves the page of a source.
func serve(t *testing.T, source Source, guard Guard) (*httptest.Server, *Hub) {
	t.Helper()
	hub := NewHub(source, time.Minute)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	server := httptest.NewServer(New(hub, guard, slog.New(slog.DiscardHandler)))
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return server, hub
}
