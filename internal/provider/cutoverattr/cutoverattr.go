package cutoverattr

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// What the configuration gets when it does not say.
const (
	DefaultTimeout  = 2 * time.Minute // with require_available or check
	defaultInterval = 5 * time.Second
	defaultFailures = 3
)

// The words of on_failure and after_drain.
const (
	rollback     = "rollback"
	hold         = "hold"
	leave        = "leave"
	forceOffline = "force_offline"
)

// model is the attribute, held as a types.Object in a resource's model.
type model struct {
	RequireAvailable types.String `tfsdk:"require_available"`
	Timeout          types.String `tfsdk:"timeout"`
	Freeze           types.Bool   `tfsdk:"freeze"`
	FreezeWindows    types.List   `tfsdk:"freeze_windows"`
	Steps            types.List   `tfsdk:"steps"`
	Pause            types.String `tfsdk:"pause"`
	Bake             types.String `tfsdk:"bake"`
	MaxFailed        types.Int64  `tfsdk:"max_failed"`
	OnFailure        types.String `tfsdk:"on_failure"`
	Check            types.Object `tfsdk:"check"`
	Drain            types.String `tfsdk:"drain"`
	DrainConnections types.Int64  `tfsdk:"drain_connections"`
	AfterDrain       types.String `tfsdk:"after_drain"`
}

// checkModel is the attribute check.
type checkModel struct {
	URL        types.String `tfsdk:"url"`
	Via        types.String `tfsdk:"via"`
	Status     types.Int64  `tfsdk:"status"`
	Prometheus types.String `tfsdk:"prometheus"`
	Query      types.String `tfsdk:"query"`
	Condition  types.String `tfsdk:"condition"`
	Interval   types.String `tfsdk:"interval"`
	Failures   types.Int64  `tfsdk:"failures"`
}

// Types are the types of the attribute's fields.
func Types() map[string]attr.Type { return fields() }

var fields = sync.OnceValue(func() map[string]attr.Type {
	object, ok := Attribute("", "").GetType().(types.ObjectType)
	if !ok {
		return nil
	}
	return object.AttrTypes
})

// Null is the attribute left out.
func Null() types.Object { return types.ObjectNull(Types()) }

// Cutover is what the attribute says.
type Cutover struct {
	Spec  cutover.Spec
	Steps []int // percent of the way, rising; none = one step
}

// Longest is how long a cutover may take that waits for everything it may wait for.
func (c Cutover) Longest() time.Duration {
	longest := c.Spec.Bake + c.Spec.Drain
	for range max(1, len(c.Steps)) {
		longest += c.Spec.Timeout + c.Spec.Pause
	}
	return longest
}

