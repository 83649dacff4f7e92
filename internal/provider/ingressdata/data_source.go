package ingressdata

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// NewDataSource returns the data source bigipkube_ingress.
func NewDataSource() datasource.DataSource { return &dataSource{} }

type dataSource struct{ providerdata.DataSource }

// model is the data source in a configuration or a state.
type model struct {
	Ingress   *objectModel      `tfsdk:"ingress"`
	HTTPRoute *objectModel      `tfsdk:"http_route"`
	TLSRoute  *objectModel      `tfsdk:"tls_route"`
	Gateway   *objectModel      `tfsdk:"gateway"`
	Class     types.String      `tfsdk:"ingress_class"`
	Probes    types.Bool        `tfsdk:"monitors_from_probes"`
	Routes    map[string]string `tfsdk:"routes"`
	TLS       map[string]string `tfsdk:"tls"`
	Ports     []int64           `tfsdk:"ports"`
	Monitors  map[string]string `tfsdk:"monitors"`
	Problems  []string          `tfsdk:"problems"`
}

// objectModel names an object of Kubernetes.
type objectModel struct {
	Cluster   types.String `tfsdk:"cluster"`
	Namespace types.String `tfsdk:"namespace"`
	Name      types.String `tfsdk:"name"`
}

// Metadata names the type.
func (d *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_ingress"
}

// Schema returns the attributes.
func (d *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads an Ingress, an HTTPRoute, a TLSRoute or a Gateway from Kubernetes, as the routes that the resource `bigipkube_ingress` would serve, and says what it could not serve. " +
			"It needs the same rights in Kubernetes as the resource.",
		Attributes: map[string]schema.Attribute{
			"ingress": object("The Ingress. Of `ingress`, `http_route`, `tls_route` and `gateway` exactly one is written.",
				objectvalidator.ExactlyOneOf(path.MatchRoot("http_route"), path.MatchRoot("tls_route"), path.MatchRoot("gateway"))),
			"http_route": object("The HTTPRoute."),
			"tls_route":  object("The TLSRoute."),
			"gateway":    object("The Gateway, with all HTTPRoutes and TLSRoutes that are attached to it."),
			"ingress_class": schema.StringAttribute{
				Optional: true, MarkdownDescription: "The class that the Ingress must have. Default: any class.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"monitors_from_probes": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether the `readinessProbe` of each Service's pods is read, as the attribute of that name of the resource does: see `monitors`. Default: `false`.",
			},
			"routes": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "What each request would get, by host and path, in the words of `routes` of the resource: `{ \"shop.example.com/api\" = \"shop/api:http\" }`.",
			},
			"tls": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "The Secrets with the certificates, as `namespace/name`, by host; `*` is for clients that name no host, or one without a certificate.",
			},
			"ports": schema.ListAttribute{ElementType: types.Int64Type, Computed: true, MarkdownDescription: "The ports to be served, in ascending order."},
			"monitors": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "With `monitors_from_probes`, the monitor that a pool of each Service's port would get: `{ \"shop/api:http\" = \"http GET /healthz, every 10 s, down after 31 s\" }`.",
			},
			"problems": schema.ListAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "What could not be served as it asks: one sentence each, with the rule and what would become of it.",
			},
		},
	}
}

func object(description string, validators ...validator.Object) schema.SingleNestedAttribute {
	name := func(what string) schema.StringAttribute {
		return schema.StringAttribute{Required: true, MarkdownDescription: "The " + what + " of the object.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
	}
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: description, Validators: validators,
		Attributes: map[string]schema.Attribute{
			"cluster": schema.StringAttribute{
				Optional: true, MarkdownDescription: "The name of a cluster in the provider's `clusters`. Default: the cluster of its `kubernetes` setting.",
			},
			"namespace": name("namespace"),
			"name":      name("name"),
		},
	}
}

// owner is what is asked for, and its attribute.
func (m model) owner() (binding.Object, path.Path) {
	for _, of := range []struct {
		kind, attribute string
		object          *objectModel
	}{
		{ingress.KindIngress, "ingress", m.Ingress},
		{ingress.KindHTTPRoute, "http_route", m.HTTPRoute},
		{ingress.KindTLSRoute, "tls_route", m.TLSRoute},
		{ingress.KindGateway, "gateway", m.Gateway},
	} {
		if o := of.object; o != nil {
			return binding.Object{Kind: of.kind, Cluster: o.Cluster.ValueString(), Namespace: o.Namespace.ValueString(), Name: o.Name.ValueString()}, path.Root(of.attribute)
		}
	}
	return binding.Object{}, path.Empty() // the validators have refused it
}

// nowhere is where the routes are built, to be put into words: on no device.
var nowhere = ltm.Address{IP: netip.AddrFrom4([4]byte{192, 0, 2, 1})}

// Read asks the cluster once.
func (d *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !d.Ready(&resp.Diagnostics) {
		return
	}
	owner, at := m.owner()
	if d.Data.Routes == nil {
		resp.Diagnostics.Append(diagnostics.NoKubernetes(at))
		return
	}
	objects, _, err := d.Data.Routes.Routes(ctx, owner, ingress.Beside{Probes: m.Probes.ValueBool()})
	if err != nil {
		resp.Diagnostics.Append(diagnostics.NoRoutesSource(at, err))
		return
	}
	options := ingress.Options{Partition: d.Data.Partition, Address: nowhere, IngressClass: m.Class.ValueString()}
	options.Pool.Probes = m.Probes.ValueBool()
	set, problems := ingress.Translate(objects, options)
	built, err := ingress.Build(set, options, ltm.Site{})
	if err != nil { // nothing is in the way where there is nothing
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	m.fill(set, ingress.ViewOf(built.Site, owner, options.Address), append(problems, built.Problems...))
	if len(set.Servers) == 0 {
		resp.Diagnostics.Append(diagnostics.NothingToServe(at, owner.String(), m.Problems))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

func (m *model) fill(set ingress.RouteSet, view ingress.View, problems []ingress.Problem) {
	m.Routes, m.TLS, m.Ports, m.Problems = view.Routes, map[string]string{}, []int64{}, []string{}
	m.Monitors = map[string]string{}
	for _, probed := range set.Probes {
		if text := probed.String(); text != "" {
			m.Monitors[probed.Ref.String()] = text
		}
	}
	for _, server := range set.Servers {
		m.Ports = append(m.Ports, int64(server.Port))
		for _, c := range server.Certificates {
			host := c.Host
			if host == "" {
				host = "*"
			}
			if _, first := m.TLS[host]; !first {
				m.TLS[host] = fmt.Sprintf("%s/%s", c.Namespace, c.Secret)
			}
		}
	}
	for _, p := range problems {
		m.Problems = append(m.Problems, p.String())
	}
}
