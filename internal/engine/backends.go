package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

// ObserveBackends reads the endpoints of all backends, side by side. It is all or
// nothing: half a view must not decide about a pool. On failure the errors of all
// backends are joined, sorted by backend, each a *BackendError around an error of
// the Source or of endpoints.Resolve.
func ObserveBackends(ctx context.Context, source Source, backends []Backend) (BackendEndpoints, error) {
	results := make([]endpoints.Result, len(backends))
	failures := make([]error, len(backends))
	var wait sync.WaitGroup
	for i, backend := range backends {
		wait.Go(func() {
			var err error
			if results[i], err = observeBackend(ctx, source, backend.Ref); err != nil {
				failures[i] = &BackendError{Backend: backend.Name, Err: err}
			}
		})
	}
	wait.Wait()

	observed := make(BackendEndpoints, len(backends))
	for i, backend := range backends {
		observed[backend.Name] = results[i]
	}
	if err := errors.Join(sortByBackend(failures)...); err != nil {
		return nil, err
	}
	return observed, nil
}

// observeBackend asks the source for what it has; plain addresses need no source.
func observeBackend(ctx context.Context, source Source, ref endpoints.Ref) (endpoints.Result, error) {
	if ref.Kind() == endpoints.KindAddresses {
		return endpoints.Resolve(ref, endpoints.Snapshot{})
	}
	snapshot, err := source.Snapshot(ctx, ref)
	if err != nil {
		return endpoints.Result{}, err
	}
	return endpoints.Resolve(ref, snapshot)
}

