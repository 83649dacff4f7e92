package nodesdata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// NewDataSource returns the data source bigipkube_nodes.
func NewDataSource() datasource.DataSource { return &dataSource{} }

type dataSource struct{ providerdata.DataSource }

// Metadata names the type.
func (d *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_nodes"
}

// Schema returns the attributes.
func (d *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = dataSourceSchema()
}

// Read asks the cluster once.
func (d *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.Ready(&resp.Diagnostics) {
		return
	}
	if d.Data.Source == nil {
		resp.Diagnostics.Append(diagnostics.NoKubernetes(path.Empty()))
		return
	}
	snapshot, err := d.Data.Source.Snapshot(ctx, config.ref())
	var result endpoints.Result
	if err == nil {
		result, err = endpoints.Resolve(config.ref(), snapshot)
	}
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromSource(path.Empty(), err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config.resolved(snapshot.Nodes, result))...)
}
