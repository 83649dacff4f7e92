package ingress

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/listing"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// ingressList lists bigipkube_ingress. Its name and its data are the resource's.
type ingressList struct{ ingressResource }

var _ list.ListResourceWithConfigure = (*ingressList)(nil)

// NewListResource returns the list resource.
func NewListResource() list.ListResource { return &ingressList{} }

// ListResourceConfigSchema returns the attributes of a list block.
func (l *ingressList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listing.Schema("Ingresses, HTTPRoutes and Gateways that are served from virtual servers")
	resp.Schema.Attributes["name"] = schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "A pattern for what is served, as namespace and name: `*` is any text, `?` any character, `[ab]` one of these, as in `shop/*` or `*/web`. " +
			"Default: everything.",
	}
}

// List reads whom a partition serves. A resource is what an import would read.
func (l *ingressList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var all served
	listing.Type[routes.Key]{
		Data: l.Data,
		Read: func(ctx context.Context, partition string) ([]routes.Key, error) {
			var err error
			all, err = l.served(ctx, partition)
			return slices.SortedFunc(maps.Keys(all.bindings), func(a, b routes.Key) int { return strings.Compare(a.String(), b.String()) }), err
		},
		Path: func(key routes.Key) ltm.Path {
			return ltm.Path{Partition: key.Partition, Folder: key.Folder, Name: key.Owner.Namespace + "/" + key.Owner.Name}
		},
		Display: routes.Key.String,
		Identify: func(ctx context.Context, to *tfsdk.ResourceIdentity, key routes.Key) diag.Diagnostics {
			return l.setIdentity(ctx, to, key)
		},
		Fill: func(ctx context.Context, key routes.Key, resource *tfsdk.Resource) diag.Diagnostics {
			place := model{Partition: types.StringValue(key.Partition), Folder: types.StringValue(key.Folder)}.place()
			id := formatID(key.Owner, place, key.Address.String())
			m, err := parseID(id)
			if err != nil { // its names are none that another program than ours writes
				return diag.Diagnostics{diagnostics.InvalidBinding(id, err.Error())}
			}
			_, diags := l.recall(ctx, &m, all)
			if diags.HasError() {
				return diags
			}
			_, d := l.refresh(ctx, &m, true)
			diags.Append(d...)
			if !diags.HasError() {
				diags.Append(structs.Set(ctx, resource, m)...)
			}
			return diags
		},
	}.Stream(ctx, req, stream)
}
