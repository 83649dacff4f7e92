package bigipsim

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// Options of a Simulator. The zero value is a device of version 17.1.1 on free
// loopback ports with the user admin, password admin.
type Options struct {
	// Listen is the management address, "127.0.0.1:0" if empty.
	Listen string
	// Control is the address of the control API, "127.0.0.1:0" if empty.
	Control string
	// PeerListen is the management address of a Pair's second device, "127.0.0.1:0"
	// if empty.
	PeerListen string
	// PlainHTTP serves management without TLS.
	PlainHTTP bool
	// Username and Password are those of the built-in administrator; both "admin"
	// if empty.
	Username, Password string
	// Users are further users, to test roles with.
	Users []User
	// TMOSVersion is the version that the device says it has, "17.1.1" if empty.
	// From 11.5 to 17.5 the differences of icontrol-rest A follow it.
	TMOSVersion string
	// ASM provisions the application security module: virtual servers may have the
	// profile /Common/websecurity then. It looks at no request.
	ASM bool
	// CAFile is where Start writes the certificate of the CA (PEM); "" is nowhere.
	CAFile string
	// StateFile is where the configuration is kept: read by New if the file exists,
	// written by "save sys config" and by Close. "" is nowhere.
	StateFile string
	// DNS is what names resolve to, for nodes and members that have one instead of an
	// address; see SetNames.
	DNS map[string][]string
	// WriteDelay is how long each commit takes. Commits are serialised; reads are
	// not held up.
	WriteDelay time.Duration
	// SlowRamp makes members that come into service ramp up over their pool's
	// slowRampTime, 10 s by default, as a device does (icontrol-rest 4.6). Without
	// it shares are exact at once, for tests that count right after a change.
	SlowRamp bool
	// Now is the clock by which tokens and transactions expire, time.Now if nil.
	Now func() time.Time
	// Logger is told of each refused request (info) and of errors; silent if nil.
	Logger *slog.Logger
}

// User is a local user of the device.
type User = config.User

// Role is what a User may do.
type Role = config.Role

// The roles that the simulator tells apart (icontrol-rest 1.4).
const (
	RoleAdmin    = config.RoleAdmin
	RoleManager  = config.RoleManager
	RoleOperator = config.RoleOperator
	RoleGuest    = config.RoleGuest
)

// VirtualServer is where a virtual server listens really.
type VirtualServer = control.VirtualServer

// Simulator is a simulated device.
type Simulator struct {
	options    Options
	db         *config.DB
	plane      *dataplane.Plane
	translator translator // used by one commit at a time
	gate       *control.Gate
	committed  func(*config.State) // is told of every new state
	saving     sync.Mutex          // one writer of the state file at a time
	saved      []byte              // what was saved last; nil: what the factory shipped
	tls        *identity           // nil with PlainHTTP

	management, control endpoint
}

// endpoint is one HTTP server and its listener.
type endpoint struct {
	server   *http.Server
	listener net.Listener
}

// New makes a Simulator with the configuration of a device fresh from the
// factory, or with that of its state file. It serves nothing before Start.
func New(options Options) (*Simulator, error) { return build(options.withDefaults(), surroundings{}) }

func (o Options) withDefaults() Options {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	o.Control = cmp.Or(o.Control, "127.0.0.1:0")
	o.PeerListen = cmp.Or(o.PeerListen, "127.0.0.1:0")
	o.Username = cmp.Or(o.Username, "admin")
	o.Password = cmp.Or(o.Password, "admin")
	o.TMOSVersion = cmp.Or(o.TMOSVersion, "17.1.1")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// checkLoopback: the simulator has a well-known password and is for tests; it
// does not listen where others could reach it.
func (o Options) checkLoopback() error {
	for _, address := range []string{o.Listen, o.Control, o.PeerListen} {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return fmt.Errorf("address %q: %w", address, err)
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("address %q: the simulator listens on loopback only", address)
		}
	}
	return nil
}

// Start opens both addresses and serves. The simulator is ready when it returns.
func (s *Simulator) Start() error {
	if err := s.start(); err != nil {
		return errors.Join(err, s.Close(context.Background()))
	}
	return nil
}

func (s *Simulator) start() error {
	if err := s.startManagement(); err != nil {
		return err
	}
	if err := s.control.serve(s.options.Control, control.Handler(s.gate, s), nil, s.options.Logger); err != nil {
		return fmt.Errorf("control address: %w", err)
	}
	return nil
}

