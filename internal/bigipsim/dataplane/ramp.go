package dataplane

import "time"

// ramp is the slow ramp of a pool (slowRampTime, icontrol-rest 4.6): a member that
// came into service gets a share that grows, second by second, until the time is
// over. Members that came together have the same share of theirs, so that among
// them nothing changes. Inferred: that it is linear, by whole seconds, in all
// modes, and begins when a member is added to a pool, too.
//
// The shares are made by leaving out: the balancer walks on as ever, and each
// time it comes to a member in its k'th second of n, k/n of a turn is saved up;
// only a full turn is taken. So the walk is never disturbed, and from the end of
// the ramp on its shares are exact again.
type ramp struct {
	seconds int       // of the whole ramp; 0 = none
	until   time.Time // the end of the last member's ramp
}

// service is what a ramp knows of one member.
type service struct {
	on    bool      // takes new connections
	since time.Time // on
	saved int       // of its next turn
}

// entered notes whether the member takes new connections now.
func (s *service) entered(on bool, now time.Time) {
	if on && !s.on {
		s.since, s.saved = now, 0
	}
	s.on = on
}

// step is how many of the ramp's seconds a member has seen, the present one
// included.
func (r ramp) step(s *service, now time.Time) int {
	return min(r.seconds, 1+int(now.Sub(s.since)/time.Second))
}

// active reports whether any member may get less than its share.
func (r ramp) active(now time.Time) bool { return r.seconds > 1 && now.Before(r.until) }

// noteService looks at who takes new connections. The caller holds mu.
func (p *pool) noteService(now time.Time) {
	p.ramp = ramp{seconds: int(p.config.SlowRamp / time.Second)}
	for _, m := range p.members {
		m.service.entered(m.takesNew(), now)
		if end := m.service.since.Add(p.config.SlowRamp); m.service.on && end.After(p.ramp.until) {
			p.ramp.until = end
		}
	}
}

// pickRamped is a decision while members ramp up. It ends, because the walk comes
// to one of those that have the largest part of their share, who take each turn.
func (p *pool) pickRamped(now time.Time) int {
	largest := 1
	for _, i := range p.balancer.candidates {
		largest = max(largest, p.ramp.step(&p.members[i].service, now))
	}
	for {
		i := p.balancer.pick(func(i int) (int64, int64) {
			member, node := p.usage(i)
			if !leastConnections(p.config.Mode) {
				return member, node
			}
			// Seems busier than it is: that keeps clients away from it.
			step := int64(p.ramp.step(&p.members[i].service, now))
			return (member + 1) * int64(largest) / step, (node + 1) * int64(largest) / step
		})
		if i < 0 || leastConnections(p.config.Mode) {
			return i
		}
		s := &p.members[i].service
		s.saved += p.ramp.step(s, now)
		if s.saved >= largest {
			s.saved = min(s.saved-largest, largest)
			return i
		}
	}
}
