package dataplane

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"time"
)

// ClientSSL is a client-ssl profile of a virtual server (icontrol-rest 3.11): the
// device ends the client's TLS. Not to be changed once it is configured.
type ClientSSL struct {
	// Name is the full path, "/Common/clientssl".
	Name string
	// Certificates are offered to the client, one for each kind of key.
	Certificates []tls.Certificate
	// ServerName is the name that selects the profile, "*.example.com" for all
	// of a domain. "" stands for the names in the certificates (F5 K13452).
	ServerName string
	// SNIDefault makes it the profile for clients whose name no profile has, and
	// for those that send none. SNIRequire refuses both of them then.
	SNIDefault, SNIRequire bool
	// MaxVersion is the highest TLS version, 0 = 1.3. Below 1.2 nothing is spoken.
	MaxVersion uint16
	// PeerCertMode is "" or ignore, request, or require: the client's certificate.
	PeerCertMode string
	// ClientCAs verify the client's certificate.
	ClientCAs *x509.CertPool
}

// ServerSSL is a server-ssl profile of a virtual server: TLS towards the members.
// Not to be changed once it is configured.
type ServerSSL struct {
	// Name is the full path, "/Common/serverssl".
	Name string
	// ServerName is sent in the TLS hello; "" sends none.
	ServerName string
	// PeerCertMode require verifies the member's certificate against RootCAs and,
	// if it is set, its AuthenticateName; ignore, the default, does not look.
	PeerCertMode     string
	AuthenticateName string
	RootCAs          *x509.CertPool
	// Certificates are the device's own, for members that ask.
	Certificates []tls.Certificate
	// MaxVersion is as in ClientSSL.
	MaxVersion uint16
}

// handshakeTimeout is that of the ssl profiles (handshakeTimeout, 10 s).
const handshakeTimeout = 10 * time.Second

// errUnknownName refuses a client whose name no profile has.
var errUnknownName = errors.New("no client-ssl profile for this server name")

// acceptor is the TLS of a virtual server towards its clients.
type acceptor struct {
	profiles []*ClientSSL
	configs  []*tls.Config
	fallback int // the profile for SNI defaults
}

// newAcceptor returns nil without profiles: then there is no TLS.
func newAcceptor(profiles []*ClientSSL, h2 bool) *acceptor {
	if len(profiles) == 0 {
		return nil
	}
	a := &acceptor{profiles: profiles, configs: make([]*tls.Config, len(profiles))}
	for i, p := range profiles {
		a.configs[i] = p.config(h2)
	}
	a.fallback = max(0, slices.IndexFunc(profiles, func(p *ClientSSL) bool { return p.SNIDefault }))
	return a
}

func (p *ClientSSL) config(h2 bool) *tls.Config {
	c := &tls.Config{
		Certificates: p.Certificates, ClientCAs: p.ClientCAs, MaxVersion: p.MaxVersion, MinVersion: tls.VersionTLS12,
		SessionTicketsDisabled: true, // the profile's default
	}
	switch p.PeerCertMode {
	case "request":
		c.ClientAuth = tls.VerifyClientCertIfGiven
	case "require":
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if h2 {
		c.NextProtos = []string{"h2", "http/1.1"}
	}
	return c
}

// choose finds the profile for a client: by its server name, or the default.
func (a *acceptor) choose(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	name := strings.ToLower(hello.ServerName)
	for _, serves := range []func(*ClientSSL, string) bool{(*ClientSSL).named, (*ClientSSL).namedByWildcard, (*ClientSSL).certified} {
		i := slices.IndexFunc(a.profiles, func(p *ClientSSL) bool { return name != "" && serves(p, name) })
		if i >= 0 {
			return a.configs[i], nil
		}
	}
	if p := a.profiles[a.fallback]; p.SNIRequire && p.SNIDefault {
		return nil, errUnknownName
	}
	return a.configs[a.fallback], nil
}

// A server name is a profile's because it says so, because its wildcard does, or,
// if it names none, because its certificate does.
func (p *ClientSSL) named(name string) bool { return strings.EqualFold(p.ServerName, name) }

func (p *ClientSSL) namedByWildcard(name string) bool {
	return nameMatches(strings.ToLower(p.ServerName), name)
}

func (p *ClientSSL) certified(name string) bool {
	return p.ServerName == "" && slices.ContainsFunc(p.Certificates, func(c tls.Certificate) bool {
		leaf := c.Leaf
		if leaf == nil {
			return false
		}
		return nameMatches(strings.ToLower(leaf.Subject.CommonName), name) ||
			slices.ContainsFunc(leaf.DNSNames, func(n string) bool { return nameMatches(strings.ToLower(n), name) })
	})
}

// nameMatches compares names; "*" stands for one label.
func nameMatches(pattern, name string) bool {
	domain, wild := strings.CutPrefix(pattern, "*.")
	if !wild {
		return pattern == name
	}
	_, rest, ok := strings.Cut(name, ".")
	return ok && rest == domain
}

// accept begins TLS on a client's connection.
func (a *acceptor) accept(ctx context.Context, conn *meteredConn) error {
	return conn.secureWith(ctx, tls.Server(wire{conn}, &tls.Config{GetConfigForClient: a.choose, MinVersion: tls.VersionTLS12}))
}

// connect begins TLS on a connection to a member.
func (s *ServerSSL) connect(ctx context.Context, conn *meteredConn) error {
	return conn.secureWith(ctx, tls.Client(wire{conn}, s.config()))
}

func (s *ServerSSL) config() *tls.Config {
	c := &tls.Config{
		ServerName: s.ServerName, Certificates: s.Certificates, MinVersion: tls.VersionTLS12, MaxVersion: s.MaxVersion,
		InsecureSkipVerify: true, // members have certificates of their own making; require is verify's
	}
	if s.PeerCertMode == "require" {
		c.VerifyConnection = s.verify
	}
	return c
}

// verify checks a member's certificate: its chain, and its name only if the
// profile tells one.
func (s *ServerSSL) verify(state tls.ConnectionState) error {
	intermediates := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		intermediates.AddCert(c)
	}
	roots := s.RootCAs
	if roots == nil {
		roots = x509.NewCertPool() // none: nothing is trusted, and not what the machine trusts
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, DNSName: s.AuthenticateName,
	})
	return err
}

// wire is a meteredConn below its TLS.
type wire struct{ conn *meteredConn }

func (w wire) Read(p []byte) (int, error)         { return w.conn.readWire(p) }
func (w wire) Write(p []byte) (int, error)        { return w.conn.writeWire(p) }
func (w wire) Close() error                       { return w.conn.tcp.Close() }
func (w wire) LocalAddr() net.Addr                { return w.conn.tcp.LocalAddr() }
func (w wire) RemoteAddr() net.Addr               { return w.conn.tcp.RemoteAddr() }
func (w wire) SetDeadline(t time.Time) error      { return w.conn.tcp.SetDeadline(t) }
func (w wire) SetReadDeadline(t time.Time) error  { return w.conn.tcp.SetReadDeadline(t) }
func (w wire) SetWriteDeadline(t time.Time) error { return w.conn.tcp.SetWriteDeadline(t) }
