package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

func TestTheRefreshOfAThousandPoolsIsAHandfulOfReads(t *testing.T) {
	t.Parallel()
	const pools, members = 1000, 5
	provider, err := built()
	must(t, err)
	lab := &Lab{Provider: provider, dir: t.TempDir()}
	lab.Simulator, err = StartSimulator(provider, lab.dir)
	must(t, err)
	t.Cleanup(lab.Simulator.Close)
	ctx := t.Context()
	must(t, lab.Simulator.MakePartition(ctx, "shop"))
	must(t, lab.Simulator.makePools(ctx, pools, members))
	terraform, err := lab.NewTerraform(ctx, cli, "testdata/scale", t.TempDir(), "")
	must(t, err)
	_, err = terraform.Apply(ctx) // imports them: nothing is written
	must(t, err)

	must(t, lab.Simulator.Control(ctx, http.MethodPut, "/faults", map[string]any{"delay": "20ms"}, nil))
	must(t, lab.Simulator.ClearJournal(ctx))
	start := time.Now()
	text, changes, err := terraform.Plan(ctx, "empty.tfplan")
	took := time.Since(start)
	must(t, err)
	if changes {
		t.Errorf("the plan is not empty:\n%s", text)
	}
	journal, err := lab.Simulator.Journal(ctx)
	must(t, err)
	var bytes int64
	for _, r := range journal {
		t.Log(r.Time.Sub(start).Round(time.Millisecond), r.Method, r.Path, r.Status, r.BytesOut)
		bytes += r.BytesOut
	}
	if got := len(journal) - len(writes(journal)); got == 0 || got > 10 || len(writes(journal)) > 0 {
		t.Errorf("the plan took %d reads and %d writes, want at most 10 reads", got, len(writes(journal)))
	}
	t.Logf("a plan of %d pools with %d members each, 20 ms for each answer: %d requests, %d kB, %s", pools, members, len(journal), bytes/1000, took)
}

// makePools makes the pools that testdata/scale wants, by the device's own API.
func (s *Simulator) makePools(ctx context.Context, pools, members int) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(4)
	for p := range pools {
		work.Go(func() error {
			var list []string
			for m := range members {
				list = append(list, fmt.Sprintf("10.%d.%d.%d:8080", p/250, p%250, m+1))
			}
			return s.REST(ctx, http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
				"name": fmt.Sprintf("pool-%d", p), "partition": "shop", "members": list,
			}, nil)
		})
	}
	return work.Wait()
}