// Read turns the attribute into a Cutover. Null is the zero one. Unknown values
// are taken as left out: they are known by the time of an apply.
func Read(ctx context.Context, object types.Object) (Cutover, diag.Diagnostics) {
	var m model
	r := reader{}
	if object.IsNull() || object.IsUnknown() {
		return Cutover{}, nil
	}
	r.diags.Append(object.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	spec := cutover.Spec{
		Freeze:           cutover.Freeze{Always: m.Freeze.ValueBool(), Windows: r.windows(ctx, m.FreezeWindows)},
		Pause:            r.duration("pause", m.Pause),
		Bake:             r.duration("bake", m.Bake),
		MaxFailed:        int(m.MaxFailed.ValueInt64()),
		Check:            r.check(ctx, m.Check),
		Drain:            r.duration("drain", m.Drain),
		DrainConnections: m.DrainConnections.ValueInt64(),
		ForceOffline:     m.AfterDrain.ValueString() == forceOffline,
	}
	if m.OnFailure.ValueString() == hold {
		spec.OnFailure = cutover.Hold
	}
	if text := m.RequireAvailable.ValueString(); text != "" {
		var err error
		spec.Require, err = cutover.ParseRequirement(text)
		r.invalid(root().AtName("require_available"), "Not a requirement", err)
	}
	switch {
	case known(m.Timeout):
		spec.Timeout = r.duration("timeout", m.Timeout)
	case !spec.Require.IsZero() || !spec.Check.IsZero():
		spec.Timeout = DefaultTimeout
	}
	var steps []int
	if !m.Steps.IsNull() && !m.Steps.IsUnknown() {
		r.diags.Append(m.Steps.ElementsAs(ctx, &steps, false)...)
	}
	return Cutover{Spec: spec, Steps: steps}, r.diags
}

// Value turns a Spec that was read from a device into the attribute: the zero
// Spec is null. A device keeps the drain and a number of members, and no more.
func Value(spec cutover.Spec) types.Object {
	if spec.Require == (cutover.Requirement{}) && spec.Drain == 0 {
		return Null()
	}
	fields := map[string]attr.Value{}
	for name, kind := range Types() {
		fields[name] = null(kind)
	}
	if spec.Require != (cutover.Requirement{}) {
		fields["require_available"] = types.StringValue(spec.Require.String())
	}
	if spec.Drain > 0 {
		fields["drain"] = types.StringValue(diagnostics.Duration(spec.Drain))
	}
	return types.ObjectValueMust(Types(), fields)
}

// null is the null of a type that Types has.
func null(kind attr.Type) attr.Value {
	switch kind := kind.(type) {
	case types.ListType:
		return types.ListNull(kind.ElemType)
	case types.ObjectType:
		return types.ObjectNull(kind.AttrTypes)
	case basetypes.Int64Type:
		return types.Int64Null()
	case basetypes.BoolType:
		return types.BoolNull()
	default:
		return types.StringNull()
	}
}

// reader collects what is wrong with the fields that it reads.
type reader struct{ diags diag.Diagnostics }

func (r *reader) invalid(at path.Path, summary string, err error) {
	if err != nil {
		r.diags.Append(diagnostics.Invalid(at, summary, err.Error()))
	}
}

func (r *reader) duration(name string, value types.String) time.Duration {
	return r.durationAt(root().AtName(name), value)
}

func (r *reader) durationAt(at path.Path, value types.String) time.Duration {
	if !known(value) {
		return 0
	}
	d, err := customtypes.ParseDuration(value.ValueString())
	r.invalid(at, "Not a duration", err)
	return d
}

func (r *reader) windows(ctx context.Context, list types.List) []cutover.Window {
	if list.IsNull() || list.IsUnknown() {
		return nil
	}
	var texts []types.String
	r.diags.Append(list.ElementsAs(ctx, &texts, false)...)
	var windows []cutover.Window
	for i, text := range texts {
		if !known(text) {
			continue
		}
		window, err := cutover.ParseWindow(text.ValueString())
		r.invalid(root().AtName("freeze_windows").AtListIndex(i), "Not a window of time", err)
		windows = append(windows, window)
	}
	return windows
}

func (r *reader) check(ctx context.Context, object types.Object) cutover.Check {
	if object.IsNull() || object.IsUnknown() {
		return cutover.Check{}
	}
	var m checkModel
	at := root().AtName("check")
	r.diags.Append(object.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	check := cutover.Check{
		URL: m.URL.ValueString(), Via: m.Via.ValueString(), Status: int(m.Status.ValueInt64()),
		Prometheus: m.Prometheus.ValueString(), Query: m.Query.ValueString(),
		Interval: defaultInterval, Failures: defaultFailures,
	}
	if known(m.Condition) {
		var err error
		check.Condition, err = cutover.ParseCondition(m.Condition.ValueString())
		r.invalid(at.AtName("condition"), "Not a condition", err)
	}
	if known(m.Interval) {
		check.Interval = r.durationAt(at.AtName("interval"), m.Interval)
	}
	if !m.Failures.IsNull() {
		check.Failures = int(m.Failures.ValueInt64())
	}
	return check
}

func known(value types.String) bool { return !value.IsNull() && !value.IsUnknown() }

func root() path.Path { return path.Root("cutover") }
