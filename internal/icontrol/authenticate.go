package icontrol

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

const (
	loginPath  = "/mgmt/shared/authn/login"
	tokensPath = "/mgmt/shared/authz/tokens/" //nolint:gosec // a path, no credential

	// refusalKept is how long a refused login is answered from memory: a
	// hundred resources with a wrong password must not lock the account.
	refusalKept = 30 * time.Second
)

// authenticateHandler gives each request its token. There is one login per
// client, however many requests wait for it; and one new login when the device
// says that the token is gone: tokens end after 20 minutes and with a restart
// of restjavad (icontrol-rest 1.3).
type authenticateHandler struct {
	next   handler
	config Config

	// turn guards the fields below. A channel, so that waiting for the login
	// of another request ends with one's own context.
	turn    chan struct{}
	token   Secret
	ours    bool // we made the token, so we delete it
	refused error
	until   time.Time
}

func newAuthenticateHandler(next handler, cfg Config) *authenticateHandler {
	return &authenticateHandler{next: next, config: cfg, token: cfg.Token, turn: make(chan struct{}, 1)}
}

func (h *authenticateHandler) do(ctx context.Context, req *request) (*response, error) {
	token, err := h.current(ctx, req, "")
	if err != nil {
		return nil, err
	}
	req.token = token
	res, err := h.next.do(ctx, req)
	if answer, ok := errors.AsType[*Error](err); !ok || !answer.tokenGone || req.elsewhere != nil && req.elsewhere(ctx) {
		return res, err
	}
	if req.token, err = h.replace(ctx, req, token, err); err != nil {
		return nil, err
	}
	return h.next.do(ctx, req)
}

// current returns the token to use, after a login if there is none.
func (h *authenticateHandler) current(ctx context.Context, req *request, gone Secret) (Secret, error) {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if h.token != "" && h.token != gone {
		return h.token, nil
	}
	h.token, h.ours = "", false
	if h.refused != nil && time.Now().Before(h.until) {
		return "", h.refused
	}
	token, err := h.login(ctx, req)
	h.refused = nil
	if err != nil {
		if errors.Is(err, ErrUnauthorized) {
			h.refused, h.until = err, time.Now().Add(refusalKept)
		}
		return "", err
	}
	h.token, h.ours = token, true
	return token, nil
}

// replace gets another token for the one that the device does not know any
// more; cause is the device's answer. Of many requests only the first logs in.
func (h *authenticateHandler) replace(ctx context.Context, req *request, gone Secret, cause error) (Secret, error) {
	if h.config.Username == "" {
		return "", &LoginError{Err: cause}
	}
	return h.current(ctx, req, gone)
}

// login asks for a token. Its request passes the same handlers as any other, so
// it is retried while the device is busy, as patiently as the request that needs it.
func (h *authenticateHandler) login(ctx context.Context, req *request) (Secret, error) {
	failed := func(err error) error {
		return &LoginError{Username: h.config.Username, Provider: h.config.LoginProvider, Err: err}
	}
	body, err := json.Marshal(map[string]string{
		"username":          h.config.Username,
		"password":          h.config.Password.Reveal(),
		"loginProviderName": h.config.LoginProvider,
	})
	if err != nil {
		return "", failed(err)
	}
	res, err := h.next.do(ctx, &request{
		method: http.MethodPost, path: loginPath, body: body, effect: harmless, hasty: req.hasty, elsewhere: req.elsewhere,
	})
	if err != nil {
		return "", failed(err)
	}
	var answer struct {
		Token struct {
			Token string `json:"token"`
		} `json:"token"`
	}
	if err := json.Unmarshal(res.body, &answer); err != nil || answer.Token.Token == "" {
		return "", failed(errors.New("the answer holds no token: is this a BIG-IP?"))
	}
	return Secret(answer.Token.Token), nil
}

// logout deletes the token if it is ours. A token that is gone already is fine.
func (h *authenticateHandler) logout(ctx context.Context) error {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if !h.ours || h.token == "" {
		return nil
	}
	token := h.token
	h.token, h.ours = "", false
	_, err := h.next.do(ctx, &request{
		method: http.MethodDelete, path: tokensPath + token.Reveal(), shown: tokensPath + redacted,
		token: token, effect: harmless,
	})
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnauthorized) {
		return nil
	}
	return err
}
