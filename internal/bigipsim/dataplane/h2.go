package dataplane

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"sync"
)

// h2Session is a client connection that has agreed on HTTP/2. The device speaks
// HTTP/1.1 to members: each stream becomes a request of an httpSession, on a pipe
// instead of a socket, and is judged, balanced and counted there. Streams one
// after another share such a session, and so its member; streams at the same
// time have one each (inferred; a device's MRF routers are not simulated).
type h2Session struct {
	server     *virtualServer
	client     netip.Addr
	conn       *meteredConn
	oneConnect bool
	nesting    int
	http       *http.Server
	sessions   registry

	mu      sync.Mutex
	ended   bool
	streams sync.WaitGroup
}

func newH2Session(v *virtualServer, conn *meteredConn, client netip.Addr, oneConnect bool, nesting int) *h2Session {
	h := &h2Session{server: v, conn: conn, client: client, oneConnect: oneConnect, nesting: nesting}
	h.http = &http.Server{Protocols: &http.Protocols{}, BaseContext: func(net.Listener) context.Context { return v.plane.ctx }}
	h.http.Protocols.SetHTTP2(true)
	return h
}

func (h *h2Session) abort() { h.conn.abort() }
func (h *h2Session) drop()  { h.conn.abort() }

// run serves the connection to its end.
func (h *h2Session) run() {
	transport := &http.Transport{DisableCompression: true, DialContext: h.open, MaxIdleConnsPerHost: 1 << 10}
	defer transport.CloseIdleConnections()
	h.http.Handler = &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "session"
			r.Out.Host = r.In.Host
			if sent, ok := r.In.Header["X-Forwarded-For"]; ok { // the proxy's own habit is to forget it
				r.Out.Header["X-Forwarded-For"] = sent
			}
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // what resets a connection of HTTP/1.1 resets the stream
		},
	}
	once := &oneConn{conn: h.conn.secure, over: make(chan struct{})}
	h.http.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			_ = once.Close()
		}
	}
	_ = h.http.Serve(once)
	h.conn.close()
	h.mu.Lock()
	h.ended = true
	h.mu.Unlock()
	h.sessions.close()
	h.streams.Wait()
}

// open begins an httpSession on one end of a pipe and returns the other.
func (h *h2Session) open(context.Context, string, string) (net.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return nil, net.ErrClosed
	}
	ours, theirs := net.Pipe()
	session := newHTTPSession(h.server, &meteredConn{tcp: pipeEnd{theirs}, read: &flow{}, written: &flow{}}, h.client, h.oneConnect, h.nesting)
	session.secure, session.serverName = true, h.conn.serverName()
	h.sessions.add(session)
	h.streams.Go(func() {
		defer h.sessions.remove(session)
		session.run()
	})
	return ours, nil
}

// pipeEnd is a socket that is none.
type pipeEnd struct{ net.Conn }

// CloseWrite closes both directions: a pipe knows no half, and what was written
// has been read.
func (p pipeEnd) CloseWrite() error   { return p.Close() }
func (p pipeEnd) SetLinger(int) error { return nil }

// oneConn is a listener with one connection.
type oneConn struct {
	conn net.Conn

	mu    sync.Mutex
	taken bool
	ended bool
	over  chan struct{}
}

// Accept returns the connection, and then waits for its end.
func (l *oneConn) Accept() (net.Conn, error) {
	l.mu.Lock()
	first := !l.taken
	l.taken = true
	l.mu.Unlock()
	if first {
		return l.conn, nil
	}
	<-l.over
	return nil, net.ErrClosed
}

// Close ends Accept.
func (l *oneConn) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.ended = true
		close(l.over)
	}
	return nil
}

// Addr is the local one.
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }
