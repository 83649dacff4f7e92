package ingress

import (
	"fmt"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Built is what Build wants a partition to have.
type Built struct {
	// Site is all that live had, with what changes. Pools that are in Backends have no
	// Members yet.
	Site ltm.Site
	// Backends are the backends of each pool of the RouteSet, sorted by name, as the
	// pool's mark has them.
	Backends map[ltm.Path][]binding.Backend
	// VirtualServers are those of the owner, by port.
	VirtualServers map[uint16]ltm.Path
	Problems       []Problem // conflicts with other owners
}

// Build says what a partition must have for routes to be served at the address of
// options. live is what it has: the virtual servers at the address, all policies and
// client-ssl profiles with marks, whatever address they serve, with the pools,
// certificates, http profiles and iRules that those refer to, and what has a name
// that Build would give. What belongs to others stays as it is. A RouteSet without
// Servers removes what its owner has at the address, and what nobody needs then.
//
// The error is a *ForeignError.
func Build(routes RouteSet, options Options, live ltm.Site) (Built, error) {
	return Built{Site: live}, nil
}

// ForeignError is an object that is in the way and not ours.
type ForeignError struct {
	Kind   string // "virtual server"
	Path   ltm.Path
	Reason string // a sentence's end: "it listens on 203.0.113.10:443, and has no mark of bigipkube"
}

// Error names the object.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s %s is in the way: %s", e.Kind, e.Path, e.Reason)
}
