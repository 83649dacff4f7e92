package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

const (
	// beat is how often a stream without news shows that it lives: proxies end what is
	// silent.
	beat = 20 * time.Second
	// streamTime is how long a stream lasts: whoever asks for it again is asked again who
	// he is.
	streamTime = 10 * time.Minute
	// policy lets the page load its own style and script, fetch itself, and nothing else.
	policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

//go:embed page.css page.js icon.svg
var assets embed.FS

// New makes the handler of "/" and what is below it: all are read only.
func New(hub *Hub, guard Guard, logger *slog.Logger) http.Handler {
	s := &server{hub: hub, logger: logger}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /status.json", s.json)
	mux.HandleFunc("GET /events", s.events)
	for _, name := range []string{"page.css", "page.js", "icon.svg"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, assets, name)
		})
	}
	log := func(err error) { logger.Warn("who looks at the page cannot be asked", "error", err) }
	return headed(guarded(guard, log, mux))
}

type server struct {
	hub    *Hub
	logger *slog.Logger
}

// headed sets what every answer says to a browser.
func headed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *server) page(w http.ResponseWriter, r *http.Request) {
	status, version := s.hub.Now(r.Context())
	var content bytes.Buffer // a page that fails is none, not half of one
	if err := render(&content, status, version, r.URL.Query().Get("q")); err != nil {
		s.logger.ErrorContext(r.Context(), "the page cannot be made", "error", err)
		http.Error(w, "the page cannot be made; the log of the helper says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = content.WriteTo(w) // who has gone away is not told
}

func (s *server) json(w http.ResponseWriter, r *http.Request) {
	status, _ := s.hub.Now(r.Context())
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(status) // the same
}

// events is a stream of server-sent events: "status" at once and for each other Status,
// with News as its data and the version as its id.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	news, stop := s.hub.Watch()
	defer stop()
	_, version := s.hub.Now(r.Context())
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	send := func(format string, args ...any) bool {
		if err := stream.SetWriteDeadline(time.Now().Add(beat)); err != nil {
			return false
		}
		_, err := fmt.Fprintf(w, format, args...)
		return err == nil && stream.Flush() == nil
	}
	first := News{Version: version, Told: []string{}}
	if !send("retry: 2000\n\n%s", first.event()) {
		return
	}
	end := time.NewTimer(streamTime)
	defer end.Stop()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for alive := true; alive; {
		select {
		case next, open := <-news:
			if alive = open; open && next.Version > version { // else it is what was sent at first
				version, alive = next.Version, send("%s", next.event())
			}
		case <-tick.C:
			alive = send(": still here\n\n")
		case <-end.C:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (n News) event() string {
	data, err := json.Marshal(n)
	if err != nil {
		panic(err) // a number and texts
	}
	return "event: status\nid: " + strconv.FormatUint(n.Version, 10) + "\ndata: " + string(data) + "\n\n"
}
