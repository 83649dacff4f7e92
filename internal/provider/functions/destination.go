package functions

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// destinationObject is an ltm.Destination as HCL sees it. Partition and folder
// are null where the text names none.
type destinationObject struct {
	Partition   types.String `tfsdk:"partition"`
	Folder      types.String `tfsdk:"folder"`
	Address     types.String `tfsdk:"address"`
	RouteDomain types.Int64  `tfsdk:"route_domain"`
	Port        types.Int64  `tfsdk:"port"`
}

var destinationTypes = map[string]attr.Type{
	"partition":    types.StringType,
	"folder":       types.StringType,
	"address":      types.StringType,
	"route_domain": types.Int64Type,
	"port":         types.Int64Type,
}

// NewParseDestination returns the function parse_destination.
func NewParseDestination() function.Function { return parseDestination{} }

type parseDestination struct{}

func (parseDestination) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_destination"
}

func (parseDestination) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Takes a destination apart.",
		MarkdownDescription: "Takes the destination of a virtual server apart: partition, folder, address, route domain and port. " +
			"Partition and folder are null where the text names none, the route domain is 0 where it names none. " +
			"The address `any` becomes `0.0.0.0`, `any6` becomes `::`, and the port `any` becomes 0.",
		Parameters: []function.Parameter{function.StringParameter{
			Name: "destination",
			MarkdownDescription: "For example `203.0.113.10:443`, `/Common/10.0.0.1%2:443`, `[2001:db8::1]:443`, " +
				"or `/Common/2001:db8::1.443`, which is how a BIG-IP writes IPv6.",
		}},
		Return: function.ObjectReturn{AttributeTypes: destinationTypes},
	}
}

func (parseDestination) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	if resp.Error = req.Arguments.Get(ctx, &text); resp.Error != nil {
		return
	}
	d, err := ltm.ParseDestination("", text)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, destinationObject{
		Partition:   stringOrNull(d.Partition),
		Folder:      stringOrNull(d.Folder),
		Address:     types.StringValue(d.Address.IP.String()),
		RouteDomain: types.Int64Value(int64(d.Address.RouteDomain)),
		Port:        types.Int64Value(int64(d.Port)),
	})
}

// NewFormatDestination returns the function format_destination.
func NewFormatDestination() function.Function { return formatDestination{} }

type formatDestination struct{}

func (formatDestination) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "format_destination"
}

func (formatDestination) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Puts a destination together.",
		MarkdownDescription: "Puts a destination together from its parts, the inverse of `parse_destination`. " +
			"With a partition the text is the one a BIG-IP prints (`/shop/203.0.113.10:443`, for IPv6 `/shop/2001:db8::1.443`), " +
			"without it is an address and a port (`203.0.113.10:443`, `[2001:db8::1]:443`).",
		Parameters: []function.Parameter{function.ObjectParameter{
			Name: "destination",
			MarkdownDescription: "An object with the attributes `partition`, `folder`, `address`, `route_domain` and `port`. " +
				"All must be there; `partition`, `folder` and `route_domain` may be null.",
			AttributeTypes: destinationTypes,
		}},
		Return: function.StringReturn{},
	}
}

func (formatDestination) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var object destinationObject
	if resp.Error = req.Arguments.Get(ctx, &object); resp.Error != nil {
		return
	}
	text, err := object.format()
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, text)
}

// format returns the text of o, checked by parsing its parts.
func (o destinationObject) format() (string, error) {
	if o.Address.IsNull() || o.Port.IsNull() {
		return "", fmt.Errorf("a destination needs an address and a port")
	}
	if port := o.Port.ValueInt64(); port < 0 || port > 65535 {
		return "", fmt.Errorf("the port %d is not from 0 to 65535", port)
	}
	address := o.Address.ValueString()
	if id := o.RouteDomain.ValueInt64(); id != 0 {
		address = fmt.Sprintf("%s%%%d", address, id)
	}
	parsed, err := ltm.ParseAddress(address)
	if err != nil {
		return "", err
	}
	d := ltm.Destination{Address: parsed, Port: uint16(o.Port.ValueInt64())} //nolint:gosec // checked above
	if o.Partition.ValueString() == "" {
		if o.Folder.ValueString() != "" {
			return "", fmt.Errorf("the folder %q needs a partition", o.Folder.ValueString())
		}
		return d.HostPort(), nil
	}
	d.Partition, d.Folder = o.Partition.ValueString(), o.Folder.ValueString()
	if _, err := ltm.ParseDestination("", d.String()); err != nil {
		return "", err
	}
	return d.String(), nil
}

func stringOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
