package ltm

import (
	"cmp"
	"reflect"
	"slices"
)

// VirtualServer is a virtual server with what this project sets on it.
type VirtualServer struct {
	Path        Path        `json:"path"`
	Description string      `json:"description,omitempty"`
	Destination Destination `json:"destination"`
	// Mask makes it listen on a network: "255.255.255.0". Empty is the mask of the
	// destination: one address, or all of them.
	Mask                     string                   `json:"mask"`
	Source                   string                   `json:"source"`      // the clients that it takes, as ParseSource returns them; "" = all
	IPProtocol               string                   `json:"ip_protocol"` // tcp, udp, any, sctp
	Pool                     Path                     `json:"pool"`        // zero = none
	Profiles                 []Profile                `json:"profiles"`    // sorted by path and context
	SourceAddressTranslation SourceAddressTranslation `json:"source_address_translation"`
	Persistence              Path                     `json:"persistence"`          // zero = none
	FallbackPersistence      Path                     `json:"fallback_persistence"` // zero = none
	Enabled                  bool                     `json:"enabled"`
	Policies                 []Path                   `json:"policies"` // of LTM; sorted
	IRules                   []Path                   `json:"irules"`   // in the order in which they run
	VLANs                    VLANs                    `json:"vlans"`

	FirewallEnforcedPolicy Path `json:"firewall_enforced_policy"` // of AFM; zero = none
	FirewallStagedPolicy   Path `json:"firewall_staged_policy"`
	// SecurityLogProfiles are full paths, sorted. They are texts because the
	// device's own have blanks in their names: "/Common/Log all requests".
	SecurityLogProfiles []string `json:"security_log_profiles"`

	ConnectionLimit          int    `json:"connection_limit"` // 0 = none
	RateLimit                int    `json:"rate_limit"`       // new connections per second; 0 = none
	RateLimitMode            string `json:"rate_limit_mode"`  // what is counted together: "object", "object-source" …
	RateLimitSourceMask      int    `json:"rate_limit_source_mask"`
	RateLimitDestinationMask int    `json:"rate_limit_destination_mask"`

	SourcePort                 string `json:"source_port"` // preserve, preserve-strict, change
	TranslateAddress           bool   `json:"translate_address"`
	TranslatePort              bool   `json:"translate_port"`
	Mirror                     bool   `json:"mirror"`
	AutoLasthop                string `json:"auto_lasthop"`  // default, enabled, disabled
	LastHopPool                Path   `json:"last_hop_pool"` // zero = none
	ServiceDownImmediateAction string `json:"service_down_immediate_action"`
}

// The device's defaults for a virtual server (icontrol-rest 3.4).
const (
	DefaultRateLimitMode              = "object"
	DefaultSourcePort                 = "preserve"
	DefaultAutoLasthop                = "default"
	DefaultServiceDownImmediateAction = "none"
)

// NewVirtualServer returns the virtual server that the device makes of a bare
// path, but for the destination that it must have, and the profile and protocol
// that the device then chooses.
func NewVirtualServer(path Path) VirtualServer {
	return VirtualServer{
		Path: path, Enabled: true, SourceAddressTranslation: SourceAddressTranslation{Type: "none"},
		RateLimitMode: DefaultRateLimitMode, SourcePort: DefaultSourcePort, TranslateAddress: true, TranslatePort: true,
		AutoLasthop: DefaultAutoLasthop, ServiceDownImmediateAction: DefaultServiceDownImmediateAction,
	}
}

// RateLimitModes are the words that the device takes: what shares one rate limit.
func RateLimitModes() []string {
	return []string{
		"object", "object-source", "object-destination", "object-source-destination",
		"destination", "source", "source-destination",
	}
}

// VLANs says on which VLANs a virtual server listens. The zero value is all.
type VLANs struct {
	// Only turns the list round: true is on these and no others, false is on all
	// but these.
	Only bool   `json:"only"`
	List []Path `json:"list"` // sorted
}

// Profile is a profile on a virtual server, for one side of it or both.
type Profile struct {
	Path    Path           `json:"path"`
	Context ProfileContext `json:"context"`
}

// ProfileContext says to which side of a virtual server a profile applies.
type ProfileContext string

// The contexts of a profile (icontrol-rest 3.4).
const (
	ContextAll        ProfileContext = "all"
	ContextClientSide ProfileContext = "clientside"
	ContextServerSide ProfileContext = "serverside"
)

// ProfileType is the type of a profile in tmsh's words. Profiles of a virtual server do
// not say of which type they are.
type ProfileType string

// The types that are told apart.
const (
	ProfileTCP       ProfileType = "tcp"
	ProfileHTTP      ProfileType = "http"
	ProfileServerSSL ProfileType = "server-ssl"
)

// Compare orders by path, then by context.
func (p Profile) Compare(other Profile) int {
	return cmp.Or(p.Path.Compare(other.Path), cmp.Compare(p.Context, other.Context))
}

// SortProfiles puts profiles in the order that VirtualServer.Profiles has.
func SortProfiles(profiles []Profile) { slices.SortFunc(profiles, Profile.Compare) }

// SourceAddressTranslation says which source address a member sees.
type SourceAddressTranslation struct {
	Type string `json:"type"` // none, automap, snat
	Pool Path   `json:"pool"` // the SNAT pool, for type snat
}

// Canonical returns v with its lists sorted, those that have an order of their own
// apart, and nil where they are empty. The lists of v are left alone.
func (v VirtualServer) Canonical() VirtualServer {
	v.Profiles = sorted(v.Profiles, Profile.Compare)
	v.Policies = sorted(v.Policies, Path.Compare)
	v.VLANs.List = sorted(v.VLANs.List, Path.Compare)
	v.SecurityLogProfiles = sorted(v.SecurityLogProfiles, cmp.Compare[string])
	if len(v.IRules) == 0 {
		v.IRules = nil
	}
	return v
}

func sorted[T any](list []T, compare func(a, b T) int) []T {
	if len(list) == 0 {
		return nil
	}
	return slices.SortedFunc(slices.Values(list), compare)
}

// Equal compares two virtual servers in all that this project sets.
func (v VirtualServer) Equal(other VirtualServer) bool {
	return reflect.DeepEqual(v.Canonical(), other.Canonical())
}

// VirtualServerStatus is what the device tells of a virtual server beyond its
// configuration.
type VirtualServerStatus struct {
	Availability       string // available, offline, unknown
	Reason             string // the device's words
	CurrentConnections int64  // client side, open now, on this device only
	TotalConnections   int64  // since the counters were reset
	TotalRequests      int64  // HTTP requests, 0 without an http profile
}
