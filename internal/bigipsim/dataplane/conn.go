package dataplane

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// finWait is how long a connection whose outgoing half is closed waits for the
// peer to close too; the fin-wait-timeout of the device's tcp profile.
const finWait = 5 * time.Second

// meteredConn counts what passes through a connection. The TCP connection is no
// embedded field: its ReadFrom and WriteTo would pass by the counting.
type meteredConn struct {
	tcp           *net.TCPConn
	read, written *flow
}

func (c *meteredConn) Read(p []byte) (int, error) {
	n, err := c.tcp.Read(p)
	c.read.add(n)
	return n, err
}

func (c *meteredConn) Write(p []byte) (int, error) {
	c.written.add(len(p))
	return c.tcp.Write(p)
}

// closeWrite sends a FIN. Its error is of no use: if the peer is gone, the other
// direction finds out.
func (c *meteredConn) closeWrite() { _ = c.tcp.CloseWrite() }

func (c *meteredConn) close() { _ = c.tcp.Close() }

func (c *meteredConn) abort() { reset(c.tcp) }

// reset closes a connection with a RST instead of a FIN.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

const copyBufferSize = 32 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBufferSize]byte) }}

// pipe copies src to dst until src ends, and then closes dst's outgoing half.
func pipe(dst *meteredConn, src io.Reader) error {
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

// aborter is whatever can be ended at once with a RST.
type aborter interface{ abort() }

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
	r.mu.Lock()
	open := make([]aborter, 0, len(r.open))
	for a := range r.open {
		open = append(open, a)
	}
	r.mu.Unlock()
	for _, a := range open {
		a.abort()
	}
}

// close ends everything and lets nothing in any more.
func (r *registry) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.abortAll()
}
