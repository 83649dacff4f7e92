package dataplane

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"
)

// tally makes n requests with some clients at once, on connections that are kept
// open, and counts who answered. With OneConnect each request is a decision.
func tally(t *testing.T, p *Plane, n int) map[string]int64 {
	t.Helper()
	const clients = 8
	answers := make([]map[string]int64, clients)
	var running sync.WaitGroup
	for client := range clients {
		running.Go(func() {
			answers[client] = map[string]int64{}
			c := dial(t, p)
			defer c.Close()
			for range n / clients {
				_ = c.SetDeadline(time.Now().Add(patience))
				answers[client][c.get()]++
			}
		})
	}
	running.Wait()
	total := map[string]int64{}
	for _, counted := range answers {
		for name, count := range counted {
			total[name] += count
		}
	}
	return total
}

// What the clients counted is what the counters say, and the shares are within
// half a point.
func TestAHundredThousandRequestsShareAsToldAndAreAllCounted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ratios, groups []int
		minActive      int
		want           []float64 // percent
	}{
		"90/10":                         {[]int{90, 10}, []int{0, 0}, 0, []float64{90, 10}},
		"50/30/20":                      {[]int{50, 30, 20}, []int{0, 0, 0}, 0, []float64{50, 30, 20}},
		"the highest priority group":    {[]int{3, 1, 5}, []int{10, 10, 5}, 2, []float64{75, 25, 0}},
		"the next group is added to it": {[]int{3, 1, 4, 9}, []int{10, 10, 5, 1}, 3, []float64{37.5, 12.5, 50, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlane(t)
			var members []Member
			backends := map[string]string{} // name to address
			for i, r := range test.ratios {
				pod := newBackend(t, fmt.Sprint("pod", i), nil)
				backends[pod.name] = pod.address()
				members = append(members, pod.member(ratio(r), inGroup(test.groups[i])))
			}
			config := oneServer(oneConnect, members...)
			config.Pools[0].MinActiveMembers = test.minActive
			configure(t, p, config)
			got := tally(t, p, perCase)
			var conns, bitsIn, bitsOut int64
			for i, want := range test.want {
				pod := fmt.Sprint("pod", i)
				counted := p.MemberCounters(testPool, "/shop/"+backends[pod])
				if counted.TotRequests != got[pod] {
					t.Errorf("%s: the clients counted %d, the device %d", pod, got[pod], counted.TotRequests)
				}
				if share := 100 * float64(got[pod]) / perCase; math.Abs(share-want) > 0.5 {
					t.Errorf("%s has %.2f %%, want %.1f %%", pod, share, want)
				}
				conns, bitsIn, bitsOut = conns+counted.CurConns, bitsIn+counted.BitsIn, bitsOut+counted.BitsOut
			}
			client := p.VirtualServerCounters(testServer)
			if client.TotRequests != perCase || client.TotConns != 8 || client.BitsIn != bitsIn || client.BitsOut != bitsOut {
				t.Errorf("the virtual server counts %+v; its members %d bits in and %d out", client, bitsIn, bitsOut)
			}
			if conns > 8*int64(len(members)) {
				t.Errorf("%d connections to members are open", conns)
			}
		})
	}
}
