package ingress

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

// everyHost is the key of a certificate for hosts without one of their own.
const everyHost = "*"

// options are what a wholly known model asks for. After an import most of it is null:
// the defaults.
func (m model) options(ctx context.Context) (routes.Options, diag.Diagnostics) {
	var diags diag.Diagnostics
	p := serverattr.Parser{Diags: &diags}
	address, err := ltm.ParseAddress(m.Address.ValueString())
	if err != nil { // the schema's validator has seen it
		p.Invalid(path.Root("address"), err)
	}
	return routes.Options{
		Partition: m.Partition.ValueString(), Folder: m.Folder.ValueString(), Address: address, Name: m.Name.ValueString(),
		HTTPPort: uint16(m.HTTPPort.ValueInt64()), HTTPSPort: uint16(m.HTTPSPort.ValueInt64()),
		IngressClass:    m.IngressClass.ValueString(),
		NoHTTPSRedirect: !m.HTTPSRedirect.IsNull() && !m.HTTPSRedirect.ValueBool(),
		Certificates:    m.secrets(),
		Fallback:        m.fallback(p),
		ClientIP:        routes.ClientIP(m.ClientIP.ValueString()),
		WAFPolicy:       p.Path(path.Root("waf_policy"), m.WAFPolicy),
		Pool:            m.poolOptions(p),
		Server:          m.serverOptions(ctx, p),
		AllowedSources:  m.allowedSources(p),
		Strict:          m.Strict.ValueBool(),
	}, diags
}

// allowedSources are the networks of the clients that are served, sorted.
func (r Routing) allowedSources(p serverattr.Parser) []netip.Prefix {
	var texts []string
	for _, element := range r.AllowedSources.Elements() {
		if text, ok := element.(types.String); ok {
			texts = append(texts, text.ValueString())
		}
	}
	if len(texts) == 0 {
		return nil
	}
	networks, ok := routes.ParseNetworks(strings.Join(texts, ","))
	if !ok { // the schema's validator has seen it
		p.Invalid(path.Root("allowed_sources"), errNoNetworks)
	}
	return networks
}

var errNoNetworks = errors.New("these are not networks")

// secrets are the certificates of the configuration, by host.
func (r Routing) secrets() []routes.SecretRef {
	var list []routes.SecretRef
	elements := r.Certificates.Elements()
	for _, host := range slices.Sorted(maps.Keys(elements)) {
		object, _ := elements[host].(types.Object)
		ref := routes.SecretRef{Namespace: attribute(object, "namespace"), Name: attribute(object, "name")}
		if host != everyHost {
			ref.Host = host
		}
		list = append(list, ref)
	}
	return list
}

func (r Routing) fallback(p serverattr.Parser) routes.Fallback {
	reset, _ := r.Fallback.Attributes()["reset"].(types.Bool)
	return routes.Fallback{
		Reset: reset.ValueBool(), Location: attribute(r.Fallback, "redirect"),
		Pool: p.Path(path.Root("fallback"), types.StringValue(attribute(r.Fallback, "pool"))),
	}
}

func (m Pooling) poolOptions(p serverattr.Parser) routes.PoolOptions {
	options := routes.PoolOptions{
		LoadBalancingMode: m.LoadBalancingMode.ValueString(),
		Monitors:          ltm.MonitorRule{Monitors: p.Paths(path.Root("monitors"), m.Monitors.Elements())},
		Probes:            m.Probes.ValueBool(),
		NodePort:          m.NodePort.ValueBool(), Family: endpoints.Family(m.Family.ValueString()),
		RouteDomain: uint16(m.RouteDomain.ValueInt64()), MinMembers: int(m.MinMembers.ValueInt64()),
	}
	if text := m.Drain.ValueString(); text != "" {
		drain, err := customtypes.ParseDuration(text)
		if err != nil {
			p.Invalid(path.Root("drain"), err)
		}
		options.Drain = drain
	}
	slices.SortFunc(options.Monitors.Monitors, ltm.Path.Compare)
	return options
}

