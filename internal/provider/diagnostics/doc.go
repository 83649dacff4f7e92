// Package diagnostics words what the provider tells its users: it turns errors
// of the engine, and the provider's own findings, into Terraform diagnostics.
// Every sentence stands in diagnostics.go, and its test holds the whole text.
//
//	summary   Unable to <verb> <object>
//	detail    which object on which device; what the device said
//	          what the state is now
//	          the way out
//	path      the attribute that is to blame, whenever one is
//
// It decides nothing: what is an error and what a warning is the caller's
// business. It knows no schema beyond the names of the attributes it blames,
// which pools and virtual servers share: partition, name, cutover.
package diagnostics
