package engine_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// probe is how long the fake's monitors take to judge a member.
	probe = 3 * time.Second
	// latency is how long each call to the fake takes.
	latency = 10 * time.Millisecond
)

// fakeDevice is a BIG-IP in memory. It writes a change set one visible step after
// the other, in the order that engine.Pools promises, and keeps a trace of every
// state that a client could have met.
type fakeDevice struct {
	pools          map[ltm.Path]ltm.Pool
	virtualServers map[ltm.Path]ltm.VirtualServer
	rest           ltm.Site // what a site has beside pools and virtual servers
	held           int      // paths that a run holds

	monitored bool                              // members are probed, and down if broken
	broken    map[ltm.MemberKey]bool            // by their monitors
	since     map[ltm.MemberKey]time.Time       // when monitors began to probe it; zero: long ago
	openUntil map[ltm.MemberKey]time.Time       // connections end then
	spell     func(ltm.Pool) ltm.Pool           // how the device shows what was written
	fault     func(call int, verb string) fault // what goes wrong at which call
	events    []event                           // what happens to it, see later
	status    func() engine.DeviceStatus        // nil: a device of its own
	calls     []string                          // verbs, in order
	writes    []string                          // change sets, as text
	trace     []ltm.Pool                        // every state of every pool, with health
}

// fault is what goes wrong at one call. The zero fault is none.
type fault struct {
	err   error // what the caller gets
	after int   // how many visible steps happen before it: 0 = nothing happened
	kind  error // ErrUnreachable if nil
}

// everything lets a call take effect before it fails: its answer is lost.
const everything = 1 << 20

func newDevice(pools ...ltm.Pool) *fakeDevice {
	d := &fakeDevice{
		pools: map[ltm.Path]ltm.Pool{}, virtualServers: map[ltm.Path]ltm.VirtualServer{},
		broken: map[ltm.MemberKey]bool{}, since: map[ltm.MemberKey]time.Time{}, openUntil: map[ltm.MemberKey]time.Time{},
		spell: func(p ltm.Pool) ltm.Pool { return p }, fault: func(int, string) fault { return fault{} },
	}
	for _, p := range pools {
		p.Members = slices.Clone(p.Members)
		ltm.SortMembers(p.Members)
		d.pools[p.Path] = p
		d.record(p.Path)
	}
	return d
}

// event is something that happens to a device by itself.
type event struct {
	at time.Time
	do func()
}

// later lets something happen after a while. It is there from the first call after
// that on, in the caller's goroutine: nothing else may touch the device's maps.
func (d *fakeDevice) later(after time.Duration, do func()) {
	d.events = append(d.events, event{time.Now().Add(after), do})
}

func (d *fakeDevice) Name() string { return "bigip.example" }

// begin counts a call, and tells how many visible steps it may take.
func (d *fakeDevice) begin(ctx context.Context, verb, object string) (steps int, err error) {
	if ctx.Err() != nil {
		return 0, &engine.DeviceError{Kind: engine.ErrUnreachable, Verb: verb, Object: object, Device: d.Name(), Err: ctx.Err()}
	}
	time.Sleep(latency)
	for _, e := range d.events {
		if !time.Now().Before(e.at) {
			e.do()
		}
	}
	f := d.fault(len(d.calls), verb)
	d.calls = append(d.calls, verb)
	if f.err == nil {
		return everything, nil
	}
	failure := &engine.DeviceError{Kind: engine.ErrUnreachable, Verb: verb, Object: object, Device: d.Name(), Err: f.err}
	if f.kind != nil {
		failure.Kind = f.kind
	}
	failure.Unsure = f.after > 0
	return f.after, failure
}

func (d *fakeDevice) lost(verb, object string) error {
	return &engine.DeviceError{Kind: engine.ErrNotFound, Verb: verb, Object: object, Device: d.Name()}
}

func (d *fakeDevice) health(m ltm.Member) ltm.Health {
	switch {
	case m.Session == ltm.ForcedOffline:
		return ltm.HealthForcedDown
	case !d.monitored:
		return ltm.HealthUnchecked
	case time.Since(d.since[m.Key]) < probe:
		return ltm.HealthChecking
	case d.broken[m.Key]:
		return ltm.HealthDown
	default:
		return ltm.HealthUp
	}
}

// show is a pool as the device shows it.
func (d *fakeDevice) show(path ltm.Path) ltm.Pool {
	p := d.pools[path]
	p.Members = slices.Clone(p.Members)
	for i, m := range p.Members {
		p.Members[i].Health = d.health(m)
	}
	return d.spell(p)
}

