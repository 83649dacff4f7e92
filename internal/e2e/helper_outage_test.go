//go:build unix

package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

const (
	shortHold    = 5 * time.Second  // --hold
	etcdOutage   = 8 * time.Second  // how long etcd is away
	etcdStall    = 15 * time.Second // how long it takes requests and does nothing
	nodeOutage   = 3 * shortHold    // how long no node is ready: beyond what a hold would bridge
	deviceOutage = 2 * time.Minute
)

// withoutEtcd kills etcd, and starts it a while later.
func (f *followed) withoutEtcd(t *testing.T) {
	f.withoutControllers(t, func() {
		etcd := f.Cluster.Process(kubetest.Etcd)
		must(t, etcd.Kill())
		<-time.After(etcdOutage)
		must(t, etcd.Start(t.Context()))
		must(t, f.Cluster.Process(kubetest.APIServer).Start(t.Context())) // waits until it answers
	})
}

// withStalledEtcd stops etcd with SIGSTOP: the API server's requests wait for it.
func (f *followed) withStalledEtcd(t *testing.T) {
	f.withoutControllers(t, func() {
		pid := f.Cluster.Process(kubetest.Etcd).PID()
		must(t, syscall.Kill(pid, syscall.SIGSTOP))
		<-time.After(etcdStall)
		must(t, syscall.Kill(pid, syscall.SIGCONT))
		must(t, f.Cluster.Process(kubetest.APIServer).Start(t.Context()))
	})
}

// withoutControllers stops who writes of itself, and starts it after the function.
func (f *followed) withoutControllers(t *testing.T, meanwhile func()) {
	t.Helper()
	controllers := []string{kubetest.ControllerManager, kubetest.Kwok}
	for _, name := range controllers {
		must(t, f.Cluster.Process(name).Kill())
	}
	meanwhile()
	for _, name := range controllers {
		must(t, f.Cluster.Process(name).Start(t.Context()))
	}
}

// withoutNodes says of all nodes that they are not ready, and then of the pods on them,
// as the controllers of a cluster do whose nodes cannot be heard. The pods serve on.
func (f *followed) withoutNodes(t *testing.T) {
	kwok, client := f.Cluster.Process(kubetest.Kwok), f.Cluster.Client().CoreV1()
	must(t, kwok.Kill())
	unready := []byte(`{"status":{"conditions":[{"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown"}]}}`)
	nodes, err := client.Nodes().List(t.Context(), metav1.ListOptions{})
	must(t, err)
	for _, node := range nodes.Items {
		_, err := client.Nodes().Patch(t.Context(), node.Name, types.StrategicMergePatchType, unready, metav1.PatchOptions{}, "status")
		must(t, err)
	}
	pods, err := client.Pods(f.namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "status.phase=" + string(corev1.PodRunning)})
	must(t, err)
	unready = []byte(`{"status":{"conditions":[{"type":"Ready","status":"False"}]}}`)
	for _, pod := range pods.Items {
		_, err := client.Pods(f.namespace).Patch(t.Context(), pod.Name, types.StrategicMergePatchType, unready, metav1.PatchOptions{}, "status")
		must(t, err)
	}
	f.endpoints(t, "shop-blue", func(e kubetest.Endpoints) bool {
		return len(e.Ready) == 0 && len(e.NotReady) == f.replicas["shop-blue"]
	})
	<-time.After(nodeOutage)
	must(t, kwok.Start(t.Context()))
}

// TestADeviceThatIsAwayForTwoMinutesCostsNoRequestAndNoHealthyMember closes the
// management address for the helper. Traffic does not need it.
func TestADeviceThatIsAwayForTwoMinutesCostsNoRequestAndNoHealthyMember(t *testing.T) {
	t.Parallel()
	// The pods that are replaced serve on until the device can be told.
	f := newFollowed(t, newLab(t), deviceOutage+30*time.Second, 4, 4)
	f.apply(t, 50, 50)
	well := f.endpoints(t, "shop-blue", func(kubetest.Endpoints) bool { return true }).Ready
	way := newWay(t, f.Simulator.Management)
	helper := f.start(t, "--address", "https://"+way.address, "--unready-after", "5s")
	f.suffer(t, "the device is away for two minutes", "away", well, func(t *testing.T) {
		way.close()
		over := time.After(deviceOutage)
		must(t, helper.Unready(t.Context()))
		<-over
		way.open(t)
	})
	must(t, helper.Ready(t.Context()))
	stop(t, helper)
}

