package reconciler

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// bench is a reconciler on fakes, without a queue: a test is the worker.
type bench struct {
	*reconciler
	t         *testing.T
	discovery *discovery
	device    *fakeDevice
	watch     *fakeWatch
	followers map[ltm.Path]*fakeFollower
	queued    []ltm.Path // since queue was read last
	swept     []ltm.Path
	looped    map[ltm.Path]*engine.LoopError // what is found by the next look
	lines     *strings.Builder               // of the log
	looks     int                            // that were asked for
	writes    int                            // that are to be made to last
}

func newBench(t *testing.T) *bench {
	b := &bench{
		t: t, device: &fakeDevice{descriptions: map[ltm.Path]string{}}, lines: &strings.Builder{},
		watch: &fakeWatch{refs: map[string][]endpoints.Ref{}, clusters: map[string]kube.Health{"": {}}}, followers: map[ltm.Path]*fakeFollower{},
	}
	logger := slog.New(slog.NewTextHandler(b.lines, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	m, gate := newMetrics(), newDeviceGate()
	registry := newRegistry(b.watch, func(path ltm.Path) follower {
		f := &fakeFollower{report: engine.FollowReport{Bound: true}}
		b.followers[path] = f
		return f
	}, func(p *pool) { m.forget(p.path) })
	b.discovery = &discovery{
		device: b.device, registry: registry, gate: gate, metrics: m, logger: logger, queue: func(p ltm.Path) { b.queued = append(b.queued, p) },
		every: time.Minute, wake: make(chan struct{}, 1), looked: map[string]bool{}, failed: map[string]string{},
		loops: func(context.Context, string) (map[ltm.Path]*engine.LoopError, error) { return b.looped, nil },
		sweep: func(_ context.Context, path ltm.Path) (bool, error) {
			b.swept = append(b.swept, path)
			return true, nil
		},
	}
	b.reconciler = &reconciler{
		device: b.device, registry: registry, gate: gate, metrics: m, logger: logger, resync: 10 * time.Minute, retries: newRetries(),
		lookSoon: func() { b.looks++ }, wrote: func() { b.writes++ },
	}
	return b
}

// look opens the partition, and looks at the device's descriptions.
func (b *bench) look(partition string) {
	b.t.Helper()
	b.registry.open(b.t.Context(), partition)
	_ = b.discovery.look(b.t.Context(), partition)
}

// bind makes a pool that follows a Service of the same name.
func (b *bench) bind(name string) (ltm.Path, *fakeFollower) {
	b.t.Helper()
	path := ltm.NewPath("shop", name)
	b.device.set(path, "[bigipkube/1 shop/"+name+":http=1]")
	b.look("shop")
	return path, b.followers[path]
}

func (b *bench) reconcile(path ltm.Path) time.Duration {
	b.t.Helper()
	result, err := b.Reconcile(b.t.Context(), path)
	if err != nil {
		b.t.Fatal(err)
	}
	return result.RequeueAfter
}

// queue is what was queued since the last call, sorted.
func (b *bench) queue() []string {
	var all []string
	for _, path := range b.queued {
		all = append(all, path.String())
	}
	b.queued = nil
	slices.Sort(all)
	return all
}

// log is what was logged since the last call.
func (b *bench) log() string {
	defer b.lines.Reset()
	return b.lines.String()
}

type fakeDevice struct {
	mu           sync.Mutex
	descriptions map[ltm.Path]string
	status       map[ltm.Path][]ltm.MemberStatus
	err          error
	reads        int
}

func (d *fakeDevice) Name() string { return "bigip" }

func (d *fakeDevice) set(path ltm.Path, description string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.descriptions[path] = description
}

func (d *fakeDevice) PoolDescriptions(_ context.Context, partition string) (map[ltm.Path]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	if d.err != nil {
		return nil, d.err
	}
	found := map[ltm.Path]string{}
	for path, description := range d.descriptions {
		if path.Partition == partition {
			found[path] = description
		}
	}
	return found, nil
}

func (d *fakeDevice) MemberStatus(_ context.Context, path ltm.Path) ([]ltm.MemberStatus, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status[path], d.err
}

type fakeWatch struct {
	refs     map[string][]endpoints.Ref
	unsynced bool
	// forbidden are Services that may not be read.
	forbidden map[string]bool
	clusters  map[string]kube.Health
	pods      map[string]kube.PodGate
}

func (w *fakeWatch) Follow(owner string, refs []endpoints.Ref) {
	if refs == nil {
		delete(w.refs, owner)
		return
	}
	w.refs[owner] = refs
}

func (w *fakeWatch) Synced(ref endpoints.Ref) error {
	if w.forbidden[ref.Namespace+"/"+ref.Service] {
		return forbidden(ref)
	}
	if w.unsynced {
		return &kube.NotSyncedError{Ref: ref}
	}
	return nil
}
func (w *fakeWatch) Health() map[string]kube.Health { return w.clusters }
func (w *fakeWatch) PodGate(_, namespace, name string) (kube.PodGate, bool) {
	pod, ok := w.pods[namespace+"/"+name]
	return pod, ok
}

type fakeFollower struct {
	report   engine.FollowReport
	err      error
	syncs    int
	compared int
	during   func(ctx context.Context) // what happens while it syncs
}

func (f *fakeFollower) Sync(ctx context.Context, compare bool) (engine.FollowReport, error) {
	f.syncs++
	if compare {
		f.compared++
	}
	if f.during != nil {
		f.during(ctx)
	}
	return f.report, f.err
}

func key(text string) ltm.MemberKey {
	key, err := ltm.ParseMemberKey(text)
	if err != nil {
		panic(err)
	}
	return key
}

// member is one with the mark of a pod of shop/web.
func member(address string, session ltm.Session) ltm.Member {
	m := ltm.NewMember(key(address))
	m.Session, m.Description = session, "[bigipkube/1 shop/web web-"+strings.Split(address, ":")[0][9:]+"]"
	return m
}

func removal(members ...ltm.Member) changeset.ChangeSet {
	return changeset.ChangeSet{Pool: ltm.NewPath("shop", "web"), Remove: members}
}

func forbidden(ref endpoints.Ref) error {
	return &kube.NotSyncedError{Ref: ref, Err: fmt.Errorf("list services: %w", engine.ErrForbidden)}
}

func unreachable() error {
	return &engine.DeviceError{Kind: engine.ErrUnreachable, Verb: "read", Object: "pool /shop/web", Device: "bigip"}
}

func refused() error {
	return &engine.DeviceError{Kind: engine.ErrRefused, Verb: "update", Object: "pool /shop/web", Device: "bigip", Said: "01070333"}
}
