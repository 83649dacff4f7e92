package rest

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// restError is a refusal by restjavad: kind ":resterrorresponse", no apiError.
type restError struct {
	status  int
	message string
	stack   []string
}

func (e *restError) Error() string { return e.message }

// htmlError is a refusal by httpd.
type htmlError struct {
	status int
	title  string
	text   string
}

func (e *htmlError) Error() string { return e.title }

func icrdError(status int, format string, args ...any) *config.Error {
	return &config.Error{Status: status, API: config.APIErrorICRD, Message: fmt.Sprintf(format, args...)}
}

func notRegistered(path string) *restError {
	return &restError{status: http.StatusNotFound, message: "Public URI path not registered: " + path}
}

// writeError answers with the shape that the refusing layer has.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var (
		device *config.Error
		rest   *restError
		html   *htmlError
	)
	switch {
	case errors.As(err, &device):
		s.write(w, device.Status, (&document{}).
			add("code", device.Status).
			add("message", device.Message).
			add("errorStack", []string{}).
			add("apiError", device.API))
	case errors.As(err, &rest):
		body := (&document{}).
			add("code", rest.status).
			add("message", rest.message).
			add("referer", remoteIP(r)).
			add("restOperationId", s.operation.Add(1))
		if rest.stack != nil {
			body.add("errorStack", rest.stack)
		}
		s.write(w, rest.status, body.add("kind", ":resterrorresponse"))
	case errors.As(err, &html):
		w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
		if html.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="Enterprise Manager"`)
		}
		w.WriteHeader(html.status)
		_, _ = fmt.Fprintf(w, "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>%d %s</title>\n</head><body>\n<h1>%s</h1>\n<p>%s</p>\n</body></html>\n",
			html.status, html.title, html.title, html.text)
	default:
		s.logger.Error("request failed inside the simulator", "method", r.Method, "path", r.URL.Path, "error", err)
		s.writeError(w, r, &restError{status: http.StatusInternalServerError, message: "java.lang.NullPointerException"})
	}
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// logRefusal explains a refused request in one line. A user that is not known
// yet is the one who tries to log in, or nobody.
func (s *Server) logRefusal(r *request, err error) {
	code, apiError := http.StatusInternalServerError, 0
	var (
		device *config.Error
		rest   *restError
		html   *htmlError
	)
	switch {
	case errors.As(err, &device):
		code, apiError = device.Status, device.API
	case errors.As(err, &rest):
		code = rest.status
	case errors.As(err, &html):
		code = html.status
	}
	user, _, _ := r.BasicAuth()
	if r.user != nil {
		user = r.user.Name
	}
	attributes := []any{"method", r.Method, "path", r.URL.RequestURI(), "code", code, "message", err.Error(), "user", user}
	if apiError != 0 {
		attributes = append(attributes, "api_error", apiError)
	}
	if id := r.Header.Get(coordination); id != "" {
		attributes = append(attributes, "transaction", id)
	}
	s.logger.Info("refused", attributes...)
}
