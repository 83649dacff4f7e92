package config

import (
	"net/http"
	"strings"
)

// addMember is POST to …/members: the member, and its node if there is none.
func (c *Candidate) addMember(pool, path string, given Values) (*Object, error) {
	if c.tables[c.Schema.mustType("ltm/pool")].Find(pool) == nil {
		if !c.FolderExists(Folder(pool)) {
			return nil, badRequest("01070734:3: Configuration error: Can't associate Pool Member (%s %s) folder does not exist", pool, c.memberType().spaced(path))
		}
		return nil, NotFound(c.Schema.mustType("ltm/pool"), "", pool)
	}
	if err := c.permit(Create, c.memberType(), pool, given); err != nil {
		return nil, err
	}
	o, err := c.newMember(pool, path, given)
	if err != nil {
		return nil, err
	}
	if c.Find(o.Type, pool, o.Path) != nil {
		return nil, alreadyExists(o.Type, pool, o.Path)
	}
	c.keepNewNodes()
	if err := c.noteAdded(pool); err != nil {
		return nil, err
	}
	c.put(pool, o)
	return o, nil
}

func (c *Candidate) memberType() *Type { return c.Schema.mustType("ltm/pool/members") }
func (c *Candidate) nodeType() *Type   { return c.Schema.mustType("ltm/node") }

// newMember makes a member without putting it into its pool. Its node is found
// or noted in c.newNodes.
func (c *Candidate) newMember(pool, path string, given Values) (*Object, error) {
	name, port, ok := SplitMemberName(Name(path))
	if !ok {
		return nil, invalidValue("name", Name(path))
	}
	if !c.FolderExists(Folder(path)) {
		return nil, badRequest("01070734:3: Configuration error: Can't associate Pool Member (%s %s) folder does not exist", pool, c.memberType().spaced(path))
	}
	if strings.HasPrefix(name, autoPrefix) {
		return nil, ephemeralRefusal(Create, c.memberType(), pool, path)
	}
	node, address, err := c.ensureNode(pool, Join(Folder(path), name), given)
	if err != nil {
		return nil, err
	}
	o := &Object{
		Type: c.memberType(), Path: Join(Folder(node), MemberName(Name(node), port)),
		Generation: c.Generation, Epoch: c.Generation, Set: Values{},
	}
	for name, v := range given {
		if v != nil {
			o.Set[name] = v
		}
	}
	o.Set["address"] = address
	if template := c.tables[c.nodeType()].Find(node); template != nil && template.IsTemplate() {
		o.Set["fqdn.tmName"] = template.Text("fqdn.tmName")
	}
	return o, nil
}

// ensureNode finds the node of a new member or makes it (icontrol-rest 4.4): by
// name, else by address under whatever name, else new.
func (c *Candidate) ensureNode(pool, path string, given Values) (node, address string, err error) {
	if !visible(pool, path) {
		return "", "", crossPartition("Pool", pool, "Node", path)
	}
	if o := c.tables[c.nodeType()].Find(path); o != nil {
		return path, o.Text("address"), nil
	}
	text, _ := given["address"].(string)
	fqdn, _ := given["fqdn.tmName"].(string)
	if text == "" {
		text = Name(path)
	}
	address, ok := canonicalAddress(text, c.DefaultRouteDomain(Partition(path)))
	switch {
	case fqdn != "":
		address = "any6"
	case !ok:
		return "", "", mcpError(http.StatusNotFound, "01020036:3: The requested node (%s) was not found.", path)
	}
	if err := checkAddress(address); err != nil {
		return "", "", err
	}
	if owner, taken := c.nodeOf(address); taken && fqdn == "" {
		named, _ := canonicalAddress(Name(path), c.DefaultRouteDomain(Partition(path)))
		if !c.tables[c.nodeType()].ephemeral(owner) && (owner == path || named == address && visible(pool, owner)) {
			return owner, address, nil
		}
		return "", "", badRequest("0107176c:3: Invalid Node, the IP address %s already exists.", address)
	}
	if err := c.permit(Create, c.nodeType(), path, nil); err != nil {
		return "", "", err
	}
	c.newNodes = append(c.newNodes, c.implicitNode(path, address, given))
	c.nodes[address] = path
	return path, address, nil
}

// implicitNode is a node made for a member. From 14.1 on devices mark it with
// autopopulate, for no visible reason (icontrol-rest 3.3).
func (c *Candidate) implicitNode(path, address string, given Values) *Object {
	o := &Object{Type: c.nodeType(), Path: path, Generation: c.Generation, Set: Values{"address": address}}
	if c.Schema.Version.AtLeast(14, 1) {
		o.Set["fqdn.autopopulate"] = "enabled"
	}
	if given["fqdn.tmName"] == nil {
		return o
	}
	delete(o.Set, "fqdn.autopopulate")
	for _, name := range []string{"fqdn.tmName", "fqdn.autopopulate", "fqdn.addressFamily"} {
		if v := given[name]; v != nil {
			o.Set[name] = v
		}
	}
	return o
}

