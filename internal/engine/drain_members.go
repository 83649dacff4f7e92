package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// DrainGoal is what DrainMembers does.
type DrainGoal struct {
	Pool         ltm.Path
	Backend      string        // of these members alone; "" is the whole pool
	Deadline     time.Duration // how long to wait for connections to end
	Remain       int64         // so many may be left
	ForceOffline bool          // in the end, whatever is left
	AllowNone    bool          // the pool of a virtual server may be left without a member that serves
}

// Drained is what DrainMembers has done.
type Drained struct {
	Members int   // how many were drained
	Open    int64 // connections that were left in the end
}

// NoBackendError says that a pool has no member of a backend.
type NoBackendError struct {
	Object   string   // "pool /shop/web"
	Device   string   // Device.Name
	Backend  string   // what was asked for
	Backends []string // what there is, sorted
}

// Error tells what there is.
func (e *NoBackendError) Error() string {
	return fmt.Sprintf("%s on %s has no member of backend %s; it has %s", e.Object, e.Device, e.Backend, strings.Join(e.Backends, ", "))
}

// NobodyLeftError refuses a drain that would leave a pool in use without a member
// that serves.
type NobodyLeftError struct {
	Object         string // "pool /shop/web"
	Device         string // Device.Name
	VirtualServers []ltm.Path
}

// Error tells what the pool serves.
func (e *NobodyLeftError) Error() string {
	return fmt.Sprintf("%s on %s serves %v, and nobody would be left to", e.Object, e.Device, e.VirtualServers)
}

// DrainMembers takes new connections from members, waits until the open ones have
// ended or the deadline has passed, and forces the members offline if the goal
// says so. Report is told of each look at the connections. What is left open at
// the deadline is no error here. Errors are *NoBackendError, *NobodyLeftError,
// *DeviceError or ctx.Err(); the members stay as far as they came.
func DrainMembers(ctx context.Context, device Device, goal DrainGoal, report func(open int64)) (Drained, error) {
	live, err := device.Pool(ctx, goal.Pool)
	if err != nil {
		return Drained{}, cause(ctx, err)
	}
	keys, err := goal.members(device, live)
	if err != nil {
		return Drained{}, err
	}
	disabled := withSession(live, keys, func(session ltm.Session) ltm.Session {
		if session == ltm.Enabled {
			return ltm.Disabled
		}
		return session
	})
	if err := goal.permit(ctx, device, live, disabled); err != nil {
		return Drained{}, cause(ctx, err)
	}
	if err := write(ctx, device, disabled, live); err != nil {
		return Drained{}, cause(ctx, err)
	}
	result := Drained{Members: len(keys)}
	if result.Open, err = goal.wait(ctx, device, keys, report); err != nil || !goal.ForceOffline {
		return result, cause(ctx, err)
	}
	if live, err = device.Pool(ctx, goal.Pool); err == nil { // somebody may have changed it while we waited
		offline := withSession(live, keys, func(ltm.Session) ltm.Session { return ltm.ForcedOffline })
		err = write(ctx, device, offline, live)
	}
	return result, cause(ctx, err)
}

// members are the keys of the members to drain. A pool without members has none.
func (g DrainGoal) members(device Device, live ltm.Pool) (map[ltm.MemberKey]bool, error) {
	keys, backends := map[ltm.MemberKey]bool{}, map[string]bool{}
	for _, m := range live.Members {
		backend := BackendOf(m)
		backends[backend] = true
		if g.Backend == "" || backend == g.Backend {
			keys[m.Key] = true
		}
	}
	delete(backends, "")
	if g.Backend != "" && len(keys) == 0 {
		return nil, &NoBackendError{
			Object: "pool " + g.Pool.String(), Device: device.Name(), Backend: g.Backend, Backends: slices.Sorted(maps.Keys(backends)),
		}
	}
	return keys, nil
}

// permit refuses to leave a pool in use without a member that serves.
func (g DrainGoal) permit(ctx context.Context, device Device, live, drained ltm.Pool) error {
	if g.AllowNone || live.Serving() == 0 || drained.Serving() > 0 {
		return nil
	}
	users, err := device.VirtualServersOf(ctx, g.Pool)
	if err != nil || len(users) == 0 {
		return err
	}
	return &NobodyLeftError{Object: "pool " + g.Pool.String(), Device: device.Name(), VirtualServers: users}
}

// wait polls the open connections of members until so few are left as may remain,
// or the deadline passes.
func (g DrainGoal) wait(ctx context.Context, device Device, keys map[ltm.MemberKey]bool, report func(open int64)) (int64, error) {
	deadline := time.Now().Add(g.Deadline)
	for {
		status, err := device.MemberStatus(ctx, g.Pool)
		if errors.Is(err, ErrNotFound) {
			return 0, nil // with the pool its connections are gone
		}
		if err != nil {
			return 0, err
		}
		var open int64
		for _, s := range status {
			if keys[s.Key] {
				open += s.CurrentConnections
			}
		}
		report(open)
		left := time.Until(deadline)
		if open <= g.Remain || left <= 0 {
			return open, nil
		}
		if err := sleep(ctx, min(pollInterval, left)); err != nil {
			return open, err
		}
	}
}

// withSession is a pool in which some members have another session.
func withSession(pool ltm.Pool, keys map[ltm.MemberKey]bool, session func(ltm.Session) ltm.Session) ltm.Pool {
	pool.Members = slices.Clone(pool.Members)
	for i, m := range pool.Members {
		if keys[m.Key] {
			pool.Members[i].Session = session(m.Session)
		}
	}
	return pool
}

// write writes what differs, if anything does.
func write(ctx context.Context, device Device, wanted, live ltm.Pool) error {
	change := changeset.Compute(wanted, live)
	if change.Empty() {
		return nil
	}
	return device.ApplyPool(ctx, change)
}

// BackendOf is the name of the backend that a member carries in its mark, "" if
// it has none.
func BackendOf(member ltm.Member) string {
	_, mark, found, err := binding.ParseMember(member.Description)
	switch {
	case !found || err != nil:
		return ""
	case mark.Backend != "":
		return mark.Backend
	default:
		return mark.Service
	}
}
