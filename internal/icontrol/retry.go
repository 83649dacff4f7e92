package icontrol

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	backoffFirst = 250 * time.Millisecond
	backoffMax   = 10 * time.Second

	// firstContactAttempts bounds the attempts to connect while the device has
	// never answered: then it is likelier a wrong address than a restart.
	firstContactAttempts = 3
	// unclearAttempts bounds the repetition of a request that the device
	// answers with 500: it may be the request that breaks it.
	unclearAttempts = 3
)

// retryHandler repeats what is safe to repeat:
//
//	503 in all its forms, 429, path not registered   every request: nothing was done
//	nothing was sent                                 every request
//	answer lost, 5xx, connection to mcpd lost        only if the request is repeatable
//	the unit of a pair is not active                 never: the pair looks for the one that is
//
// It ends with the context or after the timeout, and when another unit of the
// pair has become the active one.
type retryHandler struct {
	next     handler
	timeout  time.Duration
	answered atomic.Bool // the device has answered at least once
}

func (h *retryHandler) do(ctx context.Context, req *request) (*response, error) {
	start := time.Now()
	for attempt := 1; ; attempt++ {
		req.attempts++
		res, err := h.next.do(ctx, req)
		if err == nil {
			h.answered.Store(true)
			return res, nil
		}
		err = h.note(req, err)
		wait := backoff(attempt, err)
		if req.hasty || !h.again(req, err, attempt) || time.Since(start)+wait > h.timeout || pause(ctx, wait) != nil {
			return nil, err
		}
		if req.elsewhere != nil && req.elsewhere(ctx) {
			return nil, err
		}
	}
}

// note keeps what an error says about other attempts, and makes the unclear
// answer to a change a lost one.
func (h *retryHandler) note(req *request, err error) error {
	if answer, ok := errors.AsType[*Error](err); ok {
		h.answered.Store(true)
		if answer.uncertain() && req.effect.changes() {
			err = req.lostAnswer(answer)
		}
	}
	if _, lost := errors.AsType[*LostAnswerError](err); lost {
		req.answerLost = true
	}
	return err
}

// again decides whether the request may be sent once more.
func (h *retryHandler) again(req *request, err error, attempt int) bool {
	if errors.Is(err, errNotServing) {
		return false
	}
	if answer, ok := errors.AsType[*Error](err); ok {
		if !answer.uncertain() {
			return answer.retry
		}
		return req.effect.repeatable() && (answer.APIError == apiErrorMCPDLost || attempt < unclearAttempts)
	}
	if conn, ok := errors.AsType[*ConnectionError](err); ok && !conn.sent {
		return heals(conn) && (h.answered.Load() || attempt < firstContactAttempts)
	}
	return req.effect.repeatable()
}

// heals tells a device that is away for a while from one that is not there: a
// bad certificate or an unknown name stays.
func heals(err *ConnectionError) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsTemporary && !dns.IsNotFound
	}
	return !errors.Is(err, ErrUntrusted)
}

// backoff doubles with each attempt, with jitter, and follows a Retry-After
// within its own bounds.
func backoff(attempt int, err error) time.Duration {
	wait := backoffMax
	if doublings := attempt - 1; doublings < 6 {
		wait = min(backoffFirst<<doublings, backoffMax)
	}
	if answer, ok := errors.AsType[*Error](err); ok {
		if seconds, err := strconv.Atoi(answer.retryAfter); err == nil && seconds > 0 {
			return min(time.Duration(seconds)*time.Second, backoffMax)
		}
	}
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // jitter, not a secret
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
