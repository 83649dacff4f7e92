package reconciler

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// probeEvery is how often a device that does not answer is asked.
	probeEvery = 2 * time.Second
	// loginEvery is how often it is asked by somebody whose credentials it refused: a
	// device may lock a user after a few failures.
	loginEvery = 30 * time.Second
)

// deviceGate keeps the workers from a device that cannot be reached. Without it
// each of a thousand pools would try, and wait for its own time-out.
type deviceGate struct {
	mu       sync.Mutex
	err      error                // nil: open
	parked   map[ltm.Path]bool    // the pools that wait for it
	routes   map[ingress.Key]bool // and the routes
	closed   chan struct{}        // closed when it closes
	answered time.Time            // when the device answered last
}

func newDeviceGate() *deviceGate {
	return &deviceGate{parked: map[ltm.Path]bool{}, routes: map[ingress.Key]bool{}, closed: make(chan struct{})}
}

// ofDevice tells a failure that says something of the device, not of one pool.
func ofDevice(err error) bool {
	failure, ok := errors.AsType[*engine.DeviceError](err)
	if !ok {
		return false
	}
	for _, kind := range []error{engine.ErrUnreachable, engine.ErrStandby, engine.ErrCredentials, engine.ErrCertificate} {
		if errors.Is(failure.Kind, kind) {
			return true
		}
	}
	return false
}

// park keeps a pool until the device answers again; false if it does.
func (g *deviceGate) park(path ltm.Path) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		g.parked[path] = true
	}
	return g.err != nil
}

// parkRoutes is park for routes.
func (g *deviceGate) parkRoutes(key ingress.Key) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		g.routes[key] = true
	}
	return g.err != nil
}

// waiting returns the routes that waited. They wait no more.
func (g *deviceGate) waiting() []ingress.Key {
	g.mu.Lock()
	defer g.mu.Unlock()
	keys := slices.Collect(maps.Keys(g.routes))
	clear(g.routes)
	return keys
}

// saw takes what came of a request to the device, and tells whether the gate has
// just closed.
func (g *deviceGate) saw(err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !ofDevice(err) {
		if _, answered := errors.AsType[*engine.DeviceError](err); err == nil || answered {
			g.answered = time.Now()
		}
		return false
	}
	if g.err != nil {
		g.err = err
		return false
	}
	g.err = err
	close(g.closed)
	return true
}

// open lets all go on, and returns those that waited.
func (g *deviceGate) open() []ltm.Path {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		return nil
	}
	g.err, g.answered, g.closed = nil, time.Now(), make(chan struct{})
	paths := make([]ltm.Path, 0, len(g.parked))
	for path := range g.parked {
		paths = append(paths, path)
	}
	clear(g.parked)
	return paths
}

// state is when the device answered last, and why the gate is closed.
func (g *deviceGate) state() (answered time.Time, closed <-chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.answered, g.closed, g.err
}

// probe asks a device that does not answer until it does, for as long as ctx lasts.
// opened is told when it did.
func (g *deviceGate) probe(ctx context.Context, ask func(context.Context) error, opened func()) {
	for ctx.Err() == nil {
		_, closed, err := g.state()
		if err == nil {
			select {
			case <-closed:
			case <-ctx.Done():
			}
			continue
		}
		if !pause(ctx, patience(err)) {
			return
		}
		if err := ask(ctx); ofDevice(err) {
			g.saw(err)
			continue
		}
		opened()
	}
}

// patience is how long to wait before a device is asked again. A token that it does
// not take, though it has just given it, is no login that it refused: tokens may be
// revoked one after the other.
func patience(err error) time.Duration {
	if _, refused := errors.AsType[*icontrol.LoginError](err); refused && errors.Is(err, engine.ErrCredentials) {
		return loginEvery
	}
	return probeEvery
}

// pause returns false when the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
