package migrate

import (
	"cmp"
	"fmt"
	"strings"
)

// serviceClass is what AS3 takes for granted of a class of services.
type serviceClass struct {
	port        int
	protocol    string
	profile     string // /Common/tcp
	http        bool
	persistence string
}

var serviceClasses = map[string]serviceClass{
	"Service_HTTP":  {80, "tcp", "/Common/tcp", true, "cookie"},
	"Service_HTTPS": {443, "tcp", "/Common/tcp", true, "cookie"},
	"Service_TCP":   {0, "tcp", "/Common/tcp", false, "source-address"},
	"Service_UDP":   {0, "udp", "/Common/udp", false, "source-address"},
	"Service_SCTP":  {0, "sctp", "/Common/sctp", false, "source-address"},
	"Service_L4":    {0, "tcp", "/Common/fastL4", false, "source-address"},
}

// server writes a virtual server for each address of a service.
func (a *application) server(item field, name string) {
	class, ok := serviceClasses[name]
	if !ok {
		item.none("a service of class " + name)
		return
	}
	profiles := a.profiles(item, class)
	port := cmp.Or(item.get("virtualPort").number(), class.port)
	protocol := cmp.Or(item.get("layer4").text(), class.protocol)
	pool := a.poolOf(item)
	redirect := name == "Service_HTTPS" && item.get("redirect80").text() != "false"
	for i, v := range item.get("virtualAddresses").list() {
		text := v
		if inner := v.list(); len(inner) > 0 { // [address, network of clients]
			text = inner[0]
		}
		label := a.label(item.key)
		if i > 0 {
			label = fmt.Sprintf("%s_%d", label, i+1)
		}
		at := address{text: text.text()}
		if at.text == "" {
			text.none("an address that is an object of its own")
			continue
		}
		b := a.t.resource(serverType, label, a.d)
		b.set("partition", quoted(a.tenant))
		b.set("name", quoted(label))
		b.set("description", quoted(cmp.Or(item.get("remark").text(), item.get("label").text())))
		b.set("destination", destination(at, port))
		b.set("pool", pool)
		if protocol != "tcp" {
			b.set("ip_protocol", quoted(protocol))
		}
		b.set("profiles", profileMap(profiles))
		a.setPersistence(b, item, class)
		b.set("source_address_translation", a.snat(item.get("snat")))
		b.set("irules", a.paths(item.get("iRules"), "an iRule of the declaration: put it on the device"))
		b.set("policies", a.paths(item.get("policyEndpoint"), "routes by host and path are those of an Ingress or an HTTPRoute, which a bigipkube_ingress binds"))
		b.set("vlans", a.vlans(item.get("allowVlans")))
		b.set("firewall_enforced_policy", a.path(item.get("policyFirewallEnforced")))
		b.set("connection_limit", integer(item.get("maxConnections").number()))
		b.set("mirror", truth(item.get("mirroring").text() == "L4"))
		if item.get("enable").text() == "false" {
			b.set("enabled", boolean(false))
		}
		if redirect {
			a.redirect(label, at)
		}
	}
	item.get("policyWAF").none("a WAF policy needs an LTM policy whose rule enables it: name it in policies, and /Common/websecurity in profiles")
}

// redirect is the virtual server on port 80 that AS3 makes beside one for HTTPS.
func (a *application) redirect(label string, at address) {
	b := a.t.resource(serverType, label+"_redirect", a.d)
	b.set("partition", quoted(a.tenant))
	b.set("name", quoted(label+"_redirect"))
	b.set("destination", destination(at, 80))
	b.set("profiles", profileMap(map[string]string{"/Common/tcp": "all", "/Common/http": "all"}))
	b.set("irules", quotedAll([]string{"/Common/_sys_https_redirect"}))
}

// poolOf is the pool that a service names, in the declaration or on the device.
func (a *application) poolOf(item field) expr {
	path, name := target(item.get("pool"))
	if path != "" {
		return quoted(path)
	}
	pool := a.pool(name)
	if pool == nil {
		item.get("pool").note("there is no such pool in the application")
	}
	return pool
}

// profiles are those that the class has, or that are named instead.
func (a *application) profiles(item field, class serviceClass) map[string]string {
	out := map[string]string{}
	attach := func(key, side, byDefault string) {
		path, name := target(item.get(key))
		if name != "" && builtIn[name] == "" {
			item.get(key).note("an object of the declaration: put it on the device, and name it in profiles")
		}
		if path = cmp.Or(path, builtIn[name], byDefault); path != "" {
			out[path] = side
		}
	}
	switch class.profile {
	case "/Common/tcp":
		attach("profileTCP", "all", class.profile)
	case "/Common/udp":
		attach("profileUDP", "all", class.profile)
	case "/Common/fastL4":
		attach("profileL4", "all", class.profile)
	default:
		out[class.profile] = "all"
	}
	if class.http {
		attach("profileHTTP", "all", "/Common/http")
		attach("profileMultiplex", "all", "")
		attach("profileHTTPCompression", "all", "")
	}
	attach("profileDOS", "all", "")
	attach("profileBotDefense", "all", "")
	attach("profileAnalytics", "all", "")
	attach("serverTLS", "clientside", "") // AS3 names the role that the device plays
	attach("clientTLS", "serverside", "")
	return out
}

// builtIn are AS3's words for profiles of the device.
var builtIn = map[string]string{"basic": "/Common/http", "normal": "/Common/tcp", "lan": "/Common/tcp-lan-optimized", "wan": "/Common/tcp-wan-optimized", "mobile": "/Common/tcp-mobile-optimized"}

// setPersistence writes the first method and the fallback behind it. An empty list is
// none, and no list is what AS3 takes for granted.
func (a *application) setPersistence(b *block, item field, class serviceClass) {
	methods := item.get("persistenceMethods")
	if methods.node == nil {
		b.set("persistence", quoted(persistenceProfile(value{}, class.persistence)))
	}
	for i, m := range methods.list() {
		path, name := target(m)
		switch name := cmp.Or(path, persistenceProfiles[name]); {
		case name == "":
			m.note("an object of the declaration: put it on the device, and name it in persistence")
		case i == 0:
			b.set("persistence", quoted(name))
		case i == 1:
			b.set("fallback_persistence", quoted(name))
		default:
			m.none("a virtual server has one method and one fallback")
		}
	}
}

func (a *application) snat(v value) expr {
	if path, name := target(v); path == "" && name != "auto" && name != "none" && name != "self" && name != "" {
		v.none("a SNAT pool of the declaration: put it on the device")
		return nil
	} else if path != "" {
		return object(attribute{"type", quoted("snat")}, attribute{"pool", quoted(path)})
	} else if name == "none" {
		return nil
	}
	return object(attribute{"type", quoted("automap")})
}

// paths are those of objects on the device; the others have a note.
func (a *application) paths(v value, reason string) expr {
	var out []string
	for _, pointer := range v.list() {
		path, name := target(pointer)
		switch {
		case path != "":
			out = append(out, path)
		case name != "":
			pointer.note(reason)
		}
	}
	return quotedAll(out)
}

func (a *application) path(v value) expr {
	path, _ := target(v)
	if path == "" {
		v.none("an object of the declaration: put it on the device")
	}
	return quoted(path)
}

func (a *application) vlans(v value) expr {
	var out []string
	for _, pointer := range v.list() {
		path, name := target(pointer)
		if path = cmp.Or(path, "/Common/"+strings.TrimPrefix(name, "/")); path != "/Common/" {
			out = append(out, path)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return object(attribute{"enabled_on", quotedAll(out)})
}
