package migrate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// virtualServer becomes a bigipkube_ingress with the object that it binds. With
// passthrough there is no HTTP to look into: a pool and a virtual server.
func (t *translator) virtualServer(d *document) {
	spec, s := d.root.get("spec"), t.settings(d)
	tls := t.tls(d)
	pools := spec.get("pools").list()
	if tls.termination == "passthrough" {
		t.passthrough(d, s, pools)
		return
	}
	if len(pools) == 0 {
		spec.note("has no pools, so no routes: make a bigipkube_virtual_server")
		return
	}
	label := d.namespace + "_" + d.name
	fallback := t.fallback(d, s, label)
	bound := t.bind(d, pools, tls)
	common := t.commonOf(d, pools, s, label)
	for i, a := range t.addresses(d) {
		if i > 0 {
			label = fmt.Sprintf("%s_%s_%d", d.namespace, d.name, i+1)
		}
		b := t.resource(ingressType, label, d)
		b.set("partition", quoted(spec.get("partition").text()))
		b.set(bound, object(attribute{"namespace", quoted(d.namespace)}, attribute{"name", quoted(d.name)}))
		b.set("address", a.value())
		b.set("name", quoted(cmp.Or(spec.get("virtualServerName").text(), spec.get("hostGroupVirtualServerName").text())))
		b.setPort("http_port", spec.get("virtualServerHTTPPort"), 80)
		b.setPort("https_port", spec.get("virtualServerHTTPSPort"), 443)
		if tls.isSet() && tls.traffic == "allow" {
			b.set("https_redirect", boolean(false))
		}
		if bound == "http_route" {
			b.set("certificates", tls.certificates(d.namespace))
		}
		b.set("server_ssl_profile", quoted(tls.serverSSL))
		b.set("fallback", fallback)
		b.set("waf_policy", quoted(common.waf))
		b.set("monitors", tuple(common.monitors...))
		b.set("load_balancing_mode", quoted(common.mode))
		b.set("node_port", truth(t.options.NodePort))
		b.setServer(s, common)
	}
}

// setPort writes a port that is not the usual one.
func (b *block) setPort(name string, port value, usual int) {
	if n := port.number(); n != usual {
		b.set(name, integer(n))
	}
}

// setServer writes what all virtual servers of a bigipkube_ingress get.
func (b *block) setServer(s settings, common common) {
	switch snat := cmp.Or(s.snat.text(), "auto"); snat {
	case "auto":
		b.set("client_ip", quoted("snat")) // CIS adds no header
	case "none":
		b.set("client_ip", quoted("preserve"))
	default:
		b.set("client_ip", quoted("snat"))
		b.set("snat_pool", quoted(snat))
	}
	b.set("tcp_profile", quoted(common.tcp))
	b.set("http_profile", quoted(s.http.text()))
	b.set("profiles", profileMap(s.attached()))
	b.set("persistence", quoted(persistenceProfile(s.persistence, "cookie")))
	b.set("source", quoted(common.source))
	b.set("allowed_sources", tuple(common.allowed...))
	b.set("vlans", vlans(s.vlans))
	b.set("irules", quotedAll(irules(s.irules)))
	b.set("firewall_enforced_policy", quoted(s.firewall.text()))
	b.set("security_log_profiles", quotedAll(textsOf(s.logProfiles)))
}

// common is what a bigipkube_ingress says once for all its pools and virtual servers.
type common struct {
	waf, mode, tcp, source string
	monitors, allowed      []expr
}

