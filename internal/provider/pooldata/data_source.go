package pooldata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

// NewDataSource returns the data source bigipkube_pool.
func NewDataSource() datasource.DataSource { return &dataSource{} }

// dataSource has no data until the provider is configured, and while its
// configuration is unknown.
type dataSource struct {
	data *providerdata.Data
}

// Metadata names the type.
func (d *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_pool"
}

// Schema returns the attributes.
func (d *dataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = dataSourceSchema()
}

// Configure takes the device from the provider.
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

// Read asks the device twice: for the pool, and for what it says of the members.
func (d *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if d.data == nil {
		resp.Diagnostics.Append(diagnostics.NoDevice())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	partition := d.data.Partition
	if !config.Partition.IsNull() {
		partition = config.Partition.ValueString()
	}
	at, err := ltm.ParsePathIn(partition, config.Name.ValueString())
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Invalid(path.Root("name"), "Invalid name", err.Error()))
		return
	}
	pool, err := d.data.Device.Pool(ctx, at)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	status, err := d.data.Device.MemberStatus(ctx, at)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, observed(pool, status))...)
}
