package dataplane

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// acceptPause is the wait after a failed accept.
const acceptPause = 10 * time.Millisecond

// virtualServer is a virtual server at run time: a listener on loopback.
type virtualServer struct {
	plane    *Plane
	name     string
	counters counters
	sessions registry // open client connections

	// mu lets a re-configuration wait for the decisions that are under way, so
	// that none is made on the old configuration afterwards.
	mu       sync.RWMutex
	config   VirtualServer
	pool     *pool // nil = none
	listener *net.TCPListener

	recordsMu sync.Mutex
	records   sourceRecords
}

// update takes over a configuration and opens or closes the listener.
func (v *virtualServer) update(config VirtualServer, pool *pool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.config.Persistence != config.Persistence {
		v.recordsMu.Lock()
		v.records.clear()
		v.recordsMu.Unlock()
	}
	v.config, v.pool = config, pool
	switch {
	case config.UDP && v.listener != nil:
		_ = v.listener.Close()
		v.listener = nil
	case !config.UDP && v.listener == nil:
		listener, err := v.plane.listen()
		if err != nil {
			return err
		}
		v.listener = listener
		v.plane.running.Go(func() { v.accept(listener) })
	}
	return nil
}

// remove closes the listener and ends the connections.
func (v *virtualServer) remove() {
	v.mu.Lock()
	listener := v.listener
	v.listener = nil
	v.mu.Unlock()
	if listener != nil {
		_ = listener.Close()
	}
	v.sessions.close()
}

func (v *virtualServer) address() string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.listener == nil {
		return ""
	}
	return v.listener.Addr().String()
}

// settings returns the configuration of the moment.
func (v *virtualServer) settings() VirtualServer {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.config
}

func (v *virtualServer) accept(listener *net.TCPListener) {
	for {
		conn, err := listener.AcceptTCP()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !v.plane.pause(acceptPause) {
				return
			}
			continue // out of file descriptors, say: connections that end will free some
		}
		v.plane.running.Go(func() { v.serve(conn) })
	}
}

// serve admits one client connection and serves it to its end.
func (v *virtualServer) serve(tcp *net.TCPConn) {
	config := v.settings()
	if !config.Enabled || !v.counters.reserve(config.ConnectionLimit) {
		reset(tcp)
		return
	}
	v.counters.totConns.Add(1)
	defer v.counters.release()

	conn := &meteredConn{tcp: tcp, read: &v.counters.in, written: &v.counters.out}
	client := tcp.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
	var session interface {
		aborter
		run()
	}
	if config.HTTP {
		session = newHTTPSession(v, conn, client, config.OneConnect)
	} else {
		session = &tcpSession{server: v, conn: conn, client: client}
	}
	if !v.sessions.add(session) {
		reset(tcp)
		return
	}
	defer v.sessions.remove(session)
	session.run()
}

// demand is what a balancing decision must know of a client.
type demand struct {
	client netip.Addr
	cookie func(name string) string // of the request; nil without HTTP
	reuse  bool                     // take an idle connection if there is one
}

// decision is the member that a client gets; member nil means none.
type decision struct {
	member     *member
	idle       *serverConn // with reuse: a connection that is open already
	cookieName string      // of the persistence cookie to see to, "" = none
}

// decide makes one balancing decision: persistence first, then the pool's balancer.
func (v *virtualServer) decide(d demand) decision {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.pool == nil {
		return decision{}
	}
	now := time.Now()
	var known remembered
	var made decision
	switch {
	case v.config.Persistence == persistCookie && d.cookie != nil:
		made.cookieName = cookieName(v.config.CookieName, v.pool.name)
		known.cookie = d.cookie(made.cookieName)
	case v.config.Persistence == persistSource:
		v.recordsMu.Lock()
		known.member = v.records.find(d.client, v.pool.name, now)
		v.recordsMu.Unlock()
	}
	made.member, made.idle = v.pool.acquire(known, d.reuse)
	if made.member != nil && v.config.Persistence == persistSource {
		v.remember(d.client, made.member, now)
	}
	return made
}

func (v *virtualServer) remember(client netip.Addr, m *member, now time.Time) {
	timeout := v.config.PersistenceTimeout
	if timeout <= 0 {
		timeout = defaultPersistenceTimeout
	}
	v.recordsMu.Lock()
	defer v.recordsMu.Unlock()
	v.records.store(client, v.pool.name, m.name, now.Add(timeout), now)
}
