package follow_test

import (
	"fmt"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// A pod is replaced: the new one is added, the old one gets no new clients. When
// its endpoint is gone, it leaves the device.
func ExampleNext() {
	policy := follow.Policy{MaxDisablePercent: 50, Hold: 30 * time.Second}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	old, stays, comes := member(1, ltm.Enabled), member(2, ltm.Enabled), member(3, ltm.Enabled)

	pool := ltm.NewPool(ltm.NewPath("shop", "web"))
	pool.Members = []ltm.Member{old, stays}
	terminating := old
	terminating.Session = ltm.Disabled
	world := follow.World{
		Live: pool, Want: []ltm.Member{terminating, stays, comes},
		Endpoint: map[ltm.MemberKey]endpoints.State{old.Key: endpoints.Draining, stays.Key: endpoints.Ready, comes.Key: endpoints.Ready},
	}
	step := follow.Next(policy, world, follow.Memory{}, now)
	for !step.Write.Empty() {
		fmt.Println(step.Write)
		world.Live = step.Write.Apply(world.Live)
		step = follow.Next(policy, world, step.Memory, now)
	}

	world.Want = []ltm.Member{stays, comes}
	delete(world.Endpoint, old.Key)
	step = follow.Next(policy, world, step.Memory, now.Add(time.Minute))
	fmt.Println(step.Write)
	// Output:
	// pool /shop/web
	//   + 10.0.0.3:80: ratio 1, enabled, description "ours"
	// pool /shop/web
	//   ~ 10.0.0.1:80: enabled -> disabled
	// pool /shop/web
	//   - 10.0.0.1:80
}

// A watch has just broken, and an endpoint is not ready any more: perhaps. Nothing
// is written until that has been so for a while.
func ExampleNext_held() {
	policy := follow.Policy{MaxDisablePercent: 50, Hold: 30 * time.Second}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	pool := ltm.NewPool(ltm.NewPath("shop", "web"))
	pool.Members = []ltm.Member{member(1, ltm.Enabled), member(2, ltm.Enabled)}
	world := follow.World{
		Live: pool, Want: []ltm.Member{member(1, ltm.ForcedOffline), member(2, ltm.Enabled)},
		Endpoint:   map[ltm.MemberKey]endpoints.State{key(1): endpoints.NotReady, key(2): endpoints.Ready},
		WatchBroke: now.Add(-20 * time.Second),
	}
	step := follow.Next(policy, world, follow.Memory{}, now)
	fmt.Println("nothing to write:", step.Write.Empty())
	fmt.Println(step.Held[0].Key, step.Held[0].Reason, "look again after", step.After)

	step = follow.Next(policy, world, step.Memory, now.Add(step.After))
	fmt.Println(step.Write)
	// Output:
	// nothing to write: true
	// 10.0.0.1:80 watch-broke look again after 10s
	// pool /shop/web
	//   ~ 10.0.0.1:80: enabled -> forced-offline
}
