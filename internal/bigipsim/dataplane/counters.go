package dataplane

import "sync/atomic"

// Counters of one object: clientside of a virtual server, serverside of a pool, a
// pool member or a node (icontrol-rest 7). All are cumulative except the Cur ones.
// In is towards the member and Out towards the client, on both sides. Bits, not
// bytes, as on the device; a packet is one read or write of a socket.
type Counters struct {
	BitsIn, BitsOut, PktsIn, PktsOut int64
	CurConns, MaxConns, TotConns     int64
	CurSessions, TotRequests         int64
}

// counters are the live Counters of one object. Traffic is counted before it is
// passed on, so that whoever has received an answer finds it in the counters.
//
// What is counted for a member is counted above it too, for its pool and for its
// node: these keep what members did that have gone since.
type counters struct {
	in, out                  flow
	conns, maxConns          atomic.Int64
	totConns, sessions, reqs atomic.Int64
	above                    []*counters
}

// under makes c count for others, too. It comes before any traffic.
func (c *counters) under(above ...*counters) {
	c.above = above
	for _, a := range above {
		c.in.above = append(c.in.above, &a.in)
		c.out.above = append(c.out.above, &a.out)
	}
}

// flow counts one direction.
type flow struct {
	bits, packets atomic.Int64
	above         []*flow
}

func (f *flow) add(bytes int) {
	if bytes <= 0 {
		return
	}
	f.bits.Add(int64(bytes) * 8)
	f.packets.Add(1)
	for _, a := range f.above {
		a.add(bytes)
	}
}

func (f *flow) reset() {
	f.bits.Store(0)
	f.packets.Store(0)
}

// reserve counts a connection as open, unless limit (0 = none) are open already.
// It comes before the connection is made: whoever waits for CurConns 0 must not
// miss one that is about to be.
func (c *counters) reserve(limit int) bool {
	n := c.conns.Load()
	for {
		if limit > 0 && n >= int64(limit) {
			return false
		}
		if c.conns.CompareAndSwap(n, n+1) {
			break
		}
		n = c.conns.Load()
	}
	for most := c.maxConns.Load(); n+1 > most; most = c.maxConns.Load() {
		if c.maxConns.CompareAndSwap(most, n+1) {
			break
		}
	}
	for _, a := range c.above {
		a.reserve(0)
	}
	return true
}

func (c *counters) release() {
	c.conns.Add(-1)
	for _, a := range c.above {
		a.release()
	}
}

// opened counts a connection that has been made.
func (c *counters) opened() {
	c.totConns.Add(1)
	for _, a := range c.above {
		a.opened()
	}
}

// requested counts a request.
func (c *counters) requested() {
	c.reqs.Add(1)
	for _, a := range c.above {
		a.requested()
	}
}

// enter counts clients that come, or with -1 go.
func (c *counters) enter(n int64) {
	c.sessions.Add(n)
	for _, a := range c.above {
		a.enter(n)
	}
}

func (c *counters) reset() {
	c.in.reset()
	c.out.reset()
	c.maxConns.Store(c.conns.Load())
	c.totConns.Store(0)
	c.reqs.Store(0)
}

func (c *counters) snapshot() Counters {
	return Counters{
		BitsIn: c.in.bits.Load(), BitsOut: c.out.bits.Load(),
		PktsIn: c.in.packets.Load(), PktsOut: c.out.packets.Load(),
		CurConns: c.conns.Load(), MaxConns: c.maxConns.Load(), TotConns: c.totConns.Load(),
		CurSessions: c.sessions.Load(), TotRequests: c.reqs.Load(),
	}
}
