package ingress

import (
	"fmt"
	"strings"
)

// tclPrefix makes a BIG-IP evaluate the rest of a value (icontrol-rest 3.6). What
// comes from a cluster never gets behind it unless it is plainText.
const tclPrefix = "tcl:"

func isTcl(value string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(value)), tclPrefix)
}

// plainText tells that text means itself in Tcl, and in an URL: no brackets, braces,
// quotes, "$", ";", "\" or blanks.
func plainText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("[]{}$;\\\"'<>`^|", r) })
}

// location is where a redirect goes, for requests of a server. below tells that it is
// for what is below the route's prefix, and not the prefix itself.
func (to Redirect) location(s Server, path Path, below bool) string {
	if to.URL != "" {
		return to.URL
	}
	scheme, port := to.Scheme, to.Port
	if scheme == "" {
		scheme = map[bool]string{false: "http", true: "https"}[s.TLS]
		if port == 0 {
			port = s.Port
		}
	}
	host := to.Host
	if host == "" {
		host = `[getfield [HTTP::host] ":" 1]`
	}
	if port != 0 && port != map[string]uint16{"http": httpPort, "https": httpsPort}[scheme] {
		host = fmt.Sprintf("%s:%d", host, port)
	}
	return tclPrefix + scheme + "://" + host + to.Path.target(path, below)
}

// target is the path and the query of a redirect.
func (e PathEdit) target(path Path, below bool) string {
	const query = "[string range [HTTP::uri] [string length [HTTP::path]] end]"
	switch {
	case e.Kind == "":
		return "[HTTP::uri]"
	case e.Kind == ReplaceFull:
		return orSlash(e.Value) + query
	case path.all():
		return e.Value + "[HTTP::uri]"
	case below: // the prefix is cut off, and the slash behind it stays
		return fmt.Sprintf("%s[string range [HTTP::uri] %d end]", e.Value, len(path.Value))
	default:
		return orSlash(e.Value) + query
	}
}

// path is the new path of a request that is forwarded; "" leaves it.
func (e PathEdit) path(path Path, below bool) string {
	switch {
	case e.Kind == "" || e.Kind == ReplacePrefix && path.all() && e.Value == "":
		return ""
	case e.Kind == ReplaceFull:
		return orSlash(e.Value)
	case path.all():
		return tclPrefix + e.Value + "[HTTP::path]"
	case below:
		return fmt.Sprintf("%s%s[string range [HTTP::path] %d end]", tclPrefix, e.Value, len(path.Value))
	default:
		return orSlash(e.Value)
	}
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