// nodeOf finds a node by address. The index is built once for each candidate.
func (c *Candidate) nodeOf(address string) (path string, taken bool) {
	if c.nodes == nil {
		c.nodes = make(map[string]string)
		for _, o := range c.tables[c.nodeType()].Items() {
			if a := o.Text("address"); a != "any6" {
				c.nodes[a] = o.Path
			}
		}
	}
	path, taken = c.nodes[address]
	return path, taken
}

func (c *Candidate) keepNewNodes() {
	for _, o := range c.newNodes {
		c.touch(o.Type, o.Path)
	}
	c.tables[c.nodeType()] = c.tables[c.nodeType()].withAll(c.newNodes)
	c.newNodes = nil
}

// setMembers replaces the whole list of a pool (icontrol-rest 4.3): absent ones
// go, properties that are not given go back to their defaults, and the monitors
// of all start over, also of those that stay.
func (c *Candidate) setMembers(pool string, items []any) error {
	owner := c.tables[c.Schema.mustType("ltm/pool")].Find(pool)
	before := owner.Sub("members")
	members := make([]*Object, 0, len(items))
	seen := make(map[string]bool, len(items))
	grew := false
	for _, item := range items {
		o, err := c.listedMember(pool, item)
		if err != nil {
			return err
		}
		if seen[o.Path] {
			return alreadyExists(o.Type, pool, o.Path)
		}
		seen[o.Path] = true
		grew = grew || before.Find(o.Path) == nil
		members = append(members, o)
	}
	c.keepNewNodes()
	if grew && len(c.switched) > 0 {
		if err := c.noteAdded(pool); err != nil {
			return err
		}
	}
	owner = owner.clone()
	owner.setSub("members", Collection{}.withAll(members))
	c.put("", owner)
	if grew {
		c.added[pool] = true
	}
	return nil
}

// listedMember reads one item of a list of members: a name or an object.
func (c *Candidate) listedMember(pool string, item any) (*Object, error) {
	name, ok := itemPath(item)
	if !ok {
		return nil, missingIdentifier()
	}
	body, _ := item.(map[string]any)
	g, err := c.read(c.memberType(), body)
	if err != nil {
		return nil, err
	}
	if err := c.permit(Create, c.memberType(), pool, g.values); err != nil {
		return nil, err
	}
	return c.newMember(pool, Join(Folder(pool), name), g.values)
}

// memberModified minds what follows from a change of one member.
func (c *Candidate) memberModified(pool string, old, o *Object, given Values) error {
	_, session := given["session"]
	_, state := given["state"]
	if session || state {
		if c.Transaction && c.added[pool] {
			return NotFound(o.Type, pool, o.Path)
		}
		c.switched[pool] = o.Path
	}
	if old.Text("state") == "user-down" && o.Text("state") != "user-down" || old.Text("monitor") != o.Text("monitor") {
		o.Epoch = c.Generation
	}
	return nil
}

// noteAdded refuses what devices refused with 01020036: a member added and a
// member's state changed, of one pool in one transaction (icontrol-rest 5.4).
func (c *Candidate) noteAdded(pool string) error {
	if member, ok := c.switched[pool]; ok && c.Transaction {
		return NotFound(c.memberType(), pool, member)
	}
	c.added[pool] = true
	return nil
}

// createNode is POST to ltm/node. A node cannot be created offline: session and
// state count only in a later PATCH (icontrol-rest 3.3).
func createNode(c *Candidate, o *Object, given Values) error {
	text, _ := given["address"].(string)
	fqdn := o.Text("fqdn.tmName")
	if strings.HasPrefix(Name(o.Path), autoPrefix) {
		return ephemeralRefusal(Create, o.Type, "", o.Path)
	}
	if text == "" {
		text = Name(o.Path)
	}
	address, ok := canonicalAddress(text, c.DefaultRouteDomain(Partition(o.Path)))
	switch {
	case fqdn != "":
		address = "any6"
	case !ok:
		return invalidValue("address", text)
	}
	if err := checkAddress(address); err != nil {
		return err
	}
	if _, taken := c.nodeOf(address); taken && fqdn == "" {
		return badRequest("0107176c:3: Invalid Node, the IP address %s already exists.", address)
	}
	delete(o.Set, "session")
	delete(o.Set, "state")
	o.Set["address"] = address
	if fqdn == "" {
		c.nodes[address] = o.Path
	}
	return nil
}

// modifyNode starts the monitors over when the rule changed, or when the node
// comes back from being forced offline.
func modifyNode(c *Candidate, old, o *Object, _ Values) error {
	if old.Text("state") == "user-down" && o.Text("state") != "user-down" || old.Text("monitor") != o.Text("monitor") {
		o.Epoch = c.Generation
	}
	return nil
}

// removeNode keeps the index of addresses true.
func removeNode(c *Candidate, o *Object) error {
	if c.nodes != nil {
		delete(c.nodes, o.Text("address"))
	}
	return nil
}

// modifyPool starts the monitors over when the pool's rule changed.
func modifyPool(c *Candidate, old, o *Object, _ Values) error {
	if old.Text("monitor") != o.Text("monitor") {
		o.Epoch = c.Generation
	}
	return nil
}

func crossPartition(kind, path, targetKind, target string) error {
	return badRequest("01070726:3: %s %s in partition %s cannot reference %s %s in partition %s",
		kind, path, Partition(path), targetKind, target, Partition(target))
}
