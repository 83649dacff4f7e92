package bigip

import (
	"fmt"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Masks of a virtual server that listens on one address, or on all.
const (
	hostMask4 = "255.255.255.255"
	hostMask6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
	anyMask   = "any"
)

// virtualServerToWire writes a new virtual server. What equals the device's
// default is left out.
func virtualServerToWire(vs ltm.VirtualServer) icontrol.VirtualServerBody {
	fresh := ltm.NewVirtualServer(vs.Path)
	change := changeset.ComputeVirtualServer(vs, fresh)
	body := icontrol.VirtualServerBody{Object: identity(vs.Path)}
	for _, field := range change.Fields {
		virtualServerWriters[field](&body, change.From, change.To)
	}
	body.Mask = changed("", vs.Mask)
	if vs.Destination.Address.IP.IsUnspecified() {
		body.Mask = new(mask(vs))
	}
	if body.Source != nil && vs.Source == "" {
		body.Source = nil
	}
	return body
}

// virtualServerChangeToWire writes the changed fields and nothing else.
func virtualServerChangeToWire(change changeset.VirtualServerChange) (icontrol.VirtualServerBody, error) {
	var body icontrol.VirtualServerBody
	for _, field := range change.Fields {
		write, known := virtualServerWriters[field]
		if !known {
			return body, fmt.Errorf("the field %s is not known", field)
		}
		write(&body, change.From, change.To)
	}
	return body, nil
}

// virtualServerWriters write one field each, by the names that changes have.
var virtualServerWriters = map[string]func(body *icontrol.VirtualServerBody, from, to ltm.VirtualServer){
	"auto_lasthop":     func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.AutoLasthop = said(to.AutoLasthop) },
	"connection_limit": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.ConnectionLimit = &to.ConnectionLimit },
	"description":      func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.Description = &to.Description },
	"destination":      writeDestination,
	"enabled": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.Enabled, b.Disabled = to.Enabled, !to.Enabled
	},
	"fallback_persistence": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.FallbackPersistence = new(pathOrNone(to.FallbackPersistence))
	},
	"firewall_enforced_policy": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.FirewallEnforcedPolicy = new(pathOrNone(to.FirewallEnforcedPolicy))
	},
	"firewall_staged_policy": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.FirewallStagedPolicy = new(pathOrNone(to.FirewallStagedPolicy))
	},
	"ip_protocol": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.IPProtocol = said(to.IPProtocol) },
	"irules":      func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.Rules = new(texts(to.IRules)) },
	"last_hop_pool": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.LastHopPool = new(pathOrNone(to.LastHopPool))
	},
	"mask": func(b *icontrol.VirtualServerBody, from, to ltm.VirtualServer) {
		b.Mask = changed(mask(from), mask(to))
	},
	"mirror": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.Mirror = new(onOrOff(to.Mirror)) },
	"persistence": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.Persist = persistenceToWire(to.Persistence)
	},
	"policies": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.Policies = policiesToWire(to.Policies) },
	"pool":     func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.Pool = new(pathOrNone(to.Pool)) },
	"profiles": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.Profiles = profilesToWire(to.Profiles) },
	"rate_limit": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.RateLimit = new(rateLimitToWire(to.RateLimit))
	},
	"rate_limit_destination_mask": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.RateLimitDestinationMask = &to.RateLimitDestinationMask
	},
	"rate_limit_mode": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.RateLimitMode = said(to.RateLimitMode) },
	"rate_limit_source_mask": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.RateLimitSourceMask = &to.RateLimitSourceMask
	},
	"security_log_profiles": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.SecurityLogProfiles = new(append([]string{}, to.SecurityLogProfiles...))
	},
	"service_down_immediate_action": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.ServiceDownImmediateAction = said(to.ServiceDownImmediateAction)
	},
	"source": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.Source = new(sourceToWire(to)) },
	"source_address_translation": func(b *icontrol.VirtualServerBody, from, to ltm.VirtualServer) {
		b.SourceAddressTranslation = translationToWire(from.SourceAddressTranslation, to.SourceAddressTranslation)
	},
	"source_port": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) { b.SourcePort = said(to.SourcePort) },
	"translate_address": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.TranslateAddress = new(onOrOff(to.TranslateAddress))
	},
	"translate_port": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.TranslatePort = new(onOrOff(to.TranslatePort))
	},
	"vlans": func(b *icontrol.VirtualServerBody, _, to ltm.VirtualServer) {
		b.VLANs, b.VLANsEnabled, b.VLANsDisabled = new(texts(to.VLANs.List)), to.VLANs.Only, !to.VLANs.Only
	},
}