func (s *Simulator) startManagement() error {
	if s.tls != nil && s.options.CAFile != "" {
		if err := os.WriteFile(s.options.CAFile, s.tls.caPEM, 0o644); err != nil {
			return fmt.Errorf("CA file: %w", err)
		}
	}
	s.configureTraffic(s.db.State())
	var certificates []tls.Certificate
	if s.tls != nil {
		certificates = []tls.Certificate{s.tls.server}
	}
	if err := s.management.serve(s.options.Listen, s.gate, certificates, s.options.Logger); err != nil {
		return fmt.Errorf("management address: %w", err)
	}
	return nil
}

func (e *endpoint) serve(address string, handler http.Handler, certificates []tls.Certificate, logger *slog.Logger) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	e.listener = listener
	e.server = &http.Server{
		Handler: handler, ReadHeaderTimeout: 30 * time.Second,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	if certificates != nil {
		// The device's httpd speaks HTTP/1.1 only.
		listener = tls.NewListener(listener, &tls.Config{
			Certificates: certificates, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	go func() {
		if err := e.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("server ended", "address", address, "error", err)
		}
	}()
	return nil
}

// requestGrace is how long requests under way may take once Close is called.
const requestGrace = time.Second

func (e *endpoint) close(ctx context.Context) error {
	if e.server == nil {
		return nil
	}
	graceful, cancel := context.WithTimeout(ctx, requestGrace)
	defer cancel()
	if e.server.Shutdown(graceful) == nil {
		return nil
	}
	// A connection that has not sent its request yet counts as busy for five
	// seconds: nobody waits for those.
	return e.server.Close()
}

// Close ends the simulator: no new requests, those under way have a second, or
// until ctx ends, to finish; then the configuration is saved and traffic ends.
func (s *Simulator) Close(ctx context.Context) error {
	return errors.Join(s.management.close(ctx), s.control.close(ctx), s.closeState(), s.plane.Close(ctx))
}

// ManagementURL is the base of iControl REST, such as "https://127.0.0.1:41000";
// "" before Start.
func (s *Simulator) ManagementURL() string {
	if s.tls != nil {
		return s.management.url("https")
	}
	return s.management.url("http")
}

// ControlURL is the base of the control API; "" before Start.
func (s *Simulator) ControlURL() string { return s.control.url("http") }

func (e *endpoint) url(scheme string) string {
	if e.listener == nil {
		return ""
	}
	return scheme + "://" + e.listener.Addr().String()
}

// CAPEM is the certificate of the CA that signed the server's, for 127.0.0.1,
// ::1 and localhost; nil with PlainHTTP.
func (s *Simulator) CAPEM() []byte {
	if s.tls == nil {
		return nil
	}
	return slices.Clone(s.tls.caPEM)
}

// CAFile is Options.CAFile.
func (s *Simulator) CAFile() string { return s.options.CAFile }

// VirtualServers are all virtual servers with their listeners, sorted by name.
func (s *Simulator) VirtualServers() []VirtualServer {
	state := s.db.State()
	list := []VirtualServer{}
	for _, o := range state.Objects(state.Schema.Type("ltm/virtual")).Items() {
		list = append(list, VirtualServer{Name: o.Path, Destination: o.Text("destination"), Listener: s.plane.Listener(o.Path)})
	}
	return list
}

// Listener is the address on which a virtual server takes connections; "" if it
// has none.
func (s *Simulator) Listener(virtualServer string) string { return s.plane.Listener(virtualServer) }

// SetMembers says where members are reached really: "10.244.0.5:8080" ->
// "127.0.0.1:40001". It is merged with what was said before; "" removes.
func (s *Simulator) SetMembers(addresses map[string]string) { s.plane.SetAddresses(addresses) }

// SetNames says what names resolve to, for nodes and members that have one instead
// of an address: "www.example.com" -> "192.0.2.1", "192.0.2.2". It is merged with
// what was said before: an empty list is a name without an address, nil a name to
// which DNS does not answer.
func (s *Simulator) SetNames(names map[string][]string) error { return s.db.SetNames(names) }

// SetFaults replaces the faults.
func (s *Simulator) SetFaults(faults []control.Fault) error { return s.gate.SetFaults(faults) }

// ClearFaults removes all faults.
func (s *Simulator) ClearFaults() { _ = s.gate.SetFaults(nil) }

// Requests is the journal of the management side, oldest first.
func (s *Simulator) Requests() []control.Request { return s.gate.Requests() }

// ClearRequests empties the journal.
func (s *Simulator) ClearRequests() { s.gate.ClearRequests() }

// configureTraffic hands a committed state to the data plane.
func (s *Simulator) configureTraffic(state *config.State) {
	if err := s.plane.Configure(s.translator.translate(state)); err != nil {
		s.options.Logger.Error("data plane refused the configuration", "error", err)
	}
}
