package virtualserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
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
	p := serverattr.Parser{Diags: &diags}
	vs := ltm.VirtualServer{
		Description:         m.Description.ValueString(),
		IPProtocol:          m.IPProtocol.ValueString(),
		Pool:                p.Path(path.Root("pool"), m.Pool),
		Persistence:         p.Path(path.Root("persistence"), m.Persistence),
		FallbackPersistence: p.Path(path.Root("fallback_persistence"), m.FallbackPersistence),
		Enabled:             m.Enabled.ValueBool(),
	}
	var err error
	if vs.Path, err = m.path(); err != nil {
		p.Invalid(path.Root("name"), err)
	}
	if vs.Destination, err = ltm.ParseDestination(m.Partition.ValueString(), m.Destination.ValueString()); err != nil {
		p.Invalid(path.Root("destination"), err)
	}
	vs.Profiles = p.Profiles(ctx, m.Profiles)
	m.apply(p, &vs)
	vs.SourceAddressTranslation = parseTranslation(ctx, p, m.SourceAddressTranslation)
	return vs, diags
}

// observe takes over what the device has. What m said stays as it was spelled
// where it still means the same. Cutover and timeouts are not the device's.
func (m *model) observe(vs ltm.VirtualServer) {
	m.ID = types.StringValue(vs.Path.String())
	m.Partition = types.StringValue(vs.Path.Partition)
	m.Folder = serverattr.TextOrNull(vs.Path.Folder, types.StringNull())
	m.Name = types.StringValue(vs.Path.Name)
	m.Description = serverattr.TextOrNull(vs.Description, m.Description)
	m.Destination = spellDestination(vs, m.Destination)
	m.IPProtocol = types.StringValue(vs.IPProtocol)
	m.Pool = serverattr.PathOrNull(vs.Pool)
	m.Profiles = serverattr.ProfilesValue(vs.Profiles)
	m.SourceAddressTranslation = types.ObjectValueMust(translationTypes, map[string]attr.Value{
		"type": types.StringValue(vs.SourceAddressTranslation.Type),
		"pool": serverattr.PathOrNull(vs.SourceAddressTranslation.Pool),
	})
	m.Persistence = serverattr.PathOrNull(vs.Persistence)
	m.FallbackPersistence = serverattr.PathOrNull(vs.FallbackPersistence)
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

func parseTranslation(ctx context.Context, p serverattr.Parser, value types.Object) ltm.SourceAddressTranslation {
	if value.IsNull() || value.IsUnknown() {
		return ltm.SourceAddressTranslation{Type: translationNone}
	}
	var m translationModel
	p.Diags.Append(value.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	return ltm.SourceAddressTranslation{
		Type: m.Type.ValueString(),
		Pool: p.Path(path.Root("source_address_translation").AtName("pool"), m.Pool),
	}
}
