package migrate

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// The labels by which CIS finds the Services of a pool.
const (
	tenantLabel = "cis.f5.com/as3-tenant"
	appLabel    = "cis.f5.com/as3-app"
	poolLabel   = "cis.f5.com/as3-pool"
)

// service is looked at by the pools of ConfigMaps. One that is itself a configuration
// of CIS has annotations.
func (t *translator) service(d *document) {
	d.root.get("spec").skip()
	for _, f := range d.root.get("metadata", "annotations").fields() {
		if f.key == "cis.f5.com/ip" || f.key == "cis.f5.com/ipamLabel" {
			f.note("a Service of type LoadBalancer: make a bigipkube_pool of it, and a bigipkube_virtual_server")
		}
	}
}

// configMap reads the declaration in one that CIS would read.
func (t *translator) configMap(d *document) {
	labels := d.root.get("metadata", "labels")
	data := d.root.get("data")
	switch {
	case labels.get("f5type").text() != "virtual-server":
		d.told = true // somebody else's
		return
	case labels.get("overrideAS3").text() == "true":
		d.root.none("changes what CIS generates: set what it adds in the resources")
		return
	case labels.get("as3").text() != "true" || !data.get("template").isSet():
		d.root.none("is not a declaration of AS3")
		return
	}
	if disabled := d.root.get("metadata", "annotations", "cis.f5.com/disableMembers"); disabled.isSet() {
		disabled.note("members of some Deployments are disabled: give them a backend of their own, with share 0")
	}
	root, err := data.get("template").parse()
	if err != nil {
		data.get("template").note("cannot be parsed: " + err.Error())
		return
	}
	adc := root
	if class := root.get("class").text(); class == "AS3" {
		for _, key := range []string{"action", "persist"} {
			root.get(key).skip()
		}
		adc = root.get("declaration")
	}
	for _, key := range []string{"class", "schemaVersion", "id", "label", "remark", "updateMode"} {
		adc.get(key).skip()
	}
	for _, tenant := range adc.fields() {
		if tenant.get("class").text() != "Tenant" {
			continue
		}
		for _, app := range tenant.fields() {
			if app.get("class").text() == "Application" {
				t.application(d, tenant.key, app)
			}
		}
	}
}

// application is one of a declaration.
type application struct {
	t            *translator
	d            *document
	tenant, name string
	value
	monitors, pools map[string]expr // that are written, by name
}

func (t *translator) application(d *document, tenant string, app field) {
	a := &application{t: t, d: d, tenant: tenant, name: app.key, value: app.value, monitors: map[string]expr{}, pools: map[string]expr{}}
	for _, key := range []string{"template", "label", "remark"} {
		app.get(key).skip()
	}
	for _, item := range app.fields() {
		switch class := item.get("class").text(); {
		case strings.HasPrefix(class, "Service_"):
			a.server(item, class)
		case class == "Pool":
			a.pool(item.key)
		case class == "Monitor" || item.key == "class" || len(item.fields()) == 0:
		default:
			item.none(fmt.Sprintf("an object of class %s", cmp.Or(class, "unknown")) + as3Reasons[class])
		}
	}
}

var as3Reasons = map[string]string{
	"TLS_Server":      ": name a client-ssl profile of the device in profiles, or bind an Ingress, which takes a Secret",
	"TLS_Client":      ": name a server-ssl profile of the device in profiles",
	"Certificate":     ": keys do not belong into a configuration; bind an Ingress, which takes a Secret",
	"Endpoint_Policy": ": routes by host and path are those of an Ingress or an HTTPRoute, which a bigipkube_ingress binds",
	"iRule":           ": put it on the device, and name it in irules",
	"Persist":         ": put it on the device, and name it in persistence",
	"WAF_Policy":      ": put it on the device, with an LTM policy that enables it",
}

// label is the name of what an item becomes.
func (a *application) label(item string) string { return a.name + "_" + item }

// target is what a pointer points to: the path of an object on the device, or the name of
// an item beside it.
func target(v value) (path, item string) {
	if v.get("bigip").isSet() {
		return v.get("bigip").text(), ""
	}
	if v.get("use").isSet() {
		item = v.get("use").text()
	} else {
		item = v.text()
	}
	if strings.HasPrefix(item, "/") {
		if parts := strings.Split(item, "/"); len(parts) == 4 { // of a declaration: /tenant/application/item
			return "", parts[3]
		}
		return item, ""
	}
	return "", item
}

