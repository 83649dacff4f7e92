package dataplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// h2Client speaks HTTP/2 to the test's virtual server, on one connection.
func h2Client(t *testing.T, p *Plane) *http.Client {
	transport := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", p.Listener(testServer))
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

func overH2(t *testing.T, change func(*VirtualServer)) func(*VirtualServer) {
	return func(v *VirtualServer) {
		v.HTTP2, v.ClientSSL = true, []*ClientSSL{profile(t, nil, "shop")}
		if change != nil {
			change(v)
		}
	}
}

func TestHTTP2IsSpokenToClientsWhereTheProfileSaysSo(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*VirtualServer){"pinned": nil, "OneConnect": oneConnect} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			echo := newBackend(t, "echo", func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				_, _ = fmt.Fprintf(w, "%s %s %s %s %v %s", r.Proto, r.Method, r.Host, r.URL, r.Header["X-Forwarded-For"], body)
			})
			configure(t, p, oneServer(overH2(t, func(v *VirtualServer) {
				v.InsertXForwardedFor = true
				if change != nil {
					change(v)
				}
			}), echo.member()))
			client := h2Client(t, p)
			var streams sync.WaitGroup
			for i := range 50 {
				streams.Go(func() {
					body := strings.Repeat("x", i*1000)
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("https://shop.example.com/%d?q=%d", i, i), strings.NewReader(body))
					if err != nil {
						t.Error(err)
						return
					}
					r.Header.Set("X-Forwarded-For", "192.0.2.1")
					response, err := client.Do(r)
					if err != nil {
						t.Error(err)
						return
					}
					defer response.Body.Close()
					got, err := io.ReadAll(response.Body)
					want := fmt.Sprintf("HTTP/1.1 POST shop.example.com /%d?q=%d [192.0.2.1 127.0.0.1] %s", i, i, body)
					if err != nil || string(got) != want || response.ProtoMajor != 2 {
						t.Errorf("%s %v: %.80q, want %.80q", response.Proto, err, got, want)
					}
				})
			}
			streams.Wait()
			if got := p.VirtualServerCounters(testServer); got.TotRequests != 50 || echo.counters(p).TotRequests != 50 {
				t.Errorf("the virtual server counts %+v, the member %+v", got, echo.counters(p))
			}
			client.CloseIdleConnections()
			eventually(t, "the connection is off the books", func() bool {
				return p.VirtualServerCounters(testServer).CurConns == 0 && echo.counters(p).CurSessions == 0
			})
		})
	}
}

func TestPoliciesJudgeTheStreamsOfHTTP2(t *testing.T) {
	t.Parallel()
	p, blue, green := newPlane(t), newBackend(t, "blue", nil), newBackend(t, "green", nil)
	onPath := func(path string, a Action) PolicyRule {
		return PolicyRule{Conditions: []Condition{{Operand: "httpUri", Selector: "path", Values: []string{path}}}, Actions: []Action{a}}
	}
	configure(t, p, routed(overH2(t, nil), blue.member(), green.member(),
		onPath("/green", Action{Kind: ActionForward, Pool: "/shop/green"}), onPath("/reset", Action{Kind: ActionReset})))
	client := h2Client(t, p)
	for path, want := range map[string]string{"/": "blue", "/green": "green", "/reset": "", "/again": "blue"} {
		response, err := client.Get("https://shop.example.com" + path)
		if want == "" {
			if err == nil {
				_ = response.Body.Close()
				t.Errorf("%s is answered", path)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if string(body) != want {
			t.Errorf("%s is answered by %s, want %s", path, body, want)
		}
	}
}

func TestARemovedVirtualServerEndsHTTP2(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	begun := make(chan struct{})
	a := newBackend(t, "a", func(_ http.ResponseWriter, r *http.Request) { close(begun); <-r.Context().Done() })
	config := oneServer(overH2(t, nil), a.member())
	configure(t, p, config)
	failed := make(chan error, 1)
	client := h2Client(t, p)
	go func() {
		response, err := client.Get("https://shop.example.com/")
		if err == nil {
			_ = response.Body.Close()
		}
		failed <- err
	}()
	<-begun
	configure(t, p, Config{Pools: config.Pools})
	if err := <-failed; err == nil {
		t.Error("the stream is answered")
	}
	eventually(t, "the member is free", func() bool { return a.counters(p).CurSessions == 0 })
}
