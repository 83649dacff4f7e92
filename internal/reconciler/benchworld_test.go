package reconciler

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
)

// worldVariable makes the test binary the world of a benchmark: a process of its own,
// so that what is measured in the benchmark's is the helper's.
const worldVariable = "BIGIPKUBE_BENCH_WORLD"

// worldSpec is what a world has.
type worldSpec struct {
	Clusters  []string // each has a partition of the same name, in which its Services' pools are
	Services  int      // of each cluster
	Endpoints int      // of each Service
	Folder    string   // for the certificate of the device
	StatsTake string   // how long an answer about statistics takes; "" = no longer than it does
}

// worldAddresses are what a world tells when it is there.
type worldAddresses struct {
	Device, CAFile string
	Servers        map[string]string // by the cluster's name
}

// worldMain is the main function of a world.
func worldMain(text string) int {
	var spec worldSpec
	err := json.Unmarshal([]byte(text), &spec)
	if err == nil {
		err = runWorld(spec)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the world:", err)
		return 1
	}
	return 0
}

// runWorld is a simulated device and API servers, until standard input ends.
func runWorld(spec worldSpec) error {
	sim, err := bigipsim.New(bigipsim.Options{CAFile: spec.Folder + "/ca.pem"})
	if err != nil {
		return err
	}
	if err := sim.Start(); err != nil {
		return err
	}
	answer := worldAddresses{Device: sim.ManagementURL(), CAFile: sim.CAFile(), Servers: map[string]string{}}
	for i, name := range spec.Clusters {
		cluster := newBenchCluster(spec, name, 10+i)
		if answer.Servers[name], err = listenAndServe(cluster.handler()); err != nil {
			return err
		}
		if err := cluster.bind(sim); err != nil {
			return err
		}
	}
	if spec.StatsTake != "" {
		if err := sim.SetFaults([]control.Fault{{Path: "/stats", Delay: spec.StatsTake}}); err != nil {
			return err
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// benchCluster is as much of an API server as an informer needs, with the wire format
// of a real one (protobuf, the first state by the watch). It stands in for one where
// thousands of Services are to be there within seconds.
type benchCluster struct {
	name     string
	network  int // the first number of all addresses
	services []runtime.Object

	mu       sync.Mutex // guards what follows
	version  int
	slices   []*discoveryv1.EndpointSlice
	history  []apiwatch.Event             // the last changes of slices, for a watch that goes on
	watchers map[chan apiwatch.Event]bool // of the slices
}

// historySize is how many changes may pass between a watch and the next one.
const historySize = 1000

func newBenchCluster(spec worldSpec, name string, network int) *benchCluster {
	c := &benchCluster{name: name, network: network, version: 1, watchers: map[chan apiwatch.Event]bool{}}
	for i := range spec.Services {
		c.services = append(c.services, c.service(i))
		slice := c.slice(i)
		for j := range spec.Endpoints {
			slice.Endpoints = append(slice.Endpoints, c.endpoint(i, j, spec.Endpoints))
		}
		c.slices = append(c.slices, slice)
	}
	return c
}

func (c *benchCluster) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: c.name, Name: name, UID: "0", ResourceVersion: "1", CreationTimestamp: metav1.Now()}
}

func (c *benchCluster) service(i int) *corev1.Service {
	return &corev1.Service{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: c.meta(benchName(i)),
		Spec: corev1.ServiceSpec{
			IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}, Selector: map[string]string{"app": benchName(i)},
			Ports: []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromInt32(8080), Protocol: corev1.ProtocolTCP}},
		},
	}
}

func (c *benchCluster) slice(i int) *discoveryv1.EndpointSlice {
	meta := c.meta(benchName(i) + "-x7k2p")
	meta.Labels = map[string]string{discoveryv1.LabelServiceName: benchName(i), discoveryv1.LabelManagedBy: "endpointslice-controller.k8s.io"}
	return &discoveryv1.EndpointSlice{
		TypeMeta: metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"}, ObjectMeta: meta, AddressType: discoveryv1.AddressTypeIPv4,
		Ports: []discoveryv1.EndpointPort{{Name: new("http"), Port: new(int32(8080)), Protocol: new(corev1.ProtocolTCP)}},
	}
}

func (c *benchCluster) endpoint(i, j, each int) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{
		Addresses: []string{c.address(i*each + j)}, NodeName: new("node-1"), Zone: new("a"),
		Conditions: discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)},
		TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: c.name, Name: benchPod(i, j), UID: "0"},
	}
}

