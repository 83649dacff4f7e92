package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RunSite brings the objects of routes to goal, all that changes in one transaction:
// nothing half-made serves, and what serves goes on. It returns what is live, beside
// an error too where it could be read: an interrupted run is finished by running
// again.
//
//	hold ▶ read ▶ gates ▶ Prepare: monitored pools that are to take over from others
//	     ▶ Verify: their monitors have judged them ▶ members come to pools that stay
//	     ▶ Shift: one transaction ▶ read again ▶ members leave
//
// Without goal.Spec.Require a pool of which no member is available holds nobody up:
// its routes get it, once its monitors have said so.
//
// Errors are *AbortedError if a gate stayed closed, *DeviceError, *UnsettledError,
// what goal.Desired returns, or ctx.Err().
func RunSite(ctx context.Context, device Device, goal SiteGoal, report Report) (ltm.Site, error) {
	release, err := device.Hold(ctx, slices.Concat(goal.Paths.Policies, goal.Paths.VirtualServers))
	if err != nil {
		return ltm.Site{}, err
	}
	defer release()
	spec := cutover.Spec{Require: goal.Spec.Require, Timeout: goal.Spec.Timeout, Freeze: goal.Spec.Freeze}
	r := &siteRun{device: device, goal: goal, written: map[string]bool{}, report: report}
	err = advance(ctx, r, spec, nil, report)
	if err == nil {
		err = r.members(ctx)
	}
	if err != nil {
		readBack(ctx, &r.live, func(ctx context.Context) (ltm.Site, error) { return device.Site(ctx, goal.Paths) })
	}
	return r.live, err
}

// siteRun are the objects of routes on their way to their goal.
type siteRun struct {
	device  Device
	goal    SiteGoal
	report  Report
	live    ltm.Site // as of the last read
	desired ltm.Site // given that
	change  changeset.SiteChange
	ahead   changeset.SiteChange // the pools that are made before the others, with their monitors
	gains   []ltm.Path           // monitored pools that are to take over from others
	written map[string]bool
}

func (r *siteRun) object() string {
	if len(r.goal.Paths.VirtualServers) == 0 {
		return "the routes"
	}
	return "virtual server " + r.goal.Paths.VirtualServers[0].String()
}

func (r *siteRun) observe(ctx context.Context, progress cutover.Progress) (cutover.Observation, error) {
	var err error
	if r.live, err = r.device.Site(ctx, r.goal.Paths); err != nil {
		return cutover.Observation{}, err
	}
	if r.desired, err = r.goal.Desired(r.live); err != nil {
		return cutover.Observation{}, err
	}
	r.change = changeset.ComputeSite(r.desired, r.live)
	r.gains = gainedTargets(r.desired, r.live)
	r.ahead = changeset.SiteChange{}
	for _, pool := range r.change.Pools.Create {
		if slices.Contains(r.gains, pool.Path) {
			r.ahead.Pools.Create = append(r.ahead.Pools.Create, pool)
		}
	}
	r.ahead.Monitors.Create = r.change.Monitors.Only(func(m ltm.Monitor) bool {
		return slices.ContainsFunc(r.ahead.Pools.Create, func(pool ltm.Pool) bool { return slices.Contains(pool.Monitors.Monitors, m.Path) })
	}).Create
	observation := cutover.Observation{
		Moves: len(r.live.Targets()) > 0, Prepared: r.ahead.Empty(), Shifted: r.change.Empty(), Removed: true,
	}
	if observation.Shifted {
		return observation, nil
	}
	if r.goal.Planned != nil && !progress.Cleared {
		observation.Changed = siteChangedSince(*r.goal.Planned, r.live, r.change)
		if err := standby(ctx, r.device, &observation); err != nil {
			return observation, err
		}
	}
	if observation.Prepared && !progress.Verified && !r.goal.Spec.Require.IsZero() {
		observation.Candidates = r.candidates()
	}
	return observation, nil
}

