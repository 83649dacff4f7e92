package dataplane

import (
	"bufio"
	"sync"
	"sync/atomic"
)

// serverConn is a server side connection of an HTTP virtual server. Its own
// goroutine reads it, so that the end of the connection is noticed while it is
// idle; a session's goroutine writes it. It carries one exchange at a time.
//
//	without OneConnect   pinned to one session from the first to the last request
//	with OneConnect      idle -> busy with one exchange of any session -> idle ...
type serverConn struct {
	member   *member
	conn     *meteredConn
	side     serverSide // how it is spoken to
	br       *bufio.Reader
	bw       *bufio.Writer
	response messageHead

	mu      sync.Mutex
	current *exchange    // under way
	pinned  *httpSession // nil under OneConnect
	busy    bool         // counted in the member's sessions
	halfway bool         // our FIN is sent: no further exchange
	closed  bool
}

// exchange is one request and its response. A session has at most one under way.
type exchange struct {
	session   *httpSession
	server    *serverConn
	method    string   // as messageHead.method
	persists  bool     // the client keeps its connection open
	upgrades  bool     // the response may switch the protocol
	setCookie string   // the cookie to insert into the response, "" = none
	edits     []Action // of the response

	open      atomic.Int32 // directions that are not through: 2, 1, 0
	responded atomic.Bool  // the response is through
}

// newServerConn wraps an open connection to a member that acquire has reserved.
func newServerConn(d decision, conn *meteredConn, pinned *httpSession) *serverConn {
	m := d.member
	s := &serverConn{
		member: m, conn: conn, side: d.side, pinned: pinned, busy: true,
		br: bufio.NewReader(conn), bw: bufio.NewWriter(conn),
	}
	m.counters.opened()
	m.conns.add(s)
	m.arrived(s)
	m.plane.running.Go(s.serve)
	return s
}

// abort resets the connection and the client that uses it: the client first, or
// the end of the connection would reach it as a FIN.
func (s *serverConn) abort() {
	if session := s.session(); session != nil {
		session.abort()
	}
	s.conn.abort()
}

// drop resets the server side and tells its client nothing.
func (s *serverConn) drop() {
	if session := s.session(); session != nil {
		session.drop()
	}
	s.conn.abort()
}

// session returns the session that uses the connection now, or nil.
func (s *serverConn) session() *httpSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pinned == nil && s.current != nil {
		return s.current.session
	}
	return s.pinned
}

// occupy makes an idle connection busy; false means that it has ended.
func (s *serverConn) occupy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.busy = true
	return true
}

// begin makes ex the exchange under way; false means that the connection ended
// while it was idle, and nothing was sent.
func (s *serverConn) begin(ex *exchange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.current = ex
	return true
}

// halfClose passes a client's FIN on while ex is under way.
func (s *serverConn) halfClose(ex *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == ex {
		s.halfway = true
		s.conn.closeWrite()
	}
}

// unpin closes an idle connection without ending its session.
func (s *serverConn) unpin() {
	s.mu.Lock()
	s.pinned = nil
	s.mu.Unlock()
	s.conn.close()
}

// serve reads responses until the connection ends.
func (s *serverConn) serve() {
	for {
		_, err := s.br.Peek(1)
		s.mu.Lock()
		ex := s.current
		s.mu.Unlock()
		if err != nil || ex == nil || ex.responded.Load() { // ended, or bytes that nobody asked for
			s.ended()
			return
		}
		if !s.answer(ex) {
			return
		}
	}
}

// ended ends the client side as a device does: with a FIN when the server closed
// while idle, with a RST when it owes a response. Nothing is sent again.
func (s *serverConn) ended() {
	ex, pinned := s.discard()
	switch {
	case ex != nil && !ex.responded.Load():
		ex.session.lost()
	case ex != nil:
		ex.session.shut()
	case pinned != nil:
		pinned.shut()
	}
}

// discard closes the connection and takes it off the books.
func (s *serverConn) discard() (*exchange, *httpSession) {
	s.mu.Lock()
	ex, pinned, busy := s.current, s.pinned, s.busy
	s.closed, s.busy = true, false
	s.mu.Unlock()
	s.conn.close()
	s.member.dropIdle(s)
	s.member.conns.remove(s)
	if busy {
		s.member.left()
	}
	s.member.counters.release()
	return ex, pinned
}

// answer passes one response on, with the informational ones before it. It
// reports whether the connection can carry another exchange.
func (s *serverConn) answer(ex *exchange) bool {
	client := ex.session
	ends, err := s.passResponse(ex)
	switch {
	case err != nil || (s.response.status == 101 && !ex.upgrades):
		s.discard()
		client.lost()
		return false
	case s.response.status == 101 || (ex.method == "CONNECT" && s.response.status/100 == 2):
		s.tunnel(client)
		return false
	case ends || !s.response.persistent() || !ex.persists:
		ex.responded.Store(true)
		s.discard()
		client.shut()
		return false
	}
	ex.responded.Store(true)
	ex.finishOne()
	return true
}

func (s *serverConn) passResponse(ex *exchange) (ends bool, err error) {
	client := ex.session.bw
	for {
		if err := s.response.readResponse(s.br); err != nil {
			return false, err
		}
		if s.response.status >= 200 || s.response.status == 101 {
			break
		}
		if _, err := client.Write(s.response.raw); err != nil {
			return false, err
		}
		if err := client.Flush(); err != nil {
			return false, err
		}
	}
	s.response.edit(ex.edits)
	if ex.setCookie != "" {
		s.response.appendField("Set-Cookie", ex.setCookie)
	}
	if _, err := client.Write(s.response.raw); err != nil {
		return false, err
	}
	ends, err = copyResponseBody(client, s.br, &s.response, ex.method)
	if err != nil {
		return ends, err
	}
	return ends, client.Flush()
}

// tunnel carries bytes after a protocol switch until both directions have ended.
func (s *serverConn) tunnel(client *httpSession) {
	client.tunnel <- struct{}{}
	if err := pipe(client.conn, s.br); err != nil {
		client.lost()
	}
	select {
	case <-client.upstreamDone:
	case <-client.over:
	}
	s.discard()
	client.shut()
}

// finishOne notes that one direction of the exchange is through. The last one
// frees the connection and gives the session its turn for the next request. Even
// a request without a body counts: the response may be through before the write
// of the request has returned.
func (ex *exchange) finishOne() {
	if ex.open.Add(-1) > 0 {
		return
	}
	session, s := ex.session, ex.server
	s.mu.Lock()
	s.current = nil
	idle, halfway := s.pinned == nil, s.halfway
	leaves := idle && s.busy
	if leaves {
		s.busy = false
	}
	s.mu.Unlock()
	if idle && (halfway || !s.member.keepIdle(s)) {
		s.conn.close() // its own goroutine takes it off the books
	}
	if leaves {
		s.member.left() // who waits in the queue finds the connection idle
	}
	session.turn <- struct{}{}
}
