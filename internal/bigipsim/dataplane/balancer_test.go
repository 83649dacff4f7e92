package dataplane

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func idle(int) int64 { return 0 }

// alone is the usage of targets that have a node each.
func alone(open func(int) int64) usage {
	return func(i int) (int64, int64) { return open(i), open(i) }
}

func eligible(ratios ...int) []target {
	targets := make([]target, len(ratios))
	for i, ratio := range ratios {
		targets[i] = target{eligible: true, ratio: ratio}
	}
	return targets
}

func picks(b *balancer, n int, open func(int) int64) []int {
	chosen := make([]int, n)
	for i := range chosen {
		chosen[i] = b.pick(alone(open))
	}
	return chosen
}

func TestBalancerChoosesTheExpectedSequence(t *testing.T) {
	t.Parallel()
	open := func(counts ...int64) func(int) int64 { return func(i int) int64 { return counts[i] } }
	for name, test := range map[string]struct {
		mode      string
		minActive int
		targets   []target
		open      func(int) int64
		want      []int
	}{
		"no targets take nothing": {want: []int{-1, -1}},
		"round robin goes round": {
			mode: "round-robin", targets: eligible(1, 9, 1), want: []int{0, 1, 2, 0, 1, 2},
		},
		"an unknown mode is round robin": {
			mode: "fastest-app-response", targets: eligible(1, 9), want: []int{0, 1, 0},
		},
		"round robin passes over who takes nothing new": {
			mode: "round-robin", targets: []target{{eligible: true}, {}, {eligible: true}}, want: []int{0, 2, 0, 2},
		},
		"ratio is spread, not bursty": {
			mode: modeRatio, targets: eligible(5, 1, 1), want: []int{0, 0, 1, 0, 2, 0, 0, 0, 0, 1},
		},
		"ratio below 1 counts as 1": {
			mode: modeRatio, targets: eligible(0, 1), want: []int{0, 1, 0, 1},
		},
		"least connections takes the idlest": {
			mode: modeLeastConnections, targets: eligible(1, 1, 1), open: open(3, 1, 2), want: []int{1, 1},
		},
		"least connections goes round among equals": {
			mode: modeLeastConnections, targets: eligible(1, 1, 1), open: open(2, 2, 2), want: []int{0, 1, 2, 0},
		},
		"a target at its limit is passed over": {
			mode: "round-robin", open: open(1, 5),
			targets: []target{{eligible: true, limit: 1}, {eligible: true, limit: 6}}, want: []int{1, 1},
		},
		"all at their limits take nothing": {
			mode: modeRatio, open: open(1), targets: []target{{eligible: true, ratio: 1, limit: 1}}, want: []int{-1},
		},
		"the highest priority group takes all while it has enough": {
			mode: "round-robin", minActive: 1, want: []int{1, 2, 1},
			targets: []target{{eligible: true, group: 5}, {eligible: true, group: 10}, {eligible: true, group: 10}},
		},
		"the next lower group is added, not swapped": {
			mode: "round-robin", minActive: 2, want: []int{0, 1, 0},
			targets: []target{{eligible: true, group: 5}, {eligible: true, group: 10}, {eligible: true, group: 1}},
		},
		"all groups are used when there are never enough": {
			mode: "round-robin", minActive: 9, want: []int{0, 1, 0},
			targets: []target{{eligible: true, group: 5}, {eligible: true, group: 10}},
		},
		"groups do not matter without minActiveMembers": {
			mode: "round-robin", want: []int{0, 1, 0},
			targets: []target{{eligible: true, group: 5}, {eligible: true, group: 10}},
		},
		"a member at its limit is not active in its group": {
			mode: "round-robin", minActive: 1, open: open(0, 1), want: []int{0, 0},
			targets: []target{{eligible: true, group: 5}, {eligible: true, group: 10, limit: 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.open == nil {
				test.open = idle
			}
			got := picks(newBalancer(test.mode, test.minActive, test.targets), len(test.want), test.open)
			if !slices.Equal(got, test.want) {
				t.Errorf("picked %v, want %v", got, test.want)
			}
		})
	}
}

// The share over any window of sum(ratios) decisions is exact.
func TestRatioShareIsExactOverAnyWindowOfTheSumOfRatios(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		ratios := make([]int, 1+random.IntN(12))
		sum := 0
		for i := range ratios {
			ratios[i] = 1 + random.IntN(100)
			sum += ratios[i]
		}
		chosen := picks(newBalancer(modeRatio, 0, eligible(ratios...)), 3*sum, idle)
		start := random.IntN(2 * sum)
		got := make([]int, len(ratios))
		for _, i := range chosen[start : start+sum] {
			got[i]++
		}
		if !slices.Equal(got, ratios) {
			t.Fatalf("seed %d: window from %d has %v, want %v", seed, start, got, ratios)
		}
	}
}

