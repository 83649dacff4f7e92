package cutoverattr

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// Use says what a resource can do with the attribute.
type Use struct {
	Steps      bool // it can move traffic in steps
	AfterDrain bool // it leaves a pool behind
}

// Validate refuses combinations that make no sense, and what a resource cannot do.
// Unknown values pass.
func Validate(ctx context.Context, object types.Object, use Use) diag.Diagnostics {
	if object.IsNull() || object.IsUnknown() {
		return nil
	}
	var m model
	var diags diag.Diagnostics
	diags.Append(object.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	refuse := func(name, summary, reason string) {
		diags.Append(diagnostics.Invalid(root().AtName(name), summary, reason))
	}
	if !m.Steps.IsNull() && !use.Steps {
		refuse("steps", "Steps without backends",
			"Steps move traffic between the `backends` of a `bigipkube_pool`; a virtual server changes its pool in one write, and static members have no shares. "+
				"Put both versions into one pool and use `traffic`")
	}
	if !m.Pause.IsNull() && m.Steps.IsNull() {
		refuse("pause", "Pause without steps", "It is a pause between `steps`, and there are none; `bake` watches what has gained all the traffic")
	}
	if !m.AfterDrain.IsNull() && !use.AfterDrain {
		refuse("after_drain", "No pool is left behind", "It is for virtual servers, which leave a pool behind; the members that leave this pool are removed, and a backend with no share stays as a standby")
	}
	if !m.Check.IsNull() && !m.Check.IsUnknown() {
		var check checkModel
		diags.Append(m.Check.As(ctx, &check, basetypes.ObjectAsOptions{})...)
		if check.URL.IsNull() && check.Prometheus.IsNull() {
			refuse("check", "Nothing to check", "Set `url`, or `prometheus` with `query` and `condition`")
		}
		if !check.Via.IsNull() && check.URL.IsNull() {
			diags.Append(diagnostics.Invalid(root().AtName("check").AtName("via"), "Nothing to fetch", "It says where to connect to for `url`, and there is none"))
		}
	}
	return diags
}

// sibling is another field of the same object.
func sibling(name string) path.Expression { return path.MatchRelative().AtParent().AtName(name) }

// rising wants every number to be more than the one before.
type rising struct{}

func (rising) Description(context.Context) string               { return "numbers must rise" }
func (v rising) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateList lets unknown numbers pass.
func (rising) ValidateList(ctx context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	var steps []types.Int64
	resp.Diagnostics.Append(req.ConfigValue.ElementsAs(ctx, &steps, false)...)
	for i := 1; i < len(steps); i++ {
		before, now := steps[i-1], steps[i]
		if !before.IsUnknown() && !now.IsUnknown() && now.ValueInt64() <= before.ValueInt64() {
			resp.Diagnostics.Append(diagnostics.Invalid(req.Path.AtListIndex(i), "Steps do not rise",
				fmt.Sprintf("%d follows %d, and each step must move more of the traffic than the one before", now.ValueInt64(), before.ValueInt64())))
		}
	}
}
