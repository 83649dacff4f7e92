package icontrol

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// activeKept is how long the answer to "are you active?" holds. After a change
	// it does not hold at all: what is read next must come from the unit that is
	// active then, or a change on a standby would be taken for done.
	activeKept = 2 * time.Second
	// probeTimeout bounds the question: a unit that does not answer it in time is
	// not the one to write to.
	probeTimeout = 5 * time.Second
	// failoverTimeout bounds the wait for an active unit where none is: a failover
	// takes seconds.
	failoverTimeout = 30 * time.Second
	// activeWord is cm/failover-status of the unit that serves (icontrol-rest 3.16).
	activeWord = "ACTIVE"
)

// errMoved ends a transaction on a unit that is not active any more: transactions
// are each device's own.
var errMoved = errors.New("the pair has failed over")

// UnitStatus is what one unit of a pair said when it was asked whether it is active.
type UnitStatus struct {
	Address string
	Said    string // "STANDBY", or why there is no answer
	Err     error  // why there is no answer; nil if there is one
}

// NoActiveError says that no unit of a pair is active, so that nothing was sent
// to either.
type NoActiveError struct{ Units []UnitStatus }

// Error tells what each unit said.
func (e *NoActiveError) Error() string { return "no unit is active: " + e.Said() }

// Said is what each unit said, in one line.
func (e *NoActiveError) Said() string {
	said := make([]string, 0, len(e.Units))
	for _, unit := range e.Units {
		said = append(said, unit.Address+": "+unit.Said)
	}
	return strings.Join(said, "; ")
}

// Unwrap gives the reasons of those that did not answer.
func (e *NoActiveError) Unwrap() []error {
	var all []error
	for _, unit := range e.Units {
		if unit.Err != nil {
			all = append(all, unit.Err)
		}
	}
	return all
}

// silent tells that no unit said what it is.
func (e *NoActiveError) silent() bool { return len(e.Unwrap()) == len(e.Units) }

// NewPair makes one client of the units of a pair. Each request goes to the unit
// that is active; a failover is followed:
//
//	                 ┌ unit: authenticate, retry, limit, send
//	request ── pair ─┤
//	                 └ unit: its own token, its own writer
//
// The units are asked before the first request, again when the last answer is 2
// seconds old or a change was sent since, and before a request is repeated for
// want of an answer. A request is then repeated on the other unit under the rules
// that hold for one; a [Transaction] is begun anew there. The unit that a change
// is for, or a commit, is asked right before it instead (see guardHandler): that
// is one GET for each.
func NewPair(units ...*Client) *Client {
	pair := &pairHandler{units: units, turn: make(chan struct{}, 1)}
	return &Client{chain: pair, pair: pair, baseline: baseline{turn: make(chan struct{}, 1)}}
}

// pairHandler sends each request to the active unit.
type pairHandler struct {
	units []*Client

	turn chan struct{} // one asks at a time; the others use its answer

	mu     sync.Mutex
	active *Client   // nil: none is known
	until  time.Time // active holds until then

	moves atomic.Uint64 // failovers that were noticed
}

func (h *pairHandler) do(ctx context.Context, req *request) (*response, error) {
	req.guarded = req.effect.changes()
	for guess := req.guarded; ; guess = false {
		unit, err := h.choose(ctx, guess)
		if err != nil {
			return nil, err
		}
		if req.on != nil && req.on != unit {
			return nil, req.moved()
		}
		req.unit, req.elsewhere = unit, func(ctx context.Context) bool { return h.elsewhere(ctx, unit) }
		res, err := unit.chain.do(ctx, req)
		if req.effect.changes() {
			h.forget()
		}
		if errors.Is(err, errNotServing) {
			continue
		}
		if err == nil || !doubtful(err) || ctx.Err() != nil || !h.elsewhere(ctx, unit) {
			return res, err
		}
		switch {
		case !req.effect.repeatable() && !undone(err) && req.effect != queued:
			return nil, err
		case req.on != nil:
			return nil, req.moved()
		}
	}
}

// choose returns the active unit. For a change the one that was active last is a
// good guess: it is asked before the change anyway.
func (h *pairHandler) choose(ctx context.Context, guess bool) (*Client, error) {
	if unit := h.known(); guess && unit != nil {
		return unit, nil
	}
	return h.current(ctx)
}

