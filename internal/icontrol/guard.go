package icontrol

import (
	"context"
	"errors"
	"net/http"
)

// errNotServing says that a change was not sent, because the unit it was for does
// not say any more that it is active. It never leaves [pairHandler].
var errNotServing = errors.New("the unit does not say that it is active")

// guardHandler asks a unit of a pair whether it is active right before it changes
// it: within the writer's turn, so that no wait lies between the answer and the
// change. A change on a standby is overwritten by the next sync (icontrol-rest 3.16).
type guardHandler struct{ next handler }

func (h *guardHandler) do(ctx context.Context, req *request) (*response, error) {
	if req.guarded {
		if err := h.ask(ctx, req); err != nil {
			return nil, err
		}
	}
	return h.next.do(ctx, req)
}

// ask is nil for the active unit. A token that is gone is the device's answer, so
// that the change gets another one; all else is errNotServing.
func (h *guardHandler) ask(ctx context.Context, req *request) error {
	said, err := activityOf(func(path string, out any) error {
		question := &request{
			method: http.MethodGet, path: path, effect: harmless, token: req.token, timeout: probeTimeout,
		}
		res, err := h.next.do(ctx, question)
		if err != nil {
			return err
		}
		return decode(question, res, out)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if answer, ok := errors.AsType[*Error](err); ok && answer.tokenGone {
		return answer
	}
	if err != nil || said != activeWord {
		return errNotServing
	}
	return nil
}
