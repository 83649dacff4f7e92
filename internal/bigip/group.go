package bigip

import (
	"context"
	"sync"
	"time"
)

// group is work that many callers share: each waits for a run that begins after
// its call. One run at a time; whoever comes while it works shares the next one.
//
//	calls   a b ·   c d      ·
//	runs        [a b        ][c d        ]
type group[R any] struct {
	work   func(context.Context) R
	gather time.Duration // how long the first waits for others

	mu      sync.Mutex
	working bool
	next    *run[R] // nobody has begun it
}

// run is one run. It ends early when all who wait for it have left.
type run[R any] struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	result R
	// Guarded by the group's lock.
	waiting int
	told    bool
}

// do returns what a run gave that began after the call, and whether the caller is
// the first to be told. The error is ctx's.
func (g *group[R]) do(ctx context.Context) (result R, first bool, err error) {
	r := g.join(ctx)
	select {
	case <-r.done:
	case <-ctx.Done():
		g.leave(r)
		return result, false, ctx.Err()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	first, r.told = !r.told, true
	return r.result, first, nil
}

func (g *group[R]) join(ctx context.Context) *run[R] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.next == nil || g.next.ctx.Err() != nil { // those who wanted it have left
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // loop or leave calls it
		g.next = &run[R]{ctx: shared, cancel: cancel, done: make(chan struct{})}
	}
	g.next.waiting++
	if !g.working {
		g.working = true
		go g.loop()
	}
	return g.next
}

func (g *group[R]) leave(r *run[R]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.waiting--; r.waiting == 0 {
		r.cancel()
	}
}

// wanted tells that somebody waits for another run.
func (g *group[R]) wanted() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.working = g.next != nil
	return g.working
}

// loop works until nobody waits.
func (g *group[R]) loop() {
	for g.wanted() {
		time.Sleep(g.gather)
		g.mu.Lock()
		r := g.next
		g.next = nil
		g.mu.Unlock()
		if r.ctx.Err() == nil {
			r.result = g.work(r.ctx)
		}
		close(r.done)
		r.cancel()
	}
}
