package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// since is what a run knows of the members of a bound pool: by it the run tells what
// somebody else, as the helper, has done since the goal was set. A goal is older than
// that, so a run does not undo it:
//
//	since the goal was set a member      it becomes
//	came, of a backend of the goal       one of its backend, in the service that it is in
//	came, without our mark               what it is
//	was enabled, disabled, offline       that, where its backend has a share
//	went                                 nothing: it is not put back
//
// What it becomes is what the goal's own shares make of it (Members): so those of a
// backend that has no share any more are disabled, or removed, with the others, and no
// share is falsified by a member that nobody had planned.
type since struct {
	unit  string                            // Device.Name at the last look
	own   map[ltm.MemberKey]ltm.Session     // as the goal knew them, this run left them, or the last look found them
	told  map[ltm.MemberKey]endpoints.State // what somebody else's last write told of their endpoints
	wrote map[ltm.MemberKey]bool            // by this run
	seen  map[ltm.MemberKey]bool            // known, or found at some look
}

// ofStandby is what it tells that a member of a backend without a share is disabled.
const ofStandby endpoints.State = ""

// look notes what a read found, and what has been told by it.
func (s *since) look(unit string, live ltm.Pool, known map[ltm.MemberKey]ltm.Session) {
	switch {
	case s.own == nil:
		s.begin(live.Members, known)
	case s.unit != unit:
		s.failover(live.Members)
	}
	s.unit = unit
	mark, _, _ := Bound(live.Description) // what is not understood has no shares
	serves := map[string]bool{}
	for _, backend := range mark.Backends {
		serves[backend.Name] = backend.Share > 0
	}
	for _, m := range live.Members {
		if was, known := s.own[m.Key]; !known || was != m.Session {
			s.told[m.Key] = stateOf(m.Session)
			if m.Session == ltm.Disabled && !serves[BackendOf(m)] {
				s.told[m.Key] = ofStandby
			}
		}
		s.own[m.Key], s.seen[m.Key] = m.Session, true
	}
}

func (s *since) begin(live []ltm.Member, known map[ltm.MemberKey]ltm.Session) {
	s.own, s.told = map[ltm.MemberKey]ltm.Session{}, map[ltm.MemberKey]endpoints.State{}
	s.wrote, s.seen = map[ltm.MemberKey]bool{}, map[ltm.MemberKey]bool{}
	for key, session := range known {
		s.own[key], s.seen[key] = session, true
	}
	if known == nil {
		for _, m := range live {
			s.own[m.Key] = m.Session
		}
	}
}

// failover forgets what this run wrote to the other unit: it may not be on this one.
func (s *since) failover(live []ltm.Member) {
	now := membersByKey(live)
	for key := range s.wrote {
		delete(s.own, key)
		delete(s.seen, key)
		if m, there := now[key]; there {
			s.own[key] = m.Session
		}
	}
}

// write notes a change that this run has made, or was outrun with: then what it was
// to add is there, and no surprise.
func (s *since) write(change changeset.ChangeSet, err error) {
	for _, m := range change.Add {
		s.own[m.Key], s.wrote[m.Key] = m.Session, true
	}
	if err != nil {
		return
	}
	for _, c := range change.Modify {
		s.own[c.To.Key], s.wrote[c.To.Key] = c.To.Session, true
	}
	for _, m := range change.Remove {
		s.wrote[m.Key] = true
		delete(s.own, m.Key)
		delete(s.told, m.Key)
	}
}

// errOutdated ends a write that was decided by what the cluster does not say any more.
var errOutdated = errors.New("the endpoints have changed")

// goesOn tells an error after which a run goes on: what it wrote was meant for what
// another unit has, or for what the pool was.
func goesOn(err error) bool {
	device, ok := errors.AsType[*DeviceError](err)
	return ok && device.Moved || nothingDone(err)
}

// nothingDone tells one after which all is as it was, and another step may be due.
func nothingDone(err error) bool {
	device, ok := errors.AsType[*DeviceError](err)
	return ok && device.Raced || errors.Is(err, errOutdated)
}

// outdated asks the cluster again before disabled members are enabled, where the last
// answer is older than one look at the device. That one of them terminates does not show
// on the device, and nobody else may be there to say so.
func (r *poolRun) outdated(ctx context.Context, change changeset.ChangeSet) bool {
	enables := slices.ContainsFunc(change.Modify, func(c changeset.MemberChange) bool {
		return c.From.Session != ltm.Enabled && c.To.Session == ltm.Enabled
	})
	if !enables || r.goal.Ask == nil || time.Since(r.asked) < pollInterval {
		return false
	}
	gone, err := r.goal.Ask(ctx)
	if err != nil || maps.Equal(gone, r.goal.Gone) {
		return false
	}
	r.asked, r.goal.Gone = time.Now(), gone
	return true
}

