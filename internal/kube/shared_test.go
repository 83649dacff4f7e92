package kube

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// gate is a cluster that answers only when it is open. It is not client-go's
// fake, which holds a lock while it answers.
type gate struct {
	reads, nodeReads atomic.Int32 // of Services, of nodes
	services, slices chan struct{}
}

func newGate() (*gate, *Source) {
	g := &gate{services: make(chan struct{}), slices: make(chan struct{})}
	return g, &Source{core: g, discovery: g, server: "https://gate", timeout: DefaultTimeout, pageSize: defaultPageSize}
}

func (g *gate) Services(string) coreclient.ServiceInterface { return gateServices{gate: g} }

func (g *gate) Pods(string) coreclient.PodInterface { return nil }

func (g *gate) Nodes() coreclient.NodeInterface { return gateNodes{gate: g} }

func (g *gate) EndpointSlices(string) discoveryclient.EndpointSliceInterface {
	return gateSlices{gate: g}
}

type gateServices struct {
	coreclient.ServiceInterface
	gate *gate
}

func (s gateServices) Get(context.Context, string, metav1.GetOptions) (*corev1.Service, error) {
	s.gate.reads.Add(1)
	<-s.gate.services
	return webService(), nil
}

type gateNodes struct {
	coreclient.NodeInterface
	gate *gate
}

// List answers with the Services.
func (n gateNodes) List(context.Context, metav1.ListOptions) (*corev1.NodeList, error) {
	n.gate.nodeReads.Add(1)
	<-n.gate.services
	return &corev1.NodeList{Items: []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "node-0"}}}}, nil
}

type gateSlices struct {
	discoveryclient.EndpointSliceInterface
	gate *gate
}

func (s gateSlices) List(context.Context, metav1.ListOptions) (*discoveryv1.EndpointSliceList, error) {
	<-s.gate.slices
	return page("", "web-1"), nil
}

func TestReadsOfTheSameServiceAtTheSameTimeAreOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate, source := newGate()
		close(gate.slices)
		const callers = 10
		results := make(chan error, callers)
		for i := range callers {
			ref := shopWeb
			ref.Port = []string{"http", "https"}[i%2] // the Service is the same
			go func() {
				snapshot, err := source.Snapshot(t.Context(), ref)
				if err == nil && !snapshot.Found {
					err = errors.New("not found")
				}
				results <- err
			}()
		}
		synctest.Wait() // all of them wait for the answer
		close(gate.services)
		for range callers {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if n := gate.reads.Load(); n != 1 {
			t.Errorf("%d reads, want 1", n)
		}
		if _, err := source.Snapshot(t.Context(), shopWeb); err != nil || gate.reads.Load() != 2 {
			t.Errorf("a later call: error %v, %d reads in all, want 2", err, gate.reads.Load())
		}
	})
}

func TestTheNodesAreReadOnceForAllServicesThatAreAskedForAtTheSameTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate, source := newGate()
		close(gate.slices)
		const callers = 4
		results := make(chan error, callers)
		for i := range callers {
			ref := shopWeb
			ref.NodePort = i > 0 // one wants no nodes
			go func() {
				snapshot, err := source.Snapshot(t.Context(), ref)
				if got := len(snapshot.Nodes); err == nil && got != map[bool]int{true: 1}[ref.NodePort] {
					err = fmt.Errorf("node port %t: %d nodes", ref.NodePort, got)
				}
				results <- err
			}()
		}
		synctest.Wait()
		close(gate.services)
		for range callers {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if s, n := gate.reads.Load(), gate.nodeReads.Load(); s != 1 || n != 1 {
			t.Errorf("%d reads of the Service and %d of nodes, want 1 of each", s, n)
		}
	})
}

func TestACallerThatLeavesDoesNotEndTheReadOfTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate, source := newGate()
		close(gate.slices)
		first, second := make(chan error, 1), make(chan error, 1)
		ctx, leave := context.WithCancel(t.Context())
		call := func(ctx context.Context, result chan<- error) {
			_, err := source.Snapshot(ctx, shopWeb)
			result <- err
		}
		go call(ctx, first)
		synctest.Wait()
		go call(t.Context(), second)
		synctest.Wait()

		leave()
		if err := <-first; !errors.Is(err, context.Canceled) || !errors.Is(err, engine.ErrSource) {
			t.Errorf("the one that left: %v", err)
		}
		close(gate.services)
		if err := <-second; err != nil || gate.reads.Load() != 1 {
			t.Errorf("the one that stayed: %v, after %d reads", err, gate.reads.Load())
		}
	})
}

func TestAReadEndsAtItsTimeoutAndSaysWhatWasMissing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		openServices bool
		want         string
	}{
		"the Service": {false, "get Service shop/web on https://gate: no answer in time: waited 30s"},
		"the slices":  {true, "list EndpointSlices of Service shop/web on https://gate: no answer in time: waited 30s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gate, source := newGate()
				defer close(gate.slices)
				if tt.openServices {
					close(gate.services)
				} else {
					defer close(gate.services)
				}
				start := time.Now()
				_, err := source.Snapshot(t.Context(), shopWeb)
				if !errors.Is(err, ErrTimeout) || time.Since(start) != DefaultTimeout {
					t.Errorf("got %v after %s", err, time.Since(start))
				}
				if fmt.Sprint(err) != tt.want {
					t.Errorf("got  %v\nwant %s", err, tt.want)
				}
			})
		})
	}
}
