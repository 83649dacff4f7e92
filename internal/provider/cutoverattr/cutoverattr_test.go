package cutoverattr_test

import (
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
)

// object is the attribute with three fields set, and the others left out.
func object(require, timeout, drain types.String) types.Object {
	return with(map[string]attr.Value{"require_available": require, "timeout": timeout, "drain": drain})
}

func with(fields map[string]attr.Value) types.Object {
	null := cutoverattr.Value(cutover.Spec{Drain: 1}).Attributes()
	null["drain"] = types.StringNull()
	maps.Copy(null, fields)
	return types.ObjectValueMust(cutoverattr.Types(), null)
}

func TestEveryFieldIsRead(t *testing.T) {
	t.Parallel()
	window, err := cutover.ParseWindow("22:00-06:00")
	if err != nil {
		t.Fatal(err)
	}
	condition, err := cutover.ParseCondition("< 0.01")
	if err != nil {
		t.Fatal(err)
	}
	text, number := func(s string) attr.Value { return types.StringValue(s) }, func(n int64) attr.Value { return types.Int64Value(n) }
	checkTypes := cutoverattr.Types()["check"].(types.ObjectType).AttrTypes //nolint:forcetypeassert // a test
	got, diags := cutoverattr.Read(t.Context(), with(map[string]attr.Value{
		"require_available": text("80%"), "timeout": text("1m"), "freeze": types.BoolValue(true),
		"freeze_windows": types.ListValueMust(types.StringType, []attr.Value{text("22:00-06:00")}),
		"steps":          types.ListValueMust(types.Int64Type, []attr.Value{number(10), number(100)}),
		"pause":          text("2m"), "bake": text("3m"), "max_failed": number(1), "on_failure": text("hold"),
		"drain": text("4m"), "drain_connections": number(5), "after_drain": text("force_offline"),
		"check": types.ObjectValueMust(checkTypes, map[string]attr.Value{
			"url": text("https://shop.example"), "via": text("192.0.2.1:443"), "status": number(204),
			"prometheus": text("https://prometheus.example"), "query": text("errors"), "condition": text("< 0.01"),
			"interval": text("10s"), "failures": number(2),
		}),
	}))
	if diags.HasError() {
		t.Fatal(diags)
	}
	want := cutoverattr.Cutover{Steps: []int{10, 100}, Spec: cutover.Spec{
		Require: cutover.Requirement{Percent: 80}, Timeout: time.Minute, Freeze: cutover.Freeze{Always: true, Windows: []cutover.Window{window}},
		Pause: 2 * time.Minute, Bake: 3 * time.Minute, MaxFailed: 1, OnFailure: cutover.Hold,
		Drain: 4 * time.Minute, DrainConnections: 5, ForceOffline: true,
		Check: cutover.Check{
			URL: "https://shop.example", Via: "192.0.2.1:443", Status: 204, Prometheus: "https://prometheus.example",
			Query: "errors", Condition: condition, Interval: 10 * time.Second, Failures: 2,
		},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if longest := got.Longest(); longest != 2*(time.Minute+2*time.Minute)+3*time.Minute+4*time.Minute {
		t.Errorf("it may take %v", longest)
	}
}

func TestWhatAResourceCannotDoIsRefused(t *testing.T) {
	t.Parallel()
	steps := types.ListValueMust(types.Int64Type, []attr.Value{types.Int64Value(10)})
	checkTypes := cutoverattr.Types()["check"].(types.ObjectType).AttrTypes //nolint:forcetypeassert // a test
	empty := map[string]attr.Value{}
	for name, kind := range checkTypes {
		empty[name] = types.StringNull()
		if kind == types.Int64Type {
			empty[name] = types.Int64Null()
		}
	}
	for name, test := range map[string]struct {
		fields map[string]attr.Value
		use    cutoverattr.Use
		want   string
	}{
		"steps":                 {map[string]attr.Value{"steps": steps}, cutoverattr.Use{Steps: true}, ""},
		"steps of a switch":     {map[string]attr.Value{"steps": steps}, cutoverattr.Use{AfterDrain: true}, "Steps without backends"},
		"a pause without steps": {map[string]attr.Value{"pause": types.StringValue("1m")}, cutoverattr.Use{Steps: true}, "Pause without steps"},
		"after_drain":           {map[string]attr.Value{"after_drain": types.StringValue("leave")}, cutoverattr.Use{AfterDrain: true}, ""},
		"after_drain on a pool": {map[string]attr.Value{"after_drain": types.StringValue("leave")}, cutoverattr.Use{Steps: true}, "No pool is left behind"},
		"a check of nothing":    {map[string]attr.Value{"check": types.ObjectValueMust(checkTypes, empty)}, cutoverattr.Use{}, "Nothing to check"},
		"a check not known yet": {map[string]attr.Value{"check": types.ObjectUnknown(checkTypes)}, cutoverattr.Use{}, ""},
	} {
		diags := cutoverattr.Validate(t.Context(), with(test.fields), test.use)
		got := ""
		if len(diags) > 0 {
			got = diags[0].Summary()
		}
		if got != test.want || len(diags) > 1 {
			t.Errorf("%s: %v, want %q", name, diags, test.want)
		}
	}
}

func TestTheAttributeBecomesASpecWithItsDefaults(t *testing.T) {
	t.Parallel()
	null, text := types.StringNull(), types.StringValue
	for _, test := range []struct {
		name  string
		value types.Object
		want  cutover.Spec
	}{
		{"left out", cutoverattr.Null(), cutover.Spec{}},
		{"unknown", types.ObjectUnknown(cutoverattr.Types()), cutover.Spec{}},
		{"empty", object(null, null, null), cutover.Spec{}},
		{"a requirement waits two minutes", object(text("80%"), null, null), cutover.Spec{Require: cutover.Requirement{Percent: 80}, Timeout: 2 * time.Minute}},
		{"or as told", object(text("2"), text("0s"), null), cutover.Spec{Require: cutover.Requirement{Count: 2}}},
		{"drain alone", object(null, null, text("1m")), cutover.Spec{Drain: time.Minute}},
		{"unknown fields", object(types.StringUnknown(), types.StringUnknown(), types.StringUnknown()), cutover.Spec{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, diags := cutoverattr.Read(t.Context(), test.value)
			if diags.HasError() {
				t.Fatal(diags)
			}
			if !reflect.DeepEqual(got.Spec, test.want) {
				t.Errorf("\n got %+v\nwant %+v", got.Spec, test.want)
			}
		})
	}
}

func TestWhatADeviceKeepsOfASpecIsTheAttributeAgain(t *testing.T) {
	t.Parallel()
	null, text := types.StringNull(), types.StringValue
	for want, spec := range map[*types.Object]cutover.Spec{
		new(cutoverattr.Null()):                  {},
		new(object(text("2"), null, text("1m"))): {Require: cutover.Requirement{Count: 2}, Drain: time.Minute},
		new(object(null, null, text("1h30m"))):   {Drain: 90 * time.Minute},
	} {
		if got := cutoverattr.Value(spec); !got.Equal(*want) {
			t.Errorf("Value(%+v) = %s, want %s", spec, got, want)
		}
	}
}
