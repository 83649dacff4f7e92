package icontrol

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOverARealConnectionALostAnswerIsToldFromARequestThatNeverLeft(t *testing.T) {
	t.Parallel()
	created := false
	device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			created = true // done, and then the connection ends
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Errorf("hijack: %v", err)
				return
			}
			_ = conn.Close()
			return
		}
		if !created {
			fail(w, 404, notFound)
			return
		}
		ok(webPool)(w, r)
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != loginPath {
			device.mu.Lock()
			device.requests = append(device.requests, r.Method+" "+r.URL.EscapedPath())
			device.mu.Unlock()
		}
		device.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c, err := New(Config{Address: server.URL, Username: "admin", Password: "pa55word"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := c.Pools().Create(t.Context(), "/shop/web", PoolBody{Object: Object{Name: "web", Partition: "shop"}}); err != nil {
		t.Fatal(err)
	}
	get := "GET /mgmt/tm/ltm/pool/~shop~web"
	if diff := cmp.Diff([]string{get, "POST /mgmt/tm/ltm/pool", get}, device.seen()); diff != "" {
		t.Error(diff)
	}
}

func TestAnAnswerThatBreaksOffIsALostOne(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"name":`))
			return
		}
		ok(webPool)(w, r)
	})
	server := httptest.NewServer(device)
	t.Cleanup(server.Close)
	c, err := New(Config{Address: server.URL, Username: "admin", Password: "pa55word"})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := c.Pools().Create(t.Context(), "/shop/web", PoolBody{Object: Object{Name: "web", Partition: "shop"}})
	if err != nil || pool.Partition != "shop" {
		t.Errorf("pool %+v, error %v; want the one that was looked up", pool, err)
	}
}
