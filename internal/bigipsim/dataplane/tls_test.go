package dataplane

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"
)

// selfSigned makes a certificate with a common name and further names.
func selfSigned(t testing.TB, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func poolOf(certificates ...tls.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range certificates {
		pool.AddCert(c.Leaf)
	}
	return pool
}

// profile is a client-ssl profile with a certificate of some names.
func profile(t testing.TB, change func(*ClientSSL), names ...string) *ClientSSL {
	p := &ClientSSL{Name: "/Common/" + names[0], Certificates: []tls.Certificate{selfSigned(t, names...)}}
	if change != nil {
		change(p)
	}
	return p
}

func withTLS(profiles ...*ClientSSL) func(*VirtualServer) {
	return func(v *VirtualServer) { v.ClientSSL = profiles }
}

// secure begins TLS as a client that asks for a name and checks nothing.
func secure(t testing.TB, p *Plane, config *tls.Config) (*rawClient, *tls.Conn, error) {
	t.Helper()
	c := dial(t, p)
	config.InsecureSkipVerify = true
	conn := tls.Client(c.TCPConn, config)
	if err := conn.HandshakeContext(t.Context()); err != nil {
		return nil, nil, err
	}
	c.r = bufio.NewReader(conn)
	return c, conn, nil
}

// tlsGet makes one request over TLS and returns who answered.
func tlsGet(t testing.TB, c *rawClient, conn *tls.Conn) string {
	t.Helper()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_, body := c.receive("GET")
	return body
}

func TestServerNamesChooseTheCertificate(t *testing.T) {
	t.Parallel()
	named := func(name string) func(*ClientSSL) { return func(p *ClientSSL) { p.ServerName = name } }
	fallback := profile(t, func(p *ClientSSL) { p.SNIDefault = true }, "default.example.com")
	profiles := []*ClientSSL{
		profile(t, named("*.example.com"), "wild"),
		profile(t, named("www.example.com"), "www"),
		profile(t, nil, "certified", "shop.example.org", "*.example.net"),
		fallback,
	}
	p, a := newPlane(t), newBackend(t, "a", nil)
	configure(t, p, oneServer(withTLS(profiles...), a.member()))
	for name, want := range map[string]string{
		"www.example.com":     "www",
		"WWW.Example.com":     "www",
		"api.example.com":     "wild",
		"a.b.example.com":     "default.example.com",
		"shop.example.org":    "certified",
		"any.example.net":     "certified",
		"default.example.com": "wild",
		"unknown.test":        "default.example.com",
		"":                    "default.example.com",
	} {
		c, conn, err := secure(t, p, &tls.Config{ServerName: name})
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.ConnectionState().PeerCertificates[0].Subject.CommonName; got != want {
			t.Errorf("%q gets the certificate of %s, want %s", name, got, want)
		}
		if by := tlsGet(t, c, conn); by != "a" {
			t.Errorf("%q is answered by %q", name, by)
		}
	}

	require := *fallback
	require.SNIRequire = true
	configure(t, p, oneServer(withTLS(profiles[1], &require), a.member()))
	for _, name := range []string{"", "unknown.test"} {
		if _, _, err := secure(t, p, &tls.Config{ServerName: name}); err == nil {
			t.Errorf("%q is let in although a server name is required", name)
		}
	}
	if _, _, err := secure(t, p, &tls.Config{ServerName: "www.example.com"}); err != nil {
		t.Error(err)
	}
}

func TestTLSEndsAtTheDeviceForHTTPAndTCP(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"http": nil, "OneConnect": oneConnect, "tcp": plainTCP} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p, a := newPlane(t), newBackend(t, "a", nil)
			configure(t, p, oneServer(func(v *VirtualServer) {
				v.ClientSSL = []*ClientSSL{profile(t, func(p *ClientSSL) { p.MaxVersion = tls.VersionTLS12 }, "shop")}
				if change != nil {
					change(v)
				}
			}, a.member()))
			c, conn, err := secure(t, p, &tls.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if got := conn.ConnectionState().Version; got != tls.VersionTLS12 {
				t.Errorf("version %x", got)
			}
			for range 3 {
				if by := tlsGet(t, c, conn); by != "a" {
					t.Fatalf("answered by %q", by)
				}
			}
			_ = conn.Close()
			eventually(t, "the connection is off the books", func() bool { return p.VirtualServerCounters(testServer).CurConns == 0 })
			client, server := p.VirtualServerCounters(testServer), a.counters(p)
			if client.BitsIn <= server.BitsIn || client.BitsOut <= server.BitsOut {
				t.Errorf("clientside %+v is not more than serverside %+v: TLS is not counted", client, server)
			}
		})
	}
}

