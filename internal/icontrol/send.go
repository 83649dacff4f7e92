package icontrol

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// maxAnswer bounds what is read of one answer. A page of a hundred pools with a
// hundred members each is about 8 MB.
const maxAnswer = 256 << 20

// sendHandler sends one request once, and sorts what can go wrong by what it
// means for the device: see the table in doc.go.
type sendHandler struct {
	base      *url.URL
	client    *http.Client
	userAgent string
	timeout   time.Duration
}

func newSendHandler(base *url.URL, transport http.RoundTripper, cfg Config) *sendHandler {
	return &sendHandler{
		base:      base,
		userAgent: cfg.UserAgent,
		timeout:   cfg.RequestTimeout,
		client: &http.Client{
			Transport: transport,
			// The device does not redirect its API. A token must not follow one elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (h *sendHandler) do(ctx context.Context, req *request) (*response, error) {
	timeout := h.timeout
	if req.timeout > 0 {
		timeout = req.timeout
	}
	attempt, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	// Part of a request line is never executed: nothing was sent until the
	// headers were written.
	var sent atomic.Bool
	attempt = httptrace.WithClientTrace(attempt, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})

	httpReq, err := h.newRequest(attempt, req)
	if err != nil {
		return nil, err
	}
	res, err := h.client.Do(httpReq)
	if err != nil {
		return nil, h.failure(req, attemptError(ctx, attempt, timeout, err), sent.Load())
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, h.failure(req, attemptError(ctx, attempt, timeout, err), true)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil, newError(req, res.StatusCode, res.Header, body)
	}
	return &response{status: res.StatusCode, body: body}, nil
}

func (h *sendHandler) newRequest(ctx context.Context, req *request) (*http.Request, error) {
	target := h.base.String() + req.path
	if len(req.query) > 0 {
		target += "?" + req.query.Encode()
	}
	httpReq, err := http.NewRequestWithContext(ctx, req.method, target, bytes.NewReader(req.body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: not a request: %w", req.method, req.shownPath(), withoutURL(err))
	}
	httpReq.Header.Set("User-Agent", h.userAgent)
	httpReq.Header.Set("Accept", "application/json")
	switch {
	case req.contentRange != "":
		httpReq.Header.Set("Content-Type", "application/octet-stream")
		httpReq.Header.Set("Content-Range", req.contentRange)
	case req.body != nil:
		httpReq.Header.Set("Content-Type", "application/json")
	}
	if req.token != "" {
		httpReq.Header.Set("X-F5-Auth-Token", req.token.Reveal())
	}
	if req.transaction != "" {
		httpReq.Header.Set("X-F5-REST-Coordination-Id", req.transaction)
	}
	return httpReq, nil
}

// failure sorts a request without an answer.
func (h *sendHandler) failure(req *request, err error, sent bool) error {
	if sent && req.effect.changes() {
		return req.lostAnswer(err)
	}
	return &ConnectionError{Address: h.base.Host, Err: err, sent: sent}
}

// attemptError tells the end of one attempt from the end of the caller's
// context, which looks the same from within net/http.
func attemptError(ctx, attempt context.Context, timeout time.Duration, err error) error {
	if attempt.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("no answer within %s", timeout)
	}
	return withoutURL(err)
}

// withoutURL drops the URL that net/http puts around an error: it may hold a token.
func withoutURL(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		return urlErr.Err
	}
	return err
}
