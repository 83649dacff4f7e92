package ltm

import (
	"slices"
	"strings"
)

// Site is what routes by host and path need on a device: the objects of each kind, sorted
// by path, one each. Each kind refers to those above it.
type Site struct {
	Certificates   []Certificate
	ClientSSL      []ClientSSL
	HTTPProfiles   []HTTPProfile
	IRules         []IRule
	Monitors       []Monitor
	Pools          []Pool
	Policies       []Policy
	VirtualServers []VirtualServer
}

// HTTPProfile is an http profile that differs from its parent.
type HTTPProfile struct {
	Path        Path   `json:"path"`
	Description string `json:"description,omitempty"`
	Parent      Path   `json:"parent"` // "/Common/http"
	// InsertXForwardedFor adds the client's address to each request. The device appends a
	// field of its own: what the client sent stays before it.
	InsertXForwardedFor bool `json:"insert_x_forwarded_for"`
}

// IRule is an iRule as it stands on the device.
type IRule struct {
	Path       Path   `json:"path"`
	Definition string `json:"definition"`
}

// Canonical returns s with its lists sorted, nil where they are empty, and its objects
// canonical. The lists of s are left alone.
func (s Site) Canonical() Site {
	s.Certificates = sorted(s.Certificates, func(a, b Certificate) int { return a.Path.Compare(b.Path) })
	s.ClientSSL = sorted(s.ClientSSL, func(a, b ClientSSL) int { return a.Path.Compare(b.Path) })
	s.HTTPProfiles = sorted(s.HTTPProfiles, func(a, b HTTPProfile) int { return a.Path.Compare(b.Path) })
	s.IRules = sorted(s.IRules, func(a, b IRule) int { return a.Path.Compare(b.Path) })
	for i, rule := range s.IRules {
		s.IRules[i].Definition = strings.TrimSpace(rule.Definition) // the device keeps no blanks around it
	}
	s.Monitors = sorted(s.Monitors, func(a, b Monitor) int { return a.Ref().Compare(b.Ref()) })
	s.Pools = sorted(s.Pools, func(a, b Pool) int { return a.Path.Compare(b.Path) })
	s.Policies = sorted(s.Policies, func(a, b Policy) int { return a.Path.Compare(b.Path) })
	for i := range s.Policies {
		s.Policies[i] = s.Policies[i].Canonical()
	}
	s.VirtualServers = slices.Clone(sorted(s.VirtualServers, func(a, b VirtualServer) int { return a.Path.Compare(b.Path) }))
	for i := range s.VirtualServers {
		s.VirtualServers[i] = s.VirtualServers[i].Canonical()
	}
	return s
}

// SitePaths name the objects of a Site.
type SitePaths struct {
	Certificates []Path `json:"certificates,omitempty"`
	ClientSSL    []Path `json:"client_ssl,omitempty"`
	HTTPProfiles []Path `json:"http_profiles,omitempty"`
	IRules       []Path `json:"irules,omitempty"`
	// The device finds a monitor only by its type.
	Monitors       []MonitorRef `json:"monitors,omitempty"`
	Pools          []Path       `json:"pools,omitempty"`
	Policies       []Path       `json:"policies,omitempty"`
	VirtualServers []Path       `json:"virtual_servers,omitempty"`
}

// Paths are those of the objects of s, sorted.
func (s Site) Paths() SitePaths {
	return SitePaths{
		Certificates:   pathsOf(s.Certificates, func(c Certificate) Path { return c.Path }),
		ClientSSL:      pathsOf(s.ClientSSL, func(c ClientSSL) Path { return c.Path }),
		HTTPProfiles:   pathsOf(s.HTTPProfiles, func(p HTTPProfile) Path { return p.Path }),
		IRules:         pathsOf(s.IRules, func(r IRule) Path { return r.Path }),
		Monitors:       pathsOf(s.Monitors, Monitor.Ref),
		Pools:          pathsOf(s.Pools, func(p Pool) Path { return p.Path }),
		Policies:       pathsOf(s.Policies, func(p Policy) Path { return p.Path }),
		VirtualServers: pathsOf(s.VirtualServers, func(v VirtualServer) Path { return v.Path }),
	}
}

// Union are the paths of both, each once, sorted.
func (p SitePaths) Union(other SitePaths) SitePaths {
	return SitePaths{
		Certificates:   joined(p.Certificates, other.Certificates),
		ClientSSL:      joined(p.ClientSSL, other.ClientSSL),
		HTTPProfiles:   joined(p.HTTPProfiles, other.HTTPProfiles),
		IRules:         joined(p.IRules, other.IRules),
		Monitors:       joined(p.Monitors, other.Monitors),
		Pools:          joined(p.Pools, other.Pools),
		Policies:       joined(p.Policies, other.Policies),
		VirtualServers: joined(p.VirtualServers, other.VirtualServers),
	}
}

// name is what objects of one kind are told apart by.
type name[N any] interface {
	comparable
	Compare(other N) int
}

func pathsOf[T any, N name[N]](objects []T, path func(T) N) []N {
	var paths []N
	for _, object := range objects {
		paths = append(paths, path(object))
	}
	return joined(paths, nil)
}

func joined[N name[N]](a, b []N) []N {
	return slices.Compact(sorted(slices.Concat(a, b), N.Compare))
}

// Targets are the pools that get traffic from the virtual servers and the policies of
// s, sorted.
func (s Site) Targets() []Path {
	var targets []Path
	for _, v := range s.VirtualServers {
		targets = append(targets, v.Pool)
	}
	for _, p := range s.Policies {
		for _, rule := range p.Rules {
			for _, action := range rule.Actions {
				targets = append(targets, action.Pool)
			}
		}
	}
	targets = slices.DeleteFunc(targets, Path.IsZero)
	return joined(targets, nil)
}

// Less are the paths of p that other does not have. Both are sorted.
func (p SitePaths) Less(other SitePaths) SitePaths {
	return SitePaths{
		Certificates: without(p.Certificates, other.Certificates), ClientSSL: without(p.ClientSSL, other.ClientSSL),
		HTTPProfiles: without(p.HTTPProfiles, other.HTTPProfiles), IRules: without(p.IRules, other.IRules),
		Monitors: without(p.Monitors, other.Monitors), Pools: without(p.Pools, other.Pools), Policies: without(p.Policies, other.Policies),
		VirtualServers: without(p.VirtualServers, other.VirtualServers),
	}
}

func without[N name[N]](list, other []N) []N {
	var left []N
	for _, p := range list {
		if _, found := slices.BinarySearchFunc(other, p, N.Compare); !found {
			left = append(left, p)
		}
	}
	return left
}

// Empty tells that there are none.
func (p SitePaths) Empty() bool {
	return len(p.Certificates)+len(p.ClientSSL)+len(p.HTTPProfiles)+len(p.IRules)+len(p.Monitors)+len(p.Pools)+len(p.Policies)+len(p.VirtualServers) == 0
}

// Join has the objects of both sites, which have none in common.
func (s Site) Join(other Site) Site {
	return Site{
		Certificates: slices.Concat(s.Certificates, other.Certificates), ClientSSL: slices.Concat(s.ClientSSL, other.ClientSSL),
		HTTPProfiles: slices.Concat(s.HTTPProfiles, other.HTTPProfiles), IRules: slices.Concat(s.IRules, other.IRules),
		Monitors: slices.Concat(s.Monitors, other.Monitors), Pools: slices.Concat(s.Pools, other.Pools), Policies: slices.Concat(s.Policies, other.Policies),
		VirtualServers: slices.Concat(s.VirtualServers, other.VirtualServers),
	}.Canonical()
}
