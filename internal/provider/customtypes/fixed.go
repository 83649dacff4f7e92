package customtypes

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// FixedMap works a nested attribute's type out once. The framework asks for it with
// each value of each element, and would build it anew each time.
func FixedMap(attribute schema.MapNestedAttribute) schema.MapNestedAttribute {
	if element, ok := attribute.NestedObject.Type().(types.ObjectType); ok {
		attribute.NestedObject.CustomType = element
		attribute.CustomType = types.MapType{ElemType: element}
	}
	return attribute
}

// FixedObject is FixedMap for a single object.
func FixedObject(attribute schema.SingleNestedAttribute) schema.SingleNestedAttribute {
	if object, ok := attribute.GetType().(types.ObjectType); ok {
		attribute.CustomType = object
	}
	return attribute
}