// sortByBackend drops nils, so that the text of a joined error is always the same.
func sortByBackend(failures []error) []error {
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	slices.SortFunc(failures, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return failures
}

// Members computes what the members of a bound pool must be. A member of a
// backend is what NewMember makes of its key, with the ratio and the session that
// its backend's share gives it, and our mark. A live member without our mark stays
// as it is, unless an endpoint has its key: then it becomes ours. A live member
// with our mark and without an endpoint is not in the result, that is, it goes.
// One with our mark that takes no new client, and is to take none, keeps its ratio: a
// roll would else rewrite it with every pod that comes.
//
// Of a backend with Remove and without a share the members are not in the result,
// unless that leaves nobody enabled: then they stay as a standby, so that what
// serves now is not taken away for a backend that has nobody ready.
//
// A member whose mark cannot be read, as a later release may have written it, is
// left alone like one without.
func Members(backends []Backend, observed BackendEndpoints, live []ltm.Member) BackendMembers {
	shares := make([]traffic.Backend, 0, len(backends))
	byName := make(map[string]Backend, len(backends))
	for _, backend := range backends {
		byName[backend.Name] = backend
		shares = append(shares, traffic.Backend{
			Name: backend.Name, Share: backend.Share, Endpoints: observed[backend.Name].Endpoints,
		})
	}
	split := traffic.Split(shares)

	result := BackendMembers{Traffic: split, Backend: make(map[ltm.MemberKey]string, len(split.Assignments))}
	idles := map[ltm.MemberKey]int{}
	for _, member := range live {
		if member.Session != ltm.Enabled && Owned(member) {
			idles[member.Key] = member.Ratio
		}
	}
	serves := slices.ContainsFunc(split.Assignments, func(a traffic.Assignment) bool { return a.Session == ltm.Enabled })
	for _, assignment := range split.Assignments {
		if backend := byName[assignment.Backend]; serves && backend.Remove && backend.Share <= 0 {
			continue
		}
		member := ltm.NewMember(assignment.Endpoint.Key)
		member.Ratio, member.Session = assignment.Ratio, assignment.Session
		if ratio, idle := idles[member.Key]; idle && member.Session != ltm.Enabled {
			member.Ratio = ratio
		}
		member.Description = MemberMark(byName[assignment.Backend], origin(byName[assignment.Backend], assignment.Endpoint))
		result.Members = append(result.Members, member)
		result.Backend[member.Key] = assignment.Backend
	}
	for _, member := range live {
		if _, ours := result.Backend[member.Key]; !ours && !Owned(member) {
			result.Members = append(result.Members, member.Wanted())
		}
	}
	ltm.SortMembers(result.Members)
	return result
}

// PlannedMembers is Members for a plan. It takes a member as it is that is disabled, though
// its endpoint is not ready: a helper that adds pods before they are ready has it so, and
// one that does not forces it offline, whatever was planned.
func PlannedMembers(backends []Backend, observed BackendEndpoints, live []ltm.Member) BackendMembers {
	disabled := map[ltm.MemberKey]bool{}
	for _, member := range live {
		disabled[member.Key] = member.Session == ltm.Disabled && Owned(member)
	}
	result := Members(backends, observed, live)
	for i, member := range result.Members {
		if member.Session == ltm.ForcedOffline && disabled[member.Key] && result.Backend[member.Key] != "" {
			result.Members[i].Session = ltm.Disabled
		}
	}
	return result
}

// MemberMark is the description of a backend's member. Of is its pod, "" where it has
// none; of a backend of nodes the node.
func MemberMark(backend Backend, of string) string {
	mark := binding.MemberMark{Backend: backend.Name, Cluster: backend.Ref.Cluster, Namespace: backend.Ref.Namespace, Service: backend.Ref.Service}
	if backend.Ref.Kind() == endpoints.KindNodes {
		mark.Node = of
	} else {
		mark.Pod = of
	}
	return binding.FormatMember(mark)
}

// origin is the pod or the node that an endpoint's mark names.
func origin(backend Backend, endpoint endpoints.Endpoint) string {
	if backend.Ref.Kind() == endpoints.KindNodes {
		return endpoint.Node
	}
	return endpoint.Pod
}

// keepsOne tells that a pool of these backends keeps its last enabled member,
// whatever the cluster says. That is so where one of them is nodes: what says that
// the nodes are gone, or ill, may be what is reached through them, and an API server
// without a member could never say otherwise again.
func keepsOne(backends []Backend) bool {
	return slices.ContainsFunc(backends, func(b Backend) bool { return b.Ref.Kind() == endpoints.KindNodes })
}

// Owned tells that a member carries our mark.
func Owned(member ltm.Member) bool {
	_, _, found, err := binding.ParseMember(member.Description)
	return found && err == nil
}

// Mark returns the description of a pool that is bound to backends: the user's
// words, and the mark behind them. The mark keeps of spec what the reconciliation
// helper has to hold to: Drain, and a Require that is a number as its floor.
func Mark(words string, backends []Backend, spec cutover.Spec) string {
	mark := binding.Mark{Drain: spec.Drain, Min: spec.Require.Count}
	for _, b := range backends {
		mark.Backends = append(mark.Backends, binding.Backend{Name: b.Name, Ref: b.Ref, Share: b.Share, Remove: b.Remove})
	}
	return binding.Format(words, mark)
}

// Unmark reads what Mark wrote: the user's words and the backends, sorted by
// name; no backends if the pool is not bound. err is that of binding.Parse; words
// are returned beside it.
func Unmark(description string) (words string, backends []Backend, err error) {
	words, mark, _, err := binding.Parse(description)
	return words, marked(mark), err
}

func marked(mark binding.Mark) []Backend {
	var backends []Backend
	for _, b := range mark.Backends {
		backends = append(backends, Backend{Name: b.FullName(), Ref: b.Ref, Share: b.Share, Remove: b.Remove})
	}
	slices.SortFunc(backends, func(a, b Backend) int { return cmp.Compare(a.Name, b.Name) })
	return backends
}

// Binding is what a pool's mark says.
type Binding struct {
	Backends []Backend     // sorted by name; none of a static pool that is to be deleted
	Drain    time.Duration // how long a member that goes may keep its connections; 0 = not said
	Min      int           // enabled members that always stay; 0 = not said
	Delete   bool          // the pool is to be deleted once no virtual server uses it
}

// Bound reads what a pool is bound to from its description, and whether it has a
// mark at all. err is that of binding.Parse: a mark that is not understood.
func Bound(description string) (what Binding, bound bool, err error) {
	_, mark, bound, err := binding.Parse(description)
	return Binding{Backends: marked(mark), Drain: mark.Drain, Min: mark.Min, Delete: mark.Delete}, bound, err
}
