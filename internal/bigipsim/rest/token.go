package rest

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// Limits of tokens (icontrol-rest 1.3).
const (
	tokenTimeout    = 1200 * time.Second
	tokenMaxTimeout = 36000 * time.Second
	tokensPerUser   = 100
)

const (
	tokenUnknown = "X-F5-Auth-Token does not exist."
	tokenExpired = "X-F5-Auth-Token has expired."
)

type token struct {
	name       string
	user       string
	provider   string
	address    string
	start      time.Time
	expires    time.Time
	timeout    time.Duration
	generation int64
	updated    time.Time
}

// tokens are those that restjavad holds. An expired token is remembered until
// the next login, so that its use is told apart from that of an unknown one.
type tokens struct {
	now func() time.Time

	mu     sync.Mutex
	byName map[string]*token
}

func newTokens(now func() time.Time) *tokens {
	return &tokens{now: now, byName: map[string]*token{}}
}

// issue makes a token; exempt users have no limit.
func (t *tokens) issue(user, provider, address string, exempt bool) (token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, active := t.now(), 0
	for name, k := range t.byName {
		switch {
		case now.Sub(k.expires) > tokenTimeout:
			delete(t.byName, name)
		case k.user == user && now.Before(k.expires):
			active++
		}
	}
	if active >= tokensPerUser && !exempt {
		return token{}, &restError{status: http.StatusBadRequest, message: "user " + user + " has reached maximum active login tokens"}
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	k := &token{
		name: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random[:]), user: user, provider: provider,
		address: address, start: now, expires: now.Add(tokenTimeout), timeout: tokenTimeout, generation: 1, updated: now,
	}
	t.byName[k.name] = k
	return *k, nil
}

// user is the owner of a valid token.
func (t *tokens) user(state *config.State, name string) (*config.User, *restError) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.byName[name]
	switch {
	case k == nil:
		return nil, &restError{status: http.StatusUnauthorized, message: tokenUnknown}
	case !t.now().Before(k.expires):
		return nil, &restError{status: http.StatusUnauthorized, message: tokenExpired}
	}
	if user := state.User(k.user); user != nil {
		return user, nil
	}
	return nil, &restError{status: http.StatusUnauthorized, message: tokenUnknown} // the user is gone (inferred)
}

// ExpireToken makes a token expire at once; an unknown one is left alone.
func (s *Server) ExpireToken(name string) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if k := s.tokens.byName[name]; k != nil {
		k.expires = s.now()
	}
}

// find is a living token that a user may look at.
func (t *tokens) find(name string, by *config.User) (*token, error) {
	k := t.byName[name]
	switch {
	case k == nil || !t.now().Before(k.expires):
		return nil, &restError{status: http.StatusNotFound, message: "Object does not exist: https://localhost/mgmt/shared/authz/tokens/" + name}
	case k.user != by.Name && by.Role != config.RoleAdmin:
		return nil, &restError{status: http.StatusBadRequest, message: "Authorization failed"}
	}
	return k, nil
}

// extend sets the timeout, counted from now; a token never outlives 36000 s.
func (t *tokens) extend(k *token, timeout time.Duration) error {
	if timeout > tokenMaxTimeout || timeout <= 0 {
		return &restError{status: http.StatusNotAcceptable, message: "Auth-token absolute timeout (36000 seconds) exceeded"}
	}
	now := t.now()
	k.timeout, k.expires, k.updated = timeout, now.Add(timeout), now
	if limit := k.start.Add(tokenMaxTimeout); k.expires.After(limit) {
		k.expires = limit
	}
	k.generation++
	return nil
}

func (k *token) document() *document {
	return (&document{}).
		add("token", k.name).
		add("name", k.name).
		add("userName", k.user).
		add("authProviderName", k.provider).
		add("user", link("https://localhost/mgmt/shared/authz/users/"+k.user)).
		add("groupReferences", []string{}).
		add("timeout", int64(k.timeout/time.Second)).
		add("startTime", k.start.Format("2006-01-02T15:04:05.000-0700")).
		add("address", k.address).
		add("partition", "[All]").
		add("generation", k.generation).
		add("lastUpdateMicros", k.updated.UnixMicro()).
		add("expirationMicros", k.expires.UnixMicro()).
		add("kind", "shared:authz:tokens:authtokenitemstate").
		add("selfLink", "https://localhost/mgmt/shared/authz/tokens/"+k.name)
}

// login is POST /mgmt/shared/authn/login.
func (s *Server) login(r *request) (int, *document, error) {
	if r.Method != http.MethodPost {
		return 0, nil, &restError{status: http.StatusMethodNotAllowed, message: "Method not allowed"}
	}
	body, err := decode(r)
	if err != nil {
		return 0, nil, err
	}
	name, _ := body["username"].(string)
	password, _ := body["password"].(string)
	provider, _ := body["loginProviderName"].(string)
	if provider == "" {
		provider = "tmos"
	}
	if provider != "tmos" && provider != "local" {
		return 0, nil, &restError{status: http.StatusUnauthorized, message: "loginProviderName is invalid."}
	}
	user := r.state.Login(name, password)
	if user == nil {
		return 0, nil, &restError{status: http.StatusUnauthorized, message: "Authentication failed."}
	}
	k, err := s.tokens.issue(user.Name, provider, remoteIP(r.Request), user.Name == s.admin)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, (&document{}).
		add("username", name).
		add("loginReference", link("https://localhost/mgmt/cm/system/authn/providers/tmos/1f44a60e-11a7-3c51-a49f-82983026b41b/login")).
		add("loginProviderName", provider).
		add("token", k.document()).
		add("generation", 0).
		add("lastUpdateMicros", 0), nil
}

// authzTokens is /mgmt/shared/authz/tokens[/name].
func (s *Server) authzTokens(r *request, name string) (int, *document, error) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if name == "" {
		return s.listTokens(r)
	}
	k, err := s.tokens.find(name, r.user)
	if err != nil {
		return 0, nil, err
	}
	switch r.Method {
	case http.MethodGet:
	case http.MethodDelete:
		delete(s.tokens.byName, name)
	case http.MethodPatch:
		body, err := decode(r)
		if err != nil {
			return 0, nil, err
		}
		seconds, ok := seconds(body["timeout"])
		if !ok {
			return 0, nil, &restError{status: http.StatusBadRequest, message: "timeout must be a number of seconds"}
		}
		if err := s.tokens.extend(k, seconds); err != nil {
			return 0, nil, err
		}
	default:
		return 0, nil, &restError{status: http.StatusMethodNotAllowed, message: "Method not allowed"}
	}
	return http.StatusOK, k.document(), nil
}

func (s *Server) listTokens(r *request) (int, *document, error) {
	if r.Method != http.MethodGet {
		return 0, nil, &restError{status: http.StatusMethodNotAllowed, message: "Method not allowed"}
	}
	items := []*document{}
	for _, name := range slices.Sorted(maps.Keys(s.tokens.byName)) {
		if k, err := s.tokens.find(name, r.user); err == nil {
			items = append(items, k.document())
		}
	}
	return http.StatusOK, (&document{}).
		add("items", items).
		add("generation", int64(len(items))).
		add("kind", "shared:authz:tokens:authtokencollectionstate").
		add("lastUpdateMicros", s.now().UnixMicro()).
		add("selfLink", "https://localhost/mgmt/shared/authz/tokens"), nil
}

// seconds reads a timeout, which clients send as number or as string.
func seconds(value any) (time.Duration, bool) {
	var text string
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	n, err := strconv.ParseInt(text, 10, 32)
	return time.Duration(n) * time.Second, err == nil
}
