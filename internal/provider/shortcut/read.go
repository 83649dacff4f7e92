package shortcut

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ReadResource is the resource's Read. With private data, as right after an import,
// it is the framework's.
func (s *Server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	one, kind := s.configured(ctx, req.TypeName)
	if one == nil || len(req.Private) > 0 {
		return s.Framework.ReadResource(ctx, req)
	}
	state, err := req.CurrentState.Unmarshal(kind.object)
	if err != nil || state.IsNull() {
		return s.Framework.ReadResource(ctx, req)
	}
	identity := tftypes.NewValue(kind.identityType, nil)
	if req.CurrentIdentity != nil {
		if identity, err = req.CurrentIdentity.IdentityData.Unmarshal(kind.identityType); err != nil {
			return s.Framework.ReadResource(ctx, req)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.stopped, cancel)() //nolint:contextcheck // the other one that ends it
	read := resource.ReadResponse{
		State:    tfsdk.State{Raw: state, Schema: kind.schema},
		Identity: &tfsdk.ResourceIdentity{Raw: identity, Schema: kind.identity},
	}
	one.Read(ctx, resource.ReadRequest{
		State:    tfsdk.State{Raw: state, Schema: kind.schema},
		Identity: &tfsdk.ResourceIdentity{Raw: identity, Schema: kind.identity},
	}, &read)
	resp := &tfprotov6.ReadResourceResponse{Diagnostics: diagnosed(read.Diagnostics)}
	newState, err := tfprotov6.NewDynamicValue(kind.object, read.State.Raw)
	if err != nil {
		return nil, err
	}
	newIdentity, err := tfprotov6.NewDynamicValue(kind.identityType, read.Identity.Raw)
	if err != nil {
		return nil, err
	}
	resp.NewState, resp.NewIdentity = &newState, &tfprotov6.ResourceIdentityData{IdentityData: &newIdentity}
	return resp, nil
}

// diagnosed is the protocol's form of diagnostics.
func diagnosed(diags diag.Diagnostics) []*tfprotov6.Diagnostic {
	var all []*tfprotov6.Diagnostic
	for _, d := range diags {
		one := &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: d.Summary(), Detail: d.Detail()}
		if d.Severity() == diag.SeverityWarning {
			one.Severity = tfprotov6.DiagnosticSeverityWarning
		}
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			one.Attribute = attribute(at.Path())
		}
		all = append(all, one)
	}
	return all
}

// attribute is the protocol's form of a path. No type has an element that only its
// value tells: there are no nested sets.
func attribute(at path.Path) *tftypes.AttributePath {
	var steps []tftypes.AttributePathStep
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case path.PathStepAttributeName:
			steps = append(steps, tftypes.AttributeName(step))
		case path.PathStepElementKeyString:
			steps = append(steps, tftypes.ElementKeyString(step))
		case path.PathStepElementKeyInt:
			steps = append(steps, tftypes.ElementKeyInt(step))
		}
	}
	return tftypes.NewAttributePathWithSteps(steps)
}
