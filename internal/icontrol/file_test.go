package icontrol

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// uploads puts the chunks of files together, as a device does.
type uploads struct {
	mu    sync.Mutex
	files map[string][]byte
	parts []string // "name 0-9/20"
}

func (u *uploads) take(t *testing.T, r *http.Request) {
	t.Helper()
	name := strings.TrimPrefix(r.URL.Path, uploadRoot)
	content, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	var first, last, total int
	if _, err := fmt.Sscanf(r.Header.Get("Content-Range"), "%d-%d/%d", &first, &last, &total); err != nil || last-first+1 != len(content) {
		t.Errorf("range %q of %d bytes: %v", r.Header.Get("Content-Range"), len(content), err)
		return
	}
	if got := r.Header.Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("content type %q", got)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if first == 0 {
		u.files[name] = make([]byte, total)
	}
	copy(u.files[name][first:], content)
	u.parts = append(u.parts, fmt.Sprintf("%s %d-%d/%d", name, first, last, total))
}

func TestAFileIsUploadedInChunksThatAllReleasesTake(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 120_000)
	u := &uploads{files: map[string][]byte{}}
	d := newFakeDevice(t, func(_ http.ResponseWriter, r *http.Request) { u.take(t, r) })
	if err := d.client().Upload(t.Context(), "bundle", content); err != nil {
		t.Fatal(err)
	}
	want := "bundle 0-524287/1200000, bundle 524288-1048575/1200000, bundle 1048576-1199999/1200000"
	if got := strings.Join(u.parts, ", "); got != want || !bytes.Equal(u.files["bundle"], content) {
		t.Errorf("chunks %s, want %s; %d bytes arrived", got, want, len(u.files["bundle"]))
	}
	if err := d.client().Upload(t.Context(), "empty", nil); err == nil {
		t.Error("a file without content was uploaded")
	}
}

func TestAChunkWhoseAnswerIsLostIsSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDevice(t, script(t, drop, ok(`{}`)))
		if err := d.client().Upload(t.Context(), "x", []byte("text")); err != nil {
			t.Error(err)
		}
		if c := d.client(); c.Changes() != 0 || c.Epoch() != 0 {
			t.Error("an upload counts as a change of the configuration")
		}
	})
}

func TestNoKeyIsLoggedOrInAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const key = "-----BEGIN PRIVATE KEY-----swordfish"
		for name, answer := range map[string]http.HandlerFunc{
			"accepted": ok(`{}`), "refused": status(400, `{"code":400,"message":"no","apiError":1}`), "lost": drop, "unreachable": refuse,
		} {
			var log bytes.Buffer
			d := newFakeDevice(t, answer)
			c := d.client(func(c *Config) {
				c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			err := c.Transact(t.Context(), func(tx *Transaction) error { return tx.Upload(t.Context(), "x", []byte(key)) })
			direct := c.Upload(t.Context(), "x", []byte(key))
			text := log.String() + fmt.Sprintf("%v %+v %v %+v", err, err, direct, direct)
			if strings.Contains(text, "swordfish") || !strings.Contains(text, "file-transfer") {
				t.Errorf("%s: %s", name, text)
			}
			if name != "accepted" && direct == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}

func TestUploadsInATransactionAreNoCommandsOfIt(t *testing.T) {
	t.Parallel()
	d := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-F5-REST-Coordination-Id")
		switch {
		case strings.Contains(r.URL.Path, "uploads") && id != "":
			t.Error("the upload bears the number of the transaction")
		case r.URL.Path == transactionRoot:
			_, _ = io.WriteString(w, `{"transId":7,"state":"STARTED"}`)
		case strings.HasPrefix(r.URL.Path, transactionRoot):
			_, _ = io.WriteString(w, `{"transId":7,"state":"COMPLETED"}`)
		case strings.Contains(r.URL.Path, "ssl-key") && id != "7":
			t.Errorf("the command bears %q", id)
		}
	})
	c := d.client()
	err := c.Transact(t.Context(), func(tx *Transaction) error {
		return errors.Join(tx.Upload(t.Context(), "x", []byte("text")), tx.Create(t.Context(), c.Keys(), FileBody{SourcePath: Uploaded("x")}))
	})
	if err != nil {
		t.Error(err)
	}
	want := "POST /mgmt/tm/transaction, POST /mgmt/shared/file-transfer/uploads/x, POST /mgmt/tm/sys/file/ssl-key, PATCH /mgmt/tm/transaction/7"
	if got := strings.Join(d.seen(), ", "); got != want {
		t.Errorf("requests %s, want %s", got, want)
	}
}

func TestRemovedUploadsAreOverwrittenBeforeTheyAreDeleted(t *testing.T) {
	t.Parallel()
	u := &uploads{files: map[string][]byte{}}
	var commands []string
	d := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, uploadRoot) {
			u.take(t, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		commands = append(commands, string(body))
		fail(w, 401, `{"code":401,"message":"Authorization failed: verb=POST","restOperationId":7,"kind":":resterrorresponse"}`)
	})
	err := d.client().RemoveUploads(t.Context(), "a", "b")
	if !errors.Is(err, ErrForbidden) || string(u.files["a"])+string(u.files["b"]) != "\n\n" {
		t.Errorf("files %q, %v", u.files, err)
	}
	if want := `{"command":"run","utilCmdArgs":"/var/config/rest/downloads/a"}`; len(commands) != 1 || commands[0] != want {
		t.Errorf("commands %v", commands)
	}
}
