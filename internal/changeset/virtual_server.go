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

// virtualServerFields lists all of them, sorted by name. Those of a canonical
// virtual server can be compared.
func virtualServerFields() []field {
	return []field{
		{"auto_lasthop", func(v ltm.VirtualServer) any { return v.AutoLasthop }},
		{"connection_limit", func(v ltm.VirtualServer) any { return v.ConnectionLimit }},
		{"description", func(v ltm.VirtualServer) any { return v.Description }},
		{"destination", func(v ltm.VirtualServer) any { return v.Destination }},
		{"enabled", func(v ltm.VirtualServer) any { return v.Enabled }},
		{"fallback_persistence", func(v ltm.VirtualServer) any { return v.FallbackPersistence }},
		{"firewall_enforced_policy", func(v ltm.VirtualServer) any { return v.FirewallEnforcedPolicy }},
		{"firewall_staged_policy", func(v ltm.VirtualServer) any { return v.FirewallStagedPolicy }},
		{"ip_protocol", func(v ltm.VirtualServer) any { return v.IPProtocol }},
		{"irules", func(v ltm.VirtualServer) any { return v.IRules }},
		{"last_hop_pool", func(v ltm.VirtualServer) any { return v.LastHopPool }},
		{"mask", func(v ltm.VirtualServer) any { return v.Mask }},
		{"mirror", func(v ltm.VirtualServer) any { return v.Mirror }},
		{"persistence", func(v ltm.VirtualServer) any { return v.Persistence }},
		{"policies", func(v ltm.VirtualServer) any { return v.Policies }},
		{"pool", func(v ltm.VirtualServer) any { return v.Pool }},
		{"profiles", func(v ltm.VirtualServer) any { return v.Profiles }},
		{"rate_limit", func(v ltm.VirtualServer) any { return v.RateLimit }},
		{"rate_limit_destination_mask", func(v ltm.VirtualServer) any { return v.RateLimitDestinationMask }},
		{"rate_limit_mode", func(v ltm.VirtualServer) any { return v.RateLimitMode }},
		{"rate_limit_source_mask", func(v ltm.VirtualServer) any { return v.RateLimitSourceMask }},
		{"security_log_profiles", func(v ltm.VirtualServer) any { return v.SecurityLogProfiles }},
		{"service_down_immediate_action", func(v ltm.VirtualServer) any { return v.ServiceDownImmediateAction }},
		{"source", func(v ltm.VirtualServer) any { return v.Source }},
		{"source_address_translation", func(v ltm.VirtualServer) any { return v.SourceAddressTranslation }},
		{"source_port", func(v ltm.VirtualServer) any { return v.SourcePort }},
		{"translate_address", func(v ltm.VirtualServer) any { return v.TranslateAddress }},
		{"translate_port", func(v ltm.VirtualServer) any { return v.TranslatePort }},
		{"vlans", func(v ltm.VirtualServer) any { return v.VLANs }},
	}
}

// ComputeVirtualServer returns what turns live into desired. Lists may come in
// any order; only that of iRules has a meaning.
func ComputeVirtualServer(desired, live ltm.VirtualServer) VirtualServerChange {
	change := VirtualServerChange{From: live.Canonical(), To: desired.Canonical()}
	for _, f := range virtualServerFields() {
		if !reflect.DeepEqual(f.get(change.From), f.get(change.To)) {
			change.Fields = append(change.Fields, f.name)
		}
	}
	return change
}

// Empty tells that c changes nothing.
func (c VirtualServerChange) Empty() bool { return len(c.Fields) == 0 }

// Has tells that c changes the field of that JSON name.
func (c VirtualServerChange) Has(name string) bool { return slices.Contains(c.Fields, name) }
