package icontrol

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// commitTimeout is the device's own executionTimeout (icontrol-rest 5.1).
	commitTimeout = 300 * time.Second
	// abortTimeout bounds the clean-up after a failure: the device drops an
	// idle transaction by itself after two minutes.
	abortTimeout = 10 * time.Second
	// transactAttempts bounds how often a transaction is begun anew.
	transactAttempts = 3

	stateStarted   = "STARTED"
	stateCompleted = "COMPLETED"
	stateFailed    = "FAILED"
)

// Transaction is a list of changes that the device makes together or not at all
// (icontrol-rest 5). It is a value of its holder, and not safe for concurrent
// use; requests that are not its commands never carry its id.
//
//	Begin --> Create, Patch, Delete … --> Commit
//	                                  \-> Abort
//
// The device checks nothing before the commit. [Client.Transact] does it all.
type Transaction struct {
	client   *Client
	unit     *Client // of a pair: where it is; nil of one device
	id       string
	path     string
	commands int
}

// transactionState is the transaction as the device shows it.
type transactionState struct {
	TransID       Int    `json:"transId"`
	State         string `json:"state"`
	FailureReason string `json:"failureReason"`
}

// Begin starts a transaction. One that is never committed ends by itself.
func (c *Client) Begin(ctx context.Context) (*Transaction, error) {
	req, err := newPost(transactionRoot, struct{}{}, harmless)
	if err != nil {
		return nil, err
	}
	var state transactionState
	if err := c.do(ctx, req, &state); err != nil {
		return nil, err
	}
	id := strconv.FormatInt(int64(state.TransID), 10)
	return &Transaction{client: c, unit: req.unit, id: id, path: transactionRoot + "/" + id}, nil
}

// Create queues the creation of an object.
func (t *Transaction) Create(ctx context.Context, in resource, body any) error {
	return t.queue(ctx, http.MethodPost, in.root(), body)
}

// Patch queues a change of an object's properties.
func (t *Transaction) Patch(ctx context.Context, in resource, fullPath string, body any) error {
	return t.queue(ctx, http.MethodPatch, in.object(fullPath), body)
}

// Delete queues the removal of an object.
func (t *Transaction) Delete(ctx context.Context, in resource, fullPath string) error {
	return t.queue(ctx, http.MethodDelete, in.object(fullPath), nil)
}

// queue adds a command. After an error the transaction must be aborted: when
// the answer was lost, it is not known whether the command is in it.
func (t *Transaction) queue(ctx context.Context, method, path string, body any) error {
	req := &request{method: method, path: path, effect: queued}
	if body != nil {
		var err error
		if req, err = newWrite(method, path, body, queued); err != nil {
			return err
		}
	}
	req.transaction, req.on = t.id, t.unit
	if err := t.client.do(ctx, req, nil); err != nil { // the answer is not the object
		return err
	}
	t.commands++
	return nil
}

// Commit makes the device do the commands. An [*Error] says that nothing was
// changed; a [*LostAnswerError] that it could not be found out: read back. An
// empty transaction is aborted, which is no error.
func (t *Transaction) Commit(ctx context.Context) error {
	if t.commands == 0 {
		return t.Abort(ctx)
	}
	for attempt := 1; ; attempt++ {
		state, err := t.commit(ctx)
		lost, isLost := errors.AsType[*LostAnswerError](err)
		if isLost {
			// Sent, no answer: the transaction itself tells.
			if state, err = t.read(ctx); err != nil {
				return lost
			}
			if state.State == stateStarted && attempt < transactAttempts && pause(ctx, backoff(attempt, lost)) == nil {
				continue // it never arrived
			}
		}
		if err != nil {
			return err
		}
		return t.finish(ctx, state)
	}
}

func (t *Transaction) commit(ctx context.Context) (transactionState, error) {
	req, err := newWrite(http.MethodPatch, t.path, map[string]string{"state": "VALIDATING"}, once)
	if err != nil {
		return transactionState{}, err
	}
	req.timeout, req.on = commitTimeout, t.unit
	var state transactionState
	err = t.client.do(ctx, req, &state)
	return state, err
}

func (t *Transaction) read(ctx context.Context) (transactionState, error) {
	var state transactionState
	err := t.client.do(ctx, &request{method: http.MethodGet, path: t.path, effect: harmless, on: t.unit}, &state)
	return state, err
}

// finish waits until the device is through with the commands.
func (t *Transaction) finish(ctx context.Context, state transactionState) error {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		unclear := fmt.Errorf("the transaction is in state %q", state.State)
		switch state.State {
		case stateCompleted:
			return nil
		case stateFailed:
			return t.failed(state)
		case stateStarted:
			return t.lost(unclear)
		}
		if err := pause(ctx, backoff(attempt, nil)); err != nil {
			return t.lost(errors.Join(err, unclear))
		}
		var err error
		if state, err = t.read(ctx); err != nil {
			return t.lost(errors.Join(err, unclear)) // gone: completed, or dropped
		}
	}
}

// failed is the refusal of a transaction, in the form of any other refusal.
func (t *Transaction) failed(state transactionState) error {
	e := &Error{Method: http.MethodPatch, Path: t.path, StatusCode: http.StatusBadRequest}
	e.setMessage(state.FailureReason)
	e.classify(&request{method: http.MethodPatch, path: t.path})
	return e
}

func (t *Transaction) lost(err error) error {
	return &LostAnswerError{Method: http.MethodPatch, Path: t.path, Err: err}
}

// Abort drops the transaction and its commands. One that is gone is fine.
func (t *Transaction) Abort(ctx context.Context) error {
	err := t.client.do(ctx, &request{method: http.MethodDelete, path: t.path, effect: harmless, on: t.unit}, nil)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Transact begins a transaction, lets fill queue its commands, and commits it.
// When fill fails the transaction is aborted, even if ctx has ended. When the
// answer to a command was lost, or mcpd was, or the pair failed over before the
// commit, nothing has changed yet, and a new transaction is begun: fill may be
// called up to three times.
func (c *Client) Transact(ctx context.Context, fill func(*Transaction) error) error {
	for attempt := 1; ; attempt++ {
		tx, err := c.Begin(ctx)
		if err != nil {
			return err
		}
		if err = fill(tx); err == nil {
			if err = tx.commitOrAbandon(ctx); !movedOn(err) {
				return err
			}
		} else {
			tx.abandon(ctx)
		}
		again := movedOn(err) || commandLost(err)
		if !again || attempt == transactAttempts || pause(ctx, backoff(attempt, err)) != nil {
			return err
		}
	}
}

// commandLost says that it is open whether a command is in its transaction, or
// whether the transaction is still there: mcpd keeps it.
func commandLost(err error) bool {
	if answer, ok := errors.AsType[*Error](err); ok {
		return answer.uncertain()
	}
	conn, unanswered := errors.AsType[*ConnectionError](err)
	return unanswered && conn.sent
}

// commitOrAbandon drops a transaction that the device has refused, and one whose
// commit the end of ctx cut off: it is made by now or never, and cannot change the
// device behind the back of who reads it next.
func (t *Transaction) commitOrAbandon(ctx context.Context) error {
	err := t.Commit(ctx)
	_, refused := errors.AsType[*Error](err)
	_, lost := errors.AsType[*LostAnswerError](err)
	if refused && !lost || lost && ctx.Err() != nil {
		t.abandon(ctx)
	}
	return err
}

// abandon cleans up after a failure that the caller is told of; its own failure
// costs nothing, as the device drops an idle transaction.
func (t *Transaction) abandon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_ = t.Abort(ctx)
}
