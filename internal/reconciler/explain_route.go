package reconciler

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// routeNames are what users call the kinds of objects with routes: as kubectl has them.
var routeNames = map[string]string{
	"ingress": ingress.KindIngress, "ingresses": ingress.KindIngress, "ing": ingress.KindIngress,
	"httproute": ingress.KindHTTPRoute, "httproutes": ingress.KindHTTPRoute,
	"tlsroute": ingress.KindTLSRoute, "tlsroutes": ingress.KindTLSRoute,
	"gateway": ingress.KindGateway, "gateways": ingress.KindGateway, "gtw": ingress.KindGateway,
}

// routeQuestion is which object is asked about; an empty kind is any. Whether
// "east/shop/web" begins with a kind or with a cluster the kinds decide.
func routeQuestion(text string) (binding.Object, error) {
	parts := strings.Split(text, "/")
	var o binding.Object
	if len(parts) > 2 {
		if kind, known := routeNames[strings.ToLower(parts[0])]; known {
			o.Kind, parts = kind, parts[1:]
		}
	}
	if len(parts) == 3 {
		o.Cluster, parts = parts[0], parts[1:]
	}
	if len(parts) != 2 || slices.Contains(parts, "") {
		return o, invalid("--route", fmt.Sprintf("%q is not [KIND/][CLUSTER/]NAMESPACE/NAME, such as ingress/shop/web; kinds are ingress, httproute, tlsroute and gateway", text))
	}
	o.Namespace, o.Name = parts[0], parts[1]
	return o, nil
}

// explainRoute answers about the routes of an object, in all partitions that are looked at.
func (h *helper) explainRoute(ctx context.Context, question string, output string) error {
	asked, err := routeQuestion(question)
	if err != nil {
		return err
	}
	all := RouteExplanation{Device: h.device.Name(), Served: []ExplainedRoutes{}}
	var owners []string
	for _, partition := range h.settings.Partitions {
		found, others, err := h.routesOf(ctx, asked, partition)
		if err != nil {
			return err
		}
		all.Served, owners = append(all.Served, found...), append(owners, others...)
	}
	kinds := map[binding.Object]bool{}
	for _, s := range all.Served {
		kinds[s.Object] = true
	}
	switch {
	case len(kinds) == 0:
		return notServed(question, all.Device, owners)
	case len(kinds) > 1:
		names := make([]string, 0, len(kinds))
		for object := range kinds {
			names = append(names, strings.Replace(object.String(), " ", "/", 1))
		}
		return fmt.Errorf("there are several %s on %s: say which, %s", question, all.Device, strings.Join(slices.Sorted(slices.Values(names)), " or "))
	}
	if output == outputJSON {
		return printJSON(h.settings.Out, all)
	}
	return all.print(h.settings.Out, time.Now())
}

func notServed(question, device string, owners []string) error {
	if len(owners) == 0 {
		return fmt.Errorf("%s is not served by %s: no virtual server of the partitions serves routes", question, device)
	}
	return fmt.Errorf("%s is not served by %s; there are: %s", question, device, strings.Join(owners, ", "))
}

// routesOf explains what a partition serves of an object: as an owner, or of one that has
// it, as a Gateway has HTTPRoutes. others are the owners that it serves.
func (h *helper) routesOf(ctx context.Context, asked binding.Object, partition string) (found []ExplainedRoutes, others []string, err error) {
	marks, err := h.device.RouteMarks(ctx, partition)
	if err != nil {
		return nil, nil, err
	}
	bindings, unreadable := ingress.Bindings(marks)
	for _, path := range slices.SortedFunc(maps.Keys(unreadable), ltm.Path.Compare) {
		return nil, nil, fmt.Errorf("whom policy %s on %s serves is not known: %w", path, h.device.Name(), unreadable[path])
	}
	for _, key := range slices.SortedFunc(maps.Keys(bindings), func(a, b ingress.Key) int { return strings.Compare(a.String(), b.String()) }) {
		others = append(others, strings.Replace(key.Owner.String(), " ", "/", 1))
		for _, object := range objectsAt(marks, key, asked) {
			one, err := h.routesAt(ctx, key, bindings[key], object)
			if err != nil {
				return nil, nil, err
			}
			found = append(found, one)
		}
	}
	return found, slices.Compact(others), nil
}

