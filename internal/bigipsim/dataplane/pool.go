package dataplane

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// pool is a pool at run time: its members, and the balancer over them.
type pool struct {
	plane    *Plane
	name     string
	counters counters
	queue    queue

	mu       sync.Mutex
	config   Pool // without Members
	members  []*member
	byName   map[string]*member
	byCookie map[string]*member
	balancer *balancer
	stale    bool // the balancer's targets must be looked at again
	ramp     ramp
}

func newPool(plane *Plane, config Pool) *pool {
	p := &pool{plane: plane, name: config.Name, byName: map[string]*member{}, balancer: newBalancer("", 0, nil)}
	p.update(config)
	return p
}

// update takes over a changed configuration. Members that are the same in both
// are not touched.
func (p *pool) update(config Pool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	configured := config.Members
	config.Members = nil
	p.config.Members = nil
	changed := p.config.SlowRamp != config.SlowRamp || p.config.Mode != config.Mode || p.config.MinActiveMembers != config.MinActiveMembers
	p.config = config
	if p.updateMembers(configured) {
		changed = true
	}
	if changed {
		p.stale = true
		p.noteService(time.Now())
	}
	p.queue.dismiss()
}

// updateMembers reports whether anything differs. The indices are made anew only
// if members come, go or change places.
func (p *pool) updateMembers(configured []Member) (changed bool) {
	nodes := p.plane.nodesNow()
	moved := len(configured) != len(p.members)
	members := make([]*member, 0, len(configured))
	for i, c := range configured {
		m, n := p.byName[c.Name], nodes[c.Node]
		switch {
		case m == nil || m.address != c.Address || m.node != n:
			m = newMember(p, c, n)
		case !sameMember(m.config, c):
			m.update(c)
			changed = true
		}
		moved = moved || p.members[i] != m
		members = append(members, m)
	}
	if !moved {
		return changed
	}
	old := p.members
	p.index(members)
	for _, m := range old {
		if p.byName[m.name] != m {
			m.remove()
		}
	}
	return true
}

func (p *pool) index(members []*member) {
	p.members = members
	p.byName = make(map[string]*member, len(members))
	p.byCookie = make(map[string]*member, len(members))
	for _, m := range members {
		p.byName[m.name] = m
		p.byCookie[m.cookie] = m
	}
}

func sameMember(a, b Member) bool {
	return sameMonitoring(a, b) && a.Ratio == b.Ratio && a.DynamicRatio == b.DynamicRatio && a.PriorityGroup == b.PriorityGroup &&
		a.ConnectionLimit == b.ConnectionLimit && a.SessionDisabled == b.SessionDisabled &&
		a.ForcedOffline == b.ForcedOffline
}

// remembered is what persistence knows of a client; zero is nothing.
type remembered struct {
	member   *member
	override bool // it may go beyond connection limits
}

// wish is what a balancing decision must know.
type wish struct {
	known  remembered
	member string    // the only one that will do, "" = any
	tried  []*member // could not be reached: not again if there is another
	waiter *waiter   // that has come from the queue
	reuse  bool      // take an idle connection if there is one
	side   serverSide
}

// acquire chooses a member for a client and reserves it: its session is counted,
// and either an idle connection is handed over (reuse) or the connection that
// the caller opens is counted already. All under one lock, so that after a
// re-configuration nobody is on the way to a member that takes nothing new
// without being counted there. Without a member the client gets a place in the
// queue; if there is none, nobody can take it.
func (p *pool) acquire(w wish) (*member, *serverConn, *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.choose(w)
	if m == nil {
		return nil, nil, p.enqueue(w)
	}
	if w.waiter != nil {
		w.waiter.leave(true)
	}
	m.counters.enter(1)
	if w.reuse {
		if conn := m.takeIdle(w.side); conn != nil {
			return m, conn, nil
		}
	}
	m.counters.reserve(0) // the member's own limit counts sessions: see choose
	return m, nil, nil
}

// choose is the member for a client: the one that a policy names, the one that
// persistence remembers, or the balancer's.
func (p *pool) choose(w wish) *member {
	if w.member != "" {
		if m := p.called(w.member); m != nil && m.takesNew() && !m.full() {
			return m
		}
		return nil
	}
	if m := w.known.member; m != nil && p.remembers(w.known) {
		if !p.config.IgnorePersistedWeight {
			p.charge(m)
		}
		return m
	}
	if p.config.Queue && p.queue.keeps(w.waiter) {
		return nil
	}
	m := p.decide()
	if slices.Contains(w.tried, m) {
		return p.another(w.tried)
	}
	return m
}

// takes reports whether a client with a record can come back.
func (p *pool) takes(known remembered) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remembers(known)
}

func (p *pool) remembers(known remembered) bool {
	return p.byName[known.member.name] == known.member && known.member.takesPersisted(known.override)
}

// called is the member that a policy means: by its full path, by its name alone,
// or by its address.
func (p *pool) called(name string) *member {
	if m := p.byName[name]; m != nil {
		return m
	}
	i := slices.IndexFunc(p.members, func(m *member) bool { return strings.HasSuffix(m.name, "/"+name) || m.address == name })
	if i < 0 {
		return nil
	}
	return p.members[i]
}

