package icontrol

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
)

// Client talks to one BIG-IP. It is safe for concurrent use and holds no state
// but its token and a count.
type Client struct {
	chain   handler
	session *authenticateHandler
	address string
	changes atomic.Uint64
}

// New makes a client. It does not talk to the device: the login comes with the
// first call. The error is a [*ConfigError].
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	transport, err := cfg.transport()
	if err != nil {
		return nil, err
	}
	return newClient(cfg, transport)
}

func newClient(cfg Config, transport http.RoundTripper) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	base, err := cfg.baseURL()
	if err != nil {
		return nil, err
	}
	// The order of the handlers, from the wire outwards.
	send := newSendHandler(base, transport, cfg)
	limit := newLimitHandler(send, cfg.Readers)
	retry := &retryHandler{next: limit, timeout: cfg.RetryTimeout}
	authenticate := newAuthenticateHandler(retry, cfg)
	log := &logHandler{next: authenticate, logger: cfg.Logger}

	return &Client{chain: log, session: authenticate, address: base.Host}, nil
}

// Address is host and port of the device, for messages.
func (c *Client) Address() string { return c.address }

// Logout deletes the token that the client made: a user may hold only 100
// (icontrol-rest 1.3). A later call logs in again.
func (c *Client) Logout(ctx context.Context) error { return c.session.logout(ctx) }

// Changes counts the changes to the configuration that this client has asked for,
// whatever came of them. What was read before the count moved may be out of date.
func (c *Client) Changes() uint64 { return c.changes.Load() }

// do sends a request and decodes the answer into out, which may be nil.
func (c *Client) do(ctx context.Context, req *request, out any) error {
	if req.effect.changes() {
		defer c.changes.Add(1) // not before: a read beside the change may have missed it
	}
	res, err := c.chain.do(ctx, req)
	if err != nil {
		return req.outcome(err)
	}
	if out == nil || len(res.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(res.body, out); err != nil {
		return fmt.Errorf("%s %s: the answer is not understood: %w", req.method, req.shownPath(), err)
	}
	return nil
}

func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.do(ctx, &request{method: http.MethodGet, path: path, query: query, effect: harmless}, out)
}

func newPost(path string, body any, effect effect) (*request, error) {
	return newWrite(http.MethodPost, path, body, effect)
}

func newWrite(method, path string, body any, effect effect) (*request, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return &request{method: method, path: path, body: data, effect: effect}, nil
}
