package endpointsdata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// NewDataSource returns the data source bigipkube_endpoints.
func NewDataSource() datasource.DataSource { return &dataSource{} }

// dataSource has no data until the provider is configured, and while its
// configuration is unknown.
type dataSource struct {
	data *providerdata.Data
}

// Metadata names the type.
func (d *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_endpoints"
}

// Schema returns the attributes.
func (d *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = dataSourceSchema()
}

// Configure takes the cluster from the provider.
func (d *dataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	data, ok := req.ProviderData.(*providerdata.Data)
	if !ok {
		resp.Diagnostics.Append(diagnostics.UnexpectedData(req.ProviderData))
		return
	}
	d.data = data
}

// Read asks the cluster once.
func (d *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	switch {
	case resp.Diagnostics.HasError():
	case d.data == nil:
		resp.Diagnostics.Append(diagnostics.NoDevice())
	case d.data.Source == nil:
		resp.Diagnostics.Append(diagnostics.NoKubernetes(path.Root("service")))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	snapshot, err := d.data.Source.Snapshot(ctx, config.ref())
	var result endpoints.Result
	if err == nil {
		result, err = endpoints.Resolve(config.ref(), snapshot)
	}
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromSource(path.Empty(), err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config.resolved(result))...)
}
