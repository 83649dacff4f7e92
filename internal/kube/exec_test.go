//go:build unix

package kube

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// script writes a command that gets credentials.
func script(t *testing.T, lines ...string) Exec {
	t.Helper()
	path := filepath.Join(t.TempDir(), "get-token")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+strings.Join(lines, "\n")+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return Exec{APIVersion: "client.authentication.k8s.io/v1", Command: path}
}

// printToken are the lines of a script that prints $1$TOKEN_END as the token.
const printToken = `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s%s"}}' "$1" "$TOKEN_END"`

func withExec(config Config, e Exec) Config {
	config.Token = ""
	config.Exec = &e
	return config
}

func TestCredentialsComeFromACommand(t *testing.T) {
	t.Parallel()
	tokens := make(chan string, 2)
	server := fakeAPI{servicePath: func(w http.ResponseWriter, r *http.Request) {
		tokens <- r.Header.Get("Authorization")
		answer(200, webService())(w, r)
	}}.serve(t)
	command := script(t, printToken)
	command.Args = []Secret{"abc"}
	command.Env = map[string]Secret{"TOKEN_END": "def"}
	if _, err := newSource(t, withExec(trusting(server), command), time.Minute).Snapshot(t.Context(), shopWeb); err != nil {
		t.Fatal(err)
	}
	if got := <-tokens; got != "Bearer abcdef" {
		t.Errorf("Authorization is %q", got)
	}
}

func TestACommandThatGivesNoCredentialsIsNotTheServersFault(t *testing.T) {
	t.Parallel()
	server := fakeAPI{}.serve(t)
	for name, tt := range map[string]struct{ line, want string }{
		"it fails":      {"exit 3", "exec: executable COMMAND failed with exit code 3"},
		"it prints rot": {"echo s3cret", "decoding stdout: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := script(t, tt.line)
			_, err := newSource(t, withExec(trusting(server), command), time.Minute).Snapshot(t.Context(), shopWeb)
			if !errors.Is(err, engine.ErrCredentials) || errors.Is(err, engine.ErrUnreachable) {
				t.Fatalf("the error is of another kind: %v", err)
			}
			want := "get Service shop/web on " + server.URL + ": credentials are refused: getting credentials: " + strings.ReplaceAll(tt.want, "COMMAND", command.Command)
			if !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got  %v\nwant %s…", err, want)
			}
		})
	}
}

func TestACommandThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // lets the command end, and the next one, for the slices, at once
		f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = os.Remove(fifo), f.Close()
	})
	command := script(t, "{ read line <"+fifo+"; } 2>/dev/null")
	_, err := newSource(t, withExec(trusting(fakeAPI{}.serve(t)), command), 50*time.Millisecond).Snapshot(t.Context(), shopWeb)
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the error is of another kind: %v", err)
	}
	if !strings.HasSuffix(err.Error(), "no answer in time: the exec command for the credentials still ran after 50ms") {
		t.Errorf("got %v", err)
	}
}
