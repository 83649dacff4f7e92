package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// providerName is the name of the program that is tried.
const providerName = "terraform-provider-bigipkube"

// Lab is a cluster with pods that answer, and a simulated BIG-IP whose data
// plane reaches them.
type Lab struct {
	Cluster   *kubetest.ControlPlane
	Backends  *kubetest.Backends
	Simulator *Simulator
	Provider  string // the built program
	dir       string
	closers   []func()
}

// NewLab starts both sides; flags are those of the simulator. cluster may be shared
// by several labs; the caller closes it.
func NewLab(ctx context.Context, cluster *kubetest.ControlPlane, provider string, flags ...string) (lab *Lab, err error) {
	dir, err := os.MkdirTemp("", "bigipkube-lab-")
	if err != nil {
		return nil, err
	}
	lab = &Lab{Cluster: cluster, Provider: provider, dir: dir}
	defer func() {
		if err != nil {
			lab.Close()
		}
	}()
	if lab.Simulator, err = StartSimulator(provider, dir, flags...); err != nil {
		return lab, err
	}
	lab.closers = append(lab.closers, lab.Simulator.Close)
	lab.Backends, err = lab.Reach(ctx, cluster)
	return lab, err
}

// Reach lets the data plane reach the pods of a cluster, until the lab ends.
func (l *Lab) Reach(ctx context.Context, cluster *kubetest.ControlPlane) (*kubetest.Backends, error) {
	backends, err := cluster.StartBackends(ctx, kubetest.BackendsOptions{OnChange: func(changed map[string]string) {
		// Fails only when the simulator is gone, and then every request tells.
		_ = l.Simulator.Control(context.WithoutCancel(ctx), http.MethodPut, "/members", changed, nil)
	}})
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, func() { _ = backends.Close() })
	return backends, nil
}

// Close ends all that the lab started, last first.
func (l *Lab) Close() {
	for i := len(l.closers) - 1; i >= 0; i-- {
		l.closers[i]()
	}
	_ = os.RemoveAll(l.dir)
}

// BuildProvider builds the program into dir and returns its path.
func BuildProvider(ctx context.Context, dir string) (string, error) {
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, providerName)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, ".")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// repositoryRoot is the folder of go.mod.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no go.mod above the working folder")
}

// Simulator is the program's simulate command, running.
type Simulator struct {
	Management string
	Peer       string // of the second device, with --ha
	ControlURL string
	CAFile     string
	Username   string
	Password   string

	command *exec.Cmd
	stderr  *bytes.Buffer
	client  *http.Client
}

// StartSimulator starts "provider simulate" on free ports and waits for its
// line of JSON.
func StartSimulator(provider, dir string, flags ...string) (*Simulator, error) {
	s := &Simulator{Password: "correct-horse-battery", stderr: &bytes.Buffer{}}
	args := append([]string{
		"simulate", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0",
		"--ca-file", filepath.Join(dir, "bigip-ca.pem"), "--password", s.Password,
	}, flags...)
	s.command = exec.Command(provider, args...)
	s.command.Stderr = s.stderr
	endWithParent(s.command)
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("simulate ended before it was ready: %s", s.stderr)
	}
	var ready struct {
		Management string `json:"management"`
		Control    string `json:"control"`
		CAFile     string `json:"ca_file"`
		Username   string `json:"username"`
		Peer       struct {
			Management string `json:"management"`
		} `json:"peer"`
	}
	if err := json.Unmarshal(line, &ready); err != nil {
		s.Close()
		return nil, fmt.Errorf("simulate printed %q: %w", line, err)
	}
	s.Peer = ready.Peer.Management
	s.Management, s.ControlURL, s.CAFile, s.Username = ready.Management, ready.Control, ready.CAFile, ready.Username
	roots, err := trusted(s.CAFile)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	return s, nil
}

// trusted reads the device's CA; without TLS there is none.
func trusted(file string) (*x509.CertPool, error) {
	roots := x509.NewCertPool()
	if file == "" {
		return roots, nil
	}
	ca, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots.AppendCertsFromPEM(ca)
	return roots, nil
}

// Close ends the process as an operator would, and waits for it.
func (s *Simulator) Close() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	_ = s.command.Wait()
}

// REST sends one request to the device's management API; body and answer may
// be nil.
func (s *Simulator) REST(ctx context.Context, method, path string, body, answer any) error {
	return s.send(ctx, method, s.Management+path, body, answer)
}

// Control sends one request to the simulator's own API.
func (s *Simulator) Control(ctx context.Context, method, path string, body, answer any) error {
	return s.send(ctx, method, s.ControlURL+path, body, answer)
}

func (s *Simulator) send(ctx context.Context, method, url string, body, answer any) error {
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, url, &payload)
	if err != nil {
		return err
	}
	request.SetBasicAuth(s.Username, s.Password)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, url, response.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// Request is one line of the simulator's journal.
type Request struct {
	Time     time.Time `json:"time"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Status   int       `json:"status"`
	BytesIn  int64     `json:"bytes_in"`
	BytesOut int64     `json:"bytes_out"`
}

// Active is the management address of the unit that is active; that of the device
// if it has no peer.
func (s *Simulator) Active(ctx context.Context) (string, error) {
	if s.Peer == "" {
		return s.Management, nil
	}
	var units []struct {
		Management string `json:"management"`
		State      string `json:"state"`
	}
	if err := s.Control(ctx, http.MethodGet, "/units", nil, &units); err != nil {
		return "", err
	}
	for _, unit := range units {
		if unit.State == "active" {
			return unit.Management, nil
		}
	}
	return "", fmt.Errorf("no unit is active: %v", units)
}

// Journal returns what was asked of the device through its management API
// since the last ClearJournal, logins and logouts apart.
func (s *Simulator) Journal(ctx context.Context) ([]Request, error) {
	var all, requests []Request
	if err := s.Control(ctx, http.MethodGet, "/requests", nil, &all); err != nil {
		return nil, err
	}
	for _, r := range all {
		if !strings.HasPrefix(r.Path, "/mgmt/shared/auth") {
			requests = append(requests, r)
		}
	}
	return requests, nil
}

// ClearJournal forgets all requests.
func (s *Simulator) ClearJournal(ctx context.Context) error {
	return s.Control(ctx, http.MethodDelete, "/requests", nil, nil)
}

// Listener is the loopback address of a virtual server's data plane.
func (s *Simulator) Listener(ctx context.Context, virtualServer string) (string, error) {
	var all []struct {
		Name     string `json:"name"`
		Listener string `json:"listener"`
	}
	if err := s.Control(ctx, http.MethodGet, "/virtual-servers", nil, &all); err != nil {
		return "", err
	}
	for _, vs := range all {
		if vs.Name == virtualServer {
			return vs.Listener, nil
		}
	}
	return "", fmt.Errorf("the device has no virtual server %s", virtualServer)
}

// Platform is the folder name that Terraform uses for this machine.
func Platform() string { return runtime.GOOS + "_" + runtime.GOARCH }
