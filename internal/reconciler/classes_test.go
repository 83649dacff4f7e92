package reconciler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
)

func TestClassesAndWhatCannotBeBoundAndWhatIsRefusedAreToldSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web")
	client := s.gateways()
	s.gateway(client, "edge")
	s.route(client, "web", "edge", map[string]int32{"web": 1})
	s.apply(s.owner(ingress.KindGateway, "edge"), siteOptions())
	o := s.options("shop")
	o.RouteStatus = true
	s.follow(o, 1)

	class := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}, Spec: gatewayv1.GatewayClassSpec{ControllerName: routeController}}
	class, err := client.GatewayClasses().Create(t.Context(), class, metav1.CreateOptions{})
	must(t, err)
	var got string
	says := func(want string, read func() []metav1.Condition) {
		t.Helper()
		eventually(t, func() bool { got = conditionsOf(read()); return got == want }, func() string { return "it is " + got + ", want " + want })
	}
	ofClass := func() []metav1.Condition {
		class, err = client.GatewayClasses().Get(t.Context(), s.namespace, metav1.GetOptions{})
		must(t, err)
		return class.Status.Conditions
	}
	says("Accepted=True Accepted@1", ofClass)
	class.Spec.Description = new("another one")
	_, err = client.GatewayClasses().Update(t.Context(), class, metav1.UpdateOptions{})
	must(t, err)
	says("Accepted=True Accepted@2", ofClass)

	_, err = client.Gateways(s.namespace).Create(t.Context(), &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Name: "udp"},
		Spec: gatewayv1.GatewaySpec{
			GatewayClassName: gatewayv1.ObjectName(s.namespace), Listeners: []gatewayv1.Listener{{Name: "udp", Port: 53, Protocol: gatewayv1.UDPProtocolType}},
		},
	}, metav1.CreateOptions{})
	must(t, err)
	says("Accepted=False ListenersNotValid@1, Programmed=False Invalid@1", func() []metav1.Condition {
		g, err := client.Gateways(s.namespace).Get(t.Context(), "udp", metav1.GetOptions{})
		must(t, err)
		return g.Status.Conditions
	})

	strange := s.cp.NamespaceT(t, "strange")
	route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Name: "theirs"}}
	route.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "edge", Namespace: new(gatewayv1.Namespace(s.namespace))}}
	_, err = client.HTTPRoutes(strange).Create(t.Context(), route, metav1.CreateOptions{})
	must(t, err)
	says("Accepted=False NotAllowedByListeners@1, ResolvedRefs=True ResolvedRefs@1, Programmed=False Invalid@1", func() []metav1.Condition {
		r, err := client.HTTPRoutes(strange).Get(t.Context(), "theirs", metav1.GetOptions{})
		must(t, err)
		if len(r.Status.Parents) == 0 {
			return nil
		}
		return r.Status.Parents[0].Conditions
	})
}

// written is a status that was put.
type written struct {
	object binding.Object
	is     objectStatus
}

// newTestClasses returns what judges what read returns, and what it has put so far.
func newTestClasses(b *bench, read func() (kube.Classes, error)) (*classes, func() []written) {
	var mu sync.Mutex
	var all []written
	put := func(_ func(), object binding.Object, is objectStatus) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, written{object, is})
	}
	return &classes{
		clusters: []string{""}, resync: 10 * time.Minute, logger: b.logger, kick: make(chan struct{}, 1), failed: map[string]string{},
		read:   func(context.Context, string) (kube.Classes, error) { return read() },
		put:    put,
		isOurs: func() bool { return true },
	}, func() []written { mu.Lock(); defer mu.Unlock(); return slices.Clone(all) }
}

func TestOneReplicaJudgesClassesAndAFailureIsToldOnceAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var reads atomic.Int64
		var answers, ours atomic.Bool
		c, all := newTestClasses(b, func() (kube.Classes, error) {
			reads.Add(1)
			if !answers.Load() {
				return kube.Classes{}, errors.New("no answer")
			}
			return kube.Classes{Classes: []gatewayv1.GatewayClass{{ObjectMeta: metav1.ObjectMeta{Name: "bigip"}}}}, nil
		})
		c.isOurs = ours.Load
		ctx, end := context.WithCancel(t.Context())
		defer end()
		go func() { _ = c.run(ctx) }()
		synctest.Wait()
		if reads.Load() != 0 {
			t.Error("another replica reads, too")
		}
		ours.Store(true)
		c.soon()
		synctest.Wait()
		time.Sleep(classesRetry) // the bubble's
		synctest.Wait()
		if n := strings.Count(b.log(), "GatewayClasses cannot be read"); reads.Load() != 2 || n != 1 || len(all()) != 0 {
			t.Errorf("%d reads, told %d times, %d written", reads.Load(), n, len(all()))
		}
		answers.Store(true)
		time.Sleep(classesRetry)
		synctest.Wait()
		if got := all(); len(got) != 1 || got[0].object.Kind != kindGatewayClass || got[0].object.Name != "bigip" {
			t.Errorf("written are %+v", got)
		}
	})
}

func TestAClassWithParametersIsNotAccepted(t *testing.T) {
	t.Parallel()
	class := &gatewayv1.GatewayClass{Spec: gatewayv1.GatewayClassSpec{ParametersRef: &gatewayv1.ParametersReference{Kind: "ConfigMap", Name: "x"}}}
	status, ok := ofClass(class, metav1.Now()).gets.(gatewayv1.GatewayClassStatus)
	if got := conditionsOf(status.Conditions); !ok || got != "Accepted=False InvalidParameters@0" {
		t.Errorf("it is %s", got)
	}
}

func TestOfGatewaysOnlyThoseThatCannotBeBoundAreJudgedBesideTheirSyncAndOnce(t *testing.T) {
	t.Parallel()
	gateway := func(name string, protocol gatewayv1.ProtocolType) gatewayv1.Gateway {
		return gatewayv1.Gateway{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, Generation: 3},
			Spec:       gatewayv1.GatewaySpec{Listeners: []gatewayv1.Listener{{Name: "one", Port: 80, Protocol: protocol}}},
		}
	}
	b := newBench(t)
	found := kube.Classes{Gateways: []gatewayv1.Gateway{gateway("web", gatewayv1.HTTPProtocolType), gateway("odd", "INVALID")}}
	c, all := newTestClasses(b, func() (kube.Classes, error) { return found, nil })
	c.look(t.Context())
	judged := all()
	if len(judged) != 1 || judged[0].object.Name != "odd" {
		t.Fatalf("judged are %+v", judged)
	}
	status, ok := judged[0].is.gets.(gatewayv1.GatewayStatus)
	if !ok {
		t.Fatal("no status of a Gateway")
	}
	listener := status.Listeners[0]
	got := fmt.Sprintf("%s; %s, %d kinds", conditionsOf(status.Conditions), conditionsOf(listener.Conditions[:1]), len(listener.SupportedKinds))
	want := "Accepted=False ListenersNotValid@3, Programmed=False Invalid@3; Accepted=False UnsupportedProtocol@3, 0 kinds"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	found.Gateways[1].Status = status
	c.look(t.Context())
	if len(all()) != 1 {
		t.Error("it is told again")
	}
}
