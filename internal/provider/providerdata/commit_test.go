package providerdata_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

// committer takes its time, and gives its result if nobody ends it before.
type committer struct {
	takes  time.Duration
	result error
}

func (c committer) Commit(ctx context.Context) error {
	select {
	case <-time.After(c.takes):
		return c.result
	case <-ctx.Done():
		return ctx.Err()
	}
}

func resource(c engine.Committer) *providerdata.Resource {
	return &providerdata.Resource{Configured: providerdata.Configured{Data: &providerdata.Data{Committer: c}}}
}

func TestACommitOutlivesAnInterruptionForAWhile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		takes    time.Duration
		warnings int
		took     time.Duration
	}{
		{takes: 9 * time.Second, warnings: 0, took: 9 * time.Second},
		{takes: time.Minute, warnings: 1, took: 10 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			var diags diag.Diagnostics
			start := time.Now()
			resource(committer{takes: test.takes}).Commit(ctx, &diags)
			if took := time.Since(start); took != test.took || len(diags) != test.warnings || diags.HasError() {
				t.Errorf("a commit of %s took %s and said %v", test.takes, took, diags)
			}
		})
	}
}

func TestACommitThatIsNotInterruptedMayTakeItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var diags diag.Diagnostics
		resource(committer{takes: 5 * time.Minute}).Commit(t.Context(), &diags)
		if len(diags) != 0 {
			t.Errorf("%v", diags)
		}
	})
}

func TestAFailoverBeforeTheCommitIsAWarningAndAfterARemovalAnError(t *testing.T) {
	t.Parallel()
	r := resource(committer{result: &engine.MovedError{From: "a", To: "b"}})
	var changed, removed diag.Diagnostics
	r.Commit(t.Context(), &changed)
	r.CommitDelete(t.Context(), &removed)
	if changed.WarningsCount() != 1 || changed.HasError() || removed.ErrorsCount() != 1 {
		t.Errorf("after a change %v, after a removal %v", changed, removed)
	}
}

func TestWithoutACommitterNothingIsCommitted(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	(&providerdata.Resource{}).Commit(t.Context(), &diags)
	resource(nil).CommitDelete(t.Context(), &diags)
	if len(diags) != 0 {
		t.Errorf("%v", diags)
	}
}
