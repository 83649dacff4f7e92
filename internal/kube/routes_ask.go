package kube

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/discovery"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	networkingclient "k8s.io/client-go/kubernetes/typed/networking/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/typed/apis/v1"
	gatewaybetaclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/typed/apis/v1beta1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// routeClients are the clients for what routes are made of.
type routeClients struct {
	networking networkingclient.NetworkingV1Interface
	gateway    gatewayclient.GatewayV1Interface
	grants     gatewaybetaclient.ReferenceGrantsGetter // in this version all clusters have them
	secrets    coreclient.SecretsGetter
	namespaces coreclient.NamespacesGetter
	metadata   metadata.Interface
	discovery  discovery.DiscoveryInterfaceWithContext
}

func newRouteClients(rc *rest.Config, client *http.Client, coreV1 coreclient.CoreV1Interface) (routeClients, error) {
	text := rest.CopyConfig(rc) // custom resources have no protobuf
	text.ContentType, text.AcceptContentTypes = "", ""
	networking, err1 := networkingclient.NewForConfigAndClient(rc, client)
	gateway, err2 := gatewayclient.NewForConfigAndClient(text, client)
	grants, err3 := gatewaybetaclient.NewForConfigAndClient(text, client)
	kinds, err4 := discovery.NewDiscoveryClientForConfigAndClient(rc, client)
	metadata, err5 := metadata.NewForConfigAndClient(metadata.ConfigFor(rc), client)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return routeClients{}, err
	}
	return routeClients{networking: networking, gateway: gateway, grants: grants, secrets: coreV1, namespaces: coreV1, metadata: metadata, discovery: discovery.ToDiscoveryInterfaceWithContext(kinds)}, nil
}

// question is one GET or LIST of routes.
type question struct {
	verb, resource string
	name           string        // "" for a list
	ref            endpoints.Ref // its cluster and namespace
}

// ask joins the same question that is under way, or asks it. What it returns is
// shared: callers must not change it. Errors are *Error.
func ask[T any](ctx context.Context, s *Source, q question, read func(context.Context) (T, error)) (T, error) {
	key := fmt.Sprintf("%s %s %s/%s %s %s %d", q.verb, q.resource, q.ref.Namespace, q.name, q.ref.Service, q.ref.Selector, s.moved.Load())
	return join(ctx, s, key, func(ctx context.Context) (T, error) {
		call := start(ctx, read)
		answer, err := call.wait(ctx)
		if err != nil {
			return answer, s.unanswered(ctx, q, err, call.sent.Load())
		}
		return answer, nil
	}, func(err error) error { return s.unanswered(ctx, q, err, true) })
}

// find asks for one object; nil where there is none.
func find[T any](ctx context.Context, s *Source, q question, read func(context.Context) (*T, error)) (*T, error) {
	found, err := ask(ctx, s, q, read)
	if isNotFound(err) {
		return nil, nil
	}
	return found, err
}

// atATime bounds the questions of one read.
const atATime = 10

// each asks for all the keys, and returns the answers in their order. Of several failures
// it tells the first one in that order, so that the same cluster gives the same message.
func each[K, T any](ctx context.Context, keys []K, read func(context.Context, K) (T, error)) ([]T, error) {
	answers, failures := make([]T, len(keys)), make([]error, len(keys))
	var group errgroup.Group
	group.SetLimit(atATime)
	for i, key := range keys {
		group.Go(func() error {
			answers[i], failures[i] = read(ctx, key)
			return nil
		})
	}
	_ = group.Wait() // the failures are in their order
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (s *Source) unanswered(ctx context.Context, q question, err error, sent bool) error {
	detail, kind := s.classify(err, sent)
	if lacks := s.absent(ctx, q.resource, err); lacks != nil {
		detail, kind = "", lacks
	}
	return &Error{Kind: kind, Verb: q.verb, Resource: q.resource, Name: q.name, Ref: q.ref, Server: s.server, Detail: detail, Err: err}
}

// lacksGatewayAPI asks which groups the cluster serves: for a path that it does not know,
// an API server answers as any web server does.
func (s *Source) lacksGatewayAPI(ctx context.Context, resource string) bool {
	if resource != httpRoutes && resource != tlsRoutes && resource != gateways && resource != gatewayClasses && resource != referenceGrants {
		return false
	}
	groups, err := s.clients.discovery.ServerGroupsWithContext(ctx)
	if err != nil || len(groups.Groups) == 0 {
		return false
	}
	for _, group := range groups.Groups {
		for _, version := range group.Versions {
			if version.GroupVersion == gatewayv1.GroupVersion.String() {
				return false
			}
		}
	}
	return true
}
