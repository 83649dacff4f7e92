package reconciler

import (
	"context"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// device is what the helper itself asks of a BIG-IP.
type device interface {
	Name() string
	PoolDescriptions(ctx context.Context, partition string) (map[ltm.Path]string, error)
	MemberStatus(ctx context.Context, path ltm.Path) ([]ltm.MemberStatus, error)
}

// watch is what it asks of the clusters. An owner is the text of a pool's path.
type watch interface {
	Follow(owner string, refs []endpoints.Ref)
	Synced(ref endpoints.Ref) error
	Health() map[string]kube.Health
	PodGate(cluster, namespace, name string) (kube.PodGate, bool)
}

// follower brings one pool to what its endpoints are: an *engine.Follower.
type follower interface {
	Sync(ctx context.Context, compare bool) (engine.FollowReport, error)
}

// follows makes the follower of a pool.
type follows func(path ltm.Path) follower

// sweep deletes a retired pool that nobody uses: engine.SweepRetired.
type sweep func(ctx context.Context, path ltm.Path) (bool, error)

// loops finds the pools of a partition through which a cluster is reached:
// engine.LoopsIn, or none where that is allowed.
type loops func(ctx context.Context, partition string) (map[ltm.Path]*engine.LoopError, error)
