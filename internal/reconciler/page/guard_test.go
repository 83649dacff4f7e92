package page

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTheGuardLetsInWhomItIsMeantFor(t *testing.T) {
	t.Parallel()
	token := Token{Read: func() (string, error) { return "secret", nil }}
	unread := Token{Read: func() (string, error) { return "", errors.New("no such file") }}
	empty := Token{Read: func() (string, error) { return "", nil }}
	reviews := Reviews{Review: func(_ context.Context, token string) (bool, bool, error) {
		if token == "silent" {
			return false, false, errors.New("no answer")
		}
		return token == "admin" || token == "viewer", token == "admin", nil
	}}
	for name, test := range map[string]struct {
		guard Guard
		make  func(*http.Request)
		want  int
	}{
		"the loopback, from it":                  {Loopback{}, func(*http.Request) {}, 200},
		"the loopback, by its name":              {Loopback{}, func(r *http.Request) { r.Host = "localhost:8080" }, 200},
		"the loopback, of IPv6":                  {Loopback{}, func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:1", "[::1]:8080" }, 200},
		"the loopback, from a network":           {Loopback{}, func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1234" }, 403},
		"the loopback, from a proxy":             {Loopback{}, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") }, 403},
		"the loopback, from another proxy":       {Loopback{}, func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.1") }, 403},
		"the loopback, by a name of elsewhere":   {Loopback{}, func(r *http.Request) { r.Host = "evil.example.com" }, 403},
		"a token, without one":                   {token, func(*http.Request) {}, 401},
		"a token, with it":                       {token, func(r *http.Request) { r.Header.Set("Authorization", "bearer secret") }, 200},
		"a token, with another":                  {token, func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret2") }, 401},
		"a token, as the password of a browser":  {token, func(r *http.Request) { r.SetBasicAuth("", "secret") }, 200},
		"a token that cannot be read":            {unread, func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret") }, 503},
		"a token that is empty":                  {empty, func(r *http.Request) { r.SetBasicAuth("", "") }, 503},
		"the cluster, without a token":           {reviews, func(*http.Request) {}, 401},
		"the cluster, with an unknown one":       {reviews, func(r *http.Request) { r.SetBasicAuth("x", "unknown") }, 401},
		"the cluster, with one that may not":     {reviews, func(r *http.Request) { r.SetBasicAuth("x", "viewer") }, 403},
		"the cluster, with one that may":         {reviews, func(r *http.Request) { r.Header.Set("Authorization", "Bearer admin") }, 200},
		"the cluster, when it does not answer":   {reviews, func(r *http.Request) { r.Header.Set("Authorization", "Bearer silent") }, 503},
		"the cluster, from the loopback as well": {reviews, func(r *http.Request) { r.Host = "localhost" }, 401},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1:8080"
		test.make(r)
		got := httptest.NewRecorder()
		guarded(test.guard, func(error) {}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(got, r)
		if got.Code != test.want {
			t.Errorf("%s: %d, want %d", name, got.Code, test.want)
		}
		if asks := len(got.Header().Values("WWW-Authenticate")) == 2; asks != (test.want == 401) {
			t.Errorf("%s: %v", name, got.Header())
		}
	}
}
