package bigip_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// pairLab is a simulated pair with a partition "shop" on both; the lab's device is
// the pair.
type pairLab struct {
	*lab
	pair        *bigipsim.Pair
	first, peer *lab // each unit alone
}

func newPairLab(t *testing.T) *pairLab {
	t.Helper()
	pair, err := bigipsim.NewPair(bigipsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := pair.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := pair.Close(ctx); err != nil {
			t.Errorf("close the simulator: %v", err)
		}
	})
	p := &pairLab{pair: pair}
	a, b := pair.Units()
	unit := func(sim *bigipsim.Simulator) *lab {
		l := &lab{t: t, sim: sim}
		l.Device, l.client = l.login("admin", "admin")
		return l
	}
	p.first, p.peer = unit(a), unit(b)
	if _, err := p.first.client.Partitions().Create(t.Context(), "shop", icontrol.PartitionBody{Name: "shop"}); err != nil {
		t.Fatal(err)
	}
	p.sync()
	p.lab = &lab{t: t, sim: a, client: p.client("admin", "admin")}
	p.Device = bigip.New(p.lab.client, "", nil)
	p.clear()
	return p
}

// client is one of the pair, with its own tokens.
func (p *pairLab) client(user, password string, change ...func(*icontrol.Config)) *icontrol.Client {
	_, first := p.first.login(user, password, change...)
	_, peer := p.peer.login(user, password, change...)
	return icontrol.NewPair(first, peer)
}

// again is the pair as another process has it.
func (p *pairLab) again() *bigip.Device { return bigip.New(p.client("admin", "admin"), "", nil) }

func (p *pairLab) clear() {
	p.first.sim.ClearRequests()
	p.peer.sim.ClearRequests()
}

// sync copies the first unit's configuration to the peer.
func (p *pairLab) sync() {
	p.first.t.Helper()
	ctx := p.first.t.Context()
	if _, err := p.first.client.ConfigSync(ctx, bigipsim.DeviceGroup); err != nil {
		p.first.t.Fatal(err)
	}
	p.first.until("in sync", func() bool {
		status, err := p.first.client.SyncStatus(ctx)
		return err == nil && status.Status == "In Sync"
	})
}

// until polls for a minute at most.
func (l *lab) until(what string, so func() bool) {
	l.t.Helper()
	tick, deadline := time.NewTicker(10*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			l.t.Fatalf("not so after a minute: %s", what)
		}
	}
}

// writes are the changes that a unit was asked for, logins and transactions' starts apart.
func (l *lab) writes() []string {
	var writes []string
	for _, r := range l.sim.Requests() {
		if r.Method != http.MethodGet && !strings.Contains(r.Path, "/mgmt/shared/") {
			writes = append(writes, r.Method+" "+strings.TrimPrefix(r.Path, "/mgmt/tm/"))
		}
	}
	return writes
}

func (l *lab) wantWrites(unit string, want ...string) {
	l.t.Helper()
	if got := strings.Join(l.writes(), ", "); got != strings.Join(want, ", ") {
		l.t.Errorf("%s was asked for %s, want %s", unit, got, strings.Join(want, ", "))
	}
}

func TestWritesAndReadsGoToTheUnitThatIsActive(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	if err := p.CreatePool(t.Context(), pool(t, member(t, "10.0.0.1:80"))); err != nil {
		t.Fatal(err)
	}
	p.first.wantWrites("the active unit", "POST ltm/pool")
	p.peer.wantWrites("the standby")
	if got := p.Name(); !strings.Contains(p.first.sim.ManagementURL(), got) {
		t.Errorf("the pair is called %s while %s is active", got, p.first.sim.ManagementURL())
	}
	p.sync()
	epoch := p.lab.client.Epoch()
	p.pair.Failover()
	p.read(web)
	if p.lab.client.Epoch() == epoch {
		t.Error("what was read from the other unit counts as read now")
	}
	p.clear()
	p.apply(pool(t, member(t, "10.0.0.1:80", ratio(5))))
	p.first.wantWrites("the unit that was active")
	p.peer.wantWrites("the unit that is active now", "PATCH ltm/pool/~shop~web/members/~shop~10.0.0.1:80")
	if got := p.Name(); !strings.Contains(p.peer.sim.ManagementURL(), got) {
		t.Errorf("the pair is called %s while %s is active", got, p.peer.sim.ManagementURL())
	}
	status, err := p.Status(t.Context())
	if err != nil || !status.Active || status.InSync || status.Text != "ACTIVE, Changes Pending" {
		t.Errorf("the pair's status is %+v, %v", status, err)
	}
}

