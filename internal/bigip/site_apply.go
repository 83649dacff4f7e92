package bigip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// uploadsGrace is how long a change that was interrupted may still take to remove the
// files that it uploaded.
const uploadsGrace = 10 * time.Second

// ApplySite is engine.Sites's: uploads first, which are no part of a transaction, and
// one transaction for all the rest. Its commands come in the order in which objects
// refer to each other (icontrol-rest 5.4): virtual servers that go make room first,
// then what others need before what needs it, and what goes in the reverse order.
func (d *Device) ApplySite(ctx context.Context, change changeset.SiteChange, pairs map[ltm.Path]ltm.KeyPair) (err error) {
	defer d.noteMove(d.client.Address(), &err)
	commands, uploads, err := d.siteCommands(change, pairs)
	if err != nil {
		return d.failedAs(engine.ErrRefused, "update", siteObject, err)
	}
	if len(commands) == 0 {
		return nil
	}
	err = d.transactSite(ctx, commands, uploads)
	if len(uploads) > 0 {
		d.removeUploads(ctx, uploads)
	}
	if _, lost := errors.AsType[*icontrol.LostAnswerError](err); lost {
		if live, readErr := d.Site(ctx, touched(change)); readErr == nil && siteLanded(change, live) {
			err = nil
		}
	}
	if err != nil && !interrupted(ctx, err) {
		return d.siteUpdateFailed(ctx, change, commands, err)
	}
	var left error
	for _, pool := range change.Pools.Delete {
		left = errors.Join(left, d.deleteOrphans(ctx, pool.Path, pool.Members))
	}
	if err != nil {
		return d.siteFailed(commands, err)
	}
	return left
}

// transactSite uploads to the unit that the transaction is on, and commits. Both are
// begun anew together, where the pair has failed over.
func (d *Device) transactSite(ctx context.Context, commands []command, uploads []upload) error {
	return d.client.Transact(ctx, func(tx *icontrol.Transaction) error {
		for _, u := range uploads {
			if err := tx.Upload(ctx, u.name, u.content); err != nil {
				return commandError{command{verb: "upload", object: u.object}, err}
			}
		}
		for _, c := range commands {
			if err := c.queue(ctx, tx); err != nil {
				return commandError{c, err}
			}
		}
		return nil
	})
}

// removeUploads removes what nobody needs any more. It is no failure of the change if
// it cannot: the names cannot be guessed.
func (d *Device) removeUploads(ctx context.Context, uploads []upload) {
	ctx, cancel := outlasting(ctx, uploadsGrace)
	defer cancel()
	names := make([]string, len(uploads))
	for i, u := range uploads {
		names[i] = u.name
	}
	if err := d.client.RemoveUploads(ctx, names...); err != nil {
		d.logger.LogAttrs(ctx, slog.LevelWarn, "Uploaded files left on the device", slog.String("device", d.Name()), slog.Any("error", err))
	}
}

// siteObject is what a change is called of which no object is to blame.
const siteObject = "the objects of the routes"

// commandError is a failure that one command is to blame for.
type commandError struct {
	command command
	err     error
}

func (e commandError) Error() string { return e.command.object + ": " + e.err.Error() }
func (e commandError) Unwrap() error { return e.err }

// siteFailed names the object that is to blame: the command's that could not be
// queued; the only one; or the one that the device names in its answer, of which
// nothing but the name is taken.
func (d *Device) siteFailed(commands []command, err error) *engine.DeviceError {
	blamed := command{verb: "update", object: siteObject}
	if one, ok := errors.AsType[commandError](err); ok {
		blamed, err = one.command, one.err
	} else if len(commands) == 1 {
		blamed = commands[0]
	} else if answer, ok := errors.AsType[*icontrol.Error](err); ok {
		blamed = mentioned(commands, answer.Message, blamed)
	}
	return d.failedAs(kindOf(err), blamed.verb, blamed.object, err)
}

// mentioned is the command whose object's path an answer has first.
func mentioned(commands []command, answer string, otherwise command) command {
	first, blamed := len(answer), otherwise
	for _, c := range commands {
		at := strings.Index(answer, c.path.String())
		if at < 0 || at > first || at == first && len(c.path.String()) <= len(blamed.path.String()) {
			continue
		}
		first, blamed = at, c
	}
	return blamed
}

// siteUpdateFailed tells a missing partition, and a change that no longer fits what is
// there, from other refusals: the device's codes are the same for what is changed and
// for what it refers to.
func (d *Device) siteUpdateFailed(ctx context.Context, change changeset.SiteChange, commands []command, err error) error {
	kind := kindOf(err)
	failure := d.siteFailed(commands, err)
	if errors.Is(kind, engine.ErrNotFound) || errors.Is(kind, engine.ErrRefused) {
		if missing := d.missingContainer(ctx, commands); missing != nil {
			failure.Kind, failure.Verb, failure.Object = engine.ErrNoPartition, missing.verb, missing.object
			return failure
		}
	}
	if errors.Is(kind, engine.ErrNotFound) {
		failure.Kind = engine.ErrRefused // what is not there is something that an object refers to
	}
	if errors.Is(kind, engine.ErrExists) || errors.Is(kind, engine.ErrNotFound) {
		live, readErr := d.Site(ctx, touched(change))
		if readErr == nil && outrun(change, live) {
			failure.Kind, failure.Raced = kind, !failure.Unsure
		}
	}
	return failure
}

// missingContainer is the first creation whose partition or folder is not there.
func (d *Device) missingContainer(ctx context.Context, commands []command) *command {
	asked := map[string]bool{}
	for _, c := range commands {
		folder := container(c.path)
		if c.verb != "create" || asked[folder] {
			continue
		}
		asked[folder] = true
		if !d.exists(d.client.Folders().Get(ctx, folder, nil)) {
			return &c
		}
	}
	return nil
}

// touched are the objects that a change is about.
func touched(change changeset.SiteChange) ltm.SitePaths {
	return change.Before().Paths().Union(change.After().Paths())
}

// outrun tells that an object to be created is there, or that one to be changed or
// deleted is not.
func outrun(change changeset.SiteChange, live ltm.Site) bool {
	return fmt.Sprint(change.Before().Paths()) != fmt.Sprint(live.Paths())
}

// siteLanded tells that the objects are as a change makes them.
func siteLanded(change changeset.SiteChange, live ltm.Site) bool {
	return changeset.ComputeSite(change.After(), live).Empty()
}
