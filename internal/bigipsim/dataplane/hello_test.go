package dataplane

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
)

// serveTLS starts a member that ends TLS itself, with a certificate of its name, and says
// back what it hears.
func serveTLS(t testing.TB, name string) Member {
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t, name)}}
	return memberOf(serveTCP(t, func(conn *net.TCPConn) {
		secure := tls.Server(conn, config)
		_, _ = io.Copy(secure, secure)
		_ = secure.Close()
	}))
}

// byName is a policy that sends clients to the pool of the name that they ask for, by the
// end of it where it begins with a star, and resets all others.
func byName(pools map[string]string) *Policy {
	p := &Policy{ClientHello: true}
	for _, wild := range []bool{false, true} {
		for name, pool := range pools {
			c := Condition{Operand: "sslExtension", Selector: "serverName", Operator: "equals", Values: []string{name}}
			if domain, ok := strings.CutPrefix(name, "*"); ok {
				c.Operator, c.Values = "endsWith", []string{domain}
			}
			if wild == (c.Operator == "endsWith") {
				p.Rules = append(p.Rules, PolicyRule{Conditions: []Condition{c}, Actions: []Action{{Kind: ActionForward, Pool: pool}}})
			}
		}
	}
	p.Rules = append(p.Rules, PolicyRule{Actions: []Action{{Kind: ActionReset}}})
	return p
}

func passing(t testing.TB) *Plane {
	t.Helper()
	p := newPlane(t)
	config := oneServer(func(v *VirtualServer) {
		v.HTTP, v.Pool = false, ""
		v.Policies = []*Policy{byName(map[string]string{"db.example.com": "/shop/db", "*.example.com": "/shop/rest"})}
	})
	config.Pools = []Pool{
		{Name: "/shop/db", Members: []Member{serveTLS(t, "db")}},
		{Name: "/shop/rest", Members: []Member{serveTLS(t, "rest")}},
	}
	configure(t, p, config)
	return p
}

func TestClientsReachTheTLSOfTheMemberThatTheirServerNameChooses(t *testing.T) {
	t.Parallel()
	p := passing(t)
	for asked, want := range map[string]string{"db.example.com": "db", "DB.Example.com": "db", "a.b.example.com": "rest"} {
		c, conn, err := secure(t, p, &tls.Config{ServerName: asked})
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.ConnectionState().PeerCertificates[0].Subject.CommonName; got != want {
			t.Errorf("%s gets the certificate of %s, want %s", asked, got, want)
		}
		if _, err := io.WriteString(conn, "hello\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(conn).ReadString('\n'); line != "hello\n" {
			t.Errorf("%s heard %q, %v", asked, line, err)
		}
		_ = c.Close()
	}
}

func TestAHelloThatComesInPiecesIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	p := passing(t)
	c := dial(t, p)
	conn := tls.Client(pieces{c.TCPConn}, &tls.Config{ServerName: "db.example.com", InsecureSkipVerify: true})
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := conn.ConnectionState().PeerCertificates[0].Subject.CommonName; got != "db" {
		t.Errorf("the certificate is that of %s", got)
	}
}

// pieces writes one byte at a time.
type pieces struct{ *net.TCPConn }

func (p pieces) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := p.TCPConn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

func TestServerNamesThatNobodyHasAreReset(t *testing.T) {
	t.Parallel()
	p := passing(t)
	for _, asked := range []string{"example.com", "other.com", ""} {
		if _, _, err := secure(t, p, &tls.Config{ServerName: asked}); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%q: %v, want a reset", asked, err)
		}
	}
}

func TestWithoutTLSNoRuleForTheHelloActs(t *testing.T) {
	t.Parallel()
	p := passing(t)
	if err := attempt(p, "GET / HTTP/1.1\r\nHost: db.example.com\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("without a pool of the virtual server: %v, want a reset", err)
	}

	plain := newBackend(t, "plain", nil)
	config := oneServer(func(v *VirtualServer) {
		v.HTTP, v.Policies = false, []*Policy{byName(nil)}
	}, plain.member())
	configure(t, p, config)
	if got := getOnce(t, p); got != "plain" {
		t.Errorf("the virtual server's own pool answered %q", got)
	}
}
