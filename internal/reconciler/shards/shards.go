package shards

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
)

// Defaults of [Config]: a replica that is killed is followed by another one after
// DefaultDuration and DefaultPoll.
const (
	DefaultDuration      = 10 * time.Second
	DefaultRenewDeadline = 7 * time.Second
	DefaultRenew         = 2 * time.Second
	DefaultPoll          = time.Second
)

// releaseTime bounds what is said to the API server at the end: the process ends
// within a second. What is not released runs out.
const releaseTime = 150 * time.Millisecond

// Handler does the work on partitions. Calls for one partition never overlap.
type Handler interface {
	// Acquired tells that the work on a partition may begin. It must not block.
	Acquired(partition string)
	// Lost ends the work, and returns when nothing of it runs any more.
	Lost(partition string)
}

// Config says who shares what.
type Config struct {
	Leases     coordinationclient.LeaseInterface // of the namespace that all replicas share
	Device     string                            // replicas of one device share its partitions
	Identity   string                            // of this replica, another one at each start
	Partitions []string
	Handler    Handler
	Logger     *slog.Logger // default: nobody

	// Zero is the default of each.
	Duration      time.Duration // how long a Lease lasts after a renewal
	RenewDeadline time.Duration // work ends that long after the last renewal; less than Duration
	Renew         time.Duration // how often Leases are renewed
	Poll          time.Duration // how often all Leases are read
}

// Shards holds the Leases of one replica.
type Shards struct {
	Config
	member   string // name of its own Lease
	selector string

	mu   sync.Mutex
	seen map[string]lease // by name
	held map[string]*held // by partition
	busy map[string]bool  // partitions that are being taken or given up

	own      *coordinationv1.Lease // the member Lease, as last written
	ownSince time.Time
	silent   bool // the API server does not answer; told once
}

// held is a partition that this replica works on.
type held struct {
	lease    *coordinationv1.Lease // as last written
	renewed  time.Time             // when that was sent
	watchdog *time.Timer
}

// New makes the shards of a replica. It asks nothing yet.
func New(config Config) *Shards {
	config.Duration = cmp.Or(config.Duration, DefaultDuration)
	config.RenewDeadline = cmp.Or(config.RenewDeadline, DefaultRenewDeadline)
	config.Renew = cmp.Or(config.Renew, DefaultRenew)
	config.Poll = cmp.Or(config.Poll, DefaultPoll)
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	return &Shards{
		Config: config, member: memberName(config.Device, config.Identity), selector: deviceLabel + "=" + hash(config.Device),
		seen: map[string]lease{}, held: map[string]*held{}, busy: map[string]bool{},
	}
}

// Run shares until ctx ends. Then the work on all partitions has ended, and their
// Leases are released.
func (s *Shards) Run(ctx context.Context) error {
	for {
		wake := s.turn(ctx)
		timer := time.NewTimer(wake)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			s.end(context.WithoutCancel(ctx))
			return nil
		}
	}
}

// turn looks at all Leases once and does what there is to do. It returns how long
// nothing is to be done.
func (s *Shards) turn(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, s.RenewDeadline/2)
	defer cancel()
	if err := s.look(ctx); err != nil {
		s.quiet(ctx, err)
		return s.Poll
	}
	if err := s.renewMember(ctx); err != nil {
		s.quiet(ctx, err)
		return s.Poll
	}
	s.quiet(ctx, nil)
	d, wake := s.decide(time.Now())
	var all sync.WaitGroup
	for _, partition := range d.give {
		all.Go(func() { s.giveUp(ctx, partition) })
	}
	for _, partition := range d.keep {
		all.Go(func() { s.renew(ctx, partition) })
	}
	for _, partition := range d.take {
		all.Go(func() { s.take(ctx, partition) })
	}
	all.Wait()
	if until := time.Until(wake); !wake.IsZero() && until < s.Poll {
		return max(until, s.Poll/10)
	}
	return s.Poll
}

