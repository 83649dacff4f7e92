package rest

import (
	"net/http"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// asksAllMembers tells GET /mgmt/tm/ltm/pool/members/stats, in which "members" stands
// where a pool's name would. Releases before 12 know no more than that name.
func (s *Server) asksAllMembers(t target) bool {
	return t.kind.Path == "ltm/pool" && t.stats && t.bare && t.name == "members" && s.version.AtLeast(12, 0)
}

// allMembersStats are the statistics of pools, each with those of its members inside
// (shape recorded on 12.1.0). Without a filter the device shows the pools of Common alone
// (user reports, 12 to 17); that a filter names another partition is inferred.
func (s *Server) allMembersStats(r *request, t target, e *encoder) (int, *document, error) {
	if r.query.filter == "" {
		r.query.filter = "partition eq Common"
	}
	pools, err := r.query.filtered(r.state, r.state.Objects(t.kind).Items())
	if err != nil {
		return 0, nil, err
	}
	root := host + t.kind.Path + "/members"
	all := &document{}
	for _, pool := range pools {
		self := root + "/" + nameInURL(pool.Path)
		entries := e.poolCounters(pool)
		if members := pool.Sub("members").Items(); len(members) > 0 {
			entries.add(self+"/members/stats", (&document{}).add("nestedStats", (&document{}).add("entries", e.membersInside(self, pool, members))))
		}
		all.add(self+"/stats", e.nestedStats(t.kind, self, entries))
	}
	d := (&document{}).add("kind", t.kind.StatsKind()).add("selfLink", root+"/stats"+s.ver())
	if len(pools) > 0 {
		d.add("entries", all)
	}
	return http.StatusOK, d, nil
}

func (e *encoder) membersInside(self string, pool *config.Object, members []*config.Object) *document {
	entries := &document{}
	for _, member := range members {
		own := self + "/members/" + nameInURL(member.Path)
		entries.add(own+"/stats", e.nestedStats(member.Type, own, e.memberCounters(member, pool.Path)))
	}
	return entries
}
