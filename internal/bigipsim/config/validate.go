package config

import (
	"slices"
	"strings"
)

// validate looks at everything that changed, as mcpd does before it commits:
// references lead somewhere, nothing that is used is gone, no two virtual
// servers share a destination.
func (c *Candidate) validate() error {
	var removed []objectKey
	virtuals, parts := false, false
	for _, key := range c.changedKeys() {
		o := c.tables[key.t].Find(key.path)
		if o == nil {
			if c.base.tables[key.t].Find(key.path) != nil {
				removed = append(removed, key)
			}
			continue
		}
		if err := c.checkReferences(o); err != nil {
			return err
		}
		if err := c.checkAncestors(o); err != nil {
			return err
		}
		if key.t.hooks.check != nil {
			if err := key.t.hooks.check(c, o); err != nil {
				return err
			}
		}
		virtuals = virtuals || key.t.Path == "ltm/virtual"
		parts = parts || c.Schema.partOfVirtual(key.t)
	}
	if virtuals {
		if err := c.checkDestinations(); err != nil {
			return err
		}
	}
	if err := c.checkRemoved(removed); err != nil || !parts {
		return err
	}
	return c.checkVirtuals()
}

// partOfVirtual says whether a change of such an object may make a virtual server
// invalid that was valid with it.
func (s *Schema) partOfVirtual(t *Type) bool {
	return t.Path == "ltm/policy" || t.Path == "ltm/rule" || slices.Contains(s.mustType("ltm/virtual/profiles").Of, t)
}

// checkVirtuals looks again at those virtual servers that did not change themselves.
func (c *Candidate) checkVirtuals() error {
	for _, o := range c.tables[c.Schema.mustType("ltm/virtual")].Items() {
		if c.changed[objectKey{o.Type, o.Path}] {
			continue
		}
		if err := checkVirtual(c, o); err != nil {
			return err
		}
	}
	return nil
}

// reference is one object's mention of another.
type reference struct {
	types []*Type
	path  string
	noun  string
}

// word is how a message calls what a reference does not find.
func (r reference) word() string {
	switch r.types[0].Path {
	case keyKind:
		return "key" // F5Networks/terraform-provider-bigip#318
	case certificateKind:
		return "certificate" // inferred
	}
	return r.noun
}

// references are all mentions in an object and in its subcollections.
func (s *State) references(o *Object) []reference {
	var found []reference
	for _, f := range o.Type.Fields {
		switch f.Kind {
		case Ref:
			if path, _ := s.Value(o, f.Name).(string); path != "" && path != "none" {
				found = append(found, reference{f.Targets, path, f.Targets[0].Noun})
			}
		case Refs:
			paths, _ := s.Value(o, f.Name).([]string)
			for _, path := range paths {
				found = append(found, reference{f.Targets, path, f.Targets[0].Noun})
			}
		case Monitor:
			for _, path := range ParseMonitorRule(o.Text(f.Name)).Paths {
				found = append(found, reference{s.Schema.monitors, path, "monitor"})
			}
		case JSON:
			if f.Name == "certKeyChain" {
				found = append(found, s.chainReferences(s.Value(o, f.Name))...)
			}
		case Persist:
			if path := o.Text(f.Name); path != "" {
				found = append(found, reference{s.Schema.persistence, path, "Persistence Profile"})
			}
		}
	}
	if o.Type.Path == "ltm/rule" {
		found = append(found, s.poolsOfRule(o)...)
	}
	if o.Type.Of != nil {
		found = append(found, reference{o.Type.Of, o.Path, o.Type.Of[0].Noun})
	}
	for _, sub := range o.Type.Subs {
		for _, item := range o.Sub(sub.Sub).Items() {
			found = append(found, s.references(item)...)
		}
	}
	return found
}

func (c *Candidate) checkReferences(o *Object) error {
	for _, r := range c.references(o) {
		target := c.FindAny(r.types, r.path)
		switch {
		case target == nil && o.Type.Object == "monitor" && r.noun == o.Type.Noun:
			return badRequest("01070022:3: The monitor template %s was not found", r.path)
		case target == nil && o.Type.Path == "ltm/rule":
			return unknownRulePool(&c.State, o, r.path)
		case target == nil && r.types[0].Path == "ltm/snatpool":
			return badRequest("0107163f:3: Pool (%s) of type (snatpool) doesn't exist.", r.path)
		case target == nil:
			return dangling(r.word(), r.path)
		}
		if !o.Type.NoPartition && !o.Type.IsFolder && !visible(o.Path, r.path) {
			return crossPartition(o.Type.Noun, o.Path, target.Type.Noun, r.path)
		}
	}
	return nil
}

// checkAncestors refuses an object that inherits from itself, be it over others.
func (c *Candidate) checkAncestors(o *Object) error {
	ancestor := o
	for range 32 {
		path, _ := ancestor.Set["defaultsFrom"].(string)
		if path == "" || path == "none" {
			return nil
		}
		if path == o.Path {
			break
		}
		if ancestor = c.tables[o.Type].Find(path); ancestor == nil {
			return nil
		}
	}
	return badRequest("01070734:3: Configuration error: A %s may not default from itself", strings.ToLower(o.Type.Noun))
}

