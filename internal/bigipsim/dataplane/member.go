package dataplane

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
)

// member is a pool member at run time. It lives from the configuration that
// brings it to the end of its last connection: a removed member's connections
// run until they are closed (icontrol-rest 4.6).
type member struct {
	plane   *Plane
	pool    *pool
	node    *node // nil = none is configured
	name    string
	address string
	virtual string // that connections go to instead of the address, see target.go
	cookie  string // its value in a persistence cookie

	checks   checks
	counters counters
	conns    registry // open server side connections

	config  Member  // guarded by pool.mu
	service service // guarded by pool.mu

	idleMu  sync.Mutex
	idle    []*serverConn // OneConnect: open, and of no client now
	retired bool          // no connection is kept for later
}

func newMember(p *pool, config Member, n *node) *member {
	m := &member{
		plane: p.plane, pool: p, node: n, name: config.Name, address: config.Address, virtual: config.virtual,
		cookie: cookieValue(config.Address), config: config,
	}
	if n == nil {
		m.counters.under(&p.counters)
	} else {
		m.counters.under(&p.counters, &n.counters)
	}
	m.checks.plane, m.checks.changed = p.plane, m.healthChanged
	m.checks.start(config.Monitoring, config.Address)
	n.add(m)
	m.retire()
	return m
}

// update takes over a changed configuration. The caller holds pool.mu.
func (m *member) update(config Member) {
	old := m.config
	m.config = config
	if !sameMonitoring(old, config) {
		m.checks.stop()
		m.checks.start(config.Monitoring, config.Address)
	}
	m.retire()
}

// retire closes what is idle if the member or its node takes nobody new. The
// caller holds pool.mu.
func (m *member) retire() {
	m.setRetired(m.config.SessionDisabled || m.config.ForcedOffline || m.node.retired())
}

func (m *member) healthChanged(from, to Health) {
	m.plane.log.Info("pool member changed its status",
		slog.String("pool", m.pool.name), slog.String("member", m.name),
		slog.String("from", from.Status), slog.String("to", to.Status), slog.String("reason", to.Reason))
	m.pool.memberChanged(m, to.Status == StatusDown)
}

// down reports whether a monitor has marked the member or its node down.
func (m *member) down() bool { return m.checks.status() == StatusDown || m.node.down() }

// takesNew reports whether a balancing decision may choose the member. A member
// that is still checking takes traffic, as on the device, which treats the
// unknown status as available until the monitor says down (F5 RFE 496733).
func (m *member) takesNew() bool {
	if m.config.SessionDisabled || m.config.ForcedOffline || !m.node.takesNew() {
		return false
	}
	status := m.checks.status()
	return status != StatusDown && status != StatusDisabledByMonitor
}

// takesPersisted reports whether a client with a persistence record may come
// back: a disabled member takes it, a forced offline one does not. A record may
// be allowed to go beyond the limits (overrideConnectionLimit).
func (m *member) takesPersisted(override bool) bool {
	if m.config.ForcedOffline || m.down() || m.node.offline() {
		return false
	}
	return override || !m.full()
}

// full reports whether the member or its node is at its connection limit.
func (m *member) full() bool {
	return atLimit(m.counters.sessions.Load(), m.config.ConnectionLimit) || atLimit(m.node.sessions(), m.node.limit())
}

func atLimit(n int64, limit int) bool { return limit > 0 && n >= int64(limit) }

// left counts a client that has gone, and lets the next of the queue try.
func (m *member) left() {
	m.counters.enter(-1)
	m.pool.queue.wake()
}

// leave undoes acquire: the connection has ended, or could not be opened.
func (m *member) leave() {
	m.counters.release()
	m.left()
}

// open connects to a member that acquire has reserved, and gives it up if that
// fails.
func (m *member) open(ctx context.Context, side serverSide) (*meteredConn, error) {
	conn, err := m.dial(ctx, side)
	if err != nil {
		m.leave()
		m.plane.log.Debug("pool member cannot be reached", "pool", m.pool.name, "member", m.name, "error", err)
		return nil, err
	}
	return conn, nil
}

func (m *member) dial(ctx context.Context, side serverSide) (*meteredConn, error) {
	tcp, err := m.connect(ctx, side)
	if err != nil {
		return nil, err
	}
	conn := &meteredConn{tcp: tcp, read: &m.counters.out, written: &m.counters.in}
	if side.ssl == nil {
		return conn, nil
	}
	if err := side.ssl.connect(ctx, conn); err != nil {
		conn.close()
		return nil, err
	}
	return conn, nil
}

func (m *member) connect(ctx context.Context, side serverSide) (*net.TCPConn, error) {
	if m.virtual != "" {
		return m.plane.enter(ctx, m.virtual, side)
	}
	return m.plane.addresses.dial(ctx, side.destination(m.address), side.source)
}

// takeIdle returns an open connection without a client, made busy, or nil.
// It must be what a new one would be: the same TLS, the same port.
func (m *member) takeIdle(side serverSide) *serverConn {
	m.idleMu.Lock()
	defer m.idleMu.Unlock()
	for i := len(m.idle) - 1; i >= 0; i-- {
		conn := m.idle[i]
		if conn.side.ssl != side.ssl || conn.side.destination(m.address) != side.destination(m.address) {
			continue
		}
		m.idle = slices.Delete(m.idle, i, i+1)
		if conn.occupy() {
			return conn
		}
	}
	return nil
}

// keepIdle keeps a connection for the next request; false means: close it.
func (m *member) keepIdle(conn *serverConn) bool {
	m.idleMu.Lock()
	defer m.idleMu.Unlock()
	if m.retired {
		return false
	}
	m.idle = append(m.idle, conn)
	return true
}

// dropIdle forgets a connection that has ended.
func (m *member) dropIdle(conn *serverConn) {
	m.idleMu.Lock()
	defer m.idleMu.Unlock()
	if i := slices.Index(m.idle, conn); i >= 0 {
		m.idle = slices.Delete(m.idle, i, i+1)
	}
}

// setRetired closes the idle connections of a member that takes nothing new, so
// that its CurConns can reach 0 while it drains.
func (m *member) setRetired(retired bool) {
	m.idleMu.Lock()
	m.retired = retired
	var idle []*serverConn
	if retired {
		idle, m.idle = m.idle, nil
	}
	m.idleMu.Unlock()
	for _, conn := range idle {
		conn.conn.close()
	}
}

// remove ends what the pool does for the member; connections with a client go on.
func (m *member) remove() {
	m.node.remove(m)
	m.checks.stop()
	m.setRetired(true)
}
