package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Source is a Kubernetes cluster, or several.
type Source interface {
	// Snapshot reads what a Ref needs. A Service that isn't there is no error:
	// Snapshot.Found is false. Errors match ErrSource.
	Snapshot(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error)
}

// Checker asks what neither cluster nor device knows.
type Checker interface {
	// Check returns nil if the answer is good, and else why it is not.
	Check(ctx context.Context, check cutover.Check) error
}

// Device is a BIG-IP, or a pair of them.
type Device interface {
	Pools
	VirtualServers
	Monitors
	Sites
	// Status reads whether the device serves, and whether its pair is in sync.
	Status(ctx context.Context) (DeviceStatus, error)
	// Save writes the running configuration of all partitions to the device's disk.
	Save(ctx context.Context) error
	// Name is how the user knows the device, for messages: its address.
	Name() string
}

// Refresher reads for a refresh, where many reads come at the same time: they may
// be answered together, and be as old as the refresh, but never older than a change
// that this process made. A run reads from its Device.
type Refresher interface {
	Pool(ctx context.Context, path ltm.Path) (ltm.Pool, error)
	VirtualServer(ctx context.Context, path ltm.Path) (ltm.VirtualServer, error)
	Monitor(ctx context.Context, kind ltm.MonitorType, path ltm.Path) (ltm.Monitor, error)
	VirtualServersIn(ctx context.Context, partition string) ([]ltm.VirtualServer, error)
	Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error)
}

// DeviceStatus is what a device tells about itself and its pair.
type DeviceStatus struct {
	Active bool   // it serves: "ACTIVE"; a device of its own always does
	InSync bool   // nothing waits for a config sync but changes of this process; a device of its own is always in sync
	Text   string // the device's words: "ACTIVE, In Sync", "STANDBY, Changes Pending"
}

// Pools reads and writes pools. Reads return what the device has now, canonical
// and sorted. Errors match one of the kinds below and carry a *DeviceError.
type Pools interface {
	// Pool reads a pool with its members in one request.
	Pool(ctx context.Context, path ltm.Path) (ltm.Pool, error)
	// PoolsIn reads all pools of a partition, its folders included, page by page.
	PoolsIn(ctx context.Context, partition string) ([]ltm.Pool, error)
	// PoolDescription reads the description of a pool and nothing else.
	PoolDescription(ctx context.Context, path ltm.Path) (string, error)
	// PoolDescriptions reads those of all pools of a partition, its folders
	// included, page by page.
	PoolDescriptions(ctx context.Context, partition string) (map[ltm.Path]string, error)
	// PoolStatus reads availability and connections of a pool as a whole.
	PoolStatus(ctx context.Context, path ltm.Path) (ltm.PoolStatus, error)
	// MemberStatus reads health, reason and connections of a pool's members.
	MemberStatus(ctx context.Context, path ltm.Path) ([]ltm.MemberStatus, error)
	// CreatePool makes a pool with its members in one request.
	CreatePool(ctx context.Context, pool ltm.Pool) error
	// ApplyPool writes a change set in the cheapest way: settings, then adds,
	// then modifications (together, atomically), then removals with the nodes
	// that nothing needs any more. An interrupted one leaves a pool between
	// both, in that order. The error of a part that no longer fits what the pool is
	// tells so (DeviceError.Raced).
	ApplyPool(ctx context.Context, change changeset.ChangeSet) error
	// DeletePool deletes a pool and then the nodes that it alone needed.
	DeletePool(ctx context.Context, path ltm.Path) error
}

// VirtualServers reads and writes virtual servers, as Pools does pools.
type VirtualServers interface {
	VirtualServer(ctx context.Context, path ltm.Path) (ltm.VirtualServer, error)
	// VirtualServersIn reads all of a partition, its folders included, page by page.
	VirtualServersIn(ctx context.Context, partition string) ([]ltm.VirtualServer, error)
	VirtualServerStatus(ctx context.Context, path ltm.Path) (ltm.VirtualServerStatus, error)
	CreateVirtualServer(ctx context.Context, vs ltm.VirtualServer) error
	// UpdateVirtualServer writes the changed fields in one request.
	UpdateVirtualServer(ctx context.Context, change changeset.VirtualServerChange) error
	DeleteVirtualServer(ctx context.Context, path ltm.Path) error
	// VirtualServersOf lists the virtual servers that a pool serves, sorted.
	VirtualServersOf(ctx context.Context, pool ltm.Path) ([]ltm.Path, error)
	// Frontends lists the virtual servers of a partition with destination and pool,
	// its folders included, page by page.
	Frontends(ctx context.Context, partition string) ([]Frontend, error)
}

