package monitor

import (
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// complete fills in what follows from the configuration, and keeps known what can be
// known. standard is the provider's partition, state nil before a create, kept the
// parent that Read has seen.
func (m *model) complete(config model, standard types.String, state *model, kept []byte) {
	if config.Partition.IsNull() {
		m.Partition = standard
		if state != nil { // another default of the provider does not move a monitor
			m.Partition = state.Partition
		}
	}
	m.ID = types.StringUnknown()
	if !m.Partition.IsUnknown() && !m.Folder.IsUnknown() && !m.Name.IsUnknown() {
		m.ID = types.StringValue(m.path().String())
	}
	if config.DefaultsFrom.IsNull() {
		m.DefaultsFrom = types.StringUnknown()
		if !m.Type.IsUnknown() {
			m.DefaultsFrom = types.StringValue(m.kind().Root().String())
		}
	}
	m.inherit(config, m.parentSeen(state, kept))
	if state != nil {
		m.keepSpelling(*state)
	}
}

// parentSeen is the parent as far as it is known without asking the device; nil if
// it is not.
func (m model) parentSeen(state *model, kept []byte) *ltm.Monitor {
	if m.root() {
		parent := ltm.NewMonitor(m.kind(), m.kind().Root())
		return &parent
	}
	if state == nil || !m.DefaultsFrom.Equal(state.DefaultsFrom) || !m.Type.Equal(state.Type) {
		return nil
	}
	var parent ltm.Monitor
	if err := json.Unmarshal(kept, &parent); err != nil || parent.Path.String() != m.DefaultsFrom.ValueString() {
		return nil
	}
	return &parent
}
