package icontrol

import (
	"errors"
	"net/http"
	"strings"
)

// The layers' own error numbers (icontrol-rest 6.1).
const (
	apiErrorMCPDLost  = 32768001 // "The connection to mcpd has been lost, try again."
	apiErrorAsyncTask = 32964609 // "There is an active asynchronous task executing."
)

// kindOfCode is the catalogue of icontrol-rest 6.2, by mcpd's code. The texts
// differ between releases; the codes do not.
var kindOfCode = map[string]error{
	"01020036": ErrNotFound, // The requested Pool (/Common/x) was not found
	"01070277": ErrNotFound, // the same, as a dangling reference
	"0107163f": ErrNotFound, // Pool of type (snatpool) doesn't exist
	"01070022": ErrNotFound, // The monitor template was not found
	"01020066": ErrExists,   // already exists in partition
	"01070333": ErrConflict, // illegally shares destination address
	"01b90011": ErrConflict, // the same, by traffic matching criteria
	"0107176c": ErrConflict, // Invalid Node, the IP address already exists
	"01070265": ErrInUse,    // cannot be deleted because it is in use by
	"01070083": ErrInUse,    // Monitor is in use
	"01070110": ErrInUse,    // Node address is referenced by a member of pool
	"01070320": ErrInUse,    // Snatpool is still referenced
	"0107082a": ErrInUse,    // You must remove all objects from a partition
	"01070822": ErrForbidden,
	"01071003": ErrBusy, // A previous provisioning operation is in progress
}

// classify decides what an answer means: by mcpd's code first, then by the
// layer's number, then by the status.
func (e *Error) classify(req *request) {
	if kind, known := kindOfCode[e.Code]; known {
		e.kind = kind
		e.retry = errors.Is(kind, ErrBusy)
		return
	}
	switch {
	case e.StatusCode == http.StatusUnauthorized:
		e.classifyUnauthorized(req)
	case e.APIError == apiErrorMCPDLost, e.APIError == apiErrorAsyncTask,
		e.StatusCode == http.StatusServiceUnavailable, e.StatusCode == http.StatusTooManyRequests:
		e.kind, e.retry = ErrBusy, e.APIError != apiErrorMCPDLost
	case e.StatusCode == http.StatusNotFound && e.unregistered(req):
		e.kind, e.retry = ErrBusy, true
	case e.StatusCode == http.StatusNotFound:
		e.kind = ErrNotFound
	case e.StatusCode == http.StatusConflict:
		e.kind = ErrExists
	case e.StatusCode == http.StatusForbidden:
		e.kind = ErrForbidden
	case e.StatusCode >= 400 && e.StatusCode < 500:
		e.kind = ErrInvalid
	}
}

// unregistered tells "the object is not there" from "the path is not there":
// while the device starts, restjavad answers 404 for whole collections. Taking
// that for the first would drop live objects from a state. The object's 404
// comes from icrd or mcpd and bears their number; restjavad's bears none
// (icontrol-rest 6.2). A transaction's 404 has been seen without one.
func (e *Error) unregistered(req *request) bool {
	return e.APIError == 0 && strings.HasPrefix(req.path, managementRoot) &&
		!strings.HasPrefix(req.path, transactionRoot)
}

// classifyUnauthorized tells the three 401 apart by their structure
// (icontrol-rest 1.4): the answer to a login, or httpd's page, is about the
// credentials; one that echoes verb and resource of the request is about the
// role; what remains is about the token.
func (e *Error) classifyUnauthorized(req *request) {
	e.kind = ErrUnauthorized
	switch {
	case e.html || req.token == "":
	case strings.Contains(e.Message, "verb="+req.method):
		e.kind = ErrForbidden
	default:
		e.tokenGone = true
	}
}

// uncertain says that the answer leaves open whether a change was made: mcpd
// was lost on the way, or a layer above gave up waiting for the one below
// (icontrol-rest 9).
func (e *Error) uncertain() bool {
	return e.StatusCode >= 500 && !e.retry
}
