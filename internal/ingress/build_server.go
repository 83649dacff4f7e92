package ingress

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// What every BIG-IP has.
var (
	tcpProfile         = ltm.NewPath(ltm.Common, "tcp")
	httpProfile        = ltm.NewPath(ltm.Common, "http")
	clientSSLProfile   = ltm.NewPath(ltm.Common, "clientssl")
	webSecurityProfile = ltm.NewPath(ltm.Common, "websecurity") // with ASM (icontrol-rest 3.18)
)

const forwardedName = "bigipkube_xff"

// setServer sets the virtual server of a policy. Its settings are those of the oldest
// owner; what rules and certificates need is there whoever that is.
func (b *builder) setServer(path ltm.Path, port uint16, server *Server, leader binding.RouteMark, clientSSL []ltm.Path) error {
	live, exists := b.virtualServers[path]
	v, ours := live, false
	followed, follow := ltm.VirtualServer{}, false
	if b.options.Follow && server != nil {
		followed, follow = b.followedServer(path, port, server.Passthrough)
	}
	switch {
	case server == nil:
	case follow:
		v = followed
	default:
		v = b.wantedServer(path, port, server.Passthrough)
		if exists && leader.Owner != b.owner {
			b.compareSettings(live, v, leader.Source)
			v = live
		} else {
			ours = true
		}
	}
	if err := b.setForwarded(v, ours); err != nil {
		return err
	}
	v.Policies = []ltm.Path{path}
	policy := b.policies[path]
	if err := b.setRules(&v, policy); err != nil {
		return err
	}
	v.Profiles = slices.DeleteFunc(slices.Clone(v.Profiles), func(p ltm.Profile) bool {
		return p.Path == webSecurityProfile || b.isOurClientSSL(p.Path)
	})
	if has(policy.Rules, ltm.Protect) {
		v.Profiles = append(v.Profiles, ltm.Profile{Path: webSecurityProfile, Context: ltm.ContextAll})
	}
	clientSSL = b.orDefaultTLS(&v, live, server, clientSSL)
	for _, profile := range clientSSL {
		v.Profiles = append(v.Profiles, ltm.Profile{Path: profile, Context: ltm.ContextClientSide})
	}
	v = v.Canonical()
	v.Profiles = slices.Compact(v.Profiles)
	b.virtualServers[path] = v
	return nil
}

// orDefaultTLS is the client-ssl profiles to attach. Where there are none, the parent
// is one: a default certificate is better than no TLS on a port that clients use it on.
func (b *builder) orDefaultTLS(v *ltm.VirtualServer, live ltm.VirtualServer, server *Server, clientSSL []ltm.Path) []ltm.Path {
	parent := b.clientSSLParent()
	isParent := func(p ltm.Profile) bool { return p.Path == parent }
	if len(clientSSL) > 0 {
		v.Profiles = slices.DeleteFunc(v.Profiles, isParent)
		return clientSSL
	}
	if (server != nil && server.TLS && !server.Passthrough || server == nil && b.isTLS(live)) && !slices.ContainsFunc(v.Profiles, isParent) {
		return []ltm.Path{parent}
	}
	return nil
}

// isTLS tells that a virtual server for routes ends the TLS of its clients.
func (b *builder) isTLS(v ltm.VirtualServer) bool {
	return slices.ContainsFunc(v.Profiles, func(p ltm.Profile) bool { return b.isOurClientSSL(p.Path) || p.Path == b.clientSSLParent() })
}

