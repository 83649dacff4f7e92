package ingress

import (
	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Recalled are the options that make of a virtual server what it is, so that the same
// objects, built with them, change nothing: bound is what the mark of an owner on it says
// (Binding.Options), server is as the device has it, with all that site has of its
// profiles, and types says of which type those are that a name does not tell.
//
// The settings of a virtual server are those of its oldest owner, whose options they may
// be rather than this one's. What an annotation asks for shows on it, too.
func Recalled(bound Options, server ltm.VirtualServer, site ltm.Site, types map[ltm.Path]ltm.ProfileType) Options {
	o := bound
	o.Follow = false
	o.Server.Persistence, o.Server.FallbackPersistence = server.Persistence, server.FallbackPersistence
	o.Server.VLANs, o.Server.Source, o.Server.SecurityLogProfiles = server.VLANs, server.Source, server.SecurityLogProfiles
	o.Server.FirewallEnforcedPolicy, o.Server.FirewallStagedPolicy = server.FirewallEnforcedPolicy, server.FirewallStagedPolicy
	o.Server.SNATPool = server.SourceAddressTranslation.Pool
	o.ClientIP = SNAT
	if server.SourceAddressTranslation.Type == "none" {
		o.ClientIP = Preserve
	}
	if server.Persistence == sslPersistence { // it leaves TLS to the pods, and shows nothing of what is for others
		o.Server.Persistence = ltm.Path{}
		if o.ClientIP == SNAT {
			o.ClientIP = ForwardedFor
		}
	}
	b := newBuilder(RouteSet{}, o, site)
	o.Server.Profiles, o.Server.IRules = nil, nil
	if others := b.iRulesOfOthers(server); len(others) > 0 {
		o.Server.IRules = others
	}
	for _, p := range server.Profiles {
		own, made := b.httpProfiles[p.Path]
		switch {
		case p.Path == webSecurityProfile || p.Path == b.clientSSLParent() || b.isOurClientSSL(p.Path): // rules and certificates need it
		case made && binding.IsSite(own.Description):
			o.ClientIP, o.Server.HTTPProfile = ForwardedFor, unless(own.Parent, httpProfile)
		case types[p.Path] == ltm.ProfileHTTP && p.Context == ltm.ContextAll && o.Server.HTTPProfile.IsZero():
			o.Server.HTTPProfile = unless(p.Path, httpProfile)
		case types[p.Path] == ltm.ProfileTCP && p.Context == ltm.ContextAll && o.Server.TCPProfile.IsZero():
			o.Server.TCPProfile = unless(p.Path, tcpProfile)
		case types[p.Path] == ltm.ProfileServerSSL && p.Context == ltm.ContextServerSide && o.Server.ServerSSL.IsZero():
			o.Server.ServerSSL = p.Path
		default:
			o.Server.Profiles = append(o.Server.Profiles, p)
		}
	}
	return o
}

// unless is a path that is not the default.
func unless(path, standard ltm.Path) ltm.Path {
	if path == standard {
		return ltm.Path{}
	}
	return path
}
