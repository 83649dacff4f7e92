package cutoverattr_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
)

func object(require, timeout, drain types.String) types.Object {
	return types.ObjectValueMust(cutoverattr.Types(), map[string]attr.Value{"require_available": require, "timeout": timeout, "drain": drain})
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
			got, diags := cutoverattr.Spec(t.Context(), test.value)
			if diags.HasError() {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
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
