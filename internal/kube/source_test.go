package kube

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

const (
	servicePath = "GET /api/v1/namespaces/shop/services/web"
	slicesPath  = "GET /apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
)

var shopWeb = endpoints.Ref{Namespace: "shop", Service: "web", Port: "http"}

// fakeAPI answers for an API server what a real one cannot be made to say. What a
// path is not told, it answers with the Service web and one slice.
type fakeAPI map[string]http.HandlerFunc

func (a fakeAPI) serve(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for _, path := range []string{servicePath, slicesPath, podsPath, nodesPath} {
		handler := a[path]
		if handler == nil && (path == podsPath || path == nodesPath) {
			continue
		}
		if handler == nil {
			handler = map[string]http.HandlerFunc{servicePath: answer(200, webService()), slicesPath: answer(200, page("", "web-1"))}[path]
		}
		mux.HandleFunc(path, handler)
	}
	server := httptest.NewUnstartedServer(mux)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that refuse its certificate, or leave
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// trusting is the configuration of a client that trusts the server.
func trusting(server *httptest.Server) Config {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return Config{Host: server.URL, ClusterCACertificate: string(ca), Token: "s3cret"}
}

func newSource(t *testing.T, config Config, timeout time.Duration) *Source {
	t.Helper()
	source, err := New(config, Options{Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func answer(status int, object any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(object)
	}
}

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func failed(code int32, reason metav1.StatusReason, message string) http.HandlerFunc {
	return answer(int(code), metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: message,
	})
}

func webService() *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
	}
}

func page(next string, names ...string) *discoveryv1.EndpointSliceList {
	list := &discoveryv1.EndpointSliceList{
		TypeMeta: metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSliceList"},
		ListMeta: metav1.ListMeta{Continue: next},
	}
	for _, name := range names {
		list.Items = append(list.Items, discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{Name: name}, AddressType: discoveryv1.AddressTypeIPv4,
		})
	}
	return list
}

// pages serves slices page by page and fails at the numbered requests.
func pages(slices, size int, expireAt ...int) (handler http.HandlerFunc, queries *[]string) {
	queries = new([]string)
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		*queries = append(*queries, fmt.Sprintf("%s limit=%s continue=%s", query.Get("labelSelector"), query.Get("limit"), query.Get("continue")))
		for _, n := range expireAt {
			if len(*queries) == n {
				failed(410, metav1.StatusReasonExpired, "The provided continue parameter is too old")(w, r)
				return
			}
		}
		from, _ := strconv.Atoi(query.Get("continue"))
		to, next := min(from+size, slices), ""
		if to < slices {
			next = strconv.Itoa(to)
		}
		var names []string
		for i := from; i < to; i++ {
			names = append(names, fmt.Sprintf("web-%04d", i))
		}
		answer(200, page(next, names...))(w, r)
	}, queries
}

func TestAllPagesOfTheSlicesAreRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		expireAt    []int
		wantQueries []string
		wantErr     error
	}{
		"to the end": {nil, []string{"", "500", "1000"}, nil},
		"from the start again when the continue token has expired": {[]int{3}, []string{"", "500", "1000", "", "500", "1000"}, nil},
		"but only once": {[]int{2, 4}, []string{"", "500", "", "500"}, engine.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, queries := pages(1200, 500, tt.expireAt...)
			source := newSource(t, trusting(fakeAPI{slicesPath: handler}.serve(t)), time.Minute)
			snapshot, err := source.Snapshot(t.Context(), shopWeb)
			if !errors.Is(err, tt.wantErr) {
				t.Fatal(err)
			}
			if err == nil && len(snapshot.Slices) != 1200 {
				t.Errorf("%d slices, want 1200", len(snapshot.Slices))
			}
			var want []string
			for _, next := range tt.wantQueries {
				want = append(want, "kubernetes.io/service-name=web limit=500 continue="+next)
			}
			if diff := cmp.Diff(want, *queries); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestEachFailureSaysWhatTheUserMustKnow(t *testing.T) {
	t.Parallel()
	forbidden := `services "web" is forbidden: User "nobody" cannot get resource "services" in API group "" in the namespace "shop"`
	for name, tt := range map[string]struct {
		api  fakeAPI
		kind error
		want string // after the object and the server
	}{
		"401":                           {fakeAPI{servicePath: failed(401, metav1.StatusReasonUnauthorized, "Unauthorized")}, engine.ErrCredentials, "get Service shop/web on SERVER: credentials are refused: Unauthorized"},
		"403 of the Service":            {fakeAPI{servicePath: failed(403, metav1.StatusReasonForbidden, forbidden)}, engine.ErrForbidden, "get Service shop/web on SERVER: not allowed: " + forbidden},
		"403 of the slices":             {fakeAPI{slicesPath: failed(403, metav1.StatusReasonForbidden, "no")}, engine.ErrForbidden, "list EndpointSlices of Service shop/web on SERVER: not allowed: no"},
		"403 of both, the Service's":    {fakeAPI{servicePath: failed(403, metav1.StatusReasonForbidden, "first"), slicesPath: failed(403, metav1.StatusReasonForbidden, "second")}, engine.ErrForbidden, "get Service shop/web on SERVER: not allowed: first"},
		"503":                           {fakeAPI{servicePath: failed(503, metav1.StatusReasonServiceUnavailable, "etcd is away")}, engine.ErrBusy, "get Service shop/web on SERVER: busy: etcd is away"},
		"504":                           {fakeAPI{servicePath: failed(504, metav1.StatusReasonTimeout, "etcd is slow")}, ErrTimeout, "get Service shop/web on SERVER: no answer in time: etcd is slow"},
		"500":                           {fakeAPI{servicePath: failed(500, metav1.StatusReasonInternalError, "odd")}, engine.ErrRefused, "get Service shop/web on SERVER: refused: odd"},
		"404 of a proxy":                {fakeAPI{servicePath: text(404, "<html>not here</html>")}, ErrNotKubernetes, "get Service shop/web on SERVER: the answer is not that of a Kubernetes API server: \"<html>not here</html>\""},
		"a login page":                  {fakeAPI{servicePath: text(200, "<html>who are you?</html>")}, ErrNotKubernetes, "get Service shop/web on SERVER: the answer is not that of a Kubernetes API server: serializer for text/html doesn't exist"},
		"an object that is no Service":  {fakeAPI{servicePath: answer(200, map[string]string{"kind": "Service", "apiVersion": "v1"})}, ErrNotKubernetes, `get Service shop/web on SERVER: the answer is not that of a Kubernetes API server: it holds Service ""`},
		"an API without EndpointSlices": {fakeAPI{slicesPath: text(404, "404 page not found")}, ErrNotKubernetes, "list EndpointSlices of Service shop/web on SERVER: the answer is not that of a Kubernetes API server: \"404 page not found\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := tt.api.serve(t)
			_, err := newSource(t, trusting(server), time.Minute).Snapshot(t.Context(), shopWeb)
			if !errors.Is(err, tt.kind) || !errors.Is(err, engine.ErrSource) {
				t.Errorf("the error is of another kind: %#v", err)
			}
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(fmt.Sprint(err), server.URL, "SERVER")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAServiceThatIsNotThereIsNoError(t *testing.T) {
	t.Parallel()
	server := fakeAPI{
		servicePath: failed(404, metav1.StatusReasonNotFound, `services "web" not found`),
		slicesPath:  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, // nobody waits for it
	}.serve(t)
	snapshot, err := newSource(t, trusting(server), time.Minute).Snapshot(t.Context(), shopWeb)
	if diff := cmp.Diff(endpoints.Snapshot{}, snapshot); err != nil || diff != "" {
		t.Errorf("error %v, -want +got\n%s", err, diff)
	}
}

func TestAnAliasOfADNSNameHasNoEndpoints(t *testing.T) {
	t.Parallel()
	service := webService()
	service.Spec = corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "db.example"}
	_, err := newSource(t, trusting(fakeAPI{servicePath: answer(200, service)}.serve(t)), time.Minute).Snapshot(t.Context(), shopWeb)
	var alias *ExternalNameError
	if !errors.As(err, &alias) || !errors.Is(err, engine.ErrSource) {
		t.Fatalf("got %v", err)
	}
	if want := `Service shop/web is of type ExternalName: it is an alias of "db.example" and has no endpoints`; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestAnAPIServerThatDoesNotAnswerIsATimeout(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	server := fakeAPI{servicePath: hang}.serve(t)
	_, err := newSource(t, trusting(server), 50*time.Millisecond).Snapshot(t.Context(), shopWeb)
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, engine.ErrUnreachable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is of another kind: %v", err)
	}
	if want := "get Service shop/web on " + server.URL + ": no answer in time: waited 50ms"; fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAServerThatIsNotTrustedGetsNoRequest(t *testing.T) {
	t.Parallel()
	server := fakeAPI{}.serve(t)
	for name, change := range map[string]func(*Config){
		"unknown authority": func(c *Config) { c.ClusterCACertificate = newAuthority(t).pem },
		"another name":      func(c *Config) { c.TLSServerName = "api.elsewhere" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := trusting(server)
			change(&config)
			_, err := newSource(t, config, time.Minute).Snapshot(t.Context(), shopWeb)
			if !errors.Is(err, engine.ErrCertificate) || errors.Is(err, engine.ErrUnreachable) {
				t.Errorf("the error is of another kind: %v", err)
			}
			if !strings.HasPrefix(err.Error(), "get Service shop/web on "+server.URL+": certificate is not trusted: tls: failed to verify certificate: x509: ") {
				t.Errorf("got %v", err)
			}
		})
	}
	insecure := Config{Host: server.URL, Insecure: new(true)}
	if _, err := newSource(t, insecure, time.Minute).Snapshot(t.Context(), shopWeb); err != nil {
		t.Errorf("insecure: %v", err)
	}
}

func TestAPortWhereNobodyListensIsUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	config := trusting(server)
	server.Close()
	_, err := newSource(t, config, time.Minute).Snapshot(t.Context(), shopWeb)
	if !errors.Is(err, engine.ErrUnreachable) || errors.Is(err, ErrTimeout) {
		t.Errorf("the error is of another kind: %v", err)
	}
	address := strings.TrimPrefix(server.URL, "https://")
	if want := "get Service shop/web on " + server.URL + ": cannot be reached: dial tcp " + address + ": connect: connection refused"; err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAnErrorShowsNoToken(t *testing.T) {
	t.Parallel()
	server := fakeAPI{servicePath: text(200, "s"), slicesPath: text(200, "s")}.serve(t)
	_, err := newSource(t, trusting(server), time.Minute).Snapshot(t.Context(), shopWeb)
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestTheAPIServerSeesWhoAsks(t *testing.T) {
	t.Parallel()
	headers := make(chan http.Header, 2)
	record := func(w http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		failed(404, metav1.StatusReasonNotFound, "")(w, r)
	}
	source, err := New(trusting(fakeAPI{servicePath: record}.serve(t)), Options{UserAgent: "terraform-provider-bigipkube/1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Snapshot(t.Context(), shopWeb); err != nil {
		t.Fatal(err)
	}
	header := <-headers
	if agent, token := header.Get("User-Agent"), header.Get("Authorization"); agent != "terraform-provider-bigipkube/1.2.3" || token != "Bearer s3cret" {
		t.Errorf("User-Agent %q, Authorization %q", agent, token)
	}
}

func TestARefGoesToTheClusterThatItNames(t *testing.T) {
	t.Parallel()
	east := newSource(t, trusting(fakeAPI{slicesPath: answer(200, page("", "east-1"))}.serve(t)), time.Minute)
	west := newSource(t, trusting(fakeAPI{slicesPath: answer(200, page("", "west-1"))}.serve(t)), time.Minute)
	for name, tt := range map[string]struct {
		source  engine.Source
		cluster string
		want    string // a slice, or an error
	}{
		"a named one":            {NewClusters(map[string]*Source{"": east, "west": west}), "west", "west-1"},
		"the default":            {NewClusters(map[string]*Source{"": east, "west": west}), "", "east-1"},
		"an unknown one":         {NewClusters(map[string]*Source{"": east, "west": west}), "x", `cluster "x" is not configured; the default cluster, cluster "west" are`},
		"no default":             {NewClusters(map[string]*Source{"west": west}), "", `the default cluster is not configured; cluster "west" is`},
		"none":                   {NewClusters(nil), "", "the default cluster is not configured; no cluster is"},
		"a single one":           {east, "", "east-1"},
		"a single one knows one": {east, "west", `cluster "west" is not configured; the default cluster is`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := shopWeb
			ref.Cluster = tt.cluster
			snapshot, err := tt.source.Snapshot(t.Context(), ref)
			got := fmt.Sprint(err)
			if err == nil {
				got = snapshot.Slices[0].Name
			} else if unknown := new(UnknownClusterError); !errors.As(err, &unknown) || !errors.Is(err, engine.ErrSource) {
				t.Errorf("the error is of another kind: %v", err)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAnErrorNamesTheClusterAsTheUserDoes(t *testing.T) {
	t.Parallel()
	server := fakeAPI{servicePath: failed(403, metav1.StatusReasonForbidden, "no")}.serve(t)
	ref := shopWeb
	ref.Cluster = "east"
	_, err := NewClusters(map[string]*Source{"east": newSource(t, trusting(server), time.Minute)}).Snapshot(t.Context(), ref)
	if want := fmt.Sprintf("get Service shop/web on cluster %q (%s): not allowed: no", "east", server.URL); fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
