package gateway

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"
	"sigs.k8s.io/gateway-api/pkg/client/informers/externalversions"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/e2e"
)

// applyEvery is how long after a refused apply the next one is tried: what a Gateway needs may come after it.
const applyEvery = 2 * time.Second

// binder is the user: a bigipkube_ingress of its own, which Terraform applies, for each Gateway of the class.
type binder struct {
	lab        *e2e.Lab
	cli        string
	kubeconfig string
	turns      chan struct{} // as many Terraforms run at a time as it has room for

	count   int
	running sync.WaitGroup
	stops   map[types.UID]context.CancelFunc
}

// startBinder binds the Gateways until the test ends.
func startBinder(t *testing.T, b *binder) {
	t.Helper()
	const atATime = 2
	b.turns, b.stops = make(chan struct{}, atATime), map[types.UID]context.CancelFunc{}
	client, err := gatewayclient.NewForConfig(b.lab.Cluster.RESTConfig())
	must(t, err)
	factory := externalversions.NewSharedInformerFactory(client, 0)
	_, err = factory.Gateway().V1().Gateways().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { b.bind(t, o) },
		DeleteFunc: func(o any) {
			if g, ok := o.(*gatewayv1.Gateway); ok && b.stops[g.UID] != nil {
				b.stops[g.UID]()
			}
		},
	})
	must(t, err)
	stop := make(chan struct{})
	factory.Start(stop)
	t.Cleanup(func() {
		close(stop)
		factory.Shutdown()
		for _, stop := range b.stops {
			stop()
		}
		b.running.Wait()
	})
}

func (b *binder) bind(t *testing.T, o any) {
	g, ok := o.(*gatewayv1.Gateway)
	if !ok || g.Spec.GatewayClassName != className {
		return
	}
	b.count++
	address := fmt.Sprintf("203.0.113.%d", b.count)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	b.stops[g.UID] = cancel
	b.running.Go(func() {
		for ctx.Err() == nil {
			err := b.apply(ctx, dir, g, address)
			if err == nil {
				t.Logf("bound %s/%s to %s", g.Namespace, g.Name, address)
				return
			}
			if ctx.Err() == nil {
				t.Logf("not bound %s/%s: %v", g.Namespace, g.Name, err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(applyEvery):
			}
		}
	})
}

func (b *binder) apply(ctx context.Context, dir string, g *gatewayv1.Gateway, address string) error {
	select {
	case b.turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-b.turns }()
	terraform, err := b.lab.NewTerraform(ctx, b.cli, filepath.Join("internal", "conformance", "gateway", "testdata"), dir, b.kubeconfig)
	if err != nil {
		return err
	}
	terraform.Vars = map[string]any{"namespace": g.Namespace, "name": g.Name, "address": address}
	_, err = terraform.Apply(ctx)
	return err
}
