package reconciler

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// explain says of each member and each endpoint why it is as it is.
func (f facts) explain() Explanation {
	e := Explanation{
		Pool: f.pool.Path, Device: f.device, Retired: f.bound.Delete,
		Backends: []ExplainedBackend{}, Members: []ExplainedMember{}, LeftOut: []ExplainedLeftOut{},
	}
	subjects := f.subjects()
	for _, key := range slices.SortedFunc(maps.Keys(subjects), ltm.MemberKey.Compare) {
		e.Members = append(e.Members, f.member(key, *subjects[key]))
	}
	for _, backend := range f.report.Backends {
		e.Backends = append(e.Backends, ExplainedBackend{Name: backend.Name, Of: backend.Ref.String(), Share: backend.Share})
		for _, left := range f.origins[backend.Name].LeftOut {
			e.LeftOut = append(e.LeftOut, ExplainedLeftOut{
				Address: left.Address, Backend: backend.Name, Why: left.Reason,
				ExplainedOrigin: ExplainedOrigin{Slice: left.Origin.Slice, Conditions: left.Origin.Conditions, Pod: left.Pod, Node: left.Origin.Node},
			})
		}
	}
	return e
}

// subjects puts together what is known of each member: of those on the device, and
// of those that there are endpoints for.
func (f facts) subjects() map[ltm.MemberKey]*subject {
	all := map[ltm.MemberKey]*subject{}
	of := func(key ltm.MemberKey) *subject {
		if all[key] == nil {
			all[key] = &subject{drain: f.bound.Drain, policy: f.policy}
		}
		return all[key]
	}
	for i := range f.pool.Members {
		live := &f.pool.Members[i]
		s := of(live.Key)
		s.live, s.health, s.name = live, live.Health, engine.BackendOf(*live)
		if status, told := f.status[live.Key]; told {
			s.health = status.Health
		}
	}
	want := engine.Members(f.report.Backends, f.observed, f.pool.Members)
	for _, backend := range f.report.Backends {
		for _, endpoint := range f.origins[backend.Name].Endpoints {
			if owner, owned := want.Backend[endpoint.Key]; !owned || owner == backend.Name {
				s := of(endpoint.Key)
				s.endpoint, s.name = &endpoint, backend.Name
			}
		}
	}
	for _, asked := range want.Members {
		if s := of(asked.Key); want.Backend[asked.Key] != "" {
			s.asked = &asked
			s.warm()
		}
	}
	f.decide(all)
	return all
}

// warm is what follow.Policy.PreWarm makes of a member that was never enabled.
func (s *subject) warm() {
	if s.policy.PreWarm && s.endpoint.State == endpoints.NotReady && s.asked.Session == ltm.ForcedOffline &&
		(s.live == nil || s.live.Session == ltm.Disabled) {
		s.asked.Session = ltm.Disabled
	}
}

// decide notes what the next sync would do, and which backend each is of.
func (f facts) decide(all map[ltm.MemberKey]*subject) {
	note := func(key ltm.MemberKey, what func(*subject)) {
		if s := all[key]; s != nil { // not of one that somebody took away meanwhile
			what(s)
		}
	}
	for _, change := range f.report.Written {
		for _, m := range change.Add {
			note(m.Key, func(s *subject) { s.writes = true })
		}
		for _, m := range change.Modify {
			note(m.From.Key, func(s *subject) { s.writes = true })
		}
		for _, m := range change.Remove {
			note(m.Key, func(s *subject) { s.removes = true })
		}
	}
	for _, s := range all {
		if f.settles && len(f.report.Held) == 0 && s.asked != nil {
			s.writes = s.live == nil || s.asked.Session != s.live.Session || s.asked.Ratio != s.live.Ratio
		}
	}
	for _, held := range f.report.Held {
		note(held.Key, func(s *subject) { s.held = &held })
	}
	backends, reasons := f.leftOut()
	for key, s := range all {
		if s.backend = backends[s.name]; s.backend != nil {
			s.leftOut = reasons[s.name][key.Address.IP]
		}
	}
}

// leftOut are the backends by name, and why addresses of each were left out.
func (f facts) leftOut() (backends map[string]*engine.Backend, reasons map[string]map[netip.Addr]string) {
	backends, reasons = map[string]*engine.Backend{}, map[string]map[netip.Addr]string{}
	for i, b := range f.report.Backends {
		backends[b.Name], reasons[b.Name] = &f.report.Backends[i], map[netip.Addr]string{}
		for _, left := range f.origins[b.Name].LeftOut {
			if address, err := ltm.ParseAddress(left.Address); err == nil {
				reasons[b.Name][address.IP] = left.Reason
			}
		}
	}
	return backends, reasons
}

// member is what is printed of one.
func (f facts) member(key ltm.MemberKey, s subject) ExplainedMember {
	m := ExplainedMember{Member: key, Backend: s.name, Owner: s.owner(), Why: s.why()}
	if e := s.endpoint; e != nil {
		m.Endpoint = &ExplainedEndpoint{
			State: e.State, Zone: e.Zone,
			ExplainedOrigin: ExplainedOrigin{Slice: e.Origin.Slice, Conditions: e.Origin.Conditions, Pod: e.Pod, Node: e.Node},
		}
	}
	if s.asked != nil {
		m.Asked = &ExplainedSetting{Session: s.asked.Session, Ratio: s.asked.Ratio}
	}
	if s.live != nil {
		status := f.status[key]
		m.OnDevice = &ExplainedStatus{
			ExplainedSetting: ExplainedSetting{Session: s.live.Session, Ratio: s.live.Ratio},
			Health:           s.health, Reason: status.Reason, Connections: status.CurrentConnections,
		}
	}
	if s.held != nil {
		m.Held = s.held.Reason
	}
	return m
}

// sameAddress tells that text, as Kubernetes has it, is the address of key.
func sameAddress(text string, key ltm.MemberKey) bool {
	address, err := ltm.ParseAddress(text)
	return err == nil && address.IP == key.Address.IP
}
