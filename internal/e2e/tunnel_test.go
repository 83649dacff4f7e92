package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// tunnel leads the API server to pods that are processes of this machine: the proxy that
// it is told to take into the cluster's network, as one takes konnectivity. So it
// comes by itself from an APIService to a Service, to its EndpointSlice and to a pod's port.
type tunnel struct {
	socket, config string

	mu  sync.Mutex
	led map[string]string // port of a pod -> address of a process
}

func newTunnel(t *testing.T) *tunnel {
	t.Helper()
	dir, err := os.MkdirTemp("", "tunnel-") //nolint:usetesting // the path of a socket is short
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	u := &tunnel{socket: filepath.Join(dir, "socket"), config: filepath.Join(dir, "egress.yaml"), led: map[string]string{}}
	must(t, os.WriteFile(u.config, fmt.Appendf(nil, `
apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
  - name: cluster
    connection:
      proxyProtocol: HTTPConnect
      transport: { uds: { udsName: %q } }
`, u.socket), 0o600))
	listener, err := net.Listen("unix", u.socket)
	must(t, err)
	server := &http.Server{Handler: u} //nolint:gosec // who asks is the API server
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return u
}

// args are the API server's.
func (u *tunnel) args() []string {
	return []string{"--egress-selector-config-file=" + u.config, "--enable-aggregator-routing=true"}
}

// lead leads to a process whoever asks for a port of a pod.
func (u *tunnel) lead(port, address string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.led[port] = address
}

// ServeHTTP answers CONNECT.
func (u *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, port, _ := net.SplitHostPort(r.Host)
	u.mu.Lock()
	address := u.led[port]
	u.mu.Unlock()
	process, err := net.Dial("tcp", address)
	if err != nil || r.Method != http.MethodConnect {
		http.Error(w, fmt.Sprintf("%s leads nowhere: %v", r.Host, err), http.StatusBadGateway)
		return
	}
	defer process.Close()
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(process, client)
		_ = process.Close()
	}()
	_, _ = io.Copy(client, process)
}
