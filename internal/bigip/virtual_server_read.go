package bigip

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func virtualServerFromWire(wire icontrol.VirtualServer) (ltm.VirtualServer, error) {
	path, err := objectPath(wire.Object)
	if err != nil {
		return ltm.VirtualServer{}, err
	}
	vs := ltm.VirtualServer{
		Path:        path,
		Description: wire.Description,
		IPProtocol:  wire.IPProtocol,
		Enabled:     !bool(wire.Disabled),

		VLANs:                      ltm.VLANs{Only: bool(wire.VLANsEnabled)},
		ConnectionLimit:            int(wire.ConnectionLimit),
		RateLimitMode:              cmp.Or(wire.RateLimitMode, ltm.DefaultRateLimitMode),
		RateLimitSourceMask:        int(wire.RateLimitSourceMask),
		RateLimitDestinationMask:   int(wire.RateLimitDestinationMask),
		SourcePort:                 cmp.Or(wire.SourcePort, ltm.DefaultSourcePort),
		TranslateAddress:           wire.TranslateAddress != "disabled",
		TranslatePort:              wire.TranslatePort != "disabled",
		Mirror:                     bool(wire.Mirror),
		AutoLasthop:                cmp.Or(wire.AutoLasthop, ltm.DefaultAutoLasthop),
		ServiceDownImmediateAction: cmp.Or(wire.ServiceDownImmediateAction, ltm.DefaultServiceDownImmediateAction),
	}
	// With a traffic matching criteria there is no destination (icontrol-rest 3.4).
	if wire.Destination != "" {
		if vs.Destination, err = ltm.ParseDestination(path.Partition, wire.Destination); err != nil {
			return ltm.VirtualServer{}, fmt.Errorf("destination: %w", err)
		}
	}
	if vs.Pool, err = optionalPath(string(wire.Pool)); err != nil {
		return ltm.VirtualServer{}, fmt.Errorf("pool: %w", err)
	}
	if vs.FallbackPersistence, err = optionalPath(string(wire.FallbackPersistence)); err != nil {
		return ltm.VirtualServer{}, fmt.Errorf("fallback persistence: %w", err)
	}
	if vs.Persistence, err = persistenceFromWire(wire.Persist); err != nil {
		return ltm.VirtualServer{}, fmt.Errorf("persistence: %w", err)
	}
	if vs.Profiles, err = profilesFromWire(wire.ProfilesReference.Items); err != nil {
		return ltm.VirtualServer{}, fmt.Errorf("profiles: %w", err)
	}
	if vs.Source, err = sourceFromWire(wire.Source); err != nil {
		return ltm.VirtualServer{}, fmt.Errorf("source: %w", err)
	}
	vs.Mask = maskFromWire(cmp.Or(wire.Mask, mask(vs)), vs.Destination)
	if vs.RateLimit, err = rateLimitFromWire(wire.RateLimit); err != nil {
		return ltm.VirtualServer{}, err
	}
	if err := referencesFromWire(wire, &vs); err != nil {
		return ltm.VirtualServer{}, err
	}
	vs.SourceAddressTranslation.Type = cmp.Or(wire.SourceAddressTranslation.Type, "none")
	if vs.SourceAddressTranslation.Pool, err = optionalPath(wire.SourceAddressTranslation.Pool); err != nil {
		return ltm.VirtualServer{}, fmt.Errorf("source address translation: %w", err)
	}
	return vs, nil
}

// referencesFromWire reads what a virtual server refers to beside its pool and
// profiles.
func referencesFromWire(wire icontrol.VirtualServer, vs *ltm.VirtualServer) (err error) {
	if vs.IRules, err = parsePaths(wire.Rules); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	if vs.VLANs.List, err = parsePaths(wire.VLANs); err != nil {
		return fmt.Errorf("VLANs: %w", err)
	}
	for _, o := range wire.PoliciesReference.Items {
		policy, err := objectPath(o)
		if err != nil {
			return fmt.Errorf("policies: %w", err)
		}
		vs.Policies = append(vs.Policies, policy)
	}
	for _, one := range []struct {
		name string
		text icontrol.Word
		to   *ltm.Path
	}{
		{"firewall enforced policy", wire.FirewallEnforcedPolicy, &vs.FirewallEnforcedPolicy},
		{"firewall staged policy", wire.FirewallStagedPolicy, &vs.FirewallStagedPolicy},
		{"last hop pool", wire.LastHopPool, &vs.LastHopPool},
	} {
		if *one.to, err = optionalPath(string(one.text)); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	for _, profile := range wire.SecurityLogProfiles {
		// The device puts names with blanks in quotes (icontrol-rest 3.4).
		vs.SecurityLogProfiles = append(vs.SecurityLogProfiles, strings.Trim(profile, `"`))
	}
	*vs = vs.Canonical()
	return nil
}

// persistenceFromWire takes the default profile of the list, which is the only
// one unless a rule chooses another.
func persistenceFromWire(list []icontrol.Persistence) (ltm.Path, error) {
	if len(list) == 0 {
		return ltm.Path{}, nil
	}
	chosen := list[0]
	for _, p := range list {
		if p.Default == "yes" {
			chosen = p
			break
		}
	}
	return objectPath(icontrol.Object{
		Name: chosen.Name, Partition: chosen.Partition,
		FullPath: fullPath(chosen.Partition, chosen.SubPath, chosen.Name),
	})
}

func fullPath(partition, folder, name string) string {
	if partition == "" {
		return name
	}
	return ltm.Path{Partition: partition, Folder: folder, Name: name}.String()
}

func profilesFromWire(list []icontrol.VirtualProfile) ([]ltm.Profile, error) {
	profiles := make([]ltm.Profile, 0, len(list))
	for _, p := range list {
		path, err := objectPath(p.Object)
		if err != nil {
			return nil, err
		}
		profiles = append(profiles, ltm.Profile{
			Path: path, Context: cmp.Or(ltm.ProfileContext(p.Context), ltm.ContextAll),
		})
	}
	ltm.SortProfiles(profiles)
	return profiles, nil
}