// said leaves a word out that nobody has said.
func said(word string) *string { return changed("", word) }

// writeDestination takes mask and source along when the family changes: the device
// keeps them, and they would be those of the other one.
func writeDestination(b *icontrol.VirtualServerBody, from, to ltm.VirtualServer) {
	b.Destination = new(to.Destination.String())
	b.Mask = changed(mask(from), mask(to))
	b.Source = changed(sourceToWire(from), sourceToWire(to))
}

// mask is that of a virtual server, or the one of its destination: the device must
// be told when the family changes.
func mask(vs ltm.VirtualServer) string {
	switch d := vs.Destination; {
	case vs.Mask != "":
		return vs.Mask
	case !d.Address.IsValid(), d.Address.IP.IsUnspecified():
		return anyMask
	case d.Address.Is6():
		return hostMask6
	default:
		return hostMask4
	}
}

// maskFromWire is "" for the mask that the destination has by itself.
func maskFromWire(text string, d ltm.Destination) string {
	switch text {
	case "any6", "0.0.0.0", "::":
		text = anyMask
	}
	if text == mask(ltm.VirtualServer{Destination: d}) {
		return ""
	}
	return text
}

// sourceToWire is the source in the route domain of the destination, where the
// device wants it to be.
func sourceToWire(vs ltm.VirtualServer) string {
	source, address := vs.Source, vs.Destination.Address
	if source == "" {
		source = "0.0.0.0/0"
		if address.IsValid() && address.Is6() {
			source = "::/0"
		}
	}
	if address.RouteDomain == 0 {
		return source
	}
	return strings.Replace(source, "/", fmt.Sprintf("%%%d/", address.RouteDomain), 1)
}

// sourceFromWire reads the source; its route domain is the destination's.
func sourceFromWire(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	source, _, err := ltm.ParseSource(text)
	return source, err
}

func texts(paths []ltm.Path) []string {
	list := make([]string, len(paths))
	for i, path := range paths {
		list[i] = path.String()
	}
	return list
}

func policiesToWire(policies []ltm.Path) *[]icontrol.Object {
	list := make([]icontrol.Object, len(policies))
	for i, policy := range policies {
		list[i] = identity(policy)
	}
	return &list
}

func persistenceToWire(path ltm.Path) *[]icontrol.Persistence {
	list := []icontrol.Persistence{}
	if !path.IsZero() {
		list = append(list, icontrol.Persistence{
			Name: path.Name, Partition: path.Partition, SubPath: path.Folder, Default: "yes",
		})
	}
	return &list
}

func profilesToWire(profiles []ltm.Profile) *[]icontrol.VirtualProfileBody {
	list := make([]icontrol.VirtualProfileBody, 0, len(profiles))
	for _, p := range profiles {
		list = append(list, icontrol.VirtualProfileBody{Name: p.Path.String(), Context: string(p.Context)})
	}
	return &list
}

// translationToWire clears a SNAT pool that is not wanted any more: the device
// keeps it when only the type changes (icontrol-rest 3.4).
func translationToWire(from, to ltm.SourceAddressTranslation) *icontrol.SourceAddressTranslationBody {
	if to.Type == "" {
		return nil // nobody has said
	}
	body := &icontrol.SourceAddressTranslationBody{Type: to.Type}
	if from.Pool != to.Pool {
		body.Pool = new(pathOrNone(to.Pool))
	}
	if !to.Pool.IsZero() {
		body.Pool = new(to.Pool.String())
	}
	return body
}
