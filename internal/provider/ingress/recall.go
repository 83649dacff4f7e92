package ingress

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

// served is whom a partition serves, with the virtual servers and policies that say so.
type served struct {
	bindings   map[routes.Key]routes.Binding
	unreadable map[ltm.Path]error
	site       ltm.Site
}

// served reads it.
func (r *ingressResource) served(ctx context.Context, partition string) (served, error) {
	servers, err := r.Data.Reads.VirtualServersIn(ctx, partition)
	if err != nil {
		return served{}, err
	}
	servers = slices.DeleteFunc(slices.Clone(servers), func(v ltm.VirtualServer) bool { return !binding.IsSite(v.Description) })
	var paths ltm.SitePaths
	for _, v := range servers {
		paths.Policies = append(paths.Policies, v.Policies...)
	}
	site, err := r.Data.Reads.Site(ctx, paths)
	if err != nil {
		return served{}, err
	}
	site.VirtualServers = servers
	s := served{site: site}
	s.bindings, s.unreadable = routes.Bindings(site)
	return s, nil
}

// recallImported is recall of what was just imported.
func (r *ingressResource) recallImported(ctx context.Context, m *model) (bound bool, diags diag.Diagnostics) {
	s, err := r.served(ctx, m.Partition.ValueString())
	if err != nil {
		return false, diagnostics.FromError(err)
	}
	return r.recall(ctx, m, s)
}

// recall gives a model that says no more than whom it serves, and where, the options that
// the device has of that. It is not bound where the device does not serve it.
func (r *ingressResource) recall(ctx context.Context, m *model, s served) (bound bool, diags diag.Diagnostics) {
	key, err := m.key()
	if err != nil {
		return false, nil // parseID has seen it
	}
	mark, bound := s.bindings[key]
	if !bound {
		for _, v := range s.site.VirtualServers {
			if err := s.unreadable[v.Path]; err != nil && v.Destination.Address == key.Address {
				diags.Append(diagnostics.UnreadableBinding(m.ID.ValueString(), v.Path.String(), err))
			}
		}
		return false, diags
	}
	at := slices.IndexFunc(s.site.VirtualServers, func(v ltm.VirtualServer) bool { return v.Path == mark.Server })
	server := s.site.VirtualServers[at]
	var paths ltm.SitePaths
	for _, p := range server.Profiles {
		if p.Path.Partition != ltm.Common { // none of ours is
			paths.ClientSSL, paths.HTTPProfiles = append(paths.ClientSSL, p.Path), append(paths.HTTPProfiles, p.Path)
		}
	}
	profiles, err := r.Data.Reads.Site(ctx, paths)
	if err != nil {
		return true, diagnostics.FromError(err)
	}
	types, err := r.profileTypes(ctx, server, profiles)
	if err != nil {
		return true, diagnostics.FromError(err)
	}
	m.take(routes.Recalled(mark.Options, server, profiles, types))
	return true, nil
}

// profileTypes asks of what type the profiles of a virtual server are, where nothing else
// tells: usually of none.
func (r *ingressResource) profileTypes(ctx context.Context, server ltm.VirtualServer, known ltm.Site) (map[ltm.Path]ltm.ProfileType, error) {
	types := map[ltm.Path]ltm.ProfileType{
		ltm.NewPath(ltm.Common, "tcp"): ltm.ProfileTCP, ltm.NewPath(ltm.Common, "http"): ltm.ProfileHTTP,
	}
	for _, p := range known.HTTPProfiles {
		types[p.Path] = ltm.ProfileHTTP
	}
	for _, ask := range []struct {
		of   ltm.ProfileType
		side ltm.ProfileContext
	}{{ltm.ProfileTCP, ltm.ContextAll}, {ltm.ProfileHTTP, ltm.ContextAll}, {ltm.ProfileServerSSL, ltm.ContextServerSide}} {
		var paths []ltm.Path
		for _, p := range server.Profiles {
			if types[p.Path] == "" && p.Context == ask.side {
				paths = append(paths, p.Path)
			}
		}
		found, err := r.Data.Profiles.ProfilesOf(ctx, ask.of, paths)
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			types[path] = ask.of
		}
	}
	return types, nil
}

