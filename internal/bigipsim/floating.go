package bigipsim

import (
	"net"
	"sync"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// floating are the listeners of a pair: one for each virtual server, whichever
// unit has it. The address stays where it is over a failover, as a floating
// address does; each connection goes to the unit that is active when it comes.
//
//	client ──▶ TCP listener ──┬─▶ floatingListener of unit 0
//	                          └─▶ floatingListener of unit 1
type floating struct {
	mu      sync.Mutex
	active  int
	servers map[string]*floatingServer
}

type floatingServer struct {
	listener *net.TCPListener
	units    [2]*floatingListener // nil: the unit does not have the virtual server
}

// floatingListener is what one unit sees of a listener. The active one gets
// connections.
type floatingListener struct {
	floating *floating
	name     string
	unit     int
	address  net.Addr
	conns    chan *net.TCPConn
	closed   chan struct{}
}

func newFloating() *floating { return &floating{servers: map[string]*floatingServer{}} }

// listen opens a unit's listener of a virtual server.
func (f *floating) listen(unit int, name string) (dataplane.Listener, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	server := f.servers[name]
	if server == nil {
		listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, err
		}
		server = &floatingServer{listener: listener}
		f.servers[name] = server
		go f.accept(server)
	}
	l := &floatingListener{
		floating: f, name: name, unit: unit, address: server.listener.Addr(),
		conns: make(chan *net.TCPConn), closed: make(chan struct{}),
	}
	server.units[unit] = l
	return l, nil
}

// accept ends with the listener.
func (f *floating) accept(server *floatingServer) {
	for {
		conn, err := server.listener.AcceptTCP()
		if err != nil {
			return
		}
		f.mu.Lock()
		l := server.units[f.active]
		f.mu.Unlock()
		if l == nil {
			refuse(conn)
			continue
		}
		select {
		case l.conns <- conn:
		case <-l.closed:
			refuse(conn)
		}
	}
}

// refuse is what the active unit does when it has no such virtual server.
func refuse(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

// activate sends new connections to a unit.
func (f *floating) activate(unit int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = unit
}

func (l *floatingListener) AcceptTCP() (*net.TCPConn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *floatingListener) Addr() net.Addr { return l.address }

// Close takes the virtual server from the unit; the last one closes the address.
func (l *floatingListener) Close() error {
	l.floating.mu.Lock()
	defer l.floating.mu.Unlock()
	server := l.floating.servers[l.name]
	if server == nil || server.units[l.unit] != l {
		return net.ErrClosed
	}
	close(l.closed)
	server.units[l.unit] = nil
	if server.units == [2]*floatingListener{} {
		delete(l.floating.servers, l.name)
		return server.listener.Close()
	}
	return nil
}
