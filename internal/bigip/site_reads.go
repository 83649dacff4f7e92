package bigip

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// mostFiles are the objects of a page that have no lists.
const mostFiles = 250

// siteReads are the shared reads of what routes need. Many resources share one policy
// and one virtual server, so that what was read answers all who ask for it, until
// this process changes something.
type siteReads struct {
	certificates, keys kept[file]
	clientSSL          kept[ltm.ClientSSL]
	httpProfiles       kept[ltm.HTTPProfile]
	irules             kept[ltm.IRule]
	monitors           map[ltm.MonitorType]*kept[ltm.Monitor]
	pools              kept[ltm.Pool]
	policies           kept[ltm.Policy]
	virtualServers     kept[ltm.VirtualServer]
	listed             kept[[]ltm.VirtualServer] // by partition: the path of one has no more
}

func (d *Device) siteReads(pools *shared[ltm.Pool], virtualServers *shared[ltm.VirtualServer], monitors map[ltm.MonitorType]*shared[ltm.Monitor]) *siteReads {
	epoch := d.client.Epoch
	ofType := map[ltm.MonitorType]*kept[ltm.Monitor]{}
	for kind, reads := range monitors {
		ofType[kind] = &kept[ltm.Monitor]{read: reads.read, epoch: epoch}
	}
	return &siteReads{
		monitors:     ofType,
		certificates: keptOf(d, d.certificates(), func(f file) ltm.Path { return f.path }, func(file) int { return 1 }, mostFiles),
		keys:         keptOf(d, d.keys(), func(f file) ltm.Path { return f.path }, func(file) int { return 1 }, mostFiles),
		clientSSL:    keptOf(d, d.clientSSLs(), func(p ltm.ClientSSL) ltm.Path { return p.Path }, func(ltm.ClientSSL) int { return 1 }, mostFiles),
		httpProfiles: keptOf(d, d.httpProfiles(), func(p ltm.HTTPProfile) ltm.Path { return p.Path }, func(ltm.HTTPProfile) int { return 1 }, mostFiles),
		irules:       keptOf(d, d.irules(), func(r ltm.IRule) ltm.Path { return r.Path }, func(ltm.IRule) int { return 1 }, mostFiles),
		policies: keptOf(d, d.policies(), func(p ltm.Policy) ltm.Path { return p.Path },
			func(p ltm.Policy) int { return 1 + 3*len(p.Rules) }, mostVirtualServers),
		pools:          kept[ltm.Pool]{read: pools.read, epoch: epoch},
		virtualServers: kept[ltm.VirtualServer]{read: virtualServers.read, epoch: epoch},
		listed: kept[[]ltm.VirtualServer]{
			read: func(ctx context.Context, in ltm.Path) ([]ltm.VirtualServer, error) {
				return d.VirtualServersIn(ctx, in.Partition)
			},
			epoch: epoch,
		},
	}
}

// keptOf reads one kind of object in pages where many are asked for.
func keptOf[W, T any](d *Device, k kind[W, T], path func(T) ltm.Path, parts func(T) int, most int) kept[T] {
	pages := &shared[T]{
		one:  func(ctx context.Context, path ltm.Path) (T, error) { return one(ctx, d, k, path) },
		page: pagesOf(d, k.all+" of partition ", k.in, k.expand, k.understand),
		path: path, parts: parts, most: most, epoch: d.client.Epoch,
	}
	return kept[T]{read: pages.read, epoch: d.client.Epoch}
}

// VirtualServersIn reads all virtual servers of a partition, its folders included.
func (r *Reads) VirtualServersIn(ctx context.Context, partition string) ([]ltm.VirtualServer, error) {
	return r.site.listed.get(ctx, ltm.Path{Partition: partition})
}

// Site reads the objects of these paths.
func (r *Reads) Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error) {
	var site ltm.Site
	var certificates, keys []file
	s := r.site
	for _, read := range []func() error{
		func() error { return s.certificates.all(ctx, paths.Certificates, &certificates) },
		func() error { return s.keys.all(ctx, paths.Certificates, &keys) },
		func() error { return s.clientSSL.all(ctx, paths.ClientSSL, &site.ClientSSL) },
		func() error { return s.httpProfiles.all(ctx, paths.HTTPProfiles, &site.HTTPProfiles) },
		func() error { return s.irules.all(ctx, paths.IRules, &site.IRules) },
		func() error {
			return ofEachType(paths.Monitors, func(kind ltm.MonitorType, paths []ltm.Path) error {
				return s.monitors[kind].all(ctx, paths, &site.Monitors)
			})
		},
		func() error { return s.pools.all(ctx, paths.Pools, &site.Pools) },
		func() error { return s.policies.all(ctx, paths.Policies, &site.Policies) },
		func() error { return s.virtualServers.all(ctx, paths.VirtualServers, &site.VirtualServers) },
	} {
		if err := read(); err != nil {
			return ltm.Site{}, err
		}
	}
	site.Certificates = paired(certificates, keys)
	return site.Canonical(), nil
}

// kept answers the reads of one kind of object, each object read once.
type kept[T any] struct {
	read  func(ctx context.Context, path ltm.Path) (T, error)
	epoch func() uint64 // moves with each change that this process makes, and each failover

	mu    sync.Mutex
	known map[ltm.Path]*keeping[T]
}

// keeping is one object that is being read, or was. What it has is written before
// done is closed.
type keeping[T any] struct {
	done   chan struct{}
	object T
	err    error
	epoch  uint64
	since  time.Time
}

// all appends those of the paths that are there.
func (k *kept[T]) all(ctx context.Context, paths []ltm.Path, into *[]T) error {
	for _, path := range paths {
		object, err := k.get(ctx, path)
		if errors.Is(err, engine.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		*into = append(*into, object)
	}
	return nil
}

// get returns what was read, or waits for whoever reads it; that nothing is there is an
// answer too. A failure answers only who read it: the others try themselves.
func (k *kept[T]) get(ctx context.Context, path ltm.Path) (T, error) {
	for {
		mine, first := k.join(path)
		if first {
			mine.object, mine.err = k.read(ctx, path)
			if mine.err != nil && !errors.Is(mine.err, engine.ErrNotFound) {
				k.forget(path, mine)
			}
			close(mine.done)
			return mine.object, mine.err
		}
		select {
		case <-mine.done:
			if mine.err == nil || errors.Is(mine.err, engine.ErrNotFound) {
				return mine.object, mine.err
			}
		case <-ctx.Done():
			return k.read(ctx, path) // sends nothing, and words the end of the context
		}
	}
}

// join returns what is kept of a path; first, if the caller is to read it.
func (k *kept[T]) join(path ltm.Path) (mine *keeping[T], first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if have := k.known[path]; have != nil && have.epoch == k.epoch() && time.Since(have.since) < keepPages {
		return have, false
	}
	if k.known == nil {
		k.known = map[ltm.Path]*keeping[T]{}
	}
	mine = &keeping[T]{done: make(chan struct{}), epoch: k.epoch(), since: time.Now()}
	k.known[path] = mine
	return mine, true
}

// forget lets the next one read again.
func (k *kept[T]) forget(path ltm.Path, mine *keeping[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known[path] == mine {
		delete(k.known, path)
	}
}
