package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// settleSnatpool makes the translation addresses that a snatpool names and that
// are not there (icontrol-rest 3.21). They stay when the snatpool goes (inferred).
func (c *Candidate) settleSnatpool(o *Object) error {
	translations := c.Schema.mustType("ltm/snat-translation")
	members, _ := o.Get("members").([]string)
	if len(members) == 0 {
		return badRequest("01070734:3: Configuration error: Snatpool %s must have at least one member", o.Path)
	}
	paths := make([]string, len(members))
	for i, member := range members {
		path := Join(Folder(o.Path), member)
		address, ok := canonicalAddress(Name(path), c.DefaultRouteDomain(Partition(path)))
		if ok && c.tables[translations].Find(path) == nil {
			if common := "/Common/" + Name(path); member == Name(path) && c.tables[translations].Find(common) != nil {
				path = common
			} else {
				c.put("", &Object{Type: translations, Path: path, Generation: c.Generation, Set: Values{"address": address}})
			}
		}
		paths[i] = path
	}
	o.Set["members"] = paths
	return nil
}

func createSnatpool(c *Candidate, o *Object, _ Values) error    { return c.settleSnatpool(o) }
func modifySnatpool(c *Candidate, _, o *Object, _ Values) error { return c.settleSnatpool(o) }

func createTranslation(c *Candidate, o *Object, _ Values) error {
	text := o.Text("address")
	if text == "" {
		text = Name(o.Path)
	}
	address, ok := canonicalAddress(text, c.DefaultRouteDomain(Partition(o.Path)))
	if !ok {
		return invalidValue("address", text)
	}
	for _, other := range c.tables[o.Type].Items() {
		if other.Text("address") == address {
			return badRequest("0107176c:3: Invalid SNAT Translation, the IP address %s already exists.", address)
		}
	}
	o.Set["address"] = address
	return nil
}

// createSelf checks the address of a self IP: an address with a prefix length.
func createSelf(_ *Candidate, o *Object, _ Values) error {
	host, length, found := strings.Cut(o.Text("address"), "/")
	host, _, _ = strings.Cut(host, "%")
	address, err := netip.ParseAddr(host)
	bits, bitsErr := strconv.Atoi(length)
	if err != nil || !found || bitsErr != nil || bits < 0 || bits > address.BitLen() {
		return invalidValue("address", o.Text("address"))
	}
	if o.Text("vlan") == "" {
		return badRequest("01070734:3: Configuration error: Self IP %s must have a VLAN", o.Path)
	}
	return nil
}

// createRoute checks network and the one way to it (icontrol-rest 3.20).
func createRoute(c *Candidate, o *Object, _ Values) error {
	switch network := o.Text("network"); network {
	case "", "default":
		o.Set["network"] = "default"
	case "default-inet6":
	default:
		canonical, ok := cidr(network)
		if !ok {
			return invalidValue("network", network)
		}
		o.Set["network"] = canonical
	}
	for _, other := range c.tables[o.Type].Items() {
		if other.Text("network") == o.Text("network") {
			return badRequest("01070734:3: Configuration error: Route %s: network %s is the one of route %s", o.Path, o.Text("network"), other.Path)
		}
	}
	return nil
}

func checkRoute(_ *Candidate, o *Object) error {
	ways := 0
	for _, field := range []string{"gw", "pool", "tmInterface", "blackhole"} {
		if o.Get(field) != nil {
			ways++
		}
	}
	if gw := o.Text("gw"); gw != "" {
		if _, ok := canonicalAddress(gw, 0); !ok {
			return invalidValue("gw", gw)
		}
	}
	if ways != 1 {
		return badRequest("01070734:3: Configuration error: Route %s must have exactly one of gateway, pool, interface and blackhole", o.Path)
	}
	return nil
}

// createRouteDomain gives a domain that is named by a number that number.
func createRouteDomain(c *Candidate, o *Object, _ Values) error {
	if o.Set["id"] == nil {
		id, err := strconv.ParseUint(Name(o.Path), 10, 16)
		if err != nil || id > 65534 {
			return badRequest("01070734:3: Configuration error: Route domain %s must have an id", o.Path)
		}
		o.Set["id"] = int64(id)
	}
	for _, other := range c.tables[o.Type].Items() {
		if other.Get("id") == o.Get("id") {
			return badRequest("01070734:3: Configuration error: Route domain %s: id %v is the one of route domain %s", o.Path, o.Get("id"), other.Path)
		}
	}
	return nil
}

func createARP(_ *Candidate, o *Object, _ Values) error {
	address, ok := canonicalAddress(o.Text("ipAddress"), 0)
	if !ok {
		return invalidValue("ipAddress", o.Text("ipAddress"))
	}
	o.Set["ipAddress"] = address
	return nil
}

func checkARP(_ *Candidate, o *Object) error {
	if _, err := net.ParseMAC(o.Text("macAddress")); err != nil {
		return invalidValue("macAddress", o.Text("macAddress"))
	}
	return nil
}

// withFDB makes and removes the forwarding table that every tunnel and VLAN has
// (icontrol-rest 3.19), and gives the new interface its number.
func withFDB(kind string, require func(*Object) error) hooks {
	return hooks{
		create: func(c *Candidate, o *Object, _ Values) error {
			if require != nil && !c.booting {
				if err := require(o); err != nil {
					return err
				}
			}
			o.Set["ifIndex"] = c.nextInterface()
			c.put("", &Object{Type: c.Schema.mustType(kind), Path: o.Path, Generation: c.Generation, Set: Values{}})
			return nil
		},
		remove: func(c *Candidate, o *Object) error {
			if fdb := c.tables[c.Schema.mustType(kind)].Find(o.Path); fdb != nil {
				c.drop("", fdb)
			}
			return nil
		},
	}
}

// nextInterface is the number of a new VLAN or tunnel; the recorded ones are
// multiples of 16.
func (c *Candidate) nextInterface() int64 {
	last := int64(16)
	for _, kind := range []string{"net/vlan", "net/tunnels/tunnel"} {
		for _, o := range c.tables[c.Schema.mustType(kind)].Items() {
			if n, _ := o.Get("ifIndex").(int64); n > last {
				last = n
			}
		}
	}
	return last + 16
}

func requireTunnelProfile(o *Object) error {
	if o.Text("profile") == "" {
		return badRequest("01070734:3: Configuration error: Tunnel %s must have a profile", o.Path)
	}
	return nil
}

// createFDBRecord: an entry is named by a MAC address and leads to an endpoint.
func createFDBRecord(_ *Candidate, o *Object, _ Values) error {
	if _, err := net.ParseMAC(o.Path); err != nil {
		return invalidValue("name", o.Path)
	}
	if endpoint := o.Text("endpoint"); o.Type.Field("endpoint") != nil {
		if _, ok := canonicalAddress(endpoint, 0); !ok {
			return invalidValue("endpoint", endpoint)
		}
	}
	return nil
}
