package ingress

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// marked are the options as the mark of an owner has them. What is left out stands on
// virtual servers: where they are, and all that is theirs.
func (o Options) marked() binding.RouteOptions {
	m := binding.RouteOptions{
		Class: o.IngressClass, NoRedirect: o.NoHTTPSRedirect, WAF: o.WAFPolicy, ClientSSL: o.Server.ClientSSL, Strict: o.Strict,
		Reset: o.Fallback.Reset, Location: o.Fallback.Location, Pool: o.Fallback.Pool,
		Mode: o.Pool.LoadBalancingMode, Monitors: o.Pool.Monitors, Probes: o.Pool.Probes, NodePort: o.Pool.NodePort, Family: o.Pool.Family,
		RouteDomain: o.Pool.RouteDomain, Drain: o.Pool.Drain, Min: o.Pool.MinMembers, AllowedSources: o.AllowedSources,
	}
	if o.HTTPPort != httpPort {
		m.HTTPPort = o.HTTPPort
	}
	if o.HTTPSPort != httpsPort {
		m.HTTPSPort = o.HTTPSPort
	}
	for _, c := range o.Certificates {
		m.Certificates = append(m.Certificates, binding.RouteCertificate{Namespace: c.Namespace, Name: c.Name, Host: c.Host})
	}
	return m
}

// Followed are the options of an owner as the device has them: server is one of the virtual
// servers that serve it, and m stands in the mark of its fallback rule there.
func Followed(server ltm.VirtualServer, m binding.RouteOptions) Options {
	o := Options{
		Partition: server.Path.Partition, Folder: server.Path.Folder, Address: server.Destination.Address, Follow: true,
		HTTPPort: m.HTTPPort, HTTPSPort: m.HTTPSPort, IngressClass: m.Class, NoHTTPSRedirect: m.NoRedirect, Strict: m.Strict, WAFPolicy: m.WAF,
		Fallback: Fallback{Reset: m.Reset, Location: m.Location, Pool: m.Pool}, AllowedSources: m.AllowedSources,
		Pool: PoolOptions{
			LoadBalancingMode: m.Mode, Monitors: m.Monitors, Probes: m.Probes, NodePort: m.NodePort, Family: m.Family,
			RouteDomain: m.RouteDomain, Drain: m.Drain, MinMembers: m.Min,
		},
		Server: ServerOptions{ClientSSL: m.ClientSSL, Source: server.Source},
	}
	base, named := strings.CutSuffix(server.Path.Name, "_"+strconv.Itoa(int(server.Destination.Port)))
	if named && o.serverName(server.Destination.Port) != server.Path.Name {
		o.Name = base
	}
	for _, c := range m.Certificates {
		o.Certificates = append(o.Certificates, SecretRef{Namespace: c.Namespace, Name: c.Name, Host: c.Host})
	}
	return o
}

// Key names an owner at an address. Keys are comparable.
type Key struct {
	Owner             binding.Object
	Partition, Folder string
	Address           ltm.Address
}

// String is "ingress shop/web at 203.0.113.10 in shop".
func (k Key) String() string {
	place := k.Partition
	if k.Folder != "" {
		place += "/" + k.Folder
	}
	return k.Owner.String() + " at " + k.Address.String() + " in " + place
}

// Binding is what a device says of an owner at an address.
type Binding struct {
	Created int64 // when the owner was, in Unix seconds
	Options Options
	Server  ltm.Path // the virtual server that says so: of several the one with the lowest port,
	// and one that ends TLS, or serves HTTP, before one that leaves TLS to the pods
}

// Bindings are the owners that virtual servers serve, from the marks of their fallback
// rules, and why policies are not understood: an error of binding.ParseOwner. Of a site it
// needs the paths and descriptions of virtual servers, their destinations and sources,
// and of policies the paths with the descriptions of rules; for Binding.Server what they
// require, too.
func Bindings(site ltm.Site) (bindings map[Key]Binding, unreadable map[ltm.Path]error) {
	policies := index(site.Policies, func(p ltm.Policy) ltm.Path { return p.Path })
	bindings, unreadable = map[Key]Binding{}, map[ltm.Path]error{}
	for _, v := range slices.SortedFunc(slices.Values(site.VirtualServers), func(a, b ltm.VirtualServer) int { return cmp.Compare(a.Destination.Port, b.Destination.Port) }) {
		if !binding.IsSite(v.Description) {
			continue
		}
		for _, rule := range policies[v.Path].Rules {
			mark, options, found, err := binding.ParseOwner(rule.Description)
			if err != nil {
				unreadable[v.Path] = err
			}
			if err != nil || !found || mark.Class != binding.ClassFallback {
				continue
			}
			key := Key{Owner: mark.Owner, Partition: v.Path.Partition, Folder: v.Path.Folder, Address: v.Destination.Address}
			before, known := bindings[key]
			if !known || isPassthrough(policies[before.Server]) && !isPassthrough(policies[v.Path]) {
				bindings[key] = Binding{Created: mark.Created, Options: Followed(v, options), Server: v.Path}
			}
		}
	}
	return bindings, unreadable
}

