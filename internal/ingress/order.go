package ingress

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

// rank is what the precedence of a route depends on: the Gateway API's rules for
// HTTPRoute (HTTPRouteRule.matches and HTTPRouteSpec.hostnames). Those of Ingress agree
// with them: of two paths that match, the longer one, and of equal ones the exact.
type rank struct {
	class                           int
	host                            string // as in Route
	exact                           bool
	length                          int // of a prefix
	method                          bool
	headers, cookies, query, second int // second is 1 for the rule of what is below a prefix
	anyone                          int // 1 for what is for all clients
	mark                            binding.RouteMark
}

// rankOf is the rank of a route.
func rankOf(r Route) rank {
	return rank{
		class: classRank(r.Class), host: r.Host, exact: r.Path.Exact, length: r.Path.prefixLength(), method: r.Method != "",
		headers: len(r.Headers), cookies: len(r.Cookies), query: len(r.Query), anyone: forAnyone(r), mark: markOf(r, binding.Object{}),
	}
}

func forAnyone(r Route) int {
	if len(r.Sources) > 0 {
		return 0
	}
	return 1
}

func classRank(c binding.Class) int {
	return slices.Index([]binding.Class{binding.ClassRoute, binding.ClassDefault, binding.ClassFallback}, c)
}

// compare puts what acts first before the other.
func (a *rank) compare(b *rank) int {
	preciseA, lengthA := hostLengths(a.host)
	preciseB, lengthB := hostLengths(b.host)
	if c := cmp.Or(
		cmp.Compare(a.class, b.class),
		cmp.Compare(preciseB, preciseA),
		cmp.Compare(lengthB, lengthA),
		-compareBool(a.exact, b.exact),
		cmp.Compare(b.length, a.length),
		-compareBool(a.method, b.method),
		cmp.Compare(b.headers, a.headers),
		cmp.Compare(b.cookies, a.cookies),
		cmp.Compare(b.query, a.query),
	); c != 0 {
		return c
	}
	return cmp.Or(a.mark.Compare(b.mark), cmp.Compare(a.second, b.second), cmp.Compare(a.anyone, b.anyone))
}

// hostLengths are the characters of a host without a wildcard, and of any.
func hostLengths(host string) (precise, all int) {
	if strings.HasPrefix(host, "*") {
		return 0, len(host)
	}
	return len(host), len(host)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// newPrefix is a path that matches value and what is below it.
func newPrefix(value string) Path {
	value = strings.TrimRight(value, "/")
	if value == "" {
		value = "/"
	}
	return Path{Value: value}
}

// all tells that every path matches.
func (p Path) all() bool { return !p.Exact && (p.Value == "" || p.Value == "/") }

func (p Path) prefixLength() int {
	switch {
	case p.Exact:
		return 0
	case p.Value == "":
		return 1
	default:
		return len(p.Value)
	}
}

// markOf is the mark of a rule of a route.
func markOf(r Route, owner binding.Object) binding.RouteMark {
	return binding.RouteMark{Source: r.Source, Created: r.Created, Owner: owner, Position: r.Position, Class: r.Class, Prefix: !r.Path.Exact && !r.Path.all()}
}

// sortRoutes puts routes in order of precedence.
func sortRoutes(routes []Route) {
	slices.SortStableFunc(routes, func(a, b Route) int {
		x, y := rankOf(a), rankOf(b)
		return x.compare(&y)
	})
}
