package shards

import (
	"context"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	deviceLabel         = "bigipkube.io/device"     // a hash of the device's name
	partitionsLabel     = "bigipkube.io/partitions" // an annotation of a member Lease: those that it serves
	partitionLabel      = "bigipkube.io/partition"  // an annotation of a partition Lease, for whoever reads it
	partitionsSeparator = ","                       // no name of a partition has one
	// forgetAfter is when the Lease of a replica that died is deleted, in durations.
	forgetAfter = 30
)

// look reads all Leases of the device's replicas. The answer may come from the API
// server's cache: what is old in it makes a write fail, and nothing worse.
func (s *Shards) look(ctx context.Context) error {
	list, err := s.Leases.List(ctx, metav1.ListOptions{LabelSelector: s.selector, ResourceVersion: "0"})
	if err != nil {
		return err
	}
	now := time.Now()
	var dead []string
	s.mu.Lock()
	seen := make(map[string]lease, len(list.Items))
	for i := range list.Items {
		l := leaseOf(&list.Items[i])
		l.seen = now
		if known, ok := s.seen[l.name]; ok && known.holder == l.holder && known.renewed == l.renewed {
			l.seen = known.seen
		}
		seen[l.name] = l
		if l.member && now.Sub(l.seen) > forgetAfter*l.duration {
			dead = append(dead, l.name)
		}
	}
	s.seen = seen
	s.mu.Unlock()
	for _, name := range dead {
		_ = s.Leases.Delete(ctx, name, metav1.DeleteOptions{}) // litter: whoever may not delete it leaves it
	}
	return nil
}

func leaseOf(l *coordinationv1.Lease) lease {
	partitions, member := l.Annotations[partitionsLabel]
	result := lease{name: l.Name, member: member, duration: DefaultDuration}
	if member {
		result.partitions = strings.Split(partitions, partitionsSeparator)
	}
	if l.Spec.HolderIdentity != nil {
		result.holder = *l.Spec.HolderIdentity
	}
	if l.Spec.LeaseDurationSeconds != nil {
		result.duration = time.Duration(*l.Spec.LeaseDurationSeconds) * time.Second
	}
	if l.Spec.RenewTime != nil {
		result.renewed = l.Spec.RenewTime.UTC().Format(time.RFC3339Nano)
	}
	return result
}

// renewMember tells that this replica lives.
func (s *Shards) renewMember(ctx context.Context) error {
	if s.own != nil && time.Since(s.ownSince) < s.Renew {
		return nil
	}
	sent := time.Now()
	l := s.newLease(s.member, partitionsLabel, strings.Join(s.Partitions, partitionsSeparator))
	if s.own != nil {
		l = s.own.DeepCopy()
		l.Spec.RenewTime = micro(sent)
	}
	l, err := s.write(ctx, l)
	switch {
	case apierrors.IsNotFound(err), apierrors.IsConflict(err): // deleted, and perhaps made anew: by hand
		s.own = nil
		return err
	case apierrors.IsAlreadyExists(err):
		s.own, err = s.Leases.Get(ctx, s.member, metav1.GetOptions{})
		return err
	case err != nil:
		return err
	}
	s.own, s.ownSince = l, sent
	return nil
}

func (s *Shards) forgetMember(ctx context.Context) {
	if s.own == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, releaseTime)
	defer cancel()
	if err := s.Leases.Delete(ctx, s.member, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		s.Logger.WarnContext(ctx, "the Lease of this replica could not be deleted: others take over when it has run out", "error", err)
	}
}

func (s *Shards) newLease(name, annotation, value string) *coordinationv1.Lease {
	now := micro(time.Now())
	seconds := int32(max(s.Duration, time.Second) / time.Second)
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{deviceLabel: hash(s.Device), "app.kubernetes.io/managed-by": prefix},
			Annotations: map[string]string{annotation: value},
		},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: new(s.Identity), LeaseDurationSeconds: &seconds, AcquireTime: now, RenewTime: now, LeaseTransitions: new(int32),
		},
	}
}

// claim makes a partition's Lease this replica's, as it was seen: a write fails if
// somebody else was faster.
func (s *Shards) claim(ctx context.Context, partition string) (*coordinationv1.Lease, error) {
	l := s.newLease(partitionName(s.Device, partition), partitionLabel, partition)
	now, err := s.Leases.Get(ctx, l.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return s.write(ctx, l)
	case err != nil:
		return nil, err
	}
	s.mu.Lock()
	known := s.seen[l.Name]
	s.mu.Unlock()
	if is := leaseOf(now); is.holder != known.holder || is.renewed != known.renewed {
		return nil, apierrors.NewConflict(schema.GroupResource{Group: coordinationv1.GroupName, Resource: "leases"}, l.Name, nil)
	}
	var transitions int32
	if now.Spec.LeaseTransitions != nil {
		transitions = *now.Spec.LeaseTransitions + 1
	}
	l.Spec.LeaseTransitions = &transitions
	l.ObjectMeta = now.ObjectMeta
	return s.write(ctx, l)
}

// extend renews a Lease. It is lost if another replica has it.
func (s *Shards) extend(ctx context.Context, l *coordinationv1.Lease) (renewed *coordinationv1.Lease, lost bool, err error) {
	l = l.DeepCopy()
	l.Spec.RenewTime = micro(time.Now())
	renewed, err = s.write(ctx, l)
	if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		return renewed, false, err
	}
	now, err := s.Leases.Get(ctx, l.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err): // deleted by hand
		return nil, true, nil
	case err != nil:
		return nil, false, err
	case leaseOf(now).holder != s.Identity:
		return nil, true, nil
	}
	now.Spec.RenewTime = l.Spec.RenewTime
	renewed, err = s.write(ctx, now)
	return renewed, false, err
}

// release lets others take a Lease at once.
func (s *Shards) release(ctx context.Context, l *coordinationv1.Lease) {
	ctx, cancel := context.WithTimeout(ctx, releaseTime)
	defer cancel()
	l = l.DeepCopy()
	l.Spec.HolderIdentity, l.Spec.RenewTime = new(""), micro(time.Now())
	if _, err := s.write(ctx, l); err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		s.Logger.WarnContext(ctx, "a Lease could not be released: others take over when it has run out", "lease", l.Name, "error", err)
	}
}

// write creates a Lease that was never written, and updates another one.
func (s *Shards) write(ctx context.Context, l *coordinationv1.Lease) (*coordinationv1.Lease, error) {
	if l.ResourceVersion == "" {
		return s.Leases.Create(ctx, l, metav1.CreateOptions{})
	}
	return s.Leases.Update(ctx, l, metav1.UpdateOptions{})
}

func micro(t time.Time) *metav1.MicroTime { return new(metav1.NewMicroTime(t)) }
