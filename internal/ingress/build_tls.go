package ingress

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// markedProfile is a client-ssl profile with its mark.
type markedProfile struct {
	profile ltm.ClientSSL
	mark    binding.RouteMark
}

func (b *builder) clientSSLParent() ltm.Path {
	return cmp.Or(b.options.Server.ClientSSL, clientSSLProfile)
}

// isOurClientSSL tells that a profile is, or was, one that was made for routes.
func (b *builder) isOurClientSSL(path ltm.Path) bool {
	profile, ok := b.clientSSL[path]
	if !ok {
		at := slices.IndexFunc(b.live.ClientSSL, func(c ltm.ClientSSL) bool { return c.Path == path })
		if at < 0 {
			return false
		}
		profile = b.live.ClientSSL[at]
	}
	_, found, err := binding.ParseRoute(profile.Description)
	return found && err == nil
}

// clientSSLOf makes the profiles of the owner for a virtual server, removes those that
// it does not want any more, and returns those to attach: for each server name the
// one of the oldest owner. The others stay on the device and wait, so that there is
// one when the oldest is gone.
func (b *builder) clientSSLOf(server ltm.Path, wanted *Server) []ltm.Path {
	var all []markedProfile
	for _, path := range sortedPaths(b.clientSSL) {
		profile := b.clientSSL[path]
		mark, found, err := binding.ParseRoute(profile.Description)
		if !found || err != nil || mark.Server != server.Name || path.Partition != server.Partition || path.Folder != server.Folder {
			continue
		}
		if mark.Owner == b.owner {
			delete(b.clientSSL, path)
			continue
		}
		all = append(all, markedProfile{profile: profile, mark: mark})
	}
	if wanted != nil {
		for i, c := range wanted.Certificates {
			if made, ok := b.newClientSSL(server, i, c); ok {
				all = append(all, made)
			}
		}
	}
	slices.SortFunc(all, func(a, b markedProfile) int { return a.mark.Compare(b.mark) })
	attached := map[string]markedProfile{}
	var paths []ltm.Path
	for _, m := range all {
		winner, taken := attached[m.profile.ServerName]
		if taken {
			b.certificateConflict(winner, m)
		} else {
			attached[m.profile.ServerName] = m
			paths = append(paths, m.profile.Path)
		}
		m.profile.Default = false
		b.clientSSL[m.profile.Path] = m.profile
	}
	if len(paths) > 0 { // who asks for another name gets the one for all, or the first
		path := paths[0]
		if all, ok := attached[""]; ok {
			path = all.profile.Path
		}
		profile := b.clientSSL[path]
		profile.Default = true
		b.clientSSL[path] = profile
	}
	return paths
}

func (b *builder) certificateConflict(winner, loser markedProfile) {
	if winner.mark.Owner != b.owner && loser.mark.Owner != b.owner || winner.profile.Certificate == loser.profile.Certificate {
		return
	}
	b.problems = append(b.problems, Problem{
		Object: loser.mark.Source, Place: fmt.Sprintf("certificate for %q", loser.profile.ServerName), Effect: Conflict, With: winner.mark.Source,
		Reason: fmt.Sprintf("%s has another certificate for that name, and comes first: it is older, or first by name", winner.mark.Source),
	})
}

// newClientSSL is the profile for a certificate, false where the device has none to
// show: the Secret cannot be used, and never could.
func (b *builder) newClientSSL(server ltm.Path, index int, c Certificate) (markedProfile, bool) {
	certificate, ok := b.certificate(c)
	if !ok {
		return markedProfile{}, false
	}
	mark := binding.RouteMark{
		Source: b.owner, Created: b.routes.Created, Owner: b.owner, Position: binding.Position{Rule: index}, Server: server.Name,
	}
	return markedProfile{mark: mark, profile: ltm.ClientSSL{
		Path: ltm.Path{Partition: server.Partition, Folder: server.Folder, Name: clientSSLName(server.Name, b.owner, c.Host)}, Description: binding.FormatRoute(mark),
		Parent: b.clientSSLParent(), ServerName: c.Host, Certificate: certificate,
	}}, true
}

// certificate is where the files of a Secret are. Those of one that cannot be used now
// stay what they are.
func (b *builder) certificate(c Certificate) (ltm.Path, bool) {
	if c.Secret == "" {
		return ltm.Path{}, false
	}
	path := b.options.path(join(place(b.owner.Cluster, c.Namespace, c.Secret)...))
	_, exists := b.certificates[path]
	if exists && !b.isOurCertificate(path) {
		path.Name = shorten(path.Name + "_" + digest(path.String()))
		_, exists = b.certificates[path]
	}
	if c.CertificateChecksum == "" {
		return path, exists
	}
	b.certificates[path] = ltm.Certificate{Path: path, CertificateChecksum: c.CertificateChecksum, KeyChecksum: c.KeyChecksum}
	return path, true
}

// isOurCertificate tells that the device has it for routes: profiles with marks use it.
func (b *builder) isOurCertificate(path ltm.Path) bool {
	return !slices.ContainsFunc(b.live.Certificates, func(c ltm.Certificate) bool { return c.Path == path }) ||
		slices.ContainsFunc(b.live.ClientSSL, func(c ltm.ClientSSL) bool { return c.Certificate == path && b.isOurClientSSL(c.Path) })
}
