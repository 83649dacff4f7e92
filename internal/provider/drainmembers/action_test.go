package drainmembers_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const typeName = "bigipkube_drain_members"

func TestMain(m *testing.M) {
	acctest.Prepare()
	os.Exit(m.Run())
}

// lab is a device whose virtual server /shop/shop sends to the pool /shop/shop
// with a member of blue and, of the same real server, one of green.
type lab struct {
	*acctest.Device
	*acctest.Protocol
	t *testing.T
}

func newLab(t *testing.T) *lab {
	t.Helper()
	device := acctest.NewDevice(t, "shop")
	device.SetMembers(map[string]string{"192.0.2.1:8080": echo(t), "192.0.2.2:8080": echo(t)})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "shop", "partition": "shop", "description": "[bigipkube/1 blue@shop/blue=100 green@shop/green=0]",
		"members": []map[string]any{
			{"name": "192.0.2.1:8080", "address": "192.0.2.1", "description": "[bigipkube/1 blue@shop/blue blue-1]"},
			{"name": "192.0.2.2:8080", "address": "192.0.2.2", "description": "[bigipkube/1 green@shop/green green-1]", "session": "user-disabled"},
		},
	})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": "shop", "partition": "shop", "destination": "/shop/203.0.113.10:80", "ipProtocol": "tcp", "pool": "/shop/shop",
		"profiles": []string{"/Common/tcp"},
	})
	return &lab{Device: device, Protocol: acctest.NewProtocol(t, device, nil), t: t}
}

// echo is a server that keeps connections as long as its clients do.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn); _ = conn.Close() }()
		}
	}()
	return listener.Addr().String()
}

// client is a connection through the virtual server that a member has answered.
func (l *lab) client() net.Conn {
	l.t.Helper()
	conn, err := net.Dial("tcp", l.Listener("/shop/shop"))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write([]byte("x")); err != nil {
		l.t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		l.t.Fatal(err)
	}
	return conn
}

// connected waits until the device counts so many connections to the member of blue.
func (l *lab) connected(want int) {
	l.t.Helper()
	tick, deadline := time.NewTicker(5*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	const stats = "/mgmt/tm/ltm/pool/~shop~shop/members/~shop~192.0.2.1:8080/stats"
	for {
		text, err := json.Marshal(l.REST(http.MethodGet, stats, nil))
		if err != nil {
			l.t.Fatal(err)
		}
		if strings.Contains(string(text), fmt.Sprintf(`"serverside.curConns":{"value":%d}`, want)) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			l.t.Fatalf("never %d connections: %s", want, text)
		}
	}
}

// member is session and state of a member on the device.
func (l *lab) member(name string) string {
	l.t.Helper()
	m := l.REST(http.MethodGet, "/mgmt/tm/ltm/pool/~shop~shop/members/~shop~"+name, nil)
	return m["session"].(string) + " " + m["state"].(string)
}

func TestProgressFollowsTheConnectionsUntilNoneIsLeft(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	clients := []net.Conn{l.client(), l.client(), l.client()}
	var lines []string
	diags := l.Invoke(typeName, map[string]any{"pool": "/shop/shop", "backend": "blue", "allow_none": true, "deadline": "2m"}, func(line string) {
		lines = append(lines, line)
		if len(clients) > 0 { // each look is followed by the end of one client
			_ = clients[0].Close()
			clients = clients[1:]
			l.connected(len(clients))
		}
	})
	if len(diags) > 0 {
		t.Fatalf("%s: %s", diags[0].Summary, diags[0].Detail)
	}
	want := []string{
		"draining /shop/shop (blue): 3 connections left",
		"draining /shop/shop (blue): 2 connections left",
		"draining /shop/shop (blue): 1 connection left",
		"draining /shop/shop (blue): 0 connections left",
		"/shop/shop (blue): 1 member disabled, 0 connections left",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if got := l.member("192.0.2.1:8080"); got != "user-disabled unchecked" {
		t.Errorf("the drained member is %s", got)
	}
	if got := l.member("192.0.2.2:8080"); got != "user-disabled unchecked" {
		t.Errorf("the member of the other backend is %s", got)
	}
}

func TestWhatIsLeftAtTheDeadlineIsAnErrorAndOfflineIfAskedFor(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	conn := l.client()
	config := map[string]any{"pool": "/shop/shop", "backend": "blue", "allow_none": true, "deadline": "0s"}
	diags := l.Invoke(typeName, config, func(string) {})
	if len(diags) != 1 || diags[0].Summary != "Unable to drain pool /shop/shop in time" || !strings.Contains(diags[0].Detail, "1 connection is left") {
		t.Errorf("got %+v", diags)
	}
	config["force_offline"] = true
	var lines []string
	if diags := l.Invoke(typeName, config, func(line string) { lines = append(lines, line) }); len(diags) > 0 {
		t.Errorf("%s: %s", diags[0].Summary, diags[0].Detail)
	}
	if last := lines[len(lines)-1]; last != "/shop/shop (blue): 1 member forced offline, 1 connection left" {
		t.Errorf("the last line is %q", last)
	}
	if got := l.member("192.0.2.1:8080"); got != "user-disabled user-down" {
		t.Errorf("the member is %s", got)
	}
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Errorf("an open connection does not go on: %v", err)
	}
}

func TestADrainThatWouldLeaveNobodyToServeIsRefusedBeforeAnythingChanges(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	before := l.member("192.0.2.1:8080")
	for _, config := range []map[string]any{{"pool": "/shop/shop"}, {"pool": "/shop/shop", "backend": "blue"}} {
		diags := l.Invoke(typeName, config, func(line string) { t.Errorf("progress: %s", line) })
		if len(diags) != 1 || diags[0].Summary != "Unable to drain pool /shop/shop" || !strings.Contains(diags[0].Detail, "/shop/shop") {
			t.Errorf("%v: %+v", config, diags)
		}
	}
	if got := l.member("192.0.2.1:8080"); got != before {
		t.Errorf("the member is %s, and was %s", got, before)
	}
}

func TestAPoolThatNothingUsesIsDrainedWhole(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.REST(http.MethodPatch, "/mgmt/tm/ltm/virtual/~shop~shop", map[string]any{"pool": "none"})
	if diags := l.Invoke(typeName, map[string]any{"pool": "/shop/shop"}, func(string) {}); len(diags) > 0 {
		t.Errorf("%s: %s", diags[0].Summary, diags[0].Detail)
	}
	if got := l.member("192.0.2.1:8080"); got != "user-disabled unchecked" {
		t.Errorf("the member is %s", got)
	}
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for name, tt := range map[string]struct {
		config       map[string]any
		summary, say string
	}{
		"no such pool":    {map[string]any{"pool": "/shop/gone"}, "Unable to read pool /shop/gone", "no such pool"},
		"no such backend": {map[string]any{"pool": "/shop/shop", "backend": "red"}, "Unable to drain pool /shop/shop", "It has members of blue and green."},
		"no full path":    {map[string]any{"pool": "shop"}, "Not a full path", "is not a full path"},
		"no duration":     {map[string]any{"pool": "/shop/shop", "deadline": "soon"}, "Not a duration", "soon"},
	} {
		diags := l.Invoke(typeName, tt.config, func(string) {})
		if len(diags) != 1 || diags[0].Summary != tt.summary || !strings.Contains(diags[0].Detail, tt.say) {
			t.Errorf("%s: %d diagnostics, first %+v", name, len(diags), diags[0])
		}
	}
}
