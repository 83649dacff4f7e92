package changeset

import (
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Compute returns what turns live into desired. Members may come in any order;
// each key must be there once.
func Compute(desired, live ltm.Pool) ChangeSet {
	c := ChangeSet{Pool: desired.Path}
	for _, s := range settings() {
		if from, to := s.get(live), s.get(desired); !sameSetting(from, to) {
			c.Settings = append(c.Settings, Setting{Name: s.name, From: from, To: to})
		}
	}
	have := byKey(live.Members)
	for _, member := range desired.Members {
		now, found := have[member.Key]
		delete(have, member.Key)
		switch {
		case !found:
			c.Add = append(c.Add, member.Wanted())
		case differ(member, *now):
			c.Modify = append(c.Modify, MemberChange{From: *now, To: named(member, *now)})
		}
	}
	for _, member := range live.Members {
		if _, left := have[member.Key]; left {
			c.Remove = append(c.Remove, member)
		}
	}
	ltm.SortMembers(c.Add)
	sortChanges(c.Modify)
	ltm.SortMembers(c.Remove)
	return c
}

// Apply returns what live becomes: a value of its own, members sorted. Members
// that stay keep what is observed of them.
func (c ChangeSet) Apply(live ltm.Pool) ltm.Pool {
	for _, s := range settings() {
		for _, change := range c.Settings {
			if change.Name == s.name {
				s.set(&live, change.To)
			}
		}
	}
	members := byKey(live.Members)
	for _, member := range c.Remove {
		delete(members, member.Key)
	}
	for _, member := range c.Add {
		members[member.Key] = &member
	}
	for _, change := range c.Modify {
		if now, found := members[change.To.Key]; found {
			to := change.To
			to.Health = now.Health
			members[to.Key] = &to
		}
	}
	live.Members = make([]ltm.Member, 0, len(members))
	for _, member := range members {
		live.Members = append(live.Members, *member)
	}
	ltm.SortMembers(live.Members)
	return live
}

// Empty tells that c changes nothing.
func (c ChangeSet) Empty() bool {
	return len(c.Settings)+len(c.Add)+len(c.Modify)+len(c.Remove) == 0
}

// byKey points into members: a map of the members themselves is an allocation each.
func byKey(members []ltm.Member) map[ltm.MemberKey]*ltm.Member {
	result := make(map[ltm.MemberKey]*ltm.Member, len(members))
	for i := range members {
		result[members[i].Key] = &members[i]
	}
	return result
}

// differ compares what is wanted of a member with what it is.
func differ(desired, live ltm.Member) bool {
	return named(desired, live).Wanted() != live.Wanted()
}

// named is the desired member under the name that it has on the device.
func named(desired, live ltm.Member) ltm.Member {
	desired = desired.Wanted()
	desired.Name = live.Name
	return desired
}

func sortChanges(changes []MemberChange) {
	slices.SortFunc(changes, func(a, b MemberChange) int { return a.To.Key.Compare(b.To.Key) })
}
