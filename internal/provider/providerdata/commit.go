package providerdata

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// commitGrace is how long a commit goes on after the operation was interrupted or
// has run out of time: what was written should last, and nobody else makes it. It
// must not hold up a user who interrupted the run.
const commitGrace = 10 * time.Second

// Commit makes what a create or an update wrote last, as `save_config` and
// `config_sync_group` say; it does nothing if nothing was written. Call it before
// returning, after a failure too: what was written until then stays. A failed
// commit is a warning.
func (r *Resource) Commit(ctx context.Context, diags *diag.Diagnostics) {
	diags.Append(diagnostics.Uncommitted(r.commit(ctx))...)
}

// CommitDelete is Commit for a delete: if the pair has failed over meanwhile, the
// object may still be there, so that the state must keep it. That is an error.
func (r *Resource) CommitDelete(ctx context.Context, diags *diag.Diagnostics) {
	err := r.commit(ctx)
	if moved, ok := errors.AsType[*engine.MovedError](err); ok {
		diags.Append(diagnostics.NotDeleted(moved))
		return
	}
	diags.Append(diagnostics.Uncommitted(err)...)
}

func (r *Resource) commit(ctx context.Context) error {
	if r.Data == nil || r.Data.Committer == nil {
		return nil
	}
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(commitGrace, cancel) })()
	return r.Data.Committer.Commit(late)
}
