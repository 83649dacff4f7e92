package bigip_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// lasting keeps what makes changes last: the syncs and saves of a unit, in order.
func (l *lab) lasting() string {
	var kept []string
	for _, r := range l.sim.Requests() {
		switch {
		case r.Method == http.MethodPost && r.Path == "/mgmt/tm/cm":
			kept = append(kept, "sync")
		case r.Method == http.MethodPost && r.Path == "/mgmt/tm/sys/config":
			kept = append(kept, "save")
		}
	}
	return strings.Join(kept, " ")
}

func numbered(i int) ltm.Pool { return ltm.NewPool(ltm.NewPath("shop", fmt.Sprintf("pool-%d", i))) }

func TestWritesThatEndTogetherShareASaveThatBeganAfterThem(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	committer := l.Committer(bigip.CommitOptions{Save: true})
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			if err := l.CreatePool(t.Context(), numbered(i)); err != nil {
				t.Error(err)
			}
			if err := committer.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			// Whoever returns finds a save behind its own write.
			requests := l.sim.Requests()
			wrote := slices.IndexFunc(requests, func(r control.Request) bool { return r.Path == "/mgmt/tm/ltm/pool" })
			for j, r := range requests {
				if r.Path == "/mgmt/tm/sys/config" && j > wrote {
					return
				}
			}
			t.Errorf("pool %d is not saved: %v", i, requests)
		})
	}
	all.Wait()
	if saves := strings.Count(l.lasting(), "save"); saves < 1 || saves > 3 {
		t.Errorf("10 writes made %d saves", saves)
	}
	l.sim.ClearRequests()
	if err := committer.Commit(t.Context()); err != nil || l.lasting() != "" {
		t.Errorf("without a write: %q, %v", l.lasting(), err)
	}
}