// Kept is what is served of an owner that wants nothing: its fallback, on the ports that
// it has in live. So what it is bound to stays written on the device, and it is served
// again as soon as it wants something.
func Kept(key Key, bound Binding, live ltm.Site) RouteSet {
	b := newBuilder(RouteSet{Owner: key.Owner}, bound.Options, live)
	t := newTranslator(Objects{Bound: key.Owner}, bound.Options)
	t.set.Created = bound.Created
	for _, v := range live.VirtualServers {
		if v.Destination.Address == key.Address && binding.IsSite(v.Description) && b.ownerHas(v.Path) {
			s := t.server(v.Destination.Port, b.isTLS(v))
			if b.passesThrough(v.Path) {
				s = t.passthrough(v.Destination.Port)
			}
			t.addFallback(s)
		}
	}
	return t.sorted()
}

// Targets are the pools that the rules of an owner at the address send requests to, by the object that the rules are
// from; an object that has none but the fallback is not there.
func Targets(key Key, site ltm.Site) map[binding.Object][]ltm.Path {
	at := map[ltm.Path]bool{}
	for _, v := range site.VirtualServers {
		at[v.Path] = v.Destination.Address == key.Address
	}
	pools := map[binding.Object][]ltm.Path{}
	for _, policy := range site.Policies {
		for _, rule := range policy.Rules {
			mark, found, err := binding.ParseRoute(rule.Description)
			if !at[policy.Path] || !found || err != nil || mark.Owner != key.Owner || mark.Class == binding.ClassFallback {
				continue
			}
			to := pools[mark.Source]
			for _, action := range rule.Actions {
				if !action.Pool.IsZero() && !slices.Contains(to, action.Pool) {
					to = append(to, action.Pool)
				}
			}
			pools[mark.Source] = to
		}
	}
	return pools
}

// followedServer is what a virtual server becomes between two applies: what it is, or if
// there is none yet, what the owner's others at the address are. One of the other kind, which
// ends TLS or leaves it to the pods, gives what both have.
func (b *builder) followedServer(path ltm.Path, port uint16, passthrough bool) (ltm.VirtualServer, bool) {
	live, exists := b.virtualServers[path]
	if exists && b.passesThrough(path) == passthrough {
		return live, true
	}
	var others []ltm.VirtualServer
	for _, v := range b.live.VirtualServers {
		if v.Destination.Address != b.options.Address || !binding.IsSite(v.Description) || !b.ownerHas(v.Path) {
			continue
		}
		if b.passesThrough(v.Path) == passthrough {
			return b.alike(v, path, port), true
		}
		others = append(others, v)
	}
	if len(others) == 0 {
		return ltm.VirtualServer{}, false
	}
	return b.converted(others[0], path, port, passthrough), true
}

// alike is a virtual server for another port, without what is the port's own.
func (b *builder) alike(v ltm.VirtualServer, path ltm.Path, port uint16) ltm.VirtualServer {
	v.Path, v.Destination.Port = path, port
	v.Profiles = slices.DeleteFunc(slices.Clone(v.Profiles), func(p ltm.Profile) bool { return b.isOurClientSSL(p.Path) || p.Path == b.clientSSLParent() })
	return v
}

// ownerHas tells that a live policy has rules of the owner.
func (b *builder) ownerHas(policy ltm.Path) bool {
	for _, p := range b.live.Policies {
		if p.Path != policy {
			continue
		}
		for _, rule := range p.Rules {
			if mark, found, err := binding.ParseRoute(rule.Description); found && err == nil && mark.Owner == b.owner {
				return true
			}
		}
	}
	return false
}
