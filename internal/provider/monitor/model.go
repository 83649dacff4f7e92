package monitor

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// model is a bigipkube_monitor in configuration, plan and state. The password is
// in the configuration alone.
type model struct {
	ID                types.String `tfsdk:"id"`
	Type              types.String `tfsdk:"type"`
	Partition         types.String `tfsdk:"partition"`
	Folder            types.String `tfsdk:"folder"`
	Name              types.String `tfsdk:"name"`
	Description       types.String `tfsdk:"description"`
	DefaultsFrom      types.String `tfsdk:"defaults_from"`
	Destination       types.String `tfsdk:"destination"`
	Interval          types.Int64  `tfsdk:"interval"`
	Timeout           types.Int64  `tfsdk:"timeout"`
	TimeUntilUp       types.Int64  `tfsdk:"time_until_up"`
	UpInterval        types.Int64  `tfsdk:"up_interval"`
	Send              types.String `tfsdk:"send"`
	Receive           types.String `tfsdk:"receive"`
	ReceiveDisable    types.String `tfsdk:"receive_disable"`
	Reverse           types.Bool   `tfsdk:"reverse"`
	Transparent       types.Bool   `tfsdk:"transparent"`
	ManualResume      types.Bool   `tfsdk:"manual_resume"`
	SSLProfile        types.String `tfsdk:"ssl_profile"`
	Username          types.String `tfsdk:"username"`
	ShutdownDelay     types.String `tfsdk:"shutdown_delay"` // not on the device
	PasswordWO        types.String `tfsdk:"password_wo"`
	PasswordWOVersion types.Int64  `tfsdk:"password_wo_version"`
}

// path is where the monitor is on the device.
func (m model) path() ltm.Path {
	return ltm.Path{Partition: m.Partition.ValueString(), Folder: m.Folder.ValueString(), Name: m.Name.ValueString()}
}

func (m model) kind() ltm.MonitorType { return ltm.MonitorType(m.Type.ValueString()) }

// root tells that the parent is the built-in monitor of the type, whose values are
// known without asking.
func (m model) root() bool {
	return !m.Type.IsUnknown() && m.DefaultsFrom.ValueString() == m.kind().Root().String()
}

// inherited are the attributes that come from the parent where they are not
// configured, always in the same order.
func (m *model) inherited() []inheritable {
	return []inheritable{
		textOf(&m.Destination), numberOf(&m.Interval), numberOf(&m.Timeout), numberOf(&m.TimeUntilUp), numberOf(&m.UpInterval),
		textOf(&m.Send), textOf(&m.Receive), textOf(&m.ReceiveDisable), flagOf(&m.Reverse), flagOf(&m.Transparent), flagOf(&m.ManualResume),
		textOf(&m.SSLProfile), textOf(&m.Username),
	}
}

// inheritable is one attribute of a model.
type inheritable struct {
	get     func() attr.Value
	set     func(from inheritable)
	unknown func()
}

func textOf(value *types.String) inheritable  { return attribute(value, types.StringUnknown()) }
func numberOf(value *types.Int64) inheritable { return attribute(value, types.Int64Unknown()) }
func flagOf(value *types.Bool) inheritable    { return attribute(value, types.BoolUnknown()) }

func attribute[T attr.Value](value *T, unknown T) inheritable {
	return inheritable{
		get: func() attr.Value { return *value },
		set: func(from inheritable) {
			if typed, ok := from.get().(T); ok {
				*value = typed
			}
		},
		unknown: func() { *value = unknown },
	}
}

// inherit gives the attributes that config leaves out the parent's values. A nil
// parent is not known yet.
func (m *model) inherit(config model, parent *ltm.Monitor) {
	var from model
	if parent != nil {
		from.observe(*parent)
	}
	configured, values := config.inherited(), from.inherited()
	for i, attribute := range m.inherited() {
		switch {
		case !configured[i].get().IsNull():
		case parent == nil:
			attribute.unknown()
		default:
			attribute.set(values[i])
		}
	}
}

// fill gives what the plan could not know the parent's values.
func (m *model) fill(parent ltm.Monitor) {
	var from model
	from.observe(parent)
	values := from.inherited()
	for i, attribute := range m.inherited() {
		if attribute.get().IsUnknown() {
			attribute.set(values[i])
		}
	}
}

// keepSpelling takes over what state spells otherwise and means the same, so that no
// change is planned that is none.
func (m *model) keepSpelling(state model) {
	for _, one := range []struct {
		plan  *types.String
		state types.String
		same  func(a, b string) bool
	}{
		{&m.Send, state.Send, sameText},
		{&m.Receive, state.Receive, sameText},
		{&m.ReceiveDisable, state.ReceiveDisable, sameText},
		{&m.Destination, state.Destination, sameAlias},
	} {
		if !one.plan.IsUnknown() && !one.plan.IsNull() && !one.state.IsNull() && one.same(one.plan.ValueString(), one.state.ValueString()) {
			*one.plan = one.state
		}
	}
}

