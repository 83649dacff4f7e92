package engine

import (
	"context"
	"errors"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RetirePool deletes a pool. One that virtual servers use cannot be deleted, and
// must not be emptied: it is marked, and RunVirtualServer deletes it when the
// last of them has left it. They are returned; none if the pool is gone.
//
// Terraform deletes a pool that left the configuration before it changes the
// virtual server that still uses it. So the deletion has to wait on the device,
// which remembers it whatever becomes of the run.
func RetirePool(ctx context.Context, device Device, path ltm.Path) ([]ltm.Path, error) {
	refused := device.DeletePool(ctx, path)
	if !errors.Is(refused, ErrInUse) {
		return nil, refused
	}
	users, err := device.VirtualServersOf(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(users) == 0 { // a rule or a policy uses it, and no run will ever free it
		return nil, refused
	}
	pool, err := device.Pool(ctx, path)
	if err != nil {
		return nil, err
	}
	words, mark, _, err := binding.Parse(pool.Description)
	switch {
	case err != nil: // a mark that is not understood is not written over
		return nil, refused
	case mark.Delete:
		return users, nil
	}
	mark.Delete = true
	return users, device.ApplyPool(ctx, changeset.ChangeSet{Pool: path, Settings: []changeset.Setting{{
		Name: "description", From: pool.Description, To: binding.Format(words, mark),
	}}})
}

// Retired tells that a pool waits for its deletion.
func Retired(pool ltm.Pool) bool {
	_, mark, found, err := binding.Parse(pool.Description)
	return found && err == nil && mark.Delete
}

// CreatePool makes a pool. One that only waits for its deletion is taken back
// into service instead: whoever uses it goes on with it.
func CreatePool(ctx context.Context, device Device, goal PoolGoal) error {
	exists := device.CreatePool(ctx, goal.Pool)
	if !errors.Is(exists, ErrExists) {
		return exists
	}
	live, err := device.Pool(ctx, goal.Pool.Path)
	if err != nil || !Retired(live) {
		return exists
	}
	_, err = RunPool(ctx, device, goal, nil)
	return err
}

// DeleteVirtualServer deletes a virtual server, and the pool that waited for it.
func DeleteVirtualServer(ctx context.Context, device Device, path ltm.Path) error {
	vs, err := device.VirtualServer(ctx, path)
	if err != nil {
		return err
	}
	if err := device.DeleteVirtualServer(ctx, path); err != nil || vs.Pool.IsZero() {
		return err
	}
	pool, err := device.Pool(ctx, vs.Pool)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil || !Retired(pool):
		return err
	}
	return freed(device.DeletePool(ctx, vs.Pool))
}

// freed is the outcome of deleting a retired pool: it may be gone already, and
// something else may have come to need it.
func freed(err error) error {
	if errors.Is(err, ErrInUse) || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// SweepRetired deletes a pool that waits for its deletion, if no virtual server
// uses it any more: whoever took it off the last one may have been killed before
// he could. It tells whether the pool was deleted; one that is gone, wanted again or
// in use by something else is left, and no error.
func SweepRetired(ctx context.Context, device Device, path ltm.Path) (bool, error) {
	users, err := device.VirtualServersOf(ctx, path)
	if err != nil || len(users) > 0 {
		return false, err
	}
	description, err := device.PoolDescription(ctx, path) // last: it may just have been taken back into service
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil || !Retired(ltm.Pool{Description: description}) {
		return false, err
	}
	err = device.DeletePool(ctx, path)
	return err == nil, freed(err)
}
