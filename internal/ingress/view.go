package ingress

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// View is what a site does for one owner, in words: what a plan shows. It is read
// from the objects alone, so that what is wanted (Built.Site) and what a device has
// have the same words where they are the same.
type View struct {
	VirtualServers map[uint16]ltm.Path
	// Routes has the answer of each route: "shop.example.com/api" is "shop/api:http".
	// The keys are those of the port that has TLS, where there is one; those of
	// another port have it behind the host: "shop.example.com:80/api". A route whose TLS is left
	// to the pods is "db.example.com (TLS)".
	Routes map[string]string
	TLS    map[string]ltm.Certificate // by server name; "*" for names that no other one has
	Pools  []ltm.Path                 // that its routes forward to, and are marked as ours; sorted
}

// The words of View for what is no name.
const (
	anyHost     = "*"
	otherwise   = "otherwise" // the answer for what no route matches
	exactly     = "exact"     // of a path that is no prefix
	passedWords = " (TLS)"    // behind the host of a route whose TLS is left to the pods
)

// ViewOf reads what a site does for an owner at an address.
func ViewOf(site ltm.Site, owner binding.Object, address ltm.Address) View {
	view := View{VirtualServers: map[uint16]ltm.Path{}, Routes: map[string]string{}, TLS: map[string]ltm.Certificate{}}
	words := newWords(site)
	servers := words.servers(site, owner, address)
	main := mainPort(servers)
	names := map[string]bool{}
	for _, server := range servers {
		view.VirtualServers[server.port], names[server.path.Name] = server.path, true
		port := ":" + strconv.Itoa(int(server.port))
		if server.port == main {
			port = ""
		}
		for _, rule := range server.rules {
			key := rule.mark.key(rule.PolicyRule, port)
			if server.passthrough && rule.mark.Class != binding.ClassFallback {
				key = rule.mark.passed(rule.PolicyRule, port)
			}
			if _, shadowed := view.Routes[key]; !shadowed {
				view.Routes[key] = words.answer(rule.PolicyRule)
			}
			view.Pools = append(view.Pools, words.ours(rule.PolicyRule)...)
		}
	}
	slices.SortFunc(view.Pools, ltm.Path.Compare)
	view.Pools = slices.Compact(view.Pools)
	certificates := map[ltm.Path]ltm.Certificate{}
	for _, c := range site.Certificates {
		certificates[c.Path] = c
	}
	for _, profile := range site.ClientSSL {
		if mark, found, err := binding.ParseRoute(profile.Description); found && err == nil && mark.Owner == owner && names[mark.Server] {
			certificate, known := certificates[profile.Certificate]
			if !known {
				certificate.Path = profile.Certificate
			}
			view.TLS[cmp.Or(profile.ServerName, anyHost)] = certificate
		}
	}
	return view
}

// viewedServer is a virtual server with the rules of one owner.
type viewedServer struct {
	path ltm.Path
	port uint16
	tls  bool // clients use it
	// passthrough is as in Server.
	passthrough bool
	rules       []viewedRule
}

type viewedRule struct {
	ltm.PolicyRule
	mark viewedMark
}

type viewedMark binding.RouteMark

// mainPort is that of the virtual server with TLS, the lowest one where several or
// none have it.
func mainPort(servers []viewedServer) uint16 {
	for _, s := range servers {
		if s.tls {
			return s.port
		}
	}
	if len(servers) == 0 {
		return 0
	}
	return servers[0].port
}

// words are what names objects: the backends of each pool.
type words struct {
	policies  map[ltm.Path]ltm.Policy
	clientSSL map[ltm.Path]bool
	backends  map[ltm.Path]string // of pools with a mark
}

func newWords(site ltm.Site) words {
	w := words{policies: map[ltm.Path]ltm.Policy{}, clientSSL: map[ltm.Path]bool{}, backends: map[ltm.Path]string{}}
	for _, p := range site.Policies {
		w.policies[p.Path] = p
	}
	for _, p := range site.ClientSSL {
		w.clientSSL[p.Path] = true
	}
	for _, p := range site.Pools {
		if _, mark, found, err := binding.Parse(p.Description); found && err == nil {
			w.backends[p.Path] = BackendsText(mark.Backends)
		}
	}
	return w
}

// servers are the virtual servers at an address that have rules of an owner, by port.
func (w words) servers(site ltm.Site, owner binding.Object, address ltm.Address) []viewedServer {
	var servers []viewedServer
	for _, vs := range site.VirtualServers {
		if vs.Destination.Address != address {
			continue
		}
		server := viewedServer{path: vs.Path, port: vs.Destination.Port, passthrough: slices.ContainsFunc(vs.Policies, func(p ltm.Path) bool { return isPassthrough(w.policies[p]) })}
		server.tls = server.passthrough
		for _, profile := range vs.Profiles {
			server.tls = server.tls || w.clientSSL[profile.Path]
		}
		for _, path := range vs.Policies {
			for _, rule := range w.policies[path].Rules {
				if mark, found, err := binding.ParseRoute(rule.Description); found && err == nil && mark.Owner == owner {
					server.rules = append(server.rules, viewedRule{rule, viewedMark(mark)})
				}
			}
		}
		if len(server.rules) > 0 {
			servers = append(servers, server)
		}
	}
	slices.SortFunc(servers, func(a, b viewedServer) int { return cmp.Or(cmp.Compare(a.port, b.port), a.path.Compare(b.path)) })
	return servers
}

