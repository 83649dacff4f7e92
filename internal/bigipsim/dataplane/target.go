package dataplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// Target is where a policy forwards to; zero is the virtual server's own pool.
//
//	Pool            a member of it, as ever
//	Member          that member of Pool, or of the virtual server's own; its counters,
//	                its limits, no persistence. A reset if it takes nobody new
//	Node            that address, on the port of the virtual server, whoever has it as
//	                a member. A reset if the node takes nobody new
//	VirtualServer   another virtual server, as a client of its own: its profiles,
//	                policies, persistence and SNAT, its limit, its counters
//
// A target that is not there resets, as one that is down does: a policy's choice is
// not taken back for the default pool (inferred, from LB_FAILED of iRules).
type Target struct {
	// Pool and VirtualServer are full paths. Member is a full path, a bare name or an
	// address. Node is a full path, or an address that no node has to have.
	Pool, Member, Node, VirtualServer string
}

// maxNesting is how many virtual servers can forward to each other in a row; a
// loop ends there (inferred).
const maxNesting = 5

var (
	errNoVirtualServer = errors.New("no such virtual server")
	errNesting         = errors.New("too many virtual servers in a row")
)

// single is the pool that stands for a node or a virtual server that a policy has
// chosen: it has one member and no name, so no persistence either.
type single struct {
	target Target
	port   int
}

// singles are those that have been asked for.
type singles struct {
	mu     sync.Mutex
	pools  map[single]*pool
	closed bool
}

// single returns the pool for a node or a virtual server, nil once the plane is
// closed.
func (p *Plane) single(s single) *pool {
	p.singles.mu.Lock()
	defer p.singles.mu.Unlock()
	if p.singles.closed {
		return nil
	}
	if found := p.singles.pools[s]; found != nil && found.members[0].node == p.node(s.target.Node) {
		return found
	}
	m := Member{Name: s.target.VirtualServer, virtual: s.target.VirtualServer, Ratio: 1}
	if s.target.Node != "" {
		m = Member{Name: s.target.Node, Node: s.target.Node, Address: net.JoinHostPort(p.nodeAddress(s.target.Node), strconv.Itoa(s.port)), Ratio: 1}
	}
	made := newPool(p, Pool{Members: []Member{m}})
	if p.singles.pools == nil {
		p.singles.pools = map[single]*pool{}
	}
	if old := p.singles.pools[s]; old != nil {
		old.update(Pool{})
	}
	p.singles.pools[s] = made
	return made
}

// dropSingles ends the pools of what is not there any more, or of all.
func (p *Plane) dropSingles(all bool) {
	p.singles.mu.Lock()
	defer p.singles.mu.Unlock()
	p.singles.closed = all
	for s, pool := range p.singles.pools {
		m := pool.members[0]
		gone := s.target.VirtualServer != "" && p.virtualServer(s.target.VirtualServer) == nil || m.node != p.node(s.target.Node)
		if all || gone {
			pool.update(Pool{})
			delete(p.singles.pools, s)
		}
	}
}

// nodeAddress is the address of a node, or what is said in its place.
func (p *Plane) nodeAddress(name string) string {
	if n := p.node(name); n != nil {
		return n.config.Load().Address
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}

// enter makes a connection to a virtual server of this plane, as a client of it.
func (p *Plane) enter(ctx context.Context, name string, side serverSide) (*net.TCPConn, error) {
	v := p.virtualServer(name)
	if v == nil || v.address() == "" {
		return nil, fmt.Errorf("%s: %w", name, errNoVirtualServer)
	}
	if side.nesting >= maxNesting {
		return nil, fmt.Errorf("%s: %w", name, errNesting)
	}
	near, far, err := p.wormhole.pair(ctx, p.addresses, side.source)
	if err != nil {
		return nil, err
	}
	p.running.Go(func() { v.serve(far, side.nesting+1) })
	return near, nil
}

// wormhole makes pairs of sockets that are connected to each other. They are
// real ones, so that a FIN, a RST and the client's address are what they are
// between two devices.
type wormhole struct {
	mu       sync.Mutex
	listener *net.TCPListener
}

func (w *wormhole) pair(ctx context.Context, addresses *addressBook, source netip.Addr) (near, far *net.TCPConn, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil { // closed
		return nil, nil, ctx.Err()
	}
	if w.listener == nil {
		if w.listener, err = net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			return nil, nil, err
		}
	}
	near, err = addresses.dial(ctx, w.listener.Addr().String(), source)
	if err != nil {
		return nil, nil, err
	}
	for {
		far, err = w.listener.AcceptTCP()
		if err != nil {
			_ = near.Close()
			return nil, nil, err
		}
		if far.RemoteAddr().String() == near.LocalAddr().String() {
			return near, far, nil
		}
		_ = far.Close() // a stranger's
	}
}

func (w *wormhole) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listener != nil {
		_ = w.listener.Close()
		w.listener = nil
	}
}
