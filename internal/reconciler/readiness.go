package reconciler

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// readinessGate is the condition that pods ask for in their spec.readinessGates, to
	// be ready only once the BIG-IP calls their members up.
	readinessGate = "bigipkube.io/pool-member"
	// gateEvery is how often the device is asked while a gate is shut. It is also how
	// long a pod has been known at least: all pools that have it have seen it then.
	gateEvery = time.Second
)

// pod names a pod of a cluster.
type pod struct{ cluster, namespace, name string }

// gates opens the readiness gates of pods: shut -> open, once in a pod's life. A pod
// that becomes unready later is taken out of service by its own readiness; a gate that
// shut again could never open, because a member that is forced offline is not
// monitored.
//
// A pod whose gate is shut is not ready, so its member is only there because new
// endpoints are added disabled (follow.Policy.PreWarm): disabled, monitors judge it.
type gates struct {
	device device
	watch  watch
	patch  func(ctx context.Context, at pod, patch []byte) error // the status of a pod
	logger *slog.Logger
	kick   chan struct{}

	mu      sync.Mutex
	pending map[ltm.Path]map[pod][]ltm.MemberKey // pods whose gate is shut, and their members, by pool
	since   map[pod]time.Time
	told    map[pod]string // what the condition says by now: the pod's UID and the status
	refused map[string]bool
}

// patchStatus patches pods of clusters.
func patchStatus(clients map[string]kubernetes.Interface) func(context.Context, pod, []byte) error {
	return func(ctx context.Context, at pod, patch []byte) error {
		pods := clients[at.cluster].CoreV1().Pods(at.namespace) // the watch knows its pod, so there is a client
		_, err := pods.Patch(ctx, at.name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
		return err
	}
}

func newGates(d device, w watch, patch func(context.Context, pod, []byte) error, logger *slog.Logger) *gates {
	return &gates{
		device: d, watch: w, patch: patch, logger: logger, kick: make(chan struct{}, 1),
		pending: map[ltm.Path]map[pod][]ltm.MemberKey{}, since: map[pod]time.Time{}, told: map[pod]string{}, refused: map[string]bool{},
	}
}

// synced is observer's.
func (g *gates) synced(_ context.Context, p *pool, report engine.FollowReport, err error) {
	if err != nil {
		return
	}
	shut := map[pod][]ltm.MemberKey{}
	for _, backend := range report.Backends {
		for _, e := range report.Endpoints[backend.Name].Endpoints {
			at := pod{backend.Ref.Cluster, backend.Ref.Namespace, e.Pod}
			if e.Pod == "" || e.State == endpoints.Draining {
				continue
			}
			if is, found := g.watch.PodGate(at.cluster, at.namespace, at.name); found && is.Asked && !is.Open {
				shut[at] = append(shut[at], e.Key)
			}
		}
	}
	g.set(p.path, shut)
}

// forget is for a pool that is not followed any more.
func (g *gates) forget(path ltm.Path) { g.set(path, nil) }

func (g *gates) set(path ltm.Path, shut map[pod][]ltm.MemberKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.pending, path)
	if len(shut) > 0 {
		g.pending[path] = shut
	}
	known := map[pod]bool{}
	for _, pods := range g.pending {
		for at := range pods {
			known[at] = true
			if g.since[at].IsZero() {
				g.since[at] = time.Now()
			}
		}
	}
	for at := range g.since {
		if !known[at] {
			delete(g.since, at)
			delete(g.told, at)
		}
	}
	select {
	case g.kick <- struct{}{}:
	default:
	}
}

// run opens gates until ctx ends. It asks nothing while none is shut.
func (g *gates) run(ctx context.Context) error {
	for {
		g.mu.Lock()
		idle := len(g.pending) == 0
		g.mu.Unlock()
		if idle {
			select {
			case <-g.kick:
			case <-ctx.Done():
				return nil
			}
		}
		if !pause(ctx, gateEvery) {
			return nil
		}
		g.turn(ctx)
	}
}

// turn asks the device about all members whose pods wait, and opens the gates of
// those that are up in all their pools.
func (g *gates) turn(ctx context.Context) {
	up := map[pod]bool{}
	for path, pods := range g.waiting() {
		status, err := g.device.MemberStatus(ctx, path)
		healths := map[ltm.MemberKey]ltm.Health{}
		for _, s := range status {
			healths[s.Key] = s.Health
		}
		for at, keys := range pods {
			ok := err == nil // what cannot be told is not up
			for _, key := range keys {
				ok = ok && (healths[key] == ltm.HealthUp || healths[key] == ltm.HealthUnchecked)
			}
			before, known := up[at]
			up[at] = ok && (before || !known)
		}
	}
	for at, is := range up {
		if ctx.Err() != nil {
			return
		}
		g.write(ctx, at, is)
	}
}

// waiting are the pods that have waited long enough for all pools to know them.
func (g *gates) waiting() map[ltm.Path]map[pod][]ltm.MemberKey {
	g.mu.Lock()
	defer g.mu.Unlock()
	ripe := map[ltm.Path]map[pod][]ltm.MemberKey{}
	for path, pods := range g.pending {
		for at, keys := range pods {
			if time.Since(g.since[at]) < gateEvery {
				continue
			}
			if ripe[path] == nil {
				ripe[path] = map[pod][]ltm.MemberKey{}
			}
			ripe[path][at] = keys
		}
	}
	return ripe
}

// write sets the condition of a pod, if it says something else.
func (g *gates) write(ctx context.Context, at pod, up bool) {
	is, found := g.watch.PodGate(at.cluster, at.namespace, at.name)
	if !found || is.Open {
		return
	}
	status, reason, message := corev1.ConditionFalse, "MonitorNotUp", "the BIG-IP does not call the pod's member up yet"
	if up {
		status, reason, message = corev1.ConditionTrue, "MonitorUp", "the BIG-IP calls the pod's member up"
	}
	text := is.UID + " " + string(status)
	g.mu.Lock()
	done := g.told[at] == text
	g.mu.Unlock()
	if done {
		return
	}
	err := g.patch(ctx, at, gatePatch(is.UID, status, reason, message))
	switch {
	case err == nil:
		g.mu.Lock()
		g.told[at] = text
		g.mu.Unlock()
		if up {
			g.logger.InfoContext(ctx, "readiness gate opened", "pod", at.namespace+"/"+at.name, "cluster", at.cluster)
		}
	case apierrors.IsForbidden(err) && !g.refused[at.cluster]:
		g.refused[at.cluster] = true
		g.logger.ErrorContext(ctx, "readiness gates cannot be opened: pods that ask for them stay unready", "cluster", at.cluster, "error", err)
	case apierrors.IsForbidden(err), apierrors.IsNotFound(err), apierrors.IsConflict(err): // told, or another pod by now
	case ctx.Err() == nil:
		g.logger.WarnContext(ctx, "a readiness gate cannot be set", "pod", fmt.Sprintf("%s/%s", at.namespace, at.name), "error", err)
	}
}

// gatePatch sets one condition of the pod with that UID, and of no other one of its
// name.
func gatePatch(uid string, status corev1.ConditionStatus, reason, message string) []byte {
	condition := corev1.PodCondition{
		Type: readinessGate, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.Now(),
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": uid},
		"status":   map[string]any{"conditions": []corev1.PodCondition{condition}},
	})
	if err != nil {
		panic(err) // it is all strings
	}
	return patch
}
