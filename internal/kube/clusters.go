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
	source, err := c.source(ref.Cluster)
	if err != nil {
		return endpoints.Snapshot{}, err
	}
	return source.snapshot(ctx, ref)
}

func (c *Clusters) source(name string) (*Source, error) {
	if source := c.byName[name]; source != nil {
		return source, nil
	}
	return nil, &UnknownClusterError{Cluster: name, Known: slices.Sorted(maps.Keys(c.byName))}
}
