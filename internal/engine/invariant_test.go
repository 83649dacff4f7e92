package engine_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// watchedDevice looks after each write whether the virtual server's pool serves.
type watchedDevice struct {
	*fakeDevice
	served bool
	bare   string // the first write after which nobody served
}

func (d *watchedDevice) look(after string) {
	serves := false
	if p, found := d.pools[d.virtualServers[web].Pool]; found {
		serves = d.show(p.Path).Serving() > 0
	}
	if d.served && !serves && d.bare == "" {
		d.bare = after
	}
	d.served = d.served || serves
}

func (d *watchedDevice) UpdateVirtualServer(ctx context.Context, change changeset.VirtualServerChange) error {
	d.look("before")
	err := d.fakeDevice.UpdateVirtualServer(ctx, change)
	d.look(change.String())
	return err
}

func (d *watchedDevice) ApplyPool(ctx context.Context, change changeset.ChangeSet) error {
	d.look("before")
	err := d.fakeDevice.ApplyPool(ctx, change)
	d.look(change.String())
	return err
}

func (d *watchedDevice) DeletePool(ctx context.Context, path ltm.Path) error {
	d.look("before")
	err := d.fakeDevice.DeletePool(ctx, path)
	d.look("delete " + path.String())
	return err
}

// TestAVirtualServerThatServesIsNeverLeftWithNobody switches between random pools,
// as carefully as it comes, with calls that fail and pools that are to be deleted.
// Members are well or ill from the beginning: what the run does is all that moves.
func TestAVirtualServerThatServesIsNeverLeftWithNobody(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	switched, refused := 0, 0
	for range 3000 {
		synctest.Test(t, func(t *testing.T) {
			d := &watchedDevice{fakeDevice: switchDevice(randomMembers(r, 10)...)}
			b := pool(randomMembers(r, 1)...)
			b.Path = blue
			d.pools[blue] = b
			for last := range 20 {
				d.broken[key(last)] = r.IntN(3) == 0
			}
			spec := cutover.Spec{
				Require: []cutover.Requirement{{}, {Count: 1}, {Percent: 100}}[r.IntN(3)],
				Timeout: time.Duration(r.IntN(2)) * 10 * time.Second, Bake: time.Duration(r.IntN(2)) * 10 * time.Second,
				Drain: time.Duration(r.IntN(2)) * 10 * time.Second, ForceOffline: r.IntN(2) == 0,
				OnFailure: []cutover.OnFailure{cutover.Rollback, cutover.Hold}[r.IntN(2)],
			}
			if r.IntN(2) == 0 {
				if _, err := engine.RetirePool(t.Context(), d, blue); err != nil {
					t.Fatal(err)
				}
			}
			failAt := r.IntN(12)
			d.fault = func(call int, _ string) fault {
				if call == failAt {
					return fault{err: errFault, after: r.IntN(2) * everything}
				}
				return fault{}
			}
			live, err := engine.RunVirtualServer(t.Context(), d, switchTo(green, spec), nil)
			if err != nil {
				live, err = engine.RunVirtualServer(t.Context(), d, switchTo(green, spec), nil)
			}
			if d.bare != "" {
				t.Fatalf("%+v: nobody serves after %s", spec, d.bare)
			}
			if err == nil && live.Pool == green {
				switched++
			} else {
				refused++
			}
		})
	}
	if switched < 500 || refused < 500 {
		t.Errorf("the worlds are not varied: %d switched, %d refused", switched, refused)
	}
}

func randomMembers(r *rand.Rand, first int) []ltm.Member {
	var members []ltm.Member
	for n := range r.IntN(4) {
		members = append(members, member(first+n, 1, ltm.Sessions()[min(2, r.IntN(6)/2)]))
	}
	return members
}
