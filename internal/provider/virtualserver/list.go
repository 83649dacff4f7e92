package virtualserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/listing"
)

// virtualServerList lists bigipkube_virtual_server. Its name and its data are the
// resource's.
type virtualServerList struct{ virtualServer }

var _ list.ListResourceWithConfigure = (*virtualServerList)(nil)

// NewListResource returns the list resource.
func NewListResource() list.ListResource { return &virtualServerList{} }

// ListResourceConfigSchema returns the attributes of a list block.
func (l *virtualServerList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listing.Schema("virtual servers")
}

// List reads the virtual servers of a partition. A resource is what an import
// would read.
func (l *virtualServerList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	listing.Type[ltm.VirtualServer]{
		Data: l.Data,
		Read: func(ctx context.Context, partition string) ([]ltm.VirtualServer, error) {
			return l.Data.Device.VirtualServersIn(ctx, partition)
		},
		Path: func(vs ltm.VirtualServer) ltm.Path { return vs.Path },
		Fill: func(ctx context.Context, vs ltm.VirtualServer, resource *tfsdk.Resource) diag.Diagnostics {
			var m model
			diags := resource.Get(ctx, &m)
			if diags.HasError() {
				return diags
			}
			m.observe(vs)
			diags.Append(resource.Set(ctx, &m)...)
			return diags
		},
	}.Stream(ctx, req, stream)
}
