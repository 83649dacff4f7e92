package config

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// createVirtual completes a new virtual server: destination, mask, source, and
// what only the device knows.
func createVirtual(c *Candidate, o *Object, _ Values) error {
	if o.Text("destination") == "" {
		return badRequest("01070734:3: Configuration error: Virtual server %s must have a destination", o.Path)
	}
	index := int64(1)
	for _, other := range c.tables[o.Type].Items() {
		if n, _ := other.Get("vsIndex").(int64); n >= index {
			index = n + 1
		}
	}
	o.Set["vsIndex"] = index
	c.stamp(o, "creationTime")
	c.stamp(o, "lastModifiedTime")
	return c.setDestination(o)
}

func modifyVirtual(c *Candidate, old, o *Object, _ Values) error {
	c.stamp(o, "lastModifiedTime")
	if o.Text("destination") == "" {
		o.Set["destination"] = old.Text("destination")
	}
	return c.setDestination(o)
}

func (c *Candidate) stamp(o *Object, field string) {
	if o.Type.fields[field] != nil {
		o.Set[field] = c.Now.UTC().Format(time.RFC3339)
	}
}

// setDestination brings the destination into the form "/P/address:port" and
// gives mask and source the defaults of its address family (icontrol-rest 3.4).
func (c *Candidate) setDestination(o *Object) error {
	text := o.Text("destination")
	path := text
	if !strings.HasPrefix(text, "/") {
		path = Join(Folder(o.Path), text)
	}
	name, port, ok := SplitMemberName(Name(path))
	if !ok || !validPath(path) {
		return invalidValue("destination", text)
	}
	if !c.FolderExists(Folder(path)) {
		return FolderNotFound(Folder(path))
	}
	address := c.virtualAddress(Join(Folder(path), name))
	if address == nil {
		canonical, ok := canonicalAddress(name, 0)
		if !ok {
			return invalidValue("destination", text)
		}
		if err := checkAddress(canonical); err != nil {
			return err
		}
		path = Join(Folder(path), MemberName(canonical, port))
	} else {
		path = Join(Folder(address.Path), MemberName(Name(address.Path), port))
	}
	if !visible(o.Path, path) {
		return crossPartition("Virtual Server", o.Path, "Virtual Address", addressPath(path))
	}
	o.Set["destination"] = path
	host := destinationHost(path)
	if address != nil {
		host = address.Text("address")
	}
	mask, ok := canonicalMask(o.Text("mask"), host)
	if !ok {
		return invalidValue("mask", o.Text("mask"))
	}
	o.Set["mask"] = mask
	source, ok := canonicalSource(o.Text("source"), host)
	if !ok {
		return invalidValue("source", o.Text("source"))
	}
	o.Set["source"] = source
	return nil
}

// canonicalSource is the network of a virtual server's clients as it is printed,
// with its prefix length; all of the destination's address family if none is
// given, or all of the other one (the latter inferred).
func canonicalSource(text, host string) (string, bool) {
	six := strings.Contains(host, ":") || host == "any6"
	all := "0.0.0.0/0"
	if six {
		all = "::/0"
	}
	if text == "" || text == "0.0.0.0/0" || text == "::/0" {
		return all, true
	}
	address, length, hasLength := strings.Cut(text, "/")
	canonical, ok := canonicalAddress(address, 0)
	if !ok || strings.Contains(canonical, ":") != six {
		return "", false
	}
	bits := 32
	if six {
		bits = 128
	}
	if !hasLength {
		length = strconv.Itoa(bits)
	}
	n, err := strconv.Atoi(length)
	return canonical + "/" + strconv.Itoa(n), err == nil && n >= 0 && n <= bits
}

// virtualAddress finds a virtual address by path, or in the same folder by its
// address under another name.
func (c *Candidate) virtualAddress(path string) *Object {
	addresses := c.tables[c.Schema.mustType("ltm/virtual-address")]
	if o := addresses.Find(path); o != nil {
		return o
	}
	canonical, ok := canonicalAddress(Name(path), 0)
	if !ok {
		return nil
	}
	if o := addresses.Find(Join(Folder(path), canonical)); o != nil {
		return o
	}
	for _, o := range addresses.Items() {
		if o.Text("address") == canonical && Folder(o.Path) == Folder(path) {
			return o
		}
	}
	return nil
}

