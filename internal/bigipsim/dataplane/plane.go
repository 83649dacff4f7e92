package dataplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is returned by Configure after Close.
var ErrClosed = errors.New("the data plane is closed")

// Options are the surroundings of a Plane.
type Options struct {
	// Logger hears of health changes (info) and of unreachable members (debug).
	// Nil logs nothing.
	Logger *slog.Logger
	// ListenAddress is where listeners are opened, default "127.0.0.1:0". With
	// a port other than 0 there can be one virtual server only.
	ListenAddress string
	// Listen opens the listener of a virtual server, in place of ListenAddress.
	Listen func(virtualServer string) (Listener, error)
}

// Listener is where the clients of a virtual server come from; a
// *net.TCPListener is one.
type Listener interface {
	AcceptTCP() (*net.TCPConn, error)
	Addr() net.Addr
	Close() error
}

// Plane is the traffic side of one simulated device. Its methods may be called
// concurrently.
type Plane struct {
	log           *slog.Logger
	listenAddress string
	openListener  func(virtualServer string) (Listener, error) // nil: at listenAddress
	standby       atomic.Bool
	addresses     *addressBook
	wormhole      wormhole
	singles       singles
	ctx           context.Context // the life of the plane: ends dials and monitors
	cancel        context.CancelFunc
	running       sync.WaitGroup // every goroutine of the plane

	configuring sync.Mutex                // one Configure at a time
	shared      map[string]*sourceRecords // by scope; guarded by configuring
	known       []Node                    // that are configured; guarded by configuring

	mu             sync.RWMutex // the maps, not what is in them
	closed         bool
	virtualServers map[string]*virtualServer
	pools          map[string]*pool
	nodes          map[string]*node
}

