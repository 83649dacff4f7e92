package dataplane

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

func TestServerThatClosesWhileIdleClosesTheClientWithAFIN(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	backend := newBackend(t, "a", nil)
	configure(t, p, oneServer(nil, backend.member()))
	c := dial(t, p)
	c.get()
	backend.CloseClientConnections()
	if err := c.ending(); !errors.Is(err, io.EOF) {
		t.Errorf("the client's connection ends with %v, want a FIN", err)
	}
	eventually(t, "the connection is off the books", func() bool { return backend.counters(p).CurConns == 0 })
}

func TestServerThatOwesAResponseResetsTheClient(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"before its first byte":  "",
		"in the head":            "HTTP/1.1 200 OK\r\nContent-",
		"in the body":            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
		"in a chunk":             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
		"after 100 Continue":     "HTTP/1.1 100 Continue\r\n\r\n",
		"with something else":    "220 mail.example.com ESMTP\r\n",
		"with an unasked switch": "HTTP/1.1 101 Switching Protocols\r\n\r\n",
	} {
		for mode, change := range map[string]func(*VirtualServer){"pinned": nil, "OneConnect": oneConnect} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newPlane(t)
				address := serveTCP(t, func(conn *net.TCPConn) {
					_, _ = http.ReadRequest(bufio.NewReader(conn))
					_, _ = io.WriteString(conn, answer)
					_ = conn.Close()
				})
				configure(t, p, oneServer(change, memberOf(address)))
				if err := attempt(p, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the client's connection ends with %v, want a reset", err)
				}
				if got := p.MemberCounters(testPool, "/shop/"+address); got.TotConns != 1 || got.TotRequests != 1 {
					t.Errorf("the member counts %+v: the request was sent again", got)
				}
			})
		}
	}
}

func TestBytesThatNobodyAskedForEndTheConnection(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	address := serveTCP(t, func(conn *net.TCPConn) {
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
	})
	configure(t, p, oneServer(nil, memberOf(address)))
	c := dial(t, p)
	if got := c.get(); got != "ok" {
		t.Errorf("answered %q", got)
	}
	if err := c.ending(); !errors.Is(err, io.EOF) {
		t.Errorf("the client's connection ends with %v, want a FIN", err)
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"pinned": nil, "OneConnect": oneConnect} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			echo := func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				_, _ = fmt.Fprintf(w, "%s %s", r.URL.Path, body)
			}
			a, b := newBackend(t, "a", echo), newBackend(t, "b", echo)
			configure(t, p, oneServer(change, a.member(), b.member()))
			c := dial(t, p)
			const n = 50
			var all strings.Builder
			for i := range n {
				fmt.Fprintf(&all, "POST /%d HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\n%02d", i, i)
			}
			c.send(all.String())
			for i := range n {
				if _, got := c.receive("POST"); got != fmt.Sprintf("/%d %02d", i, i) {
					t.Fatalf("response %d is %q", i, got)
				}
			}
			if got := p.VirtualServerCounters(testServer).TotRequests; got != n {
				t.Errorf("%d requests counted, want %d", got, n)
			}
		})
	}
}

// Bodies of all kinds and sizes arrive as they were sent, on one connection.
func TestBodiesPassUnchanged(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"pinned": nil, "OneConnect": oneConnect} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			echo := newBackend(t, "echo", func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Errorf("the backend reads: %v", err)
				}
				if r.Header.Get("Want") == "length" {
					w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				}
				w.WriteHeader(http.StatusOK)
				half := len(body) / 2
				_, _ = w.Write(body[:half])
				w.(http.Flusher).Flush()
				_, _ = w.Write(body[half:])
			})
			configure(t, p, oneServer(change, echo.member()))
			c := dial(t, p)
			random := rand.New(rand.NewPCG(1, 1))
			for _, size := range []int{0, 1, 100, 4095, 4096, 4097, 40000, 1 << 20} {
				body := make([]byte, size)
				for i := range body {
					body[i] = byte('a' + random.IntN(26))
				}
				for _, chunked := range []bool{false, true} {
					for _, want := range []string{"length", "chunks"} {
						request, err := http.NewRequest("PUT", "http://shop/", strings.NewReader(string(body)))
						if err != nil {
							t.Fatal(err)
						}
						request.Header.Set("Want", want)
						if chunked {
							request.ContentLength = -1
						}
						if err := request.Write(c); err != nil {
							t.Fatal(err)
						}
						if _, got := c.receive("PUT"); got != string(body) {
							t.Fatalf("%d bytes, chunked %v, answer by %s: %d bytes came back", size, chunked, want, len(got))
						}
					}
				}
			}
			c.send("HEAD / HTTP/1.1\r\nHost: shop\r\nWant: length\r\n\r\n")
			c.receive("HEAD")
			c.get()
		})
	}
}

