package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RouteSource is where routes come from: a Kubernetes cluster, or several.
type RouteSource interface {
	// Routes reads what is bound and what it refers to. What does not exist is no error,
	// and not in the Objects; that nobody could be asked is an error, which matches
	// ErrSource. The key pairs are those of the Secrets that can be used, by their checksums:
	// Path is the zero one.
	Routes(ctx context.Context, key ingress.Key, beside ingress.Beside) (ingress.Objects, map[ltm.Certificate]ltm.KeyPair, error)
}

// RouteFollowOptions are the settings of a RouteFollower that the binding does not make.
type RouteFollowOptions struct {
	Hold   time.Duration // how long what may be a mistake is held
	DryRun bool          // writes nothing; Change tells what would be
}

// RouteReport is what a Sync of routes found and did.
type RouteReport struct {
	Bound    bool // the device says that the owner is served there; if not, nothing was done
	Objects  ingress.Objects
	Routes   ingress.RouteSet // what the owner wants
	Problems []ingress.Problem
	// Refused tells that the owner is to be served as a whole or not at all, and that
	// there are Problems: nothing was written.
	Refused bool
	Held    string               // why Change waits; "" does not
	After   time.Duration        // when to try again, if nothing changes; 0 = not said
	Change  changeset.SiteChange // what was written; or is held, refused, or of a dry run
	Written bool
	Live    ltm.Site // the device's objects around these routes, as far as is known
}

// RouteFollower keeps what a device serves of one owner at one address equal to what its
// cluster says, between two applies. Members of pools that are there already are not its
// own: a Follower has them. It is not safe for concurrent use.
type RouteFollower struct {
	device  Device
	reads   func() Surveyor
	routes  RouteSource
	members Source
	key     ingress.Key
	options RouteFollowOptions

	losing time.Time // since when routes would be taken away that may be missed
}

// NewRouteFollower makes one. reads looks at the device, and may remember what it saw for a
// moment, but not beyond a write of this process: RunSite reads again; members reads the endpoints of pools that are new.
func NewRouteFollower(device Device, reads func() Surveyor, routes RouteSource, members Source, key ingress.Key, options RouteFollowOptions) *RouteFollower {
	return &RouteFollower{device: device, reads: reads, routes: routes, members: members, key: key, options: options}
}

// errNotBound ends a run for an owner that is not served there any more, or otherwise.
var errNotBound = errors.New("what the device says of the binding has changed")

// Sync reads the cluster, looks at the device, and writes what differs in one
// transaction. bound is what the device has said of the owner; where it says something
// else by now, nothing is written and the report is not Bound.
func (f *RouteFollower) Sync(ctx context.Context, bound ingress.Binding) (RouteReport, error) {
	s := &routeSync{RouteFollower: f, bound: bound}
	err := s.run(ctx)
	if errors.Is(err, errNotBound) {
		return RouteReport{}, nil
	}
	s.report.Bound = true
	return s.report, err
}

// routeSync is one Sync.
type routeSync struct {
	*RouteFollower
	bound   ingress.Binding
	pairs   map[ltm.Certificate]ltm.KeyPair
	told    []ingress.Problem // of the objects
	fresh   map[ltm.Path][]ltm.Member
	report  RouteReport
	desired ltm.Site
}

func (s *routeSync) run(ctx context.Context) error {
	var err error
	if s.report.Objects, s.pairs, err = s.routes.Routes(ctx, s.key, s.bound.Options.Beside()); err != nil {
		return err
	}
	s.report.Routes, s.told = ingress.Translate(s.report.Objects, s.bound.Options)
	if err := s.survey(ctx, s.reads()); err != nil {
		return err
	}
	if !s.isDue() {
		return nil
	}
	// Pools and certificates are others', too: each must see what the other has made of
	// them. That costs nothing where no other has: the reads are kept until a write.
	release, err := s.device.Hold(ctx, []ltm.Path{RoutesTurn(s.key.Partition, s.key.Folder)})
	if err != nil {
		return err
	}
	defer release()
	if err := s.survey(ctx, s.reads()); err != nil || !s.isDue() {
		return err
	}
	goal := SiteGoal{Paths: s.report.Live.Paths().Union(s.desired.Paths()), Desired: s.site, KeyPairs: s.files()}
	live, err := RunSite(ctx, s.device, goal, nil)
	if err != nil {
		return err
	}
	s.report.Live, s.report.Written = live, true
	return nil
}

// RoutesTurn is what runs of routes hold, so that those of one partition and folder take
// turns.
func RoutesTurn(partition, folder string) ltm.Path {
	return ltm.Path{Partition: partition, Folder: folder, Name: "routes"}
}