// wantedServer is the virtual server that the options ask for.
func (b *builder) wantedServer(path ltm.Path, port uint16, passthrough bool) ltm.VirtualServer {
	o := b.options.Server
	v := ltm.NewVirtualServer(path)
	v.Description = binding.FormatSite()
	v.Destination = ltm.Destination{Partition: b.options.Partition, Folder: "", Address: b.options.Address, Port: port}
	v.IPProtocol = "tcp"
	v.Source, v.VLANs = o.Source, o.VLANs
	v.Persistence, v.FallbackPersistence = o.Persistence, o.FallbackPersistence
	v.FirewallEnforcedPolicy, v.FirewallStagedPolicy, v.SecurityLogProfiles = o.FirewallEnforcedPolicy, o.FirewallStagedPolicy, o.SecurityLogProfiles
	v.IRules = slices.Clone(o.IRules)
	v.Profiles = append(slices.Clone(o.Profiles),
		ltm.Profile{Path: cmp.Or(o.TCPProfile, tcpProfile), Context: ltm.ContextAll},
		ltm.Profile{Path: b.httpProfile(), Context: ltm.ContextAll})
	if serverSSL := cmp.Or(o.ServerSSL, b.routes.Wishes.ServerSSL); !serverSSL.IsZero() {
		v.Profiles = append(v.Profiles, ltm.Profile{Path: serverSSL, Context: ltm.ContextServerSide})
	}
	if passthrough {
		v = passthroughServer(v, cmp.Or(o.TCPProfile, tcpProfile))
	}
	switch {
	case b.options.ClientIP == Preserve:
	case !o.SNATPool.IsZero():
		v.SourceAddressTranslation = ltm.SourceAddressTranslation{Type: "snat", Pool: o.SNATPool}
	default:
		v.SourceAddressTranslation = ltm.SourceAddressTranslation{Type: "automap"}
	}
	return v.Canonical()
}

// httpProfile is the one that adds X-Forwarded-For, where it is asked for.
func (b *builder) httpProfile() ltm.Path {
	parent := cmp.Or(b.options.Server.HTTPProfile, httpProfile)
	if cmp.Or(b.options.ClientIP, ForwardedFor) != ForwardedFor {
		return parent
	}
	if parent == httpProfile {
		return b.options.path(forwardedName)
	}
	return b.options.path(shorten(forwardedName + "_" + parent.Name + "_" + digest(parent.String())))
}

// setForwarded makes the http profile of a virtual server, if it is one that is made here.
// One that is there stays as it is unless the settings are the owner's.
func (b *builder) setForwarded(v ltm.VirtualServer, ours bool) error {
	path := b.httpProfile()
	parent := cmp.Or(b.options.Server.HTTPProfile, httpProfile)
	if path == parent || !slices.ContainsFunc(v.Profiles, func(p ltm.Profile) bool { return p.Path == path }) {
		return nil
	}
	if _, known := b.httpProfiles[path]; known && !ours {
		return nil
	}
	if live, ok := b.httpProfiles[path]; ok && !binding.IsSite(live.Description) {
		return &ForeignError{Kind: "http profile", Path: path, Reason: "it was not made for routes"}
	}
	b.httpProfiles[path] = ltm.HTTPProfile{Path: path, Description: binding.FormatSite(), Parent: parent, InsertXForwardedFor: true}
	return nil
}

// compareSettings tells where the settings of the oldest owner are not those that this
// one asks for.
func (b *builder) compareSettings(live, wanted ltm.VirtualServer, leader binding.Object) {
	plain := func(v ltm.VirtualServer) ltm.VirtualServer {
		v.IRules = b.iRulesOfOthers(v)
		v.Profiles = slices.DeleteFunc(slices.Clone(v.Profiles), func(p ltm.Profile) bool {
			return p.Path == webSecurityProfile || p.Path == b.clientSSLParent() || b.isOurClientSSL(p.Path)
		})
		v.Policies = nil
		return v.Canonical()
	}
	a, w := plain(live), plain(wanted)
	var differ []string
	for _, s := range []struct {
		name string
		a, b any
	}{
		{"the client's address", a.SourceAddressTranslation, w.SourceAddressTranslation},
		{"profiles", a.Profiles, w.Profiles},
		{"iRules", a.IRules, w.IRules},
		{"persistence", [2]ltm.Path{a.Persistence, a.FallbackPersistence}, [2]ltm.Path{w.Persistence, w.FallbackPersistence}},
		{"VLANs", a.VLANs, w.VLANs},
		{"source", a.Source, w.Source},
		{"firewall", [2]ltm.Path{a.FirewallEnforcedPolicy, a.FirewallStagedPolicy}, [2]ltm.Path{w.FirewallEnforcedPolicy, w.FirewallStagedPolicy}},
		{"log profiles", a.SecurityLogProfiles, w.SecurityLogProfiles},
	} {
		if !reflect.DeepEqual(s.a, s.b) {
			differ = append(differ, s.name)
		}
	}
	if len(differ) > 0 {
		b.problems = append(b.problems, Problem{
			Object: b.owner, Place: "virtual server " + live.Path.String(), Effect: Conflict, With: leader,
			Reason: fmt.Sprintf("%s shares it, is older, and has other settings: %s", leader, strings.Join(differ, ", ")),
		})
	}
}
