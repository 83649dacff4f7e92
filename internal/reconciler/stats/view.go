package stats

import (
	"context"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// View is the last snapshot, and how the counters have grown within the window.
type View struct {
	*Snapshot
	snapshots []*Snapshot
}

// Growth is by how much an object's counters have grown.
type Growth struct {
	Requests, Connections int64
	Seconds               float64 // from the first reading to the last; 0 = there is only one: nothing is known
}

// Look reads, and returns what there is then; for whoever shows it to people, who come
// and go. The error is why the device is not known.
func (h *History) Look(ctx context.Context) (View, error) {
	h.look(ctx)
	snapshots, err := h.current()
	if err != nil {
		return View{}, err
	}
	return View{snapshots[len(snapshots)-1], snapshots}, nil
}

// VirtualServer finds a virtual server.
func (v View) VirtualServer(path ltm.Path) (ltm.VirtualServerStatistics, Growth, bool) {
	now, ok := v.virtualServer(path)
	if !ok {
		return now, Growth{}, false
	}
	series, first := virtualServerSeries(v.snapshots, path)
	of := func(m func(ltm.Statistics) int64) int64 {
		return increase(series, func(vs ltm.VirtualServerStatistics) int64 { return m(vs.Statistics) })
	}
	return now, Growth{of(requests), of(connections), seconds(first, v.Snapshot)}, true
}

// Pool finds a pool.
func (v View) Pool(path ltm.Path) (Pool, Growth, bool) {
	now, ok := v.pool(path)
	if !ok {
		return now, Growth{}, false
	}
	series, first := poolSeries(v.snapshots, path)
	of := func(m func(ltm.Statistics) int64) int64 {
		return increase(series, func(p Pool) int64 { return m(p.Statistics) })
	}
	return now, Growth{of(requests), of(connections), seconds(first, v.Snapshot)}, true
}

// Backends are how many connections the members of each backend of a pool got within
// the window, by its name: "" are those of members that are not ours. Empty if nobody
// got any, or there is one reading only.
func (v View) Backends(path ltm.Path) map[string]int64 {
	series, _ := poolSeries(v.snapshots, path)
	if len(series) < 2 {
		return nil
	}
	by := map[string]int64{}
	for labels, n := range (measure{connections, true}).byBackend(series) {
		if n > 0 {
			by[labels.Backend] += n
		}
	}
	return by
}
