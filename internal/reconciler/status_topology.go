package reconciler

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/stats"
)

const (
	// lookTime bounds a reading of the virtual servers: somebody waits for the page.
	lookTime = 5 * time.Second
	// lookAgain is when a reading that failed is tried again.
	lookAgain = 10 * time.Second
)

// serving is what is asked of a device about who gives clients to which pool.
type serving interface {
	VirtualServersIn(ctx context.Context, partition string) ([]ltm.VirtualServer, error)
	Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error)
}

// topology is which virtual servers there are, and where their clients go. It is read
// for those who look at it, and kept for a while: only an apply and the helper's own
// writes change it.
type topology struct {
	device serving
	every  time.Duration

	outdated atomic.Bool

	mu       sync.Mutex
	next     time.Time // when it is read again
	err      error     // of the last reading
	names    []string  // the partitions that were read
	servers  []ltm.VirtualServer
	policies map[ltm.Path]ltm.Policy
}

// outdate tells that the helper has changed it, perhaps while it is read.
func (t *topology) outdate() { t.outdated.Store(true) }

// look reads what is too old. The error is that of the last reading; what was read
// before it stays.
func (t *topology) look(ctx context.Context, names []string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	names = slices.Sorted(slices.Values(names))
	if !t.outdated.Swap(false) && time.Now().Before(t.next) && slices.Equal(names, t.names) {
		return t.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime) // who goes away does not end it for the others
	defer cancel()
	t.names = names
	if t.err = t.read(ctx, names); t.err != nil {
		t.next = time.Now().Add(lookAgain)
	} else {
		t.next = time.Now().Add(t.every)
	}
	return t.err
}

func (t *topology) read(ctx context.Context, names []string) error {
	var servers []ltm.VirtualServer
	var paths []ltm.Path
	for _, name := range names {
		in, err := t.device.VirtualServersIn(ctx, name)
		if err != nil {
			return err
		}
		servers = append(servers, in...)
	}
	for _, v := range servers {
		paths = append(paths, v.Policies...)
	}
	slices.SortFunc(paths, ltm.Path.Compare)
	site, err := t.device.Site(ctx, ltm.SitePaths{Policies: slices.Compact(paths)})
	if err != nil {
		return err
	}
	t.servers, t.policies = servers, map[ltm.Path]ltm.Policy{}
	for _, policy := range site.Policies {
		t.policies[policy.Path] = policy
	}
	return nil
}

// shown are the virtual servers of these partitions, with what view has of them.
func (t *topology) shown(names []string, view stats.View) []page.VirtualServer {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := []page.VirtualServer{}
	for _, v := range t.servers {
		if !slices.Contains(names, v.Path.Partition) {
			continue
		}
		shown := page.VirtualServer{Path: v.Path.String(), Destination: v.Destination.String(), Enabled: v.Enabled, Hosts: []page.Host{}}
		targets := ltm.Site{VirtualServers: []ltm.VirtualServer{v}}
		if !v.Pool.IsZero() {
			shown.Pool = v.Pool.String()
		}
		for _, path := range v.Policies {
			policy := t.policies[path]
			targets.Policies = append(targets.Policies, policy)
			shown.Hosts = append(shown.Hosts, hosts(policy)...)
		}
		slices.SortFunc(shown.Hosts, func(a, b page.Host) int {
			return cmp.Or(compareText(a.Name, b.Name), compareText(a.Pool, b.Pool))
		})
		shown.Hosts = slices.Compact(shown.Hosts)
		shown.Pools = []string{}
		for _, target := range targets.Targets() {
			shown.Pools = append(shown.Pools, target.String())
		}
		if view.Snapshot != nil {
			if counted, growth, known := view.VirtualServer(v.Path); known {
				shown.Up, shown.Counters = &counted.Up, counters(counted.Statistics, growth)
			}
		}
		all = append(all, shown)
	}
	slices.SortFunc(all, func(a, b page.VirtualServer) int { return compareText(a.Path, b.Path) })
	return all
}

// hosts are the domain names that rules of a policy ask for, and the pools that those
// rules forward to. What the device answers itself has no pool; of what is for any name
// only the pools are told.
func hosts(policy ltm.Policy) []page.Host {
	var all []page.Host
	for _, rule := range policy.Rules {
		names := namesOf(rule)
		for _, action := range rule.Actions {
			switch forward := action.Kind == ltm.Forward && !action.Pool.IsZero(); {
			case forward && len(names) == 0:
				all = append(all, page.Host{Name: page.AnyName, Pool: action.Pool.String()})
			case forward:
				all = appendHosts(all, names, action.Pool.String())
			case action.Kind == ltm.Redirect, action.Kind == ltm.Reset, action.Kind == ltm.SetVariable && action.Name == ingress.StatusVariable:
				all = appendHosts(all, names, "")
			}
		}
	}
	return all
}

func appendHosts(all []page.Host, names []string, pool string) []page.Host {
	for _, name := range names {
		all = append(all, page.Host{Name: name, Pool: pool})
	}
	return all
}

// namesOf are the domain names that a rule asks for; none if it takes any.
func namesOf(rule ltm.PolicyRule) (names []string) {
	for _, c := range rule.Conditions {
		if (c.Operand != "httpHost" && c.Operand != "sslExtension") || c.Not {
			continue
		}
		switch c.Operator {
		case "equals":
			names = append(names, c.Values...)
		case "endsWith":
			for _, value := range c.Values {
				names = append(names, "*"+value)
			}
		}
	}
	return names
}
