package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// until asks until it is so, for three minutes at most.
func (s *shop) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, deadline := time.NewTicker(50*time.Millisecond), time.After(3*time.Minute)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("three minutes are over, and not so: %s", what)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

// description is the pool's, with the mark that says the shares.
func (s *shop) description(t *testing.T) string {
	t.Helper()
	var pool struct {
		Description string `json:"description"`
	}
	must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool/~shop~shop", nil, &pool))
	return pool.Description
}

func TestACutoverByStepsTakesEachStepAndThenTheNext(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 2)
	s.apply(t, 100, 0)
	s.edit(t, `drain             = "10s"`, `drain = "1s", steps = [10, 50, 100], pause = "5s", bake = "2s" #`)
	s.edit(t, "  cutover = {\n    require_available = var.require_available # of the members that are to take traffic\n    timeout           = var.timeout           # how long to wait for them\n    drain", "  cutover = { require_available = var.require_available, timeout = var.timeout, drain")
	s.edit(t, "#                 # how long what leaves may finish\n  }", "}")
	var seen []string // a step lasts for a pause: even a look that is seconds late sees it
	s.during(t, "steps", 200, func() {
		applied := make(chan error, 1)
		s.share(0, 100)
		go func() {
			_, err := s.terraform.Apply(t.Context())
			applied <- err
		}()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for done := false; !done; {
			select {
			case err := <-applied:
				must(t, err)
				done = true
			case <-tick.C:
			}
			if now := s.description(t); len(seen) == 0 || seen[len(seen)-1] != now {
				seen = append(seen, now)
			}
		}
		s.empty(t)
	})
	var shares []string
	for _, mark := range seen {
		_, share, _ := strings.Cut(mark, "shop-green:http=")
		share, _, _ = strings.Cut(share, " ")
		shares = append(shares, share)
	}
	if got := strings.Join(shares, " "); got != "0 10 50 100" {
		t.Errorf("green's shares were %s", got)
	}
}

func TestACheckThatSaysNoInTheBakeGivesTheTrafficBack(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 2)
	s.apply(t, 100, 0)
	var ill atomic.Bool
	metrics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		rate := "0.001"
		if ill.Load() {
			rate = "0.2"
		}
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"` + rate + `"]}]}}`))
	}))
	t.Cleanup(metrics.Close)
	s.edit(t, `    drain             = "10s"`, `    bake  = "10m"
    check = { prometheus = "`+metrics.URL+`", query = "errors:ratio", condition = "< 0.01", interval = "100ms", failures = 2 }
    drain = "10s"`)

	before := s.description(t)
	s.share(0, 100)
	s.during(t, "rollback", 100, func() {
		applied := make(chan error, 1)
		var output string
		go func() {
			var err error
			output, err = s.terraform.Apply(t.Context())
			applied <- err
		}()
		s.until(t, "green has the traffic", func() bool { return strings.Contains(s.description(t), "shop-green:http=100") })
		ill.Store(true)
		if err := <-applied; err == nil {
			t.Fatalf("the apply ended well:\n%s", output)
		}
		t.Log(output)
		text := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
		for _, want := range []string{"Unable to keep the traffic of pool /shop/shop", "the check failed 2 times in a row", "0.2, and not < 0.01", "given back in one write"} {
			if !strings.Contains(text, want) {
				t.Errorf("the message lacks %q", want)
			}
		}
	})
	if after := s.description(t); after != before {
		t.Errorf("the mark is %s, and was %s", after, before)
	}
	// The plan still shows the cutover, and ends it once the check says yes.
	ill.Store(false)
	s.edit(t, `"10m"`, `"1s"`)
	s.during(t, "cutover", 100, func() { s.apply(t, 0, 100) })
}

func TestAFrozenShopFollowsItsPodsAndMovesNoTraffic(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 2)
	s.apply(t, 100, 0)
	s.edit(t, `    drain             = "10s"`, `    freeze = true
    drain             = "10s"`)
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-blue")
	must(t, err)
	s.during(t, "frozen", 100, func() {
		s.roll(t, "shop-blue", 2, pods[0])
		s.apply(t, 100, 0)
		s.share(0, 100)
		output, err := s.terraform.Apply(t.Context())
		if err == nil || !strings.Contains(output, "Traffic is frozen") {
			t.Errorf("%v\n%s", err, output)
		}
	})
}
