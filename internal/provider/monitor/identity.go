package monitor

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/f5state"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/identity"
)

// kind is the word for the object in messages.
const kind = "monitor"

// IdentitySchema is what Terraform 1.12 and later tell a monitor by.
func (r *monitorResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identity.Schema(kind)
}

// MoveState adopts the monitor of a bigip_ltm_monitor.
func (r *monitorResource) MoveState(context.Context) []resource.StateMover {
	var types []string
	for _, kind := range ltm.MonitorTypes() {
		types = append(types, string(kind))
	}
	return []resource.StateMover{f5state.MonitorMover(types...)}
}
