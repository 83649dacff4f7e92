package kubetest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// BackendsOptions of StartBackends; the zero value serves all pods and tells nobody.
type BackendsOptions struct {
	// Namespace limits the pods; "" is all.
	Namespace string
	// OnChange is handed each change of the map member address -> listener, "10.244.0.5:8080" -> "127.0.0.1:40001", and ""
	// for an address that is gone. The calls come one at a time, in order; the next waits for the last to return.
	OnChange func(changed map[string]string)
	// Logger hears of a pod that cannot be served; default: nobody.
	Logger *slog.Logger
}

// Backends plays the containers: one loopback HTTP server for each TCP port of each pod that has an address.
//
// An answer is 200 with the headers X-Pod and X-Colour and the body "pod=<name> colour=<colour>\n"; GET /healthz is
// 200 or 503. On a port of the name PortTLS all that is inside of TLS, with a certificate for the names of the pod and its
// colour. Behaviour changes that, pod by pod. A server takes connections until its pod's object is gone, so a
// terminating pod still serves; then open requests are finished.
type Backends struct {
	options BackendsOptions
	stop    context.CancelFunc
	wait    func()

	mu        sync.Mutex
	pods      map[types.UID]*podServer
	addresses map[string]address
	behaviour map[string]Behaviour     // by "namespace/pod"
	requests  map[string]*atomic.Int64 // by "namespace/pod"
	changed   chan struct{}            // closed and replaced by each change of addresses
	closing   sync.WaitGroup
}

// address is what a member address leads to, and whose it is: the address of a pod that is gone is soon another's.
type address struct {
	listener string
	owner    types.UID
}

// drainTimeout bounds the end of open requests of a pod that is gone.
const drainTimeout = 30 * time.Second

// StartBackends serves the pods until Close and returns when each that is there has its listener. ctx bounds only the
// start.
func (cp *ControlPlane) StartBackends(ctx context.Context, o BackendsOptions) (*Backends, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnChange == nil {
		o.OnChange = func(map[string]string) {}
	}
	running, stop := context.WithCancel(klog.NewContext(context.Background(), klog.New(nil)))
	b := &Backends{
		options:   o,
		pods:      map[types.UID]*podServer{},
		addresses: map[string]address{},
		behaviour: map[string]Behaviour{},
		requests:  map[string]*atomic.Int64{},
		changed:   make(chan struct{}),
	}
	factory := informers.NewSharedInformerFactoryWithOptions(cp.client, 0, informers.WithNamespace(o.Namespace))
	registration, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { b.serve(o) },
		UpdateFunc: func(_, o any) { b.serve(o) },
		DeleteFunc: b.gone,
	})
	if err != nil {
		stop()
		return nil, err
	}
	factory.StartWithContext(running)
	b.stop, b.wait = stop, factory.Shutdown
	select {
	case <-registration.HasSyncedChecker().Done():
		return b, nil
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), b.Close())
	}
}

// Close ends all servers at once, open requests included. OnChange is not called for it.
func (b *Backends) Close() error {
	b.stop()
	b.wait()
	b.mu.Lock()
	var errs []error
	for _, p := range b.pods {
		errs = append(errs, p.close())
	}
	clear(b.pods)
	clear(b.addresses)
	b.mu.Unlock()
	b.closing.Wait()
	return errors.Join(errs...)
}

// Addresses is the map member address -> listener.
func (b *Backends) Addresses() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := make(map[string]string, len(b.addresses))
	for member, a := range b.addresses {
		m[member] = a.listener
	}
	return m
}

// Wait returns when each of the member addresses has a listener and OnChange was told.
func (b *Backends) Wait(ctx context.Context, members ...string) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	for {
		b.mu.Lock()
		changed := b.changed
		missing := slices.ContainsFunc(members, func(m string) bool { _, ok := b.addresses[m]; return !ok })
		b.mu.Unlock()
		if !missing {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("not each of %v has a listener: %w", members, context.Cause(ctx))
		}
	}
}

// Set changes how a pod behaves from now on; it may come before the pod.
func (b *Backends) Set(namespace, pod string, behaviour Behaviour) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.behaviour[namespace+"/"+pod] = behaviour
}