// Clients that persistence sends to a target are part of its share, until it is a
// round ahead.
func TestPersistedClientsArePartOfTheShare(t *testing.T) {
	t.Parallel()
	b := newBalancer(modeRatio, 0, eligible(3, 1))
	got := make([]int, 2)
	for range 3 { // of a round of four
		b.charge(0)
		got[0]++
	}
	got[b.pick(alone(idle))]++
	if !slices.Equal(got, []int{3, 1}) {
		t.Errorf("a round with three persisted clients is %v, want [3 1]", got)
	}
	for range 1000 {
		b.charge(1)
	}
	after := make([]int, 2)
	for _, i := range picks(b, 12, idle) {
		after[i]++
	}
	if after[1] == 0 || after[1] > 3 {
		t.Errorf("after a flood of persisted clients the next three rounds are %v", after)
	}
	b.charge(-1)
	newBalancer("round-robin", 0, eligible(1, 1)).charge(0)
}

func TestWeightsCountInLeastConnections(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"ratio-least-connections-member", "weighted-least-connections-node"} {
		open := make([]int64, 3)
		b := newBalancer(mode, 0, eligible(1, 2, 5))
		for range 80 {
			open[b.pick(alone(func(i int) int64 { return open[i] }))]++
		}
		if !slices.Equal(open, []int64{10, 20, 50}) {
			t.Errorf("%s: open connections are %v, want 10, 20, 50", mode, open)
		}
	}
}

// At every moment a member is within one turn of its share, so that short
// windows are fair too. The bound for n members is known to be below n/2 + 1.
func TestRatioNeverStraysFarFromTheShare(t *testing.T) {
	t.Parallel()
	ratios := []int{18, 18, 18, 18, 18, 5, 5} // 5 pods share 90, 2 pods share 10
	sum := 100
	served := make([]float64, len(ratios))
	for n, i := range picks(newBalancer(modeRatio, 0, eligible(ratios...)), 1000, idle) {
		served[i]++
		for k, ratio := range ratios {
			want := float64(n+1) * float64(ratio) / float64(sum)
			if diff := served[k] - want; diff > 2 || diff < -2 {
				t.Fatalf("after %d decisions member %d has %v, want about %.1f", n+1, k, served[k], want)
			}
		}
	}
}

func TestRoundRobinIsEvenWhateverTheTargets(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 2))
		targets := make([]target, 1+random.IntN(20))
		able := 0
		for i := range targets {
			targets[i] = target{eligible: random.IntN(3) > 0, group: random.IntN(3)}
			if targets[i].eligible {
				able++
			}
		}
		got := make([]int, len(targets))
		for _, i := range picks(newBalancer("round-robin", 0, targets), 7*able, idle) {
			got[i]++
		}
		for i, n := range got {
			if want := map[bool]int{true: 7}[targets[i].eligible]; n != want {
				t.Fatalf("seed %d: target %d was chosen %d times, want %d", seed, i, n, want)
			}
		}
	}
}

func TestLeastConnectionsKeepsOpenConnectionsLevel(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	open := make([]int64, 9)
	b := newBalancer(modeLeastConnections, 0, eligible(make([]int, 9)...))
	for range 5000 {
		open[b.pick(alone(func(i int) int64 { return open[i] }))]++
		if spread := slices.Max(open) - slices.Min(open); spread > 1 {
			t.Fatalf("open connections %v differ by more than 1", open)
		}
		if random.IntN(100) == 0 {
			clear(open)
		}
	}
}

func BenchmarkPick(b *testing.B) {
	for _, mode := range []string{"round-robin", modeRatio, modeLeastConnections} {
		b.Run(mode+"/2000", func(b *testing.B) {
			balancer := newBalancer(mode, 0, eligible(make([]int, 2000)...))
			for b.Loop() {
				balancer.pick(alone(idle))
			}
		})
	}
}
