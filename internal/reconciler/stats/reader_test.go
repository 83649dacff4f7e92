package stats

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestManyWhoAskAtOnceAreAnsweredByOneReadingAndSoAreThoseWhoAskSoonAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.takes = time.Second
		r := NewReader(config(d, blueAndGreen()))
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { read(t, r) })
		}
		all.Wait()
		time.Sleep(7 * time.Second)
		read(t, r)
		if d.reads != 1 {
			t.Errorf("%d readings within the interval, want 1", d.reads)
		}
		time.Sleep(3 * time.Second)
		read(t, r)
		if d.reads != 2 {
			t.Errorf("%d readings after the interval, want 2", d.reads)
		}
	})
}

func TestADeviceThatIsSlowIsAnsweredForByWhatItSaidBeforeButNotForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		r := NewReader(config(d, blueAndGreen()))
		first := read(t, r)
		d.set(func() { d.takes = time.Hour })
		time.Sleep(12 * time.Second)
		began := time.Now()
		if s := read(t, r); s != first || time.Since(began) != patience {
			t.Errorf("after %s: %v", time.Since(began), s.Time)
		}
		time.Sleep(20 * time.Second)
		if s, err := r.Read(t.Context()); !errors.Is(err, ErrSlow) {
			t.Errorf("%v %v", s, err)
		}
		time.Sleep(2 * readTime) // the reading ends too
		synctest.Wait()
	})
}

func TestAnErrorIsKeptForTheIntervalAndNotLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.err = errGone
		r := NewReader(config(d, blueAndGreen()))
		for range 3 {
			if _, err := r.Read(t.Context()); !errors.Is(err, errGone) {
				t.Errorf("%v", err)
			}
		}
		if d.reads != 1 {
			t.Errorf("%d readings of a device that is gone", d.reads)
		}
		d.set(func() { d.err = nil })
		time.Sleep(10 * time.Second)
		read(t, r)
	})
}

func TestMarksOfAPartitionThatAnotherReplicaFollowsAreReadNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.conns[key("10.0.0.1:80")] = 1
		c := config(d, Mark{})
		c.Followed = func(string) (map[ltm.Path]Mark, bool) { return nil, false }
		r := NewReader(c)
		for range 3 {
			s := read(t, r)
			want := Labels{Namespace: "shop", Service: "web", Backend: "blue"}
			if len(s.Pools) != 1 || s.Pools[0].Labels != want || s.Pools[0].Mark.Min != 2 {
				t.Fatalf("%+v", s.Pools)
			}
			want.Pod = "web-1"
			if got := s.Pools[0].Mark.Members[key("10.0.0.1:80")]; got != want {
				t.Errorf("%+v", got)
			}
			time.Sleep(10 * time.Second)
		}
		if d.lists != 1 || d.reads != 3 {
			t.Errorf("%d lists in %d readings of half a minute", d.lists, d.reads)
		}
	})
}
