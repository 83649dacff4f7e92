package structs

import (
	"context"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// Source is a tfsdk.Config, a tfsdk.Plan or a tfsdk.State.
type Source interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}

// Target is a *tfsdk.Plan, a *tfsdk.State or a *tfsdk.ResourceIdentity.
type Target interface {
	Set(ctx context.Context, value any) diag.Diagnostics
}

// Get fills a model from all of a source, which is not null.
func Get[M any](ctx context.Context, from Source, into *M) diag.Diagnostics {
	var object types.Object
	diags := from.Get(ctx, &object)
	if !diags.HasError() {
		diags.Append(Decode(object, into)...)
	}
	return diags
}

// Set replaces all of a target by a model.
func Set[M any](ctx context.Context, to Target, model M) diag.Diagnostics {
	attributes := Encode(model)
	kinds := make(map[string]attr.Type, len(attributes))
	for name, value := range attributes {
		kinds[name] = value.Type(ctx)
	}
	object, diags := types.ObjectValue(kinds, attributes)
	if !diags.HasError() {
		diags.Append(to.Set(ctx, object)...)
	}
	return diags
}

// Decode fills a model from an object that is neither null nor unknown.
func Decode[M any](object types.Object, into *M) diag.Diagnostics {
	attributes, model := object.Attributes(), reflect.ValueOf(into).Elem()
	for _, f := range fieldsOf(model.Type()) {
		value, field := reflect.ValueOf(attributes[f.name]), model.FieldByIndex(f.index)
		if !value.IsValid() || value.Type() != field.Type() {
			return diag.Diagnostics{diagnostics.WrongModel(f.name, field.Interface(), attributes[f.name])}
		}
		field.Set(value)
	}
	return nil
}

// Encode is the inverse of Decode.
func Encode[M any](model M) map[string]attr.Value {
	value := reflect.ValueOf(model)
	fields := fieldsOf(value.Type())
	attributes := make(map[string]attr.Value, len(fields))
	for _, f := range fields {
		attributes[f.name], _ = value.FieldByIndex(f.index).Interface().(attr.Value)
	}
	return attributes
}

// field is one of a model: the attribute's name, and where it is in the struct.
type field struct {
	name  string
	index []int
}

// known has the fields of every model that was seen: reflect.Type -> []field.
var known sync.Map

// fieldsOf are the fields of a model, those of embedded structs too.
func fieldsOf(model reflect.Type) []field {
	if fields, ok := known.Load(model); ok {
		return fields.([]field) //nolint:forcetypeassert // nothing else is stored
	}
	var fields []field
	for _, f := range reflect.VisibleFields(model) {
		if name := f.Tag.Get("tfsdk"); name != "" {
			fields = append(fields, field{name, f.Index})
		}
	}
	known.Store(model, fields)
	return fields
}
