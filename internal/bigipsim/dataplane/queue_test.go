package dataplane

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// queueing is a member that takes one client at a time, and lets others wait.
func queueing(t *testing.T, protocol func(*VirtualServer), change func(*Pool)) (*Plane, *httpBackend, Config) {
	t.Helper()
	p, a := newPlane(t), newBackend(t, "a", nil)
	config := oneServer(protocol, a.member(limitedTo(1)))
	config.Pools[0].Queue = true
	if change != nil {
		change(&config.Pools[0])
	}
	configure(t, p, config)
	return p, a, config
}

func awaitDepth(t *testing.T, p *Plane, depth int64) {
	t.Helper()
	eventually(t, "clients are in the queue", func() bool { return p.PoolQueue(testPool).Depth == depth })
}

func TestClientsWaitInTheQueueOfAPoolAtItsLimits(t *testing.T) {
	t.Parallel()
	for mode, protocol := range map[string]func(*VirtualServer){"http": nil, "tcp": plainTCP, "OneConnect": oneConnect} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p, a, config := queueing(t, protocol, nil)
			var clients []*rawClient
			for i := range 3 {
				c := dial(t, p)
				clients = append(clients, c)
				if mode == "OneConnect" { // an answered request makes room at once
					c.get()
					continue
				}
				c.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
				if i == 0 {
					c.receive("GET")
				} else {
					awaitDepth(t, p, int64(i))
				}
			}
			if mode == "OneConnect" {
				return
			}
			for i := range 2 {
				_ = clients[i].Close()
				clients[i+1].receive("GET")
			}
			if got := p.PoolQueue(testPool); got.Serviced != 2 || got.Depth != 0 || got.AgeMax <= 0 {
				t.Errorf("the queue has seen %+v", got)
			}
			if got := a.counters(p); got.TotConns != 3 || got.MaxConns > 1 && mode == "tcp" {
				t.Errorf("the member counts %+v", got)
			}
			// A raised limit lets the next one in.
			waiting := dial(t, p)
			waiting.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
			awaitDepth(t, p, 1)
			config.Pools[0].Members = []Member{a.member(limitedTo(9))}
			configure(t, p, config)
			waiting.receive("GET")
		})
	}
}

func TestWhoCannotWaitIsReset(t *testing.T) {
	t.Parallel()
	const request = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"
	t.Run("too long", func(t *testing.T) {
		t.Parallel()
		p, _, _ := queueing(t, plainTCP, func(pool *Pool) { pool.QueueTime = 20 * time.Millisecond })
		dial(t, p).get()
		if err := attempt(p, request); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("ends with %v, want a reset", err)
		}
		if got := p.PoolQueue(testPool); got.Serviced != 0 || got.Depth != 0 {
			t.Errorf("the queue has seen %+v", got)
		}
	})
	t.Run("no room", func(t *testing.T) {
		t.Parallel()
		p, _, config := queueing(t, nil, func(pool *Pool) { pool.QueueDepth = 1 })
		dial(t, p).get()
		waiting := dial(t, p)
		waiting.send(request)
		awaitDepth(t, p, 1)
		if err := attempt(p, request); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("ends with %v, want a reset", err)
		}
		config.Pools[0].Queue = false
		configure(t, p, config)
		if err := waiting.ending(); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("without a queue who waited ends with %v, want a reset", err)
		}
	})
	t.Run("the virtual server is removed", func(t *testing.T) {
		t.Parallel()
		p, _, config := queueing(t, nil, nil)
		dial(t, p).get()
		waiting := dial(t, p)
		waiting.send(request)
		awaitDepth(t, p, 1)
		configure(t, p, Config{Pools: config.Pools})
		if err := waiting.ending(); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("ends with %v, want a reset", err)
		}
		awaitDepth(t, p, 0)
	})
	t.Run("nobody to wait for", func(t *testing.T) {
		t.Parallel()
		p := newPlane(t)
		config := oneServer(nil, memberOf("127.0.0.1:1", forcedOffline))
		config.Pools[0].Queue = true
		configure(t, p, config)
		if err := attempt(p, request); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("ends with %v, want a reset", err)
		}
	})
}
