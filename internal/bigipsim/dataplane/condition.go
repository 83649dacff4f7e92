package dataplane

import (
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// matches evaluates one condition.
func (c Condition) matches(r PolicyRequest) bool {
	texts := c.operand(r)
	if len(texts) == 0 && c.Missing {
		return true
	}
	for _, text := range texts {
		if c.compares(text) {
			return !c.Not
		}
	}
	return c.Not
}

// compares says whether one of the values fits.
func (c Condition) compares(text string) bool {
	if c.Operator == "exists" {
		return true
	}
	for _, value := range c.Values {
		if c.compare(text, value) {
			return true
		}
	}
	return false
}

func (c Condition) compare(text, value string) bool {
	if c.Operand == "tcp" && c.Selector != "port" {
		return inNetwork(text, value)
	}
	if !c.CaseSensitive {
		text, value = strings.ToLower(text), strings.ToLower(value)
	}
	switch c.Operator {
	case "startsWith":
		return strings.HasPrefix(text, value)
	case "endsWith":
		return strings.HasSuffix(text, value)
	case "contains":
		return strings.Contains(text, value)
	case "less":
		return order(text, value) < 0
	case "lessOrEqual":
		return order(text, value) <= 0
	case "greater":
		return order(text, value) > 0
	case "greaterOrEqual":
		return order(text, value) >= 0
	default: // equals; matches is for addresses
		return text == value
	}
}

// order compares as numbers where both are, else as text.
func order(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	switch {
	case errX != nil || errY != nil:
		return strings.Compare(a, b)
	case x < y:
		return -1
	case x > y:
		return 1
	default:
		return 0
	}
}

// inNetwork says whether an address is another, or in a network "10.0.0.0/8". A
// route domain does not count.
func inNetwork(text, value string) bool {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return false
	}
	address, bits, masked := strings.Cut(value, "/")
	address, _, _ = strings.Cut(address, "%")
	if masked {
		network, err := netip.ParsePrefix(address + "/" + bits)
		return err == nil && network.Contains(ip)
	}
	other, err := netip.ParseAddr(address)
	return err == nil && other == ip
}

// longest is the length of the longest value that fits.
func (c Condition) longest(r PolicyRequest) (n int) {
	for _, text := range c.operand(r) {
		for _, value := range c.Values {
			if c.compare(text, value) {
				n = max(n, len(value))
			}
		}
	}
	return n
}

// operand is what a condition looks at; none if it is absent.
func (c Condition) operand(r PolicyRequest) []string {
	switch c.Operand {
	case "httpMethod":
		return present(r.Method)
	case "httpVersion":
		return present(r.Version)
	case "httpHost":
		host := r.field("Host")
		if len(host) == 0 {
			return nil
		}
		return hostPart(host[0], c.Selector, r.TLS)
	case "httpUri":
		if r.Target == "" {
			return nil
		}
		return c.uriPart(r.Target, r)
	case "httpReferer":
		referer := r.field("Referer")
		if len(referer) == 0 {
			return nil
		}
		return c.uriPart(referer[0], r)
	case "httpHeader":
		return r.field(c.Name)
	case "httpCookie":
		return r.cookie(c.Name)
	case "tcp":
		if r.Client.IsValid() && c.Selector != "port" {
			return []string{r.Client.String()}
		}
	case "sslExtension":
		return present(r.ServerName)
	}
	return nil
}

func present(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// hostPart is a host, its port, or both as sent. A port that is not sent is the
// scheme's.
func hostPart(text, selector string, secure bool) []string {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = strings.Trim(text, "[]"), "80"
		if secure {
			port = "443"
		}
	}
	switch selector {
	case "host":
		return present(host)
	case "port":
		return present(port)
	default:
		return present(text)
	}
}

