package reconciler

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

var programFolder string // "" until it is built

// program is the program, built by the first test that starts it.
var program = sync.OnceValues(func() (path string, err error) {
	if programFolder, err = os.MkdirTemp("", "bigipkube-reconciler-"); err != nil {
		return "", err
	}
	path = filepath.Join(programFolder, "terraform-provider-bigipkube")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", path, "../..").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// process is a helper that is a process of its own, as a user would start it.
type process struct {
	command *exec.Cmd
	log     *syncBuffer
	metrics string // its address
	ended   chan struct{}
	err     error // how it ended
}

// startProcess starts the program's reconcile command, until the test ends.
func (l *lab) startProcess(flags ...string) *process {
	l.t.Helper()
	path, err := program()
	must(l.t, err)
	p := &process{log: &syncBuffer{}, ended: make(chan struct{})}
	p.command = exec.Command(path, append([]string{
		"reconcile", "--address", l.sim.ManagementURL(), "--username", "admin", "--ca-file", l.sim.CAFile(), "--kubeconfig", l.config,
		"--metrics-bind-address", "127.0.0.1:0", "--health-probe-bind-address", "0", "--log-format", "json",
	}, flags...)...)
	p.command.Env = []string{"BIGIP_PASSWORD=admin", "HOME=" + l.t.TempDir()}
	stderr, err := p.command.StderrPipe()
	must(l.t, err)
	must(l.t, p.command.Start())
	started := make(chan struct{})
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			_, _ = fmt.Fprintln(p.log, lines.Text())
			var line struct{ Msg, Metrics string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "started" {
				p.metrics = line.Metrics
				close(started)
			}
		}
		p.err = p.command.Wait()
	}()
	l.t.Cleanup(func() {
		p.kill()
		if l.t.Failed() {
			l.t.Logf("the log of a helper's process:\n%s", p.log)
		}
	})
	select {
	case <-started:
	case <-p.ended:
		l.t.Fatalf("the helper ended before it had begun: %v", p.err)
	case <-time.After(time.Minute):
		l.t.Fatal("the helper does not start")
	}
	return p
}

// kill ends the process at once, and returns when it is gone.
func (p *process) kill() {
	_ = p.command.Process.Signal(syscall.SIGKILL) // it may have ended
	<-p.ended
}
