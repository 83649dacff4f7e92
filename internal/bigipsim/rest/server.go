package rest

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// Traffic is what the management side asks the data plane.
type Traffic interface {
	MemberHealth(pool, member string) dataplane.Health
	MemberCounters(pool, member string) dataplane.Counters
	PoolCounters(pool string) dataplane.Counters
	PoolQueue(pool string) dataplane.Queue
	NodeHealth(node string) dataplane.Health
	NodeCounters(node string) dataplane.Counters
	VirtualServerCounters(name string) dataplane.Counters

	ResetPool(pool string)
	ResetMember(pool, member string)
	ResetNode(node string)
	ResetVirtualServer(name string)
}

// Options of a Server. All but Logger and Now are needed.
type Options struct {
	DB      *config.DB
	Traffic Traffic
	Admin   string       // name of the built-in administrator, whose tokens have no limit
	Cluster Cluster      // the other device and this one's place; nil: it stands alone
	Save    func() error // carries out "save sys config"; nil: there is nowhere to save to
	Load    func() error // carries out "load sys config": back to what was saved last; nil: there is nothing to load
	Now     func() time.Time
	Logger  *slog.Logger
}

// Server answers /mgmt.
type Server struct {
	db           *config.DB
	traffic      Traffic
	cluster      cluster
	save, load   func() error
	now          func() time.Time
	logger       *slog.Logger
	started      time.Time
	version      config.Version
	admin        string
	tokens       *tokens
	transactions *transactions
	uploads      uploads
	operation    atomic.Int64
}

// New is a Server over a configuration and a data plane.
func New(options Options) *Server {
	if options.Now == nil {
		options.Now = time.Now
	}
	nothing := func() error { return nil }
	if options.Save == nil {
		options.Save = nothing
	}
	if options.Load == nil {
		options.Load = nothing
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		db: options.DB, traffic: options.Traffic, cluster: cluster{options.Cluster}, save: options.Save, load: options.Load, now: options.Now, logger: options.Logger,
		started: options.Now(), version: options.DB.State().Schema.Version,
		admin: options.Admin, tokens: newTokens(options.Now),
	}
	s.transactions = newTransactions(s.version, options.Now)
	s.operation.Store(6000000)
	return s
}

// request is an authenticated request on its way.
type request struct {
	*http.Request
	user  *config.User
	path  []string // decoded segments behind /mgmt
	query query
	state *config.State // the committed state when the request came
}

// uri is the path as restjavad names it in messages: without query and trailing slash.
func (r *request) uri() string { return "/mgmt/" + strings.Join(r.path, "/") }

// maxBody bounds what is read of a request; far above what a device takes.
const maxBody = 64 << 20

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "Jetty(9.4.49.v20220914)")
	w.Header().Set("Pragma", "no-cache")
	w.Header().Set("Cache-Control", "no-store, no-cache, must-revalidate")
	w.Header().Set("Expires", "-1")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	q := &request{Request: r, state: s.db.State()}
	status, body, err := s.serve(q)
	switch {
	case err != nil:
		s.logRefusal(q, err)
		s.writeError(w, r, err)
	case body == nil:
		w.WriteHeader(status)
	default:
		s.write(w, status, body)
	}
}

func (s *Server) serve(q *request) (int, *document, error) {
	segments, err := splitPath(q.URL.EscapedPath())
	if err != nil || len(segments) == 0 || segments[0] != "mgmt" {
		return 0, nil, &htmlError{http.StatusNotFound, "404 Not Found", "The requested URL was not found on this server."}
	}
	q.path, q.query = segments[1:], parseQuery(q.URL.RawQuery)
	if strings.Join(q.path, "/") == "shared/authn/login" {
		return s.login(q)
	}
	if q.user, err = s.authenticate(q); err != nil {
		return 0, nil, err
	}
	if err := s.authorize(q); err != nil {
		return 0, nil, err
	}
	if len(q.path) > 0 && q.path[0] == "tm" {
		return s.tm(q)
	}
	return s.shared(q)
}

// decode reads a JSON object; an empty body is an empty object.
func decode(r *request) (map[string]any, error) {
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	body := map[string]any{}
	switch err := decoder.Decode(&body); {
	case errors.Is(err, io.EOF):
		return body, nil
	case err != nil || body == nil || decoder.More():
		return nil, icrdError(http.StatusBadRequest, "Found invalid JSON body in the request.")
	}
	return body, nil
}

func (s *Server) write(w http.ResponseWriter, status int, body *document) {
	text, err := appendJSON(make([]byte, 0, 4096), body)
	if err != nil {
		s.logger.Error("answer cannot be encoded", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
