package migrate

import (
	"cmp"
	"fmt"
	"slices"
)

// Input is a file, or what a cluster answered.
type Input struct {
	Name string // of the file, for notes
	Data []byte // YAML, of one or more documents, or JSON
	Live bool   // read from a cluster: its lines mean nothing to anybody
}

// Options are what a configuration of CIS does not say in its objects.
type Options struct {
	Namespace string // of objects that name none; "" is "default"
	NodePort  bool   // CIS runs with --pool-member-type=nodeport
}

// Result is the translation.
type Result struct {
	HCL       []byte // formatted; nil if there is nothing to write
	Manifests []Manifest
	Notes     []Note // by file and line
}

// Manifest is an object for the cluster, in YAML.
type Manifest struct {
	Kind, Namespace, Name string
	YAML                  []byte
}

// Note is something without an equal, or that somebody has to look at.
type Note struct {
	File   string
	Line   int    // 0 where there are none
	Object string // "VirtualServer shop/web"
	Field  string // "spec.pools[0].nodeMemberLabel"; "" is all of it
	Reason string
}

// String is one line: "cis.yaml:12: VirtualServer shop/web: spec.dos: …".
func (n Note) String() string {
	text := n.File
	if n.Line > 0 {
		text += fmt.Sprintf(":%d", n.Line)
	}
	text += ": " + n.Object + ": "
	if n.Field != "" {
		text += n.Field + ": "
	}
	return text + n.Reason
}

// Translate reads all inputs before it translates any: objects refer to each other
// across files. The error is a document that cannot be parsed, with its file.
func Translate(inputs []Input, options Options) (Result, error) {
	t := &translator{options: options, labels: map[string]bool{}, variables: map[string]string{}}
	t.options.Namespace = cmp.Or(options.Namespace, "default")
	for _, input := range inputs {
		documents, err := t.parse(input)
		if err != nil {
			return Result{}, fmt.Errorf("%s: %w", input.Name, err)
		}
		t.documents = append(t.documents, documents...)
	}
	for _, d := range t.documents {
		if translate := translators[d.kind]; translate != nil {
			translate(t, d)
		}
	}
	t.tellUnread()
	slices.SortStableFunc(t.notes, func(a, b Note) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	return Result{HCL: t.render(), Manifests: t.manifests, Notes: slices.Compact(t.notes)}, nil
}

// translators by kind. What is not here is no configuration of CIS.
var translators = map[string]func(*translator, *document){
	"VirtualServer":   (*translator).virtualServer,
	"TransportServer": (*translator).transportServer,
	"Ingress":         (*translator).ingress,
	"ConfigMap":       (*translator).configMap,
	"Service":         (*translator).service,
	"IngressLink":     without("NGINX behind a virtual server: make a bigipkube_pool with the Service of its pods, and a bigipkube_virtual_server"),
	"ExternalDNS":     without("DNS (GTM) is not a part of this provider"),
	"Route":           without("routes of OpenShift are not a part of this provider: write an Ingress or an HTTPRoute"),
	"IPAM":            without("addresses are given in the configuration"),
	// These are read by those that name them.
	"TLSProfile": nil,
	"Policy":     nil,
}

// without is a kind that has no equal as a whole.
func without(reason string) func(*translator, *document) {
	return func(_ *translator, d *document) { d.root.none(reason) }
}

// translator is one run.
type translator struct {
	options   Options
	documents []*document
	blocks    []*block
	labels    map[string]bool   // "bigipkube_pool.web", those that are taken
	variables map[string]string // name -> description
	manifests []Manifest
	notes     []Note
}

// find is the document that another one names, or nil.
func (t *translator) find(kind, namespace, name string) *document {
	for _, d := range t.documents {
		if d.kind == kind && d.namespace == namespace && d.name == name {
			d.named = true
			return d
		}
	}
	return nil
}
