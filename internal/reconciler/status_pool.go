package reconciler

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/stats"
)

func compareText(a, b string) int { return strings.Compare(a, b) }

// pool is what is known of a pool.
func (s *status) pool(ctx context.Context, p *pool, view stats.View) page.Pool {
	bound, skipped := s.helper.registry.state(p)
	s.mu.Lock()
	last := s.last[p.path]
	s.mu.Unlock()
	shown := page.Pool{
		Path: p.path.String(), Synced: moment(last.at), Retired: bound.Delete, Minimum: bound.Min,
		Backends: []page.Backend{}, Members: []page.Member{}, LeftOut: []page.LeftOut{},
	}
	counted, growth, known := stats.Pool{}, stats.Growth{}, false
	if view.Snapshot != nil {
		counted, growth, known = view.Pool(p.path)
	}
	if known {
		shown.Counters, shown.QueueDepth = counters(counted.Statistics, growth), &counted.QueueDepth
	}
	switch {
	case skipped != followed:
		shown.Problem = s.helper.registry.skippedFor(p).Error()
		return shown
	case last.err != nil:
		shown.Problem = last.err.Error()
	case !last.report.Bound:
		shown.Problem = s.unsynced(bound)
	}
	f, err := s.factsOf(ctx, bound, last.report)
	if err != nil && shown.Problem == "" {
		shown.Problem = err.Error()
	}
	if known {
		f.status = judged(counted.Members)
	}
	explained := f.explain()
	m := memberPrinter{explained: err == nil, report: last.report, counted: map[ltm.MemberKey]ltm.MemberStatistics{}, shares: map[string]int{}, facts: f}
	for _, c := range counted.Members {
		m.counted[c.Key] = c
	}
	for _, b := range bound.Backends {
		m.shares[b.Name] = b.Share
	}
	for _, member := range explained.Members {
		shown.Members = append(shown.Members, m.print(member))
	}
	for _, left := range explained.LeftOut {
		shown.LeftOut = append(shown.LeftOut, page.LeftOut{Name: left.name(), Backend: left.Backend, Why: left.Why})
	}
	var got map[string]int64
	if known {
		got = view.Backends(p.path)
	}
	shown.Backends = backendsOf(bound.Backends, got)
	if last.report.Bound {
		countMembers(shown.Backends, explained.Members, err == nil)
	}
	return shown
}

// unsynced is which endpoints a pool waits for that was never synced; "" if for none.
func (s *status) unsynced(bound engine.Binding) string {
	for _, ref := range refs(bound) {
		if err := s.helper.watch.Synced(ref); err != nil {
			return err.Error()
		}
	}
	return ""
}

// factsOf are what explains the members: those of the last sync, beside the endpoints
// of now. The error is why there are no endpoints; then there are no reasons either.
func (s *status) factsOf(ctx context.Context, bound engine.Binding, report engine.FollowReport) (facts, error) {
	report.Written = nil // it has been written; explain tells what will be
	report.Pool.Members = slices.Clone(report.Pool.Members)
	for i := range report.Pool.Members {
		report.Pool.Members[i].Health = "" // as of a reading of long ago
	}
	f := facts{device: s.helper.device.Name(), pool: report.Pool, bound: bound, policy: s.helper.followOptions(), settles: true}
	if !report.Bound {
		return f, nil
	}
	f.report = report
	traced := &traced{source: s.helper.watch, snapshots: map[endpoints.Ref]endpoints.Snapshot{}}
	var err error
	if f.observed, err = engine.ObserveBackends(ctx, traced, report.Backends); err != nil {
		return f, err
	}
	f.origins, err = traced.explain(report.Backends)
	return f, err
}

// judged is what the device's counters say of the health of members. Of one that is
// disabled they say nothing.
func judged(counted []ltm.MemberStatistics) map[ltm.MemberKey]ltm.MemberStatus {
	all := make(map[ltm.MemberKey]ltm.MemberStatus, len(counted))
	for _, c := range counted {
		status := ltm.MemberStatus{Key: c.Key, CurrentConnections: c.CurrentConnections}
		switch {
		case c.Enabled && c.Available:
			status.Health = ltm.HealthUp
		case c.Enabled:
			status.Health = ltm.HealthDown
		}
		all[c.Key] = status
	}
	return all
}

