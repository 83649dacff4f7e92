package stats

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// told are the values of a metric, as "pool/backend=value".
func told(t *testing.T, h *History, metric string) []string {
	t.Helper()
	values, err := h.Values(metric)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprintf("%s%s/%s=%.1f", v.Labels["pool"], v.Labels["virtual_server"], v.Labels["backend"], v.Value))
	}
	return all
}

// wait lets the history read n times more.
func wait(n int) {
	time.Sleep(time.Duration(n) * 10 * time.Second)
	synctest.Wait()
}

// remember runs a history of a minute until the test's bubble ends.
func remember(t *testing.T, c Config) *History {
	h := NewHistory(NewReader(c), time.Minute)
	go func() { _ = h.Run(t.Context()) }()
	synctest.Wait()
	return h
}

func expect(t *testing.T, h *History, metric string, want ...string) {
	t.Helper()
	if got := told(t, h, metric); !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", metric, got, want)
	}
}

func TestARateIsOverTheWindowAndAResetCounterIsNoJump(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.pool, d.vs = 1000, 5000
		h := remember(t, config(d, Mark{Backends: []engine.Backend{backend("blue", "web")}}))
		if _, err := h.Values(poolRequests); !errors.Is(err, ErrTooEarly) {
			t.Errorf("a rate of one reading: %v", err)
		}
		expect(t, h, poolCurrent, "web/blue=2.0")
		expect(t, h, poolQueueDepth, "web/blue=7.0")
		for range 3 {
			d.set(func() { d.pool += 100; d.vs += 200 })
			wait(1)
		}
		expect(t, h, poolRequests, "web/blue=10.0")
		expect(t, h, virtualServerRequests, "vs/=20.0")
		d.set(func() { d.pool, d.vs = 100, 200 }) // it restarted, and went on
		wait(1)
		expect(t, h, poolRequests, "web/blue=10.0")
		wait(6) // no load for the whole window
		expect(t, h, poolRequests, "web/blue=0.0")
	})
}

func TestTheRateOfABackendIsThatOfItsMembersAndANewMemberCountsFromZero(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.conns[key("10.0.0.1:80")] = 500
		h := remember(t, config(d, blueAndGreen()))
		d.set(func() {
			d.conns[key("10.0.0.1:80")] += 300
			d.conns[key("10.0.0.2:80")] = 50
			d.conns[key("10.0.0.9:80")] = 10
		})
		wait(1)
		expect(t, h, poolRequests, "web/=1.0", "web/blue=30.0", "web/green=5.0")
		expect(t, h, poolQueueDepth, "web/=7.0")
		d.set(func() { delete(d.conns, key("10.0.0.2:80")); delete(d.conns, key("10.0.0.9:80")) })
		wait(1)
		expect(t, h, poolCurrent, "web/blue=1.0", "web/green=0.0")
	})
}

func TestADeviceThatCannotBeReadIsAnErrorAndNeverZero(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		h := remember(t, config(d, blueAndGreen()))
		wait(1)
		d.set(func() { d.err = errGone })
		wait(1)
		for _, metric := range Metrics() {
			if values, err := h.Values(metric); !errors.Is(err, errGone) {
				t.Errorf("%s: %v %v", metric, values, err)
			}
		}
		d.set(func() { d.err = nil; d.conns[key("10.0.0.1:80")] = 30 })
		wait(1)
		expect(t, h, poolRequests, "web/blue=1.0", "web/green=0.0")
	})
}

func TestAfterAFailoverRatesBeginAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		h := remember(t, config(d, Mark{Backends: []engine.Backend{backend("blue", "web")}}))
		wait(1)
		d.set(func() { d.unit = "192.0.2.2"; d.pool = 1_000_000 })
		wait(1)
		if values, err := h.Values(poolRequests); !errors.Is(err, ErrTooEarly) {
			t.Errorf("%v %v", values, err)
		}
		d.set(func() { d.pool += 100 })
		wait(1)
		expect(t, h, poolRequests, "web/blue=10.0")
	})
}