// uriPart is the part of an URI that the selector names.
func (c Condition) uriPart(text string, r PolicyRequest) []string {
	target, query, hasQuery := strings.Cut(text, "?")
	scheme, rest, absolute := strings.Cut(target, "://")
	if absolute {
		host, path, _ := strings.Cut(rest, "/")
		target = "/" + path
		switch c.Selector {
		case "host", "port":
			return hostPart(host, c.Selector, scheme == "https")
		case "scheme":
			return present(scheme)
		}
	}
	switch c.Selector {
	case "path":
		return []string{target}
	case "pathSegment":
		return pathSegment(target, c.Index)
	case "extension":
		return present(strings.TrimPrefix(path.Ext(target), "."))
	case "queryString":
		if hasQuery {
			return []string{query}
		}
		return nil
	case "queryParameter":
		return queryParameter(query, c.Name)
	case "host", "port", "scheme":
		return Condition{Operand: "httpHost", Selector: c.Selector}.origin(r)
	default:
		return []string{text}
	}
}

// origin is the host, port or scheme of a request whose target has none.
func (c Condition) origin(r PolicyRequest) []string {
	switch {
	case c.Selector != "scheme":
		return c.operand(r)
	case r.TLS:
		return []string{"https"}
	default:
		return []string{"http"}
	}
}

func pathSegment(target string, index int) []string {
	segments := strings.Split(strings.TrimPrefix(target, "/"), "/")
	switch {
	case index > 0:
		index--
	case index < 0:
		index += len(segments)
	}
	if index < 0 || index >= len(segments) {
		return nil
	}
	return present(segments[index])
}

// queryParameter is each value of a parameter, decoded where it can be.
func queryParameter(query, name string) (values []string) {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key != name || key == "" {
			continue
		}
		if decoded, err := url.QueryUnescape(value); err == nil {
			value = decoded
		}
		values = append(values, value)
	}
	return values
}

// field is each value of a header field.
func (r PolicyRequest) field(name string) (values []string) {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

func (r PolicyRequest) cookie(name string) (values []string) {
	for _, line := range r.field("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			if key, value, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && key == name {
				values = append(values, value)
			}
		}
	}
	return values
}

// commands are the commands of Tcl that stand for parts of the request, and
// those that cut a part of the URI off.
var commands = regexp.MustCompile(`\[getfield \[HTTP::host\] (?:":"|:) 1\]|` +
	`\[string range \[HTTP::(?:uri|path)\] (?:\d+|\[string length \[HTTP::path\]\]) end\]|` +
	`\[(?:HTTP::host|HTTP::uri|HTTP::path|HTTP::query|HTTP::method|IP::client_addr)\]`)

var withoutLines = strings.NewReplacer("\r", "", "\n", "")

// expand replaces the commands of a Tcl expression, "tcl:https://[HTTP::host]",
// that stand for parts of the request. Other Tcl stays as it is, and what does
// not begin with "tcl:" is literal. What a command is replaced by is not looked at
// again. A line never gets out of its field.
func expand(text string, r PolicyRequest) string {
	expression, isTcl := strings.CutPrefix(text, "tcl:")
	if isTcl {
		expression = commands.ReplaceAllStringFunc(expression, r.command)
	}
	return withoutLines.Replace(expression)
}

// command is the value of one of the commands.
func (r PolicyRequest) command(text string) string {
	target, query, _ := strings.Cut(r.Target, "?")
	switch host := strings.Join(r.field("Host"), ""); text {
	case "[HTTP::host]":
		return host
	case "[HTTP::uri]":
		return r.Target
	case "[HTTP::path]":
		return target
	case "[HTTP::query]":
		return query
	case "[HTTP::method]":
		return r.Method
	case "[IP::client_addr]":
		return r.Client.String()
	default:
		rest, ranged := strings.CutPrefix(text, "[string range ")
		if !ranged {
			return strings.Join(hostPart(host, "host", r.TLS), "")
		}
		name, from, _ := strings.Cut(strings.TrimSuffix(rest, " end]"), " ")
		whole := r.command(name)
		at, err := strconv.Atoi(from)
		if err != nil { // [string length [HTTP::path]]
			at = len(target)
		}
		return whole[min(at, len(whole)):]
	}
}
