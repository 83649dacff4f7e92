package acctest

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	fwresource "github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

// Property is one optional attribute of a resource, and what it is on the device.
type Property struct {
	Attribute string         // its name in the schema
	Value     string         // HCL: a value that is not the default
	Field     string         // the device's name, "a.b" for a field of a field; "x.items" of an expanded one
	Set       any            // what the device shows for Value
	Default   any            // what the device shows where it is not configured; nil: the field is absent
	Drift     map[string]any // a change by hand
}

// Properties tests all optional attributes of a resource at once.
type Properties struct {
	Type     string              // "bigipkube_pool"; the resource is its "it"
	Resource fwresource.Resource // to know the schema
	Object   string              // the device's path below /mgmt/tm/
	Import   string              // the id
	Before   string              // HCL of what it refers to
	Bare     string              // HCL lines of what is required
	Except   []string            // optional attributes that are no property of the object
	List     []Property
}

// Test creates the resource with every property, imports it, changes every property
// by hand, repairs all of them in one apply, and takes all of them out of the
// configuration: then the device shows its defaults, and the next plan is empty.
func (p Properties) Test(t *testing.T, device *Device) {
	t.Helper()
	p.complete(t)
	lines := make([]string, len(p.List))
	for i, property := range p.List {
		lines[i] = property.Attribute + " = " + property.Value
	}
	config := func(more ...string) string {
		return device.Provider() + p.Before + fmt.Sprintf("\nresource %q \"it\" {\n%s\n%s\n}\n", p.Type, p.Bare, strings.Join(more, "\n"))
	}
	empty := resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	address := p.Type + ".it"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: Factories(t),
		Steps: []resource.TestStep{
			{Config: config(lines...), ConfigPlanChecks: empty, Check: p.shows(device, func(q Property) any { return q.Set })},
			{ResourceName: address, ImportState: true, ImportStateId: p.Import, ImportStateVerify: true, ImportStateVerifyIgnore: p.Except},
			{
				PreConfig: func() {
					for _, property := range p.List {
						device.REST(http.MethodPatch, "/mgmt/tm/"+p.Object, property.Drift)
					}
				},
				Config: config(lines...),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), p.differ(address)},
					PostApplyPostRefresh: empty.PostApplyPostRefresh,
				},
				Check: p.shows(device, func(q Property) any { return q.Set }),
			},
			{
				Config: config(),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), p.differ(address)},
					PostApplyPostRefresh: empty.PostApplyPostRefresh,
				},
				Check: p.shows(device, func(q Property) any { return q.Default }),
			},
			{Config: config(lines...), ConfigPlanChecks: empty, Check: p.shows(device, func(q Property) any { return q.Set })},
		},
	})
}

// complete fails when the schema has an optional attribute that is not tested.
func (p Properties) complete(t *testing.T) {
	t.Helper()
	var resp fwresource.SchemaResponse
	p.Resource.Schema(t.Context(), fwresource.SchemaRequest{}, &resp)
	for name, attribute := range resp.Schema.Attributes {
		tested := slices.ContainsFunc(p.List, func(q Property) bool { return q.Attribute == name })
		if attribute.IsOptional() && !tested && !slices.Contains(p.Except, name) {
			t.Errorf("%s has no test", name)
		}
	}
}

// shows compares the object on the device. Links and the like beside what is asked
// for do not count.
func (p Properties) shows(device *Device, want func(Property) any) resource.TestCheckFunc {
	return func(*terraform.State) error {
		object := device.REST(http.MethodGet, "/mgmt/tm/"+p.Object+"?expandSubcollections=true", nil)
		for _, property := range p.List {
			got, wanted := at(object, property.Field), want(property)
			if fmt.Sprint(got) != fmt.Sprint(wanted) {
				return fmt.Errorf("%s: on the device %s is %v, want %v", property.Attribute, property.Field, got, wanted)
			}
		}
		return nil
	}
}

// at follows a dotted path; of a list of objects it takes their full paths.
func at(object map[string]any, field string) any {
	var value any = object
	for step := range strings.SplitSeq(field, ".") {
		inner, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = inner[step]
	}
	if list, ok := value.([]any); ok {
		names := []any{}
		for _, element := range list {
			if item, isObject := element.(map[string]any); isObject {
				element = item["name"]
			}
			names = append(names, element)
		}
		return names
	}
	return value
}

// differ is a plan that changes every property.
func (p Properties) differ(address string) plancheck.PlanCheck {
	return everyPropertyDiffers{properties: p, address: address}
}

type everyPropertyDiffers struct {
	properties Properties
	address    string
}

// CheckPlan compares before and after of each property.
func (c everyPropertyDiffers) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != c.address {
			continue
		}
		before, _ := change.Change.Before.(map[string]any)
		after, _ := change.Change.After.(map[string]any)
		for _, property := range c.properties.List {
			if reflect.DeepEqual(before[property.Attribute], after[property.Attribute]) {
				resp.Error = fmt.Errorf("the plan does not change %s: it is %v", property.Attribute, before[property.Attribute])
			}
		}
		return
	}
	resp.Error = fmt.Errorf("the plan has no change of %s", c.address)
}
