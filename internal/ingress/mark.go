package ingress

import (
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
		Mode: o.Pool.LoadBalancingMode, Monitors: o.Pool.Monitors, NodePort: o.Pool.NodePort, Family: o.Pool.Family,
		RouteDomain: o.Pool.RouteDomain, Drain: o.Pool.Drain, Min: o.Pool.MinMembers,
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
		Fallback: Fallback{Reset: m.Reset, Location: m.Location, Pool: m.Pool},
		Pool: PoolOptions{
			LoadBalancingMode: m.Mode, Monitors: m.Monitors, NodePort: m.NodePort, Family: m.Family,
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

// Kept is what is served of an owner that wants nothing: its fallback, on the ports that
// it has now. So what it is bound to stays written on the device, and it is served again
// as soon as it wants something.
func Kept(owner binding.Object, created int64, options Options, ports map[uint16]bool) RouteSet {
	t := newTranslator(Objects{Bound: owner}, options)
	t.set.Created = created
	for port, tls := range ports {
		t.addFallback(t.server(port, tls))
	}
	return t.sorted()
}

// followedServer is what a virtual server becomes between two applies: what it is, or if
// there is none yet, what the owner's others at the address are.
func (b *builder) followedServer(path ltm.Path, port uint16) (ltm.VirtualServer, bool) {
	if live, ok := b.virtualServers[path]; ok {
		return live, true
	}
	for _, v := range b.live.VirtualServers {
		if v.Destination.Address != b.options.Address || !binding.IsSite(v.Description) || !b.ownerHas(v.Path) {
			continue
		}
		v.Path, v.Destination.Port = path, port
		var profiles []ltm.Profile
		for _, p := range v.Profiles {
			if !b.isOurClientSSL(p.Path) && p.Path != b.clientSSLParent() {
				profiles = append(profiles, p)
			}
		}
		v.Profiles = profiles
		return v, true
	}
	return ltm.VirtualServer{}, false
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
