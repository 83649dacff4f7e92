package ingress

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Annotation is an annotation of an Ingress that other controllers read.
type Annotation struct {
	Name string
	// Use says what is done with it here. Without, Reason says why nothing is.
	Use, Reason string
}

const (
	cisPrefix   = "virtual-server.f5.com/"
	nginxPrefix = "nginx.ingress.kubernetes.io/"

	cisHTTPPort  = cisPrefix + "http-port"
	cisHTTPSPort = cisPrefix + "https-port"
	cisBalance   = cisPrefix + "balance"
	cisWAF       = cisPrefix + "waf"
	cisServerSSL = cisPrefix + "serverssl"
	sslRedirect  = "ingress.kubernetes.io/ssl-redirect"
	allowHTTP    = "ingress.kubernetes.io/allow-http"

	cisAllow     = cisPrefix + "allow-source-range"
	cisWhitelist = cisPrefix + "whitelist-source-range"

	nginxAllow         = nginxPrefix + "allowlist-source-range"
	nginxWhitelist     = nginxPrefix + "whitelist-source-range"
	nginxPassthrough   = nginxPrefix + "ssl-passthrough"
	nginxRedirect      = nginxPrefix + "ssl-redirect"
	nginxCanary        = nginxPrefix + "canary"
	nginxCanaryWeight  = nginxPrefix + "canary-weight"
	nginxCanaryTotal   = nginxPrefix + "canary-weight-total"
	nginxCanaryHeader  = nginxPrefix + "canary-by-header"
	nginxCanaryValue   = nginxPrefix + "canary-by-header-value"
	nginxCanaryPattern = nginxPrefix + "canary-by-header-pattern"
	nginxCanaryCookie  = nginxPrefix + "canary-by-cookie"
)

const allowUse = "The networks of the clients that are served; all others get the status 403. Where it is not understood nobody is served."

// Annotations are those that are known, by name. All others of the two prefixes are a
// Problem.
func Annotations() []Annotation {
	return []Annotation{
		{Name: allowHTTP, Use: `"false" leaves what has a certificate off the HTTP port.`},
		{Name: sslRedirect, Use: `"false" serves what has a certificate on the HTTP port too.`},
		{Name: nginxAllow, Use: allowUse},
		{Name: nginxCanary, Use: `"true" makes the Ingress a canary of the one with the same hosts and paths in its namespace.`},
		{Name: nginxCanaryCookie, Use: `A cookie that chooses: "always" is the canary, "never" is not.`},
		{Name: nginxCanaryHeader, Use: `A header that chooses: "always" is the canary, "never" is not.`},
		{Name: nginxCanaryPattern, Reason: "a policy cannot match patterns"},
		{Name: nginxCanaryValue, Use: "The value of the header that chooses the canary."},
		{Name: nginxCanaryWeight, Use: "The canary's weight."},
		{Name: nginxCanaryTotal, Use: "What the weight is a part of; 100."},
		{Name: nginxPassthrough, Use: `"true" leaves the TLS of its hosts to the pods.`},
		{Name: nginxRedirect, Use: `"false" serves what has a certificate on the HTTP port too.`},
		{Name: nginxWhitelist, Use: allowUse},
		{Name: cisAllow, Use: allowUse},
		{Name: cisBalance, Use: "The load balancing mode of the pools."},
		{Name: cisPrefix + "clientssl", Reason: "name a Secret in the Ingress, or set the client-ssl profile of the resource"},
		{Name: cisPrefix + "health", Reason: "set `monitors` or `monitors_from_probes` of the resource"},
		{Name: cisHTTPPort, Use: "The port instead of 80."},
		{Name: cisHTTPSPort, Use: "The port instead of 443."},
		{Name: cisPrefix + "ip", Reason: "the address is the resource's"},
		{Name: cisPrefix + "multiClusterServices", Reason: "bind a resource for each cluster"},
		{Name: cisPrefix + "partition", Reason: "the partition is the resource's"},
		{Name: cisPrefix + "rewrite-app-root", Reason: "an HTTPRoute can redirect"},
		{Name: cisPrefix + "rewrite-target-url", Reason: "an HTTPRoute can rewrite"},
		{Name: cisPrefix + "secure-serverssl", Reason: "set the server-ssl profile of the resource"},
		{Name: cisServerSSL, Use: "The full path of the server-ssl profile towards the pods."},
		{Name: cisPrefix + "translate-server-address", Reason: "addresses are always translated"},
		{Name: cisWAF, Use: "The full path of the WAF policy."},
		{Name: cisWhitelist, Use: allowUse},
	}
}

