package icontrol

import (
	"context"
	"net/http"
)

// limitHandler lets one write and a few reads through at a time. mcpd takes
// writes one after the other anyway, and parallel ones are answered with 503
// (icontrol-rest 9). Waiting ends with the context.
type limitHandler struct {
	next    handler
	writers chan struct{}
	readers chan struct{}
}

func newLimitHandler(next handler, readers int) *limitHandler {
	return &limitHandler{
		next:    next,
		writers: make(chan struct{}, 1),
		readers: make(chan struct{}, readers),
	}
}

func (h *limitHandler) do(ctx context.Context, req *request) (*response, error) {
	slots := h.readers
	if req.method != http.MethodGet {
		slots = h.writers
	}
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return h.next.do(ctx, req)
}
