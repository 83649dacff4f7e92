package reconciler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/shards"
)

// replicas share the partitions of a device, each of which has one pool.
type replicas struct {
	*lab
	cp         *kubetest.ControlPlane
	namespace  string // of the Leases
	partitions []string
}

func newReplicas(t *testing.T, partitions int) *replicas {
	t.Helper()
	var names []string
	for i := range partitions {
		names = append(names, fmt.Sprintf("part-%d", i))
	}
	r := &replicas{lab: newLab(t, names...), cp: controlPlane.ControlPlane(t), partitions: names}
	r.config, r.namespace = r.cp.KubeconfigT(t), r.cp.NamespaceT(t, "leases")
	for i, name := range names {
		r.bind(name, "web", backendOf(i, 8080))
	}
	return r
}

func backendOf(partition, port int) string {
	return fmt.Sprintf("vms@(192.0.2.%d:%d)=1", partition+1, port)
}

// move binds a partition's pool to another port.
func (r *replicas) move(partition, port int) {
	r.t.Helper()
	r.rest(http.MethodPatch, "ltm/pool/~"+r.partitions[partition]+"~web", map[string]any{"description": "[bigipkube/1 " + backendOf(partition, port) + "]"})
}

// follows waits until a partition's pool is as it was bound last.
func (r *replicas) follows(partition, port int) {
	r.t.Helper()
	r.await(r.partitions[partition], "web", fmt.Sprintf("192.0.2.%d:%d user-enabled", partition+1, port))
}

// shared waits until each partition is somebody's work, and of none that of two.
func (r *replicas) shared(held func() [][]string) {
	r.t.Helper()
	var all []string
	eventually(r.t, func() bool {
		all = slices.Concat(held()...)
		slices.Sort(all)
		if n := len(all); len(slices.Compact(slices.Clone(all))) != n {
			r.t.Errorf("a partition is worked on by two: %v", all)
		}
		return len(all) == len(r.partitions)
	}, func() string { return fmt.Sprintf("only %v are worked on", all) })
}

// Three processes with the timings that a user gets; the one with the largest share is
// killed, and the pools of its partitions are bound to something else.
func TestWhatAKilledReplicaWorkedOnIsTakenOverWithinFifteenSeconds(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 6)
	flags := []string{"--leader-elect", "--lease-namespace", r.namespace, "--discover-interval", "1s", "--partition", strings.Join(r.partitions, ",")}
	running := []*process{r.startProcess(flags...), r.startProcess(flags...), r.startProcess(flags...)}
	held := func() (all [][]string) {
		for _, p := range running {
			all = append(all, p.works())
		}
		return all
	}
	r.fair(len(running))
	r.shared(held)
	for i := range r.partitions {
		r.follows(i, 8080)
	}

	shares := held()
	t.Logf("the shares are %v", shares)
	victim := 0
	for i, share := range shares {
		if len(share) > len(shares[victim]) {
			victim = i
		}
	}
	killed := time.Now()
	running[victim].kill()
	running = slices.Delete(running, victim, victim+1)
	for i, name := range r.partitions {
		if slices.Contains(shares[victim], name) {
			r.move(i, 9090)
		}
	}
	for i, name := range r.partitions {
		if slices.Contains(shares[victim], name) {
			r.follows(i, 9090)
		}
	}
	took := time.Since(killed)
	r.shared(held)
	t.Logf("%d partitions were taken over %s after the kill", len(shares[victim]), took.Round(time.Millisecond))
	if took > 15*time.Second {
		t.Errorf("the pools were right only %s after the kill", took)
	}
}

// works are the partitions that a process says it works on.
func (p *process) works() []string {
	response, err := http.Get("http://" + p.metrics + "/metrics")
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var all []string
	text := &strings.Builder{}
	_ = response.Write(text)
	for line := range strings.Lines(text.String()) {
		if name, is := strings.CutPrefix(line, `bigipkube_bindings{partition="`); is {
			name, _, _ = strings.Cut(name, `"`)
			all = append(all, name)
		}
	}
	return all
}

func TestTenReplicasWorkOnTenPartitionsEachOnItsShare(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, 10)
	o := r.options(r.partitions...)
	elect := true
	o.LeaderElect, o.LeaseNamespace = &elect, r.namespace
	var helpers []*running
	for range 10 {
		helpers = append(helpers, r.start(o))
	}
	r.fair(len(helpers))
	r.shared(func() (all [][]string) {
		for _, h := range helpers {
			all = append(all, h.registry.names())
		}
		return all
	})
	for i := range r.partitions {
		r.move(i, 9090)
	}
	for i := range r.partitions {
		r.follows(i, 9090)
	}
	var shares []int
	for _, h := range helpers {
		shares = append(shares, len(h.registry.names()))
	}
	t.Logf("the shares are %v", shares)
}

// fair waits until each partition is held by the replica that it belongs to.
func (r *replicas) fair(replicas int) {
	r.t.Helper()
	var wrong string
	eventually(r.t, func() bool {
		wrong = r.unfair(replicas)
		return wrong == ""
	}, func() string { return wrong })
}

// unfair tells who has a partition that is another one's share, as the Leases say.
func (r *replicas) unfair(replicas int) string {
	r.t.Helper()
	list, err := r.cp.Client().CoordinationV1().Leases(r.namespace).List(r.t.Context(), metav1.ListOptions{})
	must(r.t, err)
	var identities []string
	holders := map[string]string{}
	for _, l := range list.Items {
		if name, is := l.Annotations["bigipkube.io/partition"]; is && l.Spec.HolderIdentity != nil {
			holders[name] = *l.Spec.HolderIdentity
		} else if !is {
			identities = append(identities, *l.Spec.HolderIdentity)
		}
	}
	if len(identities) != replicas {
		return fmt.Sprintf("%d replicas of %d have told that they live", len(identities), replicas)
	}
	for _, name := range r.partitions {
		if owner := shards.Owner(name, identities); holders[name] != owner {
			return fmt.Sprintf("partition %s is held by %q, and belongs to %s", name, holders[name], owner)
		}
	}
	return ""
}
