package dataplane

import (
	"testing"
	"testing/synctest"
	"time"
)

// decisions makes n decisions and counts them by member.
func decisions(t *testing.T, p *pool, n int) map[string]int {
	t.Helper()
	got := map[string]int{}
	for range n {
		m, _, _ := p.acquire(wish{})
		if m == nil {
			t.Fatal("nobody takes the client")
		}
		got[m.name]++
		m.leave()
	}
	return got
}

func TestANewMemberRampsUpToItsExactShare(t *testing.T) {
	t.Parallel()
	for mode, shares := range map[string]struct {
		ratio int
		want  []int // of 1,100 decisions for the new member, after 0, 4, 5 and 10 seconds
	}{
		"ratio-member": {1, []int{100, 367, 413, 550}},
		"round-robin":  {9, []int{100, 367, 413, 550}},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				old, young := memberOf("10.0.0.1:80", ratio(shares.ratio)), memberOf("10.0.0.2:80", ratio(shares.ratio))
				config := Pool{Name: testPool, Mode: mode, SlowRamp: 10 * time.Second, Members: []Member{old}}
				p := newPool(New(Options{}), config)
				time.Sleep(time.Minute)
				config.Members = []Member{old, young}
				p.update(config)
				for i, after := range []time.Duration{0, 4 * time.Second, time.Second, 5 * time.Second} {
					time.Sleep(after)
					if got := decisions(t, p, 1100)[young.Name]; got < shares.want[i]-1 || got > shares.want[i]+1 {
						t.Errorf("after step %d the new member gets %d of 1,100, want %d", i, got, shares.want[i])
					}
				}
				if got := decisions(t, p, 1000)[young.Name]; got != 500 {
					t.Errorf("after the ramp the new member gets %d of 1,000, want exactly 500", got)
				}
			})
		})
	}
}

func TestMembersThatComeTogetherShareExactlyAtOnce(t *testing.T) {
	t.Parallel()
	p := newPool(New(Options{}), Pool{Name: testPool, Mode: modeRatio, SlowRamp: time.Hour, Members: []Member{
		memberOf("10.0.0.1:80", ratio(9)), memberOf("10.0.0.2:80", ratio(1)),
	}})
	if got := decisions(t, p, 1000); got["/shop/10.0.0.1:80"] != 900 || got["/shop/10.0.0.2:80"] != 100 {
		t.Errorf("shares %v", got)
	}
}

func TestEnablingAMemberStartsItsRampAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := memberOf("10.0.0.1:80"), memberOf("10.0.0.2:80")
		config := Pool{Name: testPool, Mode: modeRatio, SlowRamp: 10 * time.Second, Members: []Member{a, b}}
		p := newPool(New(Options{}), config)
		time.Sleep(time.Minute)
		set := func(disabled bool) {
			b.SessionDisabled = disabled
			config.Members = []Member{a, b}
			p.update(config)
		}
		set(true)
		set(false)
		if got := decisions(t, p, 1100)[b.Name]; got != 100 {
			t.Errorf("an enabled member gets %d of 1,100, want 100", got)
		}
		a.SessionDisabled = true
		set(false)
		if got := decisions(t, p, 10)[b.Name]; got != 10 {
			t.Errorf("the only member gets %d of 10", got)
		}
	})
}

func TestLeastConnectionsRampsToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		old, young := memberOf("10.0.0.1:80"), memberOf("10.0.0.2:80")
		config := Pool{Name: testPool, Mode: modeLeastConnections, SlowRamp: 10 * time.Second, Members: []Member{old}}
		p := newPool(New(Options{}), config)
		time.Sleep(time.Minute)
		config.Members = append(config.Members, young)
		p.update(config)
		got := map[string]int{}
		for range 110 { // all stay
			m, _, _ := p.acquire(wish{})
			got[m.name]++
		}
		if got[young.Name] < 8 || got[young.Name] > 11 {
			t.Errorf("the new member has %d of 110 connections, want a tenth of the other's", got[young.Name])
		}
		time.Sleep(10 * time.Second)
		for range 90 {
			m, _, _ := p.acquire(wish{})
			got[m.name]++
		}
		if got[young.Name] != 100 {
			t.Errorf("after the ramp the new member has %d of 200, want 100", got[young.Name])
		}
	})
}
