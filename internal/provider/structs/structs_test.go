package structs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// Inner is embedded; only an exported field's fields can be set.
type Inner struct {
	Count types.Int64 `tfsdk:"count"`
}

type outer struct {
	Name types.String `tfsdk:"name"`
	Inner
	Rows types.Map `tfsdk:"rows"`
}

func testSchema() schema.Schema {
	return schema.Schema{Attributes: map[string]schema.Attribute{
		"name": schema.StringAttribute{Optional: true}, "count": schema.Int64Attribute{Optional: true},
		"rows": schema.MapAttribute{ElementType: types.BoolType, Optional: true},
	}}
}

func state(t *testing.T, model any) tfsdk.State {
	t.Helper()
	s := testSchema()
	state := tfsdk.State{Schema: s, Raw: tftypes.NewValue(s.Type().TerraformType(t.Context()), nil)}
	failOn(t, state.Set(t.Context(), model))
	return state
}

func failOn(t *testing.T, diags diag.Diagnostics) {
	t.Helper()
	if diags.HasError() {
		t.Fatal(diags)
	}
}

func models() map[string]outer {
	rows := types.MapValueMust(types.BoolType, map[string]attr.Value{"a": types.BoolValue(true), "b": types.BoolNull()})
	return map[string]outer{
		"known":   {Name: types.StringValue("x"), Inner: Inner{types.Int64Value(7)}, Rows: rows},
		"null":    {Rows: types.MapNull(types.BoolType)},
		"unknown": {Name: types.StringUnknown(), Inner: Inner{types.Int64Unknown()}, Rows: types.MapUnknown(types.BoolType)},
	}
}

func TestAModelComesAndGoesAsWithTheFramework(t *testing.T) {
	t.Parallel()
	for name, model := range models() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := state(t, model)
			got := state(t, outer{Rows: types.MapNull(types.BoolType)})
			failOn(t, structs.Set(t.Context(), &got, model))
			if !got.Raw.Equal(want.Raw) {
				t.Errorf("written %s, want %s", got.Raw, want.Raw)
			}
			var read, asRead outer
			failOn(t, structs.Get(t.Context(), want, &read))
			failOn(t, want.Get(t.Context(), &asRead))
			if diff := cmp.Diff(asRead, read); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAModelThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	var wrong struct {
		Name types.Bool `tfsdk:"name"`
	}
	var missing struct {
		Other types.String `tfsdk:"other"`
	}
	from := state(t, models()["known"])
	if !structs.Get(t.Context(), from, &wrong).HasError() || !structs.Get(t.Context(), from, &missing).HasError() {
		t.Error("a field of another type, or of an attribute that is not there, is filled")
	}
	if !structs.Set(t.Context(), &from, wrong).HasError() {
		t.Error("attributes that the schema does not have are written")
	}
}
