package kube

import (
	"context"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

type cluster struct{}

func newCluster(string, Config, WatchOptions) (*cluster, error) { return &cluster{}, nil }
func (c *cluster) run(ctx context.Context)                       { <-ctx.Done() }
func (c *cluster) follow(string, []endpoints.Ref)                {}
func (c *cluster) synced(ref endpoints.Ref) error                { return &NotSyncedError{Ref: ref} }
func (c *cluster) health() Health                                { return Health{} }
func (c *cluster) podGate(string, string) (PodGate, bool)        { return PodGate{}, false }
func (c *cluster) snapshot(ref endpoints.Ref) (endpoints.Snapshot, error) {
	return endpoints.Snapshot{}, c.synced(ref)
}
func (c *cluster) scaledToZero(context.Context, endpoints.Ref) (bool, error) { return false, nil }
