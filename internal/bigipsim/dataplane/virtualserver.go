package dataplane

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
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
	pools    map[string]*pool // all, for policies and persistence across pools
	tls      *acceptor        // nil = none
	snatted  atomic.Uint32    // turns of the snatpool
	listener Listener
	records  [2]*sourceRecords // of Persistence and Fallback
}

// update takes over a configuration and opens or closes the listener.
func (v *virtualServer) update(config VirtualServer, pools map[string]*pool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, p := range []Persistence{config.Persistence, config.Fallback} {
		v.records[i] = v.plane.sourceRecords(v.records[i], p, config)
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
		v.plane.running.Go(func() { v.serve(conn, 0) })
	}
}

// serve admits one client connection and serves it to its end. nesting is how
// many virtual servers it has come through.
func (v *virtualServer) serve(tcp *net.TCPConn, nesting int) {
	config, tls := v.settings()
	if !config.Enabled || !v.counters.reserve(config.ConnectionLimit) {
		reset(tcp)
		return
	}
	v.counters.opened()
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
		session = newH2Session(v, conn, client, config.OneConnect, nesting)
	case config.HTTP:
		session = newHTTPSession(v, conn, client, config.OneConnect, nesting)
	default:
		session = &tcpSession{server: v, conn: conn, client: client, nesting: nesting, over: make(chan struct{})}
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
	client  netip.Addr
	to      Target                   // that a policy chose
	cookie  func(name string) string // of the request; nil without HTTP
	reuse   bool                     // take an idle connection if there is one
	nesting int                      // see maxNesting
	over    <-chan struct{}          // closed when nobody waits for the answer any more
	tried   []*member                // could not be reached: not again if there is another
	waiter  *waiter                  // the place in a queue
}

// decision is the member that a client gets; member nil means none.
type decision struct {
	member *member
	idle   *serverConn  // with reuse: a connection that is open already
	cookie *cookieOrder // nil = none
	side   serverSide
	waiter *waiter // without a member: the place in a queue
}

// serverSide is how a member is spoken to.
type serverSide struct {
	ssl      *ServerSSL // nil = no TLS
	source   netip.Addr // as SNAT says
	port     int        // of the virtual server
	keepPort bool       // use it whatever the member's own is
	nesting  int
}

// destination is where a member with an address is reached.
func (s serverSide) destination(address string) string {
	host, port, found := cutPort(address)
	if found && (port == "0" || s.keepPort) {
		return host + ":" + strconv.Itoa(s.port)
	}
	return address
}

// cutPort cuts "host:port", with the brackets of IPv6 left on.
func cutPort(address string) (host, port string, found bool) {
	i := strings.LastIndexByte(address, ':')
	if i < 0 {
		return address, "", false
	}
	return address[:i], address[i+1:], true
}

// decide makes one balancing decision: persistence first, then the pool's balancer.
func (v *virtualServer) decide(d *demand) decision {
	v.mu.RLock()
	defer v.mu.RUnlock()
	pool := v.poolFor(d.to)
	if pool == nil {
		return decision{}
	}
	made := decision{side: serverSide{
		ssl: v.config.ServerSSL, source: v.source(d.client), port: v.config.Port, keepPort: v.config.KeepPort, nesting: d.nesting,
	}}
	w := wish{member: d.to.Member, tried: d.tried, waiter: d.waiter, reuse: d.reuse, side: made.side}
	now := time.Now()
	if pool.name != "" && d.to.Member == "" && len(d.tried) == 0 { // a record of who cannot be reached is of no use
		w.known = v.recall(pool, d, now)
	}
	if m := w.known.member; m != nil && m.pool != pool { // across pools
		if m.pool.takes(w.known) {
			pool = m.pool
		} else {
			w.known = remembered{}
		}
	}
	if w.waiter != nil && w.waiter.queue != &pool.queue { // another pool since it began to wait
		w.waiter.leave(false)
		w.waiter = nil
	}
	made.member, made.idle, made.waiter = pool.acquire(w)
	if made.member != nil && pool.name != "" {
		made.cookie = v.remember(d, made.member, now)
	}
	return made
}

// poolFor is the pool that a target is in; nil if it is not there.
func (v *virtualServer) poolFor(to Target) *pool {
	switch {
	case to.VirtualServer != "" || to.Node != "":
		s := single{target: Target{Node: to.Node, VirtualServer: to.VirtualServer}}
		if to.Node != "" {
			s.port = v.config.Port
		}
		return v.plane.single(s)
	case to.Pool != "":
		return v.pools[to.Pool]
	default:
		return v.pool
	}
}

// connect makes a balancing decision and opens the connection to the member, or
// takes an idle one over. It tries another member only as often as the pool's
// reselectTries say. A decision without a member means that nobody can be had.
func (v *virtualServer) connect(d demand) (decision, *meteredConn) {
	for {
		made := v.decide(&d)
		if made.waiter != nil {
			d.waiter = made.waiter
			if !v.await(d) {
				return decision{}, nil
			}
			continue
		}
		d.waiter = nil
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

// await waits in a pool's queue until it is worth a try; false means that it is
// over, or has taken too long.
func (v *virtualServer) await(d demand) bool {
	var late <-chan time.Time
	if limit := d.waiter.limit; limit > 0 {
		timer := time.NewTimer(time.Until(d.waiter.since.Add(limit)))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-d.waiter.ready:
		return true
	case <-late:
	case <-d.over:
	case <-v.plane.ctx.Done():
	}
	d.waiter.leave(false)
	return false
}

// judge evaluates the policies for a request.
func (v *virtualServer) judge(r PolicyRequest) Verdict {
	config, _ := v.settings()
	return Evaluate(config.Policies, r)
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
