package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// builder builds sets into .cache below root and tells of it on out.
type builder struct {
	root string
	out  io.Writer
}

// heartbeat is how often a long step shows that it is alive.
const heartbeat = 30 * time.Second

func (b *builder) folder(s set) string { return filepath.Join(b.root, ".cache", s.folder) }

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// build makes what is missing of a set. It says nothing when nothing is.
func (b *builder) build(ctx context.Context, s set, getenv func(string) string) error {
	if s.env != "" && getenv(s.env) != "" {
		return checkFolder(getenv(s.env), s)
	}
	pins, err := pinsOf(filepath.Join(b.root, "internal", "tools", s.module))
	if err != nil {
		return err
	}
	if len(b.missing(s, pins)) == 0 {
		return nil
	}
	if err := os.MkdirAll(b.folder(s), 0o755); err != nil { //nolint:gosec // executables for every user of the machine
		return err
	}
	unlock, err := lock(ctx, filepath.Join(b.folder(s), ".lock"), func() {
		b.say("waiting for another build of %s", s.name)
	})
	if err != nil {
		return fmt.Errorf("lock %s: %w", b.folder(s), err)
	}
	defer unlock()
	missing := b.missing(s, pins) // again: the other build may have made it
	began := time.Now()
	for i, t := range missing {
		if err := b.buildTool(ctx, s, t, pins, fmt.Sprintf("%s: %s (%d of %d)", s.name, t.name, i+1, len(missing))); err != nil {
			return err
		}
	}
	if len(missing) > 1 {
		b.say("%s: ready in .cache/%s after %s", s.name, s.folder, elapsed(began))
	}
	return nil
}

// missing lists the tools that are not there, or were built from other pins.
func (b *builder) missing(s set, pins string) []tool {
	var missing []tool
	for _, t := range s.tools {
		stamp, err := os.ReadFile(b.stampFile(s, t))
		_, statErr := os.Stat(filepath.Join(b.folder(s), executable(t.name)))
		if err != nil || statErr != nil || string(stamp) != pins {
			missing = append(missing, t)
		}
	}
	return missing
}

func (b *builder) stampFile(s set, t tool) string {
	return filepath.Join(b.folder(s), "."+t.name+".pins")
}

// buildTool builds one executable under a name of its own, renames it, and records its pins last.
func (b *builder) buildTool(ctx context.Context, s set, t tool, pins, step string) error {
	partial, err := os.CreateTemp(b.folder(s), "."+t.name+".*.partial")
	if err != nil {
		return err
	}
	defer os.Remove(partial.Name()) // nothing to remove after the rename
	if err := partial.Close(); err != nil {
		return err
	}
	began := time.Now()
	b.say("%s: building", step)
	stopHeartbeat := b.heartbeat(step, began)
	err = b.goBuild(ctx, s, t, partial.Name())
	stopHeartbeat()
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	if err := os.Rename(partial.Name(), filepath.Join(b.folder(s), executable(t.name))); err != nil {
		return err
	}
	b.say("%s: built in %s", step, elapsed(began))
	return os.WriteFile(b.stampFile(s, t), []byte(pins), 0o644) //nolint:gosec // no secret
}

func (b *builder) goBuild(ctx context.Context, s set, t tool, output string) error {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		return errors.New("there is no go command on PATH")
	}
	//nolint:gosec // all arguments are our own
	cmd := exec.CommandContext(ctx, goCommand, "build", "-mod=readonly", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w "+t.stamp, "-o", output, t.pkg)
	cmd.Dir = filepath.Join(b.root, "internal", "tools", s.module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS="+goFlags(os.Getenv("GOFLAGS")))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	// An interrupt ends the compilers as well, and leaves the cache of Go whole.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		return fmt.Errorf("%w: %s", err, lastLines(said.String()))
	}
	return nil
}

// goFlags keeps what a user sets to build at all (-p, -modcacherw ...) and drops what would change the outcome: a -mod
// of the main module, build tags, other linker flags.
func goFlags(flags string) string {
	var kept []string
	for flag := range strings.FieldsSeq(flags) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch name {
		case "mod", "modfile", "tags", "ldflags", "race", "cover", "o":
		default:
			kept = append(kept, flag)
		}
	}
	return strings.Join(kept, " ")
}

func (b *builder) heartbeat(step string, began time.Time) (stop func()) {
	done := make(chan struct{})
	ticker := time.NewTicker(heartbeat)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				b.say("%s: still building, %s", step, elapsed(began))
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

func (b *builder) say(format string, args ...any) { fmt.Fprintf(b.out, "==> "+format+"\n", args...) }

// elapsed is "75 s": whole seconds, easy to compare in a log.
func elapsed(since time.Time) string {
	return fmt.Sprintf("%.0f s", time.Since(since).Seconds())
}

// pinsOf is the fingerprint of a module's versions: an executable made from others is built again.
func pinsOf(module string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", err
		}
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// checkFolder tells what a folder of the user's lacks.
func checkFolder(folder string, s set) error {
	for _, t := range s.tools {
		if _, err := os.Stat(filepath.Join(folder, executable(t.name))); err != nil {
			return fmt.Errorf("%s names a folder without %s: %w", s.env, t.name, err)
		}
	}
	return nil
}

// lastLines keeps what matters of a failed build.
func lastLines(text string) string {
	const lines = 5
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