// way is a way to an address that can be closed: then connections are refused.
type way struct {
	address, to string

	mu          sync.Mutex
	listener    net.Listener
	connections []net.Conn
}

func newWay(t *testing.T, to string) *way {
	t.Helper()
	w := &way{address: "127.0.0.1:0", to: strings.TrimPrefix(to, "https://")}
	w.open(t)
	t.Cleanup(w.close)
	return w
}

func (w *way) open(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var err error
	w.listener, err = net.Listen("tcp", w.address)
	must(t, err)
	w.address = w.listener.Addr().String()
	go w.accept(w.listener)
}

func (w *way) accept(listener net.Listener) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return // it is closed
		}
		to, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = from.Close()
			continue
		}
		w.mu.Lock()
		w.connections = append(w.connections, from, to)
		w.mu.Unlock()
		for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
			go func() {
				_, _ = io.Copy(pair[0], pair[1]) // until one of them is closed
				_, _ = pair[0].Close(), pair[1].Close()
			}()
		}
	}
}

// close refuses connections, and cuts those that are open.
func (w *way) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.listener.Close()
	for _, c := range w.connections {
		_ = c.Close()
	}
	w.connections = nil
}

// TestAFailoverUnderTheHelperCostsNoNewRequestAndNoHealthyMember fails a pair over in a
// rolling update, when the unit that stood by lacks what the helper wrote last.
func TestAFailoverUnderTheHelperCostsNoNewRequestAndNoHealthyMember(t *testing.T) {
	t.Parallel()
	provider, err := built()
	must(t, err)
	lab, err := NewLab(t.Context(), cluster.ControlPlane(t), provider, "--ha")
	must(t, err)
	t.Cleanup(lab.Close)
	f := newFollowed(t, lab, 10*time.Second, 4, 4, "BIGIP_CONFIG_SYNC_GROUP=failover-group")
	f.apply(t, 50, 50)
	f.inSync(t)
	well := f.endpoints(t, "shop-blue", func(kubetest.Endpoints) bool { return true }).Ready
	helper := f.start(t, "--config-sync-group", "failover-group")

	load := f.load(t)
	before := load.Begin("before the failover")
	ctx, stopLoad := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		load.Run(ctx, 200)
	}()
	harmed := f.guard(t, well)
	must(t, load.Wait(t.Context(), 100))
	f.clearJournals(t)
	old := f.endpoints(t, "shop-green", func(kubetest.Endpoints) bool { return true }).Ready
	f.deploy(t, "shop-green", "failover")
	f.waitRequest(t, http.MethodPatch, "/members/", 1)
	must(t, f.Simulator.Control(t.Context(), http.MethodPost, "/failover", nil, nil))
	after := load.Begin("after the failover")
	must(t, f.WaitReady(t.Context(), f.namespace, "shop-green", f.replicas["shop-green"], old...))
	rolled := time.Now()
	f.right(t, "shop-blue", "shop-green")
	took := time.Since(rolled)
	for _, harm := range harmed() {
		t.Error(harm)
	}
	f.inSync(t)
	f.swept(t)
	stopLoad()
	<-over
	load.End()
	stop(t, helper)
	noneFailed(t, after)
	if took > repairTime {
		t.Errorf("the pool was right only %s after the pods", took)
	}
	// What a failover costs anyway: connections that were open on the unit it takes away.
	if before.Failed > 20 {
		t.Errorf("%d of %d requests before the failover failed: %v", before.Failed, before.Requests, before.Errors)
	}
	t.Logf("the pool was right %s after the pods; of %d requests before the failover %d were cut by it, of %d after it %d failed",
		took.Round(time.Millisecond), before.Requests, before.Failed, after.Requests, after.Failed)
}
