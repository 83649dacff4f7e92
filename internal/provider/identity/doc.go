// Package identity is how Terraform (1.12 and later, and OpenTofu 1.12) tells the
// objects of this provider apart: by device, partition, folder and name. It is
// the same for all resource types but bigipkube_ingress, which is many objects, and
// whose own identity has the same Place; older CLIs do not ask for it.
//
// A type takes part with
//
//	func (r *thing) IdentitySchema(…) { resp.IdentitySchema = identity.Schema("thing") }
//	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, at)...)  // in Create, Read, Update
//	at, diags := identity.Imported(ctx, "thing", req, resp, r.Data)           // in ImportState
//
// and with ResourceBehavior.MutableIdentity in its Metadata: the name that a user
// gives to a device may change, and nothing else does then. Read sets the
// identity before it asks the device: the framework wants one even of an object
// that turns out to be gone, and states of older CLIs have none.
package identity
