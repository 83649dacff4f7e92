package control

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Request is one line of the journal.
type Request struct {
	Time        time.Time `json:"time"` // when it came
	Method      string    `json:"method"`
	Path        string    `json:"path"`   // as sent, with query
	Status      int       `json:"status"` // 0: the connection was dropped
	BytesIn     int64     `json:"bytes_in"`
	BytesOut    int64     `json:"bytes_out"`
	Transaction string    `json:"transaction,omitempty"` // X-F5-REST-Coordination-Id
	Fault       bool      `json:"fault,omitempty"`       // a fault had a hand in it
}

// journalSize bounds the journal; the older half goes when it is full.
const journalSize = 200_000

// tokenHeader carries a client's token (icontrol-rest 1.2).
const tokenHeader = "X-F5-Auth-Token"

// Options of a Gate. All may be left out.
type Options struct {
	// ExpireToken makes a token of the device expire at once.
	ExpireToken func(token string)
	// Now is the clock by which faults end, time.Now if nil.
	Now func() time.Time
	// Logger is told of every request that a fault refused (info).
	Logger *slog.Logger
}

// Gate stands before the management handler: it keeps the journal and lets
// faults in.
type Gate struct {
	next    http.Handler
	options Options

	faults faults

	mu      sync.Mutex
	journal []*Request
}

// NewGate is a Gate before a handler.
func NewGate(next http.Handler, options Options) *Gate {
	if options.ExpireToken == nil {
		options.ExpireToken = func(string) {}
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &Gate{next: next, options: options}
}

// SetFaults replaces the faults. A fault that makes no sense is an error, and
// the list before stays.
func (g *Gate) SetFaults(list []Fault) error { return g.faults.set(list, g.options.Now()) }

// Requests is the journal, oldest first. Requests under way stand in it with
// status 0.
func (g *Gate) Requests() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]Request, len(g.journal))
	for i, entry := range g.journal {
		list[i] = *entry
	}
	return list
}

// ClearRequests empties the journal.
func (g *Gate) ClearRequests() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.journal = nil
}

func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	entry := g.enter(r)
	body := &countingReader{reader: r.Body}
	r.Body = body
	answer := &countingWriter{ResponseWriter: w}
	done := false
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		entry.BytesIn, entry.BytesOut = body.n, answer.n
		if done {
			entry.Status = answer.status
		}
	}()
	if rule := g.faults.hit(r, g.options.Now()); rule != nil {
		g.mu.Lock()
		entry.Fault = true
		g.mu.Unlock()
		g.spoil(answer, r, rule)
	} else {
		g.next.ServeHTTP(answer, r)
	}
	done = true
}

func (g *Gate) enter(r *http.Request) *Request {
	entry := &Request{
		Time: time.Now(), Method: r.Method, Path: r.RequestURI,
		Transaction: r.Header.Get("X-F5-REST-Coordination-Id"),
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.journal) >= journalSize {
		g.journal = append([]*Request(nil), g.journal[journalSize/2:]...)
	}
	g.journal = append(g.journal, entry)
	return entry
}

// spoil answers as a fault says. Panicking with http.ErrAbortHandler is how
// net/http closes a connection without an answer.
func (g *Gate) spoil(w http.ResponseWriter, r *http.Request, fault *rule) {
	if fault.delay > 0 {
		timer := time.NewTimer(fault.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	}
	switch {
	case fault.Reset:
		g.refused(r, fault)
		reset(w)
		panic(http.ErrAbortHandler)
	case fault.Drop:
		g.refused(r, fault)
		panic(http.ErrAbortHandler)
	case fault.CommitThenDrop:
		g.refused(r, fault)
		g.next.ServeHTTP(&nowhere{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	case fault.Status != 0:
		g.refused(r, fault)
		fault.answer(w, r)
	case fault.ExpireToken:
		g.options.ExpireToken(r.Header.Get(tokenHeader))
		g.next.ServeHTTP(w, r)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// refused logs what the device itself does not know of.
func (g *Gate) refused(r *http.Request, fault *rule) {
	g.options.Logger.Info("spoiled by a fault", "method", r.Method, "path", r.URL.Path, "code", fault.Status, "preset", fault.Preset)
}

// answer is the fault's own.
func (r *rule) answer(w http.ResponseWriter, request *http.Request) {
	body := strings.ReplaceAll(r.Body, "{path}", jsonText(strings.TrimPrefix(request.URL.Path, "/mgmt")))
	if strings.Contains(body, "{user}") {
		var login struct{ Username string }
		_ = json.NewDecoder(io.LimitReader(request.Body, maxBody)).Decode(&login) // no login, no name
		body = strings.ReplaceAll(body, "{user}", jsonText(login.Username))
	}
	w.Header().Set("Content-Type", cmp.Or(r.ContentType, "application/json;charset=utf-8"))
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, body) // the client is gone; nothing to do
}

// jsonText is a text as it stands between the quotes of a JSON string.
func jsonText(text string) string {
	quoted, _ := json.Marshal(text) // a string never fails
	return string(quoted[1 : len(quoted)-1])
}

// reset closes the client's connection with a RST.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // the caller closes it in the ordinary way
	}
	raw := conn
	if secured, ok := conn.(*tls.Conn); ok {
		raw = secured.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}

type countingReader struct {
	reader io.ReadCloser
	n      int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *countingReader) Close() error { return c.reader.Close() }

type countingWriter struct {
	http.ResponseWriter
	status int
	n      int64
}

// Unwrap lets http.ResponseController reach the connection.
func (c *countingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *countingWriter) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *countingWriter) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(p)
	c.n += int64(n)
	return n, err
}

// nowhere takes an answer that nobody shall see.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}
