package dataplane

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// backendAt plays a member for a monitor in fake time.
type backendAt struct {
	start time.Time
	// answers returns what a probe finds that is sent so long after the start,
	// and how long it takes.
	answers func(after time.Duration) (outcome, time.Duration)
	mu      sync.Mutex
	probes  []time.Duration
}

func (b *backendAt) probe(ctx context.Context) outcome {
	after := time.Since(b.start)
	b.mu.Lock()
	b.probes = append(b.probes, after)
	b.mu.Unlock()
	found, takes := b.answers(after)
	select {
	case <-time.After(takes):
		return found
	case <-ctx.Done():
		return noAnswer
	}
}

// change is a status that differs from the one before.
type change struct {
	after  time.Duration
	status string
	reason string
}

func TestMonitorStatusFollowsTheAnswers(t *testing.T) {
	t.Parallel()
	const never = time.Hour
	always := func(found outcome, takes time.Duration) func(time.Duration) (outcome, time.Duration) {
		return func(time.Duration) (outcome, time.Duration) { return found, takes }
	}
	between := func(from, to time.Duration, inside, outside outcome) func(time.Duration) (outcome, time.Duration) {
		return func(after time.Duration) (outcome, time.Duration) {
			if after >= from && after < to {
				return inside, 0
			}
			return outside, 0
		}
	}
	const (
		noSuccess = "/Common/m: No successful responses received before deadline."
		denied    = "/Common/m: The response contains the receive string of a reverse monitor."
	)
	for name, test := range map[string]struct {
		answers func(time.Duration) (outcome, time.Duration)
		want    []change
	}{
		"up on the first success":         {always(success, 0), []change{{0, StatusUp, ""}}},
		"a slow answer counts":            {always(success, 15*time.Second), []change{{15 * time.Second, StatusUp, ""}}},
		"a refused connection waits":      {always(noConnect, 0), []change{{16 * time.Second, StatusDown, "/Common/m: Unable to connect; No successful responses received before deadline."}}},
		"a hanging backend waits":         {always(success, never), []change{{16 * time.Second, StatusDown, noSuccess}}},
		"down at the timeout, up at once": {between(4*time.Second, 39*time.Second, noAnswer, success), []change{{0, StatusUp, ""}, {16 * time.Second, StatusDown, noSuccess}, {40 * time.Second, StatusUp, ""}}},
		"a short outage is not seen":      {between(4*time.Second, 15*time.Second, noAnswer, success), []change{{0, StatusUp, ""}}},
		"a member asks to be disabled":    {between(10*time.Second, 25*time.Second, askedToStop, success), []change{{0, StatusUp, ""}, {10 * time.Second, StatusDisabledByMonitor, ""}, {25 * time.Second, StatusUp, ""}}},
		"one hanging probe hides nothing": {func(after time.Duration) (outcome, time.Duration) {
			if after == 0 {
				return success, never
			}
			return success, 0
		}, []change{{5 * time.Second, StatusUp, ""}}},
		"reverse: down at once, up at once": {
			between(10*time.Second, 20*time.Second, refused, success),
			[]change{{0, StatusUp, ""}, {10 * time.Second, StatusDown, denied}, {20 * time.Second, StatusUp, ""}},
		},
		"a late answer does not overrule a newer one": {
			func(after time.Duration) (outcome, time.Duration) {
				switch after {
				case 10 * time.Second:
					return success, 12 * time.Second // after the refusal at 20 s
				case 25 * time.Second:
					return refused, 12 * time.Second // after the success at 35 s
				case 15 * time.Second, 20 * time.Second:
					return refused, 0
				case 30 * time.Second:
					return noAnswer, 0
				}
				return success, 0
			},
			[]change{{0, StatusUp, ""}, {15 * time.Second, StatusDown, denied}, {35 * time.Second, StatusUp, ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := observe(t, &backendAt{start: time.Now(), answers: test.answers}, time.Minute)
				if !slices.Equal(got, test.want) {
					t.Errorf("changes %v, want %v", got, test.want)
				}
			})
		})
	}
}

