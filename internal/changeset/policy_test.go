package changeset_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestOwnedOnlyLeavesMembersOfOthersAlone(t *testing.T) {
	t.Parallel()
	ours := func(m ltm.Member) bool { return m.Description == "ours" }
	live := pool(member(1, described("ours")), member(2), member(3, described("ours")), member(4))
	desired := pool(member(1, described("ours"), ratio(2)), member(2, ratio(2)), member(5, described("ours")))
	c := changeset.OwnedOnly(ours)(changeset.Compute(desired, live), live)
	want := `pool /shop/web
  + 10.0.0.5:80: ratio 1, enabled, description "ours"
  ~ 10.0.0.1:80: ratio 1 -> 2
  - 10.0.0.3:80`
	if diff := cmp.Diff(want, c.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTheFloorHoldsBackThoseThatServeFirst(t *testing.T) {
	t.Parallel()
	live := pool(member(1, health(ltm.HealthDown)), member(2, health(ltm.HealthUp)), member(3, health(ltm.HealthUp)), member(4, session(ltm.Disabled)))
	desired := pool(member(3, session(ltm.ForcedOffline)))
	for least, want := range map[int]string{
		0: "pool /shop/web\n  ~ 10.0.0.3:80: enabled -> forced-offline\n  - 10.0.0.1:80\n  - 10.0.0.2:80\n  - 10.0.0.4:80",
		1: "pool /shop/web\n  ~ 10.0.0.3:80: enabled -> forced-offline\n  - 10.0.0.1:80\n  - 10.0.0.4:80",
		2: "pool /shop/web\n  - 10.0.0.1:80\n  - 10.0.0.4:80",
		3: "pool /shop/web\n  - 10.0.0.4:80",
		9: "pool /shop/web\n  - 10.0.0.4:80",
	} {
		got := changeset.Floor(least)(changeset.Compute(desired, live), live).String()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("floor %d -want +got\n%s", least, diff)
		}
	}
}

func TestMembersThatComeCountForTheFloor(t *testing.T) {
	t.Parallel()
	live, desired := pool(member(1), member(2)), pool(member(3), member(4))
	c := changeset.Compute(desired, live)
	if got := changeset.Floor(2)(c, live); got.String() != c.String() {
		t.Errorf("got %s", got)
	}
}

func TestAPoolNeverFallsBelowItsFloor(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	count := func(p ltm.Pool) (enabled int) {
		for _, m := range p.Members {
			if m.Session == ltm.Enabled {
				enabled++
			}
		}
		return enabled
	}
	for range 500 {
		desired, live, least := random(r, false), random(r, true), r.IntN(8)
		c := changeset.Compute(desired, live)
		held := changeset.Floor(least)(c, live)
		got, whole := count(held.Apply(live)), count(c.Apply(live))
		if got < min(least, count(live)) {
			t.Fatalf("floor %d: %d of %d enabled are left by\n%s", least, got, count(live), held)
		}
		if got > max(whole, min(least, count(live))) {
			t.Fatalf("floor %d: more is held back than needed by\n%s", least, held)
		}
	}
}
