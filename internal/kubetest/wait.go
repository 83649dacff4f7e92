package kubetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// Endpoints are the addresses behind a Service, from all its EndpointSlices, sorted and without duplicates.
type Endpoints struct {
	Ready       []string // take traffic
	NotReady    []string // neither ready nor terminating
	Terminating []string // deleted, perhaps still serving
}

// SetReady makes a pod ready or not and returns when its Ready condition says so. It holds until the next SetReady; the
// EndpointSlice follows a moment later.
func (cp *ControlPlane) SetReady(ctx context.Context, namespace, pod string, ready bool) error {
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"%t"}}}`, annotationReady, ready)
	pods := cp.client.CoreV1().Pods(namespace)
	if _, err := pods.Patch(ctx, pod, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return err
	}
	selector := fields.OneTermEqualSelector(metav1.ObjectNameField, pod).String()
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = selector
			return pods.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = selector
			return pods.Watch(ctx, o)
		},
	}
	err := watchUntil(ctx, source, &corev1.Pod{}, func(pods []*corev1.Pod) bool {
		return len(pods) == 1 && pods[0].Status.Phase == corev1.PodRunning && podReady(pods[0]) == ready
	})
	if err != nil {
		return fmt.Errorf("pod %s/%s does not become ready=%t: %w", namespace, pod, ready, err)
	}
	return nil
}

func podReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// WaitReady returns when a Service has exactly n ready endpoints and no other: none that is not ready, none terminating.
func (cp *ControlPlane) WaitReady(ctx context.Context, namespace, service string, n int) error {
	_, err := cp.WaitEndpoints(ctx, namespace, service, func(e Endpoints) bool {
		return len(e.Ready) == n && len(e.NotReady) == 0 && len(e.Terminating) == 0
	})
	if err != nil {
		return fmt.Errorf("want %d ready endpoints: %w", n, err)
	}
	return nil
}

// WaitEndpoints returns the endpoints of a Service once ok holds for them. When ctx ends first, the error tells the last
// that it saw.
func (cp *ControlPlane) WaitEndpoints(ctx context.Context, namespace, service string, ok func(Endpoints) bool) (Endpoints, error) {
	slices := cp.client.DiscoveryV1().EndpointSlices(namespace)
	selector := discoveryv1.LabelServiceName + "=" + service
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.LabelSelector = selector
			return slices.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.LabelSelector = selector
			return slices.Watch(ctx, o)
		},
	}
	var last Endpoints
	err := watchUntil(ctx, source, &discoveryv1.EndpointSlice{}, func(list []*discoveryv1.EndpointSlice) bool {
		last = gather(list)
		return ok(last)
	})
	if err != nil {
		return last, fmt.Errorf("endpoints of %s/%s are %d ready, %d not ready, %d terminating: %w",
			namespace, service, len(last.Ready), len(last.NotReady), len(last.Terminating), err)
	}
	return last, nil
}

func gather(list []*discoveryv1.EndpointSlice) Endpoints {
	var e Endpoints
	for _, slice := range list {
		for _, endpoint := range slice.Endpoints {
			c := endpoint.Conditions
			switch {
			case c.Terminating != nil && *c.Terminating:
				e.Terminating = append(e.Terminating, endpoint.Addresses...)
			case c.Ready == nil || *c.Ready: // nil means ready
				e.Ready = append(e.Ready, endpoint.Addresses...)
			default:
				e.NotReady = append(e.NotReady, endpoint.Addresses...)
			}
		}
	}
	for _, addresses := range []*[]string{&e.Ready, &e.NotReady, &e.Terminating} {
		slices.Sort(*addresses)
		*addresses = slices.Compact(*addresses)
	}
	return e
}

// waitServiceAccount waits for the account without which the API server admits no pod to a namespace.
func (cp *ControlPlane) waitServiceAccount(ctx context.Context, namespace string) error {
	accounts := cp.client.CoreV1().ServiceAccounts(namespace)
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return accounts.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return accounts.Watch(ctx, o)
		},
	}
	err := watchUntil(ctx, source, &corev1.ServiceAccount{}, func(list []*corev1.ServiceAccount) bool {
		return slices.ContainsFunc(list, func(a *corev1.ServiceAccount) bool { return a.Name == "default" })
	})
	if err != nil {
		return fmt.Errorf("namespace %s gets no service account: %w", namespace, err)
	}
	return nil
}

// waitLimit is far longer than Kubernetes takes for anything here, also on a busy machine. A wait that lasts so long will
// never end, and a test that says what it waits for is better than one that hangs.
const waitLimit = 4 * time.Minute

// limited ends with ctx, or after waitLimit.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, waitLimit, fmt.Errorf("not within %s", waitLimit))
}

// watchUntil lists and watches until done holds for all objects, through restarts of the API server, or until ctx or the
// limit ends.
func watchUntil[T runtime.Object](ctx context.Context, source cache.ListerWatcher, example T, done func([]T) bool) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	quiet := klog.New(nil) // a stopped API server is for the test to tell, not for the log
	store, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		Logger:        &quiet,
		ListerWatcher: source,
		ObjectType:    example,
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { notify() },
			UpdateFunc: func(any, any) { notify() },
			DeleteFunc: func(any) { notify() },
		},
	})
	go informer.RunWithContext(klog.NewContext(ctx, quiet))
	select {
	case <-informer.HasSyncedChecker().Done():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for {
		var objects []T
		for _, object := range store.List() {
			if object, ok := object.(T); ok {
				objects = append(objects, object)
			}
		}
		if done(objects) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