func (m Serving) serverOptions(ctx context.Context, p serverattr.Parser) routes.ServerOptions {
	at := func(name string, value types.String) ltm.Path { return p.Path(path.Root(name), value) }
	options := routes.ServerOptions{
		TCPProfile: at("tcp_profile", m.TCPProfile), HTTPProfile: at("http_profile", m.HTTPProfile),
		ServerSSL: at("server_ssl_profile", m.ServerSSLProfile), ClientSSL: at("client_ssl_parent", m.ClientSSLParent),
		Profiles:               p.Profiles(ctx, m.Profiles),
		IRules:                 p.Paths(path.Root("irules"), m.IRules.Elements()),
		Persistence:            at("persistence", m.Persistence),
		FallbackPersistence:    at("fallback_persistence", m.FallbackPersistence),
		SNATPool:               at("snat_pool", m.SNATPool),
		VLANs:                  p.VLANs(m.VLANs),
		Source:                 p.Source(m.Source),
		FirewallEnforcedPolicy: at("firewall_enforced_policy", m.FirewallEnforcedPolicy),
		FirewallStagedPolicy:   at("firewall_staged_policy", m.FirewallStagedPolicy),
	}
	for _, element := range m.SecurityLogProfiles.Elements() {
		if text, ok := element.(types.String); ok {
			options.SecurityLogProfiles = append(options.SecurityLogProfiles, text.ValueString())
		}
	}
	slices.Sort(options.SecurityLogProfiles)
	return options
}

// attribute is the text of an attribute of an object; "" where it is null.
func attribute(object types.Object, name string) string {
	text, _ := object.Attributes()[name].(types.String)
	return text.ValueString()
}

// redirected tells that two models may have different routes, certificates or pools:
// what they are is then known after the apply.
func (m model) redirected(before model) bool {
	for _, k := range kinds {
		if !k.of(&m).Equal(*k.of(&before)) {
			return true
		}
	}
	for _, pair := range [][2]attr.Value{
		{m.Folder, before.Folder},
		{m.Address, before.Address},
		{m.Name, before.Name},
		{m.Partition, before.Partition},
		{m.HTTPPort, before.HTTPPort},
		{m.HTTPSPort, before.HTTPSPort},
		{m.HTTPSRedirect, before.HTTPSRedirect},
		{m.IngressClass, before.IngressClass},
		{m.Certificates, before.Certificates},
		{m.Fallback, before.Fallback},
		{m.AllowedSources, before.AllowedSources},
		{m.NodePort, before.NodePort},
		{m.Family, before.Family},
		{m.RouteDomain, before.RouteDomain},
		{m.Drain, before.Drain},
		{m.MinMembers, before.MinMembers}, // are in the pools' marks
		{m.Revision, before.Revision},     // this apply changes the cluster, after the refresh
	} {
		if !pair[0].Equal(pair[1]) {
			return true
		}
	}
	return false
}

// retold tells that two models may have different problems: monitors of probes, settings that nothing has a use
// for, or that the oldest owner of a virtual server decides.
func (m model) retold(before model) bool {
	a, b := m.Serving, before.Serving
	return m.Probes.ValueBool() != before.Probes.ValueBool() || !m.WAFPolicy.Equal(before.WAFPolicy) || !m.ClientIP.Equal(before.ClientIP) || slices.ContainsFunc([][2]attr.Value{
		{a.TCPProfile, b.TCPProfile},
		{a.HTTPProfile, b.HTTPProfile},
		{a.ServerSSLProfile, b.ServerSSLProfile},
		{a.ClientSSLParent, b.ClientSSLParent},
		{a.Profiles, b.Profiles},
		{a.IRules, b.IRules},
		{a.Persistence, b.Persistence},
		{a.FallbackPersistence, b.FallbackPersistence},
		{a.SNATPool, b.SNATPool},
		{a.FirewallEnforcedPolicy, b.FirewallEnforcedPolicy},
		{a.FirewallStagedPolicy, b.FirewallStagedPolicy},
		{a.SecurityLogProfiles, b.SecurityLogProfiles},
		{a.Source, b.Source},
		{a.VLANs, b.VLANs},
	}, func(pair [2]attr.Value) bool { return !pair[0].Equal(pair[1]) })
}
