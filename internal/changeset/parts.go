package changeset

import (
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// The parts of a change set, in the order in which they are written. Each is
// computed from what the last one left: a member that Prepare adds quietly is
// an addition in the first change set and a modification in the next.
//
//	Prepare   settings that move no traffic; adds             nothing is taken away
//	Warm      forced-offline members that will serve -> disabled, so that monitors probe them
//	Shift     all modifications; settings that move traffic   one write moves the traffic
//	Retire    members that are to be removed -> no new client
//	Removal   removes                                         nobody misses them

// Prepare is what can be written before the traffic moves. If quiet, members
// that are to be enabled are added disabled, so that they get no traffic yet.
func (c ChangeSet) Prepare(quiet bool) ChangeSet {
	part := ChangeSet{Pool: c.Pool, Settings: c.settings(false)}
	for _, member := range c.Add {
		if quiet && member.Session == ltm.Enabled {
			member.Session = ltm.Disabled
		}
		part.Add = append(part.Add, member)
	}
	return part
}

// Warm lets the device probe the members that are forced offline and are to be
// enabled: it runs no monitor on them before (icontrol-rest 4.5, "the monitor
// decides afterwards"), so that no gate could ever open for them. Disabled they
// get no new client.
func (c ChangeSet) Warm() []MemberChange {
	var changes []MemberChange
	for _, change := range c.Modify {
		if change.From.Session == ltm.ForcedOffline && change.To.Session == ltm.Enabled {
			to := change.From.Wanted()
			to.Name, to.Session = change.From.Name, ltm.Disabled
			changes = append(changes, MemberChange{From: change.From, To: to})
		}
	}
	return changes
}

// Shift is what moves the traffic. Leave says what becomes, in the same write, of
// the members that are to be removed, so that they get nothing new from then on;
// nil leaves them as they are.
func (c ChangeSet) Shift(leave func(ltm.Member) ltm.Session) ChangeSet {
	part := ChangeSet{Pool: c.Pool, Settings: c.settings(true)}
	part.Modify = append(part.Modify, c.Modify...)
	if leave != nil {
		part.Modify = append(part.Modify, c.Retire(leave).Modify...)
	}
	sortChanges(part.Modify)
	return part
}

// Retire takes new clients from the members that are to be removed, as leave
// says. It never gives any back.
func (c ChangeSet) Retire(leave func(ltm.Member) ltm.Session) ChangeSet {
	part := ChangeSet{Pool: c.Pool}
	for _, member := range c.Remove {
		session := leave(member)
		if slices.Index(ltm.Sessions(), session) <= slices.Index(ltm.Sessions(), member.Session) {
			continue
		}
		to := member.Wanted()
		to.Name, to.Session = member.Name, session
		part.Modify = append(part.Modify, MemberChange{From: member, To: to})
	}
	return part
}

// Removal is what is taken off the device in the end.
func (c ChangeSet) Removal() ChangeSet {
	return ChangeSet{Pool: c.Pool, Remove: c.Remove}
}

// Moves tells that c changes who gets how much among the members that stay: then
// what is added must get nothing before the shift, or no share is right between.
func (c ChangeSet) Moves() bool {
	for _, s := range c.Settings {
		if shifts(s) && s.Name != "description" {
			return true
		}
	}
	for _, change := range c.Modify {
		from, to := change.From, change.To
		if from.Ratio != to.Ratio || from.Session != to.Session || from.PriorityGroup != to.PriorityGroup {
			return true
		}
	}
	return false
}

// settings are those that move traffic, or those that do not.
func (c ChangeSet) settings(moving bool) []Setting {
	var result []Setting
	for _, s := range c.Settings {
		if shifts(s) == moving {
			result = append(result, s)
		}
	}
	return result
}
