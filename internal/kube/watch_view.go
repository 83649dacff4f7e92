package kube

import (
	"cmp"
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	appsclient "k8s.io/client-go/kubernetes/typed/apps/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// view is what a Watch holds of one cluster.
type view struct {
	name            string
	options         WatchOptions
	source          *Source // its clients, and the words of its errors
	review          authorizationclient.SelfSubjectAccessReviewsGetter
	core, discovery rest.Interface // for what is watched
	metadata        map[schema.GroupVersion]rest.Interface
	workloads       workloads // for what is read on demand
	kick            chan struct{}

	mu       sync.Mutex // guards what follows, and the stores of all watches
	interest interest
	rights   rights
	known    bool                // rights were asked for
	asking   watching            // how it goes to ask for them
	watches  map[scope]*watching // those that run
	broke    time.Time           // when one that was ended was broken last
	services map[string]*serviceStore
	slices   map[string]*sliceStore // by namespace, "" = all of them
	pods     map[string]*podStore   // by namespace
	nodes    *nodeStore             // nil if they are not watched
	probes   owners                 // are told of probes soon
}

func newView(name string, config Config, options WatchOptions) (*view, error) {
	source, rc, client, err := connect(config, Options{UserAgent: options.UserAgent})
	if err != nil {
		return nil, err
	}
	coreV1, coreErr := coreclient.NewForConfigAndClient(rc, client)
	slices, slicesErr := discoveryclient.NewForConfigAndClient(rc, client)
	reviews, reviewsErr := authorizationclient.NewForConfigAndClient(rc, client)
	apps, appsErr := appsclient.NewForConfigAndClient(rc, client)
	kinds, kindsErr := discovery.NewDiscoveryClientForConfigAndClient(rc, client)
	untyped, untypedErr := dynamic.NewForConfigAndClient(rc, client)
	onlyMetadata, metadataErr := newMetadataClients(rc, client)
	if err := cmp.Or(coreErr, slicesErr, reviewsErr, appsErr, kindsErr, untypedErr, metadataErr); err != nil {
		return nil, &ConfigError{config.place(), err}
	}
	v := &view{
		name: name, options: options, source: source, review: reviews, core: coreV1.RESTClient(), discovery: slices.RESTClient(), metadata: onlyMetadata,
		workloads: workloads{apps: apps, discovery: kinds, dynamic: untyped},
		kick:      make(chan struct{}, 1), interest: newInterest(), watches: map[scope]*watching{},
		services: map[string]*serviceStore{}, slices: map[string]*sliceStore{}, pods: map[string]*podStore{}, probes: owners{},
	}
	v.asking = watching{v: v, scope: scope{resource: accessReviews}}
	return v, nil
}

// follow replaces what an owner needs.
func (v *view) follow(owner string, refs []endpoints.Ref) {
	v.mu.Lock()
	v.interest.set(owner, refs)
	v.mu.Unlock()
	v.settleSoon()
}

// settleSoon wakes run. Many calls before it wakes are one.
func (v *view) settleSoon() {
	select {
	case v.kick <- struct{}{}:
	default:
	}
}

// tell calls those who are to be told, with no lock held.
func (v *view) tell(who owners) {
	for owner := range who {
		v.options.Changed(owner)
	}
}

// run makes the watches those that are needed, until ctx ends.
func (v *view) run(ctx context.Context) {
	ctx = klog.NewContext(ctx, klog.New(nil)) // the reflectors' own lines; Health tells what they would
	var running sync.WaitGroup
	defer running.Wait()
	for retry := firstRetry; ctx.Err() == nil; {
		if v.askRights(ctx) {
			retry = firstRetry
			v.settle(ctx, &running)
			if !v.awaitKick(ctx, askAgain) {
				v.askSoon()
			}
			continue
		}
		pause(ctx, retry)
		retry = min(2*retry, lastRetry)
	}
}

// awaitKick waits until there is something to settle, or for a time, and tells which.
func (v *view) awaitKick(ctx context.Context, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case <-v.kick:
		return true
	case <-ctx.Done():
		return false
	}
}

func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// settle begins the watches that are missing and ends those that nobody needs.
func (v *view) settle(ctx context.Context, running *sync.WaitGroup) {
	v.mu.Lock()
	defer v.mu.Unlock()
	want := v.interest.wanted(v.rights, v.options.Gate != "")
	for scope, w := range v.watches {
		if !want[scope] {
			w.stop()
			if broke := w.lastBroken(); broke.After(v.broke) {
				v.broke = broke
			}
			delete(v.watches, scope)
			v.forget(scope)
		}
	}
	for scope := range want {
		if v.watches[scope] == nil {
			w := &watching{v: v, scope: scope, broke: v.broke}
			var watchCtx context.Context
			watchCtx, w.stop = context.WithCancel(ctx)
			v.watches[scope] = w
			run := v.begin(w)
			running.Go(func() { run(watchCtx) })
		}
	}
}

// begin makes the store of a watch; what it returns fills it.
func (v *view) begin(w *watching) func(context.Context) {
	namespace := w.scope.namespace
	fill := func(client rest.Interface, example runtime.Object, s cache.ReflectorStore) func(context.Context) {
		return func(ctx context.Context) { mirror(ctx, w, client, example, s) }
	}
	switch w.scope.resource {
	case services:
		v.services[namespace] = newServiceStore(w)
		return fill(v.core, &corev1.Service{}, v.services[namespace])
	case endpointSlices:
		v.slices[namespace] = newSliceStore(w)
		return fill(v.discovery, &discoveryv1.EndpointSlice{}, v.slices[namespace])
	case pods:
		v.pods[namespace] = newPodStore(w)
		return fill(v.core, &corev1.Pod{}, v.pods[namespace])
	case nodes:
		v.nodes = newNodeStore(w)
		return fill(v.core, &corev1.Node{}, v.nodes)
	default:
		return fill(v.metadata[routeGroups[w.scope.resource]], &metav1.PartialObjectMetadata{}, newMetadataStore(w))
	}
}

func (v *view) forget(scope scope) {
	switch scope.resource {
	case services:
		delete(v.services, scope.namespace)
	case endpointSlices:
		delete(v.slices, scope.namespace)
	case pods:
		delete(v.pods, scope.namespace)
	case nodes:
		v.nodes = nil
	}
}

// health sums up the watches.
func (v *view) health() Health {
	v.mu.Lock()
	defer v.mu.Unlock()
	health := Health{Contact: v.asking.contact}
	worst := &v.asking
	for _, w := range v.watches {
		if w.contact.After(health.Contact) {
			health.Contact = w.contact
		}
		if !w.broken.IsZero() && (worst.broken.IsZero() || w.broken.Before(worst.broken)) {
			worst = w
		}
	}
	if !worst.broken.IsZero() {
		health.Broken, health.Err = worst.broken, v.failure(worst)
	}
	return health
}

// failure words why a watch is broken, nil if it is not.
func (v *view) failure(w *watching) error {
	if w.broken.IsZero() {
		return nil
	}
	detail, kind := v.source.classify(w.err, w.sent)
	return &Error{
		Kind: kind, Verb: verbWatch, Resource: w.scope.resource, Ref: endpoints.Ref{Cluster: v.name, Namespace: w.scope.namespace},
		Server: v.source.server, Detail: detail, Err: w.err,
	}
}
