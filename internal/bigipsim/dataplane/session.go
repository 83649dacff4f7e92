package dataplane

import (
	"bufio"
	"errors"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// httpSession is one client connection of an HTTP virtual server. Its own
// goroutine reads requests and passes them on, one exchange at a time (a
// pipelined request waits for the response before it); the goroutine of the
// server side connection passes the responses back.
//
// The balancing decision comes with the first request, and with OneConnect with
// each. Heads pass unchanged, but for the persistence cookie, X-Forwarded-For and
// what policies edit.
type httpSession struct {
	server     *virtualServer
	client     netip.Addr
	oneConnect bool
	nesting    int    // see maxNesting
	secure     bool   // the client speaks TLS
	serverName string // that it asked for in its hello

	conn    *meteredConn
	br      *bufio.Reader
	bw      *bufio.Writer // of the goroutine that answers the exchange under way
	request messageHead

	linkMu   sync.Mutex
	link     *serverConn  // the server side now; read by others under linkMu
	chosen   Target       // of a policy, for the server side now
	cookie   *cookieOrder // the persistence cookie to see to, nil = none
	exchange exchange

	turn         chan struct{} // holds a token while no exchange is under way
	tunnel       chan struct{} // gets one when the protocol has been switched
	upstreamDone chan struct{} // closed at the client's end of a tunnel
	over         chan struct{} // closed by shut, abort and drop
	overOnce     sync.Once
	shutting     atomic.Bool
	dropped      atomic.Bool
	forwardedFor bool              // of the request: X-Forwarded-For is inserted
	variables    map[string]string // of iRules; nil until one is set
}

func newHTTPSession(v *virtualServer, conn *meteredConn, client netip.Addr, oneConnect bool, nesting int) *httpSession {
	h := &httpSession{
		server: v, client: client, oneConnect: oneConnect, nesting: nesting, secure: conn.secure != nil, serverName: conn.serverName(),
		conn: conn, br: bufio.NewReader(conn), bw: bufio.NewWriter(conn),
		turn: make(chan struct{}, 1), tunnel: make(chan struct{}, 1),
		upstreamDone: make(chan struct{}), over: make(chan struct{}),
	}
	h.turn <- struct{}{}
	return h
}

// abort ends the client's connection with a RST, and the server side if it is
// this session's.
func (h *httpSession) abort() {
	h.conn.abort()
	h.overOnce.Do(func() { close(h.over) })
	h.linkMu.Lock()
	link := h.link
	h.linkMu.Unlock()
	if link != nil && link.session() == h {
		link.conn.abort()
	}
}

func (h *httpSession) setLink(link *serverConn) {
	h.linkMu.Lock()
	defer h.linkMu.Unlock()
	h.link = link
}

// drop ends the server side. The client is told nothing; what it still sends is
// answered with a RST.
func (h *httpSession) drop() {
	h.dropped.Store(true)
	h.overOnce.Do(func() { close(h.over) })
	h.linkMu.Lock()
	link := h.link
	h.linkMu.Unlock()
	if link != nil && link.session() == h {
		link.conn.abort()
	}
}

// lost ends the client's connection because of its server side.
func (h *httpSession) lost() {
	if !h.dropped.Load() {
		h.abort()
	}
}

// shut ends the client's connection with a FIN; the client has finWait to close
// its side.
func (h *httpSession) shut() {
	if h.dropped.Load() {
		return
	}
	h.shutting.Store(true)
	h.conn.closeWrite()
	_ = h.conn.tcp.SetReadDeadline(time.Now().Add(finWait))
	h.overOnce.Do(func() { close(h.over) })
}

// run serves the connection to its end.
func (h *httpSession) run() {
	defer h.finish()
	for {
		if err := h.request.readRequest(h.br); err != nil {
			h.clientEnded(err)
			return
		}
		if !h.awaitTurn() { // a request behind our FIN: nobody is here any more
			h.abort()
			return
		}
		if !h.forward() {
			return
		}
	}
}

// awaitTurn waits for the end of the exchange that is under way; false means that
// the session is over.
func (h *httpSession) awaitTurn() bool {
	select {
	case <-h.turn:
	case <-h.over:
	}
	select {
	case <-h.over:
		return false
	default:
		return true
	}
}

// finish closes what the session holds.
func (h *httpSession) finish() {
	h.conn.close()
	if h.link != nil && !h.oneConnect {
		h.link.conn.close()
	}
}

// clientEnded handles the end of the client's requests. A FIN is passed on, and
// the response that is under way still arrives; anything else is a RST.
func (h *httpSession) clientEnded(err error) {
	if h.shutting.Load() {
		return
	}
	if !errors.Is(err, io.EOF) {
		h.abort()
		return
	}
	select {
	case <-h.turn: // nothing is under way
		return
	default:
	}
	h.link.halfClose(&h.exchange)
	h.awaitTurn()
}

// forward passes the request that has been read on; false ends the session.
func (h *httpSession) forward() bool {
	ex := &h.exchange
	ex.session, ex.method, ex.persists = h, h.request.method, h.request.persistent()
	ex.upgrades = h.request.upgrade || ex.method == "CONNECT"
	ex.responded.Store(false)
	ex.open.Store(2)
	verdict := h.judge()
	reply, err := h.runRules(verdict)
	switch {
	case err != nil:
		return h.ruleFailed(err)
	case verdict.Reset:
		h.abort()
		return false
	case reply != nil:
		return h.respond(*reply)
	case verdict.Redirect != nil:
		return h.redirect(*verdict.Redirect)
	}
	if !h.route(ex, verdict.To) {
		return h.unrouted()
	}
	ex.edits = verdict.Response
	h.rewrite(verdict.Request)
	h.count()
	upgrades := ex.upgrades
	if !h.send() {
		return false
	}
	ex.finishOne()
	if upgrades {
		return h.awaitSwitch()
	}
	return true
}

// count comes before the request is sent: see counters.
func (h *httpSession) count() {
	h.server.counters.requested()
	h.link.member.counters.requested()
}

// send writes the head and the body of the request.
func (h *httpSession) send() bool {
	w := h.link.bw
	_, err := w.Write(h.request.raw)
	err = wrote(err)
	if err == nil {
		err = copyRequestBody(w, h.br, &h.request)
	}
	if _, ours := errors.AsType[writeError](err); err != nil && !ours {
		h.abort() // the client broke off in the middle of its request
		return false
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		return true
	}
	// The member takes no more. What it has answered before it closed is passed
	// on by the other goroutine, which then ends this session.
	<-h.over
	if h.shutting.Load() {
		_, _ = io.Copy(io.Discard, h.br) // a RST now could overtake the response
	}
	h.awaitClient()
	return false
}

// awaitClient resets the client of a dropped connection once it sends or closes.
func (h *httpSession) awaitClient() {
	if h.dropped.Load() {
		_, _ = h.br.ReadByte()
		h.abort()
	}
}

// awaitSwitch waits for the response to a request to switch protocols.
func (h *httpSession) awaitSwitch() bool {
	select {
	case <-h.turn: // the server went on with HTTP
		h.turn <- struct{}{}
		return true
	case <-h.tunnel:
		if err := pipe(h.link.conn, h.br); err != nil {
			h.abort()
		}
		close(h.upstreamDone)
		<-h.over
		return false
	case <-h.over:
		h.awaitClient()
		return false
	}
}

// route finds the server side connection for the exchange and begins it there. A
// policy that chooses another target than before moves the client. false: there is no
// link, as no member takes the connection, or the member has closed it at once.
func (h *httpSession) route(ex *exchange, to Target) bool {
	if h.link != nil && !h.oneConnect {
		if h.chosen == to && !h.link.member.pool.reselects(h.link.member) {
			return h.beginOn(ex)
		}
		h.link.unpin()
	}
	h.chosen = to
	for {
		d, conn := h.server.connect(demand{
			client: h.client, to: to, cookie: h.request.cookie, reuse: h.oneConnect, nesting: h.nesting, over: h.over,
		})
		if d.member == nil {
			h.setLink(nil)
			return false
		}
		h.cookie = d.cookie
		if d.idle != nil {
			h.setLink(d.idle)
		} else {
			h.setLink(newServerConn(d, conn, h.pin()))
		}
		if h.beginOn(ex) {
			return true
		}
		if d.idle == nil {
			return false // closed at once: no hidden second try
		}
	}
}

// pin is the session that a new server side connection belongs to.
func (h *httpSession) pin() *httpSession {
	if h.oneConnect {
		return nil
	}
	return h
}

// beginOn starts the exchange on the present link.
func (h *httpSession) beginOn(ex *exchange) bool {
	ex.server, ex.setCookie = h.link, ""
	if h.cookie != nil {
		ex.setCookie = h.cookie.line(h.link.member, h.request.cookie, h.secure)
	}
	return h.link.begin(ex)
}
