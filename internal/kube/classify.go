package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// foreignText is how many characters of a foreign answer a message shows.
const foreignText = 200

// classify says of which kind the failure of one call is, and why in short.
// sent tells whether the request got as far as the network.
func (s *Source) classify(err error, sent bool) (detail string, kind error) {
	var status apierrors.APIStatus
	var urlErr *url.Error
	switch {
	case errors.As(err, &status):
		return statusDetail(err, status.Status()), statusKind(err)
	case errors.Is(err, context.Canceled):
		return "", context.Canceled
	case isTimeout(err) && !sent && s.exec:
		return fmt.Sprintf("the exec command for the credentials still ran after %s", s.timeout), ErrTimeout
	case isTimeout(err):
		return fmt.Sprintf("waited %s", s.timeout), ErrTimeout
	case isCertificate(err):
		return cause(err), engine.ErrCertificate
	case errors.As(err, &urlErr) && !sent: // the chain before the network gets the credentials
		return cause(err), engine.ErrCredentials
	case errors.As(err, &urlErr):
		return cause(err), engine.ErrUnreachable
	}
	return cause(err), ErrNotKubernetes
}

// statusDetail is the API server's message, or the beginning of what a stranger
// answered, where client-go's own message would hide it.
func statusDetail(err error, status metav1.Status) string {
	if foreign, ok := apierrors.StatusCause(err, metav1.CauseTypeUnexpectedServerResponse); ok && errors.Is(statusKind(err), ErrNotKubernetes) {
		return fmt.Sprintf("%.*q", foreignText, foreign.Message)
	}
	return status.Message
}

// statusKind sorts answers. 401, 403 and 503 count also when a proxy gave them.
func statusKind(err error) error {
	switch {
	case apierrors.IsUnauthorized(err):
		return engine.ErrCredentials
	case apierrors.IsForbidden(err):
		return engine.ErrForbidden
	case apierrors.IsTooManyRequests(err), apierrors.IsServiceUnavailable(err):
		return engine.ErrBusy
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err):
		return ErrTimeout
	case isForeign(err):
		return ErrNotKubernetes
	}
	return engine.ErrRefused
}

// isForeign reports whether client-go made the Status itself, for an answer
// that was none.
func isForeign(err error) bool {
	return apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// isNotFound trusts only the API server's own word that an object isn't there:
// a 404 of a proxy, or under a wrong path, must not look like a deleted Service.
func isNotFound(err error) bool { return apierrors.IsNotFound(err) && !isForeign(err) }

// isExpired: the token to go on listing from is too old.
func isExpired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &netErr) && netErr.Timeout()
}

func isCertificate(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid)
}

// cause leaves out the request's method and URL, which Error tells better.
func cause(err error) string {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		return urlErr.Err.Error()
	}
	return err.Error()
}
