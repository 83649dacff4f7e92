package binding

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RouteOptions are what a user decided for an owner of routes, and what its Ingress or
// HTTPRoute does not say. They stand in the mark of the owner's fallback rule, of which
// each virtual server that serves it has one; what the virtual server shows itself is
// not repeated. The zero value is all of the defaults, and is not written.
type RouteOptions struct {
	Class               string // of Ingresses
	HTTPPort, HTTPSPort uint16
	NoRedirect          bool // from HTTP to HTTPS
	Certificates        []RouteCertificate
	WAF                 ltm.Path // for all that is forwarded
	ClientSSL           ltm.Path // the parent of client-ssl profiles
	Strict              bool     // all or nothing
	// AllowedSources are the networks of the clients whose requests are forwarded.
	AllowedSources []netip.Prefix

	// Of the fallback one at most.
	Reset    bool
	Location string   // an URL to redirect to
	Pool     ltm.Path // of somebody else

	// Of pools.
	Mode        string // how they balance
	Monitors    ltm.MonitorRule
	Probes      bool // monitors are made of the pods' probes
	NodePort    bool
	Family      endpoints.Family
	RouteDomain uint16
	Drain       time.Duration
	Min         int
}

// RouteCertificate is a Secret beside those that the objects name.
type RouteCertificate struct {
	Namespace, Name string
	Host            string // "" for every name
}

// option is how one field of RouteOptions is written: "class=nginx", or "strict" alone,
// where the prefix is all.
type option struct {
	prefix string
	write  func(o RouteOptions) string // "" is not written
	read   func(item, text string, o *RouteOptions) error
}

var routeOptions = []option{
	textOption("class=", func(o *RouteOptions) *string { return &o.Class }),
	numberOption("http=", func(o *RouteOptions) *uint16 { return &o.HTTPPort }),
	numberOption("https=", func(o *RouteOptions) *uint16 { return &o.HTTPSPort }),
	flagOption("noredirect", func(o *RouteOptions) *bool { return &o.NoRedirect }),
	{"certs=", func(o RouteOptions) string { return formatCertificates(o.Certificates) }, parseCertificates},
	pathOption("waf=", func(o *RouteOptions) *ltm.Path { return &o.WAF }),
	pathOption("clientssl=", func(o *RouteOptions) *ltm.Path { return &o.ClientSSL }),
	{"from=", func(o RouteOptions) string { return formatNetworks(o.AllowedSources) }, parseNetworks},
	flagOption("strict", func(o *RouteOptions) *bool { return &o.Strict }),
	flagOption("reset", func(o *RouteOptions) *bool { return &o.Reset }),
	textOption("to=", func(o *RouteOptions) *string { return &o.Location }),
	pathOption("pool=", func(o *RouteOptions) *ltm.Path { return &o.Pool }),
	textOption("mode=", func(o *RouteOptions) *string { return &o.Mode }),
	{"monitors=", func(o RouteOptions) string { return formatPaths(o.Monitors.Monitors) }, parseMonitors},
	{
		"up=", func(o RouteOptions) string { return formatNumber(o.Monitors.AtLeast) },
		func(item, text string, o *RouteOptions) (err error) {
			o.Monitors.AtLeast, err = parseNumber(item, text, 1)
			return err
		},
	},
	flagOption("probes", func(o *RouteOptions) *bool { return &o.Probes }),
	flagOption(nodeOption, func(o *RouteOptions) *bool { return &o.NodePort }),
	{
		"family=", func(o RouteOptions) string { return escape(string(o.Family)) },
		func(item, text string, o *RouteOptions) error {
			family, err := parseName(item, text)
			o.Family = endpoints.Family(family)
			return err
		},
	},
	numberOption("rd=", func(o *RouteOptions) *uint16 { return &o.RouteDomain }),
	{
		drainItem, func(o RouteOptions) string {
			if o.Drain <= 0 {
				return ""
			}
			return formatDuration(o.Drain)
		},
		func(item, _ string, o *RouteOptions) (err error) {
			o.Drain, err = parseDrain(item)
			return err
		},
	},
	{
		minItem, func(o RouteOptions) string { return formatNumber(o.Min) },
		func(item, text string, o *RouteOptions) (err error) {
			o.Min, err = parseNumber(item, text, 1)
			return err
		},
	},
}

func textOption(prefix string, field func(*RouteOptions) *string) option {
	return option{
		prefix, func(o RouteOptions) string { return escape(*field(&o)) },
		func(item, text string, o *RouteOptions) (err error) {
			*field(o), err = parseName(item, text)
			return err
		},
	}
}

func numberOption(prefix string, field func(*RouteOptions) *uint16) option {
	return option{
		prefix, func(o RouteOptions) string { return formatNumber(int(*field(&o))) },
		func(item, text string, o *RouteOptions) error {
			number, err := parseNumber(item, text, 1)
			if err == nil && number > 1<<16-1 {
				err = &SyntaxError{Item: item, Reason: "its number is wrong"}
			}
			*field(o) = uint16(number) //nolint:gosec // an error otherwise
			return err
		},
	}
}

func pathOption(prefix string, field func(*RouteOptions) *ltm.Path) option {
	return option{
		prefix, func(o RouteOptions) string { return formatPath(*field(&o)) },
		func(item, text string, o *RouteOptions) (err error) {
			*field(o), err = parsePath(item, text)
			return err
		},
	}
}

