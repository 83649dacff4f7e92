package reconciler

import (
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// route is an owner of routes at an address.
type route struct {
	key      ingress.Key
	follower routeFollower

	bound ingress.Binding // guarded by the lock of routes

	turn sync.Mutex // one sync at a time, also where no queue is between
	// Guarded by turn.
	memory routeMemory
}

// routeMemory is what was told last.
type routeMemory struct {
	failed, held string
	problems     map[string]bool
	refused      bool
}

// routes are the owners that the device serves in the partitions of this replica.
type routes struct {
	mu      sync.Mutex
	known   map[string]map[ingress.Key]*route // by partition
	owners  map[string]ingress.Key            // by what a watch calls them
	unread  map[ltm.Path]string               // policies that are not understood, and why
	follows func(ingress.Key) routeFollower
	gone    func(ingress.Key) // told of an owner that is not followed any more
}

func newRoutes(follows func(ingress.Key) routeFollower, gone func(ingress.Key)) *routes {
	return &routes{
		known: map[string]map[ingress.Key]*route{}, owners: map[string]ingress.Key{}, unread: map[ltm.Path]string{},
		follows: follows, gone: gone,
	}
}

// routeNews is what a look at the marks of a partition brought.
type routeNews struct {
	sync   []ingress.Key // new, or bound otherwise
	gone   []ingress.Key
	unread map[ltm.Path]error // policies that are not understood, since now
}

// update takes the marks of a partition.
func (r *routes) update(partition string, marks ltm.Site) routeNews {
	bindings, unreadable := ingress.Bindings(marks)
	n := routeNews{unread: map[ltm.Path]error{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.known[partition]
	if known == nil {
		known = map[ingress.Key]*route{}
		r.known[partition] = known
	}
	for key, bound := range bindings {
		one := known[key]
		if one != nil && one.bound.Created == bound.Created && one.bound.Options.Equal(bound.Options) {
			continue
		}
		if one == nil {
			one = &route{key: key, follower: r.follows(key)}
			known[key], r.owners[key.String()] = one, key
		}
		one.bound = bound
		n.sync = append(n.sync, key)
	}
	for key := range known {
		// Of a policy that is not understood nobody knows whom it serves: who is known stays.
		if _, bound := bindings[key]; !bound && len(unreadable) == 0 {
			delete(known, key)
			delete(r.owners, key.String())
			n.gone = append(n.gone, key)
		}
	}
	for path := range r.unread {
		if _, still := unreadable[path]; !still && path.Partition == partition {
			delete(r.unread, path)
		}
	}
	for path, err := range unreadable {
		if r.unread[path] != err.Error() {
			r.unread[path] = err.Error()
			n.unread[path] = err
		}
	}
	return n
}

// close forgets a partition.
func (r *routes) close(partition string) {
	r.mu.Lock()
	known := r.known[partition]
	delete(r.known, partition)
	for key := range known {
		delete(r.owners, key.String())
	}
	r.mu.Unlock()
	for key := range known {
		r.gone(key)
	}
}

// find finds an owner with what it is bound to; nil if it is not followed.
func (r *routes) find(key ingress.Key) (*route, ingress.Binding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.known[key.Partition][key]
	if one == nil {
		return nil, ingress.Binding{}
	}
	return one, one.bound
}

// owner is the key of what a watch calls so.
func (r *routes) owner(name string) (ingress.Key, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key, ok := r.owners[name]
	return key, ok
}

// all are the owners that are followed.
func (r *routes) all() (all []*route) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, known := range r.known {
		for _, one := range known {
			all = append(all, one)
		}
	}
	return all
}

// count is how many of a partition there are.
func (r *routes) count(partition string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.known[partition])
}

// recent shares what is read of the device for a second: at the start all owners of an
// address look at the same objects. Nothing is written by it.
type recent[T any] struct {
	make func() T

	mu    sync.Mutex
	value T
	since time.Time
}

func (r *recent[T]) get() T {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since.IsZero() || time.Since(r.since) > time.Second {
		r.value, r.since = r.make(), time.Now()
	}
	return r.value
}
