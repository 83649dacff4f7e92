package dataplane

import (
	"slices"
	"sync"
	"time"
)

// pool is a pool at run time: its members, and the balancer over them.
type pool struct {
	plane *Plane
	name  string

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
	p.stale = p.stale || changed
	if changed {
		p.noteService(time.Now())
	}
}

// updateMembers reports whether anything differs. The indices are made anew only
// if members come, go or change places.
func (p *pool) updateMembers(configured []Member) (changed bool) {
	moved := len(configured) != len(p.members)
	members := make([]*member, 0, len(configured))
	for i, c := range configured {
		m := p.byName[c.Name]
		switch {
		case m == nil || m.address != c.Address:
			m = newMember(p, c)
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
	return sameMonitoring(a, b) && a.Ratio == b.Ratio && a.PriorityGroup == b.PriorityGroup &&
		a.ConnectionLimit == b.ConnectionLimit && a.SessionDisabled == b.SessionDisabled &&
		a.ForcedOffline == b.ForcedOffline
}

// remembered is what persistence knows of a client; zero is nothing.
type remembered struct{ cookie, member string }

// acquire chooses a member for a client and reserves it: its session is counted,
// and either an idle connection is handed over (reuse) or the connection that
// the caller opens is counted already. All under one lock, so that after a
// re-configuration nobody is on the way to a member that takes nothing new
// without being counted there. Nil means that no member can take the client.
func (p *pool) acquire(known remembered, tried []*member, reuse bool, ssl *ServerSSL) (*member, *serverConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.persisted(known)
	if m == nil {
		m = p.decide()
	}
	if slices.Contains(tried, m) {
		m = p.another(tried)
	}
	if m == nil {
		return nil, nil
	}
	m.counters.sessions.Add(1)
	if reuse {
		if conn := m.takeIdle(ssl); conn != nil {
			return m, conn
		}
	}
	m.counters.reserve(0) // the member's own limit counts sessions: see decide
	return m, nil
}

// leave undoes acquire: the connection has ended, or could not be opened.
func (m *member) leave() {
	m.counters.sessions.Add(-1)
	m.counters.release()
}

func (p *pool) persisted(known remembered) *member {
	m := p.byName[known.member]
	if known.cookie != "" {
		m = p.byCookie[known.cookie]
	}
	if m == nil || !m.takesPersisted() {
		return nil
	}
	return m
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
	return p.balancer.pick(func(i int) int64 { return p.members[i].counters.sessions.Load() })
}

// rebalance starts a new walk if the targets are not what they were.
func (p *pool) rebalance() {
	p.stale = false
	targets := make([]target, len(p.members))
	for i, m := range p.members {
		targets[i] = target{
			eligible: m.takesNew(), ratio: m.config.Ratio,
			group: m.config.PriorityGroup, limit: m.config.ConnectionLimit,
		}
	}
	if !p.balancer.shares(p.config.Mode, p.config.MinActiveMembers, targets) {
		p.balancer = newBalancer(p.config.Mode, p.config.MinActiveMembers, targets)
	}
}

// memberChanged hears of a new health status.
func (p *pool) memberChanged(m *member, status string) {
	p.mu.Lock()
	p.stale = true
	p.noteService(time.Now())
	action := p.config.ServiceDown
	p.mu.Unlock()
	if status != StatusDown {
		return
	}
	for _, conn := range m.conns.list() {
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
	return p.config.ServiceDown == serviceDownReselect && m.health.Load().Status == StatusDown
}

// find returns a member by name, or nil.
func (p *pool) find(name string) *member {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byName[name]
}

// list returns the members in the order of the configuration.
func (p *pool) list() []*member {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.members
}
