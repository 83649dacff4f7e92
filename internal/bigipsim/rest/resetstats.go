package rest

import (
	"net/http"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

const resetStatsCommand = "reset-stats"

// resetStats is POST to a collection {"command":"reset-stats"}, of one object by its
// name or of all (icontrol-rest 7 tells of the command; its form is inferred from
// publish and save). Of a pool its members are reset, too. Whoever is bound to a
// partition resets nothing outside of it.
func (s *Server) resetStats(r *request, t target, body map[string]any) (int, *document, error) {
	reset := s.resetter(t)
	if reset == nil {
		return 0, nil, unsupported(t.kind.Path + "/stats")
	}
	items := r.state.Objects(t.kind).Items()
	if t.parent != "" {
		owner := r.state.Owner(t.kind, t.parent)
		if owner == nil {
			return 0, nil, config.NotFound(t.kind.Parent, config.Outer(t.parent), config.Inner(t.parent))
		}
		items = owner.Sub(t.kind.Sub).Items()
	}
	if name, ok := body["name"].(string); ok {
		folder := "/Common"
		if partition, ok := body["partition"].(string); ok {
			folder = "/" + partition
		} else if t.parent != "" {
			folder = config.Folder(t.parent)
		}
		path := config.Join(folder, name)
		o := r.state.Find(t.kind, t.parent, path)
		if o == nil {
			return 0, nil, config.NotFound(t.kind, t.parent, path)
		}
		items = []*config.Object{o}
	}
	for _, o := range items {
		if own := r.user.Actor().Partition; own == "" || config.Partition(o.Path) == own {
			reset(o.Path)
		}
	}
	return http.StatusOK, ran(config.Command{Type: t.kind, Body: body}), nil
}

// resetter is how the statistics of a kind are reset, nil for kinds that have none.
func (s *Server) resetter(t target) func(path string) {
	switch t.kind.Path {
	case "ltm/pool":
		return s.traffic.ResetPool
	case "ltm/pool/members":
		return func(path string) { s.traffic.ResetMember(t.parent, path) }
	case "ltm/node":
		return s.traffic.ResetNode
	case "ltm/virtual":
		return s.traffic.ResetVirtualServer
	}
	return nil
}
