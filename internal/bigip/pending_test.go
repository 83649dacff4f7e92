package bigip_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// wantStatus asks a device as the gate of a cutover does.
func wantStatus(t *testing.T, d engine.Device, text string, passes bool) {
	t.Helper()
	status, err := d.Status(t.Context())
	if err != nil || status.Text != text || status.Active && status.InSync != passes {
		t.Errorf("the status is %+v, %v; want %q, and that a cutover passes: %t", status, err, text, passes)
	}
}

// by makes a change through a client: the process' own, or somebody else's.
func by(t *testing.T, d engine.Device, name string) {
	t.Helper()
	if err := d.CreatePool(t.Context(), ltm.NewPool(ltm.NewPath("shop", name))); err != nil {
		t.Fatal(err)
	}
}

// TestASecondCutoverOfAPairThatIsSyncedByHandIsNotRefusedForTheFirst moves the
// traffic of two pools in one process.
func TestASecondCutoverOfAPairThatIsSyncedByHandIsNotRefusedForTheFirst(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	before, after := member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80")
	for _, name := range []string{"blue", "green"} {
		old := pool(t, before)
		old.Path = ltm.NewPath("shop", name)
		p.create(old)
	}
	p.sync()
	device := p.again()
	for _, name := range []string{"blue", "green"} {
		want := pool(t, after)
		want.Path = ltm.NewPath("shop", name)
		planned, err := device.Pool(t.Context(), want.Path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.RunPool(t.Context(), device, engine.PoolGoal{Pool: want, Spec: cutover.Spec{}, Planned: &planned}, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantStatus(t, device, "ACTIVE, Changes Pending", true)
	wantStatus(t, p.again(), "ACTIVE, Changes Pending", false) // whoever comes later knows nothing of whose they are
}

func TestPendingChangesOfOthersCloseTheGate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do     func(p *pairLab, device engine.Device)
		passes bool
	}{
		"ours alone": {func(_ *pairLab, device engine.Device) { by(t, device, "ours") }, true},
		"theirs alone": {func(p *pairLab, device engine.Device) {
			wantStatus(t, device, "ACTIVE, In Sync", true)
			by(t, p.first, "theirs")
		}, false},
		"theirs before ours":                 {func(p *pairLab, device engine.Device) { by(t, p.first, "theirs"); by(t, device, "ours") }, false},
		"theirs on the other unit":           {func(p *pairLab, device engine.Device) { by(t, device, "ours"); by(t, p.peer, "theirs") }, false},
		"theirs after ours and sync":         {func(p *pairLab, device engine.Device) { synced(p, device); by(t, p.first, "theirs") }, false},
		"ours after ours and sync":           {func(p *pairLab, device engine.Device) { synced(p, device); by(t, device, "more") }, true},
		"ours on the unit that stepped down": {func(p *pairLab, device engine.Device) { by(t, device, "ours"); p.pair.Failover() }, false},
		"theirs, synchronised before ours": {func(p *pairLab, device engine.Device) {
			by(t, p.first, "theirs")
			wantStatus(t, device, "ACTIVE, Changes Pending", false)
			p.sync()
			wantStatus(t, device, "ACTIVE, In Sync", true)
			by(t, device, "ours")
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPairLab(t)
			device := p.again()
			test.do(p, device)
			wantStatus(t, device, "ACTIVE, Changes Pending", test.passes)
		})
	}
}

// synced is a change that was copied to the other unit.
func synced(p *pairLab, device engine.Device) {
	by(p.first.t, device, "ours")
	p.sync()
	wantStatus(p.first.t, device, "ACTIVE, In Sync", true)
}

func TestASyncOfOurOwnChangesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	device := p.again()
	wantStatus(t, device, "ACTIVE, In Sync", true)
	const syncing = `{"entries":{"https://localhost/mgmt/tm/cm/sync-status/0":{"nestedStats":{"entries":{"status":{"description":"Syncing"}}}}}}`
	if err := p.first.sim.SetFaults([]control.Fault{{Path: "/cm/sync-status", Status: 200, Body: syncing}}); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, device, "ACTIVE, Syncing", false)
	by(t, device, "ours")
	wantStatus(t, device, "ACTIVE, Syncing", true)
}

// TestOneUnitOfAPairIsLookedAtByTheGateAlone has one address: its writes cost nothing
// more, and what was pending before the first look is not known.
func TestOneUnitOfAPairIsLookedAtByTheGateAlone(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	device, _ := p.first.login("admin", "admin")
	wantStatus(t, device, "ACTIVE, In Sync", true)
	by(t, device, "ours")
	wantStatus(t, device, "ACTIVE, Changes Pending", true)

	p.sync()
	device, _ = p.first.login("admin", "admin")
	p.clear()
	by(t, device, "more")
	p.first.wantCalls("POST ltm/pool")
	wantStatus(t, device, "ACTIVE, Changes Pending", false)
}

func TestAPairIsLookedAtOnceBeforeTheFirstOfItsChanges(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	device := p.again()
	looked := func() (n int) {
		for _, r := range p.first.sim.Requests() {
			if strings.HasSuffix(r.Path, "/cm/sync-status") {
				n++
			}
		}
		return n
	}
	if _, err := device.Pool(t.Context(), web); !errors.Is(err, engine.ErrNotFound) || looked() != 0 {
		t.Errorf("a read looked %d times, %v", looked(), err)
	}
	done := make(chan error)
	for i := range 5 {
		go func() { done <- device.CreatePool(t.Context(), numbered(i)) }()
	}
	for range 5 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := looked(); n != 1 {
		t.Errorf("5 changes looked %d times whether the pair is in sync, want once", n)
	}
	wantStatus(t, device, "ACTIVE, Changes Pending", true)
}
