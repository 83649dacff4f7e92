package stats

import (
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Labels say whose a pool or a member is, as its mark has it; all are "" without one.
type Labels struct {
	Cluster, Namespace, Service, Backend, Pod string
}

// Mark is what is known of a bound pool besides its counters.
type Mark struct {
	Backends []engine.Backend
	Min      int                      // enabled members that always stay; 0 = not said
	Members  map[ltm.MemberKey]Labels // of the members that carry a mark
}

// MemberLabels reads the marks of members.
func MemberLabels(members []ltm.Member) map[ltm.MemberKey]Labels {
	all := make(map[ltm.MemberKey]Labels, len(members))
	for _, m := range members {
		if _, mark, found, err := binding.ParseMember(m.Description); found && err == nil {
			all[m.Key] = Labels{mark.Cluster, mark.Namespace, mark.Service, mark.FullName(), mark.Pod}
		}
	}
	return all
}

// shared are the labels on which all backends of a pool agree.
func (m Mark) shared() Labels {
	var l Labels
	for i, b := range m.Backends {
		own := backendLabels(b)
		if i == 0 {
			l = own
			continue
		}
		for _, field := range []struct{ all, own *string }{
			{&l.Cluster, &own.Cluster}, {&l.Namespace, &own.Namespace}, {&l.Service, &own.Service}, {&l.Backend, &own.Backend},
		} {
			if *field.all != *field.own {
				*field.all = ""
			}
		}
	}
	return l
}

func backendLabels(b engine.Backend) Labels {
	return Labels{Cluster: b.Ref.Cluster, Namespace: b.Ref.Namespace, Service: b.Ref.Service, Backend: b.Name}
}

// Snapshot is what the device had counted at one moment.
type Snapshot struct {
	Time           time.Time // before the first request
	Device         string    // as the user knows it
	Unit           string    // whose counters these are: a pair has two sets
	VirtualServers []ltm.VirtualServerStatistics
	Pools          []Pool
}

// Pool is a pool with its counters and what its mark says. Its labels are those on
// which all of its backends agree.
type Pool struct {
	ltm.PoolStatistics
	Mark   Mark
	Bound  bool
	Labels Labels
}

// State is one word for a member: up, down, draining or disabled.
func State(m ltm.MemberStatistics) string {
	switch {
	case m.Enabled && m.Available:
		return "up"
	case m.Enabled:
		return "down"
	case m.CurrentConnections > 0:
		return "draining"
	}
	return "disabled"
}

// states are all that State returns.
var states = []string{"up", "down", "draining", "disabled"}
