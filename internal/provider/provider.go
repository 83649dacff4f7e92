package provider

import (
	"context"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/drainmembers"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/endpointsdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/functions"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/ingressdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/monitor"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/nodesdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pool"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pooldata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/saveconfig"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/virtualserver"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/virtualserverdata"
)

// TypeName is the provider's name and the beginning of the names of its types.
const TypeName = "bigipkube"

// bigipkube is the provider.
type bigipkube struct {
	version string
	getenv  func(string) string
	data    atomic.Pointer[providerdata.Data] // nil until it is configured
}

var (
	_ provider.Provider                  = (*bigipkube)(nil)
	_ provider.ProviderWithActions       = (*bigipkube)(nil)
	_ provider.ProviderWithFunctions     = (*bigipkube)(nil)
	_ provider.ProviderWithListResources = (*bigipkube)(nil)
)

// Metadata names the provider.
func (p *bigipkube) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = TypeName, p.version
}

// Schema returns the settings.
func (p *bigipkube) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

// Resources lists the resources.
func (p *bigipkube) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{ingress.NewResource, monitor.NewResource, pool.NewResource, virtualserver.NewResource}
}

// DataSources lists the data sources.
func (p *bigipkube) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		endpointsdata.NewDataSource, ingressdata.NewDataSource, nodesdata.NewDataSource, pooldata.NewDataSource, virtualserverdata.NewDataSource,
	}
}

// Functions lists the functions.
func (p *bigipkube) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		functions.NewFormatDestination, functions.NewParseDestination, functions.NewParsePath, functions.NewSplitRatios,
	}
}

// ListResources lists what `terraform query` can list.
func (p *bigipkube) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{ingress.NewListResource, pool.NewListResource, virtualserver.NewListResource}
}

// Actions lists the actions.
func (p *bigipkube) Actions(context.Context) []func() action.Action {
	return []func() action.Action{drainmembers.NewAction, saveconfig.NewAction}
}
