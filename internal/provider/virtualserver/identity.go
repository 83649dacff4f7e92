package virtualserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/f5state"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/identity"
)

// kind is the word for the object in messages.
const kind = "virtual server"

// IdentitySchema is what Terraform 1.12 and later tell a virtual server by.
func (r *virtualServer) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identity.Schema(kind)
}

// MoveState adopts the virtual server of a bigip_ltm_virtual_server.
func (r *virtualServer) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{f5state.Mover(f5state.VirtualServer, nil)}
}
