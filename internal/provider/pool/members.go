package pool

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// memberModel is one element of members; its key is the member's.
type memberModel struct {
	Ratio            types.Int64  `tfsdk:"ratio"`
	PriorityGroup    types.Int64  `tfsdk:"priority_group"`
	ConnectionLimit  types.Int64  `tfsdk:"connection_limit"`
	RateLimit        types.Int64  `tfsdk:"rate_limit"`
	Monitors         types.Set    `tfsdk:"monitors"`
	MonitorsRequired types.Int64  `tfsdk:"monitors_required"`
	Session          types.String `tfsdk:"session"`
	Description      types.String `tfsdk:"description"`
	Backend          types.String `tfsdk:"backend"`
	Pod              types.String `tfsdk:"pod"`
}

func memberType() types.ObjectType { return memberObject }

var memberObject = types.ObjectType{AttrTypes: map[string]attr.Type{
	"ratio":            types.Int64Type,
	"priority_group":   types.Int64Type,
	"connection_limit": types.Int64Type,
	"rate_limit":       types.Int64Type,

	"monitors":          types.SetType{ElemType: types.StringType},
	"monitors_required": types.Int64Type,

	"session":     types.StringType,
	"description": types.StringType,
	"backend":     types.StringType,
	"pod":         types.StringType,
}}

func membersValue(members map[string]memberModel) (types.Map, diag.Diagnostics) {
	elements := make(map[string]attr.Value, len(members))
	var diags diag.Diagnostics
	for key, member := range members {
		object, d := types.ObjectValue(memberType().AttrTypes, structs.Encode(member))
		diags.Append(d...)
		elements[key] = object
	}
	value, d := types.MapValue(memberType(), elements)
	diags.Append(d...)
	return value, diags
}

// decodeMembers reads a wholly known map; null is an empty one.
func decodeMembers(ctx context.Context, value types.Map) (map[string]memberModel, diag.Diagnostics) {
	members := map[string]memberModel{}
	if value.IsNull() || value.IsUnknown() {
		return members, nil
	}
	var diags diag.Diagnostics
	for key, element := range value.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsNull() || object.IsUnknown() { // the framework words why that is no member
			return members, value.ElementsAs(ctx, &members, false)
		}
		var member memberModel
		diags.Append(structs.Decode(object, &member)...)
		members[key] = member
	}
	return members, diags
}

// memberModels is what the device has. On a bound pool the description of a
// member of ours is a mark: it becomes backend and pod.
func memberModels(members []ltm.Member, bound bool, before types.Map) map[string]memberModel {
	models := make(map[string]memberModel, len(members))
	for _, member := range members {
		words, backend, pod := member.Description, types.StringNull(), types.StringNull()
		if bound {
			text, mark, found, err := binding.ParseMember(member.Description)
			if found && err == nil {
				words, backend = text, types.StringValue(backendName(mark.Backend, mark.Service))
				pod = stringOrNull(mark.Pod)
			}
		}
		key := member.Key.String()
		monitors, required := monitorsValue(member.Monitors)
		models[key] = memberModel{
			Ratio:            types.Int64Value(int64(member.Ratio)),
			PriorityGroup:    types.Int64Value(int64(member.PriorityGroup)),
			ConnectionLimit:  types.Int64Value(int64(member.ConnectionLimit)),
			RateLimit:        types.Int64Value(int64(member.RateLimit)),
			Monitors:         monitors,
			MonitorsRequired: required,
			Session:          types.StringValue(string(member.Session)),
			Description:      textValue(words, descriptionBefore(before, key)),
			Backend:          backend,
			Pod:              pod,
		}
	}
	return models
}

func descriptionBefore(before types.Map, key string) types.String {
	object, ok := before.Elements()[key].(types.Object)
	if !ok {
		return types.StringNull()
	}
	text, ok := object.Attributes()["description"].(types.String)
	if !ok {
		return types.StringNull()
	}
	return text
}

// ltmMembers is the inverse of memberModels for members without a mark.
func ltmMembers(models map[string]memberModel) ([]ltm.Member, diag.Diagnostics) {
	var diags diag.Diagnostics
	members := make([]ltm.Member, 0, len(models))
	for text, m := range models {
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			diags.Append(diagnostics.Invalid(path.Root("members").AtMapKey(text), "Not an address and a port", err.Error()))
			continue
		}
		members = append(members, ltm.Member{
			Key:             key,
			Description:     m.Description.ValueString(),
			Ratio:           int(m.Ratio.ValueInt64()),
			PriorityGroup:   int(m.PriorityGroup.ValueInt64()),
			ConnectionLimit: int(m.ConnectionLimit.ValueInt64()),
			RateLimit:       int(m.RateLimit.ValueInt64()),
			Monitors:        ownMonitors(m.Monitors, m.MonitorsRequired),
			Session:         ltm.Session(m.Session.ValueString()),
		})
	}
	ltm.SortMembers(members)
	return members, diags
}

// foreign are the members that no backend has.
func foreign(models map[string]memberModel) map[string]memberModel {
	others := map[string]memberModel{}
	for key, m := range models {
		if m.Backend.IsNull() {
			others[key] = m
		}
	}
	return others
}

// owned are the members that backends have, with their marks, as the device has them.
func owned(models map[string]memberModel, backends []engine.Backend) ([]ltm.Member, diag.Diagnostics) {
	ours := map[string]memberModel{}
	for key, m := range models {
		for _, backend := range backends {
			if m.Backend.ValueString() == backend.Name {
				m.Description = types.StringValue(engine.MemberMark(backend, m.Pod.ValueString()))
				ours[key] = m
			}
		}
	}
	return ltmMembers(ours)
}

// withoutOrigin sets backend and pod of configured members to null: nothing
// computes them. Members that are not known yet stay so.
func withoutOrigin(members types.Map) (types.Map, diag.Diagnostics) {
	if members.IsNull() || members.IsUnknown() {
		return members, nil
	}
	elements := make(map[string]attr.Value, len(members.Elements()))
	var diags diag.Diagnostics
	for key, element := range members.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsNull() || object.IsUnknown() {
			elements[key] = element
			continue
		}
		attributes := object.Attributes()
		attributes["backend"], attributes["pod"] = types.StringNull(), types.StringNull()
		fixed, d := types.ObjectValue(memberType().AttrTypes, attributes)
		diags.Append(d...)
		elements[key] = fixed
	}
	fixed, d := types.MapValue(memberType(), elements)
	diags.Append(d...)
	return fixed, diags
}

func backendName(name, service string) string {
	if name == "" {
		return service
	}
	return name
}

func stringOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
