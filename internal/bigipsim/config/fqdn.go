package config

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
)

// Nodes and members may stand for a name instead of an address (icontrol-rest 3.2,
// 3.3, 4.1). Such a template carries no traffic. What its name resolves to does:
//
//	node www.example.com ──DNS──▶ nodes _auto_192.0.2.1, _auto_192.0.2.2 (ephemeral)
//	member www.example.com:80 ──▶ members _auto_192.0.2.1:80, …         (ephemeral)
//
// The device makes and removes them by itself; nobody else can change them, and
// neither a saved configuration nor config sync has them. DNS is a table here,
// and its answers count at once, not after the node's interval.

// Names is what DNS answers: the addresses of a name. A name that is not in it
// gets no answer.
type Names map[string][]string

// autoPrefix begins the name of what is made for a name.
const autoPrefix = "_auto_"

// merged is a table with entries added, replaced, or, where they are nil, removed.
func (n Names) merged(entries map[string][]string) (Names, error) {
	all := Names{}
	maps.Copy(all, n)
	for name, addresses := range entries {
		name = dnsName(name)
		if name == "" || strings.ContainsAny(name, "/: ") {
			return nil, fmt.Errorf("%q is no name", name)
		}
		for _, address := range addresses {
			if ip, err := netip.ParseAddr(address); err != nil || ip.Zone() != "" {
				return nil, fmt.Errorf("%s: %q is no IP address", name, address)
			}
		}
		if all[name] = slices.Clone(addresses); addresses == nil {
			delete(all, name)
		}
	}
	return all, nil
}

func dnsName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// SetNames changes what DNS answers, and with it the ephemeral nodes and members.
// Entries are merged; nil removes one. An address that is none is an error.
func (db *DB) SetNames(entries map[string][]string) error {
	db.writer <- struct{}{}
	defer func() { <-db.writer }()
	base := db.State()
	names, err := base.names.merged(entries)
	if err != nil {
		return err
	}
	c := newCandidate(base, Actor{Metadata: true}, db.options.Now())
	c.names = names
	c.settleNames()
	if err := c.validate(); err != nil {
		return err
	}
	if len(c.changed) == 0 {
		c.Generation = base.Generation
	}
	db.commit(c.State)
	return nil
}

// IsTemplate says whether a node or member stands for a name.
func (o *Object) IsTemplate() bool { return o.Text("fqdn.tmName") != "" && !o.IsEphemeral() }

// IsEphemeral says whether the device made a node or member for a name.
func (o *Object) IsEphemeral() bool { return o.Text("ephemeral") == "true" }

