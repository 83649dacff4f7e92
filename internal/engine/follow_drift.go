package engine

import (
	"maps"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Drift is a member that was not as this process had left it, nor as it must be.
type Drift struct {
	Key  ltm.MemberKey
	Kind DriftKind
}

// DriftKind is how it was different.
type DriftKind string

// The kinds of drift.
const (
	DriftMissing DriftKind = "missing"
	DriftExtra   DriftKind = "extra" // with our mark; others are not ours
	DriftChanged DriftKind = "changed"
)

// withOthers adds to what a pool's members must be those with our mark that are an
// apply's and not the helper's: they stay as they are. An apply prepares a backend
// before the mark names it, and drains one, or waits to go back to it, after the
// mark has dropped it. It does the same with a backend that is off the device at
// share 0: as long as its endpoint is there, such a member is the apply's.
func withOthers(want []ltm.Member, backends []Backend, observed BackendEndpoints, live []ltm.Member) []ltm.Member {
	wanted := membersByKey(want)
	named, endpoint := map[string]Backend{}, map[ltm.MemberKey]bool{}
	for _, backend := range backends {
		named[backend.Name] = backend
		if backend.Remove && backend.Share <= 0 {
			for _, e := range observed[backend.Name].Endpoints {
				endpoint[e.Key] = true
			}
		}
	}
	for _, member := range live {
		if _, found := wanted[member.Key]; found || !Owned(member) {
			continue
		}
		if _, known := named[BackendOf(member)]; !known || endpoint[member.Key] {
			want = append(want, member.Wanted())
		}
	}
	ltm.SortMembers(want)
	return want
}

// compare tells what somebody has changed of members with our mark since they were
// left. What is as it must be is no drift: somebody else, as an apply, was faster.
func (s *followSync) compare(want []ltm.Member) {
	if s.left == nil {
		return
	}
	left, live, wanted := membersByKey(s.left.Members), membersByKey(s.now.Members), membersByKey(want)
	s.left, s.report.Compared = nil, true
	for key, was := range left {
		if !Owned(was) {
			continue
		}
		now, there := live[key]
		must, is := wanted[key]
		switch {
		case !there && is:
			s.drift[key] = DriftMissing
		case there && !alike(was, now) && (!is || !alike(must, now)):
			s.drift[key] = DriftChanged
		}
	}
	for key, now := range live {
		was, known := left[key]
		must, is := wanted[key]
		switch {
		case !Owned(now) || known && Owned(was) || is && alike(must, now):
		case is:
			s.drift[key] = DriftChanged
		default:
			s.drift[key] = DriftExtra
		}
	}
}

// told is the report in the end.
func (s *followSync) told() FollowReport {
	for _, key := range slices.SortedFunc(maps.Keys(s.drift), ltm.MemberKey.Compare) {
		s.report.Drift = append(s.report.Drift, Drift{Key: key, Kind: s.drift[key]})
	}
	if s.report.Bound {
		s.report.Pool = s.live
	}
	return s.report
}

// alike compares what is wanted of members, whatever the device calls them.
func alike(a, b ltm.Member) bool {
	a.Name, b.Name = "", ""
	return a.Wanted() == b.Wanted()
}

func membersByKey(members []ltm.Member) map[ltm.MemberKey]ltm.Member {
	found := make(map[ltm.MemberKey]ltm.Member, len(members))
	for _, member := range members {
		found[member.Key] = member
	}
	return found
}
