package rest

import (
	"net/http"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// objectStats is GET …/<object>/stats. The key of its one entry changed over the
// versions (icontrol-rest 7); clients iterate over whatever keys there are.
func (s *Server) objectStats(t target, e *encoder, o *config.Object) (int, *document, error) {
	if t.kind.Path == ruleKind {
		return e.ruleStats(o)
	}
	entries := e.counters(o, t.parent)
	if entries == nil {
		return 0, nil, unsupported(t.kind.Path + "/stats")
	}
	self := href(t.kind, t.parent, o.Path)
	d := (&document{}).add("kind", t.kind.StatsKind()).
		add("generation", o.Generation).
		add("selfLink", self+"/stats"+s.ver())
	if !s.version.AtLeast(12, 0) {
		return http.StatusOK, d.add("entries", entries), nil
	}
	return http.StatusOK, d.add("entries", (&document{}).add(e.statsKey(self, o.Path), e.nestedStats(t.kind, self, entries))), nil
}

// collectionStats is GET …/<collection>/stats.
func (s *Server) collectionStats(t target, e *encoder, items []*config.Object) (int, *document, error) {
	all := &document{}
	for _, o := range items {
		if t.kind.Path == ruleKind {
			e.addRuleStats(all, o)
			continue
		}
		entries := e.counters(o, t.parent)
		if entries == nil {
			break
		}
		self := href(t.kind, t.parent, o.Path)
		all.add(self+"/stats", e.nestedStats(t.kind, self, entries))
	}
	if len(items) > 0 && len(all.keys) == 0 && t.kind.Path != ruleKind {
		return 0, nil, unsupported(t.kind.Path + "/stats")
	}
	d := (&document{}).add("kind", t.kind.CollectionStatsKind()).
		add("selfLink", collectionHref(t.kind, t.parent)+"/stats"+s.ver())
	if len(items) > 0 || s.version.AtLeast(14, 0) {
		d.add("entries", all)
	}
	return http.StatusOK, d, nil
}

func (e *encoder) statsKey(self, path string) string {
	if e.version.AtLeast(14, 1) {
		return self + "/stats"
	}
	return self + "/" + nameInURL(path) + "/stats"
}

func (e *encoder) nestedStats(kind *config.Type, self string, entries *document) *document {
	return (&document{}).add("nestedStats", (&document{}).
		add("kind", kind.StatsKind()).
		add("selfLink", self+"/stats"+e.ver()).
		add("entries", entries))
}

// counters are the statistics of one object; nil for kinds that have none.
func (e *encoder) counters(o *config.Object, parent string) *document {
	switch o.Type.Path {
	case "ltm/pool":
		return e.poolCounters(o)
	case "ltm/pool/members":
		return e.memberCounters(o, parent)
	case "ltm/node":
		return e.nodeCounters(o)
	case "ltm/virtual":
		return e.virtualCounters(o)
	}
	return nil
}

func count64(n int64) *document { return (&document{}).add("value", n) }

func zeros(d *document, prefix string, names ...string) {
	for _, name := range names {
		d.add(prefix+name, count64(0))
	}
}

var queueCounters = []string{"ageEdm", "ageEma", "ageHead", "ageMax", "depth", "serviced"}

// queueAges are the counters of a pool's queue; ages are in milliseconds. Members have
// no queues of their own here. The decaying maximum is the maximum.
func queueAges(d *document, prefix string, q dataplane.Queue) {
	d.add(prefix+"ageEdm", count64(q.AgeMax.Milliseconds())).
		add(prefix+"ageEma", count64(q.AgeAverage.Milliseconds())).
		add(prefix+"ageHead", count64(q.AgeHead.Milliseconds())).
		add(prefix+"ageMax", count64(q.AgeMax.Milliseconds())).
		add(prefix+"depth", count64(q.Depth)).
		add(prefix+"serviced", count64(q.Serviced))
}

func side(d *document, prefix string, c dataplane.Counters) {
	d.add(prefix+"bitsIn", count64(c.BitsIn)).
		add(prefix+"bitsOut", count64(c.BitsOut)).
		add(prefix+"curConns", count64(c.CurConns)).
		add(prefix+"maxConns", count64(c.MaxConns)).
		add(prefix+"pktsIn", count64(c.PktsIn)).
		add(prefix+"pktsOut", count64(c.PktsOut)).
		add(prefix+"totConns", count64(c.TotConns))
}

func (a availability) add(d *document) {
	d.add("status.availabilityState", description(a.state)).
		add("status.enabledState", description(a.enabled)).
		add("status.statusReason", description(a.reason))
}

func (e *encoder) memberCounters(o *config.Object, pool string) *document {
	c := e.traffic.MemberCounters(pool, o.Path)
	node, port, _ := config.SplitMemberName(config.Name(o.Path))
	d := (&document{}).add("addr", description(statsAddress(o)))
	zeros(d, "connq.", queueCounters...)
	d.add("curSessions", count64(c.CurSessions)).
		add("monitorRule", description(e.memberRule(o, pool))).
		add("monitorStatus", description(e.monitorStatus(o, pool))).
		add("nodeName", description(config.Join(config.Folder(o.Path), node))).
		add("poolName", description(pool)).
		add("port", count64(int64(port)))
	side(d, "serverside.", c)
	d.add("sessionStatus", description(e.sessionStatus(o)))
	e.memberAvailability(o, pool).add(d)
	return d.add("totRequests", count64(c.TotRequests))
}

// statsAddress is an address as statistics have it: for a template "::"
// (recorded, f5-telemetry-streaming).
func statsAddress(o *config.Object) string {
	if o.IsTemplate() {
		return "::"
	}
	return o.Text("address")
}

// memberRule tells the pool's monitor from the member's own.
func (e *encoder) memberRule(o *config.Object, poolPath string) string {
	pool := e.state.Objects(o.Type.Parent).Find(poolPath)
	switch rule := o.Text("monitor"); {
	case rule != "default":
		if len(config.ParseMonitorRule(rule).Paths) == 0 {
			return "none"
		}
		return rule
	case pool.Text("monitor") == "":
		return "none"
	default:
		return pool.Text("monitor") + " (pool monitor)"
	}
}

func (e *encoder) poolCounters(o *config.Object) *document {
	sum := e.traffic.PoolCounters(o.Path)
	var active, available int64
	priorities := map[int64]bool{}
	for _, member := range o.Sub("members").Items() {
		a := e.memberAvailability(member, o.Path)
		if member.IsTemplate() {
			continue
		}
		if a.takes() {
			active++
			n, _ := member.Get("priorityGroup").(int64)
			priorities[n] = true
		}
		if a.state == "available" {
			available++
		}
	}
	highest, lowest, current := priorityRange(o, priorities)
	d := (&document{}).add("activeMemberCnt", count64(active))
	if e.version.AtLeast(12, 0) {
		d.add("availableMemberCnt", count64(available))
	}
	waiting := e.traffic.PoolQueue(o.Path)
	queueAges(d, "connq.", waiting)
	queueAges(d, "connqAll.", waiting)
	d.add("curPriogrp", count64(current)).
		add("curSessions", count64(sum.CurSessions)).
		add("highestPriogrp", count64(highest)).
		add("lowestPriogrp", count64(lowest)).
		add("memberCnt", count64(int64(o.Sub("members").Len()))).
		add("minActiveMembers", count64(o.Get("minActiveMembers").(int64))).
		add("monitorRule", description(orNone(o.Text("monitor")))).
		add("tmName", description(o.Path))
	side(d, "serverside.", sum)
	e.poolAvailability(o).add(d)
	return d.add("totRequests", count64(sum.TotRequests))
}

func orNone(text string) string {
	if text == "" || text == "default" {
		return "none"
	}
	return text
}

// priorityRange are the priority groups of a pool: highest and lowest of all
// members, and the one that takes traffic (0 where groups are not activated).
func priorityRange(pool *config.Object, active map[int64]bool) (highest, lowest, current int64) {
	for i, member := range pool.Sub("members").Items() {
		n, _ := member.Get("priorityGroup").(int64)
		highest = max(highest, n)
		if i == 0 || n < lowest {
			lowest = n
		}
	}
	if pool.Get("minActiveMembers") != int64(0) {
		for n := range active {
			current = max(current, n)
		}
	}
	return highest, lowest, current
}

func (e *encoder) nodeCounters(o *config.Object) *document {
	h := e.nodeHealth(o)
	c := e.traffic.NodeCounters(o.Path)
	d := (&document{}).add("addr", description(statsAddress(o))).
		add("curSessions", count64(c.CurSessions)).
		add("monitorRule", description(e.nodeRule(o))).
		add("monitorStatus", description(nodeStatus(o, h)))
	side(d, "serverside.", c)
	session := "enabled"
	if o.Text("session") == "user-disabled" {
		session = "disabled"
	}
	d.add("sessionStatus", description(session))
	e.nodeAvailability(o, h).add(d)
	return d.add("tmName", description(o.Path)).add("totRequests", count64(c.TotRequests))
}

// nodeRule tells the node's own monitor from the one that all have by default.
func (e *encoder) nodeRule(o *config.Object) string {
	switch own := orNone(o.Text("monitor")); {
	case len(e.state.NodeMonitorRule(o).Paths) == 0:
		return "none"
	case own == "none":
		return e.state.DefaultNodeRule() + " (default node monitor)"
	default:
		return own
	}
}

func (e *encoder) virtualCounters(o *config.Object) *document {
	c := e.traffic.VirtualServerCounters(o.Path)
	d := &document{}
	withDrops := func(prefix string, c dataplane.Counters) {
		d.add(prefix+"bitsIn", count64(c.BitsIn)).add(prefix+"bitsOut", count64(c.BitsOut)).
			add(prefix+"curConns", count64(c.CurConns)).add(prefix+"evictedConns", count64(0)).
			add(prefix+"maxConns", count64(c.MaxConns)).add(prefix+"pktsIn", count64(c.PktsIn)).
			add(prefix+"pktsOut", count64(c.PktsOut)).add(prefix+"slowKilled", count64(0)).
			add(prefix+"totConns", count64(c.TotConns))
	}
	withDrops("clientside.", c)
	cmp := map[string]string{"yes": "enabled", "no": "disabled"}[o.Text("cmpEnabled")]
	d.add("cmpEnableMode", description("all-cpus")).add("cmpEnabled", description(cmp))
	zeros(d, "", "csMaxConnDur", "csMeanConnDur", "csMinConnDur")
	destination := o.Type.Shown(o.Text("destination"))
	d.add("destination", description(strings.TrimPrefix(destination, "/Common/")))
	withDrops("ephemeral.", dataplane.Counters{})
	zeros(d, "", "fiveMinAvgUsageRatio", "fiveSecAvgUsageRatio", "oneMinAvgUsageRatio")
	e.virtualAvailability(o).add(d)
	zeros(d, "syncookie.", "accepts", "hwAccepts", "hwSyncookies", "hwsyncookieInstance", "rejects", "swsyncookieInstance",
		"syncacheCurr", "syncacheOver", "syncookies")
	return d.add("syncookieStatus", description("not-activated")).
		add("tmName", description(o.Path)).
		add("totRequests", count64(c.TotRequests))
}
