package virtualserverdata

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
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
	if state.PoolStatus, err = d.poolStatus(ctx, vs.Pool); err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// poolStatus reads a pool in short; nil if there is none, or not any more.
func (d *virtualServer) poolStatus(ctx context.Context, at ltm.Path) (*poolModel, error) {
	if at.IsZero() {
		return nil, nil //nolint:nilnil // there is none
	}
	pool, err := d.Data.Device.Pool(ctx, at)
	if errors.Is(err, engine.ErrNotFound) {
		return nil, nil //nolint:nilnil // it was deleted between two reads
	}
	if err != nil {
		return nil, err
	}
	status, err := d.Data.Device.PoolStatus(ctx, at)
	if err != nil {
		return nil, err
	}
	members, err := d.Data.Device.MemberStatus(ctx, at)
	if err != nil {
		return nil, err
	}
	return newPoolModel(pool, status, members), nil
}
