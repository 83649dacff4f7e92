// Package providerdata is what the provider hands to its resources and data
// sources once it is configured: the ports of the engine and a few defaults.
// It builds nothing; provider.go does. Types embed Resource or DataSource to
// get it.
package providerdata

import (
	"cmp"
	"context"
	"sync"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Data is the configured provider.
type Data struct {
	// Device is the BIG-IP. Never nil once Configure has succeeded.
	Device engine.Device
	// Profiles tells of what types the device's profiles are, which virtual servers do not.
	Profiles Profiles
	// Reads is how Read looks at the BIG-IP, and nothing else does.
	Reads engine.Refresher
	// Source is Kubernetes. Nil when no kubernetes setting is there: static
	// pools and virtual servers need none.
	Source engine.Source
	// Routes is Kubernetes too, for what routes are made from. Nil when Source is.
	Routes Routes
	// Committer makes what was written last; nil where nothing does.
	Committer engine.Committer
	// DeviceName is the user's name for the device or the pair: `device_name`, else
	// the address, or the first of `addresses`. It does not change with a failover,
	// as Device.Name does.
	DeviceName string
	// Checker asks what neither of the two knows, for the check of a cutover.
	Checker engine.Checker
	// Partition is where objects go that do not name one.
	Partition string
	// TrafficWarnings tells that a plan warns of live traffic that it moves.
	TrafficWarnings bool

	observed sync.Map // a set of object: see Observe
}

// Profiles finds those of the paths that are profiles of a type, sorted. What is not there
// is left out.
type Profiles interface {
	ProfilesOf(ctx context.Context, kind ltm.ProfileType, paths []ltm.Path) ([]ltm.Path, error)
}

// Routes reads what routes are made from. What does not exist is no error, and not in
// the Objects. The key pairs are those of the Secrets in them that can be used, by the
// checksums; certificates are Secrets to read beside those that the objects name. Errors
// match engine.ErrSource.
type Routes interface {
	Routes(ctx context.Context, bound binding.Object, beside ingress.Beside) (ingress.Objects, map[ltm.Certificate]ltm.KeyPair, error)
}

// Identity is the device in the identity of an object: its name, else how the
// user reaches it.
func (d *Data) Identity() string { return cmp.Or(d.DeviceName, d.Device.Name()) }

// Observe notes that this run has read an object, by its kind and path. A plan
// has: it refreshes first. An apply makes the same plan once more, and has not.
func (d *Data) Observe(kind string, at ltm.Path) { d.observed.Store(object{kind, at}, true) }

// Observed tells whether this run has read the object.
func (d *Data) Observed(kind string, at ltm.Path) bool {
	_, ok := d.observed.Load(object{kind, at})
	return ok
}

type object struct {
	kind string
	at   ltm.Path
}
