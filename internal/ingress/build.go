package ingress

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Built is what Build wants a partition to have.
type Built struct {
	// Site is all that live had, with what changes; canonical. Pools that are in
	// Backends have no Members yet.
	Site ltm.Site
	// Backends are the backends of each pool of the RouteSet, as the pool's mark has
	// them. A pool of them may be another owner's too.
	Backends map[ltm.Path][]binding.Backend
	// VirtualServers are those that serve the owner, by port.
	VirtualServers map[uint16]ltm.Path
	Problems       []Problem // conflicts with other owners; sorted
}

// Build says what a partition must have for routes to be served at the address of
// options. live is what it has: all virtual servers at the address; those with the
// mark of routes at any address, with all policies and client-ssl profiles that have
// one; the pools, certificates, http profiles and iRules that those refer to; and what
// has a name that Build would give. What belongs to others stays as it is. A RouteSet
// without Servers removes what its owner has at the address, and what nobody needs
// then.
//
// The order in which several owners are built makes no difference to the rules.
//
// The error is a *ForeignError.
func Build(routes RouteSet, options Options, live ltm.Site) (Built, error) {
	b := newBuilder(routes, options, live)
	wanted := map[uint16]*Server{}
	ports := map[uint16]bool{}
	for i := range routes.Servers {
		wanted[routes.Servers[i].Port] = &routes.Servers[i]
		ports[routes.Servers[i].Port] = true
	}
	for _, v := range live.VirtualServers {
		if v.Destination.Address == options.Address && binding.IsSite(v.Description) {
			ports[v.Destination.Port] = true
		}
	}
	for _, port := range slices.Sorted(maps.Keys(ports)) {
		if err := b.buildServer(port, wanted[port]); err != nil {
			return Built{}, err
		}
	}
	b.dropOrphans()
	b.prune()
	if b.foreign != nil {
		return Built{}, b.foreign
	}
	return Built{Site: b.site(), Backends: b.backends, VirtualServers: b.serving, Problems: sortProblems(b.problems)}, nil
}

// dropOrphans removes what the owner has in policies and for virtual servers that are
// gone: somebody has deleted those by hand.
func (b *builder) dropOrphans() {
	names := map[string]bool{}
	for path := range b.virtualServers {
		names[path.Name] = true
	}
	owned := func(description string) (binding.RouteMark, bool) {
		mark, found, err := binding.ParseRoute(description)
		return mark, found && err == nil && mark.Owner == b.owner
	}
	for path, policy := range b.policies {
		if _, attached := b.virtualServers[path]; attached || !binding.IsSite(policy.Description) {
			continue
		}
		policy.Rules = slices.DeleteFunc(slices.Clone(policy.Rules), func(r ltm.PolicyRule) bool {
			_, ours := owned(r.Description)
			return ours
		})
		b.policies[path] = policy
		if len(policy.Rules) == 0 {
			delete(b.policies, path)
		}
	}
	for path, profile := range b.clientSSL {
		if mark, ours := owned(profile.Description); ours && !names[mark.Server] {
			delete(b.clientSSL, path)
		}
	}
}

// ForeignError is an object that is in the way and not ours.
type ForeignError struct {
	Kind   string // "virtual server"
	Path   ltm.Path
	Reason string // a sentence's end: "it listens on 203.0.113.10:443, and has no mark of bigipkube"
}

// Error names the object.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s %s is in the way: %s", e.Kind, e.Path, e.Reason)
}

// builder holds the objects of a partition while they change.
type builder struct {
	routes  RouteSet
	options Options
	live    ltm.Site
	owner   binding.Object

	certificates   map[ltm.Path]ltm.Certificate
	clientSSL      map[ltm.Path]ltm.ClientSSL
	httpProfiles   map[ltm.Path]ltm.HTTPProfile
	irules         map[ltm.Path]ltm.IRule
	monitors       map[ltm.MonitorRef]ltm.Monitor
	pools          map[ltm.Path]ltm.Pool
	policies       map[ltm.Path]ltm.Policy
	virtualServers map[ltm.Path]ltm.VirtualServer

	// elders are the first of the marks, other than the owner's, that use a pool.
	elders map[ltm.Path]binding.RouteMark
	// elsewhere are the first of the owner's policies at other addresses, by pool.
	elsewhere map[ltm.Path]ltm.Path
	current   ltm.Path // the virtual server that is built
	backends  map[ltm.Path][]binding.Backend
	serving   map[uint16]ltm.Path
	problems  []Problem
	foreign   error // a monitor that is in the way
}

