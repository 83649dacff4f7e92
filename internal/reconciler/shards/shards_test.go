package shards

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

var controlPlane kubetest.Shared

func TestMain(m *testing.M) { os.Exit(controlPlane.Main(m)) }

// board is where all replicas of a test write what they work on.
type board struct {
	t       *testing.T
	mu      sync.Mutex
	holders map[string]string
	changed chan struct{} // closed and replaced by each change
}

func newBoard(t *testing.T) *board {
	return &board{t: t, holders: map[string]string{}, changed: make(chan struct{})}
}

func (b *board) set(partition, holder, before string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.holders[partition] != before {
		b.t.Errorf("%q begins or ends on %s, which %q works on", holder+before, partition, b.holders[partition])
	}
	b.holders[partition] = holder
	close(b.changed)
	b.changed = make(chan struct{})
}

// await waits until the partitions are shared as they must be among those.
func (b *board) await(partitions []string, replicas ...string) {
	b.t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for {
		b.mu.Lock()
		right := !slices.ContainsFunc(partitions, func(p string) bool { return b.holders[p] != Owner(p, replicas) })
		changed, now := b.changed, b.holders
		b.mu.Unlock()
		if right {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			b.t.Fatalf("the partitions are not shared among %v: %v", replicas, now)
		}
	}
}

// replica is one, running.
type replica struct {
	name  string
	board *board
	stop  context.CancelFunc
	ended chan struct{}
}

func (r *replica) Acquired(partition string) { r.board.set(partition, r.name, "") }
func (r *replica) Lost(partition string)     { r.board.set(partition, "", r.name) }

func (b *board) start(leases coordinationclient.LeaseInterface, name string, partitions []string) *replica {
	return b.startFor(3*time.Second, leases, name, partitions)
}

// startFor starts a replica whose Leases last for so long.
func (b *board) startFor(duration time.Duration, leases coordinationclient.LeaseInterface, name string, partitions []string) *replica {
	ctx, stop := context.WithCancel(b.t.Context())
	r := &replica{name: name, board: b, stop: stop, ended: make(chan struct{})}
	s := New(Config{
		Leases: leases, Device: "bigip", Identity: name, Partitions: partitions, Handler: r,
		Duration: duration, RenewDeadline: 2 * time.Second, Renew: 500 * time.Millisecond, Poll: 200 * time.Millisecond,
	})
	go func() {
		defer close(r.ended)
		_ = s.Run(ctx)
	}()
	b.t.Cleanup(r.end)
	return r
}

func (r *replica) end() {
	r.stop()
	<-r.ended
}

func TestReplicasShareThePartitionsAndHandThemOver(t *testing.T) {
	t.Parallel()
	cp := controlPlane.ControlPlane(t)
	client := kubernetes.NewForConfigOrDie(cp.RESTConfig())
	leases := client.CoordinationV1().Leases(cp.NamespaceT(t, "shards"))
	board, partitions := newBoard(t), names("partition", 12)
	const duration = time.Hour // nobody can wait for Leases to run out

	first := board.startFor(duration, leases, "first", partitions)
	board.await(partitions, "first")
	second := board.startFor(duration, leases, "second", partitions)
	board.await(partitions, "first", "second")
	board.startFor(duration, leases, "third", partitions)
	board.await(partitions, "first", "second", "third")

	second.end()
	board.await(partitions, "first", "third")
	first.end()
	board.await(partitions, "third")
	list, err := leases.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := len(partitions) + 1; len(list.Items) != want {
		t.Errorf("%d Leases are left, want %d: those that ended have left theirs", len(list.Items), want)
	}
}

// A replica whose API server does not answer is the same to others as one that was
// killed, and it must have stopped before they begin.
func TestAReplicaThatIsCutOffStopsBeforeAnotherOneBegins(t *testing.T) {
	t.Parallel()
	cp := controlPlane.ControlPlane(t)
	namespace := cp.NamespaceT(t, "shards")
	client := kubernetes.NewForConfigOrDie(cp.RESTConfig())
	cable := &cable{}
	config := cp.RESTConfig()
	config.WrapTransport = cable.wrap
	cutOff := kubernetes.NewForConfigOrDie(config)
	board, partitions := newBoard(t), names("partition", 6)
	board.start(cutOff.CoordinationV1().Leases(namespace), "first", partitions)
	board.start(client.CoordinationV1().Leases(namespace), "second", partitions)
	board.await(partitions, "first", "second")

	cable.cut(true)
	board.await(partitions, "second") // board fails the test if second begins before first has ended
	cable.cut(false)
	board.await(partitions, "first", "second")
}

// cable is the way to an API server.
type cable struct {
	mu   sync.Mutex
	gone bool
	next http.RoundTripper
}

func (c *cable) wrap(next http.RoundTripper) http.RoundTripper {
	c.next = next
	return c
}

func (c *cable) cut(gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = gone
}

func (c *cable) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	gone := c.gone
	c.mu.Unlock()
	if gone {
		return nil, errors.New("the cable is cut")
	}
	return c.next.RoundTrip(r)
}
