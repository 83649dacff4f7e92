package migrate

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// object of Kubernetes, as it is written.
type manifestObject struct {
	APIVersion string           `yaml:"apiVersion"`
	Kind       string           `yaml:"kind"`
	Metadata   manifestMetadata `yaml:"metadata"`
	Spec       any              `yaml:"spec"`
}

type manifestMetadata struct {
	Namespace   string            `yaml:"namespace"`
	Name        string            `yaml:"name"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

type ingressSpec struct {
	Class string        `yaml:"ingressClassName"`
	TLS   []ingressTLS  `yaml:"tls,omitempty"`
	Rules []ingressRule `yaml:"rules"`
}

type ingressTLS struct {
	Hosts  []string `yaml:"hosts,omitempty"`
	Secret string   `yaml:"secretName"`
}

type ingressRule struct {
	Host string `yaml:"host,omitempty"`
	HTTP struct {
		Paths []ingressPath `yaml:"paths"`
	} `yaml:"http"`
}

type ingressPath struct {
	Path    string `yaml:"path"`
	Type    string `yaml:"pathType"`
	Backend struct {
		Service ingressService `yaml:"service"`
	} `yaml:"backend"`
}

type ingressService struct {
	Name string         `yaml:"name"`
	Port map[string]any `yaml:"port,omitempty"`
}

type routeSpec struct {
	Hostnames []string    `yaml:"hostnames,omitempty"`
	Rules     []routeRule `yaml:"rules"`
}

type routeRule struct {
	Matches  []map[string]any `yaml:"matches"`
	Filters  []map[string]any `yaml:"filters,omitempty"`
	Backends []routeBackend   `yaml:"backendRefs,omitempty"`
}

type routeBackend struct {
	Namespace string `yaml:"namespace,omitempty"`
	Name      string `yaml:"name"`
	Port      int    `yaml:"port,omitempty"`
	Weight    *int   `yaml:"weight,omitempty"`
}

// ingressClass keeps other controllers away: one whose class is the default would take
// an Ingress without a class.
const ingressClass = "bigipkube"

// bind writes the object that a bigipkube_ingress binds, and returns the attribute that
// names it.
func (t *translator) bind(d *document, pools []value, tls tls) string {
	spec := d.root.get("spec")
	var hosts []string
	for _, v := range append(spec.get("host").list(), spec.get("hostAliases").list()...) {
		hosts = append(hosts, v.text())
	}
	root := spec.get("rewriteAppRoot")
	if root.isSet() || slices.ContainsFunc(pools, func(p value) bool { return needsRoute(d, p) }) {
		if tls.isSet() && tls.traffic == "none" {
			spec.get("httpTraffic").note("an HTTPRoute is served on the HTTP port too, with a redirect to HTTPS")
		}
		t.route(d, hosts, root.text(), pools)
		return "http_route"
	}
	t.ingressOf(d, hosts, pools, tls)
	return "ingress"
}

// needsRoute tells that an Ingress could not say what a pool does.
func needsRoute(d *document, p value) bool {
	namespace := p.get("serviceNamespace")
	return p.get("rewrite").isSet() || p.get("hostRewrite").isSet() || p.get("alternateBackends").isSet() ||
		namespace.isSet() && namespace.text() != d.namespace
}

func (t *translator) ingressOf(d *document, hosts []string, pools []value, tls tls) {
	out := ingressSpec{Class: ingressClass}
	for _, secret := range tls.secrets {
		out.TLS = append(out.TLS, ingressTLS{Hosts: hosts, Secret: secret})
	}
	var paths []ingressPath
	for _, p := range pools {
		p.get("weight").skip() // it is the only one
		p.get("serviceNamespace").skip()
		path := ingressPath{Path: cmp.Or(p.get("path").text(), "/"), Type: "Prefix"}
		service := p.get("service").text()
		path.Backend.Service = ingressService{Name: service, Port: ingressPort(t.portOf(d.namespace, service, p.get("servicePort").text()))}
		paths = append(paths, path)
	}
	if len(hosts) == 0 {
		hosts = []string{""}
	}
	for _, host := range hosts {
		rule := ingressRule{Host: host}
		rule.HTTP.Paths = paths
		out.Rules = append(out.Rules, rule)
	}
	annotations := map[string]string{}
	if tls.isSet() && tls.traffic == "none" {
		annotations["ingress.kubernetes.io/allow-http"] = "false"
	}
	t.manifest("networking.k8s.io/v1", "Ingress", d, annotations, out)
}

func ingressPort(port string) map[string]any {
	if n, err := strconv.Atoi(port); err == nil {
		return map[string]any{"number": n}
	}
	return map[string]any{"name": port}
}

func (t *translator) route(d *document, hosts []string, root string, pools []value) {
	out := routeSpec{Hostnames: hosts}
	if root != "" {
		out.Rules = append(out.Rules, routeRule{
			Matches: match("Exact", "/"),
			Filters: []map[string]any{{"type": "RequestRedirect", "requestRedirect": map[string]any{"path": map[string]any{"type": "ReplaceFullPath", "replaceFullPath": root}, "statusCode": 302}}},
		})
	}
	for _, p := range pools {
		rule := routeRule{Matches: match("PathPrefix", cmp.Or(p.get("path").text(), "/"))}
		rewrite := map[string]any{}
		if host := p.get("hostRewrite").text(); host != "" {
			rewrite["hostname"] = host
		}
		if path := p.get("rewrite").text(); path != "" {
			rewrite["path"] = map[string]any{"type": "ReplacePrefixMatch", "replacePrefixMatch": path}
		}
		if len(rewrite) > 0 {
			rule.Filters = append(rule.Filters, map[string]any{"type": "URLRewrite", "urlRewrite": rewrite})
		}
		backends := t.backendsOf(d, p)
		for _, b := range backends {
			rule.Backends = append(rule.Backends, t.routeBackend(d, p, b, len(backends) > 1))
		}
		out.Rules = append(out.Rules, rule)
	}
	t.manifest("gateway.networking.k8s.io/v1", "HTTPRoute", d, nil, out)
}

func match(kind, path string) []map[string]any {
	return []map[string]any{{"path": map[string]any{"type": kind, "value": path}}}
}

func (t *translator) routeBackend(d *document, p value, b backend, weighted bool) routeBackend {
	out := routeBackend{Name: b.service}
	if weighted {
		out.Weight = &b.weight
	}
	if out.Port = t.portNumber(b); out.Port == 0 {
		p.get("servicePort").note("an HTTPRoute names ports by number, and the input does not have the Service: write it into the manifest")
	}
	if b.namespace != d.namespace {
		out.Namespace = b.namespace
		t.grant(d, b.namespace)
	}
	return out
}

// portNumber is that of a backend; one with a name has it from its Service. 0 is not
// known.
func (t *translator) portNumber(b backend) int {
	if port, err := strconv.Atoi(b.port); err == nil {
		return port
	}
	if service := t.find("Service", b.namespace, b.service); service != nil {
		for _, p := range service.root.get("spec", "ports").list() {
			if p.get("name").text() == b.port {
				return p.get("port").number()
			}
		}
	}
	return 0
}

// grant writes what the other namespace has to say for its Services to be used.
func (t *translator) grant(d *document, namespace string) {
	name := "routes-from-" + d.namespace
	if slices.ContainsFunc(t.manifests, func(m Manifest) bool {
		return m.Kind == "ReferenceGrant" && m.Namespace == namespace && m.Name == name
	}) {
		return
	}
	t.write("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", manifestMetadata{Namespace: namespace, Name: name}, map[string]any{
		"from": []any{map[string]any{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": d.namespace}},
		"to":   []any{map[string]any{"group": "", "kind": "Service"}},
	})
}

func (t *translator) manifest(version, kind string, d *document, annotations map[string]string, spec any) {
	t.write(version, kind, manifestMetadata{Namespace: d.namespace, Name: d.name, Annotations: annotations}, spec)
}

func (t *translator) write(version, kind string, metadata manifestMetadata, spec any) {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(manifestObject{version, kind, metadata, spec}); err != nil {
		panic(err) // these types always can
	}
	t.manifests = append(t.manifests, Manifest{Kind: kind, Namespace: metadata.Namespace, Name: metadata.Name, YAML: text.Bytes()})
}
