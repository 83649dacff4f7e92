package ltm

import (
	"cmp"
	"reflect"
	"slices"
)

// VirtualServer is a virtual server with what this project sets on it.
type VirtualServer struct {
	Path                     Path                     `json:"path"`
	Description              string                   `json:"description,omitempty"`
	Destination              Destination              `json:"destination"`
	IPProtocol               string                   `json:"ip_protocol"` // tcp, udp, any, sctp
	Pool                     Path                     `json:"pool"`        // zero = none
	Profiles                 []Profile                `json:"profiles"`    // sorted by path and context
	SourceAddressTranslation SourceAddressTranslation `json:"source_address_translation"`
	Persistence              Path                     `json:"persistence"`          // zero = none
	FallbackPersistence      Path                     `json:"fallback_persistence"` // zero = none
	Enabled                  bool                     `json:"enabled"`
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

// Equal compares two virtual servers in all that this project sets.
func (v VirtualServer) Equal(other VirtualServer) bool {
	same := slices.Equal(v.Profiles, other.Profiles) // nil is as good as empty
	v.Profiles, other.Profiles = nil, nil
	return same && reflect.DeepEqual(v, other)
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
