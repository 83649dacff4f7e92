package kubetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startTimeout is for one process to answer: seconds on an idle machine, and more than a minute where fifteen
	// others want each core. A process that ends is not waited for.
	startTimeout = 4 * time.Minute
	stopGrace    = 2 * time.Second // between SIGTERM and SIGKILL
	pollInterval = 20 * time.Millisecond
)

// Process is one process of a control plane. Its methods may be called from several goroutines.
type Process struct {
	name, path, dir string
	args            []string
	// ready answers nil once the process serves; nil means that running is enough.
	ready func(context.Context) error

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
	err    error         // how it ended; read after exited
}

// exitError says that a process ended before it was ready; a clash of ports is the usual reason.
type exitError struct {
	name string
	err  error
	log  string
}

func (e *exitError) Error() string {
	return fmt.Sprintf("%s ended before it was ready: %v\n%s", e.name, e.err, e.log)
}

func (e *exitError) Unwrap() error { return e.err }

// Start starts the process, again with the same port and data if it ran before, and returns when it answers. The
// process outlives ctx; only the waiting ends with it. Start of a running process waits until it answers.
//
// Clients of an API server that was away come back with a back-off of up to half a minute, as everywhere; the controller
// manager and kwok too. A test that cannot wait for them stops and starts them as well.
func (p *Process) Start(ctx context.Context) error {
	if err := p.spawn(); err != nil {
		return err
	}
	return p.awaitReady(ctx)
}

// Stop asks the process to end (SIGTERM), kills it after two seconds or when ctx ends, and returns when it is gone. An
// API server with open watches would take a minute to end, etcd with open streams seven seconds.
func (p *Process) Stop(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err == nil {
		timer := time.NewTimer(stopGrace)
		defer timer.Stop()
		select {
		case <-p.exited:
			return nil
		case <-ctx.Done():
		case <-timer.C:
		}
	}
	return p.kill()
}

// Terminate asks the process to end (SIGTERM), lets it take its time, and returns when it is gone: an API server with a
// --shutdown-delay-duration serves on for so long. It is killed when ctx ends before, and then the error is ctx's.
func (p *Process) Terminate(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return errors.Join(err, p.kill())
	}
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("%s does not end: %w", p.name, ctx.Err()), p.kill())
	}
}

// Kill ends the process at once (SIGKILL) and returns when it is gone.
func (p *Process) Kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kill()
}

// Running tells whether the process runs.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

// PID is the process id of the running or last run; 0 before the first.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// LogFile is the file that takes stdout and stderr of all runs.
func (p *Process) LogFile() string { return p.dir + string(os.PathSeparator) + p.name + ".log" }

func (p *Process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

func (p *Process) kill() error {
	if !p.running() {
		return nil
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", p.name, err)
	}
	<-p.exited
	return nil
}

func (p *Process) spawn() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return nil
	}
	log, err := os.OpenFile(p.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // outlives the caller's context; Stop and Kill end it
	cmd.Dir = p.dir
	// Nothing of the user's: no kubeconfig, no proxy, no ~/.kwok.
	cmd.Env = []string{"HOME=" + p.dir, "TMPDIR=" + p.dir, "PATH=" + os.Getenv("PATH")}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = sysProcAttr()

	started, exited := make(chan error), make(chan struct{})
	go func() {
		// Linux sends the parent-death signal when the *thread* that started the child ends, so this thread waits.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(exited)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.exited = cmd, exited
	return nil
}

// awaitReady polls, since a process that starts has nothing to watch.
func (p *Process) awaitReady(ctx context.Context) error {
	if p.ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	p.mu.Lock()
	exited := p.exited
	p.mu.Unlock()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-exited:
			return &exitError{name: p.name, err: p.err, log: p.logTail()}
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w (last: %w)\n%s", p.name, ctx.Err(), err, p.logTail())
		case <-ticker.C:
		}
	}
}

// logTail returns the last lines of the log, for an error that must explain itself when the folder is gone.
func (p *Process) logTail() string {
	const lines = 8
	data, err := os.ReadFile(p.LogFile())
	if err != nil {
		return ""
	}
	all := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
