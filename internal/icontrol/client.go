package icontrol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Client talks to one BIG-IP, or to the active one of a pair (see [NewPair]). It
// is safe for concurrent use. Its state is its token, counts of its changes, and
// whether the device was in sync before them.
type Client struct {
	chain        handler
	session      *authenticateHandler
	address      string
	retryTimeout time.Duration
	epoch        atomic.Uint64 // counts the changes that were tried
	changes      atomic.Uint64 // counts those that were made, or may have been
	changing     atomic.Int64  // of those, how many are on their way
	baseline     baseline

	pair *pairHandler // of a pair; the fields above but chain and the counts are its units' then
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
	if cfg.Observe != nil {
		transport = &observeTransport{next: transport, observe: cfg.Observe}
	}
	// The order of the handlers, from the wire outwards.
	send := newSendHandler(base, transport, cfg)
	guard := &guardHandler{next: send}
	limit := newLimitHandler(guard, cfg.Readers)
	retry := &retryHandler{next: limit, timeout: cfg.RetryTimeout}
	authenticate := newAuthenticateHandler(retry, cfg)
	log := &logHandler{next: authenticate, logger: cfg.Logger}

	return &Client{chain: log, session: authenticate, address: base.Host, retryTimeout: cfg.RetryTimeout}, nil
}

// Address is host and port of the device, for messages. Of a pair it is that of
// the unit which was active last, or of all while none is known.
func (c *Client) Address() string {
	if c.pair == nil {
		return c.address
	}
	if unit := c.pair.known(); unit != nil {
		return unit.address
	}
	all := make([]string, 0, len(c.pair.units))
	for _, unit := range c.pair.units {
		all = append(all, unit.address)
	}
	return strings.Join(all, " or ")
}

// Units are the clients of a pair's units; of one device, the client itself.
func (c *Client) Units() []*Client {
	if c.pair == nil {
		return []*Client{c}
	}
	return c.pair.units
}

// Active asks which unit is active now; of one device it is the client itself,
// which is not asked. The error is a [*NoActiveError] or the context's.
func (c *Client) Active(ctx context.Context) (*Client, error) {
	if c.pair == nil {
		return c, nil
	}
	c.pair.forget()
	return c.pair.current(ctx)
}

// Changes counts the changes that were made through the client, and those of which
// that is not known.
func (c *Client) Changes() uint64 { return c.changes.Load() }

// Logout deletes the token that the client made: a user may hold only 100
// (icontrol-rest 1.3). A later call logs in again.
func (c *Client) Logout(ctx context.Context) error {
	if c.pair == nil {
		return c.session.logout(ctx)
	}
	var failures []error
	for _, unit := range c.pair.units {
		failures = append(failures, unit.Logout(ctx))
	}
	return errors.Join(failures...)
}

// Epoch counts the changes to the configuration that this client has asked for,
// whatever came of them, and the failovers of a pair that it noticed. What was read
// before the count moved may be out of date.
func (c *Client) Epoch() uint64 {
	if c.pair == nil {
		return c.epoch.Load()
	}
	return c.epoch.Load() + c.pair.moves.Load()
}

// do sends a request and decodes the answer into out, which may be nil.
func (c *Client) do(ctx context.Context, req *request, out any) error {
	change := req.effect.changes() && req.effect != lasting
	if change {
		if err := c.look(ctx); err != nil {
			return req.outcome(err)
		}
		c.changing.Add(1)
		defer c.changing.Add(-1)
	}
	if req.effect.changes() {
		defer c.epoch.Add(1) // not before: a read beside the change may have missed it
	}
	res, err := c.chain.do(ctx, req)
	if change && (err == nil || req.answerLost) {
		c.changes.Add(1)
	}
	if err != nil {
		return req.outcome(err)
	}
	return decode(req, res, out)
}

// decode reads the answer to a request into out, which may be nil.
func decode(req *request, res *response, out any) error {
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
