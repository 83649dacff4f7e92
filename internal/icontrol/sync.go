package icontrol

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// The states of a group, of which there are more (icontrol-rest 3.16).
const (
	syncInSync  = "In Sync"
	syncPending = "Changes Pending"
	syncSyncing = "Syncing"
)

// SyncStatus is what a device tells about the synchronisation of its groups.
type SyncStatus struct {
	Status  string   // Standalone, In Sync, Changes Pending, …: of all groups together
	Details []string // "failover-group (In Sync): All devices in the device group are in sync"
	// Own tells that what waits for a sync is the client's own, as far as that can
	// be known: the unit was in sync before the client changed it, and is the only
	// one that is ahead of its group. What others changed on the same unit since is
	// not told apart. A pair is looked at before the first change for it; one
	// device only when it is asked for its status.
	Own bool
}

// Of is the status of one device group: that of its line in the details, or of
// all together.
func (s SyncStatus) Of(group string) string {
	name := group[strings.LastIndex(group, "/")+1:]
	for _, line := range s.Details {
		if rest, found := strings.CutPrefix(line, name+" ("); found {
			if status, _, found := strings.Cut(rest, ")"); found {
				return status
			}
		}
	}
	return s.Status
}

// ahead are the devices that the details recommend to synchronise, sorted:
// "Recommended action: Synchronize bigip1 to group failover-group".
func (s SyncStatus) ahead() []string {
	var devices []string
	for _, line := range s.Details {
		_, rest, recommended := strings.Cut(line, "Recommended action: Synchronize ")
		if device, _, found := strings.Cut(rest, " to group "); recommended && found {
			devices = append(devices, device)
		}
	}
	slices.Sort(devices)
	return slices.Compact(devices)
}

// SyncStatus reads cm/sync-status (icontrol-rest 3.16).
func (c *Client) SyncStatus(ctx context.Context) (SyncStatus, error) {
	made := c.changes.Load()
	var tree statsTree
	req := &request{method: http.MethodGet, path: managementRoot + "cm/sync-status", effect: harmless}
	if err := c.do(ctx, req, &tree); err != nil {
		return SyncStatus{}, err
	}
	var status SyncStatus
	for _, stats := range tree.objects() {
		status.Status = cmp.Or(status.Status, stats.Text("status"))
		if line := stats.Text("details"); line != "" {
			status.Details = append(status.Details, line)
		}
	}
	if status.Status == "" {
		return status, noStats(req.path)
	}
	status.Own = c.baseline.own(c, cmp.Or(req.unit, c), made, status)
	return status, nil
}

// ConfigSync starts to copy the device's configuration to its group; it returns
// before that is done (icontrol-rest 3.16). from is the unit that copies: of a
// pair the active one, or the other's changes would be overwritten.
func (c *Client) ConfigSync(ctx context.Context, group string) (from *Client, err error) {
	req, err := newPost(managementRoot+"cm", map[string]string{"command": "run", "utilCmdArgs": "config-sync to-group " + group}, lasting)
	if err != nil {
		return nil, err
	}
	if err := c.do(ctx, req, nil); err != nil {
		return nil, err
	}
	return cmp.Or(req.unit, c), nil
}

// baseline is what a client knows of its device from before its own changes.
type baseline struct {
	turn chan struct{} // of those who look before the first change

	mu     sync.Mutex
	looked bool    // the status was read
	unit   *Client // was in sync when it was read last; nil if none was
	made   uint64  // changes that were made before that
}

// own keeps what a status tells, and tells whether what is pending is the client's.
// Its changes are counted after its reads: one that is on its way counts.
func (b *baseline) own(c, unit *Client, made uint64, status SyncStatus) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looked = true
	if status.Status == syncInSync {
		b.unit, b.made = unit, made
		return false
	}
	pending := status.Status == syncPending && len(status.ahead()) == 1 || status.Status == syncSyncing
	return pending && b.unit == unit && (c.changing.Load() > 0 || c.changes.Load() > b.made)
}

func (b *baseline) known() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.looked
}

// look reads the status of a pair before the first change. Where it cannot be read
// it is not known, and the change is made; the error is a [*NoActiveError], or ctx's.
func (c *Client) look(ctx context.Context) error {
	if c.pair == nil || c.baseline.known() {
		return nil
	}
	select {
	case c.baseline.turn <- struct{}{}:
		defer func() { <-c.baseline.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.baseline.known() {
		return nil
	}
	_, err := c.SyncStatus(ctx)
	if none, ok := errors.AsType[*NoActiveError](err); ok {
		return none
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.baseline.mu.Lock()
	defer c.baseline.mu.Unlock()
	c.baseline.looked = true
	return nil
}