// Resolution is what became of the name of a template, or of the node of a
// template member: addresses as nodes have them, and the state to read: fqdn-up,
// fqdn-up-no-addr, fqdn-down. Without autopopulate a name has one address.
func (s *State) Resolution(template *Object) (addresses []string, word string) {
	node := template
	if template.Type.Object == poolMember {
		if node = s.Node(template); node == nil {
			return nil, "fqdn-down"
		}
	}
	answer, answered := s.names[dnsName(node.Text("fqdn.tmName"))]
	if !answered {
		return nil, "fqdn-down"
	}
	family := node.Text("fqdn.addressFamily")
	for _, text := range answer {
		six := strings.Contains(text, ":")
		if family == "ipv4" && six || family == "ipv6" && !six {
			continue
		}
		if address, ok := canonicalAddress(text, s.DefaultRouteDomain(Partition(node.Path))); ok && !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	if len(addresses) == 0 {
		return nil, "fqdn-up-no-addr"
	}
	for _, o := range []*Object{node, template} {
		if o.Text("fqdn.autopopulate") != "enabled" {
			addresses = addresses[:1]
		}
	}
	return addresses, "fqdn-up"
}

// settleNames makes and removes ephemeral nodes and members.
func (c *Candidate) settleNames() {
	nodes := c.ephemeralNodes()
	if nodes == nil {
		return
	}
	t := c.nodeType()
	wanted := map[string]bool{}
	for _, o := range nodes {
		wanted[o.Path] = true
		if o != c.tables[t].Find(o.Path) {
			c.put("", o)
		}
	}
	for _, o := range c.tables[t].Items() {
		if o.IsEphemeral() && !wanted[o.Path] {
			c.drop("", o)
		}
	}
	for _, pool := range c.tables[c.Schema.mustType("ltm/pool")].Items() {
		c.settleMembers(pool, nodes)
	}
}

// ephemeralNodes are those that there must be, by address; nil if there neither
// are nor were any names. An address that has a node already gets no other one
// (inferred).
func (c *Candidate) ephemeralNodes() map[string]*Object {
	named := func(o *Object) bool { return o.Set["fqdn.tmName"] != nil }
	if !slices.ContainsFunc(c.tables[c.nodeType()].Items(), named) && !slices.ContainsFunc(c.base.tables[c.nodeType()].Items(), named) {
		return nil
	}
	var templates []*Object
	static := map[string]bool{}
	for _, o := range c.tables[c.nodeType()].Items() {
		switch {
		case o.IsEphemeral():
		case o.IsTemplate():
			templates = append(templates, o)
		default:
			static[o.Text("address")] = true
		}
	}
	nodes := map[string]*Object{}
	for _, template := range templates {
		addresses, _ := c.Resolution(template)
		for _, address := range addresses {
			if nodes[address] == nil && !static[address] {
				path := Join(Folder(template.Path), autoPrefix+address)
				nodes[address] = c.ephemeral(template, path, address, c.base.tables[template.Type].Find(path))
			}
		}
	}
	return nodes
}

// ephemeral is what a template makes for an address: of its own settings. What
// was there before and is the same still stays, and its monitors go on.
func (c *Candidate) ephemeral(template *Object, path, address string, before *Object) *Object {
	o := &Object{Type: template.Type, Path: path, Generation: c.Generation, Epoch: c.Generation, Set: maps.Clone(template.Set)}
	for _, field := range []string{"description", "metadata"} {
		delete(o.Set, field)
	}
	o.Set["address"], o.Set["ephemeral"] = address, "true"
	if before == nil || !reflect.DeepEqual(before.Set, o.Set) {
		return o
	}
	if template.Epoch <= before.Epoch {
		return before
	}
	o.Generation = before.Generation
	return o
}

// settleMembers does for one pool's members what ephemeralNodes does for nodes.
func (c *Candidate) settleMembers(pool *Object, nodes map[string]*Object) {
	members := pool.Sub("members")
	involved := func(o *Object) bool { return o.IsTemplate() || o.IsEphemeral() }
	if !slices.ContainsFunc(members.Items(), involved) {
		return
	}
	var before Collection
	if old := c.base.tables[pool.Type].Find(pool.Path); old != nil {
		before = old.Sub("members")
	}
	kept := make([]*Object, 0, members.Len())
	for _, o := range members.Items() {
		if o.IsEphemeral() {
			continue
		}
		kept = append(kept, o)
		if !o.IsTemplate() {
			continue
		}
		_, port, _ := SplitMemberName(Name(o.Path))
		addresses, _ := c.Resolution(o)
		for _, address := range addresses {
			node := nodes[address]
			if node == nil || !visible(pool.Path, node.Path) {
				continue
			}
			path := Join(Folder(node.Path), MemberName(Name(node.Path), port))
			kept = append(kept, c.ephemeral(o, path, address, before.Find(path)))
		}
	}
	settled := Collection{}.withAll(kept)
	if slices.Equal(settled.items, members.items) {
		return
	}
	pool = pool.clone()
	pool.setSub("members", settled)
	c.put("", pool)
}

// durable is an object without what the device makes by itself: nil for an
// ephemeral node, a pool without its ephemeral members.
func (o *Object) durable() *Object {
	switch {
	case o.Type.Path == "ltm/node" && o.IsEphemeral():
		return nil
	case o.Type.Path == "ltm/pool" && slices.ContainsFunc(o.Sub("members").Items(), (*Object).IsEphemeral):
		members := slices.DeleteFunc(slices.Clone(o.Sub("members").Items()), (*Object).IsEphemeral)
		o = o.clone()
		o.setSub("members", Collection{members})
	}
	return o
}

// checkEphemeral refuses to touch what the device makes by itself (the words of
// deletion: F5Networks/f5-appsvcs-extension#212; of the others: inferred).
func (c *Candidate) checkEphemeral(verb Verb, o *Object, parent string) error {
	if !o.IsEphemeral() || c.booting {
		return nil
	}
	return ephemeralRefusal(verb, o.Type, parent, o.Path)
}

func ephemeralRefusal(verb Verb, t *Type, parent, path string) error {
	what := path
	if t.Object == poolMember {
		name, _, _ := SplitMemberName(Name(path))
		what = parent + ": " + Join(Folder(path), name)
	}
	return badRequest("0107189b:3: Cannot %s ephemeral object: %s.", verb.access(), what)
}

// ephemeral says whether the object of a path is one.
func (c Collection) ephemeral(path string) bool {
	o := c.Find(path)
	return o != nil && o.IsEphemeral()
}