func TestTheUnitsAreAskedOnceForReadsThatFollowEachOther(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	p.create(pool(t))
	p.read(web)
	p.clear()
	start := time.Now()
	for range 20 {
		if _, err := p.Pool(t.Context(), web); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	for _, r := range p.first.sim.Requests() {
		if strings.Contains(r.Path, "/cm/") {
			asked++
		}
	}
	took := time.Since(start) // an answer is kept for two seconds
	if asked > 2+int(took/(2*time.Second)) || len(p.peer.sim.Requests()) != 0 {
		t.Errorf("20 reads in %s asked the active unit %d times and the standby %d times whether it is active", took, asked, len(p.peer.sim.Requests()))
	}
}

func TestARequestFollowsTheFailoverThatTakesItsUnitAway(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]control.Fault{
		"the unit is busy":              {Preset: "busy"},
		"the unit restarts":             {Preset: "starting"},
		"the connection ends":           {Preset: "reset"},
		"mcpd is lost":                  {Preset: "mcpd-restart"},
		"nobody knows the token":        {Preset: "token-expired"},
		"the answer to a write is lost": {Preset: "lost-response"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPairLab(t)
			p.create(pool(t, member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80")))
			p.sync()
			p.read(web) // who is active is known, for two seconds
			fault.For, fault.Count = "1h", 0
			if err := p.first.sim.SetFaults([]control.Fault{fault}); err != nil {
				t.Fatal(err)
			}
			p.pair.Failover()
			p.clear()
			want := pool(t, member(t, "10.0.0.1:80", ratio(5)), member(t, "10.0.0.2:80", ratio(6)), member(t, "10.0.0.3:80"))
			before := pool(t, member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80"))
			start := time.Now()
			if err := p.ApplyPool(t.Context(), changeset.Compute(want, before)); err != nil {
				t.Fatal(err)
			}
			p.peer.wantPool(want)
			if took := time.Since(start); took > time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestAnObjectThatIsCreatedDuringAFailoverIsOnTheUnitThatIsActiveThen loses the
// answer to the POST: it is looked up, and made again, where it is needed.
func TestAnObjectThatIsCreatedDuringAFailoverIsOnTheUnitThatIsActiveThen(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	if _, err := p.Pool(t.Context(), web); !errors.Is(err, engine.ErrNotFound) {
		t.Fatal(err)
	}
	if err := p.first.sim.SetFaults([]control.Fault{{Method: "POST", Path: "/ltm/pool$", CommitThenDrop: true}}); err != nil {
		t.Fatal(err)
	}
	p.pair.Failover()
	want := pool(t, member(t, "10.0.0.1:80"))
	if err := p.CreatePool(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	p.peer.wantPool(want)
}

func TestWhereNoUnitIsActiveNothingIsWrittenAndBothAreNamed(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	p.create(pool(t))
	p.sync()
	p.pair.Failover()
	down := []control.Fault{{Method: "GET", Path: "/cm/failover-status", Status: 503, Body: `{"code":503,"message":"There is an active asynchronous task executing.","apiError":32964609}`}}
	if err := p.peer.sim.SetFaults(down); err != nil {
		t.Fatal(err)
	}
	p.clear()
	device := bigip.New(p.client("admin", "admin", givesUpSoon), "", nil)
	err := device.ApplyPool(t.Context(), changeset.Compute(pool(t, member(t, "10.0.0.1:80")), pool(t)))
	failure := wantError(t, err, engine.ErrStandby, "update", "pool /shop/web", device.Name())
	for _, want := range []string{"STANDBY", "There is an active asynchronous task executing.", hostOf(p.first), hostOf(p.peer)} {
		if failure != nil && !strings.Contains(failure.Said, want) {
			t.Errorf("%q lacks %q", failure.Said, want)
		}
	}
	p.first.wantWrites("the standby")
	p.peer.wantWrites("the unit that does not say what it is")
}

func hostOf(l *lab) string { return strings.TrimPrefix(l.sim.ManagementURL(), "https://") }

// failoverAfter fails the pair over once a number of writes have been made.
type failoverAfter struct {
	engine.Device
	pair   *bigipsim.Pair
	writes int
	before bool // before the last of these writes, not after it
}

func (d *failoverAfter) ApplyPool(ctx context.Context, change changeset.ChangeSet) error {
	d.writes--
	if d.writes == 0 && d.before {
		d.pair.Failover()
	}
	err := d.Device.ApplyPool(ctx, change)
	if d.writes == 0 && !d.before {
		d.pair.Failover()
	}
	return err
}

func TestARunFollowsAFailoverBetweenAnyTwoOfItsWrites(t *testing.T) {
	t.Parallel()
	old := pool(t, member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80"))
	want := pool(t, member(t, "10.0.0.3:80"), member(t, "10.0.0.4:80"))
	for writes := 1; writes <= 3; writes++ {
		for _, before := range []bool{true, false} {
			name := map[bool]string{true: "before write ", false: "after write "}[before] + string(rune('0'+writes))
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newPairLab(t)
				p.create(old)
				p.sync()
				device := &failoverAfter{Device: p.Device, pair: p.pair, writes: writes, before: before}
				live, err := engine.RunPool(t.Context(), device, engine.PoolGoal{Pool: want, Spec: cutover.Spec{Drain: time.Millisecond}}, nil)
				if err != nil {
					t.Fatal(err)
				}
				if device.writes > 0 {
					t.Fatalf("the run made %d writes fewer than the test wants", device.writes)
				}
				if len(live.Members) != 2 {
					t.Errorf("the run ended with %d members", len(live.Members))
				}
				p.peer.wantPool(want)
			})
		}
	}
}

func TestASwitchFollowsAFailoverAfterItsWrite(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	blue, green := ltm.NewPath("shop", "blue"), ltm.NewPath("shop", "green")
	for _, path := range []ltm.Path{blue, green} {
		p.create(ltm.NewPool(path))
	}
	vs := p.virtualServer()
	vs.Pool = blue
	if err := p.CreateVirtualServer(t.Context(), vs); err != nil {
		t.Fatal(err)
	}
	p.sync()
	vs.Pool = green
	var once sync.Once
	report := func(step cutover.Step) {
		if step.Phase == cutover.Shift { // told before it is taken; who is active was asked for the read
			once.Do(p.pair.Failover)
		}
	}
	if _, err := engine.RunVirtualServer(t.Context(), p.Device, engine.VirtualServerGoal{VirtualServer: vs}, report); err != nil {
		t.Fatal(err)
	}
	live, err := p.peer.VirtualServer(t.Context(), vs.Path)
	if err != nil || live.Pool != green {
		t.Errorf("the unit that is active has the pool %s, %v", live.Pool, err)
	}
}

func TestTheTokensOfBothUnitsAreGivenBack(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	p.create(pool(t))
	p.sync()
	p.pair.Failover()
	p.read(web)
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, unit := range map[string]*lab{"first": p.first, "peer": p.peer} {
		deleted := 0
		for _, r := range unit.sim.Requests() {
			if r.Method == http.MethodDelete && strings.Contains(r.Path, "/authz/tokens/") {
				deleted++
			}
		}
		if deleted != 1 {
			t.Errorf("%d tokens of the %s unit were given back, want 1", deleted, name)
		}
	}
}

func TestFilesAreUploadedToTheUnitThatTakesTheTransaction(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	want, pairs := wholeSite(t)
	p.sync()
	p.applySite(want, pairs)
	p.sync()
	p.pair.Failover()
	var pair ltm.KeyPair
	want.Certificates[0], pair = keyPair(t, certificate, "shop.example.com")
	p.clear()
	p.applySite(want, map[ltm.Path]ltm.KeyPair{certificate: pair})
	p.wantSite(want)
	for _, r := range p.first.sim.Requests() {
		if r.Method != http.MethodGet && !strings.Contains(r.Path, "login") {
			t.Errorf("the unit that stands by was asked for %s %s", r.Method, r.Path)
		}
	}
}
