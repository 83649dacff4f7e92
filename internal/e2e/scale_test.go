package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// adopt takes the pools of testdata/scale into the state without a write.
const adopt = `
import {
  for_each = local.pools
  to       = bigipkube_pool.many[each.key]
  id       = "/shop/${each.key}"
}
`

func TestThePlanOfAThousandPoolsIsAHandfulOfReads(t *testing.T) {
	t.Parallel()
	const pools, members = 1000, 5
	provider, err := built()
	must(t, err)
	lab := &Lab{Provider: provider, dir: t.TempDir()} // no cluster
	lab.Simulator, err = StartSimulator(provider, lab.dir)
	must(t, err)
	t.Cleanup(lab.Simulator.Close)
	ctx := t.Context()
	must(t, lab.Simulator.MakePartition(ctx, "shop"))
	must(t, lab.Simulator.makePools(ctx, pools, members))
	terraform, err := lab.NewTerraform(ctx, cli, "testdata/scale", t.TempDir(), "")
	must(t, err)
	imports := filepath.Join(terraform.Dir, "imports.tf")
	must(t, os.WriteFile(imports, []byte(adopt), 0o600))
	_, err = terraform.Apply(ctx)
	must(t, err)
	must(t, os.Remove(imports))

	must(t, lab.Simulator.Control(ctx, http.MethodPut, "/faults", map[string]any{"delay": "20ms"}, nil))
	must(t, lab.Simulator.ClearJournal(ctx))
	plan := terraform.Command(ctx, "plan", "-no-color", "-detailed-exitcode", "-out=empty.tfplan")
	start := time.Now()
	text, err := plan.CombinedOutput()
	took := time.Since(start)
	if err != nil { // 2 if there is something to do
		t.Fatalf("the plan is not empty: %v\n%s", err, text)
	}
	journal, err := lab.Simulator.Journal(ctx)
	must(t, err)
	if got := len(writes(journal)); got != 0 {
		t.Errorf("the plan wrote %d times", got)
	}
	if got := len(journal); got == 0 || got > 10 {
		t.Errorf("the plan took %d reads, want at most 10", got)
	}
	var bytes int64
	for _, r := range journal {
		t.Log(r.Method, r.Path, r.Status, r.BytesOut)
		bytes += r.BytesOut
	}
	waited := journal[len(journal)-1].Time.Sub(journal[0].Time)
	worked := plan.ProcessState.UserTime() + plan.ProcessState.SystemTime() // the CLI's, and that of the provider, which it waits for
	t.Logf("a plan of %d pools with %d members each, 20 ms for each answer: %d requests within %s, %d kB, %s in all, of the processors %s",
		pools, members, len(journal), waited.Round(time.Millisecond), bytes/1000, took.Round(time.Millisecond), worked.Round(time.Millisecond))
}

// makePools makes the pools of testdata/scale by the device's own API.
func (s *Simulator) makePools(ctx context.Context, pools, members int) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(4)
	for p := range pools {
		work.Go(func() error {
			list := make([]string, members)
			for m := range list {
				list[m] = fmt.Sprintf("10.%d.%d.%d:8080", p/250, p%250, m+1)
			}
			return s.REST(ctx, http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
				"name": fmt.Sprintf("pool-%d", p), "partition": "shop", "members": list,
			}, nil)
		})
	}
	return work.Wait()
}