func (d *fakeDevice) record(path ltm.Path) { d.trace = append(d.trace, d.show(path)) }

func (d *fakeDevice) Pool(ctx context.Context, path ltm.Path) (ltm.Pool, error) {
	if _, err := d.begin(ctx, "read", path.String()); err != nil {
		return ltm.Pool{}, err
	}
	if _, found := d.pools[path]; !found {
		return ltm.Pool{}, d.lost("read", path.String())
	}
	d.record(path)
	return d.show(path), nil
}

func (d *fakeDevice) PoolDescription(ctx context.Context, path ltm.Path) (string, error) {
	if _, err := d.begin(ctx, "mark", path.String()); err != nil {
		return "", err
	}
	pool, found := d.pools[path]
	if !found {
		return "", d.lost("read", path.String())
	}
	return pool.Description, nil
}

func (d *fakeDevice) MemberStatus(ctx context.Context, path ltm.Path) ([]ltm.MemberStatus, error) {
	if _, err := d.begin(ctx, "status", path.String()); err != nil {
		return nil, err
	}
	pool, found := d.pools[path]
	if !found {
		return nil, d.lost("read", path.String())
	}
	var list []ltm.MemberStatus
	for _, m := range slices.Backward(pool.Members) {
		status := ltm.MemberStatus{Key: m.Key, Health: d.health(m)}
		if status.Health == ltm.HealthDown {
			status.Reason = "No successful responses received before deadline"
		}
		if time.Now().Before(d.openUntil[m.Key]) {
			status.CurrentConnections = 1
		}
		list = append(list, status)
	}
	return list, nil
}

// ApplyPool takes one visible step after the other: settings, additions,
// modifications together, and each removal.
func (d *fakeDevice) ApplyPool(ctx context.Context, change changeset.ChangeSet) error {
	allowed, failure := d.begin(ctx, "update", change.Pool.String())
	if change.Empty() {
		return errors.New("the engine wrote nothing")
	}
	if _, found := d.pools[change.Pool]; !found {
		return d.lost("update", change.Pool.String())
	}
	if kind := d.outrun(change); kind != nil && failure == nil {
		return &engine.DeviceError{Kind: kind, Verb: "update", Object: change.Pool.String(), Device: d.Name(), Raced: true}
	}
	d.writes = append(d.writes, change.String())
	steps := []changeset.ChangeSet{{Settings: change.Settings}, {Add: change.Add}, {Modify: slices.Clone(change.Modify)}}
	for _, m := range change.Remove {
		steps = append(steps, changeset.ChangeSet{Remove: []ltm.Member{m}})
	}
	steps = slices.DeleteFunc(steps, changeset.ChangeSet.Empty)
	for _, step := range steps[:min(allowed, len(steps))] {
		d.apply(change.Pool, step)
	}
	return failure
}

// outrun is the refusal of a change that does not fit what the pool is now.
func (d *fakeDevice) outrun(change changeset.ChangeSet) error {
	for _, m := range change.Add {
		if _, found := d.pools[change.Pool].Member(m.Key); found {
			return engine.ErrExists
		}
	}
	for _, m := range change.Modify {
		if _, found := d.pools[change.Pool].Member(m.To.Key); !found {
			return engine.ErrRefused
		}
	}
	return nil
}

func (d *fakeDevice) apply(path ltm.Path, step changeset.ChangeSet) {
	for _, m := range step.Add {
		d.since[m.Key] = time.Now()
	}
	for _, m := range step.Modify {
		if m.From.Session == ltm.ForcedOffline && m.To.Session != ltm.ForcedOffline {
			d.since[m.To.Key] = time.Now() // the monitor begins afresh (icontrol-rest 4.5)
		}
	}
	for i, m := range step.Modify {
		now, _ := d.pools[path].Member(m.To.Key)
		// What does not change is not written, and of a session not who forced it offline.
		if m.From.Session == m.To.Session || now.Session == ltm.ForcedOffline && m.From.Session != ltm.ForcedOffline {
			step.Modify[i].To.Session = now.Session
		}
		if m.From.Ratio == m.To.Ratio {
			step.Modify[i].To.Ratio = now.Ratio
		}
	}
	d.pools[path] = step.Apply(d.pools[path])
	d.record(path)
}

