package reconciler

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

const (
	// syncEvery is how often changes are synchronised to the other units at most:
	// they have to be there at a failover.
	syncEvery = 5 * time.Second
	// saveEvery is how often they are saved at most. A save writes all partitions, and
	// takes tens of seconds on a large device; pods come and go all day.
	saveEvery = 5 * time.Minute
)

// commits makes what was written last, some time after it: a group synchronises
// at once, a save may wait. Nobody waits for it.
type commits struct {
	committer engine.Committer
	every     time.Duration
	written   chan struct{}
	logger    *slog.Logger
}

func newCommits(c engine.Committer, every time.Duration, logger *slog.Logger) *commits {
	return &commits{committer: c, every: every, written: make(chan struct{}, 1), logger: logger}
}

// wrote tells that something is to be made to last. It does not block.
func (c *commits) wrote() {
	select {
	case c.written <- struct{}{}:
	default:
	}
}

// run commits until ctx ends.
func (c *commits) run(ctx context.Context) error {
	told := "" // what failed last, which is told once
	for {
		select {
		case <-c.written:
		case <-ctx.Done():
			return nil
		}
		err := c.committer.Commit(ctx)
		text := ""
		if err != nil && ctx.Err() == nil {
			text = err.Error()
			if text != told {
				c.logger.WarnContext(ctx, "what was written is in force, but was not synchronised or saved", "error", err)
			}
			if !errors.Is(err, engine.ErrForbidden) {
				c.wrote()
			}
		}
		told = text
		if !pause(ctx, c.every) {
			return nil
		}
	}
}
