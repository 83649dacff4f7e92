package config

import (
	"reflect"
	"slices"
	"strings"
)

// trusted is what the devices of a trust domain share at once and always
// (device_trust_group); local is what belongs to one device. Everything else is
// for config sync (icontrol-rest 9). Which kinds of net are local is inferred:
// what has an address or an interface of the device is.
const trusted = "cm/device-group"

var local = []string{
	"cm", "net/vlan", "net/self", "net/interface", "net/trunk", "net/route", "net/tunnels", "net/fdb", "net/arp",
	"sys/provision", "sys/global-settings", "sys/management-ip", "sys/management-route", "sys/db", "sys/dns", "sys/ntp", "sys/license",
}

// Part is a part of a configuration, to be compared with that of another device
// and to be taken over by it. Both devices must have one schema (DB.Twin).
type Part struct {
	tables map[*Type][]*Object
	reach  func(*State, *Object) bool // what of a kind belongs to the part
}

// Synced is what config sync carries: the objects in folders that have a device
// group.
func (s *State) Synced() Part {
	return s.part(func(path string) bool {
		return !slices.ContainsFunc(local, func(l string) bool { return path == l || strings.HasPrefix(path, l+"/") })
	}, (*State).grouped)
}

// Trusted is what the trust domain shares.
func (s *State) Trusted() Part {
	return s.part(func(path string) bool { return path == trusted }, func(*State, *Object) bool { return true })
}

func (s *State) part(has func(path string) bool, reach func(*State, *Object) bool) Part {
	p := Part{tables: map[*Type][]*Object{}, reach: reach}
	for _, t := range s.Schema.Types {
		if t.Parent != nil || !has(t.Path) {
			continue
		}
		kept := []*Object{}
		for _, o := range s.tables[t].Items() {
			if own := o.durable(); own != nil && reach(s, o) {
				kept = append(kept, own)
			}
		}
		p.tables[t] = kept
	}
	return p
}

// grouped says whether an object is in a folder with a device group.
func (s *State) grouped(o *Object) bool {
	if o.Type.NoPartition {
		return true
	}
	path := Folder(o.Path)
	if o.Type.IsFolder {
		path = o.Path
	}
	folder := s.tables[s.Schema.mustType("sys/folder")].Find(path)
	return folder != nil && s.Value(folder, "deviceGroup") != "none"
}

// Same says whether two parts have the same objects.
func (p Part) Same(other Part) bool {
	for t, objects := range p.tables {
		if !slices.EqualFunc(objects, other.tables[t], func(a, b *Object) bool { return a == b || reflect.DeepEqual(a, b) }) {
			return false
		}
	}
	return len(p.tables) == len(other.tables)
}

// Adopt replaces a part of the configuration by that of another device, if it is
// valid here.
func (db *DB) Adopt(part Part) error {
	db.writer <- struct{}{}
	defer func() { <-db.writer }()
	c := newCandidate(db.State(), Actor{Metadata: true}, db.options.Now())
	for t, objects := range part.tables {
		before := c.tables[t]
		kept := []*Object{}
		for _, o := range before.Items() {
			if part.reach(&c.State, o) {
				c.touch(t, o.Path)
			} else {
				kept = append(kept, o)
			}
		}
		for _, o := range objects {
			c.touch(t, o.Path)
		}
		c.tables[t] = Collection{}.withAll(kept).withAll(objects)
	}
	c.settleNames()
	if err := c.validate(); err != nil {
		return err
	}
	db.commit(c.State)
	return nil
}

// Twin is the database of another device that has the same schema and came out
// of the same factory. Of the options, Version and Users are those of db.
func (db *DB) Twin(options Options) (*DB, error) {
	options.Version, options.Users = db.options.Version, db.options.Users
	return newDB(options, db.factory)
}
