package ingress

import (
	"fmt"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// helloRequirement is what a policy requires that looks at TLS hellos on a virtual server
// that does not end TLS. It tells the policies of such servers from others.
const helloRequirement = "ssl-persistence"

// sslPersistence is on each virtual server that leaves TLS to the pods: without it, or a
// client-ssl profile, the device refuses a policy that looks at TLS hellos (F5's article "SNI
// Routing with DNS lookup").
var sslPersistence = ltm.NewPath(ltm.Common, "ssl")

func isPassthrough(policy ltm.Policy) bool { return slices.Contains(policy.Requires, helloRequirement) }

// passesThrough tells that a live virtual server leaves TLS to the pods.
func (b *builder) passesThrough(path ltm.Path) bool {
	return slices.ContainsFunc(b.live.Policies, func(p ltm.Policy) bool { return p.Path == path && isPassthrough(p) })
}

// leavesTLS tells that the virtual server that is built leaves TLS to the pods: as the owner
// wants, or where that one only goes, as it does.
func (b *builder) leavesTLS(path ltm.Path, server *Server) bool {
	if server != nil {
		return server.Passthrough
	}
	return b.passesThrough(path)
}

// portConflict is the problem of an owner that wants of a port what others do not. Who serves
// on it goes on: its clients would get another protocol, and its rules have no place there.
func (b *builder) portConflict(port uint16, server *Server, leader binding.RouteMark) Problem {
	does, wants := "ends TLS, or serves HTTP,", "leaves TLS to the pods"
	if !server.Passthrough {
		does, wants = "leaves TLS to the pods", "does not"
	}
	return Problem{
		Object: b.owner, Place: fmt.Sprintf("port %d", port), Effect: Conflict, With: leader.Owner,
		Reason: fmt.Sprintf("%s %s on this port of the address, and %s %s: a port does one of the two, and who serves on it keeps it", leader.Owner, does, b.owner, wants),
	}
}

// passthroughServer is the virtual server that the options ask for, as one that leaves TLS to
// the pods: TCP, and what is below it.
func passthroughServer(v ltm.VirtualServer, tcp ltm.Path) ltm.VirtualServer {
	v.Profiles = []ltm.Profile{{Path: tcp, Context: ltm.ContextAll}}
	v.IRules = nil
	v.Persistence = sslPersistence
	return v
}

// converted is a virtual server for a port that follows one of the other kind: what both
// kinds have is that one's, and the rest the default, until the next apply.
func (b *builder) converted(from ltm.VirtualServer, path ltm.Path, port uint16, passthrough bool) ltm.VirtualServer {
	v := b.wantedServer(path, port, passthrough)
	v.Source, v.VLANs, v.SourceAddressTranslation = from.Source, from.VLANs, from.SourceAddressTranslation
	v.FirewallEnforcedPolicy, v.FirewallStagedPolicy, v.SecurityLogProfiles = from.FirewallEnforcedPolicy, from.FirewallStagedPolicy, from.SecurityLogProfiles
	return v
}