func newBuilder(routes RouteSet, options Options, live ltm.Site) *builder {
	b := &builder{
		routes: routes, options: options, live: live, owner: routes.Owner,
		certificates:   index(live.Certificates, func(c ltm.Certificate) ltm.Path { return c.Path }),
		clientSSL:      index(live.ClientSSL, func(c ltm.ClientSSL) ltm.Path { return c.Path }),
		httpProfiles:   index(live.HTTPProfiles, func(p ltm.HTTPProfile) ltm.Path { return p.Path }),
		irules:         index(live.IRules, func(r ltm.IRule) ltm.Path { return r.Path }),
		monitors:       index(live.Monitors, ltm.Monitor.Ref),
		pools:          index(live.Pools, func(p ltm.Pool) ltm.Path { return p.Path }),
		policies:       index(live.Policies, func(p ltm.Policy) ltm.Path { return p.Path }),
		virtualServers: index(live.VirtualServers, func(v ltm.VirtualServer) ltm.Path { return v.Path }),
		elders:         map[ltm.Path]binding.RouteMark{}, elsewhere: map[ltm.Path]ltm.Path{},
		backends: map[ltm.Path][]binding.Backend{}, serving: map[uint16]ltm.Path{},
	}
	b.findUsers()
	return b
}

// findUsers finds who else uses a pool.
func (b *builder) findUsers() {
	here := map[ltm.Path]bool{}
	for _, v := range b.live.VirtualServers {
		if v.Destination.Address == b.options.Address {
			here[v.Path] = true
		}
	}
	for _, policy := range b.live.Policies {
		for _, rule := range policy.Rules {
			mark, found, err := binding.ParseRoute(rule.Description)
			if !found || err != nil {
				continue
			}
			for _, action := range rule.Actions {
				b.addUser(action.Pool, policy.Path, mark, here[policy.Path])
			}
		}
	}
}

func (b *builder) addUser(pool, policy ltm.Path, mark binding.RouteMark, here bool) {
	switch {
	case pool.IsZero() || mark.Owner == b.owner && here:
	case mark.Owner == b.owner:
		if first, known := b.elsewhere[pool]; !known || policy.Compare(first) < 0 {
			b.elsewhere[pool] = policy
		}
	default:
		if elder, known := b.elders[pool]; !known || mark.Compare(elder) < 0 {
			b.elders[pool] = mark
		}
	}
}

func index[T any, N comparable](list []T, path func(T) N) map[N]T {
	m := make(map[N]T, len(list))
	for _, item := range list {
		m[path(item)] = item
	}
	return m
}

func (b *builder) site() ltm.Site {
	return ltm.Site{
		Certificates: values(b.certificates), ClientSSL: values(b.clientSSL), HTTPProfiles: values(b.httpProfiles), IRules: values(b.irules),
		Monitors: values(b.monitors), Pools: values(b.pools), Policies: values(b.policies), VirtualServers: values(b.virtualServers),
	}.Canonical()
}

func values[T any, N interface {
	comparable
	Compare(other N) int
}](m map[N]T) []T {
	var list []T
	for _, path := range slices.SortedFunc(maps.Keys(m), N.Compare) {
		list = append(list, m[path])
	}
	return list
}

// buildServer makes, merges or removes the virtual server of a port, with its policy.
// Without a server only the owner's part goes.
func (b *builder) buildServer(port uint16, server *Server) error {
	path, err := b.findServer(port)
	if err != nil {
		return err
	}
	b.current = path
	rules, byHand, err := b.othersRules(path)
	if err != nil {
		return err
	}
	live, exists := b.virtualServers[path]
	switch shared := exists && server != nil && len(rules) > 0; {
	case shared && b.passesThrough(path) != server.Passthrough:
		b.problems = append(b.problems, b.portConflict(port, server, leader(rules)))
		server = nil
	case shared && !server.Passthrough && b.isTLS(live) != server.TLS:
		return &ForeignError{Kind: "virtual server", Path: path, Reason: "others are served by it, and they differ in whether clients use TLS on its port"}
	}
	if server != nil {
		for _, r := range server.Routes {
			rules = append(rules, b.rulesOf(r, *server)...)
		}
	}
	if len(rules) == 0 {
		delete(b.virtualServers, path)
		delete(b.policies, path)
		b.clientSSLOf(path, nil)
		return nil
	}
	ordered, problems := merge(rules, b.owner)
	b.problems = append(b.problems, problems...)
	b.policies[path] = newPolicy(path, append(byHand, ordered...), b.leavesTLS(path, server))
	profiles := b.clientSSLOf(path, server)
	if server != nil {
		b.serving[port] = path
	}
	return b.setServer(path, port, server, leader(rules), profiles)
}

