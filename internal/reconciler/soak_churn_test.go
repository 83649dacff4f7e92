//go:build soak

package reconciler

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
)

// soakShares are those that the first backend of a shared pool may have, in percent.
var soakShares = []int{0, 10, 50, 90, 99}

// soakCluster has a Service for each pool and a second one for those that are shared,
// and changes their endpoints at random. A shared pool's Services always have a ready
// endpoint: what the share of one without becomes is the business of other tests.
type soakCluster struct {
	*benchCluster
	random *rand.Rand
	free   []string // addresses; those of pods that are gone come again, much later
	pods   int
	shares []int // of the first backend of each shared pool

	changes int
	reasons []int // for a write of a member, by pool
}

func newSoakCluster() *soakCluster {
	spec := worldSpec{Services: soakPools + soakShared}
	c := &soakCluster{
		benchCluster: newBenchCluster(spec, "shop", 10), random: rand.New(rand.NewPCG(1, 2)),
		shares: slices.Repeat([]int{50}, soakShared), reasons: make([]int, soakPools),
	}
	for i := range 3000 {
		c.free = append(c.free, c.address(i))
	}
	for i := range c.slices {
		c.slices[i].Endpoints = append(c.slices[i].Endpoints, c.pod(i), c.pod(i), c.pod(i))
		c.reasons[c.pool(i)] += 3
	}
	return c
}

// pool is that of a Service.
func (c *soakCluster) pool(service int) int { return service % soakPools }

// shared tells that a Service is one of two of its pool.
func (c *soakCluster) shared(service int) bool { return c.pool(service) < soakShared }

// backends are those of a pool, as its mark has them.
func (c *soakCluster) backends(pool int) string {
	if pool >= soakShared {
		return "shop/" + benchName(pool) + ":http=1"
	}
	return fmt.Sprintf("shop/%s:http=%d shop/%s:http=%d", benchName(pool), c.shares[pool], benchName(soakPools+pool), 100-c.shares[pool])
}

// pod is a new ready one.
func (c *soakCluster) pod(service int) discoveryv1.Endpoint {
	e := c.endpoint(service, c.pods, 1)
	e.Addresses = []string{c.free[0]}
	c.free, c.pods = c.free[1:], c.pods+1
	return e
}

// step changes one thing, and tells the pool whose shares it has moved.
func (c *soakCluster) step() (pool int, moved bool) {
	c.changes++
	if c.random.IntN(20) == 0 {
		pool := c.random.IntN(soakShared)
		c.shares[pool] = soakShares[c.random.IntN(len(soakShares))]
		c.reasons[pool] += len(c.slices[pool].Endpoints) + len(c.slices[soakPools+pool].Endpoints)
		return pool, true
	}
	i := c.random.IntN(len(c.slices))
	c.update(i, func(slice *discoveryv1.EndpointSlice) {
		writes := c.endpoints(i, slice)
		if c.shared(i) && writes > 0 { // the shares of all others may be written anew, for each write
			writes *= 1 + len(slice.Endpoints) + len(c.slices[(i+soakPools)%(2*soakPools)].Endpoints)
		}
		c.reasons[c.pool(i)] += writes
	})
	return 0, false
}

// endpoints changes those of a Service, and tells how many writes that may take.
func (c *soakCluster) endpoints(i int, slice *discoveryv1.EndpointSlice) int {
	all := &slice.Endpoints
	ready := c.indexes(*all, func(e discoveryv1.EndpointConditions) bool { return *e.Ready })
	leaving := c.indexes(*all, func(e discoveryv1.EndpointConditions) bool { return *e.Terminating })
	unready := c.indexes(*all, func(e discoveryv1.EndpointConditions) bool { return !*e.Ready && !*e.Terminating })
	spare := len(ready) > 1 || len(ready) == 1 && !c.shared(i) // one that may become unready
	switch dice := c.random.IntN(100); {
	case len(*all) < 3 || dice < 15 && len(*all) < 10:
		*all = append(*all, c.pod(i))
		return 1
	case dice < 25 && len(*all) < 10: // it is not ready yet
		e := c.pod(i)
		setConditions(&e, false, false, false)
		*all = append(*all, e)
		return 1
	case dice < 30 && len(*all) < 8: // scaled up
		*all = append(*all, c.pod(i), c.pod(i), c.pod(i))
		return 3
	case dice < 40 && len(ready) > 1: // rolled
		setConditions(&(*all)[ready[0]], false, true, true)
		*all = append(*all, c.pod(i))
		return 2
	case dice < 50 && len(ready) > 1:
		setConditions(&(*all)[ready[c.random.IntN(len(ready))]], false, true, true)
		return 1
	case dice < 55 && len(ready) > 3: // scaled down
		for _, j := range ready[2:] {
			setConditions(&(*all)[j], false, true, true)
		}
		return len(ready) - 2
	case dice < 65 && spare:
		setConditions(&(*all)[ready[c.random.IntN(len(ready))]], false, false, false)
		return 1
	case dice < 67 && len(ready) > 1: // gone at once, with its node: offline, then removed
		c.remove(slice, ready[:1])
		return 2
	case dice < 80 && len(unready) > 0:
		setConditions(&(*all)[unready[0]], true, true, false)
		return 1
	case len(leaving) > 0:
		c.remove(slice, leaving)
		return len(leaving)
	case len(unready) > 1:
		c.remove(slice, unready[:1])
		return 1
	}
	return 0
}

