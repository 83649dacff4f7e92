package dataplane

import (
	"crypto/tls"
	"errors"
)

// errPeeked ends the handshake that nobody is to answer.
var errPeeked = errors.New("only the hello is wanted")

// peekHello reads the TLS hello of a client, and leaves it on the connection for who reads
// next. found is false where the client says something else, or nothing.
func peekHello(conn *meteredConn) (serverName string, found bool) {
	spy := &peeker{wire: wire{conn}}
	_ = tls.Server(spy, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		serverName, found = hello.ServerName, true
		return nil, errPeeked
	}}).Handshake()
	conn.peeked = spy.seen
	return serverName, found
}

// peeker is a connection of which is written down what is read, and to which nothing is
// written: no alert is to reach the client.
type peeker struct {
	wire
	seen []byte
}

func (p *peeker) Read(b []byte) (int, error) {
	n, err := p.wire.Read(b)
	p.seen = append(p.seen, b[:n]...)
	return n, err
}

func (p *peeker) Write(b []byte) (int, error) { return len(b), nil }
