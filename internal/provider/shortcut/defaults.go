package shortcut

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	standard "github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// defaults are those of the attributes of an object, and of the objects in it.
type defaults struct {
	values map[string]tftypes.Value // by attribute
	inside map[string]defaults      // by attribute: a map's elements, or the one object
	keyed  map[string]bool          // which of inside are maps
}

// errKind is an attribute that these types do not have, and this package not either.
var errKind = errors.New("its kind is none that is known here")

// defaultsOf reads a schema.
func defaultsOf(ctx context.Context, attributes map[string]schema.Attribute) (defaults, error) {
	d := defaults{values: map[string]tftypes.Value{}, inside: map[string]defaults{}, keyed: map[string]bool{}}
	for name, attribute := range attributes {
		if attribute.IsWriteOnly() {
			return d, fmt.Errorf("%s is write-only", name)
		}
		if nested, keyed := nestedIn(attribute); nested != nil {
			below, err := defaultsOf(ctx, nested)
			if err != nil {
				return d, fmt.Errorf("%s.%w", name, err)
			}
			if len(below.values)+len(below.inside) > 0 {
				d.inside[name], d.keyed[name] = below, keyed
			}
		}
		value, err := defaultOf(ctx, attribute)
		if err != nil {
			return d, fmt.Errorf("%s: %w", name, err)
		}
		if value == nil {
			continue
		}
		if d.values[name], err = value.ToTerraformValue(ctx); err != nil {
			return d, fmt.Errorf("%s: %w", name, err)
		}
	}
	return d, nil
}

// nestedIn are the attributes in an attribute, and whether it is a map of them.
func nestedIn(attribute schema.Attribute) (attributes map[string]schema.Attribute, keyed bool) {
	switch a := attribute.(type) {
	case schema.MapNestedAttribute:
		return a.NestedObject.Attributes, true
	case schema.SingleNestedAttribute:
		return a.Attributes, false
	}
	return nil, false
}

// defaultOf is an attribute's default; nil if it has none.
func defaultOf(ctx context.Context, attribute schema.Attribute) (attr.Value, error) {
	switch a := attribute.(type) {
	case schema.BoolAttribute:
		if a.Default != nil {
			var resp standard.BoolResponse
			a.Default.DefaultBool(ctx, standard.BoolRequest{}, &resp)
			return resp.PlanValue, nil
		}
	case schema.Int64Attribute:
		if a.Default != nil {
			var resp standard.Int64Response
			a.Default.DefaultInt64(ctx, standard.Int64Request{}, &resp)
			return resp.PlanValue, nil
		}
	case schema.StringAttribute:
		if a.Default != nil {
			var resp standard.StringResponse
			a.Default.DefaultString(ctx, standard.StringRequest{}, &resp)
			return resp.PlanValue, nil
		}
	case schema.ListAttribute:
		if a.Default != nil {
			var resp standard.ListResponse
			a.Default.DefaultList(ctx, standard.ListRequest{}, &resp)
			return resp.PlanValue, nil
		}
	case schema.SetAttribute:
		if a.Default != nil {
			var resp standard.SetResponse
			a.Default.DefaultSet(ctx, standard.SetRequest{}, &resp)
			return resp.PlanValue, nil
		}
	case schema.MapAttribute:
		if a.Default != nil {
			var resp standard.MapResponse
			a.Default.DefaultMap(ctx, standard.MapRequest{}, &resp)
			return resp.PlanValue, nil
		}
	case schema.SingleNestedAttribute:
		if a.Default != nil {
			var resp standard.ObjectResponse
			a.Default.DefaultObject(ctx, standard.ObjectRequest{}, &resp)
			return resp.PlanValue, nil
		}
	case schema.NumberAttribute:
		if a.Default != nil {
			var resp standard.NumberResponse
			a.Default.DefaultNumber(ctx, standard.NumberRequest{}, &resp)
			return resp.PlanValue, nil
		}
	case schema.MapNestedAttribute:
		if a.Default != nil {
			var resp standard.MapResponse
			a.Default.DefaultMap(ctx, standard.MapRequest{}, &resp)
			return resp.PlanValue, nil
		}
	default:
		return nil, errKind
	}
	return nil, nil //nolint:nilnil // most have none
}

// hold tells that the state has the default of everything that the configuration
// leaves out. Both are objects of the schema; the state is known and not null.
func (d defaults) hold(config, state tftypes.Value) bool {
	configured, has := parts(config), parts(state)
	for name, value := range d.values {
		if configured[name].IsNull() && !has[name].Equal(value) {
			return false
		}
	}
	for name, below := range d.inside {
		if has[name].IsNull() {
			continue
		}
		if !d.keyed[name] {
			if !below.hold(configured[name], has[name]) {
				return false
			}
			continue
		}
		elements := parts(configured[name])
		for key, element := range parts(has[name]) {
			if !element.IsNull() && !below.hold(elements[key], element) {
				return false
			}
		}
	}
	return true
}

// parts are the attributes of an object or the elements of a map; null has none.
func parts(value tftypes.Value) map[string]tftypes.Value {
	var all map[string]tftypes.Value
	if !value.IsNull() {
		_ = value.As(&all) // what is neither has none
	}
	return all
}
