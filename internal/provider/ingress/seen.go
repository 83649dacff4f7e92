package ingress

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// see takes over what a device serves.
func (m *model) see(live ltm.Site, view routes.View) {
	m.VirtualServers, m.Routes, m.TLS = serversValue(view.VirtualServers), textsValue(view.Routes), tlsValue(view.TLS)
	m.Pools = poolsValue(live.Pools, view.Pools)
}

// refresh reads the device and the cluster. gone tells that the device serves nothing of
// the owner; recalled, that the options are those that it shows: what an annotation asks
// for is then not the user's.
func (r *ingressResource) refresh(ctx context.Context, m *model, recalled bool) (gone bool, diags diag.Diagnostics) {
	s, diags := r.seek(ctx, *m)
	if diags.HasError() {
		return false, diags
	}
	if recalled && s.options.Server.ServerSSL == s.set.Wishes.ServerSSL {
		m.ServerSSLProfile = types.StringNull()
	}
	live, built, err := survey(ctx, r.Data.Reads, s)
	if err != nil {
		diags.Append(fromError(err)...)
		return false, diags
	}
	view := routes.ViewOf(live, s.owner, s.options.Address)
	if len(view.VirtualServers) == 0 {
		return true, nil
	}
	m.identify()
	m.see(live, view)
	if s.nothing() {
		diags.Append(diagnostics.NothingWanted(s.at, s.owner.String()))
		diags.Append(m.content(ctx, live, view)...)
		return false, diags
	}
	diags.Append(r.pin(ctx, m, s, live, view, built)...)
	return false, diags
}

// content pins what is served: nothing is to change.
func (m *model) content(ctx context.Context, live ltm.Site, view routes.View) diag.Diagnostics {
	pools := map[ltm.Path]wishedPool{}
	for _, pool := range live.Pools {
		if slices.Contains(view.Pools, pool.Path) {
			pools[pool.Path] = wishedPool{binding: pool.Description, endpoints: servedEndpoints(pool)}
		}
	}
	var diags diag.Diagnostics
	m.Wanted, diags = wish{view: view, pools: pools}.value(ctx)
	m.Problems, m.Differences = linesValue(nil), linesValue(nil)
	return diags
}

// servedEndpoints are the endpoints that a pool's members stand for.
func servedEndpoints(pool ltm.Pool) engine.BackendEndpoints {
	states := map[ltm.Session]endpoints.State{ltm.Enabled: endpoints.Ready, ltm.Disabled: endpoints.Draining, ltm.ForcedOffline: endpoints.NotReady}
	served := engine.BackendEndpoints{}
	for _, member := range pool.Members {
		_, mark, found, err := binding.ParseMember(member.Description)
		if !found || err != nil {
			continue
		}
		result := served[mark.FullName()]
		result.Endpoints = append(result.Endpoints, endpoints.Endpoint{Key: member.Key, State: states[member.Session], Pod: mark.Pod})
		served[mark.FullName()] = result
	}
	return served
}

// pin keeps what the cluster asks for; now is the view of what is live.
func (r *ingressResource) pin(ctx context.Context, m *model, s sought, live ltm.Site, now routes.View, built routes.Built) diag.Diagnostics {
	pools, diags := r.observe(ctx, s.at, built, live.Pools)
	if diags.HasError() {
		return diags
	}
	view := routes.ViewOf(built.Site, s.owner, s.options.Address)
	var d diag.Diagnostics
	m.Wanted, d = wish{view: view, pools: pools}.value(ctx)
	diags.Append(d...)
	problems := problemTexts(s.problems, built.Problems)
	m.Problems, m.Differences = linesValue(problems), linesValue(differences(live, built.Site, now, view))
	if len(problems) > 0 && !m.Strict.ValueBool() {
		diags.Append(diagnostics.RouteProblems(s.at, s.owner.String(), problems))
	}
	return diags
}

// differences are the lines of what differs beside routes, certificates and members,
// which have attributes of their own. Where these are the same, nothing is left out but
// members: then a policy that differs is somebody else's change of a rule.
func differences(live, wanted ltm.Site, now, then routes.View) []string {
	same := maps.Equal(now.Routes, then.Routes) && maps.Equal(now.TLS, then.TLS)
	var lines []string
	for _, change := range changeset.ComputeSite(wanted, live).Changes() {
		text := change.Text
		shown := same || !explained(text)
		if shown && !strings.HasPrefix(text, "- ") { // what nobody needs goes with what needed it
			lines = append(lines, text)
		}
	}
	return lines
}

// explained tells a change that goes with routes and certificates.
func explained(text string) bool {
	for _, kind := range []string{"certificate ", "client-ssl profile ", "pool ", "policy ", "virtual server ", "monitor "} {
		if strings.HasPrefix(text, "+ "+kind) {
			return true
		}
	}
	return strings.HasPrefix(text, "~ certificate ") || strings.HasPrefix(text, "~ client-ssl profile ") || strings.HasPrefix(text, "~ policy ") ||
		strings.Contains(text, ": + profile ") || strings.Contains(text, ": - profile ")
}

func fromError(err error) diag.Diagnostics {
	if foreign, ok := errors.AsType[*routes.ForeignError](err); ok {
		return diag.Diagnostics{diagnostics.InTheWay(foreign)}
	}
	return diagnostics.FromError(err)
}
