package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler"
)

func TestStatusPrintsWhatTheHelperOnThisMachineKnows(t *testing.T) {
	b := newBigip(t)
	b.rest(http.MethodPost, "ltm/pool", map[string]any{"name": "web", "partition": "shop", "description": "[bigipkube/1 vms@(192.0.2.1:80)=1]"})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	status := func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		code := Run(Build{}, append([]string{"reconcile", "status", "--helper", "http://" + address}, args...), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	if code, stdout, stderr := status(); code != 1 || stdout != "" || !strings.HasPrefix(stderr, "Error: the helper does not answer: ") {
		t.Errorf("without a helper: %d\n%s\n%s", code, stdout, stderr)
	}

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	o := reconciler.Defaults()
	o.Version, o.Out, o.Log = "test", io.Discard, io.Discard
	o.Getenv = func(name string) string {
		return map[string]string{"BIGIP_HOST": b.sim.ManagementURL(), "BIGIP_USER": "admin", "BIGIP_PASSWORD": "admin", "BIGIP_PARTITION": "shop"}[name]
	}
	o.MetricsAddress, o.ProbeAddress = address, "0"
	go func() { ended <- reconciler.Run(ctx, o) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	limit := time.Now().Add(time.Minute)
	for tick := time.NewTicker(50 * time.Millisecond); ; <-tick.C {
		_, stdout, stderr := status()
		if strings.Contains(stdout, "192.0.2.1:80") && strings.Contains(stdout, "ready: takes new clients") && strings.Contains(stdout, "vms (192.0.2.1:80)  asked 100 %") {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("%s\n%s", stdout, stderr)
		}
	}
	code, stdout, _ := status("-o", "json")
	var decoded struct{ Pools []struct{ Path string } }
	if err := json.Unmarshal([]byte(stdout), &decoded); code != 0 || err != nil || len(decoded.Pools) != 1 || decoded.Pools[0].Path != "/shop/web" {
		t.Errorf("%d %v\n%s", code, err, stdout)
	}
	for want, args := range map[string][]string{
		`Error: --output: "yaml" is none of text and json`:                                      {"-o", "yaml"},
		`Error: --helper: "nowhere" is not the URL of the helper's port: http://127.0.0.1:8080`: {"--helper", "nowhere"},
		`Error: --token-file: open /nowhere: no such file or directory`:                         {"--token-file", "/nowhere"},
	} {
		if code, _, stderr := status(args...); code != 1 || strings.TrimSpace(stderr) != want {
			t.Errorf("%v: %d %s", args, code, stderr)
		}
	}
}
