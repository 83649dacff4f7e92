package reconciler

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	component = "bigipkube"
	// mostNamed is how many members an event names.
	mostNamed = 3
	// identityKept is how long the identity of a Service is believed. kubectl describe
	// shows the Events of the Service that is there now, by its identity.
	identityKept = 10 * time.Minute
)

// The reasons of Events.
const (
	memberAdded    = "MemberAdded"
	memberDraining = "MemberDraining"
	memberRemoved  = "MemberRemoved"
	memberHeld     = "MemberHeld"
	syncFailed     = "PoolSyncFailed"
)

// service is a Service of a cluster.
type service struct{ cluster, namespace, name string }

// event is what is told on a Service: what became of some of its members.
type event struct {
	service service
	reason  string
	text    string
	warning bool
}

// eventsOf makes one event of each kind for each Service.
func eventsOf(path ltm.Path, device string, report engine.FollowReport, lastHeld string, err error) []event {
	by := map[service]map[string][]string{}
	add := func(at service, reason, what string) {
		if at.name == "" {
			return // selected pods and plain addresses have no Service to tell it on
		}
		if by[at] == nil {
			by[at] = map[string][]string{}
		}
		by[at][reason] = append(by[at][reason], what)
	}
	leaving := map[ltm.MemberKey]bool{}
	for _, d := range report.Draining {
		leaving[d.Key] = true
	}
	for _, change := range report.Written {
		for _, m := range change.Add {
			add(serviceOf(m.Description), memberAdded, named(m))
		}
		for _, c := range change.Modify {
			if leaving[c.To.Key] && c.From.Session == ltm.Enabled && c.To.Session != ltm.Enabled {
				add(serviceOf(c.To.Description), memberDraining, named(c.To))
			}
		}
		for _, m := range change.Remove {
			add(serviceOf(m.Description), memberRemoved, named(m))
		}
	}
	if held := heldText(report); err == nil && held != lastHeld {
		members := map[ltm.MemberKey]ltm.Member{}
		for _, m := range report.Pool.Members {
			members[m.Key] = m
		}
		for _, h := range report.Held {
			m := members[h.Key]
			add(serviceOf(m.Description), memberHeld, named(m)+": "+string(h.Reason))
		}
	}
	if err != nil {
		for _, backend := range report.Backends {
			add(service{backend.Ref.Cluster, backend.Ref.Namespace, backend.Ref.Service}, syncFailed, err.Error())
		}
	}
	return worded(path, device, by)
}

// worded puts members that share a fate into one sentence.
func worded(path ltm.Path, device string, by map[service]map[string][]string) []event {
	verbs := map[string]string{
		memberAdded: "added to", memberDraining: "without new clients in", memberRemoved: "removed from", memberHeld: "held in service in",
	}
	var events []event
	for at, reasons := range by {
		for _, reason := range slices.Sorted(maps.Keys(reasons)) {
			members := reasons[reason]
			e := event{service: at, reason: reason, warning: reason == memberHeld || reason == syncFailed}
			where := "pool " + path.String() + " on " + device
			if reason == syncFailed {
				e.text = where + " cannot be synced: " + members[0]
			} else {
				e.text = fmt.Sprintf("%s %s: %s", counted(len(members), "member"), verbs[reason]+" "+where, some(members))
			}
			events = append(events, e)
		}
	}
	slices.SortFunc(events, func(a, b event) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return events
}

// counted is a number of things: "1 member", "2 members".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func some(members []string) string {
	if len(members) <= mostNamed {
		return strings.Join(members, ", ")
	}
	return strings.Join(members[:mostNamed], ", ") + " …"
}

func serviceOf(description string) service {
	_, mark, found, err := binding.ParseMember(description)
	if !found || err != nil {
		return service{}
	}
	return service{mark.Cluster, mark.Namespace, mark.Service}
}

// named is a member by its address, and its pod or node.
func named(m ltm.Member) string {
	_, mark, found, err := binding.ParseMember(m.Description)
	if of := cmp.Or(mark.Pod, mark.Node); found && err == nil && of != "" {
		return m.Key.String() + " (" + of + ")"
	}
	return m.Key.String()
}

// events tells on Services what becomes of their members.
type events struct {
	device   device
	clusters map[string]*cluster
	logger   *slog.Logger
}

