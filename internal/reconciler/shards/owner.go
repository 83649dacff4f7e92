package shards

import (
	"hash/fnv"
	"slices"
	"time"
)

// Owner is the replica that a partition belongs to, "" if there is none: the one
// with the highest hash of both names. The order of replicas does not matter.
func Owner(partition string, replicas []string) string {
	var owner string
	var highest uint64
	for _, replica := range replicas {
		hash := mixed(partition, replica)
		if owner == "" || hash > highest || hash == highest && replica < owner {
			owner, highest = replica, hash
		}
	}
	return owner
}

// mixed hashes both names. FNV alone is too alike for names that differ at their
// ends only; the last steps, of MurmurHash3, spread it.
func mixed(partition, replica string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(replica + "\x00" + partition)) // never fails
	h := hash.Sum64()
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// lease is what is known of a Lease.
type lease struct {
	name       string
	holder     string // "" = nobody
	partitions []string
	member     bool          // of a replica, which holder names
	duration   time.Duration // how long it lasts after a renewal
	renewed    string        // what changes with each renewal
	seen       time.Time     // when renewed or holder were seen to change, by our clock
}

// lives tells that somebody holds it.
func (l lease) lives(now time.Time) bool {
	return l.holder != "" && now.Before(l.seen.Add(l.duration))
}

// view is what one replica sees.
type view struct {
	self       string
	partitions []string         // that it serves
	leases     map[string]lease // of all replicas and partitions, by name
	nameOf     func(partition string) string
	held       map[string]bool // partitions that it works on
}

// decision is what a replica does next. The lists are sorted.
type decision struct {
	take []string // partitions whose Lease it takes
	keep []string // those that it holds, and goes on with
	give []string // those that it gives up
}

// next decides. wake is when to look again if nothing changes: when the first
// Lease of others ends. Zero is never.
func (v view) next(now time.Time) (d decision, wake time.Time) {
	soonest := func(at time.Time) {
		if wake.IsZero() || at.Before(wake) {
			wake = at
		}
	}
	for _, l := range v.leases {
		if l.lives(now) && l.holder != v.self {
			soonest(l.seen.Add(l.duration))
		}
	}
	for _, partition := range v.partitions {
		mine := Owner(partition, v.replicas(partition, now)) == v.self
		l := v.leases[v.nameOf(partition)]
		switch {
		case v.held[partition] && (!mine || l.holder != "" && l.holder != v.self):
			d.give = append(d.give, partition)
		case v.held[partition]:
			d.keep = append(d.keep, partition)
		case mine && (!l.lives(now) || l.holder == v.self):
			d.take = append(d.take, partition)
		}
	}
	slices.Sort(d.take)
	slices.Sort(d.keep)
	slices.Sort(d.give)
	return d, wake
}

// replicas are those that live and serve a partition, this one included.
func (v view) replicas(partition string, now time.Time) []string {
	all := []string{v.self}
	for _, l := range v.leases {
		if l.member && l.holder != v.self && l.lives(now) && slices.Contains(l.partitions, partition) {
			all = append(all, l.holder)
		}
	}
	return all
}
