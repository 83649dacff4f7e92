package reconciler

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
)

// slowWrite is what a write takes on a slow device. Writes wait for each other, as
// they do on any.
const slowWrite = 100 * time.Millisecond

// newBenchLab is a device, and a cluster with a pool for each of its Services.
func newBenchLab(t *testing.T, options bigipsim.Options, c *benchCluster) *lab {
	t.Helper()
	l := newLabOf(t, options, c.name)
	l.serve(c.handler())
	for i := range c.slices {
		l.bind(c.name, benchName(i), c.name+"/"+benchName(i)+":http=1")
	}
	return l
}

// wanted are the members that a Service's pool must have.
func (c *benchCluster) wanted(i int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, e := range c.slices[i].Endpoints {
		session := "offline"
		switch {
		case *e.Conditions.Ready:
			session = "user-enabled"
		case *e.Conditions.Terminating:
			session = "user-disabled"
		}
		all = append(all, e.Addresses[0]+":8080 "+session)
	}
	slices.Sort(all)
	return all
}

// rightIn waits until a Service's pool is right, and tells how long that took.
func (l *lab) rightIn(c *benchCluster, i int, since time.Time) time.Duration {
	l.t.Helper()
	l.await(c.name, benchName(i), c.wanted(i)...)
	return time.Since(since)
}

func setConditions(e *discoveryv1.Endpoint, ready, serving, terminating bool) {
	e.Conditions = discoveryv1.EndpointConditions{Ready: &ready, Serving: &serving, Terminating: &terminating}
}

// Thirty pods of ten Services are replaced in thirty seconds: of one a new pod is
// ready and the old one terminates, while that of another one goes.
func TestASlowDeviceHasEachOfThirtyReplacedPodsWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	const services, each, replaced = 10, 3, 30
	c := newBenchCluster(worldSpec{Services: services, Endpoints: each}, "shop", 10)
	l := newBenchLab(t, bigipsim.Options{WriteDelay: slowWrite}, c)
	l.start(l.options("shop"))
	for i := range services {
		l.rightIn(c, i, time.Now())
	}
	l.sim.ClearRequests()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var took []time.Duration
	for n := range replaced + 1 {
		<-tick.C
		var gone, came time.Time
		if n > 0 {
			gone = c.update((n-1)%services, func(s *discoveryv1.EndpointSlice) { s.Endpoints = s.Endpoints[1:] })
		}
		if n < replaced {
			came = c.update(n%services, func(s *discoveryv1.EndpointSlice) {
				setConditions(&s.Endpoints[0], false, true, true)
				s.Endpoints = append(s.Endpoints, c.endpoint(0, services*each+n, 0))
			})
			took = append(took, l.rightIn(c, n%services, came))
		}
		if n > 0 {
			took = append(took, l.rightIn(c, (n-1)%services, gone))
		}
	}
	t.Logf("of %d changes half were right after %s, all after %s, with %d writes", len(took), percentile(took, 50), slices.Max(took), len(l.writes()))
	if most := slices.Max(took); most > 2*time.Second {
		t.Errorf("a change was right only after %s: %v", most, took)
	}
}

// A thousand members of one pool change, which is one write however long it takes to
// say. The changes of another pool wait for that write at most.
func TestAPoolThatChangesAThousandMembersHoldsUpAnotherOneByOneWriteAtMost(t *testing.T) {
	t.Parallel()
	const members = 1000
	c := newBenchCluster(worldSpec{Services: 2, Endpoints: 2}, "shop", 10)
	for n := range members - 2 {
		c.slices[0].Endpoints = append(c.slices[0].Endpoints, c.endpoint(0, 4+n, 0))
	}
	for i := range c.slices[0].Endpoints {
		setConditions(&c.slices[0].Endpoints[i], false, false, false)
	}
	l := newBenchLab(t, bigipsim.Options{WriteDelay: slowWrite}, c)
	l.start(l.options("shop"))
	l.rightIn(c, 0, time.Now())
	l.rightIn(c, 1, time.Now())

	l.sim.ClearRequests()
	began := c.update(0, func(s *discoveryv1.EndpointSlice) {
		for i := range s.Endpoints {
			setConditions(&s.Endpoints[i], true, true, false)
		}
	})
	var took []time.Duration
	for !l.committed() {
		took = append(took, l.rightIn(c, 1, c.change(1)))
	}
	large := l.rightIn(c, 0, began)
	t.Logf("the %d members were right after %s; meanwhile %d changes of the other pool, half within %s, all within %s",
		members, large, len(took), percentile(took, 50), slices.Max(took))
	if len(took) < 2 {
		t.Error("the other pool has not changed meanwhile")
	}
	// Its own write, one other, and what the machine needs to work for both. One that
	// had to wait for its turn would take as long as all of the large pool.
	if most := slices.Max(took); most > 2*slowWrite+large/2 {
		t.Errorf("a change of the other pool was right only after %s: %v", most, took)
	}
}

// committed tells that a transaction was committed.
func (l *lab) committed() bool {
	return slices.ContainsFunc(l.sim.Requests(), func(r control.Request) bool {
		return r.Method == http.MethodPatch && r.Status != 0 && strings.HasPrefix(r.Path, "/mgmt/tm/transaction/")
	})
}