// commonOf finds it. Where pools differ nothing is written: a monitor of another pool
// takes members down.
func (t *translator) commonOf(d *document, pools []value, s settings, label string) common {
	out := common{waf: s.waf.text()}
	each := func(key string) []value {
		var all []value
		for _, p := range pools {
			all = append(all, p.get(key))
		}
		return all
	}
	if out.waf == "" {
		out.waf = same(each("waf"), "the pools have different policies, and a bigipkube_ingress has one for all")
	} else {
		for _, v := range each("waf") {
			v.none("a bigipkube_ingress has one policy for all its pools")
		}
	}
	out.mode = same(each("loadBalancingMethod"), "the pools have different modes, and a bigipkube_ingress has one for all")
	var first []value
	for i, p := range pools {
		monitors := monitorsOf(p)
		switch {
		case i == 0:
			first = monitors
		case describe(monitors) != describe(first):
			first = nil
			for _, m := range slices.Concat(monitorsOf(pools[0]), monitors) {
				m.none("the pools have different monitors, and a bigipkube_ingress has the same for all")
			}
		}
	}
	if len(first) > 0 {
		out.monitors = t.monitors(d, pools[0], label)
		for _, p := range pools[1:] {
			for _, m := range monitorsOf(p) {
				m.skip() // it is as the first one's
			}
		}
	}
	s.udp.none("HTTP is TCP")
	for _, v := range []value{s.autoLastHop, s.l4, s.reselectTries, s.serviceDownAction, s.slowRamp} {
		v.none("a bigipkube_ingress leaves it at the device's default")
	}
	for _, v := range s.policies {
		v.none("a bigipkube_ingress has its own policy, and no others")
	}
	client, server := s.tcp()
	if out.tcp = client; client != server {
		out.tcp = ""
		s.tcpClient.none("a bigipkube_ingress has one TCP profile for both sides")
		s.tcpServer.none("a bigipkube_ingress has one TCP profile for both sides")
	}
	out.source, out.allowed = sources(s.sources)
	return out
}

// sources are the one network that may connect, or the several whose requests are
// answered.
func sources(values []value) (one string, several []expr) {
	if len(values) == 1 {
		return values[0].text(), nil
	}
	for _, v := range values {
		networks, ok := ingress.ParseNetworks(v.text())
		if !ok {
			v.none("it is no network")
		}
		for _, network := range networks {
			several = append(several, quoted(network.String()))
		}
	}
	return "", several
}

// same is what all values say. Where they differ each one that says something has a
// note.
func same(values []value, reason string) string {
	if len(values) == 0 {
		return ""
	}
	first := values[0].text()
	for _, v := range values {
		if v.text() != first {
			for _, v := range values {
				v.none(reason)
			}
			return ""
		}
	}
	return first
}

// describe is what monitors say, to compare them.
func describe(monitors []value) string {
	text := ""
	for _, m := range monitors {
		for _, f := range m.fields() {
			text += f.key + "=" + resolve(f.node).Value + ";"
		}
	}
	return text
}

// fallback is the default pool: one of the device, or one that is written beside.
func (t *translator) fallback(d *document, s settings, label string) expr {
	p := s.defaultPool
	if !p.isSet() {
		return nil
	}
	if p.get("reference").text() == "bigip" {
		return object(attribute{"pool", quoted(p.get("name").text())})
	}
	return object(attribute{"pool", t.pool(d, p, s, label+"_default").id()})
}

const severalSources = "a virtual server takes clients of one network: until a firewall policy has several, everybody may connect"

// passthrough is a virtual server that does not decrypt.
func (t *translator) passthrough(d *document, s settings, pools []value) {
	spec := d.root.get("spec")
	if len(pools) == 0 {
		spec.note("has no pools, so nothing to pass on to")
		return
	}
	spec.get("host").none("is not looked at: what is encrypted goes to one pool; use an address for each host")
	spec.get("hostAliases").none("is not looked at: what is encrypted goes to one pool; use an address for each host")
	pools[0].get("path").skip() // CIS cannot look at it either
	for _, p := range pools[1:] {
		p.none("what is encrypted goes to the first pool")
	}
	label := d.namespace + "_" + d.name
	pool := t.pool(d, pools[0], s, label)
	port := cmp.Or(spec.get("virtualServerHTTPSPort").number(), 443)
	t.server(d, s, server{
		label: label, name: cmp.Or(spec.get("virtualServerName").text(), label), pool: pool.id(), port: port, protocol: "tcp",
		profiles: t.transportProfiles(d, s, "tcp"), persistence: "source-address",
	})
}
