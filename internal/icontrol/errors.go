package icontrol

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// What an answer of the device means. Use errors.Is: an [*Error] is exactly one
// of these, or none when the device says something that this table does not know.
var (
	// ErrNotFound: the object, or one that the request names, does not exist.
	ErrNotFound = errors.New("not found")
	// ErrExists: an object of that name exists.
	ErrExists = errors.New("exists already")
	// ErrConflict: another object has what this one asks for, such as a
	// virtual server with the same destination, or a node with the same address.
	ErrConflict = errors.New("conflicts with another object")
	// ErrInUse: the object cannot go while others refer to it.
	ErrInUse = errors.New("in use")
	// ErrInvalid: the device refuses what the request says.
	ErrInvalid = errors.New("invalid")
	// ErrUnauthorized: user name, password or token are refused.
	ErrUnauthorized = errors.New("not authenticated")
	// ErrForbidden: the user is known, and its role may not do this.
	ErrForbidden = errors.New("not permitted")
	// ErrBusy: the device cannot answer now: it starts, runs an asynchronous
	// task or lost its configuration database. The client has retried.
	ErrBusy = errors.New("busy")
	// ErrUnreachable: no connection to the device, or no answer to a read.
	ErrUnreachable = errors.New("unreachable")
	// ErrUntrusted: the device's certificate is not signed by a known
	// authority, or is another host's. Such an error is ErrUnreachable too.
	ErrUntrusted = errors.New("certificate not trusted")
)

// Error is an answer of the device that says no. Nothing was changed.
type Error struct {
	Method string // the request
	Path   string

	StatusCode int
	// APIError tells the layer: 1 icrd, 2 transaction, 3 mcpd, 26214401 tmsh,
	// 32768001 connection to mcpd lost, 32964609 busy; 0 restjavad or httpd
	// (icontrol-rest 6.1).
	APIError int64
	// Code is the eight hexadecimal digits of mcpd, such as "01020036"; "" if there are none.
	Code string
	// Message is the device's words, without the code.
	Message string
	// RequestID is restjavad's restOperationId, for a support case; 0 if there is none.
	RequestID int64

	kind       error
	html       bool   // a page of httpd or Jetty, not JSON
	retry      bool   // the device says "later": nothing was done
	tokenGone  bool   // the token is unknown or expired
	retryAfter string // the header
}

// Error implements error: the device's words, and what identifies the answer.
func (e *Error) Error() string {
	var id strings.Builder
	fmt.Fprintf(&id, "HTTP %d", e.StatusCode)
	if e.Code != "" {
		fmt.Fprintf(&id, ", code %s", e.Code)
	}
	return fmt.Sprintf("%s %s: %s (%s)", e.Method, e.Path, e.Message, id.String())
}

// Is makes errors.Is(err, ErrNotFound) and its siblings work.
func (e *Error) Is(target error) bool { return e.kind != nil && target == e.kind }

// ConnectionError says that no answer came and nothing was changed: the device
// was not reached, or it was only a read. It is ErrUnreachable.
type ConnectionError struct {
	Address string // host and port of the device
	Err     error

	sent bool // the request may have reached the device
}

// Error implements error.
func (e *ConnectionError) Error() string { return e.Address + ": " + e.Err.Error() }

// Unwrap gives the network's error.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Is reports ErrUnreachable, and ErrUntrusted for a certificate that is not trusted.
func (e *ConnectionError) Is(target error) bool {
	switch target {
	case ErrUnreachable:
		return true
	case ErrUntrusted:
		_, untrusted := errors.AsType[*tls.CertificateVerificationError](e.Err)
		return untrusted
	default:
		return false
	}
}

// LostAnswerError says that a change was sent and no usable answer came: the
// device may have done it, or may still do it. Read back before anything else.
type LostAnswerError struct {
	Method string
	Path   string
	Err    error // why: a timeout, the end of the connection, an [*Error] with status 500
}

// Error implements error.
func (e *LostAnswerError) Error() string {
	return fmt.Sprintf("%s %s: sent, but the answer was lost: %v", e.Method, e.Path, e.Err)
}

// Unwrap gives the reason.
func (e *LostAnswerError) Unwrap() error { return e.Err }

// LoginError is a failed login. errors.Is(err, ErrUnauthorized) holds when user
// name, password or token are refused.
type LoginError struct {
	Username string // "" when the client has only a token
	Provider string
	Err      error
}

// Error implements error.
func (e *LoginError) Error() string {
	if e.Username == "" {
		return fmt.Sprintf("the token is not accepted, and there is no user to log in with: %v", e.Err)
	}
	return fmt.Sprintf("login of %q at %q: %v", e.Username, e.Provider, e.Err)
}

// Unwrap gives the device's answer.
func (e *LoginError) Unwrap() error { return e.Err }

// errorBody is the body of restjavad, icrd and mcpd errors (icontrol-rest 6.1).
type errorBody struct {
	Message         string `json:"message"`
	APIError        Int    `json:"apiError"`
	RestOperationID Int    `json:"restOperationId"`
}

// mcpdCode is what mcpd's messages begin with, "01020036:3: "; the commit of a
// transaction puts "transaction failed:" in front.
var mcpdCode = regexp.MustCompile(`^(?:[a-z ]+:)?\s*([0-9a-fA-F]{8}):\d+:\s*`)

func newError(req *request, status int, header http.Header, body []byte) *Error {
	e := &Error{
		Method: req.method, Path: req.shownPath(), StatusCode: status,
		retryAfter: header.Get("Retry-After"),
	}
	var parsed errorBody
	if err := json.Unmarshal(body, &parsed); err != nil {
		e.html, e.Message = true, pageTitle(body, status)
	} else {
		e.setMessage(parsed.Message)
		e.APIError, e.RequestID = int64(parsed.APIError), int64(parsed.RestOperationID)
	}
	e.classify(req)
	return e
}

func (e *Error) setMessage(message string) {
	if m := mcpdCode.FindStringSubmatchIndex(message); m != nil {
		e.Code = strings.ToLower(message[m[2]:m[3]])
		message = message[m[1]:]
	}
	e.Message = strings.TrimSpace(message)
	if e.Message == "" {
		e.Message = http.StatusText(e.StatusCode)
	}
}

var title = regexp.MustCompile(`(?is)<title>\s*(.*?)\s*</title>`)

// pageTitle says in a line what a web page of httpd or Jetty says.
func pageTitle(body []byte, status int) string {
	if m := title.FindSubmatch(body); m != nil && len(m[1]) > 0 {
		return strings.Join(strings.Fields(string(m[1])), " ")
	}
	return http.StatusText(status)
}
