package kube

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	networkingclient "k8s.io/client-go/kubernetes/typed/networking/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// gateIngresses is a namespace that answers when it is open.
type gateIngresses struct {
	networkingclient.NetworkingV1Interface
	networkingclient.IngressInterface

	reads atomic.Int32
	open  chan struct{}
}

func (g *gateIngresses) Ingresses(string) networkingclient.IngressInterface { return g }

func (g *gateIngresses) List(context.Context, metav1.ListOptions) (*networkingv1.IngressList, error) {
	g.reads.Add(1)
	<-g.open
	return &networkingv1.IngressList{}, nil
}

func TestTheIngressesOfANamespaceAreReadOnceForAllThatAskAtTheSameTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := &gateIngresses{open: make(chan struct{})}
		source := &Source{clients: routeClients{networking: gate}, server: "https://gate", timeout: DefaultTimeout, pageSize: defaultPageSize}
		const callers = 5
		results := make(chan error, callers)
		for i := range callers {
			go func() {
				_, _, err := source.Routes(t.Context(), binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: fmt.Sprint(i)}, ingress.Beside{})
				results <- err
			}()
		}
		synctest.Wait()
		close(gate.open)
		for range callers {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if n := gate.reads.Load(); n != 1 {
			t.Errorf("%d reads, want 1", n)
		}
	})
}

func TestARouteThatIsNotAnsweredInTimeSaysWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := &gateIngresses{open: make(chan struct{})}
		defer close(gate.open)
		source := &Source{clients: routeClients{networking: gate}, server: "https://gate", timeout: DefaultTimeout, pageSize: defaultPageSize}
		start := time.Now()
		_, _, err := source.Routes(t.Context(), binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: "web"}, ingress.Beside{})
		if want := "list ingresses in namespace shop on https://gate: no answer in time: waited 30s"; !errors.Is(err, ErrTimeout) || fmt.Sprint(err) != want || time.Since(start) != DefaultTimeout {
			t.Errorf("got %v after %s, want %s", err, time.Since(start), want)
		}
	})
}

// A 404 may come from a proxy: only an API server that tells its groups lacks one.
func TestAStrangersNotFoundIsNotTakenForAMissingAPI(t *testing.T) {
	t.Parallel()
	served := func(version string) http.HandlerFunc {
		group := metav1.APIGroup{Name: "gateway.networking.k8s.io", Versions: []metav1.GroupVersionForDiscovery{{GroupVersion: "gateway.networking.k8s.io/" + version, Version: version}}}
		return answer(200, metav1.APIGroupList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIGroupList"}, Groups: []metav1.APIGroup{group}})
	}
	for name, tt := range map[string]struct {
		groups http.HandlerFunc
		want   error
	}{
		"a proxy":                   {text(404, "not here"), ErrNotKubernetes},
		"the version is served":     {served("v1"), ErrNotKubernetes},
		"another version is served": {served("v1alpha2"), ErrNoGatewayAPI},
	} {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /apis", tt.groups)
		mux.HandleFunc("GET /api", answer(200, metav1.APIVersions{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIVersions"}, Versions: []string{"v1"}}))
		server := httptest.NewTLSServer(mux)
		t.Cleanup(server.Close)
		_, _, err := newSource(t, trusting(server), time.Minute).Routes(t.Context(), binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "web"}, ingress.Beside{})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

func TestWhatCannotBeReadAsRoutesIsRefused(t *testing.T) {
	t.Parallel()
	source := &Source{timeout: time.Minute}
	_, _, err := source.Routes(t.Context(), binding.Object{Kind: "tcproute", Namespace: "shop", Name: "web"}, ingress.Beside{})
	if want := "tcproute shop/web: want the kind ingress, httproute, tlsroute or gateway"; fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	east := binding.Object{Kind: ingress.KindIngress, Cluster: "east", Namespace: "shop", Name: "web"}
	for _, read := range []func(context.Context, binding.Object, ingress.Beside) (ingress.Objects, KeyPairs, error){
		source.Routes, NewClusters(map[string]*Source{"": source}).Routes,
	} {
		_, _, err := read(t.Context(), east, ingress.Beside{})
		if want := `cluster "east" is not configured; the default cluster is`; fmt.Sprint(err) != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
