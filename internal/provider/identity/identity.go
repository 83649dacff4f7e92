package identity

import (
	"cmp"
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// Place is the part of an identity that says on which device an object is, and where
// there. It is embedded by what identifies an object otherwise than by its path.
type Place struct {
	Device    types.String `tfsdk:"device"`
	Partition types.String `tfsdk:"partition"`
	Folder    types.String `tfsdk:"folder"`
}

// model is an identity.
type model struct {
	Place
	Name types.String `tfsdk:"name"`
}

// Schema is the identity of a kind of object: "pool", "virtual server".
func Schema(kind string) identityschema.Schema {
	attributes := PlaceAttributes(kind)
	attributes["name"] = identityschema.StringAttribute{RequiredForImport: true, Description: "The name of the " + kind + "."}
	return identityschema.Schema{Attributes: attributes}
}

// PlaceAttributes are those of Place, for a kind of object.
func PlaceAttributes(kind string) map[string]identityschema.Attribute {
	optional := func(description string) identityschema.Attribute {
		return identityschema.StringAttribute{OptionalForImport: true, Description: description}
	}
	return map[string]identityschema.Attribute{
		"device": optional("The BIG-IP: the provider's device_name, else its address. An import that names another device is refused. " +
			"Default: the provider's."),
		"partition": optional("The partition that the " + kind + " is in. Default: the provider's partition."),
		"folder":    optional("The folder below the partition, such as sub or sub/deeper. Default: none."),
	}
}

// PlaceOf is a place on the provider's device.
func PlaceOf(data *providerdata.Data, partition, folder string) Place {
	p := Place{Device: types.StringValue(data.Identity()), Partition: types.StringValue(partition), Folder: types.StringNull()}
	if folder != "" {
		p.Folder = types.StringValue(folder)
	}
	return p
}

// Here is where on the provider's device a place is. One on another device is refused, in
// words that name the kind of object and the object.
func (p Place) Here(data *providerdata.Data, kind, name string) (partition, folder string, diags diag.Diagnostics) {
	if data == nil {
		return "", "", diag.Diagnostics{diagnostics.NoDevice()}
	}
	if device := p.Device.ValueString(); device != "" && device != data.Identity() {
		return "", "", diag.Diagnostics{diagnostics.OtherDevice(kind, name, device, data.Identity())}
	}
	return cmp.Or(p.Partition.ValueString(), data.Partition), p.Folder.ValueString(), nil
}

// Set writes the identity of the object at a path. There is none to write where
// the CLI does not ask for one.
func Set(ctx context.Context, to *tfsdk.ResourceIdentity, data *providerdata.Data, at ltm.Path) diag.Diagnostics {
	if to == nil || data == nil || at.IsZero() {
		return nil
	}
	return structs.Set(ctx, to, model{Place: PlaceOf(data, at.Partition, at.Folder), Name: types.StringValue(at.Name)})
}

// Imported is the path of what is to be imported, by its id or by its identity,
// which it completes. The words of errors name the kind: "pool".
func Imported(
	ctx context.Context, kind string, req resource.ImportStateRequest, resp *resource.ImportStateResponse, data *providerdata.Data,
) (ltm.Path, diag.Diagnostics) {
	at, diags := imported(ctx, kind, req, data)
	if !diags.HasError() {
		diags.Append(Set(ctx, resp.Identity, data, at)...)
	}
	return at, diags
}

func imported(ctx context.Context, kind string, req resource.ImportStateRequest, data *providerdata.Data) (ltm.Path, diag.Diagnostics) {
	if req.ID != "" || req.Identity == nil {
		at, err := ltm.ParsePath(req.ID)
		if err != nil {
			return ltm.Path{}, diag.Diagnostics{diagnostics.InvalidImport(kind, req.ID, err.Error())}
		}
		return at, nil
	}
	var m model
	if diags := structs.Get(ctx, req.Identity, &m); diags.HasError() {
		return ltm.Path{}, diags
	}
	partition, folder, diags := m.Here(data, kind, m.Name.ValueString())
	if diags.HasError() {
		return ltm.Path{}, diags
	}
	at := ltm.Path{Partition: partition, Folder: folder, Name: m.Name.ValueString()}
	if parsed, err := ltm.ParsePath(at.String()); err != nil || parsed != at {
		return ltm.Path{}, diag.Diagnostics{diagnostics.InvalidIdentity(kind, at.String(), err)}
	}
	return at, nil
}

// Begin fills the attributes that the state of an imported, moved or listed object
// begins with: Read does the rest.
func Begin(ctx context.Context, to Attributes, at ltm.Path) diag.Diagnostics {
	diags := to.SetAttribute(ctx, path.Root("id"), at.String())
	diags.Append(to.SetAttribute(ctx, path.Root("partition"), at.Partition)...)
	diags.Append(to.SetAttribute(ctx, path.Root("name"), at.Name)...)
	if at.Folder != "" {
		diags.Append(to.SetAttribute(ctx, path.Root("folder"), at.Folder)...)
	}
	return diags
}

// Attributes is a state, or a resource of a list.
type Attributes interface {
	SetAttribute(ctx context.Context, at path.Path, value any) diag.Diagnostics
}
