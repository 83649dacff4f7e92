package virtualserverdata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*virtualServer)(nil)

// NewDataSource returns the data source bigipkube_virtual_server.
func NewDataSource() datasource.DataSource { return &virtualServer{} }

type virtualServer struct{ providerdata.DataSource }

func (d *virtualServer) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_virtual_server"
}

func (d *virtualServer) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = dataSourceSchema()
}

func (d *virtualServer) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
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
	vs, err := d.Data.Device.VirtualServer(ctx, at)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	status, err := d.Data.Device.VirtualServerStatus(ctx, at)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	state := newModel(vs, status)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}
