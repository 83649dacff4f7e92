package reconciler

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// kindGatewayClass is a kind of objects beside those of routes.
const kindGatewayClass = "gatewayclass"

// statusResources are where the objects are.
var statusResources = map[string]schema.GroupVersionResource{
	ingress.KindIngress:   networkingv1.SchemeGroupVersion.WithResource("ingresses"),
	ingress.KindHTTPRoute: schema.GroupVersion(gatewayv1.GroupVersion).WithResource("httproutes"),
	ingress.KindTLSRoute:  schema.GroupVersion(gatewayv1.GroupVersion).WithResource("tlsroutes"),
	ingress.KindGateway:   schema.GroupVersion(gatewayv1.GroupVersion).WithResource("gateways"),
	kindGatewayClass:      schema.GroupVersion(gatewayv1.GroupVersion).WithResource("gatewayclasses"),
}

// statuses writes on Ingresses, HTTPRoutes, TLSRoutes, Gateways and GatewayClasses what has become of them, on
// change only. What is written is a merge patch of the version that was read: whoever
// has changed the object meanwhile wins, and it is synced again.
type statuses struct {
	patch  func(ctx context.Context, object binding.Object, patch []byte) error
	again  func(ingress.Key) // has an owner synced again
	logger *slog.Logger
	kick   chan struct{}

	mu      sync.Mutex
	served  map[binding.Object]map[ltm.Address]bool // where owners are served
	pending map[binding.Object]pendingStatus
	refused map[string]bool // kinds whose status may not be written
}

type pendingStatus struct {
	again func() // has it judged again
	patch []byte
}

// patchRouteStatus patches objects of clusters.
func patchRouteStatus(clients map[string]dynamic.Interface) func(context.Context, binding.Object, []byte) error {
	return func(ctx context.Context, object binding.Object, patch []byte) error {
		resource := clients[object.Cluster].Resource(statusResources[object.Kind]).Namespace(object.Namespace)
		_, err := resource.Patch(ctx, object.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: component}, "status")
		return err
	}
}

func newStatuses(patch func(context.Context, binding.Object, []byte) error, again func(ingress.Key), logger *slog.Logger) *statuses {
	return &statuses{
		patch: patch, again: again, logger: logger, kick: make(chan struct{}, 1),
		served: map[binding.Object]map[ltm.Address]bool{}, pending: map[binding.Object]pendingStatus{}, refused: map[string]bool{},
	}
}

// routesSynced is routeObserver's.
func (s *statuses) routesSynced(_ context.Context, r *route, report engine.RouteReport, err error) {
	if err != nil {
		return // nothing is known to be otherwise
	}
	addresses := s.note(r.key, len(report.Routes.Servers) > 0)
	judged := routeVerdict{key: r.key, report: report, addresses: addresses, now: metav1.Now()}
	for object, status := range judged.all() {
		s.put(func() { s.again(r.key) }, object, status)
	}
}

// note keeps where an owner is served, and returns all addresses.
func (s *statuses) note(key ingress.Key, served bool) (addresses []ltm.Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.served[key.Owner] == nil {
		s.served[key.Owner] = map[ltm.Address]bool{}
	}
	delete(s.served[key.Owner], key.Address)
	if served {
		s.served[key.Owner][key.Address] = true
	}
	for address := range s.served[key.Owner] {
		addresses = append(addresses, address)
	}
	slices.SortFunc(addresses, ltm.Address.Compare)
	return addresses
}

// forget is told of an owner that is not followed any more.
func (s *statuses) forget(key ingress.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.served[key.Owner], key.Address)
	if len(s.served[key.Owner]) == 0 {
		delete(s.served, key.Owner)
	}
}

// objectStatus is what an object has, and what it is to have; both marshal to JSON objects.
type objectStatus struct {
	version   string // of the object that was read
	has, gets any
}

// put has a status written, if it is another one; again is called if the object has changed meanwhile.
func (s *statuses) put(again func(), object binding.Object, is objectStatus) {
	if equality.Semantic.DeepEqual(is.has, is.gets) {
		return
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": is.version}, "status": is.gets})
	if err != nil {
		s.logger.Error("a status cannot be written", "object", object.String(), "error", err)
		return
	}
	s.mu.Lock()
	s.pending[object] = pendingStatus{again, patch}
	s.mu.Unlock()
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// run writes until ctx ends.
func (s *statuses) run(ctx context.Context) error {
	for {
		select {
		case <-s.kick:
		case <-ctx.Done():
			return nil
		}
		s.mu.Lock()
		pending := s.pending
		s.pending = map[binding.Object]pendingStatus{}
		s.mu.Unlock()
		for object, p := range pending {
			s.write(ctx, object, p)
		}
	}
}

func (s *statuses) write(ctx context.Context, object binding.Object, p pendingStatus) {
	ctx, cancel := context.WithTimeout(ctx, deviceRetry)
	defer cancel()
	err := s.patch(ctx, object, p.patch)
	switch {
	case err == nil, apierrors.IsNotFound(err), ctx.Err() != nil && err != nil:
	case apierrors.IsConflict(err):
		p.again()
	case apierrors.IsForbidden(err):
		if !s.refused[object.Kind] {
			s.refused[object.Kind] = true // run alone comes here
			s.logger.Warn("the status of objects cannot be written", "kind", object.Kind, "error", err)
		}
	default:
		s.logger.Warn("a status cannot be written", "object", object.String(), "error", err)
	}
}
