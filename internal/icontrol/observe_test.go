package icontrol

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// loginBytes is the size of a login's body.
const loginBytes = int64(len(`{"loginProviderName":"tmos","password":"pa55word","username":"admin"}`))

// observer keeps the exchanges that it is told of.
type observer struct {
	mu        sync.Mutex
	exchanges []Exchange
}

func (o *observer) observe(e Exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.exchanges = append(o.exchanges, e)
}

func (o *observer) want(t *testing.T, want ...Exchange) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if diff := cmp.Diff(want, o.exchanges, cmpopts.IgnoreFields(Exchange{}, "Duration")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestEachExchangeIsToldWithTheKindOfItsObjectItsBytesAndItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen observer
		slow := func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(3 * time.Second)
			fail(w, 200, webPool)
		}
		device := newFakeDevice(t, script(t, status(503, busyTask), slow, drop, ok(`{}`), ok(`{"entries":{}}`), refuse, refuse, refuse, ok(`{}`)))
		c := device.client(func(cfg *Config) { cfg.Observe = seen.observe })
		if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
			t.Fatal(err)
		}
		session := "user-disabled"
		if _, err := c.Members("/shop/web").Patch(t.Context(), "/shop/10.0.0.1:80", MemberBody{Session: &session}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.MemberStats(t.Context(), "/shop/web"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		patch := int64(len(`{"session":"user-disabled"}`))
		seen.want(t,
			Exchange{Method: "POST", Object: "token", Status: 200, Sent: loginBytes, Received: int64(len(`{"username":"admin","token":{"token":"TOKEN1","timeout":1200}}`))},
			Exchange{Method: "GET", Object: "pool", Status: 503, Received: int64(len(busyTask))},
			Exchange{Method: "GET", Object: "pool", Status: 200, Received: int64(len(webPool))},
			Exchange{Method: "PATCH", Object: "pool/members", Failure: FailureBroken, Sent: patch},
			Exchange{Method: "PATCH", Object: "pool/members", Status: 200, Sent: patch, Received: 2},
			Exchange{Method: "GET", Object: "pool/members/stats", Status: 200, Received: 14},
			Exchange{Method: "POST", Object: "transaction", Failure: FailureBroken, Sent: 2},
			Exchange{Method: "POST", Object: "transaction", Failure: FailureBroken, Sent: 2},
			Exchange{Method: "POST", Object: "transaction", Failure: FailureBroken, Sent: 2},
			Exchange{Method: "POST", Object: "transaction", Status: 200, Sent: 2, Received: 2},
			Exchange{Method: "DELETE", Object: "token", Status: 200},
		)
		if took := seen.exchanges[2].Duration; took != 3*time.Second {
			t.Errorf("the slow one took %v", took)
		}
	})
}

func TestAnExchangeWithoutAnAnswerTellsWhy(t *testing.T) {
	t.Parallel()
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + refused.Addr().String()
	_ = refused.Close()
	brokenOff := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"token"`))
	}))
	brokenOff.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that the client ends
	brokenOff.StartTLS()
	t.Cleanup(brokenOff.Close)
	ctx, cancel := context.WithCancel(t.Context())
	leaving := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(leaving.Close)

	for _, tt := range []struct {
		name string
		ctx  context.Context
		cfg  Config
		want Exchange
	}{
		{"nobody listens", t.Context(), Config{Address: nobody}, Exchange{Failure: FailureConnect}},
		{"a certificate of nobody known", t.Context(), Config{Address: brokenOff.URL}, Exchange{Failure: FailureCertificate}},
		{"half an answer", t.Context(), Config{Address: brokenOff.URL, Insecure: true}, Exchange{Status: 200, Received: 8, Failure: FailureBroken}},
		{"the caller leaves", ctx, Config{Address: leaving.URL}, Exchange{Failure: FailureCanceled}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen observer
			cfg := tt.cfg
			cfg.Username, cfg.Password, cfg.RetryTimeout, cfg.Observe = "admin", "pa55word", time.Nanosecond, seen.observe
			c, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Pools().Get(tt.ctx, "/shop/web", nil); err == nil {
				t.Error("no error")
			}
			tt.want.Method, tt.want.Object, tt.want.Sent = "POST", "token", loginBytes
			seen.want(t, tt.want)
		})
	}
}

func TestAnAnswerThatDoesNotComeInTimeIsToldSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen observer
		device := newFakeDevice(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		c := device.client(func(cfg *Config) {
			cfg.Observe, cfg.RequestTimeout, cfg.RetryTimeout = seen.observe, 5*time.Second, time.Nanosecond
		})
		if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); !errors.Is(err, ErrUnreachable) {
			t.Fatal(err)
		}
		if last := seen.exchanges[1]; last != (Exchange{Method: "GET", Object: "pool", Failure: FailureTimeout, Duration: 5 * time.Second}) {
			t.Errorf("got %+v", last)
		}
	})
}

func TestTheKindOfAnObjectHasNoName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/mgmt/tm/ltm/pool":                                           "pool",
		"/mgmt/tm/ltm/pool/~shop~web":                                 "pool",
		"/mgmt/tm/ltm/pool/~shop~stats":                               "pool",
		"/mgmt/tm/ltm/pool/~shop~web/stats":                           "pool/stats",
		"/mgmt/tm/ltm/pool/~shop~web/members":                         "pool/members",
		"/mgmt/tm/ltm/pool/~shop~web/members/~shop~10.0.0.1%252:80":   "pool/members",
		"/mgmt/tm/ltm/pool/~shop~web/members/stats":                   "pool/members/stats",
		"/mgmt/tm/ltm/virtual/~shop~web/profiles":                     "virtual/profiles",
		"/mgmt/tm/ltm/monitor/http/~shop~web":                         "monitor",
		"/mgmt/tm/ltm/node/~shop~10.0.0.1":                            "node",
		"/mgmt/tm/ltm/policy/~shop~web/rules":                         "policy/rules",
		"/mgmt/tm/ltm/profile/client-ssl":                             "profile/client-ssl",
		"/mgmt/tm/ltm/profile/client-ssl/~shop~web":                   "profile/client-ssl",
		"/mgmt/tm/sys/file/ssl-key/~shop~web":                         "file/ssl-key",
		"/mgmt/shared/file-transfer/uploads/bigipkube-ABC":            "upload",
		"/mgmt/tm/transaction":                                        "transaction",
		"/mgmt/tm/transaction/1389812351":                             "transaction",
		"/mgmt/tm/auth/partition/shop":                                "partition",
		"/mgmt/tm/sys/config":                                         "config",
		"/mgmt/tm/cm/failover-status":                                 "failover-status",
		"/mgmt/tm/cm":                                                 "cm",
		"/mgmt/shared/authn/login":                                    "token",
		"/mgmt/shared/authz/tokens/ABCDEFGHIJKLMNOPQRSTUVWXYZ":        "token",
		"/mgmt/shared/declarative-onboarding/somebody-elses/anything": "other",
	} {
		if got := objectKind(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}
