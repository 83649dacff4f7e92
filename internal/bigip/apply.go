package bigip

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// write is one command of a change: alone it is one request, with others it is
// part of a transaction.
type write struct {
	alone func(ctx context.Context) error
	queue func(ctx context.Context, tx *icontrol.Transaction) error
}

// ApplyPool writes a change set: settings, additions, modifications, removals,
// and then the nodes that nothing needs any more. When nothing is added in
// between, settings and modifications come into force together.
func (d *Device) ApplyPool(ctx context.Context, change changeset.ChangeSet) (err error) {
	defer d.noteMove(d.client.Address(), &err)
	settings, err := d.settingWrites(change)
	if err != nil {
		return d.failedAs(engine.ErrRefused, "update", poolObject(change.Pool), err)
	}
	steps := []changeStep{
		{part: changeset.ChangeSet{Settings: change.Settings}, writes: settings},
		{part: changeset.ChangeSet{Add: change.Add}, writes: d.addWrites(change)},
		{part: changeset.ChangeSet{Modify: change.Modify}, writes: d.modifyWrites(change)},
	}
	if len(change.Add) == 0 {
		steps = []changeStep{{
			part:   changeset.ChangeSet{Settings: change.Settings, Modify: change.Modify},
			writes: append(steps[0].writes, steps[2].writes...),
		}}
	}
	for _, step := range steps {
		if err := d.do(ctx, change.Pool, step); err != nil {
			return d.poolUpdateFailed(ctx, change, err)
		}
	}
	return d.removeMembers(ctx, change)
}

// poolUpdateFailed tells a pool that is gone from members that are, and from what
// members refer to: the device answers 01020036 to all of them. Members that came
// or went since the change set was made are somebody else's doing.
func (d *Device) poolUpdateFailed(ctx context.Context, change changeset.ChangeSet, err error) error {
	kind, raced := kindOf(err), errors.Is(err, icontrol.ErrExists)
	if errors.Is(kind, engine.ErrNotFound) {
		live, readErr := d.Pool(ctx, change.Pool)
		if !errors.Is(readErr, engine.ErrNotFound) {
			kind = engine.ErrRefused
		}
		raced = readErr == nil && slices.ContainsFunc(change.Modify, func(m changeset.MemberChange) bool {
			_, found := live.Member(m.To.Key)
			return !found
		})
	}
	failure := d.failedAs(kind, "update", poolObject(change.Pool), err)
	failure.Raced = raced && !failure.Unsure
	return failure
}

// changeStep is a part of a change set that is written at once.
type changeStep struct {
	part   changeset.ChangeSet
	writes []write
}

// do performs the writes of a step: none, one request, or one transaction. When
// the answer is lost and cannot be found out, the pool itself tells. Where that is
// another unit's pool, because the pair failed over, the step is taken there.
func (d *Device) do(ctx context.Context, pool ltm.Path, step changeStep) error {
	for attempt := 1; ; attempt++ {
		unit := d.client.Address()
		err := d.perform(ctx, step.writes)
		if _, lost := errors.AsType[*icontrol.LostAnswerError](err); !lost {
			return err
		}
		live, readErr := d.Pool(ctx, pool)
		if readErr == nil && landed(step.part, live) {
			return nil
		}
		if readErr != nil || attempt == 2 || d.client.Address() == unit {
			return err
		}
	}
}

func (d *Device) perform(ctx context.Context, writes []write) error {
	switch len(writes) {
	case 0:
		return nil
	case 1:
		return writes[0].alone(ctx)
	}
	return d.client.Transact(ctx, func(tx *icontrol.Transaction) error {
		for _, w := range writes {
			if err := w.queue(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// landed tells that a pool is as a part of a change set makes it.
func landed(part changeset.ChangeSet, live ltm.Pool) bool {
	return changeset.Compute(part.Apply(live), live).Empty()
}

func (d *Device) settingWrites(change changeset.ChangeSet) ([]write, error) {
	if len(change.Settings) == 0 {
		return nil, nil
	}
	body, err := settingsToWire(change.Settings)
	if err != nil {
		return nil, err
	}
	pools, path := d.client.Pools(), change.Pool.String()
	return []write{{
		alone: func(ctx context.Context) error {
			_, err := pools.Patch(ctx, path, body)
			return err
		},
		queue: func(ctx context.Context, tx *icontrol.Transaction) error { return tx.Patch(ctx, pools, path, body) },
	}}, nil
}

func (d *Device) addWrites(change changeset.ChangeSet) []write {
	members := d.client.Members(change.Pool.String())
	writes := make([]write, 0, len(change.Add))
	for _, m := range change.Add {
		path, body := memberPath(change.Pool, m), newMemberToWire(change.Pool, m)
		writes = append(writes, write{
			alone: func(ctx context.Context) error {
				_, err := members.Create(ctx, path, body)
				return err
			},
			queue: func(ctx context.Context, tx *icontrol.Transaction) error { return tx.Create(ctx, members, body) },
		})
	}
	return writes
}

func (d *Device) modifyWrites(change changeset.ChangeSet) []write {
	members := d.client.Members(change.Pool.String())
	writes := make([]write, 0, len(change.Modify))
	for _, m := range change.Modify {
		body := memberChangeToWire(m.From, m.To)
		if body == (icontrol.MemberBody{}) {
			continue // the device refuses a PATCH that changes nothing
		}
		path := memberPath(change.Pool, m.From)
		writes = append(writes, write{
			alone: func(ctx context.Context) error {
				_, err := members.Patch(ctx, path, body)
				return err
			},
			queue: func(ctx context.Context, tx *icontrol.Transaction) error { return tx.Patch(ctx, members, path, body) },
		})
	}
	return writes
}

// removeMembers removes members, and then their nodes. Members that are gone
// already are no failure: somebody was faster.
func (d *Device) removeMembers(ctx context.Context, change changeset.ChangeSet) error {
	if len(change.Remove) == 0 {
		return nil
	}
	members := d.client.Members(change.Pool.String())
	writes := make([]write, 0, len(change.Remove))
	for _, m := range change.Remove {
		path := memberPath(change.Pool, m)
		writes = append(writes, write{
			alone: func(ctx context.Context) error {
				if err := members.Delete(ctx, path); !errors.Is(err, icontrol.ErrNotFound) {
					return err
				}
				return nil
			},
			queue: func(ctx context.Context, tx *icontrol.Transaction) error { return tx.Delete(ctx, members, path) },
		})
	}
	done, err := 0, d.do(ctx, change.Pool, changeStep{part: changeset.ChangeSet{Remove: change.Remove}, writes: writes})
	if errors.Is(err, icontrol.ErrNotFound) {
		done, err = oneByOne(ctx, writes) // one that is gone fails the whole transaction
	}
	if err == nil || interrupted(ctx, err) {
		done = len(writes) // the device does not delete the node of a member that is still there
	}
	left := d.deleteOrphans(ctx, change.Pool, change.Remove[:done])
	if err != nil {
		return d.poolUpdateFailed(ctx, change, err)
	}
	return left
}

// oneByOne tells how many writes were done before the one that failed.
func oneByOne(ctx context.Context, writes []write) (done int, err error) {
	for i, w := range writes {
		if err := w.alone(ctx); err != nil {
			return i, fmt.Errorf("removal %d of %d: %w", i+1, len(writes), err)
		}
	}
	return len(writes), nil
}