func (d *fakeDevice) VirtualServer(ctx context.Context, path ltm.Path) (ltm.VirtualServer, error) {
	if _, err := d.begin(ctx, "read", path.String()); err != nil {
		return ltm.VirtualServer{}, err
	}
	vs, found := d.virtualServers[path]
	if !found {
		return ltm.VirtualServer{}, d.lost("read", path.String())
	}
	return vs, nil
}

func (d *fakeDevice) UpdateVirtualServer(ctx context.Context, change changeset.VirtualServerChange) error {
	allowed, failure := d.begin(ctx, "update", change.From.Path.String())
	if change.Empty() {
		return errors.New("the engine wrote nothing")
	}
	d.writes = append(d.writes, change.String())
	if allowed > 0 {
		d.virtualServers[change.To.Path] = change.To
	}
	return failure
}

func (d *fakeDevice) CreatePool(ctx context.Context, pool ltm.Pool) error {
	if _, err := d.begin(ctx, "create", pool.Path.String()); err != nil {
		return err
	}
	if _, found := d.pools[pool.Path]; found {
		return &engine.DeviceError{Kind: engine.ErrExists, Verb: "create", Object: pool.Path.String(), Device: d.Name()}
	}
	d.pools[pool.Path] = pool
	return nil
}

func (d *fakeDevice) DeletePool(ctx context.Context, path ltm.Path) error {
	if _, err := d.begin(ctx, "delete", path.String()); err != nil {
		return err
	}
	if _, found := d.pools[path]; !found {
		return d.lost("delete", path.String())
	}
	for _, vs := range d.virtualServers {
		if vs.Pool == path {
			return &engine.DeviceError{Kind: engine.ErrInUse, Verb: "delete", Object: path.String(), Device: d.Name()}
		}
	}
	delete(d.pools, path)
	return nil
}

func (d *fakeDevice) VirtualServersOf(_ context.Context, pool ltm.Path) ([]ltm.Path, error) {
	var users []ltm.Path
	for path, vs := range d.virtualServers {
		if vs.Pool == pool {
			users = append(users, path)
		}
	}
	slices.SortFunc(users, ltm.Path.Compare)
	return users, nil
}

func (d *fakeDevice) Frontends(ctx context.Context, partition string) ([]engine.Frontend, error) {
	if _, err := d.begin(ctx, "frontends", partition); err != nil {
		return nil, err
	}
	var all []engine.Frontend
	for path, vs := range d.virtualServers {
		all = append(all, engine.Frontend{VirtualServer: path, Destination: vs.Destination, Pool: vs.Pool})
	}
	return all, nil
}

// What a run does not need.
func (d *fakeDevice) CreateVirtualServer(context.Context, ltm.VirtualServer) error {
	return errors.ErrUnsupported
}

func (d *fakeDevice) DeleteVirtualServer(ctx context.Context, path ltm.Path) error {
	if _, err := d.begin(ctx, "delete", path.String()); err != nil {
		return err
	}
	delete(d.virtualServers, path)
	return nil
}

func (d *fakeDevice) Monitor(context.Context, ltm.MonitorType, ltm.Path) (ltm.Monitor, error) {
	return ltm.Monitor{}, errors.ErrUnsupported
}

func (d *fakeDevice) CreateMonitor(context.Context, ltm.Monitor, ltm.Monitor, ltm.Secret) error {
	return errors.ErrUnsupported
}

func (d *fakeDevice) UpdateMonitor(context.Context, changeset.MonitorChange) error {
	return errors.ErrUnsupported
}

func (d *fakeDevice) DeleteMonitor(context.Context, ltm.MonitorType, ltm.Path) error {
	return errors.ErrUnsupported
}

func (d *fakeDevice) VirtualServerStatus(context.Context, ltm.Path) (ltm.VirtualServerStatus, error) {
	return ltm.VirtualServerStatus{}, errors.ErrUnsupported
}

// count counts calls of a verb.
func (d *fakeDevice) count(verb string) int {
	return len(slices.DeleteFunc(slices.Clone(d.calls), func(v string) bool { return v != verb }))
}

var _ engine.Device = (*fakeDevice)(nil)

// Status is that of a device of its own, unless the test says otherwise.
func (d *fakeDevice) Status(context.Context) (engine.DeviceStatus, error) {
	if d.status != nil {
		return d.status(), nil
	}
	return engine.DeviceStatus{Active: true, InSync: true, Text: "ACTIVE, Standalone"}, nil
}