// findServer is the virtual server at the address and port, or the path of one to make.
func (b *builder) findServer(port uint16) (ltm.Path, error) {
	path := b.options.path(b.options.serverName(port))
	where := ltm.MemberKey{Address: b.options.Address, Port: port}
	for _, v := range b.live.VirtualServers {
		at := ltm.MemberKey{Address: v.Destination.Address, Port: v.Destination.Port}
		switch {
		case at == where && binding.IsSite(v.Description):
			return v.Path, nil
		case at == where && v.Source == b.options.Server.Source:
			return path, &ForeignError{Kind: "virtual server", Path: v.Path, Reason: fmt.Sprintf("it listens on %s, and was not made for routes", where)}
		case v.Path == path:
			return path, &ForeignError{Kind: "virtual server", Path: v.Path, Reason: fmt.Sprintf("it has the name of the one for %s, and listens on %s", where, at)}
		}
	}
	return path, nil
}

// othersRules are the rules of a policy that stay: those of other owners, and those
// without a mark, which somebody has made by hand.
func (b *builder) othersRules(path ltm.Path) (rules []markedRule, byHand []ltm.PolicyRule, err error) {
	policy, ok := b.policies[path]
	if !ok {
		return nil, nil, nil
	}
	if !binding.IsSite(policy.Description) {
		return nil, nil, &ForeignError{Kind: "policy", Path: path, Reason: "it was not made for routes"}
	}
	for _, rule := range policy.Rules {
		mark, found, err := binding.ParseRoute(rule.Description)
		switch {
		case err != nil:
			return nil, nil, &ForeignError{Kind: "policy", Path: path, Reason: fmt.Sprintf("rule %s: %v", rule.Name, err)}
		case !found:
			byHand = append(byHand, rule)
			b.problems = append(b.problems, Problem{
				Object: b.owner, Effect: Differs,
				Reason: fmt.Sprintf("rule %s of policy %s has no mark: somebody made it by hand, and it acts before all others", rule.Name, path),
			})
		case mark.Owner != b.owner:
			rules = append(rules, markedRule{rule: rule, rank: rankOfRule(rule, mark)})
		}
	}
	return rules, byHand, nil
}

// leader is the oldest owner that has rules in a policy: its settings count. Each
// owner has one fallback there, with its own age.
func leader(rules []markedRule) binding.RouteMark {
	var marks []binding.RouteMark
	for _, m := range rules {
		if m.rank.mark.Class == binding.ClassFallback {
			marks = append(marks, m.rank.mark)
		}
	}
	if len(marks) == 0 {
		return binding.RouteMark{}
	}
	return slices.MinFunc(marks, binding.RouteMark.Compare)
}

func newPolicy(path ltm.Path, rules []ltm.PolicyRule, passthrough bool) ltm.Policy {
	p := ltm.Policy{Path: path, Description: binding.FormatSite(), Controls: []string{"forwarding"}, Requires: []string{"http"}, Rules: rules}
	if passthrough {
		p.Requires = []string{helloRequirement}
	}
	if has(rules, ltm.Protect) {
		p.Controls = []string{"asm", "forwarding"}
	}
	if slices.ContainsFunc(rules, asksForPeer) {
		p.Requires = append(p.Requires, "tcp")
	}
	return p
}

// has tells that a rule has an action of a kind.
func has(rules []ltm.PolicyRule, kind ltm.PolicyActionKind) bool {
	return slices.ContainsFunc(rules, func(r ltm.PolicyRule) bool {
		return slices.ContainsFunc(r.Actions, func(a ltm.PolicyAction) bool { return a.Kind == kind })
	})
}

func (b *builder) wafPolicy() ltm.Path { return cmp.Or(b.options.WAFPolicy, b.routes.Wishes.WAFPolicy) }
