package providerdata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// Resource is embedded by resources: it takes the data from the provider.
type Resource struct{ Configured }

// Configure is the framework's.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	resp.Diagnostics.Append(r.take(req.ProviderData)...)
}

// DataSource is embedded by data sources: it takes the data from the provider.
type DataSource struct{ Configured }

// Configure is the framework's.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	resp.Diagnostics.Append(d.take(req.ProviderData)...)
}

// Action is embedded by actions: it takes the data from the provider.
type Action struct{ Configured }

// Configure is the framework's.
func (a *Action) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	resp.Diagnostics.Append(a.take(req.ProviderData)...)
}

// Configured holds the provider's data: nil until the provider is configured,
// and while one of its settings is not known.
type Configured struct {
	Data *Data
}

func (c *Configured) take(providerData any) diag.Diagnostics {
	if providerData == nil {
		return nil
	}
	data, ok := providerData.(*Data)
	if !ok {
		return diag.Diagnostics{diagnostics.UnexpectedData(providerData)}
	}
	c.Data = data
	return nil
}

// Ready adds an error when there is no data.
func (c *Configured) Ready(diags *diag.Diagnostics) bool {
	if c.Data == nil {
		diags.Append(diagnostics.NoDevice())
	}
	return c.Data != nil
}

// Path is the full path of the object that a data source asks for: a null
// partition is the provider's.
func (d *Data) Path(partition, name types.String) (ltm.Path, diag.Diagnostics) {
	in := d.Partition
	if !partition.IsNull() {
		in = partition.ValueString()
	}
	at, err := ltm.ParsePathIn(in, name.ValueString())
	if err != nil {
		return ltm.Path{}, diag.Diagnostics{diagnostics.Invalid(path.Root("name"), "Invalid name", err.Error())}
	}
	return at, nil
}
