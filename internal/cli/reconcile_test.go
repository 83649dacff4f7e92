package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// bigip is a simulated device with a partition "shop", and the environment of a
// helper of it.
type bigip struct {
	t   *testing.T
	sim *bigipsim.Simulator
}

func newBigip(t *testing.T) *bigip {
	t.Helper()
	sim, err := bigipsim.New(bigipsim.Options{PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := sim.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	b := &bigip{t, sim}
	b.rest(http.MethodPost, "auth/partition", map[string]any{"name": "shop"})
	noSettings(t)
	t.Setenv("BIGIP_HOST", sim.ManagementURL())
	t.Setenv("BIGIP_USER", "admin")
	t.Setenv("BIGIP_PARTITION", "shop")
	return b
}

// noSettings takes away what the machine's owner has set.
func noSettings(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "BIGIP_") || strings.HasPrefix(name, "KUBE") {
			t.Setenv(name, "")
		}
	}
}

func (b *bigip) rest(method, path string, body any) string {
	b.t.Helper()
	payload, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequest(method, b.sim.ManagementURL()+"/mgmt/tm/"+path, bytes.NewReader(payload))
	if err != nil {
		b.t.Fatal(err)
	}
	r.SetBasicAuth("admin", "admin")
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil || response.StatusCode != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, &text, err)
	}
	return text.String()
}

func TestTheExitCodeOfReconcileOnceTells(t *testing.T) {
	b := newBigip(t)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("admin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	once := func() (int, string, string) {
		var stdout, stderr bytes.Buffer
		code := Run(Build{Version: "1.2.3"}, []string{"reconcile", "--once", "--password-file", password, "--log-level", "error"}, &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	b.rest(http.MethodPost, "ltm/pool", map[string]any{"name": "web", "partition": "shop", "description": "[bigipkube/1 vms@(192.0.2.1:80,192.0.2.2:80)=1]"})
	if code, stdout, stderr := once(); code != 0 || stdout != "/shop/web: 2 changes written, 0 held, 0 draining\n1 pool, 0 failed\n" || stderr != "" {
		t.Errorf("made equal: %d\n%s\n%s", code, stdout, stderr)
	}
	b.rest(http.MethodPatch, "ltm/pool/~shop~web", map[string]any{"description": "[bigipkube/1 vms@(192.0.2.3:80)=1]"})
	if code, stdout, stderr := once(); code != 2 || !strings.Contains(stdout, "1 change written, 2 held") || stderr != "2 members held, 0 members draining\n" {
		t.Errorf("two of three would go at once: %d\n%s\n%s", code, stdout, stderr)
	}
	b.rest(http.MethodPatch, "ltm/pool/~shop~web", map[string]any{"description": "[bigipkube/9 vms@(192.0.2.3:80)=1]"})
	if code, _, stderr := once(); code != 1 || !strings.Contains(stderr, "Error: pool /shop/web: ") {
		t.Errorf("a mark of a later version: %d %s", code, stderr)
	}
}

func TestReconcileEndsWithinASecondOfSIGTERM(t *testing.T) {
	b := newBigip(t)
	t.Setenv("BIGIP_PASSWORD", "admin")
	b.rest(http.MethodPost, "ltm/pool", map[string]any{"name": "web", "partition": "shop", "description": "[bigipkube/1 vms@(192.0.2.1:80)=1]"})
	var log bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- Run(Build{}, []string{"reconcile", "--metrics-bind-address", "0", "--health-probe-bind-address", "127.0.0.1:0"}, &bytes.Buffer{}, &log)
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(b.rest(http.MethodGet, "ltm/pool/~shop~web/members", nil), "192.0.2.1:80") {
		select {
		case <-tick.C:
		case got := <-code:
			t.Fatalf("it ended with %d: %s", got, &log)
		}
	}
	start := time.Now()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got != 0 {
		t.Errorf("it ended with %d: %s", got, &log)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %s", took)
	}
}
