package page

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// The challenges of a request without a token. A browser knows only Basic: it asks for a
// name, which does not matter, and a password, which is the token.
const (
	bearerChallenge = `Bearer realm="bigipkube"` //nolint:gosec // it asks for one
	basicChallenge  = `Basic realm="bigipkube: the token is the password", charset="UTF-8"`
)

// Guard is who may look.
type Guard interface {
	// Allow returns nil, or why not: a *Refusal, or that it cannot be known now.
	Allow(r *http.Request) error
}

// Refusal is an answer to somebody who may not look.
type Refusal struct {
	Ask bool // for a token: there was none that is good; else it was, and is not enough
	Why string
}

func (r *Refusal) Error() string { return r.Why }

// Loopback lets in who comes from the same machine, such as "kubectl port-forward", and
// nobody else. What a proxy has forwarded is not from here; nor is a name of
// elsewhere that a browser was told is this machine.
type Loopback struct{}

// Allow is Guard's.
func (Loopback) Allow(r *http.Request) error {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	switch {
	case err != nil || !from.Addr().Unmap().IsLoopback():
		return &Refusal{Why: "it is shown on the loopback only: use kubectl port-forward, or let the helper ask for a token by --page-auth"}
	case r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "":
		return &Refusal{Why: "it is shown on the loopback only, and not through a proxy: let the helper ask for a token by --page-auth"}
	case !loopbackName(r.Host):
		return &Refusal{Why: "it is shown on the loopback only, and under its names only: use http://localhost"}
	}
	return nil
}

func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// Token lets in who knows it.
type Token struct {
	// Read returns the token; it is asked each time, so that a file may change.
	Read func() (string, error)
}

// Allow is Guard's.
func (t Token) Allow(r *http.Request) error {
	want, err := t.Read()
	if err != nil {
		return err
	}
	if want == "" {
		return errors.New("the token of the page is empty")
	}
	got := tokenOf(r)
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return asked(got)
	}
	return nil
}

// Reviews lets in whom a cluster knows by his token, and allows to look.
type Reviews struct {
	// Review tells whether the cluster knows whose token it is, and whether he may look.
	Review func(ctx context.Context, token string) (known, may bool, err error)
}

// Allow is Guard's.
func (c Reviews) Allow(r *http.Request) error {
	token := tokenOf(r)
	if token == "" {
		return asked(token)
	}
	known, may, err := c.Review(r.Context(), token)
	switch {
	case err != nil:
		return err
	case !known:
		return asked(token)
	case !may:
		return &Refusal{Why: "the cluster does not allow you to get " + NonResourcePath}
	}
	return nil
}

// NonResourcePath is what a Role of the cluster allows to get.
const NonResourcePath = "/bigipkube/status"

func asked(token string) error {
	if token == "" {
		return &Refusal{Ask: true, Why: "a token is needed"}
	}
	return &Refusal{Ask: true, Why: "the token is not good"}
}

// tokenOf is the token of a request, as a program or a browser gives it; "" = none.
func tokenOf(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

// guarded asks the guard before each request.
func guarded(g Guard, log func(error), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := g.Allow(r)
		refusal, refused := errors.AsType[*Refusal](err)
		switch {
		case err == nil:
			next.ServeHTTP(w, r)
		case refused && refusal.Ask:
			w.Header().Add("WWW-Authenticate", bearerChallenge)
			w.Header().Add("WWW-Authenticate", basicChallenge)
			http.Error(w, refusal.Why, http.StatusUnauthorized)
		case refused:
			http.Error(w, refusal.Why, http.StatusForbidden)
		default:
			log(err)
			http.Error(w, "who you are cannot be asked now", http.StatusServiceUnavailable)
		}
	})
}