func (r *request) moved() error { return fmt.Errorf("%s %s: %w", r.method, r.shownPath(), errMoved) }

// movedOn tells that nothing was done because the pair has failed over.
func movedOn(err error) bool {
	_, lost := errors.AsType[*LostAnswerError](err)
	return errors.Is(err, errMoved) && !lost
}

// doubtful tells an error that may mean that the unit is not active any more from
// the word of its configuration layers.
func doubtful(err error) bool {
	if _, lost := errors.AsType[*LostAnswerError](err); lost {
		return true
	}
	answer, ok := errors.AsType[*Error](err)
	return !ok || answer.retry || answer.tokenGone || answer.uncertain()
}

// undone tells an error after which nothing was done by the request.
func undone(err error) bool {
	if conn, ok := errors.AsType[*ConnectionError](err); ok {
		return !conn.sent
	}
	answer, ok := errors.AsType[*Error](err)
	return ok && (answer.retry || answer.tokenGone)
}

// known is the unit that was active when it was asked last; nil for none.
func (h *pairHandler) known() *Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.active
}

func (h *pairHandler) fresh() *Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.active == nil || !time.Now().Before(h.until) {
		return nil
	}
	return h.active
}

func (h *pairHandler) set(active *Client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.active != nil && h.active != active {
		h.moves.Add(1)
	}
	h.active, h.until = active, time.Now().Add(activeKept)
}

// forget makes the next request ask.
func (h *pairHandler) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = time.Time{}
}

// current returns the active unit, and waits for a failover to end.
func (h *pairHandler) current(ctx context.Context) (*Client, error) {
	if unit := h.fresh(); unit != nil {
		return unit, nil
	}
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	start := time.Now()
	for attempt := 1; ; attempt++ {
		if unit := h.fresh(); unit != nil {
			return unit, nil
		}
		unit, err := h.ask(ctx)
		if err == nil {
			return unit, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wait := min(backoff(attempt, nil), time.Second)
		if !h.again(err, attempt) || time.Since(start)+wait > h.patience(err) || pause(ctx, wait) != nil {
			return nil, err
		}
	}
}

// again decides, as the retry of one device does, whether to ask once more.
func (h *pairHandler) again(err error, attempt int) bool {
	if errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrUntrusted) {
		return false
	}
	none, ok := errors.AsType[*NoActiveError](err)
	return ok && (!none.silent() || h.known() != nil || attempt < firstContactAttempts)
}

// patience is longer with a unit that starts again than with one that has never
// answered, or with two that answer and are both standby.
func (h *pairHandler) patience(err error) time.Duration {
	longest := h.units[0].retryTimeout
	if errors.Is(err, ErrBusy) || errors.Is(err, ErrUnreachable) && h.known() != nil {
		return longest
	}
	return min(longest, failoverTimeout)
}

// ask asks the unit that was active, then all: whoever is active stays the one,
// also where both are. The error is a [*NoActiveError].
func (h *pairHandler) ask(ctx context.Context) (*Client, error) {
	known, said := h.known(), make([]UnitStatus, len(h.units))
	if i := slices.Index(h.units, known); i >= 0 {
		if said[i] = known.activity(ctx); said[i].Said == activeWord {
			h.set(known)
			return known, nil
		}
	}
	var all sync.WaitGroup
	for i, unit := range h.units {
		if unit != known {
			all.Go(func() { said[i] = unit.activity(ctx) })
		}
	}
	all.Wait()
	for i, unit := range h.units {
		if said[i].Said == activeWord {
			h.set(unit)
			return unit, nil
		}
	}
	return nil, &NoActiveError{Units: said}
}

// elsewhere tells, after a failure of a unit, that another one is active.
func (h *pairHandler) elsewhere(ctx context.Context, unit *Client) bool {
	if now := h.fresh(); now != nil && now != unit {
		return true
	}
	now, err := h.ask(ctx)
	return err == nil && now != unit
}

// activity asks a unit whether it is active: once, without the patience of other
// requests, as the other unit may be.
func (c *Client) activity(ctx context.Context) UnitStatus {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	status := UnitStatus{Address: c.Address()}
	status.Said, status.Err = activityOf(func(path string, out any) error {
		return c.do(ctx, &request{method: http.MethodGet, path: path, effect: harmless, hasty: true}, out)
	})
	if status.Err != nil {
		status.Said = status.Err.Error()
	}
	return status
}