func TestClientsWithoutTLSOrCertificateAreRefused(t *testing.T) {
	t.Parallel()
	mine, other := selfSigned(t, "client"), selfSigned(t, "other")
	p, a := newPlane(t), newBackend(t, "a", nil)
	configure(t, p, oneServer(withTLS(profile(t, func(p *ClientSSL) { p.PeerCertMode, p.ClientCAs = "require", poolOf(mine) }, "shop")), a.member()))
	if err := attempt(p, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"); err == nil {
		t.Error("plain HTTP is answered")
	}
	for name, test := range map[string]struct {
		certificates []tls.Certificate
		want         string
	}{"none": {nil, ""}, "another": {[]tls.Certificate{other}, ""}, "the right one": {[]tls.Certificate{mine}, "a"}} {
		c, conn, err := secure(t, p, &tls.Config{Certificates: test.certificates, MaxVersion: tls.VersionTLS12})
		if (err == nil) != (test.want != "") {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			if by := tlsGet(t, c, conn); by != test.want {
				t.Errorf("%s: answered by %q", name, by)
			}
		}
	}
	if n := a.requests.Load(); n != 1 {
		t.Errorf("the member got %d requests", n)
	}
}

func TestServerSSLSpeaksTLSToMembers(t *testing.T) {
	t.Parallel()
	certificate := selfSigned(t, "member.example.com")
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "sni="+r.TLS.ServerName)
	}))
	backend.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	backend.StartTLS()
	t.Cleanup(backend.Close)
	address := backend.Listener.Addr().String()
	for name, test := range map[string]struct {
		ssl  ServerSSL
		want string // "" = reset
	}{
		"no name is sent by default":      {ServerSSL{}, "sni="},
		"the profile's name is sent":      {ServerSSL{ServerName: "inner"}, "sni=inner"},
		"require trusts nobody by itself": {ServerSSL{PeerCertMode: "require"}, ""},
		"require trusts its CA file":      {ServerSSL{PeerCertMode: "require", RootCAs: poolOf(certificate)}, "sni="},
		"a name that fits":                {ServerSSL{PeerCertMode: "require", RootCAs: poolOf(certificate), AuthenticateName: "member.example.com"}, "sni="},
		"a name that does not":            {ServerSSL{PeerCertMode: "require", RootCAs: poolOf(certificate), AuthenticateName: "other.example.com"}, ""},
	} {
		for mode, change := range map[string]func(*VirtualServer){"http": func(*VirtualServer) {}, "OneConnect": oneConnect, "tcp": plainTCP} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newPlane(t)
				ssl := test.ssl
				configure(t, p, oneServer(func(v *VirtualServer) { change(v); v.ServerSSL = &ssl }, memberOf(address)))
				if test.want == "" {
					if err := attempt(p, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
						t.Errorf("the connection ends with %v, want a reset", err)
					}
					return
				}
				c := dial(t, p)
				for range 2 {
					if got := c.get(); got != test.want {
						t.Errorf("answered %q, want %q", got, test.want)
					}
				}
			})
		}
	}
}

func TestIdleConnectionsAreSharedOnlyWithTheSameTLS(t *testing.T) {
	t.Parallel()
	plain := newBackend(t, "plain", nil)
	p := newPlane(t)
	configure(t, p, oneServer(oneConnect, plain.member()))
	getOnce(t, p)
	eventually(t, "the connection is idle", func() bool { return plain.counters(p).CurSessions == 0 && plain.counters(p).CurConns == 1 })
	configure(t, p, oneServer(func(v *VirtualServer) { oneConnect(v); v.ServerSSL = &ServerSSL{} }, plain.member()))
	if err := attempt(p, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a connection without TLS was used for TLS: %v", err)
	}
}
