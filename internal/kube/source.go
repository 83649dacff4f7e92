package kube

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/singleflight"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubeconfigs with auth-provider oidc
	"k8s.io/client-go/rest"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// DefaultTimeout bounds one Snapshot, retries and all pages included.
const DefaultTimeout = 30 * time.Second

const (
	services       = "services"
	endpointSlices = "endpointslices"
	pods           = "pods"
	nodes          = "nodes"
	accessReviews  = "selfsubjectaccessreviews"

	verbWatch = "watch"

	defaultUserAgent = "terraform-provider-bigipkube"
	// 500 slices are at most 50,000 endpoints; kubectl's pages are as long.
	defaultPageSize = 500
)

// Options are the settings of a [Source] that no user makes.
type Options struct {
	UserAgent string        // what the API server sees in its audit log; default "terraform-provider-bigipkube"
	Timeout   time.Duration // default DefaultTimeout
}

// core is what is read of core/v1.
type core interface {
	coreclient.ServicesGetter
	coreclient.PodsGetter
	coreclient.NodesGetter
}

// Source reads one cluster. It is safe for concurrent use.
type Source struct {
	core      core
	discovery discoveryclient.EndpointSlicesGetter
	clients   routeClients
	server    string
	exec      bool // credentials come from a command
	timeout   time.Duration
	pageSize  int64
	flights   singleflight.Group
}

// New makes a client; it asks nothing of the cluster yet. Errors are *ConfigError.
func New(config Config, options Options) (*Source, error) {
	source, _, _, err := connect(config, options)
	return source, err
}

// connect makes a Source, and what other clients of the same cluster are made of.
func connect(config Config, options Options) (*Source, *rest.Config, *http.Client, error) {
	rc, err := config.restConfig()
	if err != nil {
		return nil, nil, nil, err
	}
	rc.UserAgent = cmp.Or(options.UserAgent, defaultUserAgent)
	rc.QPS = -1 // the API server's own priority and fairness is the judge; 5 per second would hold up a refresh of many pools
	rc.ContentType = "application/vnd.kubernetes.protobuf"
	rc.AcceptContentTypes = rc.ContentType + ",application/json"
	rc.WarningHandlerWithContext = rest.NoWarnings{}
	if rc.ExecProvider != nil {
		rc.ExecProvider.StdinUnavailable = true
		rc.ExecProvider.StdinUnavailableMessage = "a Terraform provider cannot ask the user"
	}

	client, err := rest.HTTPClientFor(rc)
	if err != nil {
		return nil, nil, nil, &ConfigError{config.place(), err}
	}
	coreV1, err := coreclient.NewForConfigAndClient(rc, client)
	if err != nil {
		return nil, nil, nil, &ConfigError{config.place(), err}
	}
	discovery, err := discoveryclient.NewForConfigAndClient(rc, client)
	if err != nil {
		return nil, nil, nil, &ConfigError{config.place(), err}
	}
	clients, err := newRouteClients(rc, client, coreV1)
	if err != nil {
		return nil, nil, nil, &ConfigError{config.place(), err}
	}
	return &Source{
		core:      coreV1,
		discovery: discovery,
		clients:   clients,
		server:    serverName(rc.Host),
		exec:      rc.ExecProvider != nil,
		timeout:   cmp.Or(options.Timeout, DefaultTimeout),
		pageSize:  defaultPageSize,
	}, rc, client, nil
}

// serverName is the host for messages, without a password in it.
func serverName(host string) string {
	if u, err := url.Parse(host); err == nil {
		return u.Redacted()
	}
	return "the API server"
}

// Server is the URL of the API server, for messages.
func (s *Source) Server() string { return s.server }

// Snapshot implements engine.Source for the default cluster. Callers that ask
// for the same thing at the same time get the same value: they must not change
// it.
func (s *Source) Snapshot(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	if ref.Cluster != "" {
		return endpoints.Snapshot{}, &UnknownClusterError{Cluster: ref.Cluster, Known: []string{""}}
	}
	return s.snapshot(ctx, ref)
}

