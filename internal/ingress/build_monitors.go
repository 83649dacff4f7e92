package ingress

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// MonitorRefs are the monitors of a rule that may have been made of probes. Their names end
// with their types: so the device can be asked for them, and a probe that becomes one of
// another kind gets another monitor, because the type of one is fixed.
func MonitorRefs(rule ltm.MonitorRule) []ltm.MonitorRef {
	var refs []ltm.MonitorRef
	for _, path := range rule.Monitors {
		for _, kind := range ltm.MonitorTypes() {
			if path.Partition != ltm.Common && strings.HasSuffix(path.Name, typeSuffix(kind)) {
				refs = append(refs, ltm.MonitorRef{Type: kind, Path: path})
			}
		}
	}
	return refs
}

func typeSuffix(kind ltm.MonitorType) string { return "_" + string(kind) }

// monitorRef is the monitor of a pool.
func monitorRef(pool ltm.Path, kind ltm.MonitorType) ltm.MonitorRef {
	suffix := typeSuffix(kind)
	if most := maxName - len(suffix); len(pool.Name) > most {
		hash := digest(pool.Name)
		pool.Name = pool.Name[:most-len(hash)-1] + "_" + hash
	}
	pool.Name += suffix
	return ltm.MonitorRef{Type: kind, Path: pool}
}

// monitorsOf are the monitors of a pool: those of the options, or the one that its
// backends' probes make.
func (b *builder) monitorsOf(pool ltm.Pool, r Route) ltm.MonitorRule {
	if !b.options.Pool.Probes {
		return b.options.Pool.Monitors
	}
	monitor, known, reason := b.probeMonitor(pool.Path, r)
	switch {
	case reason != "":
		b.problems = append(b.problems, Problem{Object: r.Source, Effect: Differs, Reason: reason})
		return ltm.MonitorRule{}
	case !known:
		return b.ownMonitors(pool.Monitors)
	case monitor.Type == "":
		return ltm.MonitorRule{}
	}
	if live, there := b.monitors[monitor.Ref()]; there && !binding.IsSite(live.Description) {
		b.foreign = &ForeignError{Kind: "monitor", Path: monitor.Path, Reason: "it was not made for routes"}
	}
	b.monitors[monitor.Ref()] = monitor
	return ltm.MonitorRule{Monitors: []ltm.Path{monitor.Path}}
}

// probeMonitor is what the backends of a route are probed by. It is the zero one where one of
// them has no probe that can be, and not known while none of them has a pod.
func (b *builder) probeMonitor(pool ltm.Path, r Route) (monitor ltm.Monitor, known bool, reason string) {
	var first Probed
	host := r.Backends[0].Ref.Service
	for _, backend := range r.Backends {
		host = min(host, backend.Ref.Service)
		probed := b.probed(backend.Ref)
		switch {
		case probed.Unknown:
		case probed.Monitor.Type == "": // which Translate has told
			return ltm.Monitor{}, true, ""
		case !known:
			first, known = probed, true
		case !first.same(probed):
			return ltm.Monitor{}, true, fmt.Sprintf("pool %s gets no monitor: the pods of Services %s and %s are probed differently. They count as available while they are ready",
				pool, first.Ref.Service, backend.Ref.Service)
		}
	}
	if !known {
		return ltm.Monitor{}, false, ""
	}
	monitor = first.Monitor
	ref := monitorRef(pool, monitor.Type)
	monitor.Path, monitor.Description = ref.Path, binding.FormatSite()
	if first.Request.Target != "" {
		monitor.Send = first.Request.send(host)
	}
	return monitor, true, ""
}

// probed is how a backend is probed; unknown where nobody has asked.
func (b *builder) probed(ref endpoints.Ref) Probed {
	at := slices.IndexFunc(b.routes.Probes, func(p Probed) bool { return p.Ref == ref })
	if at < 0 {
		return Probed{Ref: ref, Unknown: true}
	}
	return b.routes.Probes[at]
}

// ownMonitors is a rule of monitors that were made of probes; none where one of them was not.
func (b *builder) ownMonitors(rule ltm.MonitorRule) ltm.MonitorRule {
	if ours := MonitorRefs(rule); len(ours) != len(rule.Monitors) || slices.ContainsFunc(ours, func(ref ltm.MonitorRef) bool {
		return !binding.IsSite(b.monitors[ref].Description)
	}) {
		return ltm.MonitorRule{}
	}
	return rule
}

// compareMonitors tells that the elder of a pool has other monitors. Where both take those of
// the probes they are the same, sooner or later.
func (b *builder) compareMonitors(pool ltm.Pool, r Route, elder binding.Object) {
	derived := !b.ownMonitors(pool.Monitors).IsZero()
	differs := derived
	if b.options.Pool.Probes {
		monitor, known, reason := b.probeMonitor(pool.Path, r)
		wants := known && reason == "" && monitor.Type != ""
		differs = !derived && (wants || !pool.Monitors.IsZero())
	}
	if differs {
		b.problems = append(b.problems, Problem{
			Object: b.owner, Effect: Conflict, With: elder,
			Reason: fmt.Sprintf("%s shares pool %s, is older, and has other monitors", elder, pool.Path),
		})
	}
}

// pruneMonitors removes those of probes that no pool needs any more.
func (b *builder) pruneMonitors() {
	used := map[ltm.Path]bool{}
	for _, pool := range b.pools {
		for _, path := range pool.Monitors.Monitors {
			used[path] = true
		}
	}
	for ref, monitor := range b.monitors {
		if binding.IsSite(monitor.Description) && !used[ref.Path] {
			delete(b.monitors, ref)
		}
	}
}