// pool writes the pool of a name, once.
func (a *application) pool(name string) expr {
	if written, ok := a.pools[name]; ok {
		return written
	}
	p := a.get(name)
	if p.get("class").text() != "Pool" {
		return nil
	}
	var monitors []expr
	for _, m := range p.get("monitors").list() {
		if e := a.monitor(m); e != nil {
			monitors = append(monitors, e)
		}
	}
	b := a.t.resource(poolType, a.label(name), a.d)
	b.set("partition", quoted(a.tenant))
	b.set("name", quoted(a.label(name)))
	b.set("description", quoted(cmp.Or(p.get("remark").text(), p.get("label").text())))
	b.set("monitors", tuple(monitors...))
	b.set("monitors_required", required(p.get("minimumMonitors")))
	a.members(b, name, p)
	b.set("min_active_members", integer(p.get("minimumMembersActive").number()))
	b.set("reselect_tries", integer(p.get("reselectTries").number()))
	b.set("service_down_action", quoted(p.get("serviceDownAction").text()))
	b.set("slow_ramp_time", integer(p.get("slowRampTime").number()))
	a.pools[name] = b.id()
	return b.id()
}

// members writes what is behind a pool: the Services with its labels, else the addresses
// that the declaration has itself.
func (a *application) members(b *block, name string, p value) {
	services := a.services(name)
	mode := p.get("loadBalancingMode").text()
	var backends []backend
	addresses := map[string]expr{}
	for _, m := range p.get("members").list() {
		m.get("shareNodes").skip()
		m.get("addressDiscovery").skip()
		port := m.get("servicePort").number()
		static := m.get("serverAddresses").list()
		for _, v := range static {
			addresses[join(v.text(), port)] = object()
		}
		if len(static) > 0 {
			continue
		}
		for _, s := range services {
			backends = append(backends, backend{namespace: s.namespace, service: s.name, port: servicePort(s, port), weight: 100})
		}
		if len(services) == 0 {
			m.note(fmt.Sprintf("the input has no Service with the labels %s=%s, %s=%s and %s=%s: add backends to the pool", tenantLabel, a.tenant, appLabel, a.name, poolLabel, name))
		}
	}
	switch {
	case len(backends) > 1 && !strings.HasPrefix(mode, "ratio-"):
		mode = "ratio-member" // shares need it
	case len(backends) > 0 && len(addresses) > 0:
		p.get("members").note("there are addresses beside Services: add a backend of them, with its share")
	}
	b.set("load_balancing_mode", quoted(mode))
	if len(backends) > 0 {
		a.t.setBackends(b, backends)
		return
	}
	b.set("members", mapping(addresses))
}

// join is a member's name: "192.0.2.1:80", "[2001:db8::1]:80".
func join(address string, port int) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() {
		return fmt.Sprintf("[%s]:%d", address, port)
	}
	return fmt.Sprintf("%s:%d", address, port)
}

// services are those that CIS would put into a pool.
func (a *application) services(pool string) []*document {
	var out []*document
	for _, d := range a.t.documents {
		labels := d.root.get("metadata", "labels")
		if d.kind == "Service" && labels.get(tenantLabel).text() == a.tenant && labels.get(appLabel).text() == a.name && labels.get(poolLabel).text() == pool {
			out = append(out, d)
		}
	}
	return out
}

// servicePort is the Service's port whose pods listen on a port, or "" if it has just
// one.
func servicePort(d *document, target int) string {
	ports := d.root.get("spec", "ports").list()
	if len(ports) == 1 {
		return ""
	}
	for _, key := range []string{"targetPort", "port"} {
		for _, p := range ports {
			if p.get(key).text() == strconv.Itoa(target) {
				return p.get("port").text()
			}
		}
	}
	return strconv.Itoa(target)
}

// monitor is one of the device, or one that is written.
func (a *application) monitor(pointer value) expr {
	path, item := target(pointer)
	m := a.get(item)
	switch {
	case path != "":
		return quoted(path)
	case item == "":
		return nil
	case m.get("class").text() != "Monitor":
		return quoted("/Common/" + strings.ReplaceAll(item, "-", "_")) // AS3's words for the device's own
	case a.monitors[item] != nil:
		return a.monitors[item]
	}
	kind := m.get("monitorType").text()
	if kind != "http" && kind != "https" && kind != "tcp" {
		m.none(fmt.Sprintf("a monitor of type %q: there are http, https and tcp; name one of the device instead", kind))
		return nil
	}
	b := a.t.resource(monitorType, a.label(item), a.d)
	b.set("partition", quoted(a.tenant))
	b.set("name", quoted(a.label(item)))
	b.set("description", quoted(cmp.Or(m.get("remark").text(), m.get("label").text())))
	b.set("type", quoted(kind))
	b.setInterval(m)
	b.set("time_until_up", integer(m.get("timeUntilUp").number()))
	b.set("up_interval", integer(m.get("upInterval").number()))
	b.set("send", quoted(m.get("send").text()))
	b.set("receive", quoted(m.get("receive").text()))
	b.set("reverse", truth(m.get("reverse").text() == "true"))
	b.set("transparent", truth(m.get("transparent").text() == "true"))
	if port := m.get("targetPort").number(); port != 0 {
		b.set("destination", quoted(fmt.Sprintf("*:%d", port)))
	}
	a.monitors[item] = b.id()
	return b.id()
}
