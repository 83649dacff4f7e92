package virtualserver

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// model is a bigipkube_virtual_server in configuration, plan and state.
type model struct {
	ID                       types.String `tfsdk:"id"`
	Partition                types.String `tfsdk:"partition"`
	Folder                   types.String `tfsdk:"folder"`
	Name                     types.String `tfsdk:"name"`
	Description              types.String `tfsdk:"description"`
	Destination              types.String `tfsdk:"destination"`
	IPProtocol               types.String `tfsdk:"ip_protocol"`
	Pool                     types.String `tfsdk:"pool"`
	Profiles                 types.Map    `tfsdk:"profiles"`
	SourceAddressTranslation types.Object `tfsdk:"source_address_translation"`
	Persistence              types.String `tfsdk:"persistence"`
	FallbackPersistence      types.String `tfsdk:"fallback_persistence"`
	Enabled                  types.Bool   `tfsdk:"enabled"`
	Further
	Cutover  types.Object   `tfsdk:"cutover"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// translationModel is source_address_translation.
type translationModel struct {
	Type types.String `tfsdk:"type"`
	Pool types.String `tfsdk:"pool"`
}

var translationTypes = map[string]attr.Type{"type": types.StringType, "pool": types.StringType}

// path is where the virtual server is; the error is a name's or partition's.
func (m model) path() (ltm.Path, error) {
	container := m.Partition.ValueString()
	if folder := m.Folder.ValueString(); folder != "" {
		container += "/" + folder
	}
	return ltm.ParsePathIn(container, m.Name.ValueString())
}

// complete fills in what follows from the configuration: partition, where it is
// not configured, and id. A destination that state has in another spelling stays
// as state has it, so that no change is planned that is none. State is nil before
// a create.
func (m *model) complete(configured, standard types.String, state *model) {
	if configured.IsNull() {
		m.Partition = standard
	}
	m.ID = types.StringUnknown()
	if at, err := m.path(); err == nil && !m.Partition.IsUnknown() && !m.Folder.IsUnknown() && !m.Name.IsUnknown() {
		m.ID = types.StringValue(at.String())
	}
	if state != nil && m.Partition.Equal(state.Partition) && sameDestination(m.Partition.ValueString(), m.Destination, state.Destination) {
		m.Destination = state.Destination
	}
}

// desired turns a fully known model into a virtual server. A text that cannot be
// read is an error at its attribute.
func (m model) desired(ctx context.Context) (ltm.VirtualServer, diag.Diagnostics) {
	var diags diag.Diagnostics
	p := parser{diags: &diags}
	vs := ltm.VirtualServer{
		Description:         m.Description.ValueString(),
		IPProtocol:          m.IPProtocol.ValueString(),
		Pool:                p.path(path.Root("pool"), m.Pool),
		Persistence:         p.path(path.Root("persistence"), m.Persistence),
		FallbackPersistence: p.path(path.Root("fallback_persistence"), m.FallbackPersistence),
		Enabled:             m.Enabled.ValueBool(),
	}
	var err error
	if vs.Path, err = m.path(); err != nil {
		p.invalid(path.Root("name"), err)
	}
	if vs.Destination, err = ltm.ParseDestination(m.Partition.ValueString(), m.Destination.ValueString()); err != nil {
		p.invalid(path.Root("destination"), err)
	}
	vs.Profiles = p.profiles(ctx, m.Profiles)
	m.apply(p, &vs)
	vs.SourceAddressTranslation = p.translation(ctx, m.SourceAddressTranslation)
	return vs, diags
}

// observe takes over what the device has. What m said stays as it was spelled
// where it still means the same. Cutover and timeouts are not the device's.
func (m *model) observe(vs ltm.VirtualServer) {
	m.ID = types.StringValue(vs.Path.String())
	m.Partition = types.StringValue(vs.Path.Partition)
	m.Folder = textOrNull(vs.Path.Folder, types.StringNull())
	m.Name = types.StringValue(vs.Path.Name)
	m.Description = textOrNull(vs.Description, m.Description)
	m.Destination = spellDestination(vs, m.Destination)
	m.IPProtocol = types.StringValue(vs.IPProtocol)
	m.Pool = pathOrNull(vs.Pool)
	m.Profiles = profilesValue(vs.Profiles)
	m.SourceAddressTranslation = types.ObjectValueMust(translationTypes, map[string]attr.Value{
		"type": types.StringValue(vs.SourceAddressTranslation.Type),
		"pool": pathOrNull(vs.SourceAddressTranslation.Pool),
	})
	m.Persistence = pathOrNull(vs.Persistence)
	m.FallbackPersistence = pathOrNull(vs.FallbackPersistence)
	m.Enabled = types.BoolValue(vs.Enabled)
	m.Further.observe(vs)
}

// spellDestination returns the user's words if they mean vs's destination, and
// else the shortest that do.
func spellDestination(vs ltm.VirtualServer, users types.String) types.String {
	if sameDestination(vs.Path.Partition, users, types.StringValue(vs.Destination.String())) {
		return users
	}
	if vs.Destination.Partition == vs.Path.Partition && vs.Destination.Folder == "" {
		return types.StringValue(vs.Destination.HostPort())
	}
	return types.StringValue(vs.Destination.String())
}

// sameDestination tells that two texts mean the same destination in a partition.
func sameDestination(partition string, a, b types.String) bool {
	parsedA, errA := ltm.ParseDestination(partition, a.ValueString())
	parsedB, errB := ltm.ParseDestination(partition, b.ValueString())
	return errA == nil && errB == nil && parsedA == parsedB
}

// textOrNull returns null for "", unless the user wrote "".
func textOrNull(text string, users types.String) types.String {
	if text == "" && users.ValueString() == "" && !users.IsUnknown() {
		return users
	}
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

func pathOrNull(p ltm.Path) types.String {
	if p.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(p.String())
}

func profilesValue(profiles []ltm.Profile) types.Map {
	elements := make(map[string]attr.Value, len(profiles))
	for _, profile := range profiles {
		elements[profile.Path.String()] = types.StringValue(string(profile.Context))
	}
	return types.MapValueMust(types.StringType, elements)
}

// parser reads attributes and collects what is wrong with them.
type parser struct{ diags *diag.Diagnostics }

func (p parser) invalid(at path.Path, err error) {
	p.diags.Append(diagnostics.Invalid(at, "Invalid value", err.Error()))
}

// path reads a full path; null and "" are none.
func (p parser) path(at path.Path, text basetypes.StringValue) ltm.Path {
	if text.ValueString() == "" {
		return ltm.Path{}
	}
	parsed, err := ltm.ParsePath(text.ValueString())
	if err != nil {
		p.invalid(at, err)
	}
	return parsed
}

func (p parser) profiles(ctx context.Context, value types.Map) []ltm.Profile {
	if value.IsNull() || value.IsUnknown() {
		return nil
	}
	var contexts map[string]string
	p.diags.Append(value.ElementsAs(ctx, &contexts, false)...)
	profiles := make([]ltm.Profile, 0, len(contexts))
	for _, name := range slices.Sorted(maps.Keys(contexts)) {
		parsed, err := ltm.ParsePath(name)
		if err != nil {
			p.invalid(path.Root("profiles").AtMapKey(name), err)
			continue
		}
		profiles = append(profiles, ltm.Profile{Path: parsed, Context: ltm.ProfileContext(contexts[name])})
	}
	ltm.SortProfiles(profiles)
	return profiles
}

func (p parser) translation(ctx context.Context, value types.Object) ltm.SourceAddressTranslation {
	if value.IsNull() || value.IsUnknown() {
		return ltm.SourceAddressTranslation{Type: translationNone}
	}
	var m translationModel
	p.diags.Append(value.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	return ltm.SourceAddressTranslation{
		Type: m.Type.ValueString(),
		Pool: p.path(path.Root("source_address_translation").AtName("pool"), m.Pool),
	}
}
