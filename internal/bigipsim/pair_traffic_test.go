package bigipsim_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// served is a pair with a synchronised virtual server over a member that echoes lines.
func served(t *testing.T) *couple {
	t.Helper()
	var config net.ListenConfig
	member, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = member.Close() })
	go func() {
		for {
			conn, err := member.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn); _ = conn.Close() }()
		}
	}()
	p := startPair(t, bigipsim.Options{})
	p.SetMembers(map[string]string{"10.0.0.1:7": member.Addr().String()})
	p.first.post("/ltm/pool", `{"name":"echo","partition":"Common","members":["10.0.0.1:7"]}`)
	for i, mirror := range []string{"disabled", "enabled"} {
		p.first.post("/ltm/virtual", fmt.Sprintf(
			`{"name":"v%d","partition":"Common","destination":"203.0.113.%d:7","pool":"/Common/echo","ipProtocol":"tcp","profiles":["/Common/tcp"],"mirror":%q}`, i, i, mirror))
	}
	p.first.post("/cm", `{"command":"run","utilCmdArgs":"config-sync to-group failover-group"}`)
	p.waitFor("In Sync green")
	return p
}

// dial opens a connection to a virtual server.
func (p *couple) dial(virtualServer string) net.Conn {
	p.t.Helper()
	address := p.Active().Listener(virtualServer)
	var dialer net.Dialer
	conn, err := dialer.DialContext(p.t.Context(), "tcp", address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		p.t.Fatal(err)
	}
	return conn
}

// exchange makes one connection, for a line there and back.
func (p *couple) exchange(virtualServer string) error {
	dialer := net.Dialer{Timeout: time.Minute}
	conn, err := dialer.DialContext(p.t.Context(), "tcp", p.first.Listener(virtualServer))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	return echo(conn)
}

func echo(conn net.Conn) error {
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		return err
	}
	_, err := bufio.NewReader(conn).ReadString('\n')
	return err
}

func (d *device) connections(virtualServer string) string {
	d.t.Helper()
	for _, entry := range d.get("/ltm/virtual/~Common~" + virtualServer + "/stats")["entries"].(map[string]any) {
		return fmt.Sprint(at(entry, "nestedStats", "entries", "clientside.totConns", "value"))
	}
	return ""
}

func TestTrafficGoesThroughTheActiveDeviceOnly(t *testing.T) {
	t.Parallel()
	p := served(t)
	address := p.first.Listener("/Common/v0")
	if address == "" || address != p.peer.Listener("/Common/v0") {
		t.Fatalf("listeners %q and %q", address, p.peer.Listener("/Common/v0"))
	}
	plain, mirrored := p.dial("/Common/v0"), p.dial("/Common/v1")
	for _, conn := range []net.Conn{plain, mirrored} {
		if err := echo(conn); err != nil {
			t.Fatal(err)
		}
	}
	if _, text := p.first.askControl(p.ControlURL(), http.MethodPost, "/failover"); !strings.Contains(text, `"name":"bigip2.example.com","management":"`+p.peer.ManagementURL()+`","state":"active"`) {
		t.Error(text)
	}
	if p.first.Listener("/Common/v0") != address || p.peer.Listener("/Common/v0") != address {
		t.Error("the address moved")
	}
	if err := echo(plain); err == nil {
		t.Error("a connection survived that is not mirrored")
	}
	if err := echo(mirrored); err != nil {
		t.Errorf("a mirrored connection: %v", err)
	}
	for range 3 {
		if err := echo(p.dial("/Common/v0")); err != nil {
			t.Fatal(err)
		}
	}
	if first, peer := p.first.connections("v0"), p.peer.connections("v0"); first != "1" || peer != "3" {
		t.Errorf("connections: %s and %s", first, peer)
	}
}

// Writers, automatic syncs, failovers and clients at once: nothing blocks, every
// write arrives on the other device, and every connection that was answered is
// counted on one of the two.
func TestAPairBearsWritesSyncsFailoversAndTrafficAtOnce(t *testing.T) {
	t.Parallel()
	p := served(t)
	p.first.patch("/cm/device-group/~Common~failover-group", `{"autoSync":"enabled"}`)
	const writers, writes, clients, connections, failovers = 4, 10, 4, 25, 10
	var answered atomic.Int64
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			for j := range writes {
				a, err := p.first.try("POST", "/mgmt/tm/ltm/pool", fmt.Sprintf(`{"name":"p%d-%d","partition":"Common","members":["10.0.0.1:7"]}`, i, j))
				if err != nil || a.status != 200 {
					t.Errorf("write: %v %s", err, a.text)
				}
			}
		})
	}
	for range clients {
		running.Go(func() {
			for range connections {
				if p.exchange("/Common/v0") == nil {
					answered.Add(1)
				}
			}
		})
	}
	for range failovers {
		p.Failover()
	}
	running.Wait()
	p.waitFor("In Sync green")
	for i := range writers {
		for j := range writes {
			if path := fmt.Sprintf("/ltm/pool/~Common~p%d-%d", i, j); !p.peer.has(path) {
				t.Errorf("the peer does not have %s", path)
			}
		}
	}
	var first, peer int64
	if _, err := fmt.Sscan(p.first.connections("v0")+" "+p.peer.connections("v0"), &first, &peer); err != nil {
		t.Fatal(err)
	}
	if first+peer < answered.Load() || answered.Load() == 0 {
		t.Errorf("%d connections were answered, %d and %d counted", answered.Load(), first, peer)
	}
}

// A closed pair starts nothing any more.
func TestAClosedPairIsQuiet(t *testing.T) {
	t.Parallel()
	p, err := bigipsim.NewPair(bigipsim.Options{PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	first, _ := p.Units()
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Failover()
	if p.Active() != first {
		t.Error("it failed over after its end")
	}
}
