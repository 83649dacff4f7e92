package icontrol

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Exchange is one HTTP request and its answer, or what came instead: for metrics.
// Method, Object, Status and Failure have few values each, and none is a name.
type Exchange struct {
	Method string // "GET", "POST", "PATCH", "DELETE"
	// Object is the kind of what the request was about: "pool", "pool/members",
	// "pool/stats", "pool/members/stats", "transaction", "token", "sync-status" …
	Object  string
	Status  int     // of the answer; 0 if there was none
	Failure Failure // why there was no answer, or not all of it
	// Sent and Received are the bytes of the bodies. What HTTP and TLS put around
	// them is some 250 bytes each way.
	Sent, Received int64
	Duration       time.Duration // until the last byte of the answer
}

// Failure is why an exchange has no answer.
type Failure string

// The failures.
const (
	FailureTimeout     Failure = "timeout"     // of the client, or its caller's deadline
	FailureCanceled    Failure = "canceled"    // by the caller
	FailureCertificate Failure = "certificate" // it is not trusted
	FailureName        Failure = "name"        // the host name was not resolved
	FailureConnect     Failure = "connect"     // nobody listens, no route
	FailureBroken      Failure = "broken"      // the connection ended before the answer did
)

// observeTransport tells of each exchange when its answer was read. It is the
// innermost of all handlers: what authenticate and retry send is told too.
type observeTransport struct {
	next    http.RoundTripper
	observe func(Exchange)
}

func (t *observeTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	exchange := Exchange{Method: r.Method, Object: objectKind(r.URL.EscapedPath()), Sent: r.ContentLength}
	done := func(received int64, err error) {
		exchange.Received, exchange.Duration = received, time.Since(start)
		exchange.Failure = failureOf(r.Context(), err)
		t.observe(exchange)
	}
	res, err := t.next.RoundTrip(r)
	if err != nil {
		done(0, err)
		return nil, err
	}
	exchange.Status = res.StatusCode
	res.Body = &observedBody{ReadCloser: res.Body, done: done}
	return res, nil
}

// observedBody counts what is read of an answer. It is done when it is closed.
type observedBody struct {
	io.ReadCloser
	read int64
	err  error
	done func(received int64, err error)
}

func (b *observedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader promises exactly this one
		b.err = err
	}
	return n, err
}

func (b *observedBody) Close() error {
	err := b.ReadCloser.Close()
	if b.done != nil {
		b.done(b.read, b.err)
		b.done = nil
	}
	return err
}

func failureOf(ctx context.Context, err error) Failure {
	if err == nil {
		return ""
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, unresolved := errors.AsType[*net.DNSError](err)
	network, ok := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return FailureCanceled
	case ctx.Err() != nil || ok && network.Timeout():
		return FailureTimeout
	case untrusted:
		return FailureCertificate
	case unresolved:
		return FailureName
	case ok && network.Op == "dial":
		return FailureConnect
	default:
		return FailureBroken
	}
}

// typed are the words that a type follows, and no name.
var typed = []string{"profile", "file"}

// objectKind is the kind of object that a path is about, without any name: after
// its collection, names and sub-collections take turns (icontrol-rest 2.1).
func objectKind(path string) string {
	rest, ok := strings.CutPrefix(path, managementRoot)
	if !ok {
		if path == loginPath || strings.HasPrefix(path, tokensPath) {
			return "token"
		}
		if strings.HasPrefix(path, uploadRoot) {
			return "upload"
		}
		return "other"
	}
	words := strings.Split(rest, "/")
	stats := len(words) > 1 && words[len(words)-1] == "stats"
	if stats {
		words = words[:len(words)-1]
	}
	switch {
	case words[0] == "transaction", len(words) == 1:
		return words[0] // "cm": a command to all of it
	case words[1] == "monitor":
		words = words[:2] // and its type
	case len(words) > 2 && slices.Contains(typed, words[1]):
		return words[1] + "/" + words[2]
	}
	var kind []string
	for i, word := range words[1:] {
		if i%2 == 0 {
			kind = append(kind, word)
		}
	}
	if stats {
		kind = append(kind, "stats")
	}
	return strings.Join(kind, "/")
}
