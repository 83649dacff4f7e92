package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// requestTimeout is far beyond what any answer takes here: a request that
// needs longer has failed.
const requestTimeout = 30 * time.Second

// Load sends numbered requests to one address, each on a connection of its
// own, and keeps count for one phase after the other.
type Load struct {
	client *http.Client
	url    string

	mu     sync.Mutex
	ended  *sync.Cond // a request ended
	number int
	phase  *Phase
	phases []*Phase
}

// Phase is what became of the requests that began in one phase of a scenario.
type Phase struct {
	Name     string
	Requests int
	Failed   int
	Colours  map[string]int
	Errors   []string // the first few failures, with their numbers
	Began    time.Time
	Took     time.Duration
}

// Share returns the percentage of the answered requests that a colour got.
func (p *Phase) Share(colour string) float64 {
	answered := p.Requests - p.Failed
	if answered == 0 {
		return 0
	}
	return 100 * float64(p.Colours[colour]) / float64(answered)
}

// NewLoad returns a load on a listener's address that has not begun.
func NewLoad(address string) *Load {
	transport := &http.Transport{
		// One connection per request: the device decides anew each time.
		DisableKeepAlives: true,
		DialContext:       (&net.Dialer{Timeout: requestTimeout}).DialContext,
	}
	l := &Load{url: "http://" + address + "/", client: &http.Client{Transport: transport, Timeout: requestTimeout}}
	l.ended = sync.NewCond(&l.mu)
	return l
}

// Begin ends the phase before and starts a new one.
func (l *Load) Begin(name string) *Phase {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.phase != nil {
		l.phase.Took = now.Sub(l.phase.Began)
	}
	l.phase = &Phase{Name: name, Colours: map[string]int{}, Began: now}
	l.phases = append(l.phases, l.phase)
	return l.phase
}

// End ends the last phase and returns all of them. Call it when Run is over.
func (l *Load) End() []*Phase {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != nil && l.phase.Took == 0 {
		l.phase.Took = time.Since(l.phase.Began)
	}
	return l.phases
}

// Run sends perSecond requests a second until ctx ends, and returns when every
// one of them is answered or has failed. A slow answer does not slow the rate.
func (l *Load) Run(ctx context.Context, perSecond int) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	var open sync.WaitGroup
	defer open.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			open.Go(l.one)
		}
	}
}

// Send sends count requests, so many at once, and returns when all are done.
func (l *Load) Send(count, parallel int) {
	var open sync.WaitGroup
	next := make(chan struct{})
	for range parallel {
		open.Go(func() {
			for range next {
				l.one()
			}
		})
	}
	for range count {
		next <- struct{}{}
	}
	close(next)
	open.Wait()
}

// one sends the next request. It belongs to the phase in which it began.
func (l *Load) one() {
	l.mu.Lock()
	l.number++
	number, phase := l.number, l.phase
	phase.Requests++
	l.mu.Unlock()

	colour, err := l.get(number)

	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.ended.Broadcast()
	if err != nil {
		phase.Failed++
		if len(phase.Errors) < 5 {
			phase.Errors = append(phase.Errors, fmt.Sprintf("request %d: %v", number, err))
		}
		return
	}
	phase.Colours[colour]++
}

func (l *Load) get(number int) (colour string, err error) {
	response, err := l.client.Get(fmt.Sprintf("%s?n=%d", l.url, number))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", response.StatusCode)
	}
	return response.Header.Get("X-Colour"), nil
}

// Wait returns when the running phase has so many requests that are answered
// or have failed, or with the context's error.
func (l *Load) Wait(ctx context.Context, requests int) error {
	defer context.AfterFunc(ctx, l.ended.Broadcast)()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.phase.finished() < requests {
		if ctx.Err() != nil {
			return fmt.Errorf("%d of %d requests of phase %q have ended: %w", l.phase.finished(), requests, l.phase.Name, ctx.Err())
		}
		l.ended.Wait()
	}
	return nil
}

// finished counts the requests that are answered or have failed.
func (p *Phase) finished() int {
	count := p.Failed
	for _, n := range p.Colours {
		count += n
	}
	return count
}