// Monitors reads and writes monitors, as Pools does pools. A path is that of one
// monitor, but the device finds it only by its type.
type Monitors interface {
	Monitor(ctx context.Context, kind ltm.MonitorType, path ltm.Path) (ltm.Monitor, error)
	// CreateMonitor makes a monitor. It goes on inheriting what it has in common
	// with its parent, which is what DefaultsFrom names. "" is no password.
	CreateMonitor(ctx context.Context, m, parent ltm.Monitor, password ltm.Secret) error
	// UpdateMonitor writes the changed fields in one request.
	UpdateMonitor(ctx context.Context, change changeset.MonitorChange) error
	DeleteMonitor(ctx context.Context, kind ltm.MonitorType, path ltm.Path) error
}

// Sites reads and writes what routes by host and path need, as Pools does pools.
type Sites interface {
	// Site reads the objects of these paths. One that is not there is left out, which
	// is no error. Few requests, however many objects and rules.
	Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error)
	// ApplySite makes all of a change or nothing of it, in one transaction, and then
	// deletes the nodes that deleted pools alone needed. pairs has the content of each
	// certificate that is created, or whose checksums change. The error of a change
	// that no longer fits what is there tells so (DeviceError.Raced).
	ApplySite(ctx context.Context, change changeset.SiteChange, pairs map[ltm.Path]ltm.KeyPair) error
	// Hold waits until no other run of this process holds one of the paths, so that
	// two runs do not overwrite each other's rules in one policy. The error is ctx's.
	Hold(ctx context.Context, paths []ltm.Path) (release func(), err error)
}

// The kinds of failure that callers tell apart, for errors.Is.
var (
	ErrNotFound    = errors.New("not found")                  // the object is not there
	ErrExists      = errors.New("exists already")             // an object of that name is there
	ErrInUse       = errors.New("in use")                     // something still refers to the object
	ErrNoPartition = errors.New("partition does not exist")   // nor the folder
	ErrCredentials = errors.New("credentials are refused")    // wrong user, password or token
	ErrForbidden   = errors.New("not allowed")                // the user's role doesn't allow it
	ErrUnreachable = errors.New("cannot be reached")          // no connection, or no answer in time
	ErrCertificate = errors.New("certificate is not trusted") // TLS verification failed
	ErrStandby     = errors.New("no unit is active")          // of a pair: nothing was sent to either
	ErrBusy        = errors.New("busy")                       // and stayed so until the retries ended
	ErrRefused     = errors.New("refused")                    // the device said no for another reason
	ErrSource      = errors.New("Kubernetes did not answer")  //nolint:staticcheck // Kubernetes is a name; any failure of a Source
)

// DeviceError is a failed call to a device.
type DeviceError struct {
	Kind   error  // one of the kinds above
	Verb   string // "read", "create", "update", "delete": what was tried
	Object string // "pool /shop/web"
	Device string // Device.Name
	Said   string // the device's own words with its code, "" if it said nothing
	Unsure bool   // a change was sent and its answer was lost: it may have been made
	Moved  bool   // the pair failed over meanwhile: what the other unit has now is another question
	Raced  bool   // somebody was faster: of a pool, a member to add is there, or one to change is gone. Nothing was changed
	Err    error  // the cause, for errors.As
}

// Error tells all of it in one line.
func (e *DeviceError) Error() string {
	text := fmt.Sprintf("%s %s on %s: %v", e.Verb, e.Object, e.Device, e.Kind)
	if e.Said != "" {
		text += ": " + e.Said
	}
	return text
}

// Unwrap lets errors.Is find the kind and errors.As the cause.
func (e *DeviceError) Unwrap() []error { return []error{e.Kind, e.Err} }
