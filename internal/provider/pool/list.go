package pool

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/listing"
)

// poolList lists bigipkube_pool. Its name and its data are the resource's.
type poolList struct{ poolResource }

var _ list.ListResourceWithConfigure = (*poolList)(nil)

// NewListResource returns the list resource.
func NewListResource() list.ListResource { return &poolList{} }

// ListResourceConfigSchema returns the attributes of a list block.
func (l *poolList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listing.Schema("pools")
}

// List reads the pools of a partition. A resource is what an import would read,
// but for the endpoints of backends: those are the cluster's.
func (l *poolList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	listing.Type[ltm.Pool]{
		Data: l.Data,
		Read: func(ctx context.Context, partition string) ([]ltm.Pool, error) {
			return l.Data.Device.PoolsIn(ctx, partition)
		},
		Path: func(pool ltm.Pool) ltm.Path { return pool.Path },
		Fill: func(ctx context.Context, pool ltm.Pool, resource *tfsdk.Resource) diag.Diagnostics {
			var m model
			diags := resource.Get(ctx, &m)
			if diags.HasError() {
				return diags
			}
			m, d := m.observed(ctx, pool)
			diags.Append(d...)
			diags.Append(resource.Set(ctx, m)...)
			return diags
		},
	}.Stream(ctx, req, stream)
}