func TestClientWaitsForContinue(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	echo := newBackend(t, "echo", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	configure(t, p, oneServer(nil, echo.member()))
	c := dial(t, p)
	c.send("POST / HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	if line, err := c.r.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("received %q, %v", line, err)
	}
	_, _ = c.r.ReadString('\n')
	c.send("body")
	if _, got := c.receive("POST"); got != "body" {
		t.Errorf("answered %q", got)
	}
	c.get()
}

func TestResponseArrivesAsItIsWritten(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	next := make(chan struct{})
	slow := newBackend(t, "slow", func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			_, _ = io.WriteString(w, "event\n")
			w.(http.Flusher).Flush()
			<-next
		}
	})
	configure(t, p, oneServer(nil, slow.member()))
	c := dial(t, p)
	c.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(response.Body)
	for range 3 { // each is seen before the next is written
		if line, err := lines.ReadString('\n'); err != nil || line != "event\n" {
			t.Fatalf("received %q, %v", line, err)
		}
		next <- struct{}{}
	}
}

func TestConnectionCloseEndsBothSides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ request, answer string }{
		"asked by the client":      {"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
		"an HTTP/1.0 client":       {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
		"said by the server":       {"GET / HTTP/1.1\r\nHost: shop\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"},
		"an HTTP/1.0 server":       {"GET / HTTP/1.1\r\nHost: shop\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"},
		"a body without a length":  {"GET / HTTP/1.1\r\nHost: shop\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nok"},
		"an answer before the end": {"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\nabc", "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"},
	} {
		for mode, change := range map[string]func(*VirtualServer){"pinned": nil, "OneConnect": oneConnect} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newPlane(t)
				address := serveTCP(t, func(conn *net.TCPConn) {
					_, _ = http.ReadRequest(bufio.NewReader(conn))
					_, _ = io.WriteString(conn, test.answer)
					_ = conn.CloseWrite()
				})
				configure(t, p, oneServer(change, memberOf(address)))
				c := dial(t, p)
				c.send(test.request)
				if _, got := c.receive("GET"); got != "ok" {
					t.Errorf("answered %q", got)
				}
				if err := c.ending(); !errors.Is(err, io.EOF) {
					t.Errorf("the connection ends with %v, want a FIN", err)
				}
				_ = c.Close()
				eventually(t, "both sides are off the books", func() bool {
					return p.VirtualServerCounters(testServer).CurConns == 0 && p.MemberCounters(testPool, "/shop/"+address).CurConns == 0
				})
			})
		}
	}
}

func TestProtocolSwitchBecomesATunnel(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"pinned": nil, "OneConnect": oneConnect} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			address := serveTCP(t, func(conn *net.TCPConn) {
				r := bufio.NewReader(conn)
				_, _ = http.ReadRequest(r)
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
				_, _ = io.Copy(conn, r)
				_ = conn.Close()
			})
			configure(t, p, oneServer(change, memberOf(address)))
			c := dial(t, p)
			c.send("GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			response, err := http.ReadResponse(c.r, nil)
			if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("response %v, %v", response, err)
			}
			for _, text := range []string{"GET is no request here\r\n", "\x00\x01\n"} {
				c.send(text)
				if got, err := c.r.ReadString('\n'); err != nil || got != text {
					t.Fatalf("echoed %q, %v", got, err)
				}
			}
			_ = c.CloseWrite()
			if err := c.ending(); !errors.Is(err, io.EOF) {
				t.Errorf("the tunnel ends with %v, want a FIN", err)
			}
			eventually(t, "both sides are off the books", func() bool {
				return p.VirtualServerCounters(testServer).CurConns == 0 && p.MemberCounters(testPool, "/shop/"+address).CurConns == 0
			})
		})
	}
}

func TestRefusedSwitchGoesOnWithHTTP(t *testing.T) {
	t.Parallel()
	p, a := newPlane(t), newBackend(t, "a", nil)
	configure(t, p, oneServer(nil, a.member()))
	c := dial(t, p)
	for range 2 {
		if by := c.get("Connection: Upgrade", "Upgrade: websocket"); by != "a" {
			t.Fatalf("answered by %s", by)
		}
	}
}

func TestMalformedRequestResetsTheClient(t *testing.T) {
	t.Parallel()
	p, a := newPlane(t), newBackend(t, "a", nil)
	configure(t, p, oneServer(nil, a.member()))
	if err := attempt(p, "what is this\r\n\r\n"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ends with %v, want a reset", err)
	}
	if n := a.requests.Load(); n != 0 {
		t.Errorf("the backend got %d requests", n)
	}
}