// address is that of the n-th endpoint of all.
func (c *benchCluster) address(n int) string {
	return fmt.Sprintf("%d.%d.%d.%d", c.network, n/(250*250), n/250%250, n%250+1)
}

func benchName(i int) string   { return fmt.Sprintf("web-%05d", i) }
func benchPod(i, j int) string { return fmt.Sprintf("%s-7d9f8b6c54-%05d", benchName(i), j) }

func benchTransport(ca []byte) *http.Transport {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
}

// poolsAtOnce is how many pools a transaction makes: each commit costs the simulator
// as much as there is.
const poolsAtOnce = 500

// bind makes a pool for each Service, with its members as a helper leaves them.
func (c *benchCluster) bind(sim *bigipsim.Simulator) error {
	d := benchDevice{url: sim.ManagementURL() + "/mgmt/tm/", client: &http.Client{Transport: benchTransport(sim.CAPEM())}}
	defer d.client.CloseIdleConnections()
	if _, err := d.send(http.MethodPost, "auth/partition", "", map[string]any{"name": c.name}); err != nil {
		return err
	}
	for first := 0; first < len(c.slices); first += poolsAtOnce {
		transaction, err := d.send(http.MethodPost, "transaction", "", map[string]any{})
		if err != nil {
			return err
		}
		id := strconv.FormatInt(transaction.TransID, 10)
		for i := first; i < min(first+poolsAtOnce, len(c.slices)); i++ {
			if _, err := d.send(http.MethodPost, "ltm/pool", id, c.pool(i)); err != nil {
				return err
			}
		}
		if _, err := d.send(http.MethodPatch, "transaction/"+id, "", map[string]any{"state": "VALIDATING"}); err != nil {
			return err
		}
	}
	return nil
}

// pool is the pool of a Service.
func (c *benchCluster) pool(i int) map[string]any {
	mark, members := c.name+"/"+benchName(i), []map[string]any{}
	for j, e := range c.slices[i].Endpoints {
		members = append(members, map[string]any{
			"name": e.Addresses[0] + ":8080", "partition": c.name, "description": "[bigipkube/1 " + mark + " " + benchPod(i, j) + "]",
		})
	}
	return map[string]any{"name": benchName(i), "partition": c.name, "description": "[bigipkube/1 " + mark + ":http=1]", "members": members}
}

// benchDevice sends what an administrator would.
type benchDevice struct {
	url    string
	client *http.Client
}

type benchTransaction struct {
	TransID int64 `json:"transId"`
}

func (d benchDevice) send(method, path, transaction string, body any) (benchTransaction, error) {
	var answer benchTransaction
	text, err := json.Marshal(body)
	if err != nil {
		return answer, err
	}
	r, err := http.NewRequestWithContext(context.Background(), method, d.url+path, bytes.NewReader(text))
	if err != nil {
		return answer, err
	}
	r.SetBasicAuth("admin", "admin")
	if transaction != "" {
		r.Header.Set("X-F5-REST-Coordination-Id", transaction)
	}
	response, err := d.client.Do(r)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return answer, err
	case response.StatusCode != http.StatusOK:
		return answer, fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, said)
	}
	return answer, json.Unmarshal(said, &answer)
}

// handler is the API server's.
func (c *benchCluster) handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":true}}`)
	})
	mux.HandleFunc("GET /api/v1/services", func(w http.ResponseWriter, r *http.Request) {
		stream(w, r, c.services, endOfFirstState(&corev1.Service{}, 1), nil)
	})
	mux.HandleFunc("GET /api/v1/nodes", func(w http.ResponseWriter, r *http.Request) {
		stream(w, r, nil, endOfFirstState(&corev1.Node{}, 1), nil)
	})
	mux.HandleFunc("GET /apis/discovery.k8s.io/v1/endpointslices", c.streamSlices)
	mux.HandleFunc("POST /change/{service}", func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(r.PathValue("service"))
		if err != nil || i >= len(c.slices) {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprint(w, c.change(i).UnixNano())
	})
	return mux
}

// listenAndServe serves on a free port of loopback, and tells its URL.
func listenAndServe(handler http.Handler) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the API server ended", "error", err)
		}
	}()
	return "http://" + listener.Addr().String(), nil
}

