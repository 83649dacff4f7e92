package shortcut

import (
	"bytes"
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// PlanResourceChange is the state, if nothing changes.
func (s *Server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if resp := s.Unchanged(ctx, req); resp != nil {
		return resp, nil
	}
	return s.Framework.PlanResourceChange(ctx, req)
}

// Unchanged is the answer if the CLI finds nothing to change, the defaults of what the
// configuration leaves out are what the state has, and the resource has nothing to add
// or to say. Else it is nil.
func (s *Server) Unchanged(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) *tfprotov6.PlanResourceChangeResponse {
	if req.PriorState == nil || req.ProposedNewState == nil || len(req.PriorPrivate) > 0 ||
		len(req.PriorState.MsgPack) == 0 || !bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack) {
		return nil
	}
	one, kind := s.configured(ctx, req.TypeName)
	planner, ok := one.(resource.ResourceWithModifyPlan)
	if !ok {
		return nil
	}
	state, err := req.PriorState.Unmarshal(kind.object)
	if err != nil || state.IsNull() {
		return nil
	}
	config, err := req.Config.Unmarshal(kind.object)
	if err != nil || !config.IsFullyKnown() || config.IsNull() || !kind.defaults.hold(config, state) {
		return nil
	}
	planned := resource.ModifyPlanResponse{Plan: tfsdk.Plan{Raw: state, Schema: kind.schema}, RequiresReplace: path.Paths{}}
	planner.ModifyPlan(ctx, resource.ModifyPlanRequest{
		Config: tfsdk.Config{Raw: config, Schema: kind.schema},
		Plan:   tfsdk.Plan{Raw: state, Schema: kind.schema},
		State:  tfsdk.State{Raw: state, Schema: kind.schema},
	}, &planned)
	if len(planned.Diagnostics) > 0 || len(planned.RequiresReplace) > 0 || !planned.Plan.Raw.Equal(state) {
		return nil
	}
	identity := req.PriorIdentity
	if identity == nil {
		none, err := tfprotov6.NewDynamicValue(kind.identityType, tftypes.NewValue(kind.identityType, nil))
		if err != nil {
			return nil
		}
		identity = &tfprotov6.ResourceIdentityData{IdentityData: &none}
	}
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.PriorState, PlannedIdentity: identity}
}