// snapshot reads what ref needs: a Service with its slices, beside it the nodes
// for node ports; or the pods, or the nodes, of a selector.
func (s *Source) snapshot(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	switch {
	case ref.Kind() == endpoints.KindAddresses:
		return endpoints.Snapshot{}, nil
	case ref.Kind() == endpoints.KindSelector:
		return s.shared(ctx, flight{"list", pods, ref.Namespace + "/" + string(ref.Selector), s.readPods}, ref)
	case ref.Kind() == endpoints.KindNodes:
		return s.shared(ctx, flight{"list", nodes, nodeSelector(ref), s.readNodes}, ref)
	case !ref.NodePort:
		return s.shared(ctx, s.serviceFlight(ref), ref)
	}
	all := start(ctx, func(ctx context.Context) (endpoints.Snapshot, error) {
		return s.shared(ctx, flight{"list", nodes, "", s.readNodes}, ref)
	})
	service, err := s.shared(ctx, s.serviceFlight(ref), ref)
	if err != nil || !service.Found {
		return service, err
	}
	withNodes, err := all.wait(ctx)
	if err != nil {
		return endpoints.Snapshot{}, err
	}
	service.Nodes = withNodes.Nodes
	return service, nil
}

// flight is a read that callers share.
type flight struct {
	verb, resource, name string // what is asked for first
	read                 func(context.Context, endpoints.Ref) (endpoints.Snapshot, error)
}

func (s *Source) serviceFlight(ref endpoints.Ref) flight {
	return flight{"get", services, ref.Namespace + "/" + ref.Service, s.read}
}

// shared joins the same read that is under way, or starts one.
func (s *Source) shared(ctx context.Context, f flight, ref endpoints.Ref) (endpoints.Snapshot, error) {
	return join(ctx, s, f.resource+" "+f.name,
		func(ctx context.Context) (endpoints.Snapshot, error) { return f.read(ctx, ref) },
		func(err error) error { return s.failure(f.verb, f.resource, ref, err, true) })
}

// join joins what is under way by the same key, or starts it. The read is nobody's own:
// a caller that leaves doesn't end it for the others, and the timeout ends it for all.
// left words the error of a caller that leaves.
func join[T any](ctx context.Context, s *Source, key string, read func(context.Context) (T, error), left func(error) error) (T, error) {
	result := s.flights.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
		defer cancel()
		return read(ctx)
	})
	select {
	case result := <-result:
		value, _ := result.Val.(T)
		return value, result.Err
	case <-ctx.Done():
		return *new(T), left(ctx.Err())
	}
}

// read asks for the Service and its slices at once. What the Service's answer
// says comes first, so that the same failure gives the same message.
func (s *Source) read(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	var none endpoints.Snapshot
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing when there is no Service

	get := start(ctx, func(ctx context.Context) (*corev1.Service, error) {
		return s.core.Services(ref.Namespace).Get(ctx, ref.Service, metav1.GetOptions{})
	})
	listing := start(ctx, func(ctx context.Context) ([]discoveryv1.EndpointSlice, error) {
		return list(ctx, s.options(labels.Set{discoveryv1.LabelServiceName: ref.Service}), s.discovery.EndpointSlices(ref.Namespace).List,
			func(page *discoveryv1.EndpointSliceList) []discoveryv1.EndpointSlice { return page.Items })
	})

	service, err := get.wait(ctx)
	switch {
	case isNotFound(err):
		return none, nil
	case err != nil:
		return none, s.failure("get", services, ref, err, get.sent.Load())
	case service.Name != ref.Service: // {"kind":"Service"} alone decodes well
		return none, s.failure("get", services, ref, fmt.Errorf("it holds Service %q", service.Name), true)
	case service.Spec.Type == corev1.ServiceTypeExternalName:
		return none, &ExternalNameError{Ref: ref, Target: service.Spec.ExternalName}
	}
	slices, err := listing.wait(ctx)
	if err != nil {
		return none, s.failure("list", endpointSlices, ref, err, listing.sent.Load())
	}
	return serviceSnapshot(service, slices), nil
}

func (s *Source) failure(verb, resource string, ref endpoints.Ref, err error, sent bool) error {
	detail, kind := s.classify(err, sent)
	return &Error{Kind: kind, Verb: verb, Resource: resource, Ref: ref, Server: s.server, Detail: detail, Err: err}
}
