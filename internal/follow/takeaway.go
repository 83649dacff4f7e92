package follow

import (
	"cmp"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// takeaway is a member that is enabled, and is to be it no more.
type takeaway struct {
	ltm.Member
	state endpoints.State // of its endpoint; "" if that is gone
	ends  bool            // its endpoint terminates, and has ceased to serve
	since time.Time       // it has been wanted
}

// sure tells that somebody has said so: its endpoint terminates, or it is ready
// and its backend has no share.
func (a takeaway) sure() bool {
	return a.state == endpoints.Ready || a.state == endpoints.Draining || a.ends
}

// nodes notes when nodes are ready again. What the cluster says of pods comes after
// what it says of their nodes.
func (t *turn) nodes() {
	if t.NoNode && !t.NoNodeReady {
		t.NodesBack = t.now
	}
	t.NoNode = t.NoNodeReady
}

// hold tells which takeaways are held, sorted by key, where so many members are
// enabled in the end. ask tells that the owners may know better.
func (t *turn) hold(change changeset.ChangeSet, stay int) (held []Held, ask bool) {
	takeaways := t.takeaways(change)
	failed := t.failed(takeaways)
	if len(takeaways) == 0 || t.Zero {
		return nil, false
	}
	all := stay + len(takeaways)
	many := t.many(takeaways, failed, all)
	held, free := divide(takeaways, func(a takeaway) (Reason, time.Time) { return t.doubt(a, many) })
	if stay+len(held) == 0 {
		held, free = divide(free, t.last)
	}
	slices.SortFunc(free, compareWorth)
	for _, a := range free[:max(0, min(t.Min, all)-stay-len(held))] {
		held = append(held, Held{Key: a.Key, Reason: Minimum, Since: a.since})
	}
	slices.SortFunc(held, func(a, b Held) int { return a.Key.Compare(b.Key) })
	t.fail(takeaways, held)
	return held, stay == 0 && len(held) > 0
}

// divide parts the takeaways that there is a reason to hold from the others.
func divide(takeaways []takeaway, why func(takeaway) (Reason, time.Time)) (held []Held, free []takeaway) {
	for _, a := range takeaways {
		if reason, until := why(a); reason != "" {
			held = append(held, Held{Key: a.Key, Reason: reason, Since: a.since, Until: until})
		} else {
			free = append(free, a)
		}
	}
	return held, free
}

// takeaways finds them in what is to change, and remembers since when each of them
// has been wanted.
func (t *turn) takeaways(change changeset.ChangeSet) []takeaway {
	before := t.Wanted
	t.Wanted = nil
	var result []takeaway
	add := func(m ltm.Member) {
		since, known := before[m.Key]
		if !known {
			since = t.now
		}
		if t.Wanted == nil {
			t.Wanted = map[ltm.MemberKey]time.Time{}
		}
		t.Wanted[m.Key] = since
		result = append(result, takeaway{Member: m, state: t.Endpoint[m.Key], ends: t.Ending[m.Key], since: since})
	}
	for _, c := range change.Modify {
		if c.From.Session == ltm.Enabled && c.To.Session != ltm.Enabled {
			add(c.From)
		}
	}
	for _, m := range change.Remove {
		if m.Session == ltm.Enabled {
			add(m)
		}
	}
	return result
}

// failed counts the members that were taken away within the last Hold because their
// endpoints were not ready, and still are not. It forgets the others.
func (t *turn) failed(takeaways []takeaway) int {
	before, again := t.Failed, map[ltm.MemberKey]bool{}
	for _, a := range takeaways {
		again[a.Key] = true
	}
	t.Failed = nil
	for key, at := range before {
		if t.Endpoint[key] == endpoints.NotReady && !t.Ending[key] && !again[key] && t.now.Before(at.Add(t.Hold)) {
			t.fails(key, at)
		}
	}
	return len(t.Failed)
}

func (t *turn) fails(key ltm.MemberKey, at time.Time) {
	if t.Failed == nil {
		t.Failed = map[ltm.MemberKey]time.Time{}
	}
	t.Failed[key] = at
}

// fail remembers the takeaways that are not held, of endpoints that are not ready.
func (t *turn) fail(takeaways []takeaway, held []Held) {
	for _, a := range takeaways {
		isHeld := slices.ContainsFunc(held, func(h Held) bool { return h.Key == a.Key })
		if !a.sure() && a.state == endpoints.NotReady && !isHeld {
			t.fails(a.Key, t.now)
		}
	}
}

// many tells that more than MaxDisablePercent of all would go that nobody has said
// a word about, with those that have just gone for the same reason: failures that
// come one by one leave nobody in the end, as those do that come together.
func (t *turn) many(takeaways []takeaway, failed, all int) bool {
	doubtful := failed
	for _, a := range takeaways {
		if !a.sure() {
			doubtful++
		}
	}
	return 100*doubtful > t.MaxDisablePercent*(all+failed)
}

// doubt is the reason that holds a takeaway longest, "" if none does, apart from
// those that look at who is left.
func (t *turn) doubt(a takeaway, many bool) (reason Reason, until time.Time) {
	if a.sure() {
		return "", time.Time{}
	}
	if t.NoNodeReady {
		return NoNode, time.Time{}
	}
	consider := func(why Reason, from time.Time) {
		if end := from.Add(t.Hold); !from.IsZero() && end.After(t.now) && end.After(until) {
			reason, until = why, end
		}
	}
	consider(NoNode, t.NodesBack)
	consider(WatchBroke, t.WatchBroke)
	if a.state == "" {
		consider(SliceLost, t.Lost[a.Key])
	}
	if many {
		consider(Many, a.since)
	}
	return reason, until
}

// last holds a takeaway of those that would leave nobody.
func (t *turn) last(a takeaway) (Reason, time.Time) {
	if end := a.since.Add(t.Hold); end.After(t.now) {
		return Nobody, end
	}
	return "", time.Time{}
}

// compareWorth orders by who is missed most: first those whose endpoints serve,
// last those whose endpoints are gone; of the same those that the device called up.
func compareWorth(a, b takeaway) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(downs(a), downs(b)), a.Key.Compare(b.Key))
}

// downs is 1 for a member that the device would give nothing.
func downs(a takeaway) int {
	if a.Available() {
		return 0
	}
	return 1
}

func rank(a takeaway) int {
	return slices.Index([]endpoints.State{endpoints.Ready, endpoints.Draining, endpoints.NotReady, ""}, a.state)
}
