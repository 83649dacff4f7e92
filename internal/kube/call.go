package kube

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// call is one request, or a row of pages, that runs beside its caller. client-go
// runs a credentials command without a context; a call's caller can leave.
type call[T any] struct {
	done chan struct{}
	sent atomic.Bool // a connection was asked for: the credentials are there
	// Written before done is closed.
	value T
	err   error
}

func start[T any](ctx context.Context, f func(context.Context) (T, error)) *call[T] {
	c := &call[T]{done: make(chan struct{})}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { c.sent.Store(true) }})
	go func() {
		defer close(c.done)
		c.value, c.err = f(ctx)
	}()
	return c
}

// wait returns the answer, or the context's error if that ends first.
func (c *call[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}

// discard gives an answer back that came when nobody waited for it any more.
func (c *call[T]) discard(giveBack func(T)) {
	<-c.done
	if c.err == nil {
		giveBack(c.value)
	}
}
