package kube

import (
	"context"
	"maps"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// Clusters reads several clusters, each under the name that a Ref gives it.
type Clusters struct{ byName map[string]*Source }

var (
	_ engine.Source = (*Source)(nil)
	_ engine.Source = (*Clusters)(nil)
)

// NewClusters takes the sources by name; "" is the default cluster. With none
// of them, every Snapshot is an *UnknownClusterError.
func NewClusters(byName map[string]*Source) *Clusters {
	return &Clusters{byName: maps.Clone(byName)}
}

// Snapshot implements engine.Source.
func (c *Clusters) Snapshot(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	source := c.byName[ref.Cluster]
	if source == nil {
		return endpoints.Snapshot{}, &UnknownClusterError{Cluster: ref.Cluster, Known: slices.Sorted(maps.Keys(c.byName))}
	}
	return source.snapshot(ctx, ref)
}
