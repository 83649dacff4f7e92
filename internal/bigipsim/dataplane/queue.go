package dataplane

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Queue is what the queue of a pool has seen (queueOnConnectionLimit; connq in
// icontrol-rest 7). Ages are those of waiting clients.
type Queue struct {
	Depth, Serviced int64
	AgeHead, AgeMax time.Duration
	// AgeAverage moves an eighth of the way with each client that is serviced.
	AgeAverage time.Duration
}

// queue is the line of clients that wait because all members of a pool are at
// their limits. Only the first of it may try; it is woken when a client leaves.
type queue struct {
	length atomic.Int64

	mu      sync.Mutex
	waiting []*waiter
	seen    Queue
}

// waiter is one client in the line.
type waiter struct {
	queue *queue
	ready chan struct{} // has a token when it is worth a try
	since time.Time
	limit time.Duration // of its wait, 0 = none
}

// join puts a client at the end of the line; nil if there are depth (0 = no
// limit) already. The first may try again at once: somebody may have left before
// it was in line.
func (q *queue) join(depth int, limit time.Duration) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if depth > 0 && len(q.waiting) >= depth {
		return nil
	}
	w := &waiter{queue: q, ready: make(chan struct{}, 1), since: time.Now(), limit: limit}
	q.waiting = append(q.waiting, w)
	q.length.Store(int64(len(q.waiting)))
	q.wakeFirst()
	return w
}

// leave takes a client out of the line, and lets the next one try.
func (w *waiter) leave(serviced bool) {
	q := w.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, w)
	if i < 0 {
		return
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	q.length.Store(int64(len(q.waiting)))
	if age := time.Since(w.since); serviced {
		q.seen.Serviced++
		q.seen.AgeMax = max(q.seen.AgeMax, age)
		q.seen.AgeAverage += (age - q.seen.AgeAverage) / 8
	}
	q.wakeFirst()
}

// keeps reports whether somebody else is before w, nil is behind all.
func (q *queue) keeps(w *waiter) bool {
	if q.length.Load() == 0 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) > 0 && q.waiting[0] != w
}

// wake lets the first of the line try.
func (q *queue) wake() {
	if q.length.Load() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wakeFirst()
}

// dismiss lets all try: those who find that there is no queue any more go.
func (q *queue) dismiss() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.waiting {
		w.wake()
	}
}

func (q *queue) wakeFirst() {
	if len(q.waiting) > 0 {
		q.waiting[0].wake()
	}
}

func (w *waiter) wake() {
	select {
	case w.ready <- struct{}{}:
	default: // has a token
	}
}

func (q *queue) snapshot() Queue {
	q.mu.Lock()
	defer q.mu.Unlock()
	seen := q.seen
	seen.Depth = int64(len(q.waiting))
	if len(q.waiting) > 0 {
		seen.AgeHead = time.Since(q.waiting[0].since)
	}
	return seen
}

func (q *queue) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.seen = Queue{}
}
