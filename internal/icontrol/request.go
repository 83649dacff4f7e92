package icontrol

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// effect says what a request does to the configuration, and so what a lost
// answer means and whether the request may follow itself.
type effect int

const (
	harmless   effect = iota // a read, a login, the start or end of a transaction: may be repeated
	queued                   // a command of a transaction: nothing changes yet; twice would be two commands
	idempotent               // PATCH, DELETE: a change; doing it twice is doing it once
	lasting                  // save, config sync: idempotent, of what was changed before
	once                     // POST of an object, commit: a change that must not be repeated blindly
)

func (e effect) changes() bool    { return e == idempotent || e == lasting || e == once }
func (e effect) repeatable() bool { return e == harmless || e == idempotent || e == lasting }

// request is one call, on its way through the chain of handlers.
type request struct {
	method string
	path   string // "/mgmt/tm/ltm/pool/~shop~web", already encoded
	query  url.Values
	body   []byte // JSON; nil for none
	effect effect

	shown       string        // replaces path in logs and errors, where the path holds a secret
	timeout     time.Duration // bounds one attempt; 0 is the client's
	transaction string        // X-F5-REST-Coordination-Id; "" for none
	hasty       bool          // one attempt only
	// contentRange makes it a part of a file, "0-511/1024", and body its bytes: no JSON.
	contentRange string

	on        *Client                        // of a pair: the unit that it is for; nil for the active one
	unit      *Client                        // of a pair: where it was sent; set by pair
	guarded   bool                           // of a pair: only if the unit is active right before it is sent; set by pair
	elsewhere func(ctx context.Context) bool // of a pair: another unit is active. Asked before a repetition; nil for none

	token      Secret // set by authenticate
	attempts   int    // counted by retry
	answerLost bool   // set by retry: an attempt may have been done without our knowing
}

// response is an answer with a status below 300.
type response struct {
	status int
	body   []byte
}

// handler is one link of the chain.
type handler interface {
	do(ctx context.Context, req *request) (*response, error)
}

// shownPath is the path for logs and errors: never with a secret in it.
func (r *request) shownPath() string {
	if r.shown != "" {
		return r.shown
	}
	return r.path
}

func (r *request) lostAnswer(err error) error {
	return &LostAnswerError{Method: r.method, Path: r.shownPath(), Err: err}
}

// outcome is the error that leaves the chain. Once the answer to a change was
// lost, only the word of the device's configuration layers makes it certain
// again; a refused login or a 503 on a later attempt does not.
func (r *request) outcome(err error) error {
	if err == nil || !r.answerLost {
		return err
	}
	if _, lost := errors.AsType[*LostAnswerError](err); lost {
		return err
	}
	if answer, ok := errors.AsType[*Error](err); ok && answer.APIError != 0 && !answer.retry {
		return err
	}
	return r.lostAnswer(err)
}
