package dataplane

import (
	"log/slog"
	"sync"
	"sync/atomic"
)

// node is a node at run time. What it may not do its members may not either, and
// what they do it counts. Nil is a node that nobody configured: it forbids nothing.
type node struct {
	plane    *Plane
	name     string
	config   atomic.Pointer[Node]
	checks   checks
	counters counters

	mu      sync.Mutex
	members map[*member]struct{}
}

func newNode(p *Plane, config Node) *node {
	n := &node{plane: p, name: config.Name, members: map[*member]struct{}{}}
	n.checks.plane, n.checks.changed = p, n.healthChanged
	n.config.Store(&config)
	n.checks.start(config.Monitoring, config.Address)
	return n
}

// update takes over a changed configuration.
func (n *node) update(config Node) {
	old := n.config.Load()
	if old.same(config) {
		return
	}
	n.config.Store(&config)
	if !old.Monitoring.same(config.Monitoring) || old.Address != config.Address {
		n.checks.stop()
		n.checks.start(config.Monitoring, config.Address)
	}
	for _, m := range n.list() {
		m.pool.nodeChanged(m, false)
	}
}

func (n *node) healthChanged(from, to Health) {
	n.plane.log.Info("node changed its status",
		slog.String("node", n.name), slog.String("from", from.Status), slog.String("to", to.Status), slog.String("reason", to.Reason))
	for _, m := range n.list() {
		m.pool.nodeChanged(m, to.Status == StatusDown)
	}
}

// down reports whether the node's monitors have marked it down.
func (n *node) down() bool { return n != nil && n.checks.status() == StatusDown }

// offline reports whether the node takes nobody, not even who has a record.
func (n *node) offline() bool { return n != nil && (n.config.Load().ForcedOffline || n.down()) }

// retired reports whether the node takes no new clients by order of its user.
func (n *node) retired() bool {
	return n != nil && (n.config.Load().SessionDisabled || n.config.Load().ForcedOffline)
}

// takesNew reports whether balancing decisions may choose the node's members.
func (n *node) takesNew() bool {
	return n == nil || !n.retired() && !n.offline() && n.checks.status() != StatusDisabledByMonitor
}

// limit, ratio and dynamicRatio are those of the configuration.
func (n *node) limit() int {
	if n == nil {
		return 0
	}
	return n.config.Load().ConnectionLimit
}

func (n *node) ratio() int {
	if n == nil {
		return 1
	}
	return n.config.Load().Ratio
}

func (n *node) dynamicRatio() int {
	if n == nil {
		return 1
	}
	return n.config.Load().DynamicRatio
}

func (n *node) sessions() int64 {
	if n == nil {
		return 0
	}
	return n.counters.sessions.Load()
}

func (n *node) add(m *member) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.members[m] = struct{}{}
}

func (n *node) remove(m *member) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.members, m)
}

func (n *node) list() []*member {
	n.mu.Lock()
	defer n.mu.Unlock()
	members := make([]*member, 0, len(n.members))
	for m := range n.members {
		members = append(members, m)
	}
	return members
}
