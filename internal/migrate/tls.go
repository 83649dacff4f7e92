package migrate

import (
	"cmp"
	"slices"
)

// tls is what a VirtualServer and its TLSProfile say of encryption.
type tls struct {
	termination string // "" for none
	traffic     string // of HTTP: allow, redirect, none
	secrets     []string
	further     []value // the secrets but for the first one, where they are written
	hosts       []string
	serverSSL   string // profile of the device
}

func (t tls) isSet() bool { return t.termination != "" }

// tls reads the TLSProfile that a VirtualServer names.
func (t *translator) tls(d *document) tls {
	spec := d.root.get("spec")
	name := spec.get("tlsProfileName")
	if !name.isSet() {
		spec.get("httpTraffic").skip() // there is HTTP only
		return tls{}
	}
	out := tls{termination: "edge", traffic: cmp.Or(spec.get("httpTraffic").text(), "allow")}
	profile := t.find("TLSProfile", d.namespace, name.text())
	if profile == nil {
		name.none("there is no TLSProfile of that name in the input: it is served without a certificate")
		return out
	}
	settings := profile.root.get("spec", "tls")
	out.termination = cmp.Or(settings.get("termination").text(), "edge")
	out.hosts = profile.root.get("spec", "hosts").texts()
	client := slices.Concat(settings.get("clientSSL").list(), settings.get("clientSSLs").list())
	server := slices.Concat(settings.get("serverSSL").list(), settings.get("serverSSLs").list())
	if out.termination == "passthrough" {
		for _, v := range slices.Concat(client, server) {
			v.none("what passes through is not decrypted")
		}
		settings.get("reference").skip()
		return out
	}
	reference := settings.get("reference").text()
	if cmp.Or(settings.get("clientSSLParams", "profileReference").text(), reference) == "secret" {
		out.secrets, out.further = textsOf(client), client[min(1, len(client)):]
	} else {
		for _, v := range client {
			v.none("a client-ssl profile of the device: a bigipkube_ingress makes its own from a Secret; name that in certificates")
		}
	}
	if cmp.Or(settings.get("serverSSLParams", "profileReference").text(), reference) == "secret" {
		for _, v := range server {
			v.none("a Secret for the side of the pods: name a server-ssl profile of the device in server_ssl_profile")
		}
	} else {
		out.serverSSL = only(server, "a bigipkube_ingress has one server-ssl profile")
	}
	return out
}

// certificates is the attribute: the Secret for all hosts, none for HTTP.
func (t tls) certificates(namespace string) expr {
	for _, v := range t.further {
		v.none("certificates has one Secret for a host, and the first one is for all: add this one under its host")
	}
	if len(t.secrets) == 0 {
		return nil
	}
	return mapping(map[string]expr{"*": object(attribute{"namespace", quoted(namespace)}, attribute{"name", quoted(t.secrets[0])})})
}
