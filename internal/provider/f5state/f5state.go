package f5state

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/identity"
)

// The types of F5's provider that there is a mover for.
const (
	Pool          = "bigip_ltm_pool"
	VirtualServer = "bigip_ltm_virtual_server"
	Monitor       = "bigip_ltm_monitor"
)

// address is the end of the address of F5's provider, in any registry.
const address = "/f5networks/bigip"

// Source is what a state of F5's provider says. Only texts are read.
type Source struct {
	Path   ltm.Path
	Parent ltm.Path // of a monitor: "/Common/http" is the kind http; zero if there is none
}

// Fill sets attributes beside id, partition and name, those that Read needs.
type Fill func(ctx context.Context, source Source, state *tfsdk.State) diag.Diagnostics

// Mover moves a state of a type of F5's provider. fill may be nil.
func Mover(sourceType string, fill Fill) resource.StateMover {
	return resource.StateMover{StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		if req.SourceTypeName != sourceType || !strings.HasSuffix(strings.ToLower(req.SourceProviderAddress), address) {
			return // not ours to move: the framework tells, unless another mover takes it
		}
		source, diags := read(sourceType, req)
		resp.Diagnostics.Append(diags...)
		if diags.HasError() {
			return
		}
		resp.Diagnostics.Append(identity.Begin(ctx, &resp.TargetState, source.Path)...)
		if fill != nil {
			resp.Diagnostics.Append(fill(ctx, source, &resp.TargetState)...)
		}
	}}
}

// MonitorMover moves a bigip_ltm_monitor. Its parent is the built-in monitor of its
// type, such as /Common/http; a type that is not among types is refused.
func MonitorMover(types ...string) resource.StateMover {
	return Mover(Monitor, func(ctx context.Context, source Source, state *tfsdk.State) diag.Diagnostics {
		if !slices.Contains(types, source.Parent.Name) {
			return diag.Diagnostics{diagnostics.MovedMonitorType(source.Path.String(), source.Parent.Name, types)}
		}
		return state.SetAttribute(ctx, path.Root("type"), source.Parent.Name)
	})
}

// read takes name and parent out of the raw state. Values of other types are
// left alone: a later version may change them.
func read(sourceType string, req resource.MoveStateRequest) (Source, diag.Diagnostics) {
	var raw struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Parent string `json:"parent"`
	}
	if req.SourceRawState != nil {
		if err := json.Unmarshal(req.SourceRawState.JSON, &raw); err != nil {
			return Source{}, diag.Diagnostics{diagnostics.MovedWithoutName(sourceType, "")}
		}
	}
	name := cmp.Or(raw.Name, raw.ID)
	at, err := ltm.ParsePath(name)
	if err != nil {
		return Source{}, diag.Diagnostics{diagnostics.MovedWithoutName(sourceType, name)}
	}
	source := Source{Path: at}
	if parent, err := ltm.ParsePath(raw.Parent); err == nil {
		source.Parent = parent
	}
	return source, nil
}
