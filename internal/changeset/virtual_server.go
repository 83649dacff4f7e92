package changeset

import (
	"reflect"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// field is one property of a virtual server that a change knows.
type field struct {
	name string // the JSON name in ltm.VirtualServer
	get  func(ltm.VirtualServer) any
}

// virtualServerFields lists all of them, sorted by name.
func virtualServerFields() []field {
	return []field{
		{"description", func(v ltm.VirtualServer) any { return v.Description }},
		{"destination", func(v ltm.VirtualServer) any { return v.Destination }},
		{"enabled", func(v ltm.VirtualServer) any { return v.Enabled }},
		{"fallback_persistence", func(v ltm.VirtualServer) any { return v.FallbackPersistence }},
		{"ip_protocol", func(v ltm.VirtualServer) any { return v.IPProtocol }},
		{"persistence", func(v ltm.VirtualServer) any { return v.Persistence }},
		{"pool", func(v ltm.VirtualServer) any { return v.Pool }},
		{"profiles", func(v ltm.VirtualServer) any { return sortedProfiles(v) }},
		{"source_address_translation", func(v ltm.VirtualServer) any { return v.SourceAddressTranslation }},
	}
}

// ComputeVirtualServer returns what turns live into desired. Profiles may come
// in any order.
func ComputeVirtualServer(desired, live ltm.VirtualServer) VirtualServerChange {
	change := VirtualServerChange{From: live, To: desired}
	change.From.Profiles, change.To.Profiles = sortedProfiles(live), sortedProfiles(desired)
	for _, f := range virtualServerFields() {
		if !reflect.DeepEqual(f.get(live), f.get(desired)) {
			change.Fields = append(change.Fields, f.name)
		}
	}
	return change
}

// Empty tells that c changes nothing.
func (c VirtualServerChange) Empty() bool { return len(c.Fields) == 0 }

// Has tells that c changes the field of that JSON name.
func (c VirtualServerChange) Has(name string) bool { return slices.Contains(c.Fields, name) }

// sortedProfiles are v's profiles, sorted; never nil.
func sortedProfiles(v ltm.VirtualServer) []ltm.Profile {
	profiles := append([]ltm.Profile{}, v.Profiles...)
	ltm.SortProfiles(profiles)
	return profiles
}
