package pool

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// BenchmarkAnEmptyPlan is what a pool with five members costs this process in a plan
// that finds nothing to do, by the requests that a CLI makes of it, and what the
// framework alone would cost. How long a device takes to answer is not in it.
func BenchmarkAnEmptyPlan(b *testing.B) {
	ctx := b.Context()
	pool, members := fiveMembers(b)
	w := newWire(b, promptDevice{fakeDevice{pool: pool}, nil})
	config, state := w.dynamic(w.kind, map[string]any{"name": "web", "members": members}), w.dynamic(w.kind, stateOf(members))
	raw, err := json.Marshal(stateOf(members))
	w.must(err, nil)
	requests := []struct {
		name string
		ask  func(tfprotov6.ResourceServer) ([]*tfprotov6.Diagnostic, error)
	}{
		{"validate", func(server tfprotov6.ResourceServer) ([]*tfprotov6.Diagnostic, error) {
			resp, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: config})
			return resp.Diagnostics, err
		}},
		{"upgrade", func(server tfprotov6.ResourceServer) ([]*tfprotov6.Diagnostic, error) {
			resp, err := server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: typeName, RawState: &tfprotov6.RawState{JSON: raw}})
			return resp.Diagnostics, err
		}},
		{"read", func(server tfprotov6.ResourceServer) ([]*tfprotov6.Diagnostic, error) {
			resp, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: state})
			return resp.Diagnostics, err
		}},
		{"plan", func(server tfprotov6.ResourceServer) ([]*tfprotov6.Diagnostic, error) {
			resp, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
				TypeName: typeName, Config: config, PriorState: state, ProposedNewState: state,
			})
			return resp.Diagnostics, err
		}},
	}
	for _, request := range requests {
		for name, server := range map[string]tfprotov6.ResourceServer{"framework": w.framework, "shortcut": w.shortcut} {
			b.Run(request.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					diags, err := request.ask(server)
					w.must(err, diags)
				}
			})
		}
	}
}
