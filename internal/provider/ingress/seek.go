package ingress

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// sought is what the cluster asks for, before the device is looked at.
type sought struct {
	owner    binding.Object
	at       path.Path // its attribute
	options  routes.Options
	set      routes.RouteSet
	problems []routes.Problem
	pairs    map[ltm.Certificate]ltm.KeyPair
}

// seek reads the cluster.
func (r *ingressResource) seek(ctx context.Context, m model) (sought, diag.Diagnostics) {
	s, diags := bare(ctx, m)
	if r.Data.Routes == nil {
		diags.Append(diagnostics.NoKubernetes(s.at))
	}
	if diags.HasError() {
		return s, diags
	}
	objects, pairs, err := r.Data.Routes.Routes(ctx, s.owner, s.options.Beside())
	if err != nil {
		diags.Append(diagnostics.NoRoutesSource(s.at, err))
		return s, diags
	}
	s.pairs = pairs
	s.set, s.problems = routes.Translate(objects, s.options)
	return s, diags
}

// bare asks for nothing: what a destroy wants.
func bare(ctx context.Context, m model) (sought, diag.Diagnostics) {
	options, diags := m.options(ctx)
	owner, _ := m.owner()
	of, _ := kindOf(owner.Kind)
	return sought{owner: owner, at: path.Root(of.attribute), options: options, set: routes.RouteSet{Owner: owner}}, diags
}

// nothing tells that there is nothing to serve.
func (s sought) nothing() bool { return len(s.set.Servers) == 0 }

// files are the key pairs of a site's certificates that the cluster has.
func (s sought) files(site ltm.Site) map[ltm.Path]ltm.KeyPair {
	files := map[ltm.Path]ltm.KeyPair{}
	for _, c := range site.Certificates {
		key := c
		key.Path = ltm.Path{}
		if pair, ok := s.pairs[key]; ok {
			files[c.Path] = pair
		}
	}
	return files
}

// backends are those of all pools of a Built, by pool.
func backends(built routes.Built) map[ltm.Path][]engine.Backend {
	all := map[ltm.Path][]engine.Backend{}
	for at, marked := range built.Backends {
		for _, b := range marked {
			all[at] = append(all[at], engine.Backend{Name: b.FullName(), Ref: b.Ref, Share: b.Share, Remove: b.Remove})
		}
	}
	return all
}

// observe reads the endpoints of all pools of a Built. A backend whose port is nowhere is
// a warning where its pool serves already, and keeps the members that it has; else it
// is an error, as everything else is.
func (r *ingressResource) observe(ctx context.Context, at path.Path, built routes.Built, live []ltm.Pool) (map[ltm.Path]wishedPool, diag.Diagnostics) {
	asked := map[string]engine.Backend{}
	for _, list := range backends(built) {
		for _, b := range list {
			b.Name = refName(b)
			asked[b.Name] = b
		}
	}
	observed, missing, diags := r.observeAll(ctx, at, asked)
	serving := map[ltm.Path]ltm.Pool{}
	for _, pool := range live {
		serving[pool.Path] = pool
	}
	pools := map[ltm.Path]wishedPool{}
	for _, pool := range built.Site.Pools {
		list, ours := backends(built)[pool.Path]
		if !ours {
			continue
		}
		wished := wishedPool{binding: pool.Description, endpoints: engine.BackendEndpoints{}}
		for _, b := range list {
			wished.endpoints[b.Name] = observed[refName(b)]
			reason := missing[refName(b)]
			if reason == nil {
				continue
			}
			before, there := serving[pool.Path]
			if !there {
				diags.Append(reason)
				continue
			}
			diags.Append(diagnostics.Kept(reason))
			wished.endpoints[b.Name] = servedEndpoints(before)[b.Name]
		}
		pools[pool.Path] = wished
	}
	return pools, diags
}

// observeAll reads what can be read: an error of one backend leaves the others.
func (r *ingressResource) observeAll(ctx context.Context, at path.Path, asked map[string]engine.Backend) (engine.BackendEndpoints, map[string]diag.Diagnostic, diag.Diagnostics) {
	var diags diag.Diagnostics
	missing := map[string]diag.Diagnostic{}
	for range 2 {
		var rest []engine.Backend
		for _, name := range slices.Sorted(maps.Keys(asked)) {
			if missing[name] == nil {
				rest = append(rest, asked[name])
			}
		}
		observed, err := engine.ObserveBackends(ctx, r.Data.Source, rest)
		if err == nil {
			return observed, missing, diags
		}
		for _, one := range diagnostics.Split(err) {
			backend, isBackend := errors.AsType[*engine.BackendError](one)
			if !isBackend || errors.Is(one, engine.ErrSource) {
				diags.Append(diagnostics.FromSource(at, cause(one)))
				continue
			}
			missing[backend.Backend] = diagnostics.FromSource(at, backend.Err)
		}
		if diags.HasError() {
			break
		}
	}
	return nil, missing, diags
}

// cause is the error of a backend without the backend.
func cause(err error) error {
	if backend, ok := errors.AsType[*engine.BackendError](err); ok {
		return backend.Err
	}
	return err
}

// refName tells backends of different pools apart by what they refer to: their own names
// are those of one pool.
func refName(b engine.Backend) string {
	return binding.Format("", binding.Mark{Backends: []binding.Backend{{Ref: b.Ref}}})
}

// problemTexts are the sentences of problems.
func problemTexts(lists ...[]routes.Problem) []string {
	var all []string
	for _, list := range lists {
		for _, p := range list {
			all = append(all, p.String())
		}
	}
	return all
}
