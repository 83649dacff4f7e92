package dataplane

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"regexp"
	"strings"
)

// probeResponseLimit is how much of a response a monitor looks at; the device
// reads no more than this either.
const probeResponseLimit = 5120

// newProbe returns the probe of a monitor for the member at address, or nil for
// a type that is not simulated.
func (p *Plane) newProbe(monitor Monitor, address string) probe {
	address = probeAddress(monitor.Destination, address)
	switch monitor.Type {
	case "http", "https", "tcp":
	case "icmp", "gateway-icmp":
		return func(context.Context) outcome {
			if p.addresses.hasHost(address) {
				return success
			}
			return noAnswer
		}
	default:
		return nil
	}
	exchange := exchangeOf(monitor)
	return func(ctx context.Context) outcome {
		tcp, err := p.addresses.dial(ctx, address, netip.Addr{})
		if err != nil {
			return noConnect
		}
		// The end of ctx, by the timeout or because the monitor is gone, ends
		// whatever the probe waits for.
		defer context.AfterFunc(ctx, func() { _ = tcp.Close() })()
		defer tcp.Close()
		if monitor.Type != "https" {
			return exchange.run(tcp)
		}
		// A BIG-IP monitor verifies no certificate: members have self-signed ones.
		secure := tls.Client(tcp, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			return noAnswer
		}
		return exchange.run(secure)
	}
}

// probeAddress applies a monitor's destination, "*:*", "*:8081" or
// "10.0.0.9:8081" (a dot before the port is the IPv6 form of the device), to the
// address of a member, or of a node, which has no port.
func probeAddress(destination, member string) string {
	host, port, err := net.SplitHostPort(member)
	if err != nil {
		host = member
	}
	cut := strings.LastIndexAny(destination, ":.")
	if cut < 0 {
		return member
	}
	if wanted := destination[:cut]; wanted != "*" {
		host = strings.Trim(wanted, "[]")
	}
	if wanted := destination[cut+1:]; wanted != "*" {
		port = wanted
	}
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}

// probeExchange is what a probe says and what it wants to hear.
type probeExchange struct {
	send              string
	recv, recvDisable *regexp.Regexp // nil = none
	reverse           bool           // recv is what must not be found
	needsAnswer       bool
}

func exchangeOf(monitor Monitor) probeExchange {
	e := probeExchange{
		send:        monitor.Send,
		recv:        receiveString(monitor.Recv),
		recvDisable: receiveString(monitor.RecvDisable),
	}
	e.reverse = monitor.Reverse && e.recv != nil
	if monitor.Type != "tcp" {
		e.send = endRequest(e.send)
		e.needsAnswer = true // any answer is a success where recv is unset
	}
	return e
}

// endRequest appends what is missing of the empty line behind a request: the
// device does so since 10.2 (F5 K10655). An unset one is the device's default.
func endRequest(send string) string {
	switch {
	case send == "":
		return "GET /\r\n\r\n"
	case strings.Contains(send, "\r\n\r\n"):
		return send
	default:
		return strings.TrimRight(send, "\r\n") + "\r\n\r\n"
	}
}

// receiveString compiles a receive string. The device's regular expressions are
// not quite Go's: what does not compile is searched as it stands.
func receiveString(text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	expression, err := regexp.Compile(text)
	if err != nil {
		return regexp.MustCompile(regexp.QuoteMeta(text))
	}
	return expression
}

// run sends and listens until it knows the outcome. Closing conn ends it.
func (e probeExchange) run(conn net.Conn) outcome {
	if e.send != "" {
		if _, err := conn.Write([]byte(e.send)); err != nil {
			return noAnswer
		}
	}
	if e.recv == nil && e.recvDisable == nil && !e.needsAnswer {
		return success
	}
	response := make([]byte, 0, probeResponseLimit)
	for len(response) < cap(response) {
		n, err := conn.Read(response[len(response):cap(response)])
		response = response[:len(response)+n]
		if found := e.judge(response); found != noAnswer {
			return found
		}
		if err != nil {
			break
		}
	}
	if e.reverse && len(response) > 0 { // an answer, without what must not be in it
		return success
	}
	return noAnswer
}

// judge searches what has been received so far. recv wins over recvDisable.
func (e probeExchange) judge(response []byte) outcome {
	switch {
	case e.recv != nil && e.recv.Match(response):
		if e.reverse {
			return refused
		}
		return success
	case e.reverse:
		return noAnswer // yet
	case e.recvDisable != nil && e.recvDisable.Match(response):
		return askedToStop
	case e.recv == nil && e.recvDisable == nil && len(response) > 0:
		return success
	default:
		return noAnswer
	}
}
