package gateway

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/e2e"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// echoPort is where the suite's image answers over HTTP; its Deployments do not say so.
const echoPort = "3000"

// echoes plays the containers of the suite: a server on loopback for each pod, which answers as the suite's image does.
type echoes struct {
	simulator *e2e.Simulator
	client    kubernetes.Interface
	servers   map[types.UID]*http.Server
}

// startEchoes serves the pods until the test ends.
func startEchoes(t *testing.T, lab *e2e.Lab) {
	t.Helper()
	e := &echoes{simulator: lab.Simulator, client: lab.Cluster.Client(), servers: map[types.UID]*http.Server{}}
	factory := informers.NewSharedInformerFactory(lab.Cluster.Client(), 0)
	_, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { e.serve(t, o) },
		UpdateFunc: func(_, o any) { e.serve(t, o) },
		DeleteFunc: func(o any) { e.gone(t, o) },
	})
	must(t, err)
	stop := make(chan struct{})
	factory.Start(stop)
	t.Cleanup(func() {
		close(stop)
		factory.Shutdown()
		for _, server := range e.servers {
			_ = server.Close()
		}
	})
}

func (e *echoes) serve(t *testing.T, o any) {
	pod, ok := o.(*corev1.Pod)
	if ok && pod.Spec.NodeName == "" {
		e.schedule(t, pod)
		return
	}
	if !ok || pod.Status.PodIP == "" || pod.Status.Phase != corev1.PodRunning || e.servers[pod.UID] != nil {
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Errorf("the pod %s gets no listener: %v", pod.Name, err)
		return
	}
	server := &http.Server{Handler: echo{pod.Namespace, pod.Name}, ReadHeaderTimeout: time.Minute}
	e.servers[pod.UID] = server
	go server.Serve(listener) //nolint:errcheck // ErrServerClosed at the end
	e.tell(t, pod, listener.Addr().String())
}

// schedule puts a pod on the first node: kubetest has no scheduler.
func (e *echoes) schedule(t *testing.T, pod *corev1.Pod) {
	binding := &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: pod.Name}, Target: corev1.ObjectReference{Kind: "Node", Name: kubetest.NodeName(0)}}
	err := e.client.CoreV1().Pods(pod.Namespace).Bind(t.Context(), binding, metav1.CreateOptions{})
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		t.Errorf("the pod %s gets no node: %v", pod.Name, err)
	}
}

func (e *echoes) gone(t *testing.T, o any) {
	if unknown, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = unknown.Obj
	}
	pod, ok := o.(*corev1.Pod)
	if !ok || e.servers[pod.UID] == nil {
		return
	}
	_ = e.servers[pod.UID].Close()
	delete(e.servers, pod.UID)
	e.tell(t, pod, "")
}

// tell lets the simulator's data plane reach the pod.
func (e *echoes) tell(t *testing.T, pod *corev1.Pod, listener string) {
	member := map[string]string{net.JoinHostPort(pod.Status.PodIP, echoPort): listener}
	if err := e.simulator.Control(context.WithoutCancel(t.Context()), http.MethodPut, "/members", member, nil); err != nil {
		t.Logf("the simulator does not hear of the pod %s: %v", pod.Name, err)
	}
}

// echo answers in the name of a pod with what it was asked, in the form that the suite reads.
type echo struct{ namespace, pod string }

func (e echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, list := range r.Header["X-Echo-Set-Header"] {
		for field := range strings.SplitSeq(list, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(field), ":")
			w.Header()[name] = append(w.Header()[name], value)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client may be gone
		"path": r.RequestURI, "host": r.Host, "method": r.Method, "proto": r.Proto, "headers": r.Header,
		"httpPort": echoPort, "namespace": e.namespace, "pod": e.pod,
	})
}
