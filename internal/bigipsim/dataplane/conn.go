package dataplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// errDropped ends what a client still sends on a connection that was dropped.
var errDropped = errors.New("the connection has been dropped")

// finWait is how long a connection whose outgoing half is closed waits for the
// peer to close too; the fin-wait-timeout of the device's tcp profile.
const finWait = 5 * time.Second

// socket is a TCP connection, or the pipe of a stream of HTTP/2.
type socket interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

// meteredConn counts what passes through a connection. The TCP connection is no
// embedded field: its ReadFrom and WriteTo would pass by the counting.
//
// With TLS it counts what is on the wire, as the device does.
type meteredConn struct {
	tcp           socket
	read, written *flow
	secure        *tls.Conn // nil without TLS
	peeked        []byte    // has been read from the wire, and not yet by Read
}

func (c *meteredConn) Read(p []byte) (int, error) {
	if c.secure != nil {
		return c.secure.Read(p)
	}
	return c.readWire(p)
}

func (c *meteredConn) Write(p []byte) (int, error) {
	if c.secure != nil {
		return c.secure.Write(p)
	}
	return c.writeWire(p)
}

func (c *meteredConn) readWire(p []byte) (int, error) {
	if len(c.peeked) > 0 {
		n := copy(p, c.peeked)
		c.peeked = c.peeked[n:]
		return n, nil
	}
	n, err := c.tcp.Read(p)
	c.read.add(n)
	return n, err
}

func (c *meteredConn) writeWire(p []byte) (int, error) {
	c.written.add(len(p))
	return c.tcp.Write(p)
}

// secureWith makes the connection speak TLS, once its handshake is through.
func (c *meteredConn) secureWith(ctx context.Context, secure *tls.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	c.secure = secure
	return nil
}

// serverName is what the client asked for in its TLS hello.
func (c *meteredConn) serverName() string {
	if c.secure == nil {
		return ""
	}
	return c.secure.ConnectionState().ServerName
}

// protocol is what client and device have agreed upon in their TLS hellos.
func (c *meteredConn) protocol() string {
	if c.secure == nil {
		return ""
	}
	return c.secure.ConnectionState().NegotiatedProtocol
}

// closeWrite sends a FIN. Its error is of no use: if the peer is gone, the other
// direction finds out.
func (c *meteredConn) closeWrite() {
	if c.secure != nil {
		_ = c.secure.CloseWrite()
	}
	_ = c.tcp.CloseWrite()
}

func (c *meteredConn) close() {
	if c.secure != nil {
		_ = c.secure.Close()
		return
	}
	_ = c.tcp.Close()
}

func (c *meteredConn) abort() { reset(c.tcp) }

// reset closes a connection with a RST instead of a FIN.
func reset(conn socket) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

const copyBufferSize = 32 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBufferSize]byte) }}

// pipe copies src to dst until src ends, and then closes dst's outgoing half.
func pipe(dst interface {
	io.Writer
	closeWrite()
}, src io.Reader,
) error {
	buffer := copyBuffers.Get().(*[copyBufferSize]byte)
	defer copyBuffers.Put(buffer)
	for {
		n, err := src.Read(buffer[:])
		if n > 0 {
			if _, err := dst.Write(buffer[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			dst.closeWrite()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// aborter is whatever can be ended at once: abort with a RST; drop without a word
// to the client, who hears a RST when it speaks again (serviceDownAction drop).
type aborter interface {
	abort()
	drop()
}

// registry is the set of what is open on an object, to be ended with it.
type registry struct {
	mu     sync.Mutex
	open   map[aborter]struct{}
	closed bool
}

// add registers a; false means that the registry is closed and a must not go on.
func (r *registry) add(a aborter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	if r.open == nil {
		r.open = map[aborter]struct{}{}
	}
	r.open[a] = struct{}{}
	return true
}

func (r *registry) remove(a aborter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, a)
}

// abortAll ends everything that is open now.
func (r *registry) abortAll() {
	for _, a := range r.list() {
		a.abort()
	}
}

// list is what is open now.
func (r *registry) list() []aborter {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := make([]aborter, 0, len(r.open))
	for a := range r.open {
		open = append(open, a)
	}
	return open
}

// close ends everything and lets nothing in any more.
func (r *registry) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.abortAll()
}
