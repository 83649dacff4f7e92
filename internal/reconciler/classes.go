package reconciler

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
)

const (
	classesOwner = "gatewayclasses" // what a watch calls them
	classesRetry = 10 * time.Second
)

// classes tells GatewayClasses that name us that they are accepted, and their Gateways of which no listener can be served
// that they are not: these cannot be bound, and so no sync of routes tells them. What it writes follows from the object
// alone: helpers of other devices write the same.
type classes struct {
	clusters []string
	read     func(ctx context.Context, cluster string) (kube.Classes, error)
	put      func(again func(), object binding.Object, is objectStatus)
	isOurs   func() bool // of the replicas one writes
	resync   time.Duration
	logger   *slog.Logger
	kick     chan struct{}
	failed   map[string]string // by cluster, what was told last
}

// newClasses makes it; the replica that has the first partition writes.
func (h *helper) newClasses() *classes {
	c := &classes{
		read: func(ctx context.Context, cluster string) (kube.Classes, error) {
			return h.watch.GatewayClasses(ctx, classesOwner, cluster, routeController)
		},
		put:    h.statuses.put,
		isOurs: func() bool { return slices.Contains(h.registry.names(), h.settings.Partitions[0]) },
		resync: h.settings.Resync, logger: h.logger, kick: make(chan struct{}, 1), failed: map[string]string{},
	}
	for name := range h.settings.clusters {
		c.clusters = append(c.clusters, name)
	}
	return c
}

// soon has all of it looked at.
func (c *classes) soon() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// run looks until ctx ends.
func (c *classes) run(ctx context.Context) error {
	for {
		again := time.NewTimer(c.look(ctx))
		select {
		case <-c.kick:
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return nil
		}
		again.Stop()
	}
}

// look looks once, and returns when to look again if nothing is told.
func (c *classes) look(ctx context.Context) time.Duration {
	after := jittered(c.resync)
	if !c.isOurs() {
		return after
	}
	for _, cluster := range c.clusters {
		found, err := c.read(ctx, cluster)
		text := ""
		if err != nil && ctx.Err() == nil {
			text, after = err.Error(), classesRetry
		}
		if text != "" && text != c.failed[cluster] {
			c.logger.WarnContext(ctx, "GatewayClasses cannot be read", "cluster", cluster, "error", err)
		}
		c.failed[cluster] = text
		if err == nil {
			c.judge(cluster, found)
		}
	}
	return after
}

func (c *classes) judge(cluster string, found kube.Classes) {
	now := metav1.Now()
	for i := range found.Classes {
		class := &found.Classes[i]
		c.put(c.soon, binding.Object{Kind: kindGatewayClass, Cluster: cluster, Name: class.Name}, ofClass(class, now))
	}
	for i := range found.Gateways {
		gateway := &found.Gateways[i]
		object := binding.Object{Kind: ingress.KindGateway, Cluster: cluster, Namespace: gateway.Namespace, Name: gateway.Name}
		if is, told := ofUnservable(gateway, object, now); told {
			c.put(c.soon, object, is)
		}
	}
}

// ofClass accepts a class. One with parameters is not: they would be ignored.
func ofClass(class *gatewayv1.GatewayClass, now metav1.Time) objectStatus {
	accepted := metav1.Condition{
		Type: string(gatewayv1.GatewayClassConditionStatusAccepted), Status: metav1.ConditionTrue, Reason: string(gatewayv1.GatewayClassReasonAccepted),
		Message: "Gateways of this class are served where bigipkube_ingress binds them",
	}
	if class.Spec.ParametersRef != nil {
		accepted.Status, accepted.Reason = metav1.ConditionFalse, string(gatewayv1.GatewayClassReasonInvalidParameters)
		accepted.Message = "parametersRef is not read: what a Gateway is like on the device, bigipkube_ingress says"
	}
	gets := *class.Status.DeepCopy()
	gets.Conditions = routeVerdict{now: now}.set(gets.Conditions, accepted, class.Generation)
	return objectStatus{version: class.ResourceVersion, has: class.Status, gets: gets}
}

// ofUnservable is the status of a Gateway of which no listener can be served; false of another, and of one that has been
// told: if it is bound none the less, because it had such a listener before, its sync says more.
func ofUnservable(gateway *gatewayv1.Gateway, object binding.Object, now metav1.Time) (objectStatus, bool) {
	accepted := string(gatewayv1.GatewayConditionAccepted)
	before := meta.FindStatusCondition(gateway.Status.Conditions, accepted)
	if before != nil && before.Status == metav1.ConditionFalse && before.ObservedGeneration == gateway.Generation {
		return objectStatus{}, false
	}
	v := routeVerdict{key: ingress.Key{Owner: object}, now: now}
	v.report = engine.RouteReport{Objects: ingress.Objects{Bound: object, Gateways: []gatewayv1.Gateway{*gateway}}}
	v.report.Routes, v.report.Problems = ingress.Translate(v.report.Objects, ingress.Options{})
	is := v.ofGateway(gateway, object)
	gets, ok := is.gets.(gatewayv1.GatewayStatus)
	return is, ok && meta.IsStatusConditionFalse(gets.Conditions, accepted)
}
