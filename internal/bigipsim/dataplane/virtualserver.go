package dataplane

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
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
	pool     *pool            // nil = none
	pools    map[string]*pool // all, for policies
	tls      *acceptor        // nil = none
	snatted  atomic.Uint32    // turns of the snatpool
	listener Listener

	recordsMu sync.Mutex
	records   sourceRecords
}

// update takes over a configuration and opens or closes the listener.
func (v *virtualServer) update(config VirtualServer, pools map[string]*pool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.config.Persistence != config.Persistence {
		v.recordsMu.Lock()
		v.records.clear()
		v.recordsMu.Unlock()
	}
	h2 := config.HTTP2 && config.HTTP
	if h2 != (v.config.HTTP2 && v.config.HTTP) || !slices.Equal(config.ClientSSL, v.config.ClientSSL) {
		v.tls = newAcceptor(config.ClientSSL, h2)
	}
	v.config, v.pool, v.pools = config, pools[config.Pool], pools
	switch {
	case config.UDP && v.listener != nil:
		_ = v.listener.Close()
		v.listener = nil
	case !config.UDP && v.listener == nil:
		listener, err := v.plane.listen(v.name)
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
func (v *virtualServer) settings() (VirtualServer, *acceptor) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.config, v.tls
}

func (v *virtualServer) accept(listener Listener) {
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
	config, tls := v.settings()
	if !config.Enabled || !v.counters.reserve(config.ConnectionLimit) {
		reset(tcp)
		return
	}
	v.counters.totConns.Add(1)
	defer v.counters.release()

	conn := &meteredConn{tcp: tcp, read: &v.counters.in, written: &v.counters.out}
	client := tcp.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
	if tls != nil && !v.handshake(tls, conn) {
		return
	}
	var session interface {
		aborter
		run()
	}
	switch {
	case conn.protocol() == "h2":
		session = newH2Session(v, conn, client, config.OneConnect)
	case config.HTTP:
		session = newHTTPSession(v, conn, client, config.OneConnect)
	default:
		session = &tcpSession{server: v, conn: conn, client: client}
	}
	if !v.sessions.add(session) {
		reset(tcp)
		return
	}
	defer v.sessions.remove(session)
	if v.plane.standby.Load() { // since it was accepted; Standby did not see it
		reset(tcp)
		return
	}
	session.run()
}

// handshake makes a client's connection speak TLS. One that does not is closed.
func (v *virtualServer) handshake(tls *acceptor, conn *meteredConn) bool {
	waiting := &handshaking{conn}
	if !v.sessions.add(waiting) {
		conn.abort()
		return false
	}
	defer v.sessions.remove(waiting)
	if err := tls.accept(v.plane.ctx, conn); err != nil {
		v.plane.log.Debug("client is refused", slog.String("virtual_server", v.name), slog.Any("error", err))
		conn.close()
		return false
	}
	return true
}

// handshaking is a client connection in its TLS handshake.
type handshaking struct{ conn *meteredConn }

func (h *handshaking) abort() { h.conn.abort() }
func (h *handshaking) drop()  { h.conn.abort() }

// demand is what a balancing decision must know of a client.
type demand struct {
	client netip.Addr
	pool   string                   // that a policy chose, "" = the virtual server's
	cookie func(name string) string // of the request; nil without HTTP
	reuse  bool                     // take an idle connection if there is one
	tried  []*member                // could not be reached: not again if there is another
}

// decision is the member that a client gets; member nil means none.
type decision struct {
	member     *member
	idle       *serverConn // with reuse: a connection that is open already
	cookieName string      // of the persistence cookie to see to, "" = none
	side       serverSide
}

// serverSide is how a member is spoken to.
type serverSide struct {
	ssl    *ServerSSL // nil = no TLS
	source netip.Addr // as SNAT says
}

// decide makes one balancing decision: persistence first, then the pool's balancer.
func (v *virtualServer) decide(d demand) decision {
	v.mu.RLock()
	defer v.mu.RUnlock()
	pool := v.pool
	if d.pool != "" {
		pool = v.pools[d.pool]
	}
	if pool == nil {
		return decision{}
	}
	now := time.Now()
	var known remembered
	made := decision{side: serverSide{ssl: v.config.ServerSSL, source: v.source(d.client)}}
	switch {
	case v.config.Persistence == persistCookie && d.cookie != nil:
		made.cookieName = cookieName(v.config.CookieName, pool.name)
		known.cookie = d.cookie(made.cookieName)
	case v.config.Persistence == persistSource:
		v.recordsMu.Lock()
		known.member = v.records.find(d.client, pool.name, now)
		v.recordsMu.Unlock()
	}
	if len(d.tried) > 0 {
		known = remembered{} // a record of a member that cannot be reached is of no use
	}
	made.member, made.idle = pool.acquire(known, d.tried, d.reuse, made.side.ssl)
	if made.member != nil && v.config.Persistence == persistSource {
		v.remember(d.client, made.member, now)
	}
	return made
}

// connect makes a balancing decision and opens the connection to the member, or
// takes an idle one over. It tries another member only as often as the pool's
// reselectTries say. A decision without a member means that nobody can be had.
func (v *virtualServer) connect(d demand) (decision, *meteredConn) {
	for {
		made := v.decide(d)
		if made.member == nil || made.idle != nil {
			return made, nil
		}
		conn, err := made.member.open(v.plane.ctx, made.side)
		if err == nil {
			return made, conn
		}
		if len(d.tried) >= made.member.pool.reselectTries() {
			return decision{}, nil
		}
		d.tried = append(d.tried, made.member)
	}
}

// judge evaluates the policies for a request.
func (v *virtualServer) judge(r PolicyRequest) Verdict {
	config, _ := v.settings()
	return Evaluate(config.Policies, r)
}

func (v *virtualServer) remember(client netip.Addr, m *member, now time.Time) {
	timeout := v.config.PersistenceTimeout
	if timeout <= 0 {
		timeout = defaultPersistenceTimeout
	}
	v.recordsMu.Lock()
	defer v.recordsMu.Unlock()
	v.records.store(client, m.pool.name, m.name, now.Add(timeout), now)
}

// source is the address from which a client's member is reached.
func (v *virtualServer) source(client netip.Addr) netip.Addr {
	switch snat := v.config.SNAT; {
	case snat.Type == snatAutomap:
		return automapAddress
	case snat.Type == snatPool && len(snat.Addresses) > 0:
		turn := int(v.snatted.Add(1)-1) % len(snat.Addresses)
		return onLoopback(snat.Addresses[turn])
	default:
		return client
	}
}

// onLoopback imitates an address on loopback; what is no IPv4 address is automap.
func onLoopback(address netip.Addr) netip.Addr {
	if !address.Is4() || address.IsLoopback() {
		return address
	}
	four := address.As4()
	four[0] = 127
	return netip.AddrFrom4(four)
}