// survey looks at the device, and works out what is to change.
func (s *routeSync) survey(ctx context.Context, on Surveyor) error {
	live, built, err := SurveySite(ctx, on, s.bound.Options, s.build)
	if err != nil {
		return err
	}
	if err := s.observe(ctx, live, built); err != nil {
		return err
	}
	s.report.Live, s.desired = live, s.filled(live, built)
	s.report.Problems = slices.Concat(s.told, built.Problems)
	s.report.Change = changeset.ComputeSite(s.desired, live)
	return nil
}

// build is what the device must have. An owner that wants nothing keeps its fallback.
func (s *routeSync) build(live ltm.Site) (ingress.Built, error) {
	now, _ := ingress.Bindings(live)
	if is, there := now[s.key]; !there || !is.Options.Equal(s.bound.Options) {
		return ingress.Built{}, errNotBound
	}
	routes := s.report.Routes
	if len(routes.Servers) == 0 {
		routes = ingress.Kept(s.key, s.bound, live)
	}
	return ingress.Build(routes, s.bound.Options, live)
}

// site is SiteGoal.Desired.
func (s *routeSync) site(live ltm.Site) (ltm.Site, error) {
	built, err := s.build(live)
	if err != nil {
		return ltm.Site{}, err
	}
	return s.filled(live, built), nil
}

// filled gives the pools their members: those they have, and what is new those of its
// endpoints.
func (s *routeSync) filled(live ltm.Site, built ingress.Built) ltm.Site {
	members := map[ltm.Path][]ltm.Member{}
	for _, pool := range live.Pools {
		members[pool.Path] = pool.Members
	}
	for i, pool := range built.Site.Pools {
		if have, there := members[pool.Path]; there {
			built.Site.Pools[i].Members = have
		} else {
			built.Site.Pools[i].Members = s.fresh[pool.Path]
		}
	}
	return built.Site
}

// observe reads the endpoints of pools that are new. A backend of which they cannot be
// told has none: the pool's Follower finds them, or says why not.
func (s *routeSync) observe(ctx context.Context, live ltm.Site, built ingress.Built) error {
	s.fresh = map[ltm.Path][]ltm.Member{}
	for path, marked := range built.Backends {
		if slices.ContainsFunc(live.Pools, func(p ltm.Pool) bool { return p.Path == path }) {
			continue
		}
		var backends []Backend
		for _, b := range marked {
			backends = append(backends, Backend{Name: b.FullName(), Ref: b.Ref, Share: b.Share, Remove: b.Remove})
		}
		observed := BackendEndpoints{}
		for _, b := range backends {
			one, err := ObserveBackends(ctx, s.members, []Backend{b})
			if errors.Is(err, ErrSource) {
				return fmt.Errorf("pool %s: %w", path, err)
			}
			observed[b.Name] = one[b.Name]
		}
		s.fresh[path] = Members(backends, observed, nil).Members
	}
	return nil
}

// isDue tells that the change is to be written now, and notes why not.
func (s *routeSync) isDue() bool {
	s.report.Held, s.report.Refused, s.report.After = "", false, 0
	if s.report.Change.Empty() {
		s.losing = time.Time{}
		return false
	}
	if s.bound.Options.Strict && len(s.report.Problems) > 0 {
		s.report.Refused = true
		return false
	}
	reason := s.loses()
	if reason == "" {
		s.losing = time.Time{}
		return !s.options.DryRun
	}
	if s.losing.IsZero() {
		s.losing = time.Now()
	}
	if left := s.options.Hold - time.Since(s.losing); left > 0 {
		s.report.Held, s.report.After = reason, left
		return false
	}
	return !s.options.DryRun
}

// loses says what the change takes away because something is missing: all routes, or a
// pool that has requests now, of an object that names a backend which is not there. It may be
// a mistake. That a grant is revoked, or a route deleted beside another that is wrong, is none.
func (s *routeSync) loses() string {
	before, after := ingress.Targets(s.key, s.report.Live), ingress.Targets(s.key, s.desired)
	if len(s.report.Routes.Servers) == 0 && len(before) > 0 {
		return s.key.Owner.String() + " wants nothing any more"
	}
	stay := slices.Concat(slices.Collect(maps.Values(after))...)
	for _, p := range s.told {
		if p.IsMissing() && slices.ContainsFunc(before[p.Object], func(pool ltm.Path) bool { return !slices.Contains(stay, pool) }) {
			return p.String()
		}
	}
	return ""
}

// files are the key pairs of the certificates.
func (s *routeSync) files() map[ltm.Path]ltm.KeyPair {
	files := map[ltm.Path]ltm.KeyPair{}
	for _, c := range s.desired.Certificates {
		if pair, ok := s.pairs[ltm.Certificate{CertificateChecksum: c.CertificateChecksum, KeyChecksum: c.KeyChecksum}]; ok {
			files[c.Path] = pair
		}
	}
	return files
}
