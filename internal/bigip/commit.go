package bigip

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
)

const (
	// commitGather is how long a commit waits for writes that end at the same time.
	commitGather = 100 * time.Millisecond
	// syncTimeout bounds the wait for In Sync. A group that is cut off, or that
	// refuses the configuration, is given syncRefusedTimeout: the state may still be
	// that of the sync before.
	syncTimeout        = time.Minute
	syncRefusedTimeout = 10 * time.Second
	syncInterval       = 500 * time.Millisecond

	inSync         = "In Sync"
	changesPending = "Changes Pending"
)

// CommitOptions say what a commit does.
type CommitOptions struct {
	SyncGroup string // the device group to copy the configuration to; "" for none
	Save      bool   // save it to disk: of the active unit, and after a sync of all units
}

// Committer commits the writes of one device or pair: config sync first, then
// save (icontrol-rest 9).
type Committer struct {
	device  *Device
	options CommitOptions
	rounds  group[commit]

	committed atomic.Uint64 // changes before the last commit began
	forbidden struct{ sync, save atomic.Bool }
}

var _ engine.Committer = (*Committer)(nil)

// commit is what came of one.
type commit struct {
	unit string // the active one, which it was made on
	err  error
}

// Committer makes the committer of what is written through this device.
func (d *Device) Committer(options CommitOptions) *Committer {
	c := &Committer{device: d, options: options}
	c.rounds = group[commit]{work: c.commit, gather: commitGather}
	return c
}

// Commit is engine.Committer's.
func (c *Committer) Commit(ctx context.Context) error {
	client := c.device.client
	unit := client.Address()
	if client.Changes() == c.committed.Load() {
		return nil
	}
	done, first, err := c.rounds.do(ctx)
	switch {
	case err != nil:
		return err
	case done.unit != "" && done.unit != unit:
		err = &engine.MovedError{From: unit, To: done.unit}
	}
	if first {
		err = errors.Join(err, done.err)
	}
	return err
}

// commit does all for the changes that were made before it.
func (c *Committer) commit(ctx context.Context) commit {
	client := c.device.client
	changes := client.Changes()
	unit, err := client.Active(ctx)
	if err != nil {
		return commit{err: &engine.SaveError{Device: c.device.Name(), Err: c.device.failed("save", "the configuration", err)}}
	}
	unit, synced, syncErr := c.sync(ctx, unit, changes)
	device := New(unit, "", c.device.logger)
	var saveErr error
	if c.options.Save {
		saveErr = c.save(ctx, device, synced)
	}
	err = errors.Join(syncErr, saveErr)
	if ctx.Err() == nil && err == nil {
		c.committed.Store(changes)
	}
	return commit{unit: unit.Address(), err: err}
}

// save saves on the active unit, and on the others once they have the
// configuration: a sync copies it to their memory, not to their disks.
func (c *Committer) save(ctx context.Context, active *Device, synced bool) error {
	units := []*Device{active}
	for _, unit := range c.device.client.Units() {
		if synced && unit != active.client {
			units = append(units, New(unit, "", c.device.logger))
		}
	}
	var failures []error
	for _, unit := range units {
		if c.forbidden.save.Load() {
			break
		}
		if err := unit.Save(ctx); err != nil {
			failures = append(failures, &engine.SaveError{Device: unit.Name(), Err: err})
			c.forbidden.save.Store(errors.Is(err, engine.ErrForbidden))
		}
	}
	return errors.Join(failures...)
}

// sync copies the configuration of the active unit to the group, and waits for its
// end, but not for that of what this process has changed meanwhile: the commit of
// those changes copies it all. from is the unit that copied, should another one have
// become active.
func (c *Committer) sync(ctx context.Context, active *icontrol.Client, changes uint64) (from *icontrol.Client, done bool, err error) {
	group := c.options.SyncGroup
	if group == "" || c.forbidden.sync.Load() {
		return active, false, nil
	}
	failed := func(state string, err error) (*icontrol.Client, bool, error) {
		device := New(active, "", c.device.logger)
		failure := &engine.SyncError{Group: group, Device: device.Name(), State: state}
		if err != nil {
			failure.Err = device.failed("synchronise", "the configuration", err)
			c.forbidden.sync.Store(errors.Is(err, icontrol.ErrForbidden))
		}
		return active, false, failure
	}
	if from, err = c.device.client.ConfigSync(ctx, group); err != nil {
		return failed("", err)
	}
	active = from
	for start := time.Now(); ; {
		status, err := from.SyncStatus(ctx)
		if err != nil {
			return failed("", err)
		}
		state := status.Of(group)
		if state == inSync {
			return from, true, nil
		}
		if state == changesPending && c.device.client.Changes() != changes {
			return from, false, nil
		}
		longest := syncTimeout
		if state == "Disconnected" || state == "Sync Failure" {
			longest = syncRefusedTimeout
		}
		if time.Since(start) >= longest || !wait(ctx, syncInterval) {
			return failed(state, ctx.Err())
		}
	}
}

// wait returns false when the context ends first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
