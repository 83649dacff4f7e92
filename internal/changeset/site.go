package changeset

import (
	"cmp"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// SiteChange turns the objects of a live site into those of a desired one. Lists are
// sorted by path. The zero SiteChange changes nothing.
type SiteChange struct {
	Certificates Objects[ltm.Certificate] `json:"certificates,omitzero"`
	ClientSSL    Objects[ltm.ClientSSL]   `json:"client_ssl,omitzero"`
	HTTPProfiles Objects[ltm.HTTPProfile] `json:"http_profiles,omitzero"`
	IRules       Objects[ltm.IRule]       `json:"irules,omitzero"`
	Monitors     Objects[ltm.Monitor]     `json:"monitors,omitzero"` // without passwords
	// Pools are created and deleted with their members. Of a pool that stays only the
	// settings are compared: its members are those of a run of its own.
	Pools          Objects[ltm.Pool]          `json:"pools,omitzero"`
	Policies       Objects[ltm.Policy]        `json:"policies,omitzero"`
	VirtualServers Objects[ltm.VirtualServer] `json:"virtual_servers,omitzero"`
}

// Objects are the changes of one kind of object.
type Objects[T any] struct {
	Create []T           `json:"create,omitempty"`
	Modify []Modified[T] `json:"modify,omitempty"`
	Delete []T           `json:"delete,omitempty"` // as they are now
}

// Modified is one object that stays and changes.
type Modified[T any] struct {
	From T `json:"from"`
	To   T `json:"to"`
	// Fields are the JSON names in T that differ, sorted.
	Fields []string `json:"fields"`
}

// Empty tells that o changes nothing.
func (o Objects[T]) Empty() bool { return len(o.Create)+len(o.Modify)+len(o.Delete) == 0 }

// Empty tells that c changes nothing.
func (c SiteChange) Empty() bool {
	return c.Certificates.Empty() && c.ClientSSL.Empty() && c.HTTPProfiles.Empty() && c.IRules.Empty() &&
		c.Monitors.Empty() && c.Pools.Empty() && c.Policies.Empty() && c.VirtualServers.Empty()
}

// ComputeSite returns what turns live into desired. What live has and desired has not
// is deleted: live must have no more than what may be.
func ComputeSite(desired, live ltm.Site) SiteChange {
	desired, live = desired.Canonical(), live.Canonical()
	return SiteChange{
		Certificates: compare(desired.Certificates, live.Certificates, func(c ltm.Certificate) ltm.Path { return c.Path }, differing[ltm.Certificate]),
		ClientSSL:    compare(desired.ClientSSL, live.ClientSSL, func(p ltm.ClientSSL) ltm.Path { return p.Path }, differing[ltm.ClientSSL]),
		HTTPProfiles: compare(desired.HTTPProfiles, live.HTTPProfiles, func(p ltm.HTTPProfile) ltm.Path { return p.Path }, differing[ltm.HTTPProfile]),
		IRules:       compare(desired.IRules, live.IRules, func(r ltm.IRule) ltm.Path { return r.Path }, differing[ltm.IRule]),
		Monitors: compare(desired.Monitors, live.Monitors, ltm.Monitor.Ref,
			func(from, to ltm.Monitor) []string { return ComputeMonitor(to, from).Fields }),
		Pools:    compare(desired.Pools, live.Pools, func(p ltm.Pool) ltm.Path { return p.Path }, differingSettings),
		Policies: compare(desired.Policies, live.Policies, func(p ltm.Policy) ltm.Path { return p.Path }, differing[ltm.Policy]),
		VirtualServers: compare(desired.VirtualServers, live.VirtualServers, func(v ltm.VirtualServer) ltm.Path { return v.Path },
			func(from, to ltm.VirtualServer) []string { return ComputeVirtualServer(to, from).Fields }),
	}
}

// compare compares two sorted lists of objects.
func compare[T any, N interface{ Compare(other N) int }](desired, live []T, path func(T) N, fields func(from, to T) []string) Objects[T] {
	var o Objects[T]
	find := func(list []T, wanted N) (int, bool) {
		return slices.BinarySearchFunc(list, wanted, func(object T, p N) int { return path(object).Compare(p) })
	}
	for _, to := range desired {
		at, found := find(live, path(to))
		if !found {
			o.Create = append(o.Create, to)
			continue
		}
		if names := fields(live[at], to); len(names) > 0 {
			o.Modify = append(o.Modify, Modified[T]{From: live[at], To: to, Fields: names})
		}
	}
	for _, from := range live {
		if _, wanted := find(desired, path(from)); !wanted {
			o.Delete = append(o.Delete, from)
		}
	}
	return o
}

// PoolChange is what a modified pool of a SiteChange changes: settings alone.
func PoolChange(m Modified[ltm.Pool]) ChangeSet {
	to := m.To
	to.Members = m.From.Members
	return Compute(to, m.From)
}

func differingSettings(from, to ltm.Pool) []string {
	var names []string
	for _, s := range PoolChange(Modified[ltm.Pool]{From: from, To: to}).Settings {
		names = append(names, s.Name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}

// Only are the changes of the objects that want says so of.
func (o Objects[T]) Only(want func(T) bool) Objects[T] {
	var only Objects[T]
	for _, object := range o.Create {
		if want(object) {
			only.Create = append(only.Create, object)
		}
	}
	for _, m := range o.Modify {
		if want(m.To) {
			only.Modify = append(only.Modify, m)
		}
	}
	for _, object := range o.Delete {
		if want(object) {
			only.Delete = append(only.Delete, object)
		}
	}
	return only
}

// Before are the objects that c modifies or deletes, as they were.
func (c SiteChange) Before() ltm.Site {
	return ltm.Site{
		Certificates: c.Certificates.before(), ClientSSL: c.ClientSSL.before(), HTTPProfiles: c.HTTPProfiles.before(), IRules: c.IRules.before(),
		Monitors: c.Monitors.before(), Pools: c.Pools.before(), Policies: c.Policies.before(), VirtualServers: c.VirtualServers.before(),
	}.Canonical()
}

// After are the objects that c creates or modifies, as they become.
func (c SiteChange) After() ltm.Site {
	return ltm.Site{
		Certificates: c.Certificates.after(), ClientSSL: c.ClientSSL.after(), HTTPProfiles: c.HTTPProfiles.after(), IRules: c.IRules.after(),
		Monitors: c.Monitors.after(), Pools: c.Pools.after(), Policies: c.Policies.after(), VirtualServers: c.VirtualServers.after(),
	}.Canonical()
}

func (o Objects[T]) before() []T {
	objects := slices.Clone(o.Delete)
	for _, m := range o.Modify {
		objects = append(objects, m.From)
	}
	return objects
}

func (o Objects[T]) after() []T {
	objects := slices.Clone(o.Create)
	for _, m := range o.Modify {
		objects = append(objects, m.To)
	}
	return objects
}
