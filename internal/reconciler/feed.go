package reconciler

import (
	"context"
	"sync"

	"k8s.io/client-go/util/workqueue"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// feed takes what changed to whoever works on it: to the work queue, or to those who
// wait for one pool. Before there is a queue, it keeps what comes.
type feed struct {
	mu      sync.Mutex
	queue   workqueue.TypedRateLimitingInterface[ltm.Path]
	early   map[ltm.Path]bool
	waiting map[ltm.Path]chan struct{}
}

func newFeed() *feed {
	return &feed{early: map[ltm.Path]bool{}, waiting: map[ltm.Path]chan struct{}{}}
}

// start is the source of a controller.
func (f *feed) start(_ context.Context, queue workqueue.TypedRateLimitingInterface[ltm.Path]) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = queue
	for path := range f.early {
		queue.Add(path)
	}
	clear(f.early)
	return nil
}

// add tells that there may be work on a pool.
func (f *feed) add(path ltm.Path) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if waiting := f.waiting[path]; waiting != nil {
		close(waiting)
		delete(f.waiting, path)
	}
	if f.queue == nil {
		f.early[path] = true
		return
	}
	f.queue.Add(path)
}

// changed is kube.WatchOptions.Changed: owners are pools.
func (f *feed) changed(owner string) {
	if path, err := ltm.ParsePath(owner); err == nil {
		f.add(path)
	}
}

// next is closed when there may be work on a pool.
func (f *feed) next(path ltm.Path) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting := f.waiting[path]
	if waiting == nil {
		waiting = make(chan struct{})
		f.waiting[path] = waiting
	}
	return waiting
}
