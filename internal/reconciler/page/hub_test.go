package page

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheStreamTellsAtOnceWhatIsAndThenEachOtherStatus(t *testing.T) {
	t.Parallel()
	source := &board{status: shop(3)}
	server, hub := serve(t, source, Loopback{})
	response, err := http.Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Error(kind)
	}
	lines := bufio.NewScanner(response.Body)
	next := func() News {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var n News
				if err := json.Unmarshal([]byte(data), &n); err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
		t.Fatalf("the stream ends: %v", lines.Err())
		return News{}
	}
	if first := next(); first.Version != 1 || len(first.Told) != 0 {
		t.Errorf("first: %+v", first)
	}
	changed := *shop(3)
	changed.Changes = append([]Change{{noon, "/shop/shop", "+ 10.244.0.4:8080", "pod x is ready", false}}, changed.Changes...)
	changed.Device.Problem = "no answer"
	source.set(&changed)
	hub.Changed()
	if n := next(); n.Version != 2 || strings.Join(n.Told, "|") != "the device: no answer|/shop/shop: + 10.244.0.4:8080 (pod x is ready)" {
		t.Errorf("second: %+v", n)
	}
	again := changed
	again.Device.Problem = ""
	source.set(&again)
	hub.Changed()
	if n := next(); n.Version != 3 || strings.Join(n.Told, "|") != "the device answers again" {
		t.Errorf("third: %+v", n)
	}
}

func TestTheHubAsksOnlyWhileSomebodyLooksAndOnceForAllOfThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &clocked{board{status: shop(3)}}
		hub := NewHub(source, time.Second)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- hub.Run(ctx) }()
		after := func(d time.Duration, want int, what string) {
			t.Helper()
			time.Sleep(d) // of the test's own clock
			synctest.Wait()
			if asked := source.times(); asked != want {
				t.Errorf("%s: it was asked %d times, want %d", what, asked, want)
			}
		}
		hub.Changed()
		after(time.Minute, 0, "nobody looks")
		hub.Now(ctx)
		hub.Now(ctx)
		after(0, 1, "two at the same time")
		news, leave := hub.Watch()
		after(10*time.Second+time.Millisecond, 11, "somebody watches")
		if len(news) != 0 {
			t.Error("that time passes is told")
		}
		for range 100 {
			hub.Changed()
		}
		after(0, 11, "right after the tick")
		after(calm, 12, "many changes at once")
		leave()
		asked := source.times()
		after(time.Minute, asked, "nobody looks any more")
		news, _ = hub.Watch()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, open := <-news; open {
			t.Error("the stream outlives the hub")
		}
	})
}

// clocked is a board whose Status are as of when they were asked for.
type clocked struct{ board }

func (c *clocked) Status(ctx context.Context) *Status {
	s := *c.board.Status(ctx)
	s.Time = time.Now()
	return &s
}

func TestWhoWatchesSlowlyHearsOfAllThatChanged(t *testing.T) {
	t.Parallel()
	source := &board{status: shop(3)}
	hub := NewHub(source, time.Minute)
	hub.Now(t.Context())
	news, stop := hub.Watch()
	defer stop()
	for i, text := range []string{"a", "b"} {
		next := *source.status
		next.Changes = append([]Change{{noon.Add(time.Duration(i) * time.Second), "/shop/shop", text, "", false}}, next.Changes...)
		source.set(&next)
		hub.make(t.Context())
	}
	if n := <-news; n.Version != 3 || strings.Join(n.Told, "|") != "/shop/shop: a|/shop/shop: b" {
		t.Errorf("%+v", n)
	}
}
