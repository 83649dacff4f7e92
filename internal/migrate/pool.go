package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// backend is a Service with its weight.
type backend struct {
	namespace, service, port string
	weight                   int
}

// pool writes a bigipkube_pool for a pool of a custom resource, with its monitors.
func (t *translator) pool(d *document, p value, s settings, label string) *block {
	monitors := t.monitors(d, p, label)
	name := cmp.Or(p.get("name").text(), label)
	b := t.resource(poolType, label, d)
	b.set("partition", quoted(d.root.get("spec", "partition").text()))
	b.set("name", quoted(name))
	b.set("monitors", tuple(monitors...))
	b.set("monitors_required", required(p.get("minimumMonitors")))
	backends := t.backendsOf(d, p)
	mode := p.get("loadBalancingMethod").text()
	if len(backends) > 1 && !strings.HasPrefix(mode, "ratio-") {
		mode = "ratio-member" // shares need it
	}
	b.set("load_balancing_mode", quoted(mode))
	b.set("reselect_tries", integer(over(p.get("reselectTries"), s.reselectTries).number()))
	b.set("service_down_action", quoted(over(p.get("serviceDownAction"), s.serviceDownAction).text()))
	b.set("slow_ramp_time", integer(s.slowRamp.number()))
	t.setBackends(b, backends)
	return b
}

// required is how many monitors must succeed; none for all of them.
func required(v value) expr {
	n, err := strconv.Atoi(v.text())
	if err != nil {
		return nil
	}
	return integer(n)
}

// backendsOf are the Service of a pool and those beside it. Weights that are all 0, or
// not told, are equal ones.
func (t *translator) backendsOf(d *document, p value) []backend {
	var out []backend
	alternates := p.get("alternateBackends").list()
	for _, v := range append([]value{p}, alternates...) {
		service := v.get("service").text()
		if service == "" {
			continue
		}
		weight := v.get("weight")
		if !weight.isSet() && len(alternates) > 0 {
			v.get("service").note("has no weight beside others: 100 is written")
		}
		b := backend{namespace: cmp.Or(v.get("serviceNamespace").text(), d.namespace), service: service, weight: 100}
		b.port = t.portOf(b.namespace, service, p.get("servicePort").text())
		if weight.isSet() {
			b.weight = weight.number()
		}
		out = append(out, b)
	}
	if slices.IndexFunc(out, func(b backend) bool { return b.weight > 0 }) < 0 {
		for i := range out {
			out[i].weight = 100
		}
		p.get("weight").note("all weights are 0, so that CIS answers 503: equal shares are written")
	}
	return out
}

// portOf is a port as the Service has it: CIS takes the port of its pods, too. That is
// known only where the input has the Service.
func (t *translator) portOf(namespace, service, port string) string {
	d := t.find("Service", namespace, service)
	if d == nil {
		return port
	}
	ports := d.root.get("spec", "ports").list()
	for _, p := range ports {
		if port == p.get("port").text() || port == p.get("name").text() {
			return port
		}
	}
	for _, p := range ports {
		if port == p.get("targetPort").text() {
			return p.get("port").text()
		}
	}
	return port
}

// setBackends writes backends, and traffic where there are several.
func (t *translator) setBackends(b *block, backends []backend) {
	values, shares := map[string]expr{}, map[string]expr{}
	percent := percents(backends)
	for i, backend := range backends {
		name := backend.service // DNS labels are names of backends, too
		for n, base := 2, name; values[name] != nil; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		values[name] = object(
			attribute{"namespace", quoted(backend.namespace)}, attribute{"service", quoted(backend.service)}, attribute{"port", quoted(backend.port)},
			attribute{"node_port", truth(t.options.NodePort)},
		)
		shares[name] = number(percent[i])
	}
	b.set("backends", mapping(values))
	if len(backends) > 1 {
		b.set("traffic", mapping(shares))
	}
}

// percents are the weights as parts of 100, which they add up to: what rounding leaves
// goes to the greatest remainders.
func percents(backends []backend) []int {
	total := 0
	for _, b := range backends {
		total += b.weight
	}
	out, rest := make([]int, len(backends)), 100
	for i, b := range backends {
		out[i] = b.weight * 100 / total
		rest -= out[i]
	}
	for ; rest > 0; rest-- {
		best := -1
		for i, b := range backends {
			if best < 0 || b.weight*100-out[i]*total > backends[best].weight*100-out[best]*total {
				best = i
			}
		}
		out[best]++
	}
	return out
}

// monitorsOf are those of a pool, in both forms.
func monitorsOf(p value) []value {
	if many := p.get("monitors").list(); len(many) > 0 {
		return many
	}
	return p.get("monitor").list()
}

// monitors writes a bigipkube_monitor for each that is not on the device already.
func (t *translator) monitors(d *document, p value, label string) []expr {
	var out []expr
	for _, m := range monitorsOf(p) {
		if e := t.monitor(d, m, label); e != nil {
			out = append(out, e)
		}
	}
	return out
}

func (t *translator) monitor(d *document, m value, label string) expr {
	if m.get("reference").text() == "bigip" {
		return quoted(m.get("name").text())
	}
	kind := m.get("type").text()
	if kind == "" {
		m.note("has no type: http is written")
		kind = "http"
	}
	if kind != "http" && kind != "https" && kind != "tcp" {
		m.none(fmt.Sprintf("a monitor of type %q: there are http, https and tcp; name one of the device instead", kind))
		return nil
	}
	name := cmp.Or(m.get("name").text(), label+"_"+kind)
	b := t.resource(monitorType, name, d)
	b.set("partition", quoted(d.root.get("spec", "partition").text()))
	b.set("name", quoted(b.label))
	b.set("type", quoted(kind))
	b.setInterval(m)
	b.set("send", quoted(m.get("send").text()))
	b.set("receive", quoted(m.get("recv").text()))
	if port := m.get("targetPort").number(); port != 0 {
		b.set("destination", quoted(fmt.Sprintf("*:%d", port)))
	}
	if profile := m.get("sslProfile"); kind == "https" {
		b.set("ssl_profile", quoted(profile.text()))
	} else {
		profile.none("only a monitor of type https has one")
	}
	return b.id()
}

// setInterval writes interval and timeout, of which the device wants the second to be
// longer.
func (b *block) setInterval(m value) {
	interval, timeout := m.get("interval").number(), m.get("timeout").number()
	if interval == 0 {
		interval = defaultInterval
	}
	if timeout != 0 && timeout <= interval {
		m.get("timeout").note(fmt.Sprintf("must be longer than the interval: %d is written", 3*interval+1))
		timeout = 3*interval + 1
	}
	b.set("interval", integer(interval))
	b.set("timeout", integer(cmp.Or(timeout, 3*interval+1)))
}

const defaultInterval = 5 // seconds, as in CIS and on the device
