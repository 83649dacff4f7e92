package bigip

import (
	"cmp"
	"fmt"

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
	vs.SourceAddressTranslation.Type = cmp.Or(wire.SourceAddressTranslation.Type, "none")
	if vs.SourceAddressTranslation.Pool, err = optionalPath(wire.SourceAddressTranslation.Pool); err != nil {
		return ltm.VirtualServer{}, fmt.Errorf("source address translation: %w", err)
	}
	return vs, nil
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

// virtualServerToWire writes a new virtual server.
func virtualServerToWire(vs ltm.VirtualServer) icontrol.VirtualServerBody {
	body := icontrol.VirtualServerBody{
		Object:              identity(vs.Path),
		Description:         changed("", vs.Description),
		Destination:         new(vs.Destination.String()),
		Disabled:            !vs.Enabled,
		FallbackPersistence: changed("", vs.FallbackPersistence.String()),
		IPProtocol:          changed("", vs.IPProtocol),
		Pool:                changed("", vs.Pool.String()),
		Profiles:            profilesToWire(vs.Profiles),
	}
	if vs.Destination.Address.IP.IsUnspecified() {
		body.Mask = new(anyMask)
	}
	if len(vs.Profiles) == 0 {
		body.Profiles = nil // the device then chooses by itself (icontrol-rest 3.4)
	}
	if !vs.Persistence.IsZero() {
		body.Persist = persistenceToWire(vs.Persistence)
	}
	if vs.SourceAddressTranslation.Type != "" {
		body.SourceAddressTranslation = translationToWire(ltm.SourceAddressTranslation{}, vs.SourceAddressTranslation)
	}
	return body
}

// virtualServerChangeToWire writes the changed fields and nothing else.
func virtualServerChangeToWire(change changeset.VirtualServerChange) (icontrol.VirtualServerBody, error) {
	var body icontrol.VirtualServerBody
	from, to := change.From, change.To
	for _, field := range change.Fields {
		switch field {
		case "description":
			body.Description = &to.Description
		case "destination":
			body.Destination = new(to.Destination.String())
			body.Mask = changed(mask(from.Destination), mask(to.Destination))
		case "enabled":
			body.Enabled, body.Disabled = to.Enabled, !to.Enabled
		case "fallback_persistence":
			body.FallbackPersistence = new(pathOrNone(to.FallbackPersistence))
		case "ip_protocol":
			body.IPProtocol = &to.IPProtocol
		case "persistence":
			body.Persist = persistenceToWire(to.Persistence)
		case "pool":
			body.Pool = new(pathOrNone(to.Pool))
		case "profiles":
			body.Profiles = profilesToWire(to.Profiles)
		case "source_address_translation":
			body.SourceAddressTranslation = translationToWire(from.SourceAddressTranslation, to.SourceAddressTranslation)
		default:
			return body, fmt.Errorf("the field %s is not known", field)
		}
	}
	return body, nil
}

// mask goes with a destination: it must follow when the family changes.
func mask(d ltm.Destination) string {
	switch {
	case !d.Address.IsValid(), d.Address.IP.IsUnspecified():
		return anyMask
	case d.Address.Is6():
		return hostMask6
	default:
		return hostMask4
	}
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
	body := &icontrol.SourceAddressTranslationBody{Type: to.Type}
	if from.Pool != to.Pool {
		body.Pool = new(pathOrNone(to.Pool))
	}
	if !to.Pool.IsZero() {
		body.Pool = new(to.Pool.String())
	}
	return body
}
