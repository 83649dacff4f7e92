package listing

import (
	"context"
	"path" // names are matched as paths are

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	fwpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/identity"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

// model is the configuration of a list block.
type model struct {
	Partition types.String `tfsdk:"partition"`
	Folder    types.String `tfsdk:"folder"`
	Name      types.String `tfsdk:"name"`
}

// Schema is the configuration of a list block for a kind of objects: "pools".
func Schema(kind string) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Lists the " + kind + " of a partition, for `terraform query` (Terraform 1.14 and later): to find out what there is, and to write " +
			"`resource` and `import` blocks for it with `-generate-config-out`.",
		Attributes: map[string]schema.Attribute{
			"partition": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The partition to look in. Default: the provider's `partition`.",
				Validators:          []validator.String{customtypes.Name()},
			},
			"folder": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The folder below the partition to look in, such as `sub` or `sub/deeper`. Default: the partition with all its folders.",
			},
			"name": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "A pattern for names: `*` is any text, `?` any character, `[ab]` one of these, as in `shop-*`. " +
					"Default: all names.",
			},
		},
	}
}

// Type is how one type of object is listed.
type Type[T any] struct {
	Data *providerdata.Data
	Read func(ctx context.Context, partition string) ([]T, error)
	Path func(T) ltm.Path
	// Display and Identify are of objects that have no path of their own: how one is named, and
	// its identity. Path is then what a list block compares. Both are nil otherwise.
	Display  func(T) string
	Identify func(ctx context.Context, to *tfsdk.ResourceIdentity, object T) diag.Diagnostics
	// Fill completes a resource that has id, partition and name already, and nothing where
	// there is an Identify.
	Fill func(ctx context.Context, object T, resource *tfsdk.Resource) diag.Diagnostics
}

// Stream lists the objects that a request asks for, at most as many as it wants.
// A failure is one result with an error.
func (t Type[T]) Stream(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config model
	diags := req.Config.Get(ctx, &config)
	if t.Data == nil {
		diags.Append(diagnostics.NoDevice())
	}
	if _, err := path.Match(config.Name.ValueString(), ""); err != nil {
		diags.Append(diagnostics.Invalid(fwpath.Root("name"), "Invalid pattern", err.Error()))
	}
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	partition := config.Partition.ValueString()
	if partition == "" {
		partition = t.Data.Partition
	}
	objects, err := t.Read(ctx, partition)
	if err != nil {
		stream.Results = list.ListResultsStreamDiagnostics(diagnostics.FromError(err))
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		left := req.Limit
		for _, object := range objects {
			if !config.wants(t.Path(object)) {
				continue
			}
			if left == 0 && req.Limit > 0 {
				return
			}
			left--
			if !push(t.result(ctx, req, object)) {
				return
			}
		}
	}
}

// wants tells that a list block asks for the object at a path.
func (m model) wants(at ltm.Path) bool {
	if !m.Folder.IsNull() && at.Folder != m.Folder.ValueString() {
		return false
	}
	matches, err := path.Match(m.Name.ValueString(), at.Name) // of routes a name has one slash, as a pattern for it has
	return m.Name.IsNull() || matches && err == nil
}

func (t Type[T]) result(ctx context.Context, req list.ListRequest, object T) list.ListResult {
	result := req.NewListResult(ctx)
	at := t.Path(object)
	if t.Identify != nil {
		result.DisplayName = t.Display(object)
		result.Diagnostics.Append(t.Identify(ctx, result.Identity, object)...)
	} else {
		result.DisplayName = at.String()
		result.Diagnostics.Append(identity.Set(ctx, result.Identity, t.Data, at)...)
	}
	if !req.IncludeResource {
		result.Resource = nil
		return result
	}
	if t.Identify == nil {
		result.Diagnostics.Append(identity.Begin(ctx, result.Resource, at)...)
	}
	result.Diagnostics.Append(t.Fill(ctx, object, result.Resource)...)
	return result
}
