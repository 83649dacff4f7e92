package reconciler

import (
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAProbeThatChangesComesWithTheNewPodsInOneTransactionForAllOfThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	web := kubetest.DeploymentSpec{Namespace: s.namespace, Name: "web", Replicas: 4, ReadinessProbe: kubetest.HTTPProbe("/healthz", "http")}
	must(t, s.cp.Deploy(t.Context(), web))
	must(t, s.cp.WaitReady(t.Context(), s.namespace, "web", 4))
	s.ingress("web", "", "/=web")
	options := siteOptions()
	options.Pool.Probes = true
	s.apply(s.owner(ingress.KindIngress, "web"), options)
	// monitors are those of the pool, with what they ask.
	monitors := func() string {
		t.Helper()
		pool := s.pool()
		found, err := s.device.Site(t.Context(), ltm.SitePaths{Monitors: ingress.MonitorRefs(pool.Monitors)})
		must(t, err)
		var texts []string
		for _, m := range found.Monitors {
			target, _, _ := strings.Cut(m.Send, " HTTP")
			texts = append(texts, strings.TrimSpace(string(m.Type)+" "+target))
		}
		return strings.Join(texts, ", ")
	}
	become := func(want string) {
		t.Helper()
		var got string
		eventually(t, func() bool { got = monitors(); return got == want }, func() string { return "the pool is probed by " + got + ", want " + want })
	}
	become("http GET /healthz")
	s.follow(s.options("shop"), 1)
	s.sim.ClearRequests()

	web.ReadinessProbe = kubetest.HTTPProbe("/readyz", "http")
	must(t, s.cp.Deploy(t.Context(), web))
	become("http GET /readyz")
	web.ReadinessProbe = kubetest.TCPProbe("http")
	must(t, s.cp.Deploy(t.Context(), web))
	become("tcp")
	var writes []string
	for _, w := range s.writes() {
		if strings.Contains(w, " ltm/monitor/") {
			writes = append(writes, w)
		}
	}
	if len(writes) != 3 || !strings.HasPrefix(writes[0], "PATCH ltm/monitor/http/") || writes[1] != "POST ltm/monitor/tcp" || !strings.HasPrefix(writes[2], "DELETE ltm/monitor/http/") {
		t.Errorf("it is written so: %v", writes)
	}
}

// pool is the one that there is.
func (s *site) pool() ltm.Pool {
	s.t.Helper()
	pools, err := s.device.PoolsIn(s.t.Context(), "shop")
	must(s.t, err)
	if len(pools) != 1 {
		s.t.Fatalf("there are %d pools", len(pools))
	}
	return pools[0]
}