// take is the inverse of options: what is a default is null, where the schema has none.
func (m *model) take(o routes.Options) {
	m.Name = textOrNull(o.Name)
	m.Routing = Routing{
		HTTPPort: types.Int64Value(int64(cmp.Or(o.HTTPPort, 80))), HTTPSPort: types.Int64Value(int64(cmp.Or(o.HTTPSPort, 443))),
		HTTPSRedirect: types.BoolValue(!o.NoHTTPSRedirect), IngressClass: textOrNull(o.IngressClass),
		Certificates: secretsValue(o.Certificates), Fallback: fallbackValue(o.Fallback),
		ClientIP: types.StringValue(string(o.ClientIP)), WAFPolicy: serverattr.PathOrNull(o.WAFPolicy), AllowedSources: types.SetNull(types.StringType), Strict: types.BoolValue(o.Strict),
	}
	if len(o.AllowedSources) > 0 {
		networks := make([]attr.Value, len(o.AllowedSources))
		for i, network := range o.AllowedSources {
			networks[i] = types.StringValue(network.String())
		}
		m.AllowedSources = types.SetValueMust(types.StringType, networks)
	}
	p := o.Pool
	m.Pooling = Pooling{
		Monitors: types.SetNull(types.StringType), LoadBalancingMode: textOrNull(p.LoadBalancingMode),
		Probes: types.BoolValue(p.Probes), NodePort: types.BoolValue(p.NodePort), Family: textOrNull(string(p.Family)),
		RouteDomain: numberOrNull(int64(p.RouteDomain)), Drain: types.StringNull(), MinMembers: numberOrNull(int64(p.MinMembers)),
	}
	if len(p.Monitors.Monitors) > 0 {
		m.Monitors = types.SetValueMust(types.StringType, serverattr.PathValues(p.Monitors.Monitors))
	}
	if p.Drain > 0 {
		m.Drain = types.StringValue(diagnostics.Duration(p.Drain))
	}
	m.Serving = servingValue(o.Server)
}

func servingValue(o routes.ServerOptions) Serving {
	s := Serving{
		TCPProfile: serverattr.PathOrNull(o.TCPProfile), HTTPProfile: serverattr.PathOrNull(o.HTTPProfile),
		ServerSSLProfile: serverattr.PathOrNull(o.ServerSSL), ClientSSLParent: serverattr.PathOrNull(o.ClientSSL),
		Profiles: types.MapNull(types.StringType), IRules: types.ListNull(types.StringType),
		Persistence: serverattr.PathOrNull(o.Persistence), FallbackPersistence: serverattr.PathOrNull(o.FallbackPersistence),
		SNATPool:               serverattr.PathOrNull(o.SNATPool),
		FirewallEnforcedPolicy: serverattr.PathOrNull(o.FirewallEnforcedPolicy), FirewallStagedPolicy: serverattr.PathOrNull(o.FirewallStagedPolicy),
		Source: textOrNull(o.Source), VLANs: serverattr.VLANsValue(o.VLANs),
	}
	if len(o.Profiles) > 0 {
		s.Profiles = serverattr.ProfilesValue(o.Profiles)
	}
	if len(o.IRules) > 0 {
		s.IRules = types.ListValueMust(types.StringType, serverattr.PathValues(o.IRules))
	}
	logs := make([]attr.Value, 0, len(o.SecurityLogProfiles))
	for _, text := range o.SecurityLogProfiles {
		logs = append(logs, types.StringValue(text))
	}
	s.SecurityLogProfiles = types.SetValueMust(types.StringType, logs)
	return s
}

// secretsValue is the inverse of Routing.secrets.
func secretsValue(list []routes.SecretRef) types.Map {
	if len(list) == 0 {
		return types.MapNull(secretType)
	}
	elements := make(map[string]attr.Value, len(list))
	for _, ref := range list {
		elements[cmp.Or(ref.Host, everyHost)] = types.ObjectValueMust(secretType.AttrTypes, map[string]attr.Value{
			"namespace": types.StringValue(ref.Namespace), "name": types.StringValue(ref.Name),
		})
	}
	return types.MapValueMust(secretType, elements)
}

// fallbackValue is the inverse of Routing.fallback.
func fallbackValue(f routes.Fallback) types.Object {
	if f == (routes.Fallback{}) {
		return types.ObjectNull(fallbackType.AttrTypes)
	}
	reset := types.BoolNull()
	if f.Reset {
		reset = types.BoolValue(true)
	}
	return types.ObjectValueMust(fallbackType.AttrTypes, map[string]attr.Value{
		"reset": reset, "redirect": textOrNull(f.Location), "pool": serverattr.PathOrNull(f.Pool),
	})
}

func numberOrNull(n int64) types.Int64 {
	if n == 0 {
		return types.Int64Null()
	}
	return types.Int64Value(n)
}
