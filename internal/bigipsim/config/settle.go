package config

import (
	"slices"
	"strconv"
	"strings"
)

// settle does what the device does by itself after the commands: complete
// references, give a virtual server without profiles fastL4, make and remove
// virtual addresses.
func (c *Candidate) settle() {
	for _, key := range c.changedKeys() {
		o := c.tables[key.t].Find(key.path)
		if o == nil {
			continue
		}
		if o = c.settleReferences(o); key.t.Path == "ltm/virtual" {
			c.settleProfiles(o)
		}
	}
	if c.addresses {
		c.settleAddresses()
	}
	if c.names != nil && c.namesTouched() {
		c.settleNames()
	}
}

// namesTouched says whether anything changed that ephemeral nodes and members
// follow from.
func (c *Candidate) namesTouched() bool {
	for key := range c.changed {
		if key.t.Path == "ltm/node" || key.t.Path == "ltm/pool" || key.t.Path == "auth/partition" {
			return true
		}
	}
	return false
}

// changedKeys are sorted, so that messages do not depend on map order.
func (c *Candidate) changedKeys() []objectKey {
	keys := make([]objectKey, 0, len(c.changed))
	for key := range c.changed {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b objectKey) int {
		if a.t != b.t {
			return strings.Compare(a.t.Path, b.t.Path)
		}
		return strings.Compare(a.path, b.path)
	})
	return keys
}

// settleReferences turns bare names into paths.
func (c *Candidate) settleReferences(o *Object) *Object {
	settled := Values{}
	for _, f := range o.Type.Fields {
		switch v := o.Set[f.Name].(type) {
		case string:
			if f.Kind == Ref && !strings.HasPrefix(v, "/") || f.Kind == Persist && !strings.HasPrefix(v, "/") {
				settled[f.Name] = c.resolve(o.Path, c.fieldTargets(f), v)
			}
		case []string:
			if f.Kind != Refs {
				continue
			}
			paths := make([]string, len(v))
			for i, name := range v {
				paths[i] = c.resolve(o.Path, f.Targets, name)
			}
			if !slices.Equal(paths, v) {
				settled[f.Name] = paths
			}
		}
	}
	if len(settled) == 0 {
		return o
	}
	o = o.clone()
	for name, v := range settled {
		o.Set[name] = v
	}
	c.put("", o)
	return o
}

func (c *Candidate) fieldTargets(f *Field) []*Type {
	if f.Kind == Persist {
		return c.Schema.persistence
	}
	return f.Targets
}

// settleProfiles attaches fastL4 where nothing is attached, and derives the
// protocol from the profiles where it is not given (icontrol-rest 3.4).
func (c *Candidate) settleProfiles(o *Object) {
	o = o.clone()
	profiles := c.Schema.mustType("ltm/virtual/profiles")
	if o.Sub("profiles").Len() == 0 {
		fastL4 := &Object{Type: profiles, Path: "/Common/fastL4", Generation: c.Generation, Set: Values{}}
		o.setSub("profiles", Collection{}.with(fastL4))
	}
	if o.Set["ipProtocol"] == nil {
		for _, kind := range []string{"tcp", "udp"} {
			if c.hasProfile(o, "ltm/profile/"+kind) {
				o.Set["ipProtocol"] = kind
			}
		}
	}
	c.put("", o)
}

func (s *State) hasProfile(o *Object, kinds ...string) bool {
	for _, attached := range o.Sub("profiles").Items() {
		if t := s.FindAny(attached.Type.Of, attached.Path); t != nil && slices.Contains(kinds, t.Type.Path) {
			return true
		}
	}
	return false
}

// settleAddresses makes the virtual addresses that virtual servers need, and
// removes those that changed virtual servers needed before and nobody needs now.
func (c *Candidate) settleAddresses() {
	virtuals, addresses := c.Schema.mustType("ltm/virtual"), c.Schema.mustType("ltm/virtual-address")
	used := map[string]bool{}
	for _, o := range c.tables[virtuals].Items() {
		used[addressPath(o.Text("destination"))] = true
	}
	for _, key := range c.changedKeys() {
		if key.t != virtuals {
			continue
		}
		if o := c.tables[virtuals].Find(key.path); o != nil {
			c.makeAddress(addresses, o)
		}
		before := c.base.tables[virtuals].Find(key.path)
		if before == nil {
			continue
		}
		path := addressPath(before.Text("destination"))
		if a := c.tables[addresses].Find(path); a != nil && !used[path] && a.Text("autoDelete") == "true" {
			c.drop("", a)
		}
	}
}

func (c *Candidate) makeAddress(t *Type, virtual *Object) {
	path := addressPath(virtual.Text("destination"))
	if c.tables[t].Find(path) != nil || c.changed[objectKey{t, path}] && c.base.tables[t].Find(path) != nil {
		return
	}
	c.put("", &Object{Type: t, Path: path, Generation: c.Generation, Set: Values{
		"address": displayAddress(Name(path)), "mask": virtual.Get("mask"),
	}})
}

// displayAddress is how a virtual address prints the wildcard addresses.
func displayAddress(host string) string {
	switch host {
	case "0.0.0.0":
		return "any"
	case "::":
		return "any6"
	}
	return host
}

// AddressKey is a member's address and port, as the data plane and the control
// API name it: "10.0.0.1:80", "10.0.0.1%2:80", "[2001:db8::1]:80".
func AddressKey(member *Object) string {
	_, port, _ := SplitMemberName(Name(member.Path))
	address := member.Text("address")
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	return address + ":" + strconv.Itoa(port)
}
