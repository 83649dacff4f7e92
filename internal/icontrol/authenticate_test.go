package icontrol

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestManyRequestsShareOneLoginAndOneNewLogin(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(webPool))
	server := httptest.NewServer(device)
	t.Cleanup(server.Close)
	c, err := New(Config{Address: server.URL, Username: "admin", Password: "pa55word", Readers: 8})
	if err != nil {
		t.Fatal(err)
	}
	for round := 1; round <= 3; round++ {
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if device.logins != round {
			t.Fatalf("%d logins after round %d, want %d", device.logins, round, round)
		}
		device.expire("")
	}
}

func TestATokenThatEndsInMidRunCostsOneLogin(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(webPool))
	server := httptest.NewServer(device)
	t.Cleanup(server.Close)
	c, err := New(Config{Address: server.URL, Username: "admin", Password: "pa55word"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			if i == 50 {
				device.expire("TOKEN1")
			}
			if _, err := c.Pools().Patch(t.Context(), "/shop/web", PoolBody{SlowRampTime: new(0)}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if device.logins != 2 {
		t.Errorf("%d logins, want 2", device.logins)
	}
}

func TestAWrongPasswordIsTriedOnceForAllRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		device := newFakeDevice(t, ok(webPool))
		c := device.client(func(c *Config) { c.Password = "wrong" })
		for range 20 {
			_, err := c.Pools().Get(t.Context(), "/shop/web", nil)
			login, failed := errors.AsType[*LoginError](err)
			if !failed || !errors.Is(err, ErrUnauthorized) || login.Username != "admin" {
				t.Fatalf("error %v, want a login error", err)
			}
		}
		if device.logins != 1 {
			t.Errorf("%d logins with a wrong password, want 1: more would lock the account", device.logins)
		}
		time.Sleep(refusalKept)
		if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err == nil || device.logins != 2 {
			t.Errorf("error %v after %d logins, want another try after %s", err, device.logins, refusalKept)
		}
	})
}

func TestARoleThatMayNotIsNotATokenThatIsGone(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, status(401, `{"code":401,"message":"Authorization failed: user=https://localhost/mgmt/shared/authz/users/u resource=/mgmt/tm/ltm/pool verb=GET uri:x","kind":":resterrorresponse"}`))
	_, err := device.client().Pools().Get(t.Context(), "/shop/web", nil)
	if !errors.Is(err, ErrForbidden) || device.logins != 1 {
		t.Errorf("error %v after %d logins, want ErrForbidden after 1", err, device.logins)
	}
}

func TestAFreshTokenThatIsRefusedIsNotReplacedAgain(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, status(401, `{"code":401,"message":"in words nobody knows","kind":":resterrorresponse"}`))
	_, err := device.client().Pools().Get(t.Context(), "/shop/web", nil)
	if !errors.Is(err, ErrUnauthorized) || device.logins != 2 {
		t.Errorf("error %v after %d logins, want ErrUnauthorized after 2", err, device.logins)
	}
}

func TestAForeignTokenIsUsedAndNeverDeleted(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(webPool))
	device.tokens["THEIRS"] = true
	c := device.client(func(c *Config) { c.Token, c.Username, c.Password = "THEIRS", "", "" })
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !device.tokens["THEIRS"] || device.logins != 0 {
		t.Errorf("token there: %t, logins %d; want true, 0", device.tokens["THEIRS"], device.logins)
	}
	device.expire("THEIRS")
	_, err := c.Pools().Get(t.Context(), "/shop/web", nil)
	if _, failed := errors.AsType[*LoginError](err); !failed || !errors.Is(err, ErrUnauthorized) {
		t.Errorf("error %v, want a login error: there is no user to log in", err)
	}
}

func TestLogoutDeletesOurToken(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(webPool))
	c := device.client()
	if err := c.Logout(t.Context()); err != nil || len(device.requests) != 0 {
		t.Errorf("logout before the first call: %v, requests %v", err, device.requests)
	}
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(device.tokens) != 0 {
		t.Errorf("%d tokens left", len(device.tokens))
	}
	if diff := cmp.Diff([]string{"GET /mgmt/tm/ltm/pool/~shop~web", "DELETE /mgmt/shared/authz/tokens/TOKEN1"}, device.seen()); diff != "" {
		t.Error(diff)
	}
}

func TestLogoutOfATokenThatIsGoneIsFine(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(webPool))
	c := device.client()
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
		t.Fatal(err)
	}
	device.expire("")
	if err := c.Logout(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWaitingForALoginEndsWithOnesOwnContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		device := newFakeDevice(t, ok(webPool))
		slow := roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == loginPath {
				<-release
			}
			return device.RoundTrip(r)
		})
		c, err := newClient(Config{Address: "192.0.2.1", Username: "admin", Password: "pa55word"}.withDefaults(), slow)
		if err != nil {
			t.Fatal(err)
		}
		first := make(chan error)
		go func() {
			_, err := c.Pools().Get(t.Context(), "/shop/web", nil)
			first <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Pools().Get(ctx, "/shop/web", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		close(release)
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestNoSecretIsEverPrinted(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	device := newFakeDevice(t, ok(webPool))
	cfg := Config{Username: "admin", Password: "pa55word", Token: "t0ken"}
	c := device.client(func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
		t.Fatal(err)
	}
	// A logout that fails names its path, and the path holds the token.
	c.session.next = handlerFunc(func(_ context.Context, req *request) (*response, error) {
		return nil, newError(req, 500, http.Header{}, nil)
	})
	logoutErr := c.Logout(t.Context())
	if logoutErr == nil {
		t.Fatal("the logout succeeded")
	}
	asJSON, err := json.Marshal(map[string]any{"password": cfg.Password, "token": cfg.Token})
	if err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "password", cfg.Password, "token", cfg.Token)
	printed := fmt.Sprintf("%s %v %+v %#v %x %q %s %v", cfg.Password, cfg.Token, cfg, cfg, cfg.Token, cfg.Token, asJSON, logoutErr) + log.String()
	for _, secret := range []string{"pa55word", "t0ken", "TOKEN1", fmt.Sprintf("%x", "t0ken")} {
		if strings.Contains(printed, secret) {
			t.Errorf("%q is printed:\n%s", secret, printed)
		}
	}
	if !strings.Contains(log.String(), "/mgmt/tm/ltm/pool/~shop~web") {
		t.Error("the journal holds no call: the test proves nothing")
	}
}

type handlerFunc func(context.Context, *request) (*response, error)

func (f handlerFunc) do(ctx context.Context, req *request) (*response, error) { return f(ctx, req) }
