package kube

import (
	"cmp"
	"context"
	"fmt"
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

	defaultUserAgent = "terraform-provider-bigipkube"
	// 500 slices are at most 50,000 endpoints; kubectl's pages are as long.
	defaultPageSize = 500
)

// Options are the settings of a [Source] that no user makes.
type Options struct {
	UserAgent string        // what the API server sees in its audit log; default "terraform-provider-bigipkube"
	Timeout   time.Duration // default DefaultTimeout
}

// Source reads one cluster. It is safe for concurrent use.
type Source struct {
	core      coreclient.ServicesGetter
	discovery discoveryclient.EndpointSlicesGetter
	server    string
	exec      bool // credentials come from a command
	timeout   time.Duration
	pageSize  int64
	flights   singleflight.Group
}

// New makes a client; it asks nothing of the cluster yet. Errors are *ConfigError.
func New(config Config, options Options) (*Source, error) {
	rc, err := config.restConfig()
	if err != nil {
		return nil, err
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
		return nil, &ConfigError{config.place(), err}
	}
	core, err := coreclient.NewForConfigAndClient(rc, client)
	if err != nil {
		return nil, &ConfigError{config.place(), err}
	}
	discovery, err := discoveryclient.NewForConfigAndClient(rc, client)
	if err != nil {
		return nil, &ConfigError{config.place(), err}
	}
	return &Source{
		core:      core,
		discovery: discovery,
		server:    serverName(rc.Host),
		exec:      rc.ExecProvider != nil,
		timeout:   cmp.Or(options.Timeout, DefaultTimeout),
		pageSize:  defaultPageSize,
	}, nil
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
// for the same Service at the same time get the same value: they must not
// change it.
func (s *Source) Snapshot(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	if ref.Cluster != "" {
		return endpoints.Snapshot{}, &UnknownClusterError{Cluster: ref.Cluster, Known: []string{""}}
	}
	return s.shared(ctx, ref)
}

// shared joins the read of the same Service that is under way, or starts one.
// The read is nobody's own: a caller that leaves doesn't end it for the others,
// and the timeout ends it for all.
func (s *Source) shared(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	key := ref.Cluster + "/" + ref.Namespace + "/" + ref.Service
	flight := s.flights.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
		defer cancel()
		return s.read(ctx, ref)
	})
	select {
	case result := <-flight:
		snapshot, _ := result.Val.(endpoints.Snapshot)
		return snapshot, result.Err
	case <-ctx.Done():
		return endpoints.Snapshot{}, s.failure("get", services, ref, ctx.Err(), true)
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
	list := start(ctx, func(ctx context.Context) ([]discoveryv1.EndpointSlice, error) {
		return s.list(ctx, ref)
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
	slices, err := list.wait(ctx)
	if err != nil {
		return none, s.failure("list", endpointSlices, ref, err, list.sent.Load())
	}
	return snapshot(service, slices), nil
}

// list reads all pages. When the cluster has compacted its history before the
// last page, the list starts over, once: a mix of two moments could lack pods.
func (s *Source) list(ctx context.Context, ref endpoints.Ref) ([]discoveryv1.EndpointSlice, error) {
	all, err := s.pages(ctx, ref)
	if isExpired(err) {
		return s.pages(ctx, ref)
	}
	return all, err
}

func (s *Source) pages(ctx context.Context, ref endpoints.Ref) ([]discoveryv1.EndpointSlice, error) {
	options := metav1.ListOptions{
		LabelSelector: labels.Set{discoveryv1.LabelServiceName: ref.Service}.String(),
		Limit:         s.pageSize,
	}
	var all []discoveryv1.EndpointSlice
	for {
		page, err := s.discovery.EndpointSlices(ref.Namespace).List(ctx, options)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Continue == "" {
			return all, nil
		}
		options.Continue = page.Continue
	}
}

func (s *Source) failure(verb, resource string, ref endpoints.Ref, err error, sent bool) error {
	detail, kind := s.classify(err, sent)
	return &Error{Kind: kind, Verb: verb, Resource: resource, Ref: ref, Server: s.server, Detail: detail, Err: err}
}
