package ingress

import "strings"

// below tells that host is in the domain of a wildcard "*.example.com", at any depth. A
// wildcard is below another one if all that it matches is.
func below(host, wildcard string) bool {
	domain, ok := strings.CutPrefix(wildcard, "*")
	return ok && host != wildcard && strings.HasSuffix(host, domain) && len(host) > len(domain)
}

// intersect is the host that both match, false if there is none. "" matches all.
func intersect(a, b string) (string, bool) {
	switch {
	case a == b || b == "" || below(a, b):
		return a, true
	case a == "" || below(b, a):
		return b, true
	default:
		return "", false
	}
}

// oneLabel tells that host is one label and the domain of a wildcard: what a
// certificate for the wildcard is good for, and what an Ingress means by it.
func oneLabel(host, wildcard string) bool {
	domain, ok := strings.CutPrefix(wildcard, "*.")
	label, rest, found := strings.Cut(host, ".")
	return ok && found && label != "" && label != "*" && rest == domain
}

// covers tells that a certificate for name is good for host.
func covers(name, host string) bool { return name == "" || name == host || oneLabel(host, name) }
