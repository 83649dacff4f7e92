package icontrol

import (
	"context"
	"log/slog"
	"time"
)

// logHandler writes one debug line per call. It never sees headers and never
// writes bodies: the one of a login holds the password.
type logHandler struct {
	next   handler
	logger *slog.Logger
}

func (h *logHandler) do(ctx context.Context, req *request) (*response, error) {
	start := time.Now()
	res, err := h.next.do(ctx, req)

	attrs := []slog.Attr{
		slog.String("method", req.method),
		slog.String("path", req.shownPath()),
		slog.Duration("duration", time.Since(start)),
		slog.Int("attempts", req.attempts),
	}
	if req.transaction != "" {
		attrs = append(attrs, slog.String("transaction", req.transaction))
	}
	if res != nil {
		attrs = append(attrs, slog.Int("status", res.status), slog.Int("bytes", len(res.body)))
	}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	h.logger.LogAttrs(ctx, slog.LevelDebug, "iControl REST call", attrs...)
	return res, err
}
