// Package providerdata is what the provider hands to its resources and data
// sources once it is configured: the two ports of the engine and a few defaults.
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
	// Source is Kubernetes. Nil when no kubernetes setting is there: static
	// pools and virtual servers need none.
	Source engine.Source
	// Committer makes what was written last; nil where nothing does.
	Committer engine.Committer
	// DeviceName is the user's name for the device or the pair: `device_name`, else
	// the address, or the first of `addresses`. It does not change with a failover.
	DeviceName string
	// Checker asks what neither of the two knows, for the check of a cutover.
	Checker engine.Checker
	// Partition is where objects go that do not name one.
	Partition string
}