// quiet tells once that the API server does not answer, and that it does again.
func (s *Shards) quiet(ctx context.Context, err error) {
	if ctx.Err() == nil && err != nil && !s.silent {
		s.Logger.WarnContext(ctx, "the Leases cannot be read or renewed", "error", err)
	}
	if err == nil && s.silent {
		s.Logger.InfoContext(ctx, "the Leases can be read and renewed again")
	}
	s.silent = err != nil
}

func (s *Shards) decide(now time.Time) (decision, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := view{self: s.Identity, leases: s.seen, held: map[string]bool{}, nameOf: func(p string) string { return partitionName(s.Device, p) }}
	for partition := range s.held {
		v.held[partition] = true
	}
	for _, partition := range s.Partitions {
		if !s.busy[partition] {
			v.partitions = append(v.partitions, partition)
		}
	}
	return v.next(now)
}

// take takes a Lease, and begins the work.
func (s *Shards) take(ctx context.Context, partition string) {
	sent := time.Now()
	l, err := s.claim(ctx, partition)
	if err != nil {
		return // another one was faster, or the next turn tells why
	}
	s.mu.Lock()
	h := &held{lease: l, renewed: sent}
	h.watchdog = time.AfterFunc(time.Until(sent.Add(s.RenewDeadline)), func() { s.expire(partition, h) })
	s.held[partition] = h
	s.mu.Unlock()
	s.Logger.InfoContext(ctx, "partition acquired", "partition", partition)
	s.Handler.Acquired(partition)
}

// renew renews a Lease that is held. What fails is tried again in the next turn,
// until the watchdog ends the work.
func (s *Shards) renew(ctx context.Context, partition string) {
	s.mu.Lock()
	h := s.held[partition]
	s.mu.Unlock()
	if h == nil || time.Since(h.renewed) < s.Renew {
		return
	}
	sent := time.Now()
	l, lost, err := s.extend(ctx, h.lease)
	switch {
	case lost:
		s.drop(partition, h, "another replica has the Lease")
	case err == nil:
		s.mu.Lock()
		if s.held[partition] == h {
			h.lease, h.renewed = l, sent
			h.watchdog.Reset(time.Until(sent.Add(s.RenewDeadline)))
		}
		s.mu.Unlock()
	}
}

// expire ends the work on a partition whose Lease could not be renewed.
func (s *Shards) expire(partition string, h *held) {
	s.drop(partition, h, "the Lease could not be renewed")
}

// drop ends the work without a word to the API server.
func (s *Shards) drop(partition string, h *held, reason string) {
	s.mu.Lock()
	if s.held[partition] != h {
		s.mu.Unlock()
		return
	}
	delete(s.held, partition)
	s.busy[partition] = true
	h.watchdog.Stop()
	s.mu.Unlock()
	s.Logger.Warn("partition lost", "partition", partition, "reason", reason)
	s.Handler.Lost(partition)
	s.mu.Lock()
	delete(s.busy, partition)
	s.mu.Unlock()
}

// giveUp ends the work and then releases the Lease.
func (s *Shards) giveUp(ctx context.Context, partition string) {
	s.mu.Lock()
	h := s.held[partition]
	if h == nil {
		s.mu.Unlock()
		return
	}
	delete(s.held, partition)
	s.busy[partition] = true
	h.watchdog.Stop()
	s.mu.Unlock()
	s.Handler.Lost(partition)
	s.release(ctx, h.lease)
	s.Logger.InfoContext(ctx, "partition released", "partition", partition)
	s.mu.Lock()
	delete(s.busy, partition)
	s.mu.Unlock()
}

// end gives up all partitions, and the replica's own Lease.
func (s *Shards) end(ctx context.Context) {
	s.mu.Lock()
	partitions := make([]string, 0, len(s.held))
	for partition := range s.held {
		partitions = append(partitions, partition)
	}
	s.mu.Unlock()
	var all sync.WaitGroup
	for _, partition := range partitions {
		all.Go(func() { s.giveUp(ctx, partition) })
	}
	all.Wait()
	s.forgetMember(ctx)
}
