package binding

import (
	"cmp"
	"strconv"
	"strings"
)

// Object names an object of a cluster. Objects are comparable.
type Object struct {
	Kind      string `json:"kind"`              // in lower case: "ingress", "httproute", "gateway"
	Cluster   string `json:"cluster,omitempty"` // "" is the default cluster
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// String returns "ingress shop/web", "ingress east/shop/web".
func (o Object) String() string {
	place := o.Namespace + "/" + o.Name
	if o.Cluster != "" {
		place = o.Cluster + "/" + place
	}
	return o.Kind + " " + place
}

// Compare orders by "namespace/name", then by cluster and kind.
func (o Object) Compare(other Object) int {
	if o.Namespace != other.Namespace {
		return cmp.Compare(o.Namespace+"/", other.Namespace+"/") // "a-b/x" is before "a/x"
	}
	return cmp.Or(cmp.Compare(o.Name, other.Name), cmp.Compare(o.Cluster, other.Cluster), cmp.Compare(o.Kind, other.Kind))
}

// Position is where a route stands in its object, from 0: which rule, which match of
// it, and which host.
type Position struct {
	Rule  int `json:"rule"`
	Match int `json:"match,omitempty"`
	Host  int `json:"host,omitempty"`
}

// Compare orders by rule, match and host.
func (p Position) Compare(other Position) int {
	return cmp.Or(cmp.Compare(p.Rule, other.Rule), cmp.Compare(p.Match, other.Match), cmp.Compare(p.Host, other.Host))
}

// Class puts a route behind all of a lower class.
type Class string

// The classes, the lowest first.
const (
	ClassRoute    Class = ""         // by its conditions
	ClassDefault  Class = "default"  // the default backend of an Ingress
	ClassFallback Class = "fallback" // for what nothing matches
)

// RouteMark is what stands in the description of a policy's rule, or of a client-ssl
// profile, that is ours: what it was made from. What precedence depends on beyond
// the conditions of a rule is in it.
type RouteMark struct {
	Source   Object   // has the route
	Created  int64    // when Source was, in Unix seconds
	Owner    Object   // what is bound: Source, or the Gateway that it is attached to
	Position Position // in Source
	Class    Class
	Prefix   bool // its path is a prefix, or a half of one
	// Server is the name of the virtual server that a client-ssl profile is for; "" on
	// a rule, which is in the policy of its own.
	Server string
}

const (
	siteItem   = "site"
	routeItem  = "route"
	prefixItem = "prefix"
	ownerItem  = "by="
	serverItem = "at="
)

// Compare orders what has the same conditions: the oldest is first, then it is by
// the name of the source, then by the position.
func (m RouteMark) Compare(other RouteMark) int {
	if m.Created != other.Created {
		return cmp.Compare(m.Created, other.Created)
	}
	return cmp.Or(m.Source.Compare(other.Source), m.Position.Compare(other.Position), m.Owner.Compare(other.Owner))
}

// FormatSite returns the description of a virtual server, a policy or an http profile
// that serves routes.
func FormatSite() string { return bracket([]string{siteItem}) }

// IsSite tells that a description is FormatSite's.
func IsSite(description string) bool { return description == FormatSite() }

// FormatRoute returns the description of a rule or of a client-ssl profile that is
// ours.
func FormatRoute(m RouteMark) string { return bracket(routeItems(m)) }

func routeItems(m RouteMark) []string {
	p := m.Position
	items := []string{
		routeItem, formatObject(m.Source), strconv.FormatInt(m.Created, 10),
		strconv.Itoa(p.Rule) + "." + strconv.Itoa(p.Match) + "." + strconv.Itoa(p.Host),
	}
	if m.Class != ClassRoute {
		items = append(items, string(m.Class))
	}
	if m.Prefix {
		items = append(items, prefixItem)
	}
	if m.Owner != m.Source {
		items = append(items, ownerItem+formatObject(m.Owner))
	}
	if m.Server != "" {
		items = append(items, serverItem+escape(m.Server))
	}
	return items
}

// ParseRoute reads what FormatRoute or FormatOwner wrote. found tells that there is a
// mark, readable or not. err is a *SyntaxError or a *VersionError.
func ParseRoute(description string) (mark RouteMark, found bool, err error) {
	mark, _, found, err = ParseOwner(description)
	return mark, found, err
}

// parseRoute reads a mark up to the options, which are the rest.
func parseRoute(description string) (mark RouteMark, rest []string, found bool, err error) {
	_, items, found, err := cut(description)
	if !found || err != nil {
		return RouteMark{}, nil, found, err
	}
	if len(items) < 4 || items[0] != routeItem {
		return RouteMark{}, nil, true, &SyntaxError{Item: strings.Join(items, " "), Reason: "it is not route kind/namespace/name created position"}
	}
	if mark.Source, err = parseObject(items[1]); err != nil {
		return RouteMark{}, nil, true, err
	}
	mark.Owner = mark.Source
	if mark.Created, err = strconv.ParseInt(items[2], 10, 64); err != nil {
		return RouteMark{}, nil, true, &SyntaxError{Item: items[2], Reason: "it is no time in seconds"}
	}
	if mark.Position, err = parsePosition(items[3]); err != nil {
		return RouteMark{}, nil, true, err
	}
	for i, item := range items[4:] {
		known, err := parseRouteItem(item, &mark)
		if err != nil {
			return RouteMark{}, nil, true, err
		}
		if !known {
			return mark, items[4+i:], true, nil
		}
	}
	return mark, nil, true, nil
}

// parseRouteItem reads one of the words of a mark; false if it is none of them.
func parseRouteItem(item string, mark *RouteMark) (known bool, err error) {
	owner, isOwner := strings.CutPrefix(item, ownerItem)
	server, isServer := strings.CutPrefix(item, serverItem)
	switch {
	case item == string(ClassDefault) || item == string(ClassFallback):
		mark.Class = Class(item)
	case item == prefixItem:
		mark.Prefix = true
	case isOwner:
		mark.Owner, err = parseObject(owner)
	case isServer:
		mark.Server, err = parseName(item, server)
	default:
		return false, nil
	}
	return true, err
}

func formatObject(o Object) string {
	place := escape(o.Namespace) + "/" + escape(o.Name)
	if o.Cluster != "" {
		place = escape(o.Cluster) + "/" + place
	}
	return escape(o.Kind) + "/" + place
}

func parseObject(item string) (o Object, err error) {
	fields := []*string{&o.Kind, &o.Cluster, &o.Namespace, &o.Name}
	parts := strings.Split(item, "/")
	switch len(parts) {
	case 3:
		fields = []*string{&o.Kind, &o.Namespace, &o.Name}
	case 4:
	default:
		return Object{}, &SyntaxError{Item: item, Reason: "it is not kind/[cluster/]namespace/name"}
	}
	for i, part := range parts {
		if *fields[i], err = parseName(item, part); err != nil {
			return Object{}, err
		}
	}
	return o, nil
}

func parsePosition(item string) (p Position, err error) {
	parts := strings.Split(item, ".")
	if len(parts) != 3 {
		return Position{}, &SyntaxError{Item: item, Reason: "it is not rule.match.host"}
	}
	for i, field := range []*int{&p.Rule, &p.Match, &p.Host} {
		if *field, err = parseNumber(item, parts[i], 0); err != nil {
			return Position{}, err
		}
	}
	return p, nil
}
