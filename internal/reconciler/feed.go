package reconciler

import (
	"context"
	"sync"

	"k8s.io/client-go/util/workqueue"
)

// feed takes what changed to whoever works on it: to the work queue, or to those who
// wait for one pool. Before there is a queue, it keeps what comes. K names a pool, or
// routes.
type feed[K comparable] struct {
	mu      sync.Mutex
	queue   workqueue.TypedRateLimitingInterface[K]
	early   map[K]bool
	waiting map[K]chan struct{}
}

func newFeed[K comparable]() *feed[K] {
	return &feed[K]{early: map[K]bool{}, waiting: map[K]chan struct{}{}}
}

// start is the source of a controller.
func (f *feed[K]) start(_ context.Context, queue workqueue.TypedRateLimitingInterface[K]) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = queue
	for key := range f.early {
		queue.Add(key)
	}
	clear(f.early)
	return nil
}

// add tells that there may be work on a pool.
func (f *feed[K]) add(key K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if waiting := f.waiting[key]; waiting != nil {
		close(waiting)
		delete(f.waiting, key)
	}
	if f.queue == nil {
		f.early[key] = true
		return
	}
	f.queue.Add(key)
}

// next is closed when there may be work on a pool.
func (f *feed[K]) next(key K) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting := f.waiting[key]
	if waiting == nil {
		waiting = make(chan struct{})
		f.waiting[key] = waiting
	}
	return waiting
}
