package reconciler

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

type fakeCommitter struct {
	commits atomic.Int32
	err     error
}

func (c *fakeCommitter) Commit(context.Context) error {
	c.commits.Add(1)
	return c.err
}

func TestWhatIsWrittenIsCommittedSoonAndThenNoMoreThanEverySoOften(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want int32 // commits in the four intervals after a burst of writes and one write during the first
		told int
	}{
		{"it works", nil, 2, 0},
		{"it fails, and is tried again", errors.New("busy"), 4, 1},
		{"it is not allowed, and is not tried for nothing", engine.ErrForbidden, 2, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				committer := &fakeCommitter{err: test.err}
				var log strings.Builder
				c := newCommits(committer, time.Minute, slog.New(slog.NewTextHandler(&log, nil)))
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- c.run(ctx) }()
				for range 100 {
					c.wrote()
				}
				synctest.Wait()
				if n := committer.commits.Load(); n != 1 {
					t.Errorf("%d commits at once", n)
				}
				c.wrote()
				time.Sleep(4*time.Minute - time.Second)
				synctest.Wait()
				if n := committer.commits.Load(); n != test.want {
					t.Errorf("%d commits, want %d", n, test.want)
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if n := strings.Count(log.String(), "not synchronised"); n != test.told {
					t.Errorf("the failure is told %d times, want %d", n, test.told)
				}
			})
		})
	}
}

func TestAPoolThatGoesWhileItIsSyncedLeavesNoSeries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	web, follower := b.bind("web")
	follower.during = func(context.Context) {
		b.device.set(web, "not bound any more")
		_ = b.discovery.look(t.Context(), "shop")
	}
	b.reconcile(web)
	if follower.syncs != 1 {
		t.Fatal("it was not synced")
	}
	if n, err := testutil.GatherAndCount(b.metrics.registry, "bigipkube_pool_members", "bigipkube_last_successful_sync_timestamp_seconds"); n != 0 || err != nil {
		t.Errorf("%d series are left, %v", n, err)
	}
}
