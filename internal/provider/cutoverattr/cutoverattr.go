package cutoverattr

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// DefaultTimeout is how long an apply waits for require_available when the
// configuration does not say.
const DefaultTimeout = 2 * time.Minute

// Model is the attribute in a resource's model, held as a types.Object.
type Model struct {
	RequireAvailable types.String `tfsdk:"require_available"`
	Timeout          types.String `tfsdk:"timeout"`
	Drain            types.String `tfsdk:"drain"`
}

// Types are the types of the attribute's fields.
func Types() map[string]attr.Type {
	return map[string]attr.Type{
		"require_available": types.StringType,
		"timeout":           types.StringType,
		"drain":             types.StringType,
	}
}

// Null is the attribute left out.
func Null() types.Object { return types.ObjectNull(Types()) }

// Attribute returns the schema. Gainer says in words what require_available
// counts the members of, leaver what drain waits for.
func Attribute(gainer, leaver string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "How carefully an apply moves traffic. Without it an apply moves traffic at once, " +
			"and does not wait for health or for connections.",
		Attributes: map[string]schema.Attribute{
			"require_available": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How many members of " + gainer + " the device's monitors must find available before any traffic moves: " +
					"a number such as `2`, or a percentage such as `\"80%\"`, rounded up. If they do not become available within `timeout`, " +
					"the apply ends with an error and the traffic stays where it is. Default: none, traffic moves without a look at health.",
				Validators: []validator.String{customtypes.Requirement()},
			},
			"timeout": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long an apply waits for `require_available`, as a duration such as `\"30s\"` or `\"5m\"`; " +
					"`\"0s\"` looks once. Default: `\"2m\"`.",
				Validators: []validator.String{customtypes.Duration()},
			},
			"drain": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long " + leaver + " may keep its open connections before the apply goes on, as a duration such as " +
					"`\"1m\"`. The apply ends earlier when no connection is left. Default: `\"0s\"`, it does not wait.",
				Validators: []validator.String{customtypes.Duration()},
			},
		},
	}
}

// Spec turns the attribute into a cutover.Spec. Null is the zero Spec. Unknown
// values are taken as left out: they are known by the time of an apply.
func Spec(ctx context.Context, object types.Object) (cutover.Spec, diag.Diagnostics) {
	var diags diag.Diagnostics
	var spec cutover.Spec
	var model Model
	if object.IsNull() || object.IsUnknown() {
		return spec, diags
	}
	diags.Append(object.As(ctx, &model, basetypes.ObjectAsOptions{})...)
	if text := model.RequireAvailable.ValueString(); text != "" {
		requirement, err := cutover.ParseRequirement(text)
		if err != nil {
			diags.Append(diagnostics.Invalid(root().AtName("require_available"), "Not a requirement", err.Error()))
		}
		spec.Require, spec.Timeout = requirement, DefaultTimeout
	}
	if timeout, ok := duration(&diags, "timeout", model.Timeout); ok {
		spec.Timeout = timeout
	}
	spec.Drain, _ = duration(&diags, "drain", model.Drain)
	return spec, diags
}

// Value turns a Spec that was read from a device into the attribute: the zero
// Spec is null. A device does not keep the timeout, so it is null.
func Value(spec cutover.Spec) types.Object {
	if spec.Require == (cutover.Requirement{}) && spec.Drain == 0 {
		return Null()
	}
	fields := map[string]attr.Value{
		"require_available": types.StringNull(),
		"timeout":           types.StringNull(),
		"drain":             types.StringNull(),
	}
	if spec.Require != (cutover.Requirement{}) {
		fields["require_available"] = types.StringValue(spec.Require.String())
	}
	if spec.Drain > 0 {
		fields["drain"] = types.StringValue(diagnostics.Duration(spec.Drain))
	}
	return types.ObjectValueMust(Types(), fields)
}

func duration(diags *diag.Diagnostics, name string, value types.String) (time.Duration, bool) {
	if value.IsNull() || value.IsUnknown() {
		return 0, false
	}
	d, err := customtypes.ParseDuration(value.ValueString())
	if err != nil {
		diags.Append(diagnostics.Invalid(root().AtName(name), "Not a duration", err.Error()))
		return 0, false
	}
	return d, true
}

func root() path.Path { return path.Root("cutover") }