// objectsAt are the objects that an owner is, or has routes of, and that are asked about.
func objectsAt(marks ltm.Site, key ingress.Key, asked binding.Object) (objects []binding.Object) {
	matches := func(o binding.Object) bool {
		return o.Namespace == asked.Namespace && o.Name == asked.Name && o.Cluster == asked.Cluster && (asked.Kind == "" || o.Kind == asked.Kind)
	}
	if matches(key.Owner) {
		objects = append(objects, key.Owner)
	}
	for _, rule := range ingress.RulesOf(withPolicies(marks), key) {
		if source := rule.Mark.Source; matches(source) && !slices.Contains(objects, source) {
			objects = append(objects, source)
		}
	}
	return objects
}

// withPolicies gives virtual servers for routes the policies that they have: those of their
// names, which marks do not say.
func withPolicies(marks ltm.Site) ltm.Site {
	marks.VirtualServers = slices.Clone(marks.VirtualServers)
	for i, v := range marks.VirtualServers {
		marks.VirtualServers[i].Policies = []ltm.Path{v.Path}
	}
	return marks
}

// routesAt explains what is served of an object for an owner at an address. It asks a
// follower that writes nothing.
func (h *helper) routesAt(ctx context.Context, key ingress.Key, bound ingress.Binding, object binding.Object) (ExplainedRoutes, error) {
	clusters, err := h.oneShot()
	if err != nil {
		return ExplainedRoutes{}, err
	}
	reads := h.device.Reads()
	follower := engine.NewRouteFollower(h.device, func() engine.Surveyor { return reads }, askedRoutes{clusters}, clusters, key,
		engine.RouteFollowOptions{Hold: h.settings.Hold, DryRun: true})
	report, err := follower.Sync(ctx, bound)
	if err != nil {
		return ExplainedRoutes{}, fmt.Errorf("%s on %s is not followed: %w", key, h.device.Name(), err)
	}
	if !report.Bound {
		return ExplainedRoutes{}, fmt.Errorf("%s on %s is not bound any more: an apply or a destroy has changed that just now", key, h.device.Name())
	}
	e := explainedRoutes(key, object, report, h.settings.Hold)
	var paths []ltm.Path
	for _, c := range e.Certificates {
		paths = append(paths, c.Path)
	}
	until, err := h.device.CertificateExpiry(ctx, paths)
	for i, c := range e.Certificates {
		if expires, known := until[c.Path]; known {
			e.Certificates[i].Until = &expires
		}
	}
	return e, err
}

// askedRoutes reads what routes are made of, each time.
type askedRoutes struct {
	clusters interface {
		Routes(ctx context.Context, bound binding.Object, beside ingress.Beside) (ingress.Objects, map[ltm.Certificate]ltm.KeyPair, error)
	}
}

// Routes is engine.RouteSource's.
func (a askedRoutes) Routes(ctx context.Context, key ingress.Key, beside ingress.Beside) (ingress.Objects, map[ltm.Certificate]ltm.KeyPair, error) {
	return a.clusters.Routes(ctx, key.Owner, beside)
}

// explainRoutes answers "reconcile explain --route".
func explainRoutes(ctx context.Context, o ExplainOptions) error {
	if o.Pool != "" || o.Member != "" {
		return invalid("--route", "it goes with neither --pool nor --member")
	}
	if _, err := routeQuestion(o.Route); err != nil {
		return err
	}
	return o.with(ctx, func(h *helper, _ engine.Source) error { return h.explainRoute(ctx, o.Route, o.Output) })
}

// with runs what only reads, with adapters that ask once.
func (o ExplainOptions) with(ctx context.Context, ask func(*helper, engine.Source) error) (err error) {
	logger, err := o.logger()
	if err != nil {
		return err
	}
	s, err := o.settle()
	if err != nil {
		return err
	}
	hearLibraries(logger)
	h, source, err := newExplainer(s, logger)
	if err != nil {
		return err
	}
	defer h.logout(context.WithoutCancel(ctx))
	return ask(h, source)
}