func sameText(a, b string) bool { return ltm.EscapeLines(a) == ltm.EscapeLines(b) }

func sameAlias(a, b string) bool {
	first, errA := ltm.ParseMonitorAlias(a)
	second, errB := ltm.ParseMonitorAlias(b)
	return errA == nil && errB == nil && first == second
}

// desired turns a fully known model into a monitor.
func (m model) desired() (ltm.Monitor, diag.Diagnostics) {
	var diags diag.Diagnostics
	invalid := func(attribute string, err error) {
		if err != nil {
			diags.Append(diagnostics.Invalid(path.Root(attribute), "Invalid value", err.Error()))
		}
	}
	monitor := ltm.Monitor{
		Path: m.path(), Type: m.kind(), Description: m.Description.ValueString(),
		Interval: int(m.Interval.ValueInt64()), Timeout: int(m.Timeout.ValueInt64()),
		TimeUntilUp: int(m.TimeUntilUp.ValueInt64()), UpInterval: int(m.UpInterval.ValueInt64()),
		Send: ltm.EscapeLines(m.Send.ValueString()), Receive: ltm.EscapeLines(m.Receive.ValueString()),
		ReceiveDisable: ltm.EscapeLines(m.ReceiveDisable.ValueString()),
		Reverse:        m.Reverse.ValueBool(), Transparent: m.Transparent.ValueBool(), ManualResume: m.ManualResume.ValueBool(),
		Username: m.Username.ValueString(),
	}
	var err error
	monitor.DefaultsFrom, err = optionalPath(m.DefaultsFrom)
	invalid("defaults_from", err)
	monitor.SSLProfile, err = optionalPath(m.SSLProfile)
	invalid("ssl_profile", err)
	monitor.Destination, err = ltm.ParseMonitorAlias(m.Destination.ValueString())
	invalid("destination", err)
	return monitor, diags
}

// observe takes over what the device has. What m said stays as it was spelled where
// it still means the same.
func (m *model) observe(monitor ltm.Monitor) {
	m.ID = types.StringValue(monitor.Path.String())
	m.Type = types.StringValue(string(monitor.Type))
	m.Partition = types.StringValue(monitor.Path.Partition)
	m.Folder = textOrNull(monitor.Path.Folder, types.StringNull())
	m.Name = types.StringValue(monitor.Path.Name)
	m.Description = textOrNull(monitor.Description, m.Description)
	if monitor.DefaultsFrom.IsZero() { // a built-in one
		monitor.DefaultsFrom = monitor.Type.Root()
	}
	m.DefaultsFrom = types.StringValue(monitor.DefaultsFrom.String())
	if m.Destination.IsNull() || !sameAlias(m.Destination.ValueString(), monitor.Destination.String()) {
		m.Destination = types.StringValue(monitor.Destination.String())
	}
	m.Interval = types.Int64Value(int64(monitor.Interval))
	m.Timeout = types.Int64Value(int64(monitor.Timeout))
	m.TimeUntilUp = types.Int64Value(int64(monitor.TimeUntilUp))
	m.UpInterval = types.Int64Value(int64(monitor.UpInterval))
	m.Send = textOrNull(ltm.UnescapeLines(monitor.Send), m.Send)
	m.Receive = textOrNull(monitor.Receive, m.Receive)
	m.ReceiveDisable = textOrNull(monitor.ReceiveDisable, m.ReceiveDisable)
	m.Reverse = types.BoolValue(monitor.Reverse)
	m.Transparent = types.BoolValue(monitor.Transparent)
	m.ManualResume = types.BoolValue(monitor.ManualResume)
	m.SSLProfile = textOrNull(monitor.SSLProfile.String(), types.StringNull())
	m.Username = textOrNull(monitor.Username, m.Username)
	m.PasswordWO = types.StringNull()
}

// textOrNull is a text of the device: in the user's spelling if that means the same,
// and null if there is none and the user has not written "".
func textOrNull(text string, users types.String) types.String {
	switch {
	case !users.IsNull() && !users.IsUnknown() && sameText(users.ValueString(), text):
		return users
	case text == "":
		return types.StringNull()
	default:
		return types.StringValue(text)
	}
}

func optionalPath(text types.String) (ltm.Path, error) {
	if text.ValueString() == "" {
		return ltm.Path{}, nil
	}
	return ltm.ParsePath(text.ValueString())
}
