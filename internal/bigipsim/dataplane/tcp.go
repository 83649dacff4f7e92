package dataplane

import (
	"net/netip"
	"sync"
)

// tcpSession is one client connection of a virtual server without an http
// profile: one balancing decision, then bytes in both directions. An end of one
// direction is passed on and leaves the other open.
type tcpSession struct {
	server *virtualServer
	client netip.Addr
	conn   *meteredConn

	mu      sync.Mutex
	member  *meteredConn // the server side, once there is one
	aborted bool
}

// abort ends both sides with a RST.
func (t *tcpSession) abort() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.aborted = true
	t.conn.abort()
	if t.member != nil {
		t.member.abort()
	}
}

func (t *tcpSession) run() {
	m := t.server.decide(demand{client: t.client}).member
	if m == nil {
		t.abort()
		return
	}
	conn, err := m.open(t.server.plane.ctx)
	if err != nil {
		t.abort()
		return
	}
	m.counters.totConns.Add(1)
	defer m.leave()
	m.conns.add(t)
	defer m.conns.remove(t)
	if t.attach(conn) {
		t.relay()
	}
	conn.close()
	t.conn.close()
}

// attach makes abort reach the server side; false means it came before.
func (t *tcpSession) attach(conn *meteredConn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.member = conn
	return !t.aborted
}

// relay runs both directions to their ends.
func (t *tcpSession) relay() {
	var up sync.WaitGroup
	up.Go(func() {
		if err := pipe(t.member, t.conn); err != nil {
			t.abort()
		}
	})
	if err := pipe(t.conn, t.member); err != nil {
		t.abort()
	}
	up.Wait()
}