func flagOption(word string, field func(*RouteOptions) *bool) option {
	return option{
		word, func(o RouteOptions) string { return map[bool]string{true: word}[*field(&o)] },
		func(_, _ string, o *RouteOptions) error { *field(o) = true; return nil },
	}
}

// isFlag tells an option without a value.
func (o option) isFlag() bool { return !strings.HasSuffix(o.prefix, "=") }

// matches finds the value in an item.
func (o option) matches(item string) (text string, ok bool) {
	if o.isFlag() {
		return "", item == o.prefix
	}
	return strings.CutPrefix(item, o.prefix)
}

// FormatOwner is FormatRoute of the fallback rule of an owner, with its options.
func FormatOwner(m RouteMark, options RouteOptions) string {
	items := routeItems(m)
	for _, option := range routeOptions {
		switch text := option.write(options); {
		case text == "":
		case option.isFlag():
			items = append(items, text)
		default:
			items = append(items, option.prefix+text)
		}
	}
	return bracket(items)
}

// ParseOwner is ParseRoute, with the options of a fallback rule's owner. On another rule
// they are an error.
func ParseOwner(description string) (mark RouteMark, options RouteOptions, found bool, err error) {
	mark, rest, found, err := parseRoute(description)
	if !found || err != nil {
		return RouteMark{}, RouteOptions{}, found, err
	}
	seen := map[string]bool{}
	for _, item := range rest {
		if err := parseRouteOption(item, &options, seen); err != nil {
			return RouteMark{}, RouteOptions{}, true, err
		}
	}
	if len(rest) > 0 && mark.Class != ClassFallback {
		return RouteMark{}, RouteOptions{}, true, &SyntaxError{Item: rest[0], Reason: "only the mark of a fallback has it"}
	}
	return mark, options, true, nil
}

func parseRouteOption(item string, options *RouteOptions, seen map[string]bool) error {
	for _, option := range routeOptions {
		text, ok := option.matches(item)
		if !ok {
			continue
		}
		if seen[option.prefix] {
			return &SyntaxError{Item: item, Reason: "it is there twice"}
		}
		seen[option.prefix] = true
		return option.read(item, text, options)
	}
	return &SyntaxError{Item: item, Reason: "it is not known"}
}

func formatNumber(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// formatPath is a path with its names escaped: "/Common/web".
func formatPath(p ltm.Path) string {
	if p.IsZero() {
		return ""
	}
	parts := strings.Split(p.String(), "/")
	for i, part := range parts {
		parts[i] = escape(part)
	}
	return strings.Join(parts, "/")
}

func parsePath(item, text string) (ltm.Path, error) {
	parts := strings.Split(text, "/")
	for i, part := range parts {
		if i == 0 && part == "" {
			continue
		}
		var err error
		if parts[i], err = parseName(item, part); err != nil {
			return ltm.Path{}, err
		}
	}
	path, err := ltm.ParsePath(strings.Join(parts, "/"))
	if err != nil || path.String() != strings.Join(parts, "/") {
		return ltm.Path{}, &SyntaxError{Item: item, Reason: "it has no path of a device's object"}
	}
	return path, nil
}

func formatPaths(paths []ltm.Path) string {
	texts := make([]string, 0, len(paths))
	for _, p := range paths {
		texts = append(texts, formatPath(p))
	}
	return strings.Join(texts, ",")
}

func parseMonitors(item, text string, o *RouteOptions) error {
	for part := range strings.SplitSeq(text, ",") {
		path, err := parsePath(item, part)
		if err != nil {
			return err
		}
		o.Monitors.Monitors = append(o.Monitors.Monitors, path)
	}
	return nil
}

// formatCertificates is "shop/web-tls@shop.example.com,shop/other".
func formatCertificates(list []RouteCertificate) string {
	texts := make([]string, 0, len(list))
	for _, c := range list {
		text := escape(c.Namespace) + "/" + escape(c.Name)
		if c.Host != "" {
			text += "@" + escape(c.Host)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ",")
}

func parseCertificates(item, text string, o *RouteOptions) error {
	for part := range strings.SplitSeq(text, ",") {
		place, host, named := strings.Cut(part, "@")
		namespace, name, ok := strings.Cut(place, "/")
		if !ok {
			return &SyntaxError{Item: item, Reason: "it is not namespace/name[@host]"}
		}
		var c RouteCertificate
		var err1, err2, err3 error
		c.Namespace, err1 = parseName(item, namespace)
		c.Name, err2 = parseName(item, name)
		if named {
			c.Host, err3 = parseName(item, host)
		}
		if err := cmp.Or(err1, err2, err3); err != nil {
			return err
		}
		o.Certificates = append(o.Certificates, c)
	}
	return nil
}

// formatNetworks is "192.0.2.0/24,2001:db8::/32", escaped.
func formatNetworks(list []netip.Prefix) string {
	texts := make([]string, 0, len(list))
	for _, network := range list {
		texts = append(texts, escape(network.String()))
	}
	return strings.Join(texts, ",")
}

func parseNetworks(item, text string, o *RouteOptions) error {
	for part := range strings.SplitSeq(text, ",") {
		name, err := parseName(item, part)
		if err != nil {
			return err
		}
		network, err := netip.ParsePrefix(name)
		if err != nil || network.Masked().String() != name {
			return &SyntaxError{Item: item, Reason: "it is not a list of networks"}
		}
		o.AllowedSources = append(o.AllowedSources, network)
	}
	return nil
}
