//go:build soak

package reconciler

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	soakTime = flag.Duration("soak", time.Minute, "how long the soak lasts")
	soakRate = flag.Int("soak-rate", 5, "changes a second")
)

const (
	soakPools  = 50
	soakShared = 10               // of them have a second Service, and shares that change
	soakLooks  = 60               // at the pools, and at what the helper uses
	soakResync = 20 * time.Second // between comparisons with the device
	soakQuiet  = 2 * time.Second  // nothing may be written for so long
	soakGrowth = 1.15             // of the second half over the first one
	soakOffset = 10 * time.Second // from the start to the first sample: what is only done once
)

// TestSoak changes endpoints and shares at random for as long as -soak says, before a
// helper that is a process of its own. Every look finds each pool as its endpoints
// say, and nothing written while nothing changes; in the end no member was found
// changed behind the helper's back, there are no more writes than reasons, and the
// helper uses what it used in the first half.
func TestSoak(t *testing.T) {
	s := newSoak(t)
	s.helper = s.startProcess("--partition", "shop", "--discover-interval", "2s", "--resync", soakResync.String(), "--hold", "3s")
	s.right()
	s.churn(soakOffset)
	every := max(*soakTime/soakLooks, 5*time.Second)
	for end := time.Now().Add(*soakTime); time.Now().Before(end); {
		s.churn(every)
		s.right()
		s.quiet()
		s.sample()
	}
	s.judge()
}

// soak is a device, a cluster, and a helper between both.
type soak struct {
	*lab
	*soakCluster
	helper  *process
	began   time.Time
	samples []usage
}

// usage is what the helper's process uses.
type usage struct{ resident, live, goroutines float64 }

func newSoak(t *testing.T) *soak {
	t.Helper()
	s := &soak{lab: newLab(t, "shop"), soakCluster: newSoakCluster(), began: time.Now()}
	s.serve(s.handler())
	for i := range soakPools {
		s.bind("shop", benchName(i), s.backends(i))
	}
	s.sim.ClearRequests()
	return s
}

// churn changes things at random for a while.
func (s *soak) churn(d time.Duration) {
	s.t.Helper()
	tick := time.NewTicker(time.Second / time.Duration(*soakRate))
	defer tick.Stop()
	over := time.NewTimer(d)
	defer over.Stop()
	for {
		select {
		case <-over.C:
			return
		case <-tick.C:
		}
		if pool, moved := s.step(); moved {
			s.rest(http.MethodPatch, "ltm/pool/~shop~"+benchName(pool), map[string]any{"description": "[bigipkube/1 " + s.backends(pool) + "]"})
		}
	}
}

// right waits until each pool is as its endpoints say.
func (s *soak) right() {
	s.t.Helper()
	for i := range soakPools {
		var wrong string
		eventually(s.t, func() bool {
			wrong = s.wrong(i, s.rest(http.MethodGet, "ltm/pool/~shop~"+benchName(i)+"/members", nil))
			return wrong == ""
		}, func() string {
			return fmt.Sprintf("%s after the start, pool %s: %s", time.Since(s.began), benchName(i), wrong)
		})
	}
}

// quiet lets a while pass in which nothing changes.
func (s *soak) quiet() {
	s.t.Helper()
	before := len(s.writes())
	<-time.After(soakQuiet) // the length of what is looked at
	if written := s.writes()[before:]; len(written) > 0 {
		s.t.Errorf("%s after the start nothing changes, and this is written: %v", time.Since(s.began), written)
	}
}

// sample notes and prints what the helper's process uses, and what it has done.
func (s *soak) sample() {
	s.t.Helper()
	values := s.scrape()
	u := usage{values["process_resident_memory_bytes"], values["go_memstats_next_gc_bytes"] / 2, values["go_goroutines"]}
	s.samples = append(s.samples, u)
	reasons := 0
	for _, n := range s.reasons {
		reasons += n
	}
	fmt.Fprintf(os.Stderr, "%s: %d changes, %d reasons to write, %d writes of members, %.0f requests, %.0f drifted; resident %.1f MB, live heap %.1f MB, %.0f goroutines\n",
		time.Since(s.began).Round(time.Second), s.changes, reasons, len(s.memberWrites("")), values["bigipkube_device_api_requests_total"],
		values["bigipkube_drift_members_total"], u.resident/1e6, u.live/1e6, u.goroutines)
}

// scrape sums up the series of each metric.
func (s *soak) scrape() map[string]float64 {
	s.t.Helper()
	response, err := http.Get("http://" + s.helper.metrics + "/metrics")
	must(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(s.t, err)
	values := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, _, _ := strings.Cut(line, "{")
		name, _, _ = strings.Cut(name, " ")
		value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndex(line, " ")+1:]), 64)
		if err == nil && !strings.HasPrefix(line, "#") {
			values[name] += value
		}
	}
	return values
}

// memberWrites are the writes of members of a pool; "" is all pools.
func (s *soak) memberWrites(pool string) []string {
	var all []string
	for _, w := range s.writes() {
		if _, path, _ := strings.Cut(w, " "); strings.HasPrefix(path, "ltm/pool/~shop~"+pool) && strings.Contains(path, "/members") {
			all = append(all, w)
		}
	}
	return all
}

// judge looks at the whole.
func (s *soak) judge() {
	s.t.Helper()
	values := s.scrape()
	if drifted := values["bigipkube_drift_members_total"]; drifted != 0 {
		s.t.Errorf("%.0f members had changed behind the helper's back: nobody else changes any", drifted)
	}
	if failed := values["bigipkube_pool_errors_total"]; failed != 0 {
		s.t.Errorf("%.0f syncs failed", failed)
	}
	for i := range soakPools {
		if n := len(s.memberWrites(benchName(i))); n > s.reasons[i] || n == 0 {
			s.t.Errorf("%d writes of members of %s, with %d reasons: %v", n, benchName(i), s.reasons[i], s.memberWrites(benchName(i)))
		}
	}
	half := len(s.samples) / 2
	for _, what := range []struct {
		name string
		of   func(usage) float64
	}{
		{"resident memory", func(u usage) float64 { return u.resident }},
		{"live heap", func(u usage) float64 { return u.live }},
		{"number of goroutines", func(u usage) float64 { return u.goroutines }},
	} {
		before, after := median(s.samples[:half], what.of), median(s.samples[half:], what.of)
		fmt.Fprintf(os.Stderr, "%s: %.0f in the first half, %.0f in the second\n", what.name, before, after)
		if after > before*soakGrowth {
			s.t.Errorf("the %s grows: %.0f in the first half, %.0f in the second", what.name, before, after)
		}
	}
}

func median(samples []usage, of func(usage) float64) float64 {
	var all []float64
	for _, u := range samples {
		all = append(all, of(u))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