// annotations are what an Ingress asks for by them.
type annotations struct {
	httpPort, httpsPort uint16
	redirect            bool // HTTP to HTTPS
	noHTTP              bool
	passthrough         bool // TLS is left to the pods
}

func (r *ingressRead) readAnnotations() annotations {
	notes := annotations{redirect: !r.options.NoHTTPSRedirect}
	for _, name := range slices.Sorted(maps.Keys(r.ingress.Annotations)) {
		r.readAnnotation(name, r.ingress.Annotations[name], &notes)
	}
	return notes
}

func (r *ingressRead) readAnnotation(name, value string, notes *annotations) {
	wrong := func() {
		r.problem(r.source, "annotation "+name, LeftOut, "its value %q is not understood", value)
	}
	flag := func(target *bool, when, to string) {
		switch value {
		case when:
			*target = to == "true"
		case "true", "false":
		default:
			wrong()
		}
	}
	path := func(target *ltm.Path) {
		parsed, err := ltm.ParsePath(value)
		if err != nil {
			wrong()
			return
		}
		*target = parsed
	}
	port := func(target *uint16) {
		number, err := strconv.ParseUint(value, 10, 16)
		if err != nil || number == 0 {
			wrong()
			return
		}
		*target = uint16(number)
	}
	switch name {
	case cisHTTPPort:
		port(&notes.httpPort)
	case cisHTTPSPort:
		port(&notes.httpsPort)
	case cisBalance:
		if !slices.Contains(ltm.LoadBalancingModes(), value) {
			wrong()
			return
		}
		r.set.Wishes.LoadBalancingMode = value
	case cisWAF:
		path(&r.set.Wishes.WAFPolicy)
	case cisServerSSL:
		path(&r.set.Wishes.ServerSSL)
	case sslRedirect, nginxRedirect:
		flag(&notes.redirect, "false", "false")
	case nginxPassthrough:
		flag(&notes.passthrough, "true", "true")
	case cisAllow, cisWhitelist, nginxAllow, nginxWhitelist:
		r.readAllowed(name, value)
	case allowHTTP:
		flag(&notes.noHTTP, "false", "true")
	default:
		r.unread(name)
	}
}

// readAllowed reads the networks of the clients that are served, all annotations
// together. One that is not understood allows nobody: it was to protect something.
func (r *ingressRead) readAllowed(name, value string) {
	if len(r.options.AllowedSources) > 0 {
		return
	}
	networks, ok := ParseNetworks(value)
	switch {
	case !ok:
		r.problem(r.source, "annotation "+name, Answered, "its value %q is not a list of networks: all requests get the status 403", value)
		r.sources = nil
	case !r.restricted || len(r.sources) > 0:
		r.sources = sortNetworks(append(networks, r.sources...))
	}
	r.restricted = true
}

// unread is the problem of an annotation that asks for something, and gets nothing.
func (r *ingressRead) unread(name string) {
	if !strings.HasPrefix(name, cisPrefix) && !strings.HasPrefix(name, nginxPrefix) {
		return
	}
	reason := "it is not known here"
	for _, a := range Annotations() {
		if a.Name == name {
			reason = a.Reason
			if a.Use != "" {
				reason = "it counts on a canary only"
			}
		}
	}
	r.problem(r.source, "annotation "+name, LeftOut, "%s", reason)
}
