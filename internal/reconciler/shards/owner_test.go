package shards

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func names(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return all
}

func TestTheShareOfEachReplicaIsAboutTheSame(t *testing.T) {
	t.Parallel()
	replicas, shares := names("helper", 10), map[string]int{}
	for _, partition := range names("partition", 10_000) {
		shares[Owner(partition, replicas)]++
	}
	for _, replica := range replicas {
		if n := shares[replica]; n < 850 || n > 1150 {
			t.Errorf("%s has %d of 10000 partitions", replica, n)
		}
	}
}

func TestOnlyTheShareOfAReplicaThatComesOrGoesMoves(t *testing.T) {
	t.Parallel()
	replicas := names("helper", 5)
	for _, partition := range names("partition", 1000) {
		before := Owner(partition, replicas)
		fewer := slices.DeleteFunc(slices.Clone(replicas), func(r string) bool { return r == "helper-2" })
		if after := Owner(partition, fewer); before != "helper-2" && after != before {
			t.Fatalf("%s moved from %s to %s, though helper-2 went", partition, before, after)
		}
		if after := Owner(partition, append(replicas, "helper-9")); after != before && after != "helper-9" {
			t.Fatalf("%s moved from %s to %s, though helper-9 came", partition, before, after)
		}
		slices.Reverse(replicas)
		if after := Owner(partition, replicas); after != before {
			t.Fatalf("%s belongs to %s or %s, by the order of the replicas", partition, before, after)
		}
	}
	if Owner("shop", nil) != "" {
		t.Error("nobody owns something")
	}
}

func TestWhatAReplicaDoesWithALease(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	fresh, stale := now.Add(-9*time.Second), now.Add(-10*time.Second)
	// The hashes decide that of a and b, the partition "shop" is this one's.
	mine := Owner("shop", []string{"a", "b"})
	other := map[string]string{"a": "b", "b": "a"}[mine]
	member := func(holder string, seen time.Time, serves ...string) lease {
		return lease{name: "m-" + holder, holder: holder, member: true, partitions: serves, duration: 10 * time.Second, seen: seen}
	}
	of := func(holder string, seen time.Time) lease {
		return lease{name: "shop", holder: holder, duration: 10 * time.Second, seen: seen}
	}
	for _, test := range []struct {
		name   string
		self   string
		held   bool
		leases []lease
		want   decision
		wake   time.Time
	}{
		{name: "nobody else lives", self: mine, want: decision{take: []string{"shop"}}},
		{name: "its Lease is free", self: mine, leases: []lease{member(other, fresh, "shop"), of("", fresh)}, want: decision{take: []string{"shop"}}, wake: fresh.Add(10 * time.Second)},
		{name: "another one still has it", self: mine, leases: []lease{of("dead", fresh)}, wake: fresh.Add(10 * time.Second)},
		{name: "another one had it", self: mine, leases: []lease{of("dead", stale)}, want: decision{take: []string{"shop"}}},
		{name: "it had it itself, and lost it", self: mine, leases: []lease{of(mine, fresh)}, want: decision{take: []string{"shop"}}},
		{name: "it belongs to the other one", self: other, leases: []lease{member(mine, fresh, "shop"), of("", stale)}, wake: fresh.Add(10 * time.Second)},
		{name: "the other one is dead", self: other, leases: []lease{member(mine, stale, "shop"), of(mine, stale)}, want: decision{take: []string{"shop"}}},
		{name: "the other one does not serve it", self: other, leases: []lease{member(mine, fresh, "pay")}, want: decision{take: []string{"shop"}}, wake: fresh.Add(10 * time.Second)},
		{name: "it goes on", self: mine, held: true, leases: []lease{member(other, fresh, "shop"), of(mine, fresh)}, want: decision{keep: []string{"shop"}}, wake: fresh.Add(10 * time.Second)},
		{name: "it goes on with a Lease that was deleted", self: mine, held: true, want: decision{keep: []string{"shop"}}},
		{name: "the other one has come", self: other, held: true, leases: []lease{member(mine, fresh, "shop"), of(other, fresh)}, want: decision{give: []string{"shop"}}, wake: fresh.Add(10 * time.Second)},
		{name: "another one has taken it", self: mine, held: true, leases: []lease{of(other, fresh)}, want: decision{give: []string{"shop"}}, wake: fresh.Add(10 * time.Second)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := view{self: test.self, partitions: []string{"shop"}, leases: map[string]lease{}, held: map[string]bool{"shop": test.held}, nameOf: func(p string) string { return p }}
			for _, l := range test.leases {
				v.leases[l.name] = l
			}
			got, wake := v.next(now)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(decision{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !wake.Equal(test.wake) {
				t.Errorf("looks again at %s, want %s", wake, test.wake)
			}
		})
	}
}

func TestEveryNameOfALeaseIsADNSLabelOfItsOwn(t *testing.T) {
	t.Parallel()
	label := regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
	seen := map[string]string{}
	long := "a-very-long-name-of-a-device-in-the-second-data-centre.example.com"
	for _, device := range []string{"192.0.2.1:443", "192.0.2.1:8443", "[2001:db8::1]:443", "bigip", "BIGIP", long, "bigip-shop"} {
		for _, partition := range []string{"shop", "Shop", "shop.eu", "shop_eu", "…", long, "shop-"} {
			for _, name := range []string{partitionName(device, partition), memberName(device, partition)} {
				key := device + " " + partition
				if !label.MatchString(name) {
					t.Errorf("%s: %q is no DNS label", key, name)
				}
				if other, taken := seen[name]; taken {
					t.Errorf("%s and %s are both %q", key, other, name)
				}
				seen[name] = key
			}
		}
	}
}
