package stats

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// readTime bounds a read, patience how long somebody waits for it: a Prometheus
	// gives up after ten seconds, and would lose all other metrics too.
	readTime = 30 * time.Second
	patience = 5 * time.Second
	// usable is how many intervals old a snapshot may be that stands for one which
	// takes longer than patience.
	usable = 3
)

// ErrSlow is that the device has not answered in time.
var ErrSlow = errors.New("the device's statistics have not been read in time")

// Device is what is read of a BIG-IP.
type Device interface {
	Name() string
	Unit() string
	VirtualServerStatistics(ctx context.Context) ([]ltm.VirtualServerStatistics, error)
	PoolStatistics(ctx context.Context, partition string, known []ltm.Path) ([]ltm.PoolStatistics, error)
	PoolsIn(ctx context.Context, partition string) ([]ltm.Pool, error)
}

// Config of a Reader.
type Config struct {
	Device Device
	// Partitions are those to read.
	Partitions func() []string
	// Followed are the bound pools of a partition whose pools are followed in this
	// process. false: the device is asked for them, every MarkInterval.
	Followed     func(partition string) (map[ltm.Path]Mark, bool)
	Interval     time.Duration // how long a snapshot is kept
	MarkInterval time.Duration
	AllPools     bool // those without a mark too
}

// Reader reads snapshots. Whoever asks while one is read waits for that.
type Reader struct {
	config Config
	read   chan struct{} // holds a token while nothing is read

	mu     sync.Mutex
	last   *Snapshot // the last that was read
	err    error     // how the last read ended
	tried  time.Time // when it began
	listed map[string]listing
}

// listing is what the device said of the marks of a partition.
type listing struct {
	marks map[ltm.Path]Mark
	at    time.Time
}

// NewReader makes a Reader. It reads nothing yet.
func NewReader(config Config) *Reader {
	r := &Reader{config: config, read: make(chan struct{}, 1), listed: map[string]listing{}}
	r.read <- struct{}{}
	return r
}

// Read returns a snapshot that is not older than the interval. The error is that of the
// device, or ErrSlow; it too is kept for the interval. A device that is slow, but does
// not refuse, is answered for by a snapshot that is a little older.
func (r *Reader) Read(ctx context.Context) (*Snapshot, error) {
	if snapshot, err, known := r.known(); known {
		return snapshot, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-r.read:
	case <-timer.C:
		return r.older()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if snapshot, err, known := r.known(); known { // somebody has read while this one waited
		r.read <- struct{}{}
		return snapshot, err
	}
	done := make(chan struct{})
	go func() { // it belongs to nobody: who leaves does not end it for the others
		defer func() { r.read <- struct{}{}; close(done) }()
		r.fetch(context.WithoutCancel(ctx))
	}()
	select {
	case <-done:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.last, r.err
	case <-timer.C:
		return r.older()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// known is what the last read brought, if that is young enough.
func (r *Reader) known() (*Snapshot, error, bool) { //nolint:revive // the error is kept, not met
	r.mu.Lock()
	defer r.mu.Unlock()
	// Not all of the interval: who reads every interval is never answered with what it had.
	if r.tried.IsZero() || time.Since(r.tried) >= r.config.Interval-r.config.Interval/10 {
		return nil, nil, false
	}
	return r.last, r.err, true
}

// older is a snapshot for somebody who cannot wait.
func (r *Reader) older() (*Snapshot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil || r.last == nil || time.Since(r.last.Time) > usable*r.config.Interval {
		return nil, ErrSlow
	}
	return r.last, nil
}

func (r *Reader) fetch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	began := time.Now()
	snapshot, err := r.snapshot(ctx, began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.err, r.tried = snapshot, err, began
}

// snapshot reads what there is. One that is half from each unit of a pair is none.
func (r *Reader) snapshot(ctx context.Context, began time.Time) (*Snapshot, error) {
	partitions := slices.Sorted(slices.Values(r.config.Partitions()))
	virtualServers, err := r.config.Device.VirtualServerStatistics(ctx)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Time: began, Device: r.config.Device.Name(), Unit: r.config.Device.Unit()}
	for _, vs := range virtualServers {
		if slices.Contains(partitions, vs.Path.Partition) {
			s.VirtualServers = append(s.VirtualServers, vs)
		}
	}
	for _, partition := range partitions {
		pools, err := r.pools(ctx, partition)
		if err != nil {
			return nil, err
		}
		s.Pools = append(s.Pools, pools...)
	}
	if unit := r.config.Device.Unit(); unit != s.Unit {
		return nil, &FailoverError{From: s.Unit, To: unit}
	}
	return s, nil
}

// FailoverError is that the units of a pair changed places while they were read.
type FailoverError struct{ From, To string }

func (e *FailoverError) Error() string {
	return "the pair failed over from " + e.From + " to " + e.To + " while its statistics were read"
}

func (r *Reader) pools(ctx context.Context, partition string) ([]Pool, error) {
	marks, err := r.marks(ctx, partition)
	if err != nil {
		return nil, err
	}
	known := make([]ltm.Path, 0, len(marks))
	for path := range marks {
		known = append(known, path)
	}
	slices.SortFunc(known, ltm.Path.Compare)
	counted, err := r.config.Device.PoolStatistics(ctx, partition, known)
	if err != nil {
		return nil, err
	}
	pools := make([]Pool, 0, len(counted))
	for _, c := range counted {
		if mark, bound := marks[c.Path]; bound || r.config.AllPools {
			pools = append(pools, Pool{PoolStatistics: c, Mark: mark, Bound: bound, Labels: mark.shared()})
		}
	}
	return pools, nil
}

// marks are those of a partition: from memory where its pools are followed here, else
// from the device.
func (r *Reader) marks(ctx context.Context, partition string) (map[ltm.Path]Mark, error) {
	if marks, ok := r.config.Followed(partition); ok {
		return marks, nil
	}
	if known, ok := r.listed[partition]; ok && time.Since(known.at) < r.config.MarkInterval { // of the one who reads alone
		return known.marks, nil
	}
	pools, err := r.config.Device.PoolsIn(ctx, partition)
	if err != nil {
		return nil, err
	}
	marks := make(map[ltm.Path]Mark, len(pools))
	for _, pool := range pools {
		if bound, ok, err := engine.Bound(pool.Description); ok && err == nil {
			marks[pool.Path] = Mark{Backends: bound.Backends, Min: bound.Min, Members: MemberLabels(pool.Members)}
		}
	}
	r.listed[partition] = listing{marks: marks, at: time.Now()}
	return marks, nil
}
