// Package providerdata is what the provider hands to its resources and data
// sources once it is configured: the ports of the engine and a few defaults.
// It builds nothing; provider.go does. Types embed Resource or DataSource to
// get it.
package providerdata

import (
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// Data is the configured provider.
type Data struct {
	// Device is the BIG-IP. Never nil once Configure has succeeded.
	Device engine.Device
	// Reads is how Read looks at the BIG-IP, and nothing else does.
	Reads engine.Refresher
	// Source is Kubernetes. Nil when no kubernetes setting is there: static
	// pools and virtual servers need none.
	Source engine.Source
	// Checker asks what neither of the two knows, for the check of a cutover.
	Checker engine.Checker
	// Partition is where objects go that do not name one.
	Partition string
}
