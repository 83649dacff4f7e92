package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Helper is the program's reconcile command, running: a process of its own, as a
// user would start it.
type Helper struct {
	command *exec.Cmd
	probes  string        // address of /readyz
	ended   chan struct{} // closed when the process is gone and has nothing left to say

	mu  sync.Mutex
	log strings.Builder
	err error // how the process ended
}

// StartHelper starts "provider reconcile" for the partition shop and returns when
// it has begun; see Ready.
func (l *Lab) StartHelper(ctx context.Context, kubeconfig string, flags ...string) (*Helper, error) {
	args := append([]string{
		"reconcile", "--partition", "shop", "--discover-interval", "1s", "--log-format", "json",
		"--metrics-bind-address", "0", "--health-probe-bind-address", "127.0.0.1:0",
	}, flags...)
	h := &Helper{command: exec.Command(l.Provider, args...), ended: make(chan struct{})}
	h.command.Env = l.environment(kubeconfig)
	endWithParent(h.command)
	stderr, err := h.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := h.command.Start(); err != nil {
		return nil, err
	}
	probes := make(chan string, 1)
	go h.listen(stderr, probes)
	select {
	case h.probes = <-probes:
		return h, nil
	case <-h.ended:
		return nil, fmt.Errorf("reconcile ended before it had begun: %w\n%s", h.err, h.Log())
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), h.Kill())
	}
}

// listen keeps what the process says until it ends.
func (h *Helper) listen(stderr io.Reader, probes chan<- string) {
	defer close(h.ended)
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		h.mu.Lock()
		h.log.WriteString(lines.Text() + "\n")
		h.mu.Unlock()
		var line struct {
			Message string `json:"msg"`
			Probes  string `json:"probes"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "started" {
			probes <- line.Probes
		}
	}
	h.err = errors.Join(lines.Err(), h.command.Wait())
}

// Ready returns when the helper says that it can do its work: it has read all
// pools and all that they are bound to.
func (h *Helper) Ready(ctx context.Context) error { return h.says(ctx, true) }

// Unready returns when the helper says that it cannot do its work.
func (h *Helper) Unready(ctx context.Context) error { return h.says(ctx, false) }

// says polls /readyz until it says so.
func (h *Helper) says(ctx context.Context, ready bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		response, err := http.Get("http://" + h.probes + "/readyz") //nolint:noctx // loopback, and answered at once
		if err == nil {
			_ = response.Body.Close()
			if (response.StatusCode == http.StatusOK) == ready {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-h.ended:
			return fmt.Errorf("reconcile ended: %w\n%s", h.err, h.Log())
		case <-ctx.Done():
			return fmt.Errorf("reconcile does not become ready=%t: %w\n%s", ready, ctx.Err(), h.Log())
		}
	}
}

// Stop ends the helper as Kubernetes would, and returns how it ended.
func (h *Helper) Stop() error {
	_ = h.command.Process.Signal(syscall.SIGTERM) // it may have ended by itself: then its error tells
	<-h.ended
	return h.err
}

// Kill ends the helper at once (SIGKILL) and returns when it is gone.
func (h *Helper) Kill() error {
	err := h.command.Process.Kill()
	<-h.ended
	return err
}

// Log is what the helper has said so far, a line of JSON each.
func (h *Helper) Log() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}
