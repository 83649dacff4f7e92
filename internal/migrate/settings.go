package migrate

import (
	"cmp"
	"slices"
)

// settings are what VirtualServers, TransportServers and Policies say alike. They are
// places, so that a translator that has no attribute for one can say where it was.
type settings struct {
	waf, snat, autoLastHop, persistence           value
	firewall                                      value
	tcpClient, tcpServer, udp, http, l4           value
	reselectTries, serviceDownAction, slowRamp    value
	sources, vlans, irules, logProfiles, policies []value
	profiles                                      map[string]profile // by what it is for: "dos"
	defaultPool                                   value
}

// profile is one that is attached, with the side that it is for.
type profile struct{ path, side string }

// settings reads an object, and the Policy that it names, over which it takes precedence.
func (t *translator) settings(d *document) settings {
	var s settings
	s.profiles = map[string]profile{}
	spec := d.root.get("spec")
	if name := spec.get("policyName"); name.isSet() {
		if policy := t.find("Policy", d.namespace, name.text()); policy != nil {
			s.readPolicy(policy.root.get("spec"))
		} else {
			name.none("there is no Policy of that name in the input")
		}
	}
	s.readObject(spec)
	return s
}

// over is a if somebody wrote something there, which leaves b without effect.
func over(a, b value) value {
	if !a.isSet() {
		return b
	}
	b.skip()
	return a
}

func overAll(a, b []value) []value {
	if len(a) == 0 {
		return b
	}
	for _, v := range b {
		v.skip()
	}
	return a
}

func (s *settings) readObject(spec value) {
	s.waf = over(spec.get("waf"), s.waf)
	s.snat = over(spec.get("snat"), s.snat)
	s.persistence = over(spec.get("persistenceProfile"), s.persistence)
	s.sources = overAll(spec.get("allowSourceRange").list(), s.sources)
	s.vlans = overAll(spec.get("allowVlans").list(), s.vlans)
	s.irules = overAll(spec.get("iRules").list(), s.irules)
	s.l4 = over(spec.get("profileL4"), s.l4)
	s.defaultPool = over(spec.get("defaultPool"), s.defaultPool)
	s.readTCP(spec.get("profiles", "tcp"))
	s.readHTTP2(spec.get("profiles", "http2"))
	for _, key := range []string{"dos", "botDefense", "httpCompressionProfile", "profileMultiplex", "htmlProfile"} {
		s.attach(key, spec.get(key), "all")
	}
}

func (s *settings) readPolicy(spec value) {
	l3, profiles, pool := spec.get("l3Policies"), spec.get("profiles"), spec.get("poolSettings")
	s.waf = spec.get("l7Policies", "waf")
	s.snat = spec.get("snat")
	s.autoLastHop = spec.get("autoLastHop")
	s.persistence = profiles.get("persistenceProfile")
	s.firewall = l3.get("firewallPolicy")
	s.sources = l3.get("allowSourceRange").list()
	s.vlans = l3.get("allowVlans").list()
	s.irules = slices.Concat(secure(spec.get("iRules")).list(), spec.get("iRuleList").list())
	s.policies = secure(spec.get("ltmPolicies")).list()
	s.logProfiles = profiles.get("logProfiles").list()
	s.l4, s.udp = profiles.get("profileL4"), profiles.get("udp")
	s.http = over(profiles.get("http"), secure(profiles.get("httpProfiles")))
	s.reselectTries, s.serviceDownAction, s.slowRamp = pool.get("reselectTries"), pool.get("serviceDownAction"), pool.get("slowRampTime")
	s.defaultPool = spec.get("defaultPool")
	s.readTCP(profiles.get("tcp"))
	s.readHTTP2(profiles.get("http2"))
	s.attach("dos", l3.get("dos"), "all")
	s.attach("botDefense", l3.get("botDefense"), "all")
	s.attach("analytics", profiles.get("analyticsProfiles", "http"), "all")
	for _, key := range []string{"rewriteProfile", "requestLogProfile", "profileMultiplex", "profileWebSocket", "htmlProfile", "ftpProfile", "httpCompressionProfile"} {
		s.attach(key, profiles.get(key), "all")
	}
	for _, v := range profiles.get("sslProfiles", "clientProfiles").list() {
		s.attach(v.text(), v, "clientside")
	}
	for _, v := range profiles.get("sslProfiles", "serverProfiles").list() {
		s.attach(v.text(), v, "serverside")
	}
}

// secure is what is told for HTTPS; what is told for HTTP counts where that is all.
func secure(v value) value {
	if v.get("secure").isSet() {
		v.get("insecure").none("there is one list for both ports: that for HTTPS is written")
		return v.get("secure")
	}
	return v.get("insecure")
}

// readTCP reads both forms: one profile, or one for each side.
func (s *settings) readTCP(tcp value) {
	if len(tcp.fields()) == 0 && tcp.isSet() {
		s.tcpClient, s.tcpServer = tcp, tcp
		return
	}
	s.tcpClient, s.tcpServer = over(tcp.get("client"), s.tcpClient), over(tcp.get("server"), s.tcpServer)
}

func (s *settings) readHTTP2(http2 value) {
	if len(http2.fields()) == 0 {
		s.attach("http2", http2, "clientside")
		return
	}
	s.attach("http2", http2.get("client"), "clientside")
	s.attach("http2 server", http2.get("server"), "serverside")
}

func (s *settings) attach(use string, v value, side string) {
	if path := v.text(); path != "" {
		s.profiles[use] = profile{path, side}
	}
}

// attached are the profiles by their paths.
func (s *settings) attached() map[string]string {
	out := map[string]string{}
	for _, p := range s.profiles {
		out[p.path] = p.side
	}
	return out
}

// tcp are the profiles of both sides; one that is not told is the other one's.
func (s *settings) tcp() (client, server string) {
	client, server = s.tcpClient.text(), s.tcpServer.text()
	return cmp.Or(client, server), cmp.Or(server, client)
}

// persistenceProfiles are AS3's words for the device's own profiles.
var persistenceProfiles = map[string]string{
	"cookie": "/Common/cookie", "destination-address": "/Common/dest_addr", "hash": "/Common/hash", "msrdp": "/Common/msrdp",
	"sip-info": "/Common/sip_info", "source-address": "/Common/source_addr", "tls-session-id": "/Common/ssl", "universal": "/Common/universal",
}

// persistenceProfile is the full path, or "" for none.
func persistenceProfile(v value, byDefault string) string {
	name := cmp.Or(v.text(), byDefault)
	if name == "none" {
		return ""
	}
	return cmp.Or(persistenceProfiles[name], name)
}

// profileMap is the attribute profiles.
func profileMap(profiles map[string]string) expr {
	values := map[string]expr{}
	for path, side := range profiles {
		values[path] = quoted(side)
	}
	return mapping(values)
}

func textsOf(values []value) []string {
	var out []string
	for _, v := range values {
		out = append(out, v.text())
	}
	return out
}

// only is the one text of a list. Where there are more, each has a note, and none counts.
func only(values []value, reason string) string {
	if len(values) == 1 {
		return values[0].text()
	}
	for _, v := range values {
		v.none(reason)
	}
	return ""
}

// vlans is the attribute, none for all VLANs.
func vlans(values []value) expr {
	if len(values) == 0 {
		return nil
	}
	return object(attribute{"enabled_on", quotedAll(textsOf(values))})
}
