package virtualserverdata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*virtualServer)(nil)

// NewDataSource returns the data source bigipkube_virtual_server.
func NewDataSource() datasource.DataSource { return &virtualServer{} }

type virtualServer struct {
	// data is nil until the provider is configured, and while its configuration
	// is unknown.
	data *providerdata.Data
}

func (d *virtualServer) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_virtual_server"
}

func (d *virtualServer) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = dataSourceSchema()
}

func (d *virtualServer) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
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

func (d *virtualServer) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
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
	vs, err := d.data.Device.VirtualServer(ctx, at)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	status, err := d.data.Device.VirtualServerStatus(ctx, at)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	state := newModel(vs, status)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}