// observe runs a monitor with an interval of 5 s and a timeout of 16 s.
func observe(t *testing.T, backend *backendAt, length time.Duration, adjust ...func(*Monitor)) []change {
	monitor := Monitor{Name: "/Common/m"}
	for _, change := range adjust {
		change(&monitor)
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var changes []change
	runMonitor(ctx, monitor.withDefaults(), backend.probe, func(r result) {
		if n := len(changes); n == 0 || changes[n-1].status != r.status {
			changes = append(changes, change{time.Since(backend.start), r.status, r.reason})
		}
	})
	return changes
}

func TestTimeUntilUpMustPassWithSuccessesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slowly := func(m *Monitor) { m.TimeUntilUp = 12 * time.Second }
		backend := &backendAt{start: time.Now(), answers: func(after time.Duration) (outcome, time.Duration) {
			if after >= 20*time.Second && after < 60*time.Second {
				return noAnswer, 0
			}
			return success, 0
		}}
		got := observe(t, backend, 2*time.Minute, slowly)
		want := []change{
			{15 * time.Second, StatusUp, ""},
			{31 * time.Second, StatusDown, "/Common/m: No successful responses received before deadline."},
			{75 * time.Second, StatusUp, ""},
		}
		if !slices.Equal(got, want) {
			t.Errorf("changes %v, want %v", got, want)
		}
	})
}

func TestUpIntervalIsThatOfAMemberThatIsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		backend := &backendAt{start: time.Now(), answers: func(after time.Duration) (outcome, time.Duration) {
			if after < 10*time.Second || after > 40*time.Second {
				return noAnswer, 0
			}
			return success, 0
		}}
		observe(t, backend, 85*time.Second, func(m *Monitor) { m.UpInterval, m.Timeout = 15*time.Second, 31*time.Second })
		want := []time.Duration{}
		for _, seconds := range []int{0, 5, 10, 25, 40, 55, 70, 76, 81} {
			want = append(want, time.Duration(seconds)*time.Second)
		}
		if !slices.Equal(backend.probes, want) {
			t.Errorf("probed at %v, want %v", backend.probes, want)
		}
	})
}

func TestMonitorProbesAtOnceAndThenAtEachInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		backend := &backendAt{start: time.Now(), answers: func(time.Duration) (outcome, time.Duration) { return success, 0 }}
		observe(t, backend, 17*time.Second)
		want := []time.Duration{0, 5 * time.Second, 10 * time.Second, 15 * time.Second}
		if !slices.Equal(backend.probes, want) {
			t.Errorf("probed at %v, want %v", backend.probes, want)
		}
	})
}

func TestMonitorLeavesNoProbeBehind(t *testing.T) {
	t.Parallel()
	// synctest fails the test if a goroutine of the bubble is left.
	synctest.Test(t, func(t *testing.T) {
		observe(t, &backendAt{start: time.Now(), answers: func(time.Duration) (outcome, time.Duration) { return success, time.Hour }}, time.Second)
	})
}

func TestUnknownMonitorTypesCountAsUp(t *testing.T) {
	t.Parallel()
	var got []result
	runMonitor(t.Context(), Monitor{Name: "/Common/icmp"}, nil, func(r result) { got = append(got, r) })
	if !slices.Equal(got, []result{{status: StatusUp}}) {
		t.Errorf("reported %v", got)
	}
}

