package kube

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// DefaultLostFor is how long a Snapshot tells of a slice that was deleted.
const DefaultLostFor = 10 * time.Minute

// WatchOptions are the settings of a [Watch]; the zero value is a good one.
type WatchOptions struct {
	UserAgent string // what the API server sees in its audit log; default "terraform-provider-bigipkube"
	// Changed is told the owner (see Follow) of each Ref of which a Snapshot may now
	// be another one, the first full view of it included. It is called from the
	// goroutine of a watch, with no lock held, and must not block: put it in a queue.
	// What no Snapshot shows, such as the heartbeats of nodes, is not told.
	Changed func(owner string)
	LostFor time.Duration // how long a deleted slice is remembered; default DefaultLostFor
	// Gate is the readiness gate that pods may ask for, "bigipkube.io/pool-member".
	// With one, pods are watched in the namespaces of Services too.
	Gate string
	// RefusedRoutes has Routes read the HTTPRoutes of all namespaces where the user may list and watch them, so that those
	// that a bound Gateway does not take can be told so.
	RefusedRoutes bool
	Logger        *slog.Logger // hears when a watch breaks, and when it is back; default: nobody
}

// Watch is a Source for a process that runs on: it answers from memory, which
// watches keep equal to the clusters. It is safe for concurrent use.
//
// What is watched is what the refs of Follow need: Services and EndpointSlices of
// the whole cluster if the user may list and watch them there, else those of the
// namespaces that the refs name; pods of the namespaces where pods are selected;
// nodes for nodes, for node ports and, where the user may, always.
type Watch struct {
	views map[string]*view
}

var (
	_ engine.Source = (*Watch)(nil)
	_ engine.Owners = (*Watch)(nil)
)

// NewWatch takes the clusters by name; "" is the default cluster. It asks nothing
// of them yet. Errors are *ConfigError.
func NewWatch(clusters map[string]Config, options WatchOptions) (*Watch, error) {
	options.LostFor = cmp.Or(options.LostFor, DefaultLostFor)
	if options.Changed == nil {
		options.Changed = func(string) {}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Watch{views: make(map[string]*view, len(clusters))}
	for name, config := range clusters {
		v, err := newView(name, config, options)
		if err != nil {
			return nil, err
		}
		w.views[name] = v
	}
	return w, nil
}

// Start watches until ctx ends, and returns nil when all of it has ended. It is to
// be called once. A cluster that does not answer is tried again and again, and holds
// up no other one.
func (w *Watch) Start(ctx context.Context) error {
	var all sync.WaitGroup
	for _, v := range w.views {
		all.Go(func() { v.run(ctx) })
	}
	all.Wait()
	return nil
}

// Follow says which refs an owner needs from now on, instead of those it needed
// before; nil is none. An owner is whatever Changed is to be told: the path of a
// pool. Watches that are needed now begin, and those that nobody needs any more end.
// It does not wait: once all that a ref needs is in memory, Changed is told.
func (w *Watch) Follow(owner string, refs []endpoints.Ref) {
	for name, v := range w.views {
		v.follow(owner, slices.DeleteFunc(slices.Clone(refs), func(r endpoints.Ref) bool { return r.Cluster != name }))
	}
}

// Snapshot implements engine.Source. It does no I/O. The value is shared: nobody
// may change it. A ref of which something is not in memory yet, because it is too early
// or because no owner follows it, is an error that matches ErrNotSynced, and the
// reason if one is known; there is no half a view. Once it is there, it stays: while a cluster
// cannot be reached its Snapshots are as they were, and WatchBroke tells it.
func (w *Watch) Snapshot(_ context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	if ref.Kind() == endpoints.KindAddresses {
		return endpoints.Snapshot{}, nil
	}
	v, err := w.view(ref)
	if err != nil {
		return endpoints.Snapshot{}, err
	}
	return v.snapshot(ref)
}

// Synced is nil if all that ref needs is in memory, and else the error that Snapshot
// would return.
func (w *Watch) Synced(ref endpoints.Ref) error {
	if ref.Kind() == endpoints.KindAddresses {
		return nil
	}
	v, err := w.view(ref)
	if err != nil {
		return err
	}
	return v.synced(ref)
}

// Health is how well a cluster is heard.
type Health struct {
	Contact time.Time // when it answered last; zero = never
	Broken  time.Time // since when one of its watches, or the question for our rights, has been failing; zero = none is
	Err     error     // why, *Error; nil if Broken is zero
}

// Health tells how well each cluster is heard.
func (w *Watch) Health() map[string]Health {
	health := make(map[string]Health, len(w.views))
	for name, v := range w.views {
		health[name] = v.health()
	}
	return health
}

// PodGate is what there is to know of a pod for the readiness gate of the options.
type PodGate struct {
	UID             string
	Asked           bool // the pod's spec has the gate
	Open            bool // its condition is True
	ContainersReady bool // nothing but gates keeps the pod from being ready
}

// PodGate finds a pod; false if it is not in memory. Changed tells the owners of
// its Services and selectors when what it says changes.
func (w *Watch) PodGate(cluster, namespace, name string) (PodGate, bool) {
	v := w.views[cluster]
	if v == nil {
		return PodGate{}, false
	}
	return v.podGate(namespace, name)
}

// ScaledToZero implements engine.Owners: there are Deployments, StatefulSets or
// Argo Rollouts whose pods ref selects, and all of them are asked for none. Of a
// Service, an owner must follow it. It asks the cluster, each time; where it is not
// allowed to read one of these, the error says so.
func (w *Watch) ScaledToZero(ctx context.Context, ref endpoints.Ref) (bool, error) {
	if ref.Kind() == endpoints.KindAddresses {
		return false, nil
	}
	v, err := w.view(ref)
	if err != nil {
		return false, err
	}
	return v.scaledToZero(ctx, ref)
}

func (w *Watch) view(ref endpoints.Ref) (*view, error) {
	v := w.views[ref.Cluster]
	if v == nil {
		return nil, &UnknownClusterError{Cluster: ref.Cluster, Known: slices.Sorted(maps.Keys(w.views))}
	}
	return v, nil
}
