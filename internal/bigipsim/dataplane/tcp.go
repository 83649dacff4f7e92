package dataplane

import (
	"net/netip"
	"slices"
	"sync"
)

// tcpSession is one client connection of a virtual server without an http
// profile: one balancing decision, then bytes in both directions. An end of one
// direction is passed on and leaves the other open.
type tcpSession struct {
	server *virtualServer
	client netip.Addr
	conn   *meteredConn
	demand demand

	nesting int           // see maxNesting
	over    chan struct{} // closed when the client is of no interest any more
	once    sync.Once

	mu      sync.Mutex
	link    tcpLink // the server side now; zero before and after
	halfway bool    // the client has sent its FIN
	ended   bool    // no server side any more
	dropped bool
}

// tcpLink is the server side of a tcpSession.
type tcpLink struct {
	member *member
	conn   *meteredConn
}

// abort ends both sides with a RST.
func (t *tcpSession) abort() {
	t.end()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.conn.abort()
	if t.link.conn != nil {
		t.link.conn.abort()
	}
}

// drop ends the server side. The client is told nothing: when it sends on, or
// closes, upstream finds nobody and resets it.
func (t *tcpSession) drop() {
	t.end()
	t.mu.Lock()
	t.ended, t.dropped = true, true
	t.mu.Unlock()
	t.detach((*meteredConn).abort)
}

// end lets the session leave the queue of a pool.
func (t *tcpSession) end() { t.once.Do(func() { close(t.over) }) }

func (t *tcpSession) run() {
	defer t.conn.close()
	verdict := t.server.judge(t.request())
	t.demand = demand{client: t.client, to: verdict.To, nesting: t.nesting, over: t.over}
	if verdict.Reset {
		t.abort()
		return
	}
	made, conn := t.server.connect(t.demand)
	if conn == nil {
		t.abort()
		return
	}
	if t.attach(tcpLink{made.member, conn}) {
		t.relay()
	}
	t.detach((*meteredConn).close)
}

// request is what policies see of the client. Where they wait for its TLS hello, and the
// device does not end its TLS, that is read, and is left for the member.
func (t *tcpSession) request() PolicyRequest {
	r := PolicyRequest{Client: t.client, TLS: t.conn.secure != nil, ServerName: t.conn.serverName()}
	config, _ := t.server.settings()
	if !r.TLS && slices.ContainsFunc(config.Policies, func(p *Policy) bool { return p.ClientHello }) {
		r.ServerName, r.TLS = peekHello(t.conn)
	}
	return r
}

// reselect moves the session to another member, because its own is down. What is
// under way between the two is lost, as on the device.
func (t *tcpSession) reselect() {
	made, conn := t.server.connect(t.demand)
	if conn == nil {
		t.abort()
		return
	}
	t.attach(tcpLink{made.member, conn})
}

// attach makes link the server side, in place of the one before; false means
// that the session has ended.
func (t *tcpSession) attach(link tcpLink) bool {
	link.member.counters.opened()
	link.member.conns.add(t)
	t.mu.Lock()
	old, ended := t.link, t.ended
	if !ended {
		t.link = link
		if t.halfway {
			link.conn.closeWrite()
		}
	}
	t.mu.Unlock()
	if ended {
		old = link
	} else {
		link.member.arrived(t)
	}
	t.release(old, (*meteredConn).abort)
	return !ended
}

// detach ends the server side.
func (t *tcpSession) detach(end func(*meteredConn)) {
	t.mu.Lock()
	old := t.link
	t.link, t.ended = tcpLink{}, true
	t.mu.Unlock()
	t.release(old, end)
}

// release takes a server side off its member's books.
func (t *tcpSession) release(link tcpLink, end func(*meteredConn)) {
	if link.conn == nil {
		return
	}
	end(link.conn)
	link.member.conns.remove(t)
	link.member.leave()
}

func (t *tcpSession) current() tcpLink {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.link
}

// relay runs both directions to their ends.
func (t *tcpSession) relay() {
	var up sync.WaitGroup
	up.Go(func() {
		if err := pipe(upstream{t}, t.conn); err != nil {
			t.abort()
		}
	})
	t.passDown()
	up.Wait()
}

// passDown carries what members send, one member after another.
func (t *tcpSession) passDown() {
	link := t.current()
	for link.conn != nil {
		err := pipe(t.conn, link.conn)
		if err == nil {
			return
		}
		next := t.current()
		if next == link {
			t.abort()
			return
		}
		link = next
	}
	t.mu.Lock()
	dropped := t.dropped
	t.mu.Unlock()
	if !dropped {
		t.abort()
	}
}

// upstream is the way to the member of the moment.
type upstream struct{ session *tcpSession }

func (u upstream) Write(p []byte) (int, error) {
	for {
		link := u.session.current()
		if link.conn == nil {
			return 0, errDropped
		}
		n, err := link.conn.Write(p)
		if err == nil || u.session.current() == link {
			return n, err
		}
	}
}

func (u upstream) closeWrite() {
	t := u.session
	t.mu.Lock()
	defer t.mu.Unlock()
	t.halfway = true
	if t.link.conn != nil {
		t.link.conn.closeWrite()
	}
}