// writeKubeconfig writes a kubeconfig for a server that asks nobody who he is.
func writeKubeconfig(path, url string) error {
	text := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":%q}}],`+
		`"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],"users":[{"name":"u","user":{"token":"t"}}]}`, url)
	return os.WriteFile(path, []byte(text), 0o600)
}

// change makes the first endpoint of a Service unready, or ready again, and tells when.
func (c *benchCluster) change(i int) time.Time {
	return c.update(i, func(slice *discoveryv1.EndpointSlice) {
		ready := !*slice.Endpoints[0].Conditions.Ready
		slice.Endpoints[0].Conditions.Ready, slice.Endpoints[0].Conditions.Serving = &ready, &ready
	})
}

// update changes the slice of a Service, and tells when.
func (c *benchCluster) update(i int, change func(*discoveryv1.EndpointSlice)) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	slice := c.slices[i].DeepCopy()
	change(slice)
	c.version++
	slice.ResourceVersion = strconv.Itoa(c.version)
	c.slices[i] = slice
	event := apiwatch.Event{Type: apiwatch.Modified, Object: slice}
	c.history = append(c.history[max(0, len(c.history)+1-historySize):], event)
	at := time.Now()
	for watcher := range c.watchers {
		watcher <- event
	}
	return at
}

// streamSlices begins with all slices, or goes on where a watch of before ended.
func (c *benchCluster) streamSlices(w http.ResponseWriter, r *http.Request) {
	changes := make(chan apiwatch.Event, historySize)
	c.mu.Lock()
	objects, version := make([]runtime.Object, 0, len(c.slices)), c.version
	for _, s := range c.slices {
		objects = append(objects, s)
	}
	query := r.URL.Query()
	if since, err := strconv.Atoi(query.Get("resourceVersion")); err == nil && query.Get("sendInitialEvents") == "" {
		for _, event := range c.history[max(0, len(c.history)-(version-since)):] {
			changes <- event
		}
	}
	c.watchers[changes] = true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, changes)
	}()
	stream(w, r, objects, endOfFirstState(&discoveryv1.EndpointSlice{}, version), changes)
}

// stream answers a watch: one that asks for the first state, as client-go's
// reflectors do where the API server can, and one that goes on after it.
func stream(w http.ResponseWriter, r *http.Request, first []runtime.Object, bookmark runtime.Object, changes <-chan apiwatch.Event) {
	query := r.URL.Query()
	if query.Get("watch") == "" {
		http.Error(w, "this API server only knows watches with their first state", http.StatusNotImplemented)
		return
	}
	const protobuf = "application/vnd.kubernetes.protobuf"
	media, _ := runtime.SerializerInfoForMediaType(scheme.Codecs.SupportedMediaTypes(), protobuf)
	w.Header().Set("Content-Type", protobuf+";stream=watch")
	frames := media.StreamSerializer.NewFrameWriter(w)
	send := func(event apiwatch.Event) error {
		object, err := runtime.Encode(media.Serializer, event.Object)
		if err != nil {
			return err
		}
		return media.StreamSerializer.Encode(&metav1.WatchEvent{Type: string(event.Type), Object: runtime.RawExtension{Raw: object}}, frames)
	}
	if query.Get("sendInitialEvents") == "true" {
		for _, object := range first {
			if send(apiwatch.Event{Type: apiwatch.Added, Object: object}) != nil {
				return
			}
		}
		if send(apiwatch.Event{Type: apiwatch.Bookmark, Object: bookmark}) != nil {
			return
		}
	}
	ctx, cancel := r.Context(), context.CancelFunc(func() {})
	if seconds, err := strconv.Atoi(query.Get("timeoutSeconds")); err == nil {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	}
	defer cancel()
	flush := http.NewResponseController(w)
	for flush.Flush() == nil {
		select {
		case event := <-changes:
			if send(event) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// endOfFirstState is the bookmark after the first state.
func endOfFirstState(example runtime.Object, version int) runtime.Object {
	meta := metav1.ObjectMeta{ResourceVersion: strconv.Itoa(version), Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"}}
	switch o := example.(type) {
	case *corev1.Service:
		o.TypeMeta, o.ObjectMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, meta
	case *corev1.Node:
		o.TypeMeta, o.ObjectMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, meta
	case *discoveryv1.EndpointSlice:
		o.TypeMeta, o.ObjectMeta = metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"}, meta
	}
	return example
}