func TestStatusOfAMemberCombinesItsMonitors(t *testing.T) {
	t.Parallel()
	up, checking, disabled := result{status: StatusUp}, result{status: StatusChecking}, result{status: StatusDisabledByMonitor}
	down, alsoDown := result{StatusDown, "first"}, result{StatusDown, "second"}
	for name, test := range map[string]struct {
		results []result
		atLeast int
		want    result
	}{
		"all up":                        {[]result{up, up}, 0, up},
		"one of all down":               {[]result{up, down, alsoDown}, 0, down},
		"one of all without a result":   {[]result{up, checking}, 0, checking},
		"down outweighs checking":       {[]result{checking, down}, 0, down},
		"enough up":                     {[]result{up, down}, 1, up},
		"not enough, but may become so": {[]result{checking, down}, 1, checking},
		"not enough":                    {[]result{up, down, alsoDown}, 2, down},
		"one disables":                  {[]result{up, disabled}, 0, disabled},
		"down outweighs disabled":       {[]result{down, disabled}, 0, down},
		"more asked for than there are": {[]result{up}, 5, up},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := combine(test.results, test.atLeast); got != test.want {
				t.Errorf("combined %v, want %v", got, test.want)
			}
		})
	}
}

func TestProbeGoesToTheMonitorsDestination(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ destination, member, want string }{
		{"*:*", "10.0.0.1:80", "10.0.0.1:80"},
		{"", "10.0.0.1:80", "10.0.0.1:80"},
		{"*", "10.0.0.1:80", "10.0.0.1:80"},
		{"*:8081", "10.0.0.1%2:80", "10.0.0.1%2:8081"},
		{"*.8081", "[2001:db8::1]:80", "[2001:db8::1]:8081"},
		{"10.0.0.9:81", "10.0.0.1:80", "10.0.0.9:81"},
		{"2001:db8::9.81", "[2001:db8::1]:80", "[2001:db8::9]:81"},
		{"*:8081", "10.0.0.1", "10.0.0.1:8081"},
		{"*.8081", "2001:db8::1", "[2001:db8::1]:8081"},
		{"*:*", "10.0.0.1", "10.0.0.1"},
	} {
		if got := probeAddress(test.destination, test.member); got != test.want {
			t.Errorf("probeAddress(%q, %q) = %q, want %q", test.destination, test.member, got, test.want)
		}
	}
}

func TestResponseIsJudgedByTheReceiveStrings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		monitor  Monitor
		response string
		want     outcome
	}{
		"any answer to http":              {Monitor{Type: "http"}, "HTTP/1.0 500", success},
		"no answer to http":               {Monitor{Type: "http"}, "", noAnswer},
		"recv matches":                    {Monitor{Type: "http", Recv: "^HTTP/1.[01] 200"}, "HTTP/1.1 200 OK", success},
		"recv does not match":             {Monitor{Type: "http", Recv: "200 OK"}, "HTTP/1.1 503", noAnswer},
		"recvDisable matches":             {Monitor{Type: "tcp", RecvDisable: "drain"}, "please drain", askedToStop},
		"recv wins over recvDisable":      {Monitor{Type: "tcp", Recv: "ok", RecvDisable: "drain"}, "ok drain", success},
		"neither matches":                 {Monitor{Type: "tcp", Recv: "ok", RecvDisable: "drain"}, "what", noAnswer},
		"no regular expression is a text": {Monitor{Type: "tcp", Recv: "(ok"}, "all (ok)", success},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := exchangeOf(test.monitor).judge([]byte(test.response)); got != test.want {
				t.Errorf("outcome %d, want %d", got, test.want)
			}
		})
	}
}

func TestSendStringOfHTTPIsEnded(t *testing.T) {
	t.Parallel()
	for send, want := range map[string]string{
		"":                             "GET /\r\n\r\n",
		"GET /\r\n":                    "GET /\r\n\r\n",
		"GET / HTTP/1.0":               "GET / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n":       "GET / HTTP/1.0\r\n\r\n",
		"PUT / HTTP/1.0\r\n\r\nabc":    "PUT / HTTP/1.0\r\n\r\nabc",
		"GET / HTTP/1.1\r\nHost: \r\n": "GET / HTTP/1.1\r\nHost: \r\n\r\n",
	} {
		if got := exchangeOf(Monitor{Type: "http", Send: send}).send; got != want {
			t.Errorf("send %q becomes %q, want %q", send, got, want)
		}
		if got := exchangeOf(Monitor{Type: "tcp", Send: send}).send; got != send {
			t.Errorf("tcp sends %q, want %q", got, send)
		}
	}
}
