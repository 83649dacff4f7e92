package kubetest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// orphanEnv makes the test binary a parent that is to be killed.
const orphanEnv = "KUBETEST_PLAY_PARENT"

func TestNoProcessSurvivesAParentThatIsKilled(t *testing.T) {
	if os.Getenv(orphanEnv) != "" {
		playParent(t)
	}
	t.Parallel()
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	parent.Env = append(os.Environ(), orphanEnv+"=1", "TMPDIR="+t.TempDir())
	parent.Stderr = os.Stderr
	stdout, err := parent.StdoutPipe()
	check(t, err)
	check(t, parent.Start())
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	check(t, err)
	var pids []int
	check(t, json.Unmarshal(line, &pids))
	if len(pids) != 4 {
		t.Fatalf("pids = %v, want 4", pids)
	}
	for _, pid := range pids {
		if !alive(pid) {
			t.Fatalf("process %d does not run", pid)
		}
	}
	check(t, parent.Process.Kill())
	_ = parent.Wait()
	eventually(t, func() error {
		for _, pid := range pids {
			if alive(pid) {
				return fmt.Errorf("process %d runs after its parent was killed", pid)
			}
		}
		return nil
	})
}

// playParent starts a control plane, prints its process ids and waits to be killed.
func playParent(t *testing.T) {
	cp, err := kubetest.Start(context.Background(), kubetest.Options{})
	check(t, err)
	check(t, json.NewEncoder(os.Stdout).Encode(processIDs(cp)))
	select {}
}