// checkRemoved refuses to remove what others still mention.
func (c *Candidate) checkRemoved(removed []objectKey) error {
	if len(removed) == 0 {
		return nil
	}
	gone := make(map[objectKey]bool, len(removed))
	for _, key := range removed {
		gone[key] = true
	}
	for _, t := range c.Schema.Types {
		for _, o := range c.tables[t].Items() {
			for _, r := range c.references(o) {
				if i := slices.IndexFunc(r.types, func(t *Type) bool { return gone[objectKey{t, r.path}] }); i >= 0 {
					return inUse(r.types[i], r.path, o)
				}
			}
		}
	}
	return c.checkRemovedAddresses(gone)
}

func inUse(t *Type, path string, by *Object) error {
	switch t.Object {
	case "monitor":
		return badRequest("01070083:3: Monitor %s is in use.", path)
	case "snat_pool":
		return badRequest("01070320:3: Snatpool %s is still referenced by a virtual server.", path)
	}
	noun := by.Type.Noun
	if by.Type.Path == "ltm/rule" {
		noun = "Rule"
	}
	return badRequest("01070265:3: The %s (%s) cannot be deleted because it is in use by a %s (%s).", t.Noun, path, noun, by.Path)
}

// checkRemovedAddresses looks for members of removed nodes and virtual servers
// of removed virtual addresses.
func (c *Candidate) checkRemovedAddresses(gone map[objectKey]bool) error {
	nodes := c.nodeType()
	for _, pool := range c.tables[c.Schema.mustType("ltm/pool")].Items() {
		for _, member := range pool.Sub("members").Items() {
			name, _, _ := SplitMemberName(Name(member.Path))
			if node := Join(Folder(member.Path), name); gone[objectKey{nodes, node}] {
				return badRequest("01070110:3: Node address '%s' is referenced by a member of pool '%s'.", node, pool.Path)
			}
		}
	}
	addresses := c.Schema.mustType("ltm/virtual-address")
	for _, o := range c.tables[c.Schema.mustType("ltm/virtual")].Items() {
		if path := addressPath(o.Text("destination")); gone[objectKey{addresses, path}] {
			return inUse(addresses, path, o)
		}
	}
	return nil
}

// checkDestinations refuses two virtual servers of the same destination, source,
// protocol and VLANs.
func (c *Candidate) checkDestinations() error {
	first := map[string]string{}
	for _, o := range c.tables[c.Schema.mustType("ltm/virtual")].Items() {
		vlans, _ := o.Get("vlans").([]string)
		vlans = slices.Sorted(slices.Values(vlans))
		address := c.tables[c.Schema.mustType("ltm/virtual-address")].Find(addressPath(o.Text("destination")))
		host := destinationHost(o.Text("destination"))
		if address != nil {
			host = address.Text("address")
		}
		_, port, _ := SplitMemberName(Name(o.Text("destination")))
		key := strings.Join([]string{
			MemberName(host, port), o.Text("mask"), o.Text("source"), o.Text("ipProtocol"), strings.Join(vlans, " "),
		}, "|")
		other, taken := first[key]
		if !taken {
			first[key] = o.Path
			continue
		}
		// The one that was there before is the one that is shared with.
		shares, with := o.Path, other
		if c.base.tables[o.Type].Find(o.Path) != nil && c.base.tables[o.Type].Find(other) == nil {
			shares, with = other, o.Path
		}
		return badRequest("01070333:3: Virtual Server %s illegally shares destination address, source address, service port, ip-protocol, and vlan with Virtual Server %s.", shares, with)
	}
	return nil
}

// onStream are the kinds of profiles that need a tcp profile below them.
var onStream = []string{
	"ltm/profile/http", "ltm/profile/http2", "ltm/profile/websocket", "ltm/profile/one-connect",
	"ltm/profile/client-ssl", "ltm/profile/server-ssl",
}

// checkVirtual holds profiles and protocol together (icontrol-rest 3.4).
func checkVirtual(c *Candidate, o *Object) error {
	tcp, udp, fast := c.hasProfile(o, "ltm/profile/tcp"), c.hasProfile(o, "ltm/profile/udp"), c.hasProfile(o, "ltm/profile/fastl4")
	protocol := o.Text("ipProtocol")
	switch {
	case c.hasProfile(o, onStream...) && !tcp,
		fast && (tcp || udp),
		tcp && protocol != "tcp",
		udp && protocol != "udp":
		return badRequest("01070096:3: Virtual server %s lists profiles incompatible with its protocol.", o.Path)
	}
	seen := map[string]bool{}
	for _, attached := range o.Sub("profiles").Items() {
		t := c.FindAny(attached.Type.Of, attached.Path).Type
		if t.Path == "ltm/profile/client-ssl" || t.Path == "ltm/profile/server-ssl" {
			continue // several, told apart by server name
		}
		for _, side := range sides(attached.Text("context")) {
			if seen[t.Path+side] {
				return badRequest("01070097:3: Virtual server %s lists duplicate profiles.", o.Path)
			}
			seen[t.Path+side] = true
		}
	}
	if c.FindAny([]*Type{c.Schema.mustType("ltm/persistence/cookie")}, o.Text("persist")) != nil && !c.hasProfile(o, "ltm/profile/http") {
		return badRequest("01070309:3: Cookie persistence requires an HTTP or FastHTTP profile to be associated with the virtual server.")
	}
	if err := c.checkSNIDefault(o); err != nil {
		return err
	}
	if err := c.checkPolicies(o); err != nil {
		return err
	}
	return c.checkRuleEvents(o)
}

func sides(context string) []string {
	if context == "all" {
		return []string{"clientside", "serverside"}
	}
	return []string{context}
}
