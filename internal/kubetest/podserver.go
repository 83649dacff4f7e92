package kubetest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Behaviour is how a pod answers; the zero value answers 200 at once and is healthy.
type Behaviour struct {
	// Delay comes before each answer.
	Delay time.Duration
	// Status of each answer; 0 is 200.
	Status int
	// Drop closes the connection without an answer.
	Drop bool
	// Unhealthy makes GET /healthz answer 503. The other fields do not touch /healthz.
	Unhealthy bool
}

// PortTLS is the name of a port on which pods speak TLS.
const PortTLS = "tls"

// podServer is one HTTP server with a listener for each address and port of its pod.
type podServer struct {
	server    *http.Server
	listeners map[string]string // member address -> listener
}

func newPodServer(handler podHandler) *podServer {
	const readHeaderTimeout = 30 * time.Second
	return &podServer{
		server: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: readHeaderTimeout,
			ErrorLog:          log.New(io.Discard, "", 0), // broken connections are what tests make
		},
		listeners: map[string]string{},
	}
}

// listen serves a member address; with a certificate it speaks TLS.
func (s *podServer) listen(member string, certificate *tls.Certificate) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.listeners[member] = listener.Addr().String()
	if certificate != nil {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12})
	}
	go s.server.Serve(listener) //nolint:errcheck // ErrServerClosed, after close or shutdown
	return nil
}

// shutdown takes no new connection and waits for open requests, until ctx ends.
func (s *podServer) shutdown(ctx context.Context) error {
	if err := s.server.Shutdown(ctx); err != nil {
		return s.close()
	}
	return nil
}

func (s *podServer) close() error { return s.server.Close() }

// podHandler answers in the name of a pod.
type podHandler struct {
	pod, colour string
	behaviour   func() Behaviour
	requests    *atomic.Int64
}

func (h podHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b := h.behaviour()
	w.Header().Set("X-Pod", h.pod)
	w.Header().Set("X-Colour", h.colour)
	w.Header()["X-Seen-Forwarded-For"] = r.Header.Values("X-Forwarded-For") // what the pod knows of the client
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.URL.Path == "/healthz" {
		writeHealth(w, !b.Unhealthy)
		return
	}
	h.requests.Add(1)
	if b.Delay > 0 {
		timer := time.NewTimer(b.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	if b.Drop {
		panic(http.ErrAbortHandler) // net/http's own way to cut a connection
	}
	if b.Status != 0 {
		w.WriteHeader(b.Status)
	}
	fmt.Fprintf(w, "pod=%s colour=%s\n", h.pod, h.colour)
}

func writeHealth(w http.ResponseWriter, healthy bool) {
	if !healthy {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, "unhealthy")
		return
	}
	fmt.Fprintln(w, "ok")
}
