package changeset

import (
	"cmp"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Policy trims a change set of a live pool. A policy only takes away, so that
// policies can be chained in any order.
type Policy func(c ChangeSet, live ltm.Pool) ChangeSet

// OwnedOnly leaves members alone that are not owned: they are neither modified
// nor removed. A member that is added is owned by definition.
func OwnedOnly(owned func(ltm.Member) bool) Policy {
	return func(c ChangeSet, _ ltm.Pool) ChangeSet {
		c.Modify = keep(c.Modify, func(change MemberChange) bool { return owned(change.From) })
		c.Remove = keep(c.Remove, owned)
		return c
	}
}

// Floor holds back as many removals and disablings as it takes to leave least
// members enabled, or as many as there are now if that is fewer. Those that
// serve are held first.
func Floor(least int) Policy {
	return func(c ChangeSet, live ltm.Pool) ChangeSet {
		missing := min(least, enabled(live)) - enabled(c.Apply(live))
		if missing <= 0 {
			return c
		}
		hold := map[ltm.MemberKey]bool{}
		for _, member := range losing(c) {
			if len(hold) < missing {
				hold[member.Key] = true
			}
		}
		c.Modify = keep(c.Modify, func(change MemberChange) bool { return !hold[change.To.Key] })
		c.Remove = keep(c.Remove, func(member ltm.Member) bool { return !hold[member.Key] })
		return c
	}
}

// losing are the enabled members that c disables or removes: those that serve
// before the others, then by key.
func losing(c ChangeSet) []ltm.Member {
	var result []ltm.Member
	for _, change := range c.Modify {
		if change.From.Session == ltm.Enabled && change.To.Session != ltm.Enabled {
			result = append(result, change.From)
		}
	}
	for _, member := range c.Remove {
		if member.Session == ltm.Enabled {
			result = append(result, member)
		}
	}
	slices.SortFunc(result, func(a, b ltm.Member) int {
		return cmp.Or(serving(b)-serving(a), a.Key.Compare(b.Key))
	})
	return result
}

func serving(m ltm.Member) int {
	if m.Serving() {
		return 1
	}
	return 0
}

func enabled(pool ltm.Pool) int {
	count := 0
	for _, member := range pool.Members {
		if member.Session == ltm.Enabled {
			count++
		}
	}
	return count
}

// keep returns the items that f accepts, in a list of its own.
func keep[T any](items []T, f func(T) bool) []T {
	var result []T
	for _, item := range items {
		if f(item) {
			result = append(result, item)
		}
	}
	return result
}
