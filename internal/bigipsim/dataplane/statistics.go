package dataplane

// MemberHealth returns what the monitors say of a member, by full paths; zero
// for an unknown one.
func (p *Plane) MemberHealth(pool, member string) Health {
	m := p.member(pool, member)
	if m == nil {
		return Health{}
	}
	return *m.checks.health.Load()
}

// MemberCounters returns the serverside counters of a member, by full paths.
func (p *Plane) MemberCounters(pool, member string) Counters {
	m := p.member(pool, member)
	if m == nil {
		return Counters{}
	}
	return m.counters.snapshot()
}

// PoolCounters returns the serverside counters of a pool: of all connections that
// its members had, also of those that have been removed.
func (p *Plane) PoolCounters(name string) Counters {
	if found := p.pool(name); found != nil {
		return found.counters.snapshot()
	}
	return Counters{}
}

// PoolQueue returns what the queue of a pool has seen.
func (p *Plane) PoolQueue(name string) Queue {
	if found := p.pool(name); found != nil {
		return found.queue.snapshot()
	}
	return Queue{}
}

// NodeHealth returns what the monitors say of a node, zero for an unknown one.
func (p *Plane) NodeHealth(name string) Health {
	if n := p.node(name); n != nil {
		return *n.checks.health.Load()
	}
	return Health{}
}

// NodeCounters returns the serverside counters of a node: of the members of all
// pools that it had, and of what policies sent to it.
func (p *Plane) NodeCounters(name string) Counters {
	if n := p.node(name); n != nil {
		return n.counters.snapshot()
	}
	return Counters{}
}

// VirtualServerCounters returns the clientside counters of a virtual server.
func (p *Plane) VirtualServerCounters(name string) Counters {
	v := p.virtualServer(name)
	if v == nil {
		return Counters{}
	}
	return v.counters.snapshot()
}

// ResetCounters sets all counters but the current ones to 0, as reset-stats does.
func (p *Plane) ResetCounters() {
	p.mu.RLock()
	virtualServers, pools, nodes := p.virtualServers, p.pools, p.nodes // replaced whole, never changed
	p.mu.RUnlock()
	for _, v := range virtualServers {
		v.counters.reset()
	}
	for _, pool := range pools {
		pool.resetCounters()
	}
	for _, n := range nodes {
		n.counters.reset()
	}
}

// ResetVirtualServer is ResetCounters for one object, as ResetPool (with its members),
// ResetMember and ResetNode are.
func (p *Plane) ResetVirtualServer(name string) {
	if v := p.virtualServer(name); v != nil {
		v.counters.reset()
	}
}

// ResetPool is as ResetVirtualServer.
func (p *Plane) ResetPool(name string) {
	if found := p.pool(name); found != nil {
		found.resetCounters()
	}
}

// ResetMember is as ResetVirtualServer.
func (p *Plane) ResetMember(pool, member string) {
	if m := p.member(pool, member); m != nil {
		m.counters.reset()
	}
}

// ResetNode is as ResetVirtualServer.
func (p *Plane) ResetNode(name string) {
	if n := p.node(name); n != nil {
		n.counters.reset()
	}
}