// memberPrinter words what was explained of members.
type memberPrinter struct {
	explained bool // else the endpoints are not known
	report    engine.FollowReport
	counted   map[ltm.MemberKey]ltm.MemberStatistics
	shares    map[string]int // of the backends that the pool is bound to
	facts     facts
}

func (p memberPrinter) print(e ExplainedMember) page.Member {
	m := page.Member{Address: e.Member.String(), Backend: e.Backend, Why: e.Why}
	if e.Endpoint != nil {
		m.Endpoint, m.Pod, m.Node, m.Zone = string(e.Endpoint.State), e.Endpoint.Pod, e.Endpoint.Node, e.Endpoint.Zone
	}
	if e.OnDevice != nil {
		m.Session, m.Ratio = string(e.OnDevice.Session), e.OnDevice.Ratio
		if counted, known := p.counted[e.Member]; known {
			m.Counters = counters(counted.Statistics, stats.Growth{})
			if counted.Enabled {
				m.Available = &counted.Available
			}
		}
	}
	for _, d := range p.report.Draining {
		if d.Key == e.Member {
			m.Drain = &page.Drain{Since: d.Since, Deadline: d.Deadline, Gone: d.Gone}
			if d.Connections >= 0 {
				m.Drain.Connections = &d.Connections
			}
		}
	}
	for _, h := range p.report.Held {
		if h.Key == e.Member {
			m.Held = &page.Held{Reason: holdReason(h, p.facts.policy), Since: h.Since, Until: moment(h.Until)}
		}
	}
	if m.Pod == "" {
		m.Pod = podOf(p.report.Pool, e.Member)
	}
	m.State = p.state(e, m)
	if !p.explained && e.Owner != ownerOther {
		m.Why = "unknown, as its endpoints are"
	}
	return m
}

// podOf is the pod in the mark of a member, whose endpoint may be gone.
func podOf(live ltm.Pool, key ltm.MemberKey) string {
	if m, found := live.Member(key); found {
		return podIn(m.Description)
	}
	return ""
}

func (p memberPrinter) state(e ExplainedMember, m page.Member) page.State {
	share, bound := p.shares[e.Backend]
	switch {
	case m.Held != nil:
		return page.StateHeld
	case m.Drain != nil:
		return page.StateDraining
	case e.Owner == ownerOther:
		return page.StateForeign
	case e.OnDevice == nil && e.Asked == nil:
		return page.StateStandby
	case e.OnDevice == nil:
		return page.StateAbsent
	case e.OnDevice.Session == ltm.ForcedOffline:
		return page.StateOffline
	case e.OnDevice.Session == ltm.Disabled && bound && share <= 0:
		return page.StateStandby
	case e.OnDevice.Session == ltm.Disabled:
		return page.StateDisabled
	case m.Available == nil:
		return page.StateEnabled
	case *m.Available:
		return page.StateUp
	}
	return page.StateDown
}

// backendsOf are the backends with the share that is asked and that is measured. got
// are the connections of each.
func backendsOf(bound []engine.Backend, got map[string]int64) []page.Backend {
	shares, all := 0, int64(0)
	for _, b := range bound {
		shares += b.Share
	}
	for n := range maps.Values(got) {
		all += n
	}
	backends := make([]page.Backend, 0, len(bound))
	for _, b := range bound {
		shown := page.Backend{Name: b.Name, Of: b.Ref.String(), Share: b.Share}
		if shares > 0 {
			shown.Asked = 100 * float64(b.Share) / float64(shares)
		}
		if all > 0 {
			shown.Measured = new(100 * float64(got[b.Name]) / float64(all))
		}
		backends = append(backends, shown)
	}
	return backends
}

// countMembers counts the members of each backend, and its ready endpoints where those
// are known.
func countMembers(backends []page.Backend, members []ExplainedMember, known bool) {
	for i := range backends {
		var there, ready int64
		for _, m := range members {
			if m.Backend != backends[i].Name {
				continue
			}
			if m.OnDevice != nil {
				there++
			}
			if m.Endpoint != nil && m.Endpoint.State == endpoints.Ready {
				ready++
			}
		}
		backends[i].Members = &there
		if known {
			backends[i].Ready = &ready
		}
	}
}
