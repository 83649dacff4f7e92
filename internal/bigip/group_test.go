package bigip

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// runs is a group whose work takes a second, and counts.
type runs struct {
	group[int]
	began []time.Duration // since the start
	ended int             // by their context
}

func newRuns() *runs {
	start := time.Now()
	r := &runs{}
	r.group = group[int]{gather: 100 * time.Millisecond, work: func(ctx context.Context) int {
		r.began = append(r.began, time.Since(start))
		number := len(r.began)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			r.ended++
		}
		return number
	}}
	return r
}

func TestCallsThatEndTogetherShareARunAndLaterOnesShareTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRuns()
		var all sync.WaitGroup
		var mu sync.Mutex
		result, firsts := map[int]int{}, 0
		for _, at := range []int{0, 10, 90, 110, 500, 1050, 3000} {
			all.Go(func() {
				time.Sleep(time.Duration(at) * time.Millisecond)
				got, first, err := r.do(t.Context())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				result[at] = got
				if first {
					firsts++
				}
			})
		}
		all.Wait()
		synctest.Wait()
		want := map[int]int{0: 1, 10: 1, 90: 1, 110: 2, 500: 2, 1050: 2, 3000: 3}
		for at, run := range want {
			if result[at] != run {
				t.Errorf("the call at %d ms shared run %d, want %d", at, result[at], run)
			}
		}
		if len(r.began) != 3 || firsts != 3 {
			t.Errorf("%d runs began, %d callers were the first of theirs, want 3 and 3", len(r.began), firsts)
		}
	})
}

func TestARunGoesOnWhileSomebodyWaitsForItAndEndsWithTheLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRuns()
		short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		call := func(ctx context.Context) <-chan error {
			done := make(chan error, 1)
			go func() {
				_, _, err := r.do(ctx)
				done <- err
			}()
			return done
		}
		impatient, patient := call(short), call(t.Context())
		if err := <-impatient; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient got %v", err)
		}
		if err := <-patient; err != nil || r.ended != 0 {
			t.Errorf("the patient got %v, and %d runs ended early", err, r.ended)
		}

		short, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		alone := call(short)
		if err := <-alone; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who was alone got %v", err)
		}
		synctest.Wait()
		if r.ended != 1 {
			t.Errorf("%d runs ended with the last who waited, want 1", r.ended)
		}
		// The next one is not the one that was given up.
		if err := <-call(t.Context()); err != nil || len(r.began) != 3 || r.ended != 1 {
			t.Errorf("%v after %d runs, %d of them ended early", err, len(r.began), r.ended)
		}
	})
}

func TestARunThatNobodyWaitsForAnyMoreDoesNotBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRuns()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := r.do(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(r.began) != 0 {
			t.Errorf("%d runs began", len(r.began))
		}
	})
}