// gainedTargets are the monitored pools that are to get traffic which other pools get
// now: they are worth a wait for what their monitors say. Where nothing serves, nobody
// waits.
func gainedTargets(desired, live ltm.Site) []ltm.Path {
	have, targets := live.Targets(), desired.Targets()
	if len(have) == 0 {
		return nil
	}
	var gains []ltm.Path
	for _, pool := range desired.Pools {
		wanted := slices.Contains(targets, pool.Path) && !slices.Contains(have, pool.Path)
		if wanted && !pool.Monitors.IsZero() && slices.ContainsFunc(pool.Members, enabledMember) {
			gains = append(gains, pool.Path)
		}
	}
	return gains
}

func enabledMember(m ltm.Member) bool { return m.Session == ltm.Enabled }

// candidates are the enabled members of the pools that gain, each pool a group.
func (r *siteRun) candidates() []cutover.Candidate {
	var found []cutover.Candidate
	for _, pool := range r.live.Pools {
		if !slices.Contains(r.gains, pool.Path) {
			continue
		}
		for _, member := range pool.Members {
			if enabledMember(member) {
				found = append(found, cutover.Candidate{Key: member.Key, Backend: pool.Path.String(), Health: member.Health})
			}
		}
	}
	return found
}

// siteChangedSince tells what somebody else has changed since the goal was set, of
// what the goal is still to change. Rules and profiles count one by one: others have
// theirs beside ours.
func siteChangedSince(planned, live ltm.Site, change changeset.SiteChange) string {
	left := map[string]bool{}
	for _, c := range change.Changes() {
		left[c.Of] = true
	}
	var changes []string
	for _, c := range changeset.ComputeSite(live, planned).Changes() {
		if left[c.Of] && !follows(c.Of) {
			changes = append(changes, c.Text)
		}
	}
	return strings.Join(changes, "; ")
}

// follows tells a field of a policy that says no more than its rules.
func follows(of string) bool {
	return strings.HasPrefix(of, "policy ") &&
		(strings.HasSuffix(of, " controls") || strings.HasSuffix(of, " requires") || strings.HasSuffix(of, " order of rules"))
}

func (r *siteRun) write(ctx context.Context, phase cutover.Phase) error {
	if phase == cutover.Prepare {
		return r.once(ctx, r.ahead)
	}
	if err := r.judged(ctx); err != nil {
		return err
	}
	if err := r.grow(ctx); err != nil {
		return err
	}
	return r.once(ctx, r.change)
}

// once refuses a write that has made no difference before. One that was refused as a
// whole, because somebody was faster, has made none yet.
func (r *siteRun) once(ctx context.Context, change changeset.SiteChange) error {
	whole, err := json.Marshal(change)
	if err != nil {
		return err
	}
	at := r.device.Name() + ": " + string(whole) // after a failover another device needs the same
	if r.written[at] {
		return &UnsettledError{Object: r.object(), Device: r.device.Name(), Change: change.String()}
	}
	r.written[at] = true
	err = r.device.ApplySite(ctx, change, r.goal.KeyPairs)
	if device, ok := errors.AsType[*DeviceError](err); ok && device.Raced {
		delete(r.written, at)
	}
	return err
}

// judged waits until each pool that gains has an available member, or until its
// monitors have found that it has none.
func (r *siteRun) judged(ctx context.Context) error {
	pools, deadline := r.live.Pools, time.Now().Add(cutover.FirstProbe)
	for {
		unjudged := slices.ContainsFunc(pools, func(pool ltm.Pool) bool {
			return slices.Contains(r.gains, pool.Path) && pool.Serving() == 0 &&
				slices.ContainsFunc(pool.Members, func(m ltm.Member) bool { return enabledMember(m) && m.Health == ltm.HealthChecking })
		})
		if !unjudged || !time.Now().Before(deadline) {
			return nil
		}
		if err := sleep(ctx, pollInterval); err != nil {
			return err
		}
		now, err := r.device.Site(ctx, ltm.SitePaths{Pools: r.gains})
		if err != nil {
			return err
		}
		pools = now.Pools
	}
}

func (r *siteRun) aborted(step cutover.Step) error {
	return &AbortedError{Object: r.object(), Device: r.device.Name(), Step: step, Spec: r.goal.Spec}
}
