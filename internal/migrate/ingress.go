package migrate

import (
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

const cisPrefix = "virtual-server.f5.com/"

// ingress becomes a bigipkube_ingress that binds it: the Ingress stays as it is. What the
// provider reads of its annotations is not written again.
func (t *translator) ingress(d *document) {
	annotations := map[string]value{}
	for _, f := range d.root.get("metadata", "annotations").fields() {
		if name, ours := strings.CutPrefix(f.key, cisPrefix); ours {
			annotations[name] = f.value
		}
	}
	d.root.get("spec").skip() // the provider reads it itself
	if len(annotations) == 0 {
		d.told = true // somebody else's
		return
	}
	label := d.namespace + "_" + d.name
	a := address{text: annotations["ip"].text()}
	if a.text == "" || a.text == "controller-default" {
		a = address{variable: t.variable("address_"+a.text, "The address of the Ingresses that name none.")}
	}
	monitors := t.annotatedMonitors(d, annotations["health"], label)
	b := t.resource(ingressType, label, d)
	b.set("partition", quoted(annotations["partition"].text()))
	b.set("ingress", object(attribute{"namespace", quoted(d.namespace)}, attribute{"name", quoted(d.name)}))
	b.set("address", a.value())
	b.set("client_ip", quoted("snat")) // CIS adds no header
	b.set("monitors", tuple(monitors...))
	b.set("node_port", truth(t.options.NodePort))
	b.set("persistence", quoted("/Common/cookie"))
	d.tellAnnotations()
}

// tellAnnotations notes those that neither an attribute stands for nor the provider reads.
func (d *document) tellAnnotations() {
	known := map[string]ingress.Annotation{}
	for _, a := range ingress.Annotations() {
		known[a.Name] = a
	}
	for _, f := range d.root.get("metadata", "annotations").fields() {
		name, ours := strings.CutPrefix(f.key, cisPrefix)
		if !ours || handled[name] {
			continue
		}
		a, ok := known[f.key]
		switch {
		case !ok:
			f.none("not known to this command")
		case a.Use == "":
			f.none(a.Reason)
		}
	}
}

// handled have an attribute.
var handled = map[string]bool{"ip": true, "partition": true, "health": true}

// annotatedMonitors reads the annotation health: a list in JSON, one for each path.
func (t *translator) annotatedMonitors(d *document, health value, label string) []expr {
	if !health.isSet() {
		return nil
	}
	list, err := health.parse()
	if err != nil {
		health.note("is not JSON")
		return nil
	}
	all := list.list()
	for _, m := range all {
		m.get("path").skip() // that of a rule, which the monitor is for
	}
	if len(all) == 0 {
		return nil
	}
	withoutPath := func(m value) string {
		text := ""
		for _, f := range m.fields() {
			if f.key != "path" {
				text += f.key + "=" + resolve(f.node).Value + ";"
			}
		}
		return text
	}
	for _, m := range all[1:] {
		if withoutPath(m) != withoutPath(all[0]) {
			for _, m := range all {
				m.none("the paths have different monitors, and a bigipkube_ingress has the same for all")
			}
			return nil
		}
		m.skip()
	}
	if e := t.monitor(d, all[0], label); e != nil {
		return []expr{e}
	}
	return nil
}
