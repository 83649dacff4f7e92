package page

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

const (
	// fresh is how old a Status may be for somebody who asks: many who look at the
	// same time cost one.
	fresh = 500 * time.Millisecond
	// calm is the least time between two Status for those who watch.
	calm = 500 * time.Millisecond
	// most are the changes that News names.
	most = 5
)

// Source makes a Status. It is asked by one at a time.
type Source interface {
	Status(ctx context.Context) *Status
}

// News is that there is another Status.
type News struct {
	Version uint64   `json:"version"`
	Told    []string `json:"told"` // what changed, in words; without what only counts on
}

// Hub makes one Status for all who look, and tells those who watch of each other one.
type Hub struct {
	source Source
	every  time.Duration // how often it looks for those who watch, without being told to
	wake   chan struct{}

	making sync.Mutex // one Status at a time

	mu       sync.Mutex
	last     *Status
	content  []byte // of last, but for its time
	version  uint64
	watchers map[chan News]bool
}

// NewHub makes a Hub that looks every so often. It asks nothing yet.
func NewHub(source Source, every time.Duration) *Hub {
	return &Hub{source: source, every: every, wake: make(chan struct{}, 1), watchers: map[chan News]bool{}}
}

// Changed tells that there is something new. It does not block.
func (h *Hub) Changed() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Run keeps those who watch told until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	tick := time.NewTicker(h.every)
	defer tick.Stop()
	for {
		select {
		case <-h.wake:
		case <-tick.C:
		case <-ctx.Done():
			h.mu.Lock()
			defer h.mu.Unlock()
			for w := range h.watchers {
				close(w)
			}
			h.watchers = nil
			return nil
		}
		if h.watched() {
			h.make(ctx)
		}
		timer := time.NewTimer(calm)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func (h *Hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers) > 0
}

// Now is a Status that is fresh, and its version.
func (h *Hub) Now(ctx context.Context) (*Status, uint64) {
	h.mu.Lock()
	last, version := h.last, h.version
	h.mu.Unlock()
	if last != nil && time.Since(last.Time) < fresh {
		return last, version
	}
	return h.make(ctx)
}

// make asks for a Status, and tells those who watch where it differs.
func (h *Hub) make(ctx context.Context) (*Status, uint64) {
	h.making.Lock()
	defer h.making.Unlock()
	next := h.source.Status(ctx)
	untimed := *next
	untimed.Time, untimed.Device.Answered = time.Time{}, nil
	untimed.Clusters = slices.Clone(next.Clusters)
	for i := range untimed.Clusters {
		untimed.Clusters[i].Answered = nil
	}
	content, err := json.Marshal(untimed)
	if err != nil {
		panic(err) // it has nothing that JSON has not
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.last
	h.last = next
	if bytes.Equal(content, h.content) {
		return next, h.version
	}
	h.content = content
	h.version++
	news := News{h.version, told(before, next)}
	for w := range h.watchers {
		select {
		case w <- news:
		case old := <-w: // it is slow: it gets both at once
			w <- News{h.version, append(old.Told, news.Told...)}
		}
	}
	return next, h.version
}

// Watch returns what tells of each other Status, from now on. It is closed when the
// Hub ends.
func (h *Hub) Watch() (news <-chan News, stop func()) {
	w := make(chan News, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers == nil {
		close(w)
		return w, func() {}
	}
	h.watchers[w] = true
	return w, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, w)
	}
}

// told words what is new: not that a counter has gone on.
func told(before, now *Status) []string {
	texts := []string{}
	if before == nil {
		return texts
	}
	texts = append(texts, problem("the device", before.Device.Problem, now.Device.Problem)...)
	broken := map[string]string{}
	for _, c := range before.Clusters {
		broken[c.Name] = c.Problem
	}
	for _, c := range now.Clusters {
		texts = append(texts, problem(clusterName(c.Name), broken[c.Name], c.Problem)...)
	}
	fresh := now.Changes
	if len(before.Changes) > 0 {
		if at := slices.Index(now.Changes, before.Changes[0]); at >= 0 {
			fresh = now.Changes[:at]
		}
	}
	for i, c := range fresh {
		if i == most {
			return append(texts, "and "+plural(len(fresh)-most, "more change"))
		}
		texts = append(texts, c.Pool+": "+c.sentence())
	}
	return texts
}

func problem(of, before, now string) []string {
	switch {
	case before == now:
		return nil
	case now == "":
		return []string{of + " answers again"}
	}
	return []string{of + ": " + now}
}

func (c Change) sentence() string {
	if c.Cause == "" {
		return c.Text
	}
	return c.Text + " (" + c.Cause + ")"
}
