package kube

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"reflect"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// A watch that broke is tried again soon, so that a cluster that is back is heard
// within seconds. The reflector's own half a minute spares an API server thousands of
// informers; these are a few.
const (
	firstRetry = 300 * time.Millisecond
	lastRetry  = 3 * time.Second
	listLimit  = time.Minute // of one page
)

// client-go makes a watch of nothing, and no error, of a connection that ends, or does
// not come about in time, before the answer.
var (
	nothing    = reflect.TypeOf(watch.NewEmptyWatch())
	errNothing = errors.New("no answer to the request for a watch")
)

// scope is what one watch watches: all of a resource, or those of one namespace, or one
// object.
type scope struct{ resource, namespace, name string }

func (s scope) compare(other scope) int {
	return cmp.Or(cmp.Compare(s.resource, other.resource), cmp.Compare(s.namespace, other.namespace), cmp.Compare(s.name, other.name))
}

// watching is one watch: what it holds, and how well it goes. The cluster's lock
// guards it.
type watching struct {
	v     *view
	scope scope
	stop  context.CancelFunc

	full      bool      // all of it was there once
	streaming bool      // it gets all of it by a watch now, until Replace
	contact   time.Time // when the API server answered last
	broken    time.Time // since when it has been failing; zero = it is not
	broke     time.Time // when it was broken last; zero = never
	err       error     // why, as client-go said it
	sent      bool      // err came from further than from getting the credentials
}

// mirror keeps a store equal to what client lists and watches, until ctx ends. The
// client's own tries are left out: ten of them, while nobody knows that it is broken.
func mirror(ctx context.Context, w *watching, client rest.Interface, example runtime.Object, s cache.ReflectorStore) {
	_, onlyMetadata := example.(*metav1.PartialObjectMetadata)
	request := func(options metav1.ListOptions) *rest.Request {
		if w.scope.name != "" {
			options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, w.scope.name).String()
		}
		r := client.Get().NamespaceIfScoped(w.scope.namespace, w.scope.namespace != "").Resource(w.scope.resource).
			VersionedParams(&options, metav1.ParameterCodec).MaxRetries(0)
		switch {
		case onlyMetadata && options.Watch:
			r.SetHeader("Accept", acceptMetadata)
		case onlyMetadata:
			r.SetHeader("Accept", acceptMetadataList)
		}
		return r
	}
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			ctx, cancel := context.WithTimeout(ctx, listLimit)
			defer cancel()
			call := start(ctx, func(ctx context.Context) (runtime.Object, error) { return request(options).Do(ctx).Get() })
			list, err := call.wait(ctx)
			w.listed(ctx, err, call.sent.Load())
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.Watch = true
			call := start(ctx, func(ctx context.Context) (watch.Interface, error) { return request(options).Watch(ctx) })
			events, err := call.wait(ctx)
			if err == nil && reflect.TypeOf(events) == nothing {
				err = &url.Error{Op: "watch", URL: w.v.source.server, Err: errNothing}
			}
			w.opened(ctx, options, err, call.sent.Load())
			if err != nil {
				go call.discard(watch.Interface.Stop)
				return nil, err
			}
			return watch.Filter(events, func(event watch.Event) (watch.Event, bool) { w.heard(ctx, event); return event, true }), nil
		},
	}
	cache.NewReflectorWithOptions(source, example, s, cache.ReflectorOptions{
		Name:    w.scope.resource,
		Backoff: &wait.Backoff{Duration: firstRetry, Cap: lastRetry, Steps: 8, Factor: 2, Jitter: 0.3},
	}).RunWithContext(ctx)
}

// locked does what changes a store, and then tells those whom it concerns.
func (w *watching) locked(change func(tell owners)) {
	tell := owners{}
	w.v.mu.Lock()
	if w.v.watches[w.scope] == w { // not one that was ended meanwhile
		change(tell)
	}
	w.v.mu.Unlock()
	w.v.tell(tell)
}

// replaced notes that all of it is there.
func (w *watching) replaced(tell owners) {
	if w.streaming {
		w.streaming = false
		w.mended()
	}
	if !w.full {
		w.full = true
		w.v.interest.ofScope(w.scope, w.v.rights, tell)
	}
}

// listed notes the answer to a list. A view is not live before the watch after it is
// open.
func (w *watching) listed(ctx context.Context, err error, sent bool) {
	w.v.mu.Lock()
	defer w.v.mu.Unlock()
	w.streaming = false
	if err != nil {
		w.failed(ctx, err, sent)
		return
	}
	w.contact = time.Now()
}

// opened notes the answer to a watch.
func (w *watching) opened(ctx context.Context, options metav1.ListOptions, err error, sent bool) {
	w.v.mu.Lock()
	defer w.v.mu.Unlock()
	w.streaming = options.SendInitialEvents != nil
	switch {
	case err == nil && w.streaming: // all of it comes first
		w.contact = time.Now()
	case err == nil:
		w.answered()
	case w.streaming && apierrors.IsInvalid(err): // an API server that cannot do that; a list follows
	default:
		w.failed(ctx, err, sent)
	}
}

// heard notes an event. That the API server closes a watch after some minutes is none,
// and no failure.
func (w *watching) heard(ctx context.Context, event watch.Event) {
	w.v.mu.Lock()
	defer w.v.mu.Unlock()
	w.contact = time.Now()
	if event.Type == watch.Error {
		w.failed(ctx, apierrors.FromObject(event.Object), true)
	}
}

// failed notes that the watch is broken; the cluster's lock is held.
func (w *watching) failed(ctx context.Context, err error, sent bool) {
	if ctx.Err() != nil && !isTimeout(ctx.Err()) {
		return // it was ended
	}
	w.err, w.sent = err, sent
	if w.broken.IsZero() {
		w.broken = time.Now()
		w.v.options.Logger.Warn("A watch broke", "cluster", w.v.name, "resource", w.scope.resource, "namespace", w.scope.namespace, "error", err)
	}
	if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) && w.v.rights.spare[w.scope] {
		w.v.doubtRights(w)
	}
}

// mended notes that the watch is live; the cluster's lock is held.
func (w *watching) mended() {
	if w.broken.IsZero() {
		return
	}
	w.v.options.Logger.Info("A watch is back", "cluster", w.v.name, "resource", w.scope.resource, "namespace", w.scope.namespace, "after", time.Since(w.broken))
	w.broken, w.err, w.broke = time.Time{}, nil, time.Now()
}

// answered notes that what failed before went well; the cluster's lock is held.
func (w *watching) answered() {
	w.contact = time.Now()
	w.mended()
}

// lastBroken is when the watch was broken last: now, if it is.
func (w *watching) lastBroken() time.Time {
	if !w.broken.IsZero() {
		return time.Now()
	}
	return w.broke
}
