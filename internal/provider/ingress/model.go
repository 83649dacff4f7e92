package ingress

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// model is the resource in a configuration, a plan or a state.
type model struct {
	ID        types.String `tfsdk:"id"`
	Partition types.String `tfsdk:"partition"`
	Folder    types.String `tfsdk:"folder"`
	Ingress   types.Object `tfsdk:"ingress"`
	HTTPRoute types.Object `tfsdk:"http_route"`
	TLSRoute  types.Object `tfsdk:"tls_route"`
	Gateway   types.Object `tfsdk:"gateway"`
	Address   types.String `tfsdk:"address"`
	Name      types.String `tfsdk:"name"`
	Routing
	Pooling
	Serving
	VirtualServers types.Map      `tfsdk:"virtual_servers"`
	Routes         types.Map      `tfsdk:"routes"`
	TLS            types.Map      `tfsdk:"tls"`
	Pools          types.Map      `tfsdk:"pools"`
	Problems       types.List     `tfsdk:"problems"`
	Differences    types.List     `tfsdk:"differences"`
	Wanted         types.Object   `tfsdk:"wanted"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

// Routing is the part of the model that routeAttributes describe. It and the two below
// are exported because a model is compared, and an embedded field is seen only then.
type Routing struct {
	HTTPPort       types.Int64  `tfsdk:"http_port"`
	HTTPSPort      types.Int64  `tfsdk:"https_port"`
	HTTPSRedirect  types.Bool   `tfsdk:"https_redirect"`
	IngressClass   types.String `tfsdk:"ingress_class"`
	Certificates   types.Map    `tfsdk:"certificates"`
	Fallback       types.Object `tfsdk:"fallback"`
	ClientIP       types.String `tfsdk:"client_ip"`
	WAFPolicy      types.String `tfsdk:"waf_policy"`
	AllowedSources types.Set    `tfsdk:"allowed_sources"`
	Strict         types.Bool   `tfsdk:"strict"`
	Revision       types.String `tfsdk:"revision"` // not on the device
}

// Pooling is the part that poolAttributes describe.
type Pooling struct {
	Monitors          types.Set    `tfsdk:"monitors"`
	Probes            types.Bool   `tfsdk:"monitors_from_probes"`
	LoadBalancingMode types.String `tfsdk:"load_balancing_mode"`
	NodePort          types.Bool   `tfsdk:"node_port"`
	Family            types.String `tfsdk:"family"`
	RouteDomain       types.Int64  `tfsdk:"route_domain"`
	Drain             types.String `tfsdk:"drain"`
	MinMembers        types.Int64  `tfsdk:"min_members"`
}

// Serving is the part that serverAttributes describe.
type Serving struct {
	TCPProfile             types.String `tfsdk:"tcp_profile"`
	HTTPProfile            types.String `tfsdk:"http_profile"`
	ServerSSLProfile       types.String `tfsdk:"server_ssl_profile"`
	ClientSSLParent        types.String `tfsdk:"client_ssl_parent"`
	Profiles               types.Map    `tfsdk:"profiles"`
	IRules                 types.List   `tfsdk:"irules"`
	Persistence            types.String `tfsdk:"persistence"`
	FallbackPersistence    types.String `tfsdk:"fallback_persistence"`
	SNATPool               types.String `tfsdk:"snat_pool"`
	FirewallEnforcedPolicy types.String `tfsdk:"firewall_enforced_policy"`
	FirewallStagedPolicy   types.String `tfsdk:"firewall_staged_policy"`
	SecurityLogProfiles    types.Set    `tfsdk:"security_log_profiles"`
	Source                 types.String `tfsdk:"source"`
	VLANs                  types.Object `tfsdk:"vlans"`
}

// owner is what is served; known is false while a part of it is not known.
func (m model) owner() (owner binding.Object, known bool) {
	for _, k := range kinds {
		value := k.of(&m)
		if value.IsNull() {
			continue
		}
		if value.IsUnknown() {
			return binding.Object{}, false
		}
		owner.Kind = k.name
		for name, field := range map[string]*string{"cluster": &owner.Cluster, "namespace": &owner.Namespace, "name": &owner.Name} {
			text, _ := value.Attributes()[name].(types.String)
			if text.IsUnknown() {
				return binding.Object{}, false
			}
			*field = text.ValueString()
		}
	}
	return owner, owner.Kind != ""
}

// place is the container of all objects: "/shop", "/shop/app".
func (m model) place() string {
	place := "/" + m.Partition.ValueString()
	if folder := m.Folder.ValueString(); folder != "" {
		place += "/" + folder
	}
	return place
}

// identified is m with its id, if that can be known.
func (m *model) identify() {
	owner, known := m.owner()
	m.ID = types.StringUnknown()
	if known && !m.Partition.IsUnknown() && !m.Folder.IsUnknown() && !m.Address.IsUnknown() {
		m.ID = types.StringValue(formatID(owner, m.place(), m.Address.ValueString()))
	}
}

// formatID returns "ingress/shop/web@/shop/203.0.113.10".
func formatID(owner binding.Object, place, address string) string {
	cluster := ""
	if owner.Cluster != "" {
		cluster = owner.Cluster + "/"
	}
	return owner.Kind + "/" + cluster + owner.Namespace + "/" + owner.Name + "@" + place + "/" + address
}

var errID = errors.New("it is not kind/namespace/name@/partition/address, such as ingress/shop/web@/shop/203.0.113.10; " +
	"a kind is " + kindNames() + ", a cluster stands before the namespace, and a folder behind the partition")

// parseID is the inverse of formatID: a model with nothing else in it.
func parseID(id string) (model, error) {
	object, place, found := strings.Cut(id, "@/")
	parts := strings.Split(object, "/")
	m := emptyModel()
	of, known := kindOf(parts[0])
	if !found || !known || len(parts) < 3 || len(parts) > 4 {
		return model{}, fmt.Errorf("%q: %w", id, errID)
	}
	owner := binding.Object{Kind: parts[0], Namespace: parts[len(parts)-2], Name: parts[len(parts)-1]}
	if len(parts) == 4 {
		owner.Cluster = parts[1]
	}
	*of.of(&m) = objectValue(owner)
	// A name of the same form is one that the device would take.
	at, err := ltm.ParsePath("/" + place)
	if err != nil || owner.Namespace == "" || owner.Name == "" {
		return model{}, fmt.Errorf("%q: %w", id, errID)
	}
	address, err := ltm.ParseAddress(at.Name)
	if err != nil {
		return model{}, fmt.Errorf("%q: %w", id, errID)
	}
	m.Partition, m.Folder, m.Address = types.StringValue(at.Partition), textOrNull(at.Folder), types.StringValue(address.String())
	m.ID = types.StringValue(id)
	return m, nil
}

// key is whom a known model serves, and where. The error is the address's.
func (m model) key() (routes.Key, error) {
	owner, _ := m.owner()
	address, err := ltm.ParseAddress(m.Address.ValueString())
	return routes.Key{Owner: owner, Partition: m.Partition.ValueString(), Folder: m.Folder.ValueString(), Address: address}, err
}

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
