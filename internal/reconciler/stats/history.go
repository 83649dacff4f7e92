package stats

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// ErrTooEarly is that a rate needs a second snapshot.
var ErrTooEarly = errors.New("the device's counters have not been read twice yet")

// History keeps the snapshots of a window, for rates.
type History struct {
	reader *Reader
	window time.Duration

	mu        sync.Mutex
	snapshots []*Snapshot // of one unit, in order
	err       error       // of the last read
}

// NewHistory makes a History of what reader reads.
func NewHistory(reader *Reader, window time.Duration) *History {
	return &History{reader: reader, window: window, err: ErrTooEarly}
}

// Run reads every interval until ctx ends.
func (h *History) Run(ctx context.Context) error {
	tick := time.NewTicker(h.reader.config.Interval)
	defer tick.Stop()
	for {
		h.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (h *History) look(ctx context.Context) {
	snapshot, err := h.reader.Read(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	if err == nil {
		h.add(snapshot)
	}
}

// add keeps a snapshot, and of the older ones those that the window needs: all in it,
// and the last before. After a failover it begins anew: the other unit's counters are
// others.
func (h *History) add(next *Snapshot) {
	if n := len(h.snapshots); n > 0 {
		last := h.snapshots[n-1]
		switch {
		case last.Unit != next.Unit:
			h.snapshots = nil
		case !next.Time.After(last.Time):
			return
		}
	}
	h.snapshots = append(h.snapshots, next)
	begin := next.Time.Add(-h.window)
	for len(h.snapshots) > 2 && !h.snapshots[1].Time.After(begin) {
		h.snapshots = h.snapshots[1:]
	}
}

// current returns the snapshots, or why the device is not known: what was read too long
// ago is not what is.
func (h *History) current() ([]*Snapshot, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.err != nil:
		return nil, h.err
	case time.Since(h.snapshots[len(h.snapshots)-1].Time) > readTime+usable*h.reader.config.Interval:
		return nil, ErrSlow
	}
	return h.snapshots, nil
}

// increase adds up by how much a counter grew between neighbours. One that is less than
// before was reset: it has counted from 0 since.
func increase[T any](series []T, value func(T) int64) int64 {
	var sum int64
	for i := 1; i < len(series); i++ {
		sum += grown(value(series[i-1]), value(series[i]))
	}
	return sum
}

func grown(before, now int64) int64 {
	if now < before {
		return now
	}
	return now - before
}

// seconds is how long a series lasts.
func seconds(first, last *Snapshot) float64 { return last.Time.Sub(first.Time).Seconds() }

// poolSeries are the neighbours at the end of the window that all have a pool.
func poolSeries(snapshots []*Snapshot, path ltm.Path) (pools []Pool, first *Snapshot) {
	for i := len(snapshots) - 1; i >= 0; i-- {
		pool, ok := snapshots[i].pool(path)
		if !ok {
			break
		}
		pools, first = append(pools, pool), snapshots[i]
	}
	slices.Reverse(pools)
	return pools, first
}

func virtualServerSeries(snapshots []*Snapshot, path ltm.Path) (all []ltm.VirtualServerStatistics, first *Snapshot) {
	for i := len(snapshots) - 1; i >= 0; i-- {
		vs, ok := snapshots[i].virtualServer(path)
		if !ok {
			break
		}
		all, first = append(all, vs), snapshots[i]
	}
	slices.Reverse(all)
	return all, first
}
