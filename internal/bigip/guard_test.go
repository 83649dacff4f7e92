package bigip_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
)

// changes are the requests that change a unit's configuration: the start and the
// end of a transaction and its commands do not, its commit does.
func (l *lab) changes() (all []string) {
	for _, r := range l.sim.Requests() {
		own := strings.HasPrefix(r.Path, "/mgmt/shared/")
		inTransaction := r.Transaction != "" || r.Method != http.MethodPatch && strings.HasPrefix(r.Path, "/mgmt/tm/transaction")
		if r.Method != http.MethodGet && !own && !inTransaction {
			all = append(all, r.Method+" "+r.Path)
		}
	}
	return all
}

// asked counts how often a unit was asked whether it is active.
func (l *lab) asked() (n int) {
	for _, r := range l.sim.Requests() {
		if strings.HasSuffix(r.Path, "/cm/failover-status") || strings.HasSuffix(r.Path, "/sys/failover") {
			n++
		}
	}
	return n
}

func TestAUnitThatSteppedDownSinceItWasReadIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	one, two := member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80")
	for name, write := range map[string]func(p *pairLab) error{
		"a POST": func(p *pairLab) error { return p.CreatePool(t.Context(), numbered(1)) },
		"a PATCH": func(p *pairLab) error {
			return p.ApplyPool(t.Context(), changeset.Compute(pool(t, member(t, "10.0.0.1:80", ratio(5)), two), pool(t, one, two)))
		},
		"a DELETE": func(p *pairLab) error { return p.DeletePool(t.Context(), web) },
		"a transaction": func(p *pairLab) error {
			want := pool(t, member(t, "10.0.0.1:80", ratio(5)), member(t, "10.0.0.2:80", ratio(6)))
			return p.ApplyPool(t.Context(), changeset.Compute(want, pool(t, one, two)))
		},
		"a config sync": func(p *pairLab) error {
			_, err := p.lab.client.ConfigSync(t.Context(), bigipsim.DeviceGroup)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPairLab(t)
			p.create(pool(t, one, two))
			p.sync()
			p.read(web) // the first unit is active: that answer is good for two seconds
			p.clear()
			p.pair.Failover()
			if err := write(p); err != nil {
				t.Fatal(err)
			}
			if got := p.first.changes(); len(got) != 0 {
				t.Errorf("the standby was asked for %v", got)
			}
			if got := p.peer.changes(); len(got) == 0 {
				t.Error("the unit that took over was asked for nothing")
			}
		})
	}
}

// TestATransactionThatWasBegunBeforeAFailoverIsCommittedOnTheUnitThatTookOver fails
// over after the last command, whose answer tells that the unit is active.
func TestATransactionThatWasBegunBeforeAFailoverIsCommittedOnTheUnitThatTookOver(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	p.create(pool(t, member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80")))
	p.sync()
	p.clear()
	members, times := p.lab.client.Members(web.String()), 0
	err := p.lab.client.Transact(t.Context(), func(tx *icontrol.Transaction) error {
		if err := tx.Delete(t.Context(), members, "/shop/10.0.0.2:80"); err != nil {
			return err
		}
		if times++; times == 1 {
			p.pair.Failover()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.first.changes(); len(got) != 0 {
		t.Errorf("the standby was asked for %v", got)
	}
	p.peer.wantPool(pool(t, member(t, "10.0.0.1:80")))
}

func TestWhereNoUnitIsActiveAnyMoreAChangeIsSentToNeither(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	p.create(pool(t))
	p.sync()
	p.read(web)
	busy := control.Fault{Method: "GET", Path: "/cm/failover-status", Status: 503, Body: `{"code":503,"message":"There is an active asynchronous task executing.","apiError":32964609}`}
	if err := p.peer.sim.SetFaults([]control.Fault{busy}); err != nil {
		t.Fatal(err)
	}
	p.pair.Failover()
	p.clear()
	err := p.ApplyPool(t.Context(), changeset.Compute(pool(t, member(t, "10.0.0.1:80")), pool(t)))
	if failure := wantError(t, err, engine.ErrStandby, "update", "pool /shop/web", p.Name()); failure != nil {
		for _, unit := range []*lab{p.first, p.peer} {
			if !strings.Contains(failure.Said, hostOf(unit)) {
				t.Errorf("%q does not name %s", failure.Said, hostOf(unit))
			}
		}
	}
	p.first.wantWrites("the standby")
	p.peer.wantWrites("the unit that does not say what it is")
}

// TestAChangeWaitsForNoOneBetweenTheAnswerAndItself has many writers: each asks
// when it is its turn, and not while another one writes.
func TestAChangeWaitsForNoOneBetweenTheAnswerAndItself(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	p.create(pool(t))
	p.read(web)
	p.clear()
	done := make(chan error)
	for i := range 10 {
		go func() { done <- p.CreatePool(t.Context(), numbered(i)) }()
	}
	for range 10 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	before := ""
	for _, r := range p.first.sim.Requests() {
		if r.Method == http.MethodPost && !strings.HasSuffix(before, "/cm/failover-status") {
			t.Errorf("%s %s follows %s", r.Method, r.Path, before)
		}
		before = r.Path
	}
	if asked := p.first.asked(); asked != 10 {
		t.Errorf("10 changes asked %d times whether the unit is active, want 10", asked)
	}
}

func TestAChangeThatFindsItsTokenGoneLogsInAndIsDone(t *testing.T) {
	t.Parallel()
	p := newPairLab(t)
	p.create(pool(t))
	p.read(web)
	if err := p.first.sim.SetFaults([]control.Fault{{Preset: "token-expired", Count: 1}}); err != nil {
		t.Fatal(err)
	}
	p.clear()
	if err := p.CreatePool(t.Context(), numbered(1)); err != nil {
		t.Fatal(err)
	}
	p.first.wantWrites("the unit", "POST ltm/pool")
	p.peer.wantWrites("the standby")
}

// TestWhatItCostsToAskBeforeEachChange is the price in full: one GET for each
// change, and one for the first read after it. One device costs none.
func TestWhatItCostsToAskBeforeEachChange(t *testing.T) {
	t.Parallel()
	run := func(ctx context.Context, d *bigip.Device) {
		t.Helper()
		one, two, three := member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80"), member(t, "10.0.0.3:80")
		want := pool(t, member(t, "10.0.0.1:80", ratio(5)), member(t, "10.0.0.2:80", ratio(6)), three)
		if err := d.CreatePool(ctx, pool(t, one, two)); err != nil { // one POST
			t.Fatal(err)
		}
		if err := d.ApplyPool(ctx, changeset.Compute(want, pool(t, one, two))); err != nil { // one POST, one transaction
			t.Fatal(err)
		}
		if _, err := d.Pool(ctx, web); err != nil {
			t.Fatal(err)
		}
	}
	p, l := newPairLab(t), newLab(t)
	if _, err := p.Pool(t.Context(), web); !errors.Is(err, engine.ErrNotFound) { // logs in
		t.Fatal(err)
	}
	p.clear()
	run(t.Context(), p.Device)
	if got := p.first.asked(); got != 5 { // POST, POST, begin, commit, read
		t.Errorf("three changes and a read asked %d times whether the unit is active, want 5", got)
	}
	if got := len(p.peer.sim.Requests()); got != 0 {
		t.Errorf("the standby was sent %d requests", got)
	}
	run(t.Context(), l.Device)
	if got := l.asked(); got != 0 {
		t.Errorf("one device was asked %d times whether it is active", got)
	}
}
