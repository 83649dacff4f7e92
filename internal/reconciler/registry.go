package reconciler

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// condition is why a pool with a mark is not followed, or not fully.
type condition string

// The conditions of a pool.
const (
	followed   condition = ""
	unreadable condition = "mark-unreadable" // nothing of it is touched
	newer      condition = "mark-newer"      // written by a later version; nothing of it is touched
	looping    condition = "reached-through" // a cluster is reached through it; nothing of it is touched
	failing    condition = "failing"
	holding    condition = "held"

	endpointsForbidden condition = "endpoints-forbidden" // they may not be read; the pool stays as it is
)

// pool is one pool with a mark.
type pool struct {
	path  ltm.Path
	found time.Time   // the endpoints of before are no news
	stale atomic.Bool // the next sync compares with the device

	// Guarded by the registry's lock.
	description string
	bound       engine.Binding
	skipped     condition // unreadable, newer, looping or followed
	reason      error     // why it is skipped; nil if it is followed

	turn sync.Mutex // one sync at a time, also where no queue is between
	// Guarded by turn.
	follower  follower
	compareAt time.Time // the next comparison
	memory    memory
}

// memory is what has to be remembered of a pool's last sync, for what others see.
type memory struct {
	failed    string // the error that was logged last
	held      string // the holds that were told last
	triggered time.Time
	draining  map[ltm.MemberKey]time.Time
	report    engine.FollowReport
}

// partition is a partition that is this replica's work.
type partition struct {
	name   string
	ctx    context.Context // its end is the end of the work
	cancel context.CancelFunc
	work   sync.WaitGroup
	pools  map[ltm.Path]*pool
}

// registry holds the pools with a mark, by partition.
type registry struct {
	mu         sync.Mutex
	partitions map[string]*partition
	watch      watch
	follows    follows
	gone       func(*pool) // told of a pool that is not followed any more
}

func newRegistry(w watch, f follows, gone func(*pool)) *registry {
	return &registry{partitions: map[string]*partition{}, watch: w, follows: f, gone: gone}
}

// open begins the work on a partition.
func (r *registry) open(ctx context.Context, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.partitions[name] == nil {
		p := &partition{name: name, pools: map[ltm.Path]*pool{}}
		p.ctx, p.cancel = context.WithCancel(ctx)
		r.partitions[name] = p
	}
}

// close ends it, and returns when nothing of it runs any more. A write that has
// begun is finished (engine.Follower).
func (r *registry) close(name string) {
	r.mu.Lock()
	p := r.partitions[name]
	delete(r.partitions, name)
	r.mu.Unlock()
	if p == nil {
		return
	}
	p.cancel()
	p.work.Wait()
	for _, pool := range p.pools {
		r.drop(pool)
	}
}

func (r *registry) drop(p *pool) {
	r.watch.Follow(p.path.String(), nil)
	r.gone(p)
}

// names are the partitions that are worked on.
func (r *registry) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for name := range r.partitions {
		names = append(names, name)
	}
	return names
}

// count is how many pools of a partition have a mark.
func (r *registry) count(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.partitions[name]; p != nil {
		return len(p.pools)
	}
	return 0
}

// begin begins a piece of work on a partition; done ends it. False if the
// partition is not this replica's.
func (r *registry) begin(name string) (ctx context.Context, done func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.partitions[name]
	if p == nil {
		return nil, nil, false
	}
	p.work.Add(1)
	return p.ctx, p.work.Done, true
}

// pool finds a pool.
func (r *registry) pool(path ltm.Path) *pool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.partitions[path.Partition]; p != nil {
		return p.pools[path]
	}
	return nil
}

// all are the pools that are followed, of all partitions.
func (r *registry) all() []*pool {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*pool
	for _, p := range r.partitions {
		for _, pool := range p.pools {
			all = append(all, pool)
		}
	}
	return all
}

// news is what a look at the descriptions of a partition brought.
type news struct {
	sync    []ltm.Path // new, or bound to something else
	skipped []skipped  // that cannot be followed, since now
	retired []ltm.Path // that wait for their deletion
	gone    []ltm.Path
}

// skipped is a pool whose mark is not understood, or that is a loop, and why.
type skipped struct {
	path ltm.Path
	why  condition
	err  error // of binding.Parse, or *engine.LoopError
}

// update takes the descriptions of a partition's pools, and those that are loops.
func (r *registry) update(name string, descriptions map[ltm.Path]string, looped map[ltm.Path]*engine.LoopError) news {
	var n news
	var dropped []*pool
	interest := map[ltm.Path][]endpoints.Ref{}
	r.mu.Lock()
	p := r.partitions[name]
	if p == nil {
		r.mu.Unlock()
		return n
	}
	for path, description := range descriptions {
		mark, bound, err := engine.Bound(description)
		if !bound && err == nil {
			continue
		}
		if mark.Delete {
			n.retired = append(n.retired, path)
		}
		why := markCondition(err)
		if loop := looped[path]; loop != nil && err == nil {
			why, err = looping, loop
		}
		known := p.pools[path]
		if known != nil && known.description == description && known.skipped == why {
			continue
		}
		if known == nil {
			known = &pool{path: path, found: time.Now(), follower: r.follows(path)}
			p.pools[path] = known
		}
		known.description, known.bound, known.skipped, known.reason = description, mark, why, err
		known.stale.Store(true)
		interest[path] = refs(mark)
		if err != nil {
			n.skipped = append(n.skipped, skipped{path, known.skipped, err})
		} else {
			n.sync = append(n.sync, path)
		}
	}
	for path, known := range p.pools {
		if !binding.Marked(descriptions[path]) {
			delete(p.pools, path)
			dropped = append(dropped, known)
			n.gone = append(n.gone, path)
		}
	}
	r.mu.Unlock()
	for _, pool := range dropped {
		r.drop(pool)
	}
	for path, refs := range interest {
		r.watch.Follow(path.String(), refs)
	}
	return n
}

// remove forgets a pool that a sync did not find any more.
func (r *registry) remove(gone *pool) {
	r.mu.Lock()
	p := r.partitions[gone.path.Partition]
	found := p != nil && p.pools[gone.path] == gone
	if found {
		delete(p.pools, gone.path)
	}
	r.mu.Unlock()
	if found {
		r.drop(gone)
	}
}

// state is what the descriptions say of a pool.
func (r *registry) state(p *pool) (engine.Binding, condition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.bound, p.skipped
}

// skippedFor is why a pool is skipped: an error of binding.Parse, or *engine.LoopError.
func (r *registry) skippedFor(p *pool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.reason
}

// markCondition is followed, unless err, of binding.Parse, says otherwise.
func markCondition(err error) condition {
	_, later := errors.AsType[*binding.VersionError](err)
	switch {
	case err == nil:
		return followed
	case later:
		return newer
	}
	return unreadable
}

func refs(mark engine.Binding) []endpoints.Ref {
	refs := make([]endpoints.Ref, 0, len(mark.Backends))
	for _, backend := range mark.Backends {
		refs = append(refs, backend.Ref)
	}
	return refs
}
