package dataplane

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// member is a pool member at run time. It lives from the configuration that
// brings it to the end of its last connection: a removed member's connections
// run until they are closed (icontrol-rest 4.6).
type member struct {
	plane   *Plane
	pool    *pool
	name    string
	address string
	cookie  string // its value in a persistence cookie

	counters counters
	conns    registry // open server side connections

	config  Member  // guarded by pool.mu
	service service // guarded by pool.mu

	health atomic.Pointer[Health] // written under healthMu

	healthMu sync.Mutex
	results  []result // of each monitor
	atLeast  int
	stop     context.CancelFunc // ends the monitors; nil without any

	idleMu  sync.Mutex
	idle    []*serverConn // OneConnect: open, and of no client now
	retired bool          // no connection is kept for later
}

func newMember(p *pool, config Member) *member {
	m := &member{
		plane: p.plane, pool: p, name: config.Name, address: config.Address,
		cookie: cookieValue(config.Address), config: config,
		retired: config.SessionDisabled || config.ForcedOffline,
	}
	m.startMonitors(config)
	return m
}

// update takes over a changed configuration. The caller holds pool.mu.
func (m *member) update(config Member) {
	old := m.config
	m.config = config
	if !sameMonitoring(old, config) {
		m.stopMonitors()
		m.startMonitors(config)
	}
	m.setRetired(config.SessionDisabled || config.ForcedOffline)
}

// takesNew reports whether a balancing decision may choose the member. A member
// that is still checking takes traffic, as on the device, which treats the
// unknown status as available until the monitor says down (F5 RFE 496733).
func (m *member) takesNew() bool {
	if m.config.SessionDisabled || m.config.ForcedOffline {
		return false
	}
	status := m.health.Load().Status
	return status != StatusDown && status != StatusDisabledByMonitor
}

// takesPersisted reports whether a client with a persistence record may come
// back: a disabled member takes it, a forced offline one does not.
func (m *member) takesPersisted() bool {
	if m.config.ForcedOffline || m.health.Load().Status == StatusDown {
		return false
	}
	return m.config.ConnectionLimit == 0 || m.counters.sessions.Load() < int64(m.config.ConnectionLimit)
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
	tcp, err := m.plane.addresses.dial(ctx, m.address, side.source)
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

// takeIdle returns an open connection without a client, made busy, or nil.
// It must speak the same TLS.
func (m *member) takeIdle(ssl *ServerSSL) *serverConn {
	m.idleMu.Lock()
	defer m.idleMu.Unlock()
	for i := len(m.idle) - 1; i >= 0; i-- {
		conn := m.idle[i]
		if conn.ssl != ssl {
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
	m.stopMonitors()
	m.setRetired(true)
}

// startMonitors begins to probe. Health starts over.
func (m *member) startMonitors(config Member) {
	m.healthMu.Lock()
	defer m.healthMu.Unlock()
	m.atLeast = config.AtLeast
	m.results = make([]result, len(config.Monitors))
	if len(config.Monitors) == 0 {
		m.setHealth(result{status: StatusUnchecked})
		return
	}
	for i := range m.results {
		m.results[i] = result{status: StatusChecking}
	}
	m.setHealth(result{status: StatusChecking})
	ctx, stop := context.WithCancel(m.plane.ctx)
	m.stop = stop
	for i, monitor := range config.Monitors {
		m.plane.running.Go(func() {
			runMonitor(ctx, monitor.withDefaults(), m.plane.newProbe(monitor.withDefaults(), config.Address), func(r result) {
				m.report(ctx, i, r)
			})
		})
	}
}

// stopMonitors ends the probes; what they still report is not heard.
func (m *member) stopMonitors() {
	m.healthMu.Lock()
	defer m.healthMu.Unlock()
	if m.stop != nil {
		m.stop()
		m.stop = nil
	}
}

// report takes the result of monitor i.
func (m *member) report(ctx context.Context, i int, r result) {
	m.healthMu.Lock()
	if ctx.Err() != nil { // stopped: the result belongs to an earlier configuration
		m.healthMu.Unlock()
		return
	}
	m.results[i] = r
	was := m.health.Load().Status
	m.setHealth(combine(m.results, m.atLeast))
	now := m.health.Load()
	m.healthMu.Unlock()
	if was == now.Status {
		return
	}
	m.plane.log.Info("pool member changed its status",
		slog.String("pool", m.pool.name), slog.String("member", m.name),
		slog.String("from", was), slog.String("to", now.Status), slog.String("reason", now.Reason))
	m.pool.memberChanged(m, now.Status)
}

// setHealth publishes a status. The caller holds healthMu.
func (m *member) setHealth(r result) {
	health := Health{Status: r.status, Reason: r.reason, Since: time.Now()}
	if old := m.health.Load(); old != nil && old.Status == r.status {
		health.Since = old.Since
	}
	m.health.Store(&health)
}
