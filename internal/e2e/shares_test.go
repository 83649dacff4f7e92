package e2e

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestAHundredThousandRequestsShareAsAskedWhateverTheNumbersOfPods deploys real
// pods, applies each pair of shares, and counts who answers. The virtual server
// has OneConnect, so that the device decides for each request anew, also where a
// client keeps its connection: a hundred thousand new connections would take ten
// times as long and count the same decisions.
func TestAHundredThousandRequestsShareAsAskedWhateverTheNumbersOfPods(t *testing.T) {
	t.Parallel()
	const (
		requests  = 100_000
		tolerance = 0.3 // percent points
	)
	for _, pods := range [][2]int32{{7, 3}, {20, 1}, {1, 1}} {
		t.Run(fmt.Sprintf("%d and %d pods", pods[0], pods[1]), func(t *testing.T) {
			s := newShop(t, pods[0], pods[1])
			s.edit(t, `"/Common/http" = "all" }`, `"/Common/http" = "all", "/Common/oneconnect" = "all" }`)
			s.apply(t, 100, 0)
			listener, err := s.Simulator.Listener(t.Context(), "/shop/shop")
			must(t, err)
			for _, share := range []int{99, 90, 50} {
				s.apply(t, share, 100-share)
				began := time.Now()
				colours, err := tally(listener, requests)
				must(t, err)
				if sum := colours["blue"] + colours["green"]; sum != requests {
					t.Fatalf("%d of %d requests were answered by blue or green: %v", sum, requests, colours)
				}
				got := 100 * float64(colours["green"]) / requests
				t.Logf("%d/%d: green got %.3f %% (%s)", share, 100-share, got, time.Since(began).Round(time.Millisecond))
				if math.Abs(got-float64(100-share)) > tolerance {
					t.Errorf("green got %.3f %% of %d requests, want %d within %.1f", got, requests, 100-share, tolerance)
				}
			}
		})
	}
}

// tally makes so many requests over a few connections that stay open, and counts
// the answers by colour. Every request must be answered with 200.
func tally(address string, requests int) (map[string]int, error) {
	const clients = 8
	answers, failures := make([]map[string]int, clients), make([]error, clients)
	var running sync.WaitGroup
	for client := range clients {
		running.Go(func() { answers[client], failures[client] = ask(address, requests/clients) })
	}
	running.Wait()
	sum := map[string]int{}
	for client := range clients {
		if failures[client] != nil {
			return nil, failures[client]
		}
		for colour, count := range answers[client] {
			sum[colour] += count
		}
	}
	return sum, nil
}

// ask makes requests on one connection, one after the other.
func ask(address string, requests int) (map[string]int, error) {
	connection, err := net.DialTimeout("tcp", address, requestTimeout)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	colours, reader := map[string]int{}, bufio.NewReader(connection)
	for range requests {
		if err := connection.SetDeadline(time.Now().Add(requestTimeout)); err != nil {
			return nil, err
		}
		if _, err := io.WriteString(connection, "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"); err != nil {
			return nil, err
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %w", response.Status, err)
		}
		colours[response.Header.Get("X-Colour")]++
	}
	return colours, nil
}
