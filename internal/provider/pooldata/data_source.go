package pooldata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// NewDataSource returns the data source bigipkube_pool.
func NewDataSource() datasource.DataSource { return &dataSource{} }

type dataSource struct{ providerdata.DataSource }

// Metadata names the type.
func (d *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_pool"
}

// Schema returns the attributes.
func (d *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = dataSourceSchema()
}

// Read asks the device three times: for the pool, and for what it says of the pool
// and of the members.
func (d *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !d.Ready(&resp.Diagnostics) {
		return
	}
	at, diags := d.Data.Path(config.Partition, config.Name)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	pool, err := d.Data.Device.Pool(ctx, at)
	resp.Diagnostics.Append(diagnostics.FromError(err)...)
	if err != nil {
		return
	}
	status, err := d.Data.Device.PoolStatus(ctx, at)
	resp.Diagnostics.Append(diagnostics.FromError(err)...)
	if err != nil {
		return
	}
	members, err := d.Data.Device.MemberStatus(ctx, at)
	resp.Diagnostics.Append(diagnostics.FromError(err)...)
	if err != nil {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, observed(pool, status, members))...)
}
