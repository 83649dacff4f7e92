package bigip

import (
	"context"
	"errors"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// kinds says what an icontrol error is for the engine; the first match counts.
// A connection that fails for its certificate is unreachable too.
var kinds = []struct{ from, to error }{
	{icontrol.ErrUntrusted, engine.ErrCertificate},
	{icontrol.ErrUnauthorized, engine.ErrCredentials},
	{icontrol.ErrForbidden, engine.ErrForbidden},
	{icontrol.ErrBusy, engine.ErrBusy},
	{icontrol.ErrNotFound, engine.ErrNotFound},
	{icontrol.ErrExists, engine.ErrExists},
	{icontrol.ErrInUse, engine.ErrInUse},
	{icontrol.ErrConflict, engine.ErrRefused},
	{icontrol.ErrInvalid, engine.ErrRefused},
	{icontrol.ErrUnreachable, engine.ErrUnreachable},
}

func kindOf(err error) error {
	if _, lost := errors.AsType[*icontrol.LostAnswerError](err); lost {
		return engine.ErrUnreachable // whatever the reason: no answer in time
	}
	if none, ok := errors.AsType[*icontrol.NoActiveError](err); ok &&
		!errors.Is(none, icontrol.ErrUntrusted) && !errors.Is(none, icontrol.ErrUnauthorized) {
		return engine.ErrStandby
	}
	for _, kind := range kinds {
		if errors.Is(err, kind.from) {
			return kind.to
		}
	}
	if _, answered := errors.AsType[*icontrol.Error](err); answered {
		return engine.ErrRefused
	}
	return engine.ErrUnreachable // the end of the context
}

// failed makes a failed call the engine's error. verb and object say what was
// tried: "update", "pool /shop/web".
func (d *Device) failed(verb, object string, err error) error {
	return d.failedAs(kindOf(err), verb, object, err)
}

func (d *Device) failedAs(kind error, verb, object string, err error) *engine.DeviceError {
	failure := &engine.DeviceError{Kind: kind, Verb: verb, Object: object, Device: d.Name(), Err: err}
	_, failure.Unsure = errors.AsType[*icontrol.LostAnswerError](err)
	if none, ok := errors.AsType[*icontrol.NoActiveError](err); ok {
		failure.Said = none.Said()
	} else if answer, ok := errors.AsType[*icontrol.Error](err); ok {
		failure.Said = answer.Message
		if answer.Code != "" {
			failure.Said += " (" + answer.Code + ")"
		}
	}
	return failure
}

// noteMove marks the failure of a change that began on another unit than the one
// which is active now.
func (d *Device) noteMove(unit string, err *error) {
	if failure, ok := errors.AsType[*engine.DeviceError](*err); ok {
		failure.Moved = d.client.Address() != unit
	}
}

// createFailed tells a missing partition from other refusals. The device's
// answers differ by object and release (icontrol-rest 6.2), and their texts are
// no contract, so it is asked whether the folder is there.
func (d *Device) createFailed(ctx context.Context, object string, path ltm.Path, err error) error {
	kind := kindOf(err)
	if errors.Is(kind, engine.ErrNotFound) || errors.Is(kind, engine.ErrRefused) {
		kind = engine.ErrRefused // what is not found is something that the object refers to
		if !d.exists(d.client.Folders().Get(ctx, container(path), nil)) {
			kind = engine.ErrNoPartition
		}
	}
	return d.failedAs(kind, "create", object, err)
}

// updateFailed tells an object that is gone from one that refers to something
// which is not there: the device answers 01020036 to both.
func updateFailed[T any](ctx context.Context, d *Device, object string, in icontrol.Collection[T], path ltm.Path, err error) error {
	kind := kindOf(err)
	if errors.Is(kind, engine.ErrNotFound) && d.exists(in.Get(ctx, path.String(), nil)) {
		kind = engine.ErrRefused
	}
	return d.failedAs(kind, "update", object, err)
}

// exists is for a question after a failure: only a clear "no" counts as one.
func (d *Device) exists(_ any, err error) bool { return !errors.Is(err, icontrol.ErrNotFound) }

// container is the partition or folder that an object is in.
func container(path ltm.Path) string {
	folder := "/" + path.Partition
	if path.Folder != "" {
		folder += "/" + path.Folder
	}
	return folder
}

// notUnderstood is an answer that is no object of this vocabulary.
func (d *Device) notUnderstood(object string, err error) error {
	return &engine.DeviceError{
		Kind: engine.ErrRefused, Verb: "read", Object: object, Device: d.Name(),
		Said: "an answer that is not understood: " + err.Error(), Err: err,
	}
}

// listFailed tells a missing partition from other refusals of a list.
func (d *Device) listFailed(ctx context.Context, object, partition string, err error) error {
	kind := kindOf(err)
	if errors.Is(kind, engine.ErrRefused) || errors.Is(kind, engine.ErrNotFound) {
		if !d.exists(d.client.Folders().Get(ctx, "/"+partition, nil)) {
			kind = engine.ErrNoPartition
		}
	}
	return d.failedAs(kind, "read", object, err)
}
