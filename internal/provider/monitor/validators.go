package monitor

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// aliasText accepts every spelling that ltm.ParseMonitorAlias reads: state keeps
// the user's.
type aliasText struct{}

// Description is the form in words.
func (aliasText) Description(context.Context) string {
	return "value must be an address and a port such as *:8081, 192.0.2.1:8080 or [2001:db8::1]:8080"
}

// MarkdownDescription is the form in words.
func (v aliasText) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString lets null and unknown values pass.
func (aliasText) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := ltm.ParseMonitorAlias(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(diagnostics.Invalid(req.Path, "Not a destination of a monitor", err.Error()))
	}
}