// meet is a pool as it was planned, the goal, a stage on the way or what a rollback
// goes back to, with what has become of its members since.
func (r *poolRun) meet(planned ltm.Pool) ltm.Pool {
	mark, bound, err := Bound(planned.Description)
	if r.goal.Backend == nil || !bound || err != nil {
		return planned
	}
	m := meeting{poolRun: r, observed: BackendEndpoints{}, backends: map[string]Backend{}}
	for _, backend := range mark.Backends {
		m.backends[backend.Name] = backend
	}
	m.planned(membersByKey(r.live.Members), planned.Members)
	m.unplanned(membersByKey(planned.Members), r.live.Members)
	if m.moved {
		planned.Members = Members(mark.Backends, m.observed, append(m.others, owned(r.live.Members)...)).Members
	}
	return planned
}

// meeting is one call of meet.
type meeting struct {
	*poolRun
	backends map[string]Backend // those of the plan
	observed BackendEndpoints
	others   []ltm.Member // that are not ours
	moved    bool         // not all is as planned
}

// planned looks at the members that the plan has.
func (m *meeting) planned(live map[ltm.MemberKey]ltm.Member, planned []ltm.Member) {
	for _, member := range planned {
		now, there := live[member.Key]
		switch {
		case !Owned(member):
			m.others = append(m.others, member)
		case there:
			state := m.state(member, now)
			m.moved = m.moved || state != stateOf(member.Session)
			m.add(member, state)
		case m.since.seen[member.Key] || m.goal.Gone[member.Key]:
			m.moved = true
		default:
			m.add(member, stateOf(member.Session))
		}
	}
}

// unplanned looks at the live members that the plan does not have. Those that the plan
// takes off the device with their backend are there still: if nobody else is, they stay.
func (m *meeting) unplanned(planned map[ltm.MemberKey]ltm.Member, live []ltm.Member) {
	for _, now := range live {
		if _, is := planned[now.Key]; is {
			continue
		}
		told, late := m.since.told[now.Key]
		backend, named := m.backends[BackendOf(now)]
		switch {
		case !Owned(now):
			if late {
				m.others, m.moved = append(m.others, now.Wanted()), true
			}
		case !named:
		case late:
			m.moved = true
			m.add(now, cmp.Or(told, endpoints.Draining))
		case backend.Remove && backend.Share <= 0 && now.Session != ltm.ForcedOffline:
			m.add(now, stateOf(now.Session))
		}
	}
}

// add adds the endpoint of a member.
func (m *meeting) add(member ltm.Member, state endpoints.State) {
	_, mark, _, _ := binding.ParseMember(member.Description) // ours: it reads
	name := mark.FullName()
	result := m.observed[name]
	result.Endpoints = append(result.Endpoints, endpoints.Endpoint{Key: member.Key, State: state, Pod: mark.Pod})
	m.observed[name] = result
}

// state is how the endpoint of a planned member is now. That it terminates does not show
// on a member of a standby, which is disabled already: there the cluster's word counts.
func (m *meeting) state(planned, now ltm.Member) endpoints.State {
	if planned.Session == ltm.Enabled && now.Session == ltm.Disabled && m.goal.Gone[now.Key] {
		return endpoints.Draining
	}
	told, is := m.since.told[now.Key]
	switch {
	case !is, told == ofStandby && planned.Session == ltm.Enabled:
		return stateOf(planned.Session)
	default:
		return cmp.Or(told, endpoints.Draining)
	}
}

func owned(members []ltm.Member) []ltm.Member {
	return slices.DeleteFunc(slices.Clone(members), func(m ltm.Member) bool { return !Owned(m) })
}

// stateOf is the state of an endpoint that a session tells of. A disabled member is
// nobody to count with, whether its endpoint terminates or its backend has no share.
func stateOf(session ltm.Session) endpoints.State {
	switch session {
	case ltm.Enabled:
		return endpoints.Ready
	case ltm.Disabled:
		return endpoints.Draining
	default:
		return endpoints.NotReady
	}
}

// lost are the planned members that were to be enabled and are not to be any more.
func (r *poolRun) lost(key ltm.MemberKey) bool {
	now, there := r.target.Member(key)
	return !there || now.Session != ltm.Enabled
}

// come notes the backends of those that came since: the gates ask for them, too.
func (r *poolRun) come() {
	for _, m := range r.target.Members {
		if _, ours := r.goal.Backend[m.Key]; !ours && r.goal.Backend != nil && Owned(m) {
			r.goal.Backend[m.Key] = BackendOf(m)
		}
	}
}

// wanted are the members of the plan and of the target.
func (r *poolRun) wanted() []ltm.Member {
	all := slices.Clone(r.planned.Members)
	for _, m := range r.target.Members {
		if _, is := r.planned.Member(m.Key); !is {
			all = append(all, m)
		}
	}
	return all
}