// destinationHost is the address in a destination.
func destinationHost(destination string) string {
	host, _, _ := SplitMemberName(Name(destination))
	return host
}

// addressPath is the path of a destination's virtual address.
func addressPath(destination string) string {
	return Join(Folder(destination), destinationHost(destination))
}

// canonicalMask is a mask as it is printed: as an address, given as one or as a
// prefix length; "any" for all; the host's own if none is given.
func canonicalMask(text, host string) (string, bool) {
	bits := 32
	if strings.Contains(host, ":") || host == "any6" {
		bits = 128
	}
	n, err := strconv.Atoi(strings.TrimPrefix(text, "/"))
	switch {
	case text == "":
		return defaultMask(host), true
	case text == "any" || text == "any6":
		return text, true
	case err == nil && (n < 0 || n > bits):
		return "", false
	case err == nil:
		address, _ := netip.AddrFromSlice(net.CIDRMask(n, bits))
		return displayAddress(address.String()), true
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.BitLen() != bits || address.Zone() != "" {
		return "", false
	}
	if ones, size := net.IPMask(address.AsSlice()).Size(); size == 0 && ones == 0 {
		return "", false // its ones are not in one row
	}
	return displayAddress(address.String()), true
}

func defaultMask(host string) string {
	host, _, _ = strings.Cut(host, "%")
	switch {
	case host == "0.0.0.0" || host == "any":
		return "any"
	case host == "::" || host == "any6":
		return "any6"
	case strings.Contains(host, ":"):
		return "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
	default:
		return "255.255.255.255"
	}
}

// createVirtualAddress takes the address from the name if it is not given.
func createVirtualAddress(c *Candidate, o *Object, given Values) error {
	text, _ := given["address"].(string)
	if text == "" {
		text = Name(o.Path)
	}
	address, ok := canonicalAddress(text, 0)
	if !ok {
		return invalidValue("address", text)
	}
	if err := checkAddress(address); err != nil {
		return err
	}
	for _, other := range c.tables[o.Type].Items() {
		if other.Text("address") == address {
			return badRequest("0107176c:3: Invalid Virtual Address, the IP address %s already exists.", address)
		}
	}
	o.Set["address"] = address
	if o.Set["mask"] == nil {
		o.Set["mask"] = defaultMask(address)
	}
	return nil
}

// setAttachments replaces a list of attached objects: a virtual server's
// profiles or policies, the devices of a device group.
func (c *Candidate) setAttachments(sub *Type, parent string, items []any) error {
	owner := c.tables[sub.Parent].Find(parent)
	attached := make([]*Object, 0, len(items))
	for _, item := range items {
		name, ok := itemPath(item)
		if !ok || name == "" {
			return missingIdentifier()
		}
		body, _ := item.(map[string]any)
		g, err := c.read(sub, body)
		if err != nil {
			return err
		}
		o := &Object{Type: sub, Path: c.resolve(parent, sub.Of, name), Generation: c.Generation, Set: g.values}
		if err := c.attach(o, parent); err != nil {
			return err
		}
		if slices.ContainsFunc(attached, func(a *Object) bool { return a.Path == o.Path }) {
			return badRequest("01070097:3: Virtual server %s lists duplicate profiles.", parent)
		}
		attached = append(attached, o)
	}
	owner = owner.clone()
	owner.setSub(sub.Sub, Collection{}.withAll(attached))
	c.put("", owner)
	return nil
}

// attach checks one attachment and gives a TLS profile its side.
func (c *Candidate) attach(o *Object, parent string) error {
	target := c.FindAny(o.Type.Of, o.Path)
	if target == nil {
		return dangling(o.Type.Of[0].Noun, o.Path)
	}
	if !visible(parent, o.Path) {
		return crossPartition(o.Type.Parent.Noun, parent, target.Type.Noun, o.Path)
	}
	if o.Set["context"] == nil && o.Type.fields["context"] != nil {
		switch target.Type.Path {
		case "ltm/profile/client-ssl":
			o.Set["context"] = "clientside"
		case "ltm/profile/server-ssl":
			o.Set["context"] = "serverside"
		}
	}
	return nil
}

// resolve completes a bare name: in the own folder, else in /Common.
func (c *Candidate) resolve(from string, types []*Type, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	if own := Join(Folder(from), name); c.FindAny(types, own) != nil {
		return own
	}
	return "/Common/" + name
}