// New returns a data plane without any virtual server.
func New(options Options) *Plane {
	p := &Plane{
		log: options.Logger, listenAddress: options.ListenAddress, openListener: options.Listen, addresses: newAddressBook(),
		virtualServers: map[string]*virtualServer{}, pools: map[string]*pool{}, nodes: map[string]*node{},
		shared: map[string]*sourceRecords{},
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.listenAddress == "" {
		p.listenAddress = "127.0.0.1:0"
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Configure replaces the configuration. It is atomic for each virtual server:
// when it returns, every further balancing decision follows the new one.
// Existing connections are kept; only those of a removed virtual server end.
// Objects that are the same in both configurations are not touched: they keep
// listener, health, counters, and their place in the ratio walk.
//
// An error (a name used twice, a listener that cannot be opened) concerns the
// virtual servers that it names; the rest is in force. A name used twice
// changes nothing.
func (p *Plane) Configure(config Config) error {
	p.configuring.Lock()
	defer p.configuring.Unlock()
	if p.isClosed() {
		return ErrClosed
	}
	if err := checkNames(config); err != nil {
		return err
	}
	removedNodes := p.configureNodes(config.Nodes)
	pools, removedPools := p.configurePools(config.Pools)
	virtualServers, removed, err := p.configureVirtualServers(config.VirtualServers, pools)
	p.mu.Lock()
	p.pools, p.virtualServers = pools, virtualServers
	p.mu.Unlock()
	for _, v := range removed {
		v.remove()
	}
	for _, pool := range removedPools {
		pool.update(Pool{Name: pool.name})
	}
	p.dropSingles(false)
	for _, n := range removedNodes {
		n.checks.stop()
	}
	return err
}

// configureNodes comes before the pools, whose members look for their nodes.
func (p *Plane) configureNodes(configured []Node) (removed []*node) {
	if slices.EqualFunc(p.known, configured, func(a, b Node) bool { return a.Name == b.Name && a.same(b) }) {
		return nil
	}
	p.known = slices.Clone(configured)
	nodes := make(map[string]*node, len(configured))
	for _, config := range configured {
		if old := p.nodes[config.Name]; old != nil {
			old.update(config)
			nodes[config.Name] = old
			continue
		}
		nodes[config.Name] = newNode(p, config)
	}
	for name, old := range p.nodes {
		if nodes[name] == nil {
			removed = append(removed, old)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nodes = nodes
	return removed
}

func (p *Plane) configurePools(configured []Pool) (pools map[string]*pool, removed []*pool) {
	pools = make(map[string]*pool, len(configured))
	for _, config := range configured {
		if old := p.pools[config.Name]; old != nil {
			old.update(config)
			pools[config.Name] = old
			continue
		}
		pools[config.Name] = newPool(p, config)
	}
	for name, old := range p.pools {
		if pools[name] == nil {
			removed = append(removed, old)
		}
	}
	return pools, removed
}

func (p *Plane) configureVirtualServers(configured []VirtualServer, pools map[string]*pool) (
	servers map[string]*virtualServer, removed []*virtualServer, err error,
) {
	servers = make(map[string]*virtualServer, len(configured))
	var failures []error
	for _, config := range configured {
		v := p.virtualServers[config.Name]
		if v == nil {
			v = &virtualServer{plane: p, name: config.Name}
		}
		servers[config.Name] = v
		if err := v.update(config, pools); err != nil {
			failures = append(failures, fmt.Errorf("virtual server %s: %w", config.Name, err))
		}
	}
	for name, old := range p.virtualServers {
		if servers[name] == nil {
			removed = append(removed, old)
		}
	}
	return servers, removed, errors.Join(failures...)
}

// checkNames refuses a configuration in which a key appears twice.
func checkNames(config Config) error {
	virtualServers := make(map[string]bool, len(config.VirtualServers))
	for _, v := range config.VirtualServers {
		if virtualServers[v.Name] {
			return fmt.Errorf("virtual server %s is configured twice", v.Name)
		}
		virtualServers[v.Name] = true
	}
	nodes := make(map[string]bool, len(config.Nodes))
	for _, n := range config.Nodes {
		if nodes[n.Name] {
			return fmt.Errorf("node %s is configured twice", n.Name)
		}
		nodes[n.Name] = true
	}
	pools := make(map[string]bool, len(config.Pools))
	for _, pool := range config.Pools {
		if pools[pool.Name] {
			return fmt.Errorf("pool %s is configured twice", pool.Name)
		}
		pools[pool.Name] = true
		members := make(map[string]bool, len(pool.Members))
		for _, m := range pool.Members {
			if members[m.Name] {
				return fmt.Errorf("member %s of pool %s is configured twice", m.Name, pool.Name)
			}
			members[m.Name] = true
		}
	}
	return nil
}

// SetAddresses merges entries into the address map: a member's Address to where
// it can be reached on loopback, "127.0.0.1:40001"; "" removes an entry. An
// address without an entry is dialled as it is if it is on loopback, and is
// unreachable otherwise: nothing ever leaves the machine.
func (p *Plane) SetAddresses(entries map[string]string) { p.addresses.merge(entries) }

// Listener returns where a virtual server listens, "127.0.0.1:41234", or "". It
// stays the same as long as the virtual server exists.
func (p *Plane) Listener(virtualServer string) string {
	v := p.virtualServer(virtualServer)
	if v == nil {
		return ""
	}
	return v.address()
}

// Close closes the listeners, ends all connections and monitors, and waits for
// their goroutines until ctx ends.
func (p *Plane) Close(ctx context.Context) error {
	p.configuring.Lock()
	defer p.configuring.Unlock()
	p.mu.Lock()
	p.closed = true
	virtualServers, pools := p.virtualServers, p.pools
	p.mu.Unlock()
	p.cancel()
	p.wormhole.close()
	p.dropSingles(true)
	for _, v := range virtualServers {
		v.remove()
	}
	for _, pool := range pools {
		pool.update(Pool{Name: pool.name})
	}
	ended := make(chan struct{})
	go func() {
		p.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the data plane: %w", ctx.Err())
	}
}

// pause waits for d; false means that the plane has been closed.
func (p *Plane) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}

func (p *Plane) isClosed() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.closed
}

func (p *Plane) virtualServer(name string) *virtualServer {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.virtualServers[name]
}

func (p *Plane) pool(name string) *pool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.pools[name]
}

func (p *Plane) node(name string) *node { return p.nodesNow()[name] }

// nodesNow are all nodes; the map is never changed.
func (p *Plane) nodesNow() map[string]*node {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.nodes
}

func (p *Plane) member(pool, member string) *member {
	if found := p.pool(pool); found != nil {
		return found.find(member)
	}
	return nil
}

// Activate lets traffic through again after Standby.
func (p *Plane) Activate() { p.standby.Store(false) }

// Standby makes the plane one through which no traffic goes: another unit has
// the addresses. Open connections are reset but for those of virtual servers that
// mirror them; monitors go on, as on a standby device.
func (p *Plane) Standby(mirrors func(virtualServer string) bool) {
	p.standby.Store(true)
	p.mu.RLock()
	defer p.mu.RUnlock()
	for name, v := range p.virtualServers {
		if !mirrors(name) {
			v.sessions.abortAll()
		}
	}
}

// listen opens the listener of a virtual server.
func (p *Plane) listen(virtualServer string) (Listener, error) {
	if p.openListener != nil {
		return p.openListener(virtualServer)
	}
	config := net.ListenConfig{KeepAlive: -1}
	config.SetMultipathTCP(false)
	listener, err := config.Listen(p.ctx, "tcp", p.listenAddress)
	if err != nil {
		return nil, err
	}
	return listener.(*net.TCPListener), nil
}
