package kube

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// gated is a cluster whose Services are read only when release is called.
func gated() (source *Source, reads *atomic.Int32, release func()) {
	reads, gate := new(atomic.Int32), make(chan struct{})
	client := fake.NewClientset(webService())
	client.PrependReactor("get", "services", func(clienttesting.Action) (bool, runtime.Object, error) {
		reads.Add(1)
		<-gate
		return true, webService(), nil
	})
	source = &Source{core: client.CoreV1(), discovery: client.DiscoveryV1(), server: "https://gated", timeout: DefaultTimeout, pageSize: defaultPageSize}
	return source, reads, func() { close(gate) }
}

func TestReadsOfTheSameServiceAtTheSameTimeAreOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, reads, release := gated()
		const callers = 10
		results := make(chan error, callers)
		for i := range callers {
			ref := shopWeb
			ref.Port = []string{"http", "https"}[i%2] // the Service is the same
			go func() {
				snapshot, err := source.Snapshot(t.Context(), ref)
				if err == nil && !snapshot.Found {
					err = errors.New("not found")
				}
				results <- err
			}()
		}
		synctest.Wait() // all of them wait for the answer
		release()
		for range callers {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if n := reads.Load(); n != 1 {
			t.Errorf("%d reads, want 1", n)
		}
		if _, err := source.Snapshot(t.Context(), shopWeb); err != nil || reads.Load() != 2 {
			t.Errorf("a later call: error %v, %d reads in all, want 2", err, reads.Load())
		}
	})
}

func TestACallerThatLeavesDoesNotEndTheReadOfTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, reads, release := gated()
		first, second := make(chan error, 1), make(chan error, 1)
		ctx, leave := context.WithCancel(t.Context())
		call := func(ctx context.Context, result chan<- error) {
			_, err := source.Snapshot(ctx, shopWeb)
			result <- err
		}
		go call(ctx, first)
		synctest.Wait()
		go call(t.Context(), second)
		synctest.Wait()

		leave()
		if err := <-first; !errors.Is(err, context.Canceled) || !errors.Is(err, engine.ErrSource) {
			t.Errorf("the one that left: %v", err)
		}
		release()
		if err := <-second; err != nil || reads.Load() != 1 {
			t.Errorf("the one that stayed: %v, after %d reads", err, reads.Load())
		}
	})
}

func TestAReadEndsAtItsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, _, release := gated()
		defer release()
		start := time.Now()
		_, err := source.Snapshot(t.Context(), endpoints.Ref{Namespace: "shop", Service: "web"})
		if !errors.Is(err, ErrTimeout) || time.Since(start) != DefaultTimeout {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
	})
}