// cluster is where Events of one cluster go.
type cluster struct {
	name        string
	client      kubernetes.Interface
	broadcaster record.EventBroadcaster
	recorder    record.EventRecorder
	waiting     chan event

	mu         sync.Mutex
	identities map[service]identity
}

type identity struct {
	uid   types.UID
	until time.Time
}

// waitingEvents is how many wait for the identity of their Service; more are
// dropped, as the recorder drops them too.
const waitingEvents = 1000

func newEvents(d device, clients map[string]kubernetes.Interface, logger *slog.Logger) *events {
	e := &events{device: d, clusters: map[string]*cluster{}, logger: logger}
	for name, client := range clients {
		c := &cluster{name: name, client: client, waiting: make(chan event, waitingEvents), identities: map[service]identity{}}
		c.broadcaster = record.NewBroadcaster()
		c.recorder = c.broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: component})
		e.clusters[name] = c
	}
	return e
}

// run writes events until ctx ends.
func (e *events) run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, c := range e.clusters {
		sink := &eventSink{EventSink: &corev1client.EventSinkImpl{Interface: c.client.CoreV1().Events("")}, cluster: c.name, logger: e.logger}
		watcher := c.broadcaster.StartRecordingToSink(sink)
		all.Go(func() {
			defer c.broadcaster.Shutdown()
			defer watcher.Stop()
			for {
				select {
				case event := <-c.waiting:
					c.write(ctx, event)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	all.Wait()
	return nil
}

// synced is observer's.
func (e *events) synced(_ context.Context, p *pool, report engine.FollowReport, err error) {
	if ofDevice(err) || err != nil && err.Error() == p.memory.failed {
		return // a device that is down is not told on each Service; nor is a failure at each try
	}
	for _, event := range eventsOf(p.path, e.device.Name(), report, p.memory.held, err) {
		c := e.clusters[event.service.cluster]
		if c == nil {
			continue
		}
		select {
		case c.waiting <- event:
		default: // nobody reads as many
		}
	}
}

func (c *cluster) write(ctx context.Context, e event) {
	kind := corev1.EventTypeNormal
	if e.warning {
		kind = corev1.EventTypeWarning
	}
	object := &corev1.ObjectReference{
		APIVersion: "v1", Kind: "Service", Namespace: e.service.namespace, Name: e.service.name, UID: c.identity(ctx, e.service),
	}
	c.recorder.Event(object, kind, e.reason, e.text)
}

// identity is the UID of a Service, "" if it cannot be read.
func (c *cluster) identity(ctx context.Context, s service) types.UID {
	c.mu.Lock()
	known, ok := c.identities[s]
	c.mu.Unlock()
	if ok && time.Now().Before(known.until) {
		return known.uid
	}
	ctx, cancel := context.WithTimeout(ctx, probeEvery)
	defer cancel()
	if found, err := c.client.CoreV1().Services(s.namespace).Get(ctx, s.name, metav1.GetOptions{}); err == nil {
		known.uid = found.UID
	}
	c.mu.Lock()
	c.identities[s] = identity{known.uid, time.Now().Add(identityKept)}
	c.mu.Unlock()
	return known.uid
}

// eventSink writes Events, and tells once where it may not.
type eventSink struct {
	record.EventSink
	cluster string
	logger  *slog.Logger
	once    sync.Once
}

// Create is record.EventSink's.
func (s *eventSink) Create(e *corev1.Event) (*corev1.Event, error) {
	return s.allowed(e)(s.EventSink.Create(e))
}

// Update is record.EventSink's.
func (s *eventSink) Update(e *corev1.Event) (*corev1.Event, error) {
	return s.allowed(e)(s.EventSink.Update(e))
}

// Patch is record.EventSink's.
func (s *eventSink) Patch(e *corev1.Event, data []byte) (*corev1.Event, error) {
	return s.allowed(e)(s.EventSink.Patch(e, data))
}

// allowed takes a refusal for an answer.
func (s *eventSink) allowed(e *corev1.Event) func(*corev1.Event, error) (*corev1.Event, error) {
	return func(written *corev1.Event, err error) (*corev1.Event, error) {
		if !apierrors.IsForbidden(err) {
			return written, err
		}
		s.once.Do(func() {
			s.logger.Warn("Events cannot be written: there are none", "cluster", s.cluster, "error", err)
		})
		return e, nil
	}
}