// key names a route by what it matches: "shop.example.com/api",
// "*.example.com/ [exact POST header x-canary=always]".
func (m viewedMark) key(rule ltm.PolicyRule, port string) string {
	if m.Class == binding.ClassFallback {
		return otherwise + port
	}
	host, at, how, more := m.match(rule)
	if how != "" {
		more = append([]string{how}, more...)
	}
	key := host + port + at
	if len(more) > 0 {
		key += " [" + strings.Join(more, " ") + "]"
	}
	return key
}

// passed names a route whose TLS is left to the pods: "db.example.com (TLS)".
func (m viewedMark) passed(rule ltm.PolicyRule, port string) string {
	host, _, _, more := m.match(rule)
	key := host + port + passedWords
	if len(more) > 0 {
		key += " [" + strings.Join(more, " ") + "]"
	}
	return key
}

// match is what a rule matches, in words: the host and the path, how the path is compared
// where it is no prefix, and what else is asked of a request.
func (m viewedMark) match(rule ltm.PolicyRule) (host, at, how string, more []string) {
	host, at = anyHost, "/"
	for _, c := range rule.Conditions {
		values := strings.Join(c.Values, "|")
		switch {
		case isHost(c) && c.Not:
			more = append(more, "not "+hostText(c, values))
		case isHost(c):
			host = hostText(c, values)
		case c.Operand == operandURI && c.Selector == selectPath:
			at = values
			switch {
			case m.Prefix && len(at) > 1: // both halves of a prefix are one route
				at = strings.TrimSuffix(at, "/")
			case !m.Prefix && c.Operator == isEqual:
				how = exactly
			case !m.Prefix:
				how = c.Operator
			}
		default:
			more = append(more, conditionText(c, values))
		}
	}
	return host, at, how, more
}

func hostText(c ltm.PolicyCondition, values string) string {
	if c.Operator == "endsWith" {
		return anyHost + values
	}
	return values
}

func conditionText(c ltm.PolicyCondition, values string) string {
	not := ""
	if c.Not {
		not = "not "
	}
	if c.Operand == "httpMethod" {
		return not + values
	}
	if c.Operand == operandTCP {
		return not + "from " + values
	}
	operand := strings.ToLower(strings.TrimPrefix(c.Operand, "http"))
	if c.Selector == "queryParameter" {
		operand = "query"
	}
	text := not + operand + " " + c.Name
	switch c.Operator {
	case "equals":
		return text + "=" + values
	case "exists":
		return text
	default:
		return text + " " + c.Operator + " " + values
	}
}

// answer is what becomes of a request: "shop/api:http", "redirect 308 to https://…",
// "404", with what is changed on the way behind it.
func (w words) answer(rule ltm.PolicyRule) string {
	main := "nothing"
	var more []string
	for _, a := range rule.Actions {
		switch a.Kind {
		case ltm.Forward:
			main = cmp.Or(w.backends[a.Pool], "pool "+a.Pool.String())
		case ltm.Redirect:
			main = "redirect " + strconv.Itoa(cmp.Or(a.Code, 302)) + " to " + locationText(a.Location)
		case ltm.Reset:
			main = "reset"
		case ltm.SetVariable:
			main = a.Value
		case ltm.Protect: // is the resource's own attribute
		case ltm.InsertHeader, ltm.ReplaceHeader, ltm.RemoveHeader:
			more = append(more, editText(a))
		case ltm.ReplaceHost:
			more = append(more, "host "+a.Value)
		case ltm.ReplacePath:
			more = append(more, "path "+locationText(a.Value))
		}
	}
	return strings.Join(append([]string{main}, more...), ", ")
}

// ours are the pools with marks that a rule forwards to.
func (w words) ours(rule ltm.PolicyRule) []ltm.Path {
	var pools []ltm.Path
	for _, a := range rule.Actions {
		if _, marked := w.backends[a.Pool]; marked {
			pools = append(pools, a.Pool)
		}
	}
	return pools
}

func editText(a ltm.PolicyAction) string {
	side := ""
	if a.Response {
		side = "response "
	}
	switch a.Kind { //nolint:exhaustive // the other kinds are no edits
	case ltm.RemoveHeader:
		return "remove " + side + "header " + a.Name
	case ltm.InsertHeader:
		return "add " + side + "header " + a.Name + ": " + a.Value
	default:
		return "set " + side + "header " + a.Name + ": " + a.Value
	}
}

// locationText puts words in the place of the expressions that Build writes.
func locationText(location string) string {
	text, isExpression := strings.CutPrefix(location, "tcl:")
	if !isExpression {
		return location
	}
	for _, known := range []struct{ expression, words string }{
		{"[getfield [HTTP::host] \":\" 1]", "{host}"},
		{"[getfield [HTTP::host] : 1]", "{host}"},
		{"[HTTP::host]", "{host}"},
		{"[HTTP::uri]", "{uri}"},
		{"[HTTP::path]", "{path}"},
		{"[HTTP::query]", "{query}"},
	} {
		text = strings.ReplaceAll(text, known.expression, known.words)
	}
	return text
}

// BackendsText names the backends of a pool: "shop/api:http", and with their shares
// where there are several: "shop/api:http=80 shop/api2:http=20".
func BackendsText(backends []binding.Backend) string {
	if len(backends) == 1 {
		return refText(backends[0].Ref)
	}
	parts := make([]string, len(backends))
	for i, b := range backends {
		parts[i] = refText(b.Ref) + "=" + strconv.Itoa(b.Share)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func refText(ref endpoints.Ref) string {
	text := ref.Namespace + "/" + ref.Service
	if ref.Cluster != "" {
		text = ref.Cluster + "/" + text
	}
	if ref.Port != "" {
		text += ":" + ref.Port
	}
	return text
}