// remove takes endpoints away.
func (c *soakCluster) remove(slice *discoveryv1.EndpointSlice, indexes []int) {
	for _, j := range slices.Backward(indexes) {
		c.free = append(c.free, slice.Endpoints[j].Addresses[0])
		slice.Endpoints = slices.Delete(slice.Endpoints, j, j+1)
	}
}

func (c *soakCluster) indexes(all []discoveryv1.Endpoint, is func(discoveryv1.EndpointConditions) bool) (indexes []int) {
	for i, e := range all {
		if is(e.Conditions) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// wrong tells what is wrong with a pool, as its members are listed; "" if nothing is.
func (c *soakCluster) wrong(pool int, answer map[string]any) string {
	live, sum := map[string]map[string]any{}, map[int]float64{}
	items, _ := answer["items"].([]any)
	for _, item := range items {
		m := item.(map[string]any)
		live[m["name"].(string)] = m
	}
	services := []int{pool}
	if pool < soakShared {
		services = append(services, soakPools+pool)
	}
	for at, service := range services {
		share := 100
		if pool < soakShared {
			share = []int{c.shares[pool], 100 - c.shares[pool]}[at]
		}
		for _, e := range c.slices[service].Endpoints {
			name := e.Addresses[0] + ":8080"
			m := live[name]
			delete(live, name)
			if is, want := stateOf(m), wantedState(e.Conditions, share); is != want {
				return fmt.Sprintf("%s is %s, want %s", name, is, want)
			}
			if stateOf(m) == "enabled" {
				sum[at] += m["ratio"].(float64)
			}
		}
	}
	if len(live) > 0 {
		return fmt.Sprintf("members without an endpoint: %v", live)
	}
	if pool < soakShared {
		if got := 100 * sum[0] / (sum[0] + sum[1]); math.Abs(got-float64(c.shares[pool])) > 0.1 {
			return fmt.Sprintf("the first backend has %.2f %%, want %d", got, c.shares[pool])
		}
	}
	return ""
}

// stateOf is what is asked of a member; nil is none.
func stateOf(m map[string]any) string {
	switch {
	case m == nil:
		return "absent"
	case m["state"] == "user-down":
		return "offline"
	case m["session"] == "user-disabled":
		return "disabled"
	}
	return "enabled"
}

// wantedState is what a member must be.
func wantedState(e discoveryv1.EndpointConditions, share int) string {
	switch {
	case *e.Ready && share > 0:
		return "enabled"
	case *e.Ready, *e.Terminating:
		return "disabled"
	}
	return "offline"
}

// handler also knows the Services by name, and takes Events.
func (c *soakCluster) handler() http.Handler {
	mux := c.benchCluster.handler()
	mux.HandleFunc("GET /api/v1/namespaces/{namespace}/services/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"apiVersion":"v1","kind":"Service","metadata":{"namespace":%q,"name":%q,"uid":"0"}}`, r.PathValue("namespace"), r.PathValue("name"))
	})
	for _, resource := range []string{"deployments", "statefulsets"} {
		mux.HandleFunc("GET /apis/apps/v1/namespaces/{namespace}/"+resource, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"apiVersion":"apps/v1","metadata":{},"items":[]}`)
		})
	}
	event := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		_, _ = io.Copy(w, r.Body)
	}
	mux.HandleFunc("POST /api/v1/namespaces/{namespace}/events", event)
	mux.HandleFunc("PATCH /api/v1/namespaces/{namespace}/events/{name}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"apiVersion":"v1","kind":"Event","metadata":{"name":"e"}}`)
	})
	return mux
}
