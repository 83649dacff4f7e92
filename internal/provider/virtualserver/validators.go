package virtualserver

import (
	"context"
	"fmt"
	"net"
	"net/netip"

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

// maskText accepts a mask as the device prints it: an address whose ones are in a
// row, or "any".
type maskText struct{}

// Description is the form in words.
func (maskText) Description(context.Context) string {
	return "value must be a network mask such as 255.255.255.0 or ffff:ffff::, or any"
}

// MarkdownDescription is the form in words.
func (v maskText) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString lets null and unknown values pass.
func (maskText) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	text := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || text == "any" {
		return
	}
	mask, err := netip.ParseAddr(text)
	if err == nil && mask.Zone() == "" && mask.String() == text {
		if ones, size := net.IPMask(mask.AsSlice()).Size(); size > 0 && ones > 0 {
			return
		}
	}
	resp.Diagnostics.Append(diagnostics.Invalid(req.Path, "Not a mask", fmt.Sprintf("%q is not a network mask: write 255.255.255.0 or ffff:ffff::, or any for all addresses", text)))
}
