package ingress

import (
	"net/netip"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RouteSet is what one Ingress, HTTPRoute, TLSRoute or Gateway wants of an address.
type RouteSet struct {
	Owner   binding.Object `json:"owner"`             // what is bound
	Created int64          `json:"created"`           // when the owner was, in Unix seconds
	Servers []Server       `json:"servers,omitempty"` // by port
	Wishes  Wishes         `json:"wishes,omitzero"`
	Probes  []Probed       `json:"probes,omitempty"` // of each backend, where they are asked for
}

// Wishes are what annotations ask for beside routes. Options count more.
type Wishes struct {
	LoadBalancingMode string   `json:"load_balancing_mode,omitempty"`
	WAFPolicy         ltm.Path `json:"waf_policy,omitzero"`
	ServerSSL         ltm.Path `json:"server_ssl,omitzero"`
}

// Server is what is wanted of one port.
type Server struct {
	Port uint16 `json:"port"`
	TLS  bool   `json:"tls,omitempty"` // clients use it
	// Passthrough leaves TLS to the pods: all that is known of a client is the server name that
	// it asks for. Routes match by Host, and forward or reset. TLS is set too.
	Passthrough  bool          `json:"passthrough,omitempty"`
	Certificates []Certificate `json:"certificates,omitempty"` // the first of a host counts
	Routes       []Route       `json:"routes"`                 // in order of precedence
}

// Certificate is a Secret for a server name.
type Certificate struct {
	Host                string `json:"host,omitempty"` // as in Route; "" for names that no other one has
	Namespace           string `json:"namespace"`
	Secret              string `json:"secret"`
	CertificateChecksum string `json:"certificate_checksum,omitempty"` // as in ltm.Certificate
	KeyChecksum         string `json:"key_checksum,omitempty"`
}

// Route says what becomes of requests that match it. Of Backends, Redirect, Status,
// Pool and Reset one is set.
type Route struct {
	Source   binding.Object   `json:"source"` // the Ingress, HTTPRoute or TLSRoute that has it
	Created  int64            `json:"created"`
	Position binding.Position `json:"position"` // in its Source
	Class    binding.Class    `json:"class,omitempty"`

	Host string `json:"host,omitempty"` // in lower case; "*.example.com" for all below a domain; "" for all
	// Except are hosts within Host that are not matched: those of other listeners.
	Except  []string `json:"except,omitempty"`
	Path    Path     `json:"path,omitzero"`
	Method  string   `json:"method,omitempty"`
	Headers []Pair   `json:"headers,omitempty"` // equal these; the name in lower case, sorted by it
	Cookies []Pair   `json:"cookies,omitempty"`
	Query   []Pair   `json:"query,omitempty"`
	// Sources are the networks of the clients that it is for; none is all of them.
	Sources []netip.Prefix `json:"sources,omitempty"`

	RequestHeaders  []HeaderEdit `json:"request_headers,omitempty"`
	ResponseHeaders []HeaderEdit `json:"response_headers,omitempty"`
	Rewrite         Rewrite      `json:"rewrite,omitzero"` // of what is forwarded

	Backends []Backend `json:"backends,omitempty"` // with weights above 0 in sum; those of 0 are on standby
	Redirect *Redirect `json:"redirect,omitempty"`
	Status   int       `json:"status,omitempty"` // an answer without a body: 404, 500, 503
	Reset    bool      `json:"reset,omitempty"`
	Pool     ltm.Path  `json:"pool,omitzero"` // of somebody else

	RuleName string `json:"rule_name,omitempty"` // that the rule has in its Source
}

// Path is a path to match, with regard to case. A prefix matches whole elements:
// "/shop" matches "/shop" and "/shop/cart", not "/shopping". It never ends with a
// slash, but for "/", which matches all, as does the zero Path.
type Path struct {
	Exact bool   `json:"exact,omitempty"`
	Value string `json:"value,omitempty"`
}

// Pair is a name and the value that it must have, with regard to the value's case.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// HeaderEdit changes a header field.
type HeaderEdit struct {
	Kind  ltm.PolicyActionKind `json:"kind"` // InsertHeader, ReplaceHeader, RemoveHeader
	Name  string               `json:"name"`
	Value string               `json:"value,omitempty"`
}

// Rewrite changes host and path of a request.
type Rewrite struct {
	Host string   `json:"host,omitempty"` // "" leaves it
	Path PathEdit `json:"path,omitzero"`
}

// PathEdit replaces a path, or that part of it which the Route's prefix matched. The
// zero value leaves it.
type PathEdit struct {
	Kind  PathEditKind `json:"kind,omitempty"`
	Value string       `json:"value,omitempty"`
}

// PathEditKind says what is replaced.
type PathEditKind string

// The kinds.
const (
	ReplaceFull   PathEditKind = "full"
	ReplacePrefix PathEditKind = "prefix"
)

// Redirect is an answer that names another URL. What is not set is the request's.
type Redirect struct {
	Scheme string   `json:"scheme,omitempty"` // http or https
	Host   string   `json:"host,omitempty"`
	Port   uint16   `json:"port,omitempty"` // 0 is the scheme's, and without a scheme the listener's
	Path   PathEdit `json:"path,omitzero"`
	Code   int      `json:"code"`               // 301, 302, 303, 307, 308
	URL    string   `json:"location,omitempty"` // all of it, instead
}

// Backend is a Service's port with its weight among the backends of a route.
type Backend struct {
	Ref    endpoints.Ref `json:"ref"`
	Weight int           `json:"weight"`
}
