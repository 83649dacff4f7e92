package migrate

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// transportServer becomes a pool and a virtual server.
func (t *translator) transportServer(d *document) {
	spec, s := d.root.get("spec"), t.settings(d)
	label := d.namespace + "_" + d.name
	pool := t.pool(d, spec.get("pool"), s, label)
	protocol := cmp.Or(spec.get("type").text(), "tcp")
	t.server(d, s, server{
		label: label, name: cmp.Or(spec.get("virtualServerName").text(), label), pool: pool.id(),
		port: spec.get("virtualServerPort").number(), protocol: protocol,
		profiles: t.transportProfiles(d, s, protocol), persistence: "source-address",
	})
}

// transportProfiles are what the mode and the protocol ask for.
func (t *translator) transportProfiles(d *document, s settings, protocol string) map[string]string {
	spec := d.root.get("spec")
	profiles := s.attached()
	switch mode := spec.get("mode").text(); {
	case mode == "performance":
		profiles[cmp.Or(s.l4.text(), "/Common/fastL4")] = "all"
	case protocol == "tcp":
		client, server := s.tcp()
		if client == server {
			profiles[cmp.Or(client, "/Common/tcp")] = "all"
		} else {
			profiles[client], profiles[server] = "clientside", "serverside"
		}
	case protocol == "udp":
		profiles[cmp.Or(s.udp.text(), "/Common/udp")] = "all"
	default:
		profiles["/Common/"+protocol] = "all"
	}
	s.http.none("there is no HTTP to look into")
	for _, v := range []value{s.tcpClient, s.tcpServer, s.udp, s.l4} {
		if !v.isRead() {
			v.none("mode and protocol take another profile")
		}
	}
	tls := spec.get("tls")
	if tls.get("reference").text() == "secret" {
		tls.none("a certificate from a Secret: only bigipkube_ingress takes one; name a profile of the device in profiles")
		return profiles
	}
	for key, side := range map[string]string{"clientSSLs": "clientside", "serverSSLs": "serverside"} {
		for _, path := range tls.get(key).texts() {
			profiles[path] = side
		}
	}
	return profiles
}

// server is what a virtual server has beside the settings.
type server struct {
	label, name string
	pool        expr
	port        int
	protocol    string
	profiles    map[string]string
	persistence string // where none is told, as AS3 calls it
}

// server writes a virtual server for each address.
func (t *translator) server(d *document, s settings, v server) {
	spec := d.root.get("spec")
	s.waf.none("a WAF policy needs an LTM policy whose rule enables it: name it in policies, and /Common/websecurity in profiles")
	source := only(s.sources, severalSources)
	for i, address := range t.addresses(d) {
		label, name := v.label, v.name
		if i > 0 {
			label, name = fmt.Sprintf("%s_%d", label, i+1), fmt.Sprintf("%s_%d", name, i+1)
		}
		b := t.resource(serverType, label, d)
		b.set("partition", quoted(spec.get("partition").text()))
		b.set("name", quoted(name))
		b.set("destination", destination(address, v.port))
		b.set("pool", v.pool)
		if v.protocol != "tcp" {
			b.set("ip_protocol", quoted(v.protocol))
		}
		b.set("profiles", profileMap(v.profiles))
		b.set("persistence", quoted(persistenceProfile(s.persistence, v.persistence)))
		b.set("source", quoted(source))
		b.set("source_address_translation", translation(s.snat))
		b.set("vlans", vlans(s.vlans))
		b.set("irules", quotedAll(irules(s.irules)))
		b.set("policies", quotedAll(textsOf(s.policies)))
		b.set("auto_lasthop", quoted(s.autoLastHop.text()))
		b.set("firewall_enforced_policy", quoted(s.firewall.text()))
		b.set("security_log_profiles", quotedAll(textsOf(s.logProfiles)))
		b.set("mirror", truth(spec.get("connectionMirroring").text() == "L4"))
	}
}

// irules are the paths; CIS writes "none" for none.
func irules(values []value) []string {
	var out []string
	for _, path := range textsOf(values) {
		if path != "none" {
			out = append(out, path)
		}
	}
	return out
}

// translation is automap where nothing is told, as in CIS.
func translation(snat value) expr {
	switch text := cmp.Or(snat.text(), "auto"); text {
	case "auto":
		return object(attribute{"type", quoted("automap")})
	case "none":
		return nil
	default:
		return object(attribute{"type", quoted("snat")}, attribute{"pool", quoted(text)})
	}
}

// address is one that clients connect to, or a variable for it.
type address struct {
	text     string
	variable expr
}

func (a address) value() expr {
	if a.variable != nil {
		return a.variable
	}
	return quoted(a.text)
}

// addresses are all of an object: its own, or that of its host group; where IPAM gives
// it, a variable.
func (t *translator) addresses(d *document) []address {
	spec := d.root.get("spec")
	main := address{text: spec.get("virtualServerAddress").text()}
	ipam, group := spec.get("ipamLabel"), spec.get("hostGroup").text()
	if main.text == "" && group != "" {
		main.text = t.groupAddress(group)
	}
	if main.text == "" {
		name := "address_" + cmp.Or(group, ipam.text(), d.namespace+"_"+d.name)
		main.variable = t.variable(name, "The address that clients of "+d.String()+" connect to.")
		place := ipam
		if !ipam.isSet() {
			place = spec
		}
		place.note("no address is told: variable " + identifier(name) + " is written")
	}
	out := []address{main}
	for _, text := range spec.get("additionalVirtualServerAddresses").texts() {
		out = append(out, address{text: text})
	}
	if domain := spec.get("bigipRouteDomain").number(); domain != 0 {
		for i := range out {
			if out[i].text != "" {
				out[i].text = fmt.Sprintf("%s%%%d", out[i].text, domain)
			}
		}
	}
	return out
}

// groupAddress is the address that one of a host group tells.
func (t *translator) groupAddress(group string) string {
	for _, d := range t.documents {
		spec := d.root.get("spec")
		if a := spec.get("virtualServerAddress"); a.isSet() && spec.get("hostGroup").text() == group {
			return a.text()
		}
	}
	return ""
}

// destination joins an address and a port: "203.0.113.10:443", "[2001:db8::1]:443".
func destination(a address, port int) expr {
	if a.variable != nil {
		return interpolated(a.variable, fmt.Sprintf(":%d", port))
	}
	text, domain, _ := strings.Cut(a.text, "%")
	if domain != "" {
		domain = "%" + domain
	}
	if ip, err := netip.ParseAddr(text); err == nil && ip.Is6() {
		return quoted(fmt.Sprintf("[%s%s]:%d", text, domain, port))
	}
	return quoted(fmt.Sprintf("%s%s:%d", text, domain, port))
}
