package bigip

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// poolFromWire reads a pool with its members, sorted.
func poolFromWire(wire icontrol.Pool) (ltm.Pool, error) {
	path, err := objectPath(wire.Object)
	if err != nil {
		return ltm.Pool{}, err
	}
	monitors, err := parseMonitors(string(wire.Monitor))
	if err != nil {
		return ltm.Pool{}, err
	}
	pool := ltm.Pool{
		Path:              path,
		Description:       wire.Description,
		LoadBalancingMode: wire.LoadBalancingMode,
		Monitors:          monitors,
		MinActiveMembers:  int(wire.MinActiveMembers),
		SlowRampTime:      int(wire.SlowRampTime),
		ServiceDownAction: cmp.Or(wire.ServiceDownAction, ltm.DefaultServiceDownAction),
	}
	for _, m := range wire.MembersReference.Items {
		if managedByDevice(m) {
			continue
		}
		member, err := memberFromWire(path.Partition, m)
		if err != nil {
			return ltm.Pool{}, err
		}
		pool.Members = append(pool.Members, member)
	}
	ltm.SortMembers(pool.Members)
	return pool, nil
}

// managedByDevice tells the members that a name (FQDN) brings: the template has
// no address, and the generated ones come, go and refuse changes by themselves
// (icontrol-rest 4.4).
func managedByDevice(m icontrol.Member) bool {
	return bool(m.Ephemeral) || m.FQDN.Name != "" || m.Address == "" || m.Address == "any6"
}

func memberFromWire(partition string, wire icontrol.Member) (ltm.Member, error) {
	key, err := memberKey(wire.Name, wire.Address)
	if err != nil {
		return ltm.Member{}, err
	}
	return ltm.Member{
		Key:             key,
		Name:            memberName(partition, key, wire.Object),
		Description:     wire.Description,
		Ratio:           int(wire.Ratio),
		PriorityGroup:   int(wire.PriorityGroup),
		ConnectionLimit: int(wire.ConnectionLimit),
		Session:         sessionFromWire(wire.Session, wire.State),
		Health:          healthFromState(wire.State),
	}, nil
}

// memberKey is what a member is known by. A name that is an address counts
// before the address: in a partition with a default route domain the device
// shows 10.0.0.1%6 as the address of the member 10.0.0.1:80, and the name is
// what was asked for (icontrol-rest 4.1). Any other name is a named node's; its
// port follows the last colon.
func memberKey(name, address string) (ltm.MemberKey, error) {
	if key, err := ltm.ParseMemberKey(name); err == nil {
		return key, nil
	}
	parsed, err := ltm.ParseAddress(address)
	if err != nil {
		return ltm.MemberKey{}, fmt.Errorf("member %q: %w", name, err)
	}
	at := strings.LastIndexAny(name, ":.")
	if at < 0 {
		return ltm.MemberKey{}, fmt.Errorf("member %q has no port in its name", name)
	}
	port, err := ltm.ParseMemberKey("0.0.0.0:" + name[at+1:])
	if err != nil {
		return ltm.MemberKey{}, fmt.Errorf("member %q: %w", name, err)
	}
	return ltm.MemberKey{Address: parsed, Port: port.Port}, nil
}

// memberName is the name to keep beside the key: "" when the key gives it, the
// bare name of a named node's member, the full path when its node is in another
// partition than the pool.
func memberName(partition string, key ltm.MemberKey, wire icontrol.Object) string {
	name, in := wire.Name, cmp.Or(wire.Partition, partition)
	switch {
	case in != partition || wire.SubPath != "":
		return wire.FullPath
	case name == key.Name():
		return ""
	default:
		return name
	}
}

// memberPath is a member's full path within its pool's members.
func memberPath(pool ltm.Path, m ltm.Member) string {
	name := m.DeviceName()
	if strings.HasPrefix(name, "/") {
		return name
	}
	return "/" + pool.Partition + "/" + name
}

// objectPath reads the identity that every object bears.
func objectPath(o icontrol.Object) (ltm.Path, error) {
	return ltm.ParsePathIn(cmp.Or(o.Partition, ltm.Common), cmp.Or(o.FullPath, o.Name))
}

// identity is a path as a write names it.
func identity(path ltm.Path) icontrol.Object {
	return icontrol.Object{Name: path.Name, Partition: path.Partition, SubPath: path.Folder}
}

// poolToWire writes a new pool. What equals the device's default is left out.
func poolToWire(pool ltm.Pool) icontrol.PoolBody {
	fresh := ltm.NewPool(pool.Path)
	body := icontrol.PoolBody{
		Object:            identity(pool.Path),
		Description:       changed(fresh.Description, pool.Description),
		LoadBalancingMode: changed(fresh.LoadBalancingMode, pool.LoadBalancingMode),
		MinActiveMembers:  changed(fresh.MinActiveMembers, pool.MinActiveMembers),
		Monitor:           changed("", pool.Monitors.String()),
		ServiceDownAction: changed(fresh.ServiceDownAction, pool.ServiceDownAction),
		SlowRampTime:      changed(fresh.SlowRampTime, pool.SlowRampTime),
	}
	for _, m := range pool.Members {
		body.Members = append(body.Members, newMemberToWire(pool.Path, m))
	}
	return body
}

// newMemberToWire writes a new member. The partition must be said: without it
// old releases add the member and answer 404 (icontrol-rest 4.2). The address
// must be said for a named node that does not exist yet.
func newMemberToWire(pool ltm.Path, m ltm.Member) icontrol.MemberBody {
	body := memberChangeToWire(ltm.NewMember(m.Key), m)
	if path, err := ltm.ParsePath(memberPath(pool, m)); err == nil {
		body.Object = identity(path)
	}
	if m.DeviceName() != m.Key.Name() {
		body.Address = new(m.Key.Address.String())
	}
	return body
}

// memberChangeToWire writes what differs and nothing else, so that a drain by
// hand survives a change of the ratio.
func memberChangeToWire(from, to ltm.Member) icontrol.MemberBody {
	session, state := sessionToWire(from.Session, to.Session)
	return icontrol.MemberBody{
		Description:     changed(from.Description, to.Description),
		ConnectionLimit: changed(from.ConnectionLimit, to.ConnectionLimit),
		PriorityGroup:   changed(from.PriorityGroup, to.PriorityGroup),
		Ratio:           changed(from.Ratio, to.Ratio),
		Session:         session,
		State:           state,
	}
}

// settingsToWire writes the changed properties of a pool.
func settingsToWire(settings []changeset.Setting) (icontrol.PoolBody, error) {
	var body icontrol.PoolBody
	for _, s := range settings {
		var ok bool
		switch s.Name {
		case "description":
			body.Description, ok = value[string](s.To)
		case "load_balancing_mode":
			body.LoadBalancingMode, ok = value[string](s.To)
		case "service_down_action":
			body.ServiceDownAction, ok = value[string](s.To)
		case "min_active_members":
			body.MinActiveMembers, ok = value[int](s.To)
		case "slow_ramp_time":
			body.SlowRampTime, ok = value[int](s.To)
		case "monitors":
			rule, isRule := s.To.(ltm.MonitorRule)
			body.Monitor, ok = new(rule.String()), isRule
		default:
			ok = false
		}
		if !ok {
			return body, fmt.Errorf("the setting %s cannot be set to %v", s.Name, s.To)
		}
	}
	return body, nil
}

func value[T any](v any) (*T, bool) {
	typed, ok := v.(T)
	return &typed, ok
}

// changed is what to write: nothing when it is so already.
func changed[T comparable](from, to T) *T {
	if from == to {
		return nil
	}
	return &to
}