func TestACommitSynchronisesAndThenSavesOnBothUnits(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	committer := p.Committer(bigip.CommitOptions{SyncGroup: bigipsim.DeviceGroup, Save: true})
	want := pool(t, member(t, "10.0.0.1:80"))
	if err := p.CreatePool(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := committer.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if first, peer := p.first.lasting(), p.peer.lasting(); first != "sync save" || peer != "save" {
		t.Errorf("the active unit did %q, the standby %q", first, peer)
	}
	p.peer.wantPool(want)
	status, err := p.Status(t.Context())
	if err != nil || status.Text != "ACTIVE, In Sync" {
		t.Errorf("the pair's status is %+v, %v", status, err)
	}
	p.clear()
	committer = p.Committer(bigip.CommitOptions{Save: true})
	if err := errors.Join(p.DeletePool(t.Context(), web), committer.Commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	if first, peer := p.first.lasting(), p.peer.lasting(); first != "save" || peer != "" {
		t.Errorf("without a group the active unit did %q, the standby %q", first, peer)
	}
}

func TestACommitThatFailsSaysWhatIsNotDoneAndDoesTheRest(t *testing.T) {
	t.Parallel()
	pending := `{"entries":{"https://localhost/mgmt/tm/cm/sync-status/0":{"nestedStats":{"entries":{"status":{"description":"Disconnected"}}}}}}`
	for name, test := range map[string]struct {
		group string
		fault control.Fault
		says  string
		does  string
	}{
		"the group does not exist": {
			group: "elsewhere", does: "sync save",
			says: "config sync of HOST to group elsewhere: synchronise the configuration on HOST: refused: Configuration error: Device group (elsewhere) not found in device group sync (01070734)",
		},
		"the group is cut off": {
			group: bigipsim.DeviceGroup, fault: control.Fault{Path: "/cm/sync-status", Status: 200, Body: pending}, does: "sync save",
			says: "config sync of HOST to group failover-group: Disconnected",
		},
		"the disk is full": {
			fault: control.Fault{Method: "POST", Path: "/sys/config", Status: 400, Body: `{"code":400,"message":"01071234:3: no space left","apiError":3}`}, does: "save",
			says: "save on HOST: save the configuration on HOST: refused: no space left (01071234)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPairLab(t)
			committer := p.Committer(bigip.CommitOptions{SyncGroup: test.group, Save: true})
			p.create(pool(t))
			p.clear()
			if err := p.first.sim.SetFaults([]control.Fault{test.fault}); err != nil && test.fault.Path != "" {
				t.Fatal(err)
			}
			err := committer.Commit(t.Context())
			want := strings.ReplaceAll(test.says, "HOST", hostOf(p.first))
			if err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
			if got := p.first.lasting(); got != test.does {
				t.Errorf("the active unit did %q, want %q", got, test.does)
			}
		})
	}
}

func TestACommitThatFailedIsMadeAgainAlsoWithoutAnotherWrite(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	committer := p.Committer(bigip.CommitOptions{SyncGroup: bigipsim.DeviceGroup})
	p.create(pool(t))
	refusal := `{"code":400,"message":"01071234:3: not now","apiError":3}`
	if err := p.first.sim.SetFaults([]control.Fault{{Method: "POST", Path: "/tm/cm$", Status: 400, Body: refusal, Count: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := committer.Commit(t.Context()); err == nil {
		t.Fatal("the sync was refused, and the commit does not say so")
	}
	if err := committer.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.peer.wantPool(pool(t))
	p.clear()
	if err := committer.Commit(t.Context()); err != nil || p.first.lasting() != "" {
		t.Errorf("once it has worked: %q, %v", p.first.lasting(), err)
	}
}

// Somebody writes between the sync of a commit and the answer that would say In Sync:
// the next commit is the one to wait for.
func TestACommitDoesNotWaitForWritesThatCameAfterItsSync(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	committer := p.Committer(bigip.CommitOptions{SyncGroup: bigipsim.DeviceGroup})
	p.create(pool(t))
	if err := p.first.sim.SetFaults([]control.Fault{{Path: "/cm/sync-status", Delay: "1s", Count: 1}}); err != nil {
		t.Fatal(err)
	}
	committed := make(chan error, 1)
	go func() { committed <- committer.Commit(t.Context()) }()
	p.first.until("synchronised", func() bool { return p.first.lasting() == "sync" && slices.Contains(p.peer.pools(), "/shop/web") })
	if err := p.CreatePool(t.Context(), numbered(1)); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-committed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the commit waits for a sync of what came after it")
	}
	if err := committer.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if pools := p.peer.pools(); !slices.Contains(pools, "/shop/pool-1") {
		t.Errorf("the peer has %v", pools)
	}
}

// pools are the paths of a unit's pools.
func (l *lab) pools() []string {
	l.t.Helper()
	descriptions, err := l.PoolDescriptions(l.t.Context(), "shop")
	if err != nil {
		l.t.Fatal(err)
	}
	var all []string
	for path := range descriptions {
		all = append(all, path.String())
	}
	return all
}

func TestARoleThatMayNotSaveOrSynchroniseIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]control.Fault{
		"by URL":    {Method: "POST", Path: "/tm/(cm|sys/config)$", Status: 401, Body: `{"code":401,"message":"Authorization failed: user=https://localhost/mgmt/shared/authz/users/m resource={path} verb=POST uri:x referrer:y sender:z"}`},
		"by object": {Method: "POST", Path: "/tm/(cm|sys/config)$", Status: 400, Body: `{"code":400,"message":"01070822:3: Access Denied: user (m) may not save","apiError":3}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPairLab(t)
			if err := p.first.sim.SetFaults([]control.Fault{fault}); err != nil {
				t.Fatal(err)
			}
			committer := p.Committer(bigip.CommitOptions{SyncGroup: bigipsim.DeviceGroup, Save: true})
			for i := range 3 {
				if err := p.CreatePool(t.Context(), numbered(i)); err != nil {
					t.Fatal(err)
				}
				err := committer.Commit(t.Context())
				_, saving := errors.AsType[*engine.SaveError](err)
				_, syncing := errors.AsType[*engine.SyncError](err)
				if first := i == 0; saving != first || syncing != first || errors.Is(err, engine.ErrForbidden) != first {
					t.Errorf("commit %d: %v", i+1, err)
				}
			}
			if got := p.first.lasting(); got != "sync save" {
				t.Errorf("the unit was asked for %q, want each once", got)
			}
		})
	}
}

func TestWhoWroteToAUnitThatIsStandbyAtTheCommitIsTold(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	committer := p.Committer(bigip.CommitOptions{SyncGroup: bigipsim.DeviceGroup, Save: true})
	p.create(pool(t))
	p.pair.Failover()
	moved, ok := errors.AsType[*engine.MovedError](committer.Commit(t.Context()))
	if !ok || moved.From != hostOf(p.first) || moved.To != hostOf(p.peer) {
		t.Errorf("got %+v", moved)
	}
	if _, err := p.Pool(t.Context(), web); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("the pool is on the unit that is active now: %v", err)
	}
}

func TestAManagerOfOnePartitionNeedsNoRightToReadTheStatus(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	denied := control.Fault{Path: "/tm/cm/", Status: 401, Body: `{"code":401,"message":"Authorization failed: user=https://localhost/mgmt/shared/authz/users/m resource={path} verb=GET uri:x referrer:y sender:z"}`}
	if err := l.sim.SetFaults([]control.Fault{denied}); err != nil {
		t.Fatal(err)
	}
	status, err := l.Status(t.Context())
	if err != nil || !status.Active || !status.InSync || status.Text != "not known: the user's role may not read the status" {
		t.Errorf("%+v, %v", status, err)
	}
	// And a pair is asked by the page that is left.
	p := newPairLab(t)
	for _, sim := range []*bigipsim.Simulator{p.first.sim, p.peer.sim} {
		if err := sim.SetFaults([]control.Fault{denied}); err != nil {
			t.Fatal(err)
		}
	}
	p.pair.Failover()
	if err := p.CreatePool(t.Context(), pool(t)); err != nil {
		t.Fatal(err)
	}
	p.peer.wantWrites("the unit that is active", "POST ltm/pool")
	client := p.client("admin", "admin")
	if unit, err := client.Active(t.Context()); err != nil || unit.Address() != hostOf(p.peer) {
		t.Errorf("active is %v, %v", unit, err)
	}
}
