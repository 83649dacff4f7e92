package virtualserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// destinationText accepts every spelling of a destination that
// ltm.ParseDestination reads: state keeps the user's.
type destinationText struct{}

// Description is the form in words.
func (destinationText) Description(context.Context) string {
	return "value must be an address and a port such as 203.0.113.10:443 or [2001:db8::10]:443"
}

// MarkdownDescription is the form in words.
func (d destinationText) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

// ValidateString lets null and unknown values pass.
func (destinationText) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	// Which partition does not matter for the form.
	if _, err := ltm.ParseDestination(ltm.Common, req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(diagnostics.Invalid(req.Path, "Not a destination", err.Error()))
	}
}