// Requests counts the requests each pod took, by "namespace/pod"; /healthz is not counted. Pods that are gone stay.
func (b *Backends) Requests() map[string]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := make(map[string]int64, len(b.requests))
	for pod, n := range b.requests {
		m[pod] = n.Load()
	}
	return m
}

func (b *Backends) behaviourOf(key string) Behaviour {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.behaviour[key]
}

// serve gives a pod its listeners as soon as it has an address. Handlers of one informer run one at a time, so that
// OnChange does too.
func (b *Backends) serve(o any) {
	pod, ok := o.(*corev1.Pod)
	if !ok || pod.Status.PodIP == "" || pod.Status.Phase != corev1.PodRunning {
		return
	}
	b.mu.Lock()
	_, known := b.pods[pod.UID]
	b.mu.Unlock()
	if known {
		return
	}
	server, err := b.newPodServer(pod)
	if err != nil {
		b.options.Logger.Error("A pod gets no listener", "namespace", pod.Namespace, "pod", pod.Name, "error", err)
		return
	}
	b.options.OnChange(maps.Clone(server.listeners))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pods[pod.UID] = server
	for member, listener := range server.listeners {
		b.addresses[member] = address{listener, pod.UID}
	}
	b.announce()
}

// gone takes a pod's addresses away, unless another pod has them already, and lets its open requests end.
func (b *Backends) gone(o any) {
	if unknown, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = unknown.Obj
	}
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return
	}
	b.mu.Lock()
	server, known := b.pods[pod.UID]
	delete(b.pods, pod.UID)
	removed := map[string]string{}
	if known {
		for member := range server.listeners {
			if b.addresses[member].owner == pod.UID {
				delete(b.addresses, member)
				removed[member] = ""
			}
		}
	}
	b.announce()
	b.mu.Unlock()
	if !known {
		return
	}
	if len(removed) > 0 {
		b.options.OnChange(removed)
	}
	b.closing.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		_ = server.shutdown(ctx) // late requests are cut off: the pod is gone
	})
}

// announce wakes all Waits; mu is held.
func (b *Backends) announce() {
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *Backends) newPodServer(pod *corev1.Pod) (*podServer, error) {
	key := pod.Namespace + "/" + pod.Name
	b.mu.Lock()
	if b.requests[key] == nil {
		b.requests[key] = new(atomic.Int64)
	}
	requests := b.requests[key]
	b.mu.Unlock()
	server := newPodServer(podHandler{
		pod:       pod.Name,
		colour:    cmp.Or(pod.Labels[LabelColour], "none"),
		behaviour: func() Behaviour { return b.behaviourOf(key) },
		requests:  requests,
	})
	for _, port := range memberAddresses(pod) {
		var certificate *tls.Certificate
		var err error
		if port.name == PortTLS {
			certificate, err = podCertificate(pod)
		}
		if err == nil {
			err = server.listen(port.address, certificate)
		}
		if err != nil {
			return nil, errors.Join(err, server.close())
		}
	}
	return server, nil
}

// podCertificate is a new one, for the pod's name and its colour.
func podCertificate(pod *corev1.Pod) (*tls.Certificate, error) {
	certificate, key, err := KeyPair(pod.Name, pod.Labels[LabelColour])
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	return &pair, err
}

// memberPort is one address of a pod with one of its ports, and the name of that.
type memberPort struct{ address, name string }

// memberAddresses lists all addresses of a pod with all its TCP ports, as Go writes them: "10.244.0.5:8080",
// "[2001:db8::5]:8080".
func memberAddresses(pod *corev1.Pod) []memberPort {
	var members []memberPort
	for _, ip := range pod.Status.PodIPs {
		for _, container := range pod.Spec.Containers {
			for _, port := range container.Ports {
				if port.Protocol == corev1.ProtocolTCP {
					members = append(members, memberPort{net.JoinHostPort(ip.IP, strconv.Itoa(int(port.ContainerPort))), port.Name})
				}
			}
		}
	}
	return members
}