// enqueue gives a client a place in the queue, or the one that it has; nil if
// there is no queue, no room in it, or nobody to wait for.
func (p *pool) enqueue(w wish) *waiter {
	able := p.config.Queue && w.member == "" && len(w.tried) == 0 && slices.ContainsFunc(p.members, (*member).takesNew)
	switch {
	case able && w.waiter != nil:
		return w.waiter
	case able:
		return p.queue.join(p.config.QueueDepth, p.config.QueueTime)
	case w.waiter != nil:
		w.waiter.leave(false)
	}
	return nil
}

// charge counts a client that persistence has sent to a member.
func (p *pool) charge(m *member) {
	if !ratioWalk(p.config.Mode) {
		return
	}
	if p.stale {
		p.rebalance()
	}
	p.balancer.charge(slices.Index(p.members, m))
}

func (p *pool) decide() *member {
	if p.stale {
		p.rebalance()
	}
	i := p.pick()
	if i < 0 {
		return nil
	}
	return p.members[i]
}

// another is a member that takes new connections and has not been tried, the
// first in the order of the configuration; nil if there is none.
func (p *pool) another(tried []*member) *member {
	for _, i := range p.balancer.candidates {
		if m := p.members[i]; !slices.Contains(tried, m) {
			return m
		}
	}
	return nil
}

func (p *pool) pick() int {
	if p.ramp.seconds > 1 {
		if now := time.Now(); p.ramp.active(now) {
			return p.pickRamped(now)
		}
		p.ramp = ramp{} // over
	}
	return p.balancer.pick(p.usage)
}

// usage is how many clients a member and its node have.
func (p *pool) usage(i int) (member, node int64) {
	m := p.members[i]
	return m.counters.sessions.Load(), m.node.sessions()
}

// weight is what a member weighs in the pool's mode.
func (p *pool) weight(m *member) int {
	switch p.config.Mode {
	case "ratio-node", "ratio-least-connections-node":
		return m.node.ratio()
	case "dynamic-ratio-node":
		return m.node.dynamicRatio()
	case "dynamic-ratio-member":
		return m.config.DynamicRatio
	case "weighted-least-connections-member":
		return m.config.ConnectionLimit
	case "weighted-least-connections-node":
		return m.node.limit()
	case modeRatio, "ratio-session", "ratio-least-connections-member":
		return m.config.Ratio
	default:
		return 1
	}
}

// rebalance starts a new walk if the targets are not what they were.
func (p *pool) rebalance() {
	p.stale = false
	targets := make([]target, len(p.members))
	for i, m := range p.members {
		targets[i] = target{
			eligible: m.takesNew(), ratio: p.weight(m),
			group: m.config.PriorityGroup, limit: m.config.ConnectionLimit, nodeLimit: m.node.limit(),
		}
	}
	if !p.balancer.shares(p.config.Mode, p.config.MinActiveMembers, targets) {
		p.balancer = newBalancer(p.config.Mode, p.config.MinActiveMembers, targets)
	}
}

// nodeChanged hears that the node of a member has another status or another
// configuration, and whether it has gone down.
func (p *pool) nodeChanged(m *member, down bool) {
	p.mu.Lock()
	m.retire()
	p.mu.Unlock()
	p.memberChanged(m, down)
}

// memberChanged hears that a member has another status, and whether it has gone
// down.
func (p *pool) memberChanged(m *member, down bool) {
	p.mu.Lock()
	p.stale = true
	p.noteService(time.Now())
	action := p.config.ServiceDown
	p.mu.Unlock()
	p.queue.dismiss()
	if !down {
		return
	}
	for _, conn := range m.conns.list() {
		p.serviceDown(action, conn)
	}
}

// arrived looks after a connection that is on a member's books since now: if the
// member has gone down since it was chosen, memberChanged may have missed it.
func (m *member) arrived(conn aborter) {
	if m.down() {
		m.pool.mu.Lock()
		action := m.pool.config.ServiceDown
		m.pool.mu.Unlock()
		m.pool.serviceDown(action, conn)
	}
}

// serviceDown does what serviceDownAction says to a connection of a member that is
// down.
func (p *pool) serviceDown(action string, conn aborter) {
	switch action {
	case serviceDownReset:
		conn.abort()
	case serviceDownDrop:
		conn.drop()
	case serviceDownReselect:
		if t, ok := conn.(*tcpSession); ok {
			p.plane.running.Go(t.reselect)
		}
	}
}

// reselectTries is how many other members are tried when one cannot be reached.
func (p *pool) reselectTries() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.config.ReselectTries
}

// reselects reports whether clients of m should be moved to another member.
func (p *pool) reselects(m *member) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.config.ServiceDown == serviceDownReselect && m.down()
}

// find returns a member by name, or nil.
func (p *pool) find(name string) *member {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byName[name]
}

// findCookie returns a member by its value in a persistence cookie, or nil.
func (p *pool) findCookie(value string) *member {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byCookie[value]
}

// findHost returns the first member on a host, or nil.
func (p *pool) findHost(host string) *member {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.members {
		if on, _, _ := cutPort(m.address); host != "" && on == host {
			return m
		}
	}
	return nil
}

func (p *pool) resetCounters() {
	p.counters.reset()
	p.queue.reset()
	for _, m := range p.list() {
		m.counters.reset()
	}
}

// list returns the members in the order of the configuration.
func (p *pool) list() []*member {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.members
}
