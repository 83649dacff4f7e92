package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// pathObject is an ltm.Path as HCL sees it; folder is null where there is none.
type pathObject struct {
	Partition types.String `tfsdk:"partition"`
	Folder    types.String `tfsdk:"folder"`
	Name      types.String `tfsdk:"name"`
}

// NewParsePath returns the function parse_path.
func NewParsePath() function.Function { return parsePath{} }

type parsePath struct{}

func (parsePath) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_path"
}

func (parsePath) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Takes a full path apart.",
		MarkdownDescription: "Takes the full path of an object on a BIG-IP apart: partition, folder and name. " +
			"The folder is null where the path has none, and `outer/inner` where folders are nested.",
		Parameters: []function.Parameter{function.StringParameter{
			Name:                "path",
			MarkdownDescription: "A full path, for example `/Common/http` or `/shop/checkout/web`.",
		}},
		Return: function.ObjectReturn{AttributeTypes: map[string]attr.Type{
			"partition": types.StringType,
			"folder":    types.StringType,
			"name":      types.StringType,
		}},
	}
}

func (parsePath) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	if resp.Error = req.Arguments.Get(ctx, &text); resp.Error != nil {
		return
	}
	path, err := ltm.ParsePath(text)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, pathObject{
		Partition: types.StringValue(path.Partition),
		Folder:    stringOrNull(path.Folder),
		Name:      types.StringValue(path.Name),
	})
}
