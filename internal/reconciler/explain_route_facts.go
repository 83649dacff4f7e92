package reconciler

import (
	"cmp"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RouteExplanation is what "reconcile explain --route" prints. The names are a contract.
type RouteExplanation struct {
	Device string            `json:"device"`
	Served []ExplainedRoutes `json:"served"` // one for each address
}

// ExplainedRoutes is what is served of an object at an address.
type ExplainedRoutes struct {
	Object         binding.Object         `json:"object"` // what was asked about
	Owner          binding.Object         `json:"owner"`  // what is bound: the object, or the Gateway that it is attached to
	Partition      string                 `json:"partition"`
	Folder         string                 `json:"folder,omitempty"`
	Address        ltm.Address            `json:"address"`
	Strict         bool                   `json:"strict"`
	VirtualServers []ExplainedServer      `json:"virtual_servers"` // by port
	Rules          []ExplainedRule        `json:"rules"`           // in the order of evaluation
	Certificates   []ExplainedCertificate `json:"certificates"`    // the owner's
	Problems       []ingress.Problem      `json:"problems"`        // what is not expressed, and why
	Pending        ExplainedPending       `json:"pending"`
}

// ExplainedServer is a virtual server.
type ExplainedServer struct {
	Path ltm.Path `json:"path"`
	Port uint16   `json:"port"`
}

// ExplainedRule is a route on the device.
type ExplainedRule struct {
	Policy  ltm.Path         `json:"policy"`
	Rules   []ExplainedPlace `json:"rules"` // a path and all below it are two
	Of      int              `json:"of"`    // how many rules the policy has
	Source  binding.Object   `json:"source"`
	At      binding.Position `json:"position"` // in Source
	Class   binding.Class    `json:"class,omitempty"`
	Host    string           `json:"host"`
	Path    string           `json:"path"`
	Exact   bool             `json:"exact"`
	Matches []string         `json:"matches"` // what else is asked of a request
	Answer  string           `json:"answer"`
	Pools   []ExplainedPool  `json:"pools"`
	First   []ExplainedRival `json:"first"`  // they have the same match and come first: this rule never acts
	Behind  []ExplainedRival `json:"behind"` // they have it too, and never act
}

// ExplainedPlace is a rule and its place, from 1.
type ExplainedPlace struct {
	Name  string `json:"name"`
	Place int    `json:"place"`
}

// ExplainedRival is a rule of another object with the same match.
type ExplainedRival struct {
	Source binding.Object `json:"source"`
	Rule   string         `json:"rule"`
}

// ExplainedPool is a pool that a rule forwards to.
type ExplainedPool struct {
	Path    ltm.Path              `json:"path"`
	Members []ExplainedPoolMember `json:"members"`
}

// ExplainedPoolMember is a member as it is now.
type ExplainedPoolMember struct {
	Member ltm.MemberKey `json:"member"`
	ExplainedSetting
	Health ltm.Health `json:"health"`
}

// ExplainedCertificate is what clients are shown.
type ExplainedCertificate struct {
	Host   string     `json:"host"` // "*" is for names that no other one has
	Path   ltm.Path   `json:"path"`
	Server ltm.Path   `json:"virtual_server"`
	Shown  bool       `json:"shown"` // else an older owner's is, for the same name
	Until  *time.Time `json:"until"` // null: it is not on the device
}

// ExplainedPending is what the device is to become.
type ExplainedPending struct {
	Changes []string `json:"changes"`
	When    string   `json:"when,omitempty"` // "next sync", "held", "refused"
	Why     string   `json:"why,omitempty"`
	After   string   `json:"after,omitempty"` // of what is held: how long after it was seen first
}

// The values of ExplainedPending.When.
const (
	whenNext    = "next sync"
	whenHeld    = "held"
	whenRefused = "refused"
)

// explainedRoutes puts together what a sync that writes nothing has found.
func explainedRoutes(key ingress.Key, object binding.Object, report engine.RouteReport, hold time.Duration) ExplainedRoutes {
	e := ExplainedRoutes{
		Object: object, Owner: key.Owner, Partition: key.Partition, Folder: key.Folder, Address: key.Address,
		VirtualServers: []ExplainedServer{}, Rules: []ExplainedRule{}, Certificates: []ExplainedCertificate{}, Problems: []ingress.Problem{},
		Pending: pending(report, hold),
	}
	if bound, there := boundAt(report.Live, key); there {
		e.Strict = bound.Options.Strict
	}
	pools := map[ltm.Path]ltm.Pool{}
	for _, pool := range report.Live.Pools {
		pools[pool.Path] = pool
	}
	for _, rule := range ingress.RulesOf(report.Live, key) {
		if !slices.ContainsFunc(e.VirtualServers, func(s ExplainedServer) bool { return s.Path == rule.Server }) {
			e.VirtualServers = append(e.VirtualServers, ExplainedServer{rule.Server, rule.Port})
		}
		if object == key.Owner || rule.Mark.Source == object {
			e.Rules = append(e.Rules, explainedRule(rule, pools))
		}
	}
	for _, p := range report.Problems {
		if object == key.Owner || p.Object == object {
			e.Problems = append(e.Problems, p)
		}
	}
	for _, v := range report.Live.VirtualServers {
		e.Certificates = append(e.Certificates, certificatesOf(report.Live, v, key)...)
	}
	return e
}

func boundAt(live ltm.Site, key ingress.Key) (ingress.Binding, bool) {
	all, _ := ingress.Bindings(live)
	bound, there := all[key]
	return bound, there
}

func pending(report engine.RouteReport, hold time.Duration) ExplainedPending {
	p := ExplainedPending{Changes: []string{}}
	for _, change := range report.Change.Changes() {
		p.Changes = append(p.Changes, change.Text)
	}
	switch {
	case len(p.Changes) == 0:
	case report.Refused:
		p.When, p.Why = whenRefused, "there are problems, and strict is set"
	case report.Held != "":
		p.When, p.Why, p.After = whenHeld, report.Held, hold.String()
	default:
		p.When = whenNext
	}
	return p
}

func explainedRule(rule ingress.ServedRule, pools map[ltm.Path]ltm.Pool) ExplainedRule {
	e := ExplainedRule{
		Policy: rule.Policy, Of: rule.Of, Source: rule.Mark.Source, At: rule.Mark.Position, Class: rule.Mark.Class,
		Host: rule.Host, Path: rule.Path, Exact: rule.Exact, Matches: append([]string{}, rule.Matches...), Answer: rule.Answer,
		Pools: []ExplainedPool{}, First: rivals(rule.First), Behind: rivals(rule.Behind),
	}
	for _, r := range rule.Rules {
		e.Rules = append(e.Rules, ExplainedPlace(r))
	}
	for _, path := range rule.Pools {
		pool := ExplainedPool{Path: path, Members: []ExplainedPoolMember{}}
		for _, m := range pools[path].Members {
			pool.Members = append(pool.Members, ExplainedPoolMember{m.Key, ExplainedSetting{m.Session, m.Ratio}, m.Health})
		}
		e.Pools = append(e.Pools, pool)
	}
	return e
}

func rivals(list []ingress.Rival) []ExplainedRival {
	all := make([]ExplainedRival, 0, len(list))
	for _, r := range list {
		all = append(all, ExplainedRival(r))
	}
	return all
}

// certificatesOf are those of an owner on a virtual server at its address.
func certificatesOf(live ltm.Site, v ltm.VirtualServer, key ingress.Key) (all []ExplainedCertificate) {
	if v.Destination.Address != key.Address {
		return nil
	}
	for _, profile := range live.ClientSSL {
		mark, found, err := binding.ParseRoute(profile.Description)
		if !found || err != nil || mark.Owner != key.Owner || mark.Server != v.Path.Name || profile.Path.Folder != v.Path.Folder {
			continue
		}
		all = append(all, ExplainedCertificate{
			Host: cmp.Or(profile.ServerName, "*"), Path: profile.Certificate, Server: v.Path,
			Shown: slices.ContainsFunc(v.Profiles, func(p ltm.Profile) bool { return p.Path == profile.Path }),
		})
	}
	return all
}
