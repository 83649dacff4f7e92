package reconciler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// ExplainOptions are what "reconcile explain" is asked. Of Options it needs what
// reaches the device and the clusters, and how carefully the helper follows.
type ExplainOptions struct {
	Options
	Pool   string
	Member string // "" = all
	// Route is asked about instead of a pool: "[KIND/][CLUSTER/]NAMESPACE/NAME".
	Route  string
	Output string // "text" or "json"
}

// The values of ExplainOptions.Output.
const (
	outputText = "text"
	outputJSON = "json"
)

// Explain reads one pool, its endpoints, and what the device counts, once each, and
// prints to Out why each member is as it is; or of the routes of an object what the device
// makes of each, and why. It writes nothing, and needs no helper that runs. A pool that is not
// there, not bound or of a mark that is not understood is an error, and so are a Member
// that neither the pool nor a backend has, and a Route that is not served.
func Explain(ctx context.Context, o ExplainOptions) error {
	if o.Output != outputText && o.Output != outputJSON {
		return invalid("--output", fmt.Sprintf("%q is none of %s and %s", o.Output, outputText, outputJSON))
	}
	if o.Route != "" {
		return explainRoutes(ctx, o)
	}
	path, member, err := o.asked()
	if err != nil {
		return err
	}
	o.Partitions = []string{path.Partition} // no other is looked at
	return o.with(ctx, func(h *helper, source engine.Source) error {
		f, err := h.facts(ctx, path, source)
		if err != nil {
			return err
		}
		all := f.explain()
		if member != (ltm.MemberKey{}) {
			if all, err = all.only(member); err != nil {
				return err
			}
		}
		if o.Output == outputJSON {
			return printJSON(h.settings.Out, all)
		}
		return all.print(h.settings.Out)
	})
}

// asked reads what is asked for.
func (o ExplainOptions) asked() (path ltm.Path, member ltm.MemberKey, err error) {
	if path, err = ltm.ParsePath(o.Pool); err != nil {
		return path, member, invalid("--pool", err.Error())
	}
	if o.Member != "" {
		if member, err = ltm.ParseMemberKey(o.Member); err != nil {
			return path, member, invalid("--member", err.Error())
		}
	}
	return path, member, nil
}

// facts are what is known of one pool at one moment.
type facts struct {
	device   string
	pool     ltm.Pool
	bound    engine.Binding
	observed engine.BackendEndpoints
	origins  map[string]endpoints.Explanation // by backend
	status   map[ltm.MemberKey]ltm.MemberStatus
	report   engine.FollowReport // of a sync that wrote nothing
	policy   engine.FollowOptions
	// settles tells that report is of a sync that has written what it had to: what is
	// not as it must be since is for the next one.
	settles bool
}

// facts asks the device and the clusters.
func (h *helper) facts(ctx context.Context, path ltm.Path, source engine.Source) (facts, error) {
	f := facts{device: h.device.Name(), policy: h.followOptions()}
	live, err := h.device.Pool(ctx, path)
	if errors.Is(err, engine.ErrNotFound) {
		return f, fmt.Errorf("there is no pool %s on %s", path, f.device)
	}
	if err != nil {
		return f, err
	}
	bound, is, err := engine.Bound(live.Description)
	if err != nil {
		return f, fmt.Errorf("pool %s on %s is not followed: %w", path, f.device, err)
	}
	if !is {
		return f, &notBoundError{path, f.device}
	}
	f.bound = bound
	looped, err := h.loops(ctx, source, path.Partition)
	if loop := looped[path]; err == nil && loop != nil {
		err = loop
	}
	if err != nil {
		return f, fmt.Errorf("pool %s on %s is not followed: %w", path, f.device, err)
	}

	traced := &traced{source: source, snapshots: map[endpoints.Ref]endpoints.Snapshot{}}
	f.policy.DryRun = true
	f.report, err = engine.NewFollower(h.device, traced, path, f.policy).Sync(ctx, true)
	switch {
	case err != nil:
		return f, fmt.Errorf("pool %s on %s is not followed: %w", path, f.device, err)
	case !f.report.Bound:
		return f, &notBoundError{path, f.device} // since a moment ago
	}
	f.pool, f.observed = f.report.Pool, f.report.Endpoints
	if f.origins, err = traced.explain(f.report.Backends); err != nil {
		return f, err
	}
	status, err := h.device.MemberStatus(ctx, path)
	if err != nil {
		return f, err
	}
	f.status = make(map[ltm.MemberKey]ltm.MemberStatus, len(status))
	for _, s := range status {
		f.status[s.Key] = s
	}
	return f, nil
}

// notBoundError is a pool that the helper leaves alone.
type notBoundError struct {
	path   ltm.Path
	device string
}

// Error tells what it lacks.
func (e *notBoundError) Error() string {
	return fmt.Sprintf("pool %s on %s is not bound: its description carries no mark, so the helper leaves it alone", e.path, e.device)
}

// traced is a source that remembers its last answers.
type traced struct {
	source    engine.Source
	mu        sync.Mutex
	snapshots map[endpoints.Ref]endpoints.Snapshot
}

// Snapshot implements engine.Source.
func (t *traced) Snapshot(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	snapshot, err := t.source.Snapshot(ctx, ref)
	if err == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.snapshots[ref] = snapshot
	}
	return snapshot, err
}

// explain reads the endpoints of backends back to what the source said.
func (t *traced) explain(backends []engine.Backend) (map[string]endpoints.Explanation, error) {
	explained := make(map[string]endpoints.Explanation, len(backends))
	for _, backend := range backends {
		e, err := endpoints.Explain(backend.Ref, t.snapshots[backend.Ref])
		if err != nil {
			return nil, &engine.BackendError{Backend: backend.Name, Err: err}
		}
		explained[backend.Name] = e
	}
	return explained, nil
}

// only is what is about one member: itself, or what was left out of its address.
func (e Explanation) only(key ltm.MemberKey) (Explanation, error) {
	var there []string
	for _, m := range e.Members {
		there = append(there, m.Member.String())
	}
	for _, left := range e.LeftOut {
		if left.Address != "" {
			there = append(there, left.Address+" (left out)")
		}
	}
	e.Members = slices.DeleteFunc(e.Members, func(m ExplainedMember) bool { return m.Member != key })
	e.LeftOut = slices.DeleteFunc(e.LeftOut, func(l ExplainedLeftOut) bool { return !sameAddress(l.Address, key) })
	if len(e.Members)+len(e.LeftOut) > 0 {
		return e, nil
	}
	if len(there) == 0 {
		return e, fmt.Errorf("pool %s has no member, and its backends have no endpoint", e.Pool)
	}
	return e, fmt.Errorf("%s is neither a member of pool %s nor an endpoint of its backends; there are: %s", key, e.Pool, strings.Join(there, ", "))
}

// newExplainer builds the adapters: a source that asks the clusters once, instead of
// watching them. It sends nothing.
func newExplainer(s settings, logger *slog.Logger) (*helper, engine.Source, error) {
	h := &helper{settings: s, logger: logger, feed: newFeed[ltm.Path](), metrics: newMetrics()}
	if err := h.buildDevice(); err != nil {
		return nil, nil, err
	}
	if err := h.buildClusters(); err != nil {
		return nil, nil, err
	}
	source, err := h.oneShot()
	return h, source, err
}
