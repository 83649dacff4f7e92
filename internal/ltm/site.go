package ltm

import "slices"

// Site is what routes by host and path need on a device: the objects of each kind, sorted
// by path, one each. Each kind refers to those above it.
type Site struct {
	Certificates   []Certificate
	ClientSSL      []ClientSSL
	HTTPProfiles   []HTTPProfile
	IRules         []IRule
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
