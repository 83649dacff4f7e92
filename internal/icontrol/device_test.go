package icontrol

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
)

// fakeDevice answers in-process, so that tests of time can run in a synctest
// bubble. It knows logins and tokens; the rest is answer's.
type fakeDevice struct {
	t      *testing.T
	answer func(w http.ResponseWriter, r *http.Request)

	mu       sync.Mutex
	requests []string // "POST /mgmt/tm/ltm/pool", logins included
	logins   int
	tokens   map[string]bool
}

// errDrop, panicked by answer, loses the answer after the request arrived.
// errRefuse loses the request.
var (
	errDrop   = errors.New("connection reset by peer")
	errRefuse = errors.New("connection refused")
)

func newFakeDevice(t *testing.T, answer http.HandlerFunc) *fakeDevice {
	t.Helper()
	return &fakeDevice{t: t, answer: answer, tokens: map[string]bool{}}
}

func (d *fakeDevice) client(change ...func(*Config)) *Client {
	d.t.Helper()
	cfg := Config{Address: "192.0.2.1", Username: "admin", Password: "pa55word"}
	for _, c := range change {
		c(&cfg)
	}
	c, err := newClient(cfg.withDefaults(), d)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// RoundTrip implements http.RoundTripper.
func (d *fakeDevice) RoundTrip(r *http.Request) (res *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.requests = append(d.requests, r.Method+" "+r.URL.EscapedPath())
	d.mu.Unlock()

	sent := func() {
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
			trace.WroteHeaders()
		}
	}
	defer func() {
		switch p := recover(); p {
		case nil:
			sent()
		case errDrop:
			sent()
			res, err = nil, io.ErrUnexpectedEOF
		case errRefuse:
			res, err = nil, errRefuse
		default:
			panic(p)
		}
	}()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if r.Context().Err() != nil { // answer waited for the end of the context
		sent()
		return nil, r.Context().Err()
	}
	return w.Result(), nil
}

// ServeHTTP implements http.Handler, for tests over real connections.
func (d *fakeDevice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == loginPath {
		d.login(w, r)
		return
	}
	d.mu.Lock()
	known := d.tokens[r.Header.Get("X-F5-Auth-Token")]
	d.mu.Unlock()
	if !known {
		fail(w, 401, `{"code":401,"message":"X-F5-Auth-Token does not exist.","referer":"192.0.2.9","restOperationId":7,"kind":":resterrorresponse"}`)
		return
	}
	if token, ok := strings.CutPrefix(r.URL.Path, tokensPath); ok && r.Method == http.MethodDelete {
		d.expire(token)
		return
	}
	d.answer(w, r)
}

func (d *fakeDevice) login(w http.ResponseWriter, r *http.Request) {
	var body struct{ Username, Password, LoginProviderName string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		d.t.Errorf("login body: %v", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.logins++
	if body.Username != "admin" || body.Password != "pa55word" || body.LoginProviderName != "tmos" {
		fail(w, 401, `{"code":401,"message":"Authentication failed.","restOperationId":8,"kind":":resterrorresponse"}`)
		return
	}
	token := fmt.Sprintf("TOKEN%d", d.logins)
	d.tokens[token] = true
	fmt.Fprintf(w, `{"username":"admin","token":{"token":%q,"timeout":1200}}`, token)
}

// expire drops a token, or all of them.
func (d *fakeDevice) expire(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if token == "" {
		clear(d.tokens)
	}
	delete(d.tokens, token)
}

// seen returns the requests but for the logins.
func (d *fakeDevice) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var calls []string
	for _, r := range d.requests {
		if !strings.HasSuffix(r, loginPath) {
			calls = append(calls, r)
		}
	}
	return calls
}

func fail(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// script answers the n-th request with the n-th handler, and fails the test for more.
func script(t *testing.T, handlers ...http.HandlerFunc) http.HandlerFunc {
	t.Helper()
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if len(handlers) == 0 {
			mu.Unlock()
			t.Errorf("unexpected request: %s %s", r.Method, r.URL)
			return
		}
		next := handlers[0]
		handlers = handlers[1:]
		mu.Unlock()
		next(w, r)
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fail(w, code, body) }
}

func ok(body string) http.HandlerFunc { return status(200, body) }

func drop(http.ResponseWriter, *http.Request)   { panic(errDrop) }
func refuse(http.ResponseWriter, *http.Request) { panic(errRefuse) }

const (
	busyPage   = `<html><head><title>BIG-IP&reg; - Configuration Utility restarting...</title></head></html>`
	busyTask   = `{"code":503,"message":"There is an active asynchronous task executing.","errorStack":[],"apiError":32964609}`
	mcpdLost   = `{"code":500,"message":"The connection to mcpd has been lost, try again.","errorStack":[],"apiError":32768001}`
	notFound   = `{"code":404,"message":"01020036:3: The requested Pool (/shop/web) was not found.","errorStack":[],"apiError":3}`
	existsBody = `{"code":409,"message":"01020066:3: The requested Pool (/shop/web) already exists in partition shop.","errorStack":[],"apiError":3}`
	webPool    = `{"kind":"tm:ltm:pool:poolstate","name":"web","partition":"shop","fullPath":"/shop/web"}`
)
