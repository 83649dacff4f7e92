package bigip

import (
	"context"
	"slices"
	"sync"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// holds are the objects that runs of this process hold. The zero value holds none.
type holds struct {
	mu   sync.Mutex
	held map[ltm.Path]chan struct{} // closed when it is let go
}

// Hold is engine.Sites's. Paths are taken in their order, so that two who want the
// same ones never wait for each other.
func (d *Device) Hold(ctx context.Context, paths []ltm.Path) (release func(), err error) {
	wanted := slices.Compact(slices.SortedFunc(slices.Values(paths), ltm.Path.Compare))
	for i, path := range wanted {
		if err := d.holds.take(ctx, path); err != nil {
			d.holds.release(wanted[:i])
			return nil, err
		}
	}
	return sync.OnceFunc(func() { d.holds.release(wanted) }), nil
}

// take waits for one path.
func (h *holds) take(ctx context.Context, path ltm.Path) error {
	for {
		h.mu.Lock()
		other, busy := h.held[path]
		if !busy {
			if h.held == nil {
				h.held = map[ltm.Path]chan struct{}{}
			}
			h.held[path] = make(chan struct{})
		}
		h.mu.Unlock()
		if !busy {
			return nil
		}
		select {
		case <-other:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (h *holds) release(paths []ltm.Path) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, path := range paths {
		close(h.held[path])
		delete(h.held, path)
	}
}
