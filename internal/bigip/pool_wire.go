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

		ReselectTries:          int(wire.ReselectTries),
		AllowNAT:               wire.AllowNAT != "no",
		AllowSNAT:              wire.AllowSNAT != "no",
		IgnorePersistedWeight:  bool(wire.IgnorePersistedWeight),
		QueueOnConnectionLimit: bool(wire.QueueOnConnectionLimit),
		QueueDepthLimit:        int(wire.QueueDepthLimit),
		QueueTimeLimit:         int(wire.QueueTimeLimit),
		MinUpMembers:           int(wire.MinUpMembers),
		MinUpMembersAction:     cmp.Or(wire.MinUpMembersAction, ltm.DefaultMinUpAction),
		MinUpMembersChecking:   bool(wire.MinUpMembersChecking),
		IPToSToClient:          cmp.Or(string(wire.IPToSToClient), ltm.PassThrough),
		IPToSToServer:          cmp.Or(string(wire.IPToSToServer), ltm.PassThrough),
		LinkQoSToClient:        cmp.Or(string(wire.LinkQoSToClient), ltm.PassThrough),
		LinkQoSToServer:        cmp.Or(string(wire.LinkQoSToServer), ltm.PassThrough),
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
	monitors, err := memberMonitorsFromWire(string(wire.Monitor))
	if err != nil {
		return ltm.Member{}, fmt.Errorf("member %q: %w", wire.Name, err)
	}
	limit, err := rateLimitFromWire(wire.RateLimit)
	if err != nil {
		return ltm.Member{}, fmt.Errorf("member %q: %w", wire.Name, err)
	}
	return ltm.Member{
		Key:             key,
		Name:            memberName(partition, key, wire.Object),
		Description:     wire.Description,
		Ratio:           int(wire.Ratio),
		PriorityGroup:   int(wire.PriorityGroup),
		ConnectionLimit: int(wire.ConnectionLimit),
		RateLimit:       limit,
		Monitors:        monitors,
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

		ReselectTries:          changed(fresh.ReselectTries, pool.ReselectTries),
		AllowNAT:               changed(yesOrNo(fresh.AllowNAT), yesOrNo(pool.AllowNAT)),
		AllowSNAT:              changed(yesOrNo(fresh.AllowSNAT), yesOrNo(pool.AllowSNAT)),
		IgnorePersistedWeight:  changed(onOrOff(fresh.IgnorePersistedWeight), onOrOff(pool.IgnorePersistedWeight)),
		QueueOnConnectionLimit: changed(onOrOff(fresh.QueueOnConnectionLimit), onOrOff(pool.QueueOnConnectionLimit)),
		QueueDepthLimit:        changed(fresh.QueueDepthLimit, pool.QueueDepthLimit),
		QueueTimeLimit:         changed(fresh.QueueTimeLimit, pool.QueueTimeLimit),
		MinUpMembers:           changed(fresh.MinUpMembers, pool.MinUpMembers),
		MinUpMembersAction:     changed(fresh.MinUpMembersAction, pool.MinUpMembersAction),
		MinUpMembersChecking:   changed(onOrOff(fresh.MinUpMembersChecking), onOrOff(pool.MinUpMembersChecking)),
		IPToSToClient:          changed(fresh.IPToSToClient, pool.IPToSToClient),
		IPToSToServer:          changed(fresh.IPToSToServer, pool.IPToSToServer),
		LinkQoSToClient:        changed(fresh.LinkQoSToClient, pool.LinkQoSToClient),
		LinkQoSToServer:        changed(fresh.LinkQoSToServer, pool.LinkQoSToServer),
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
		Monitor:         changed(memberMonitorsToWire(from.Monitors), memberMonitorsToWire(to.Monitors)),
		PriorityGroup:   changed(from.PriorityGroup, to.PriorityGroup),
		RateLimit:       changed(rateLimitToWire(from.RateLimit), rateLimitToWire(to.RateLimit)),
		Ratio:           changed(from.Ratio, to.Ratio),
		Session:         session,
		State:           state,
	}
}

// poolWriters write one setting each, by the names that change sets have. They
// return false for a value of another type.
var poolWriters = map[string]func(*icontrol.PoolBody, any) bool{
	"allow_nat":                 writeFlag(func(b *icontrol.PoolBody) **string { return &b.AllowNAT }, yesOrNo),
	"allow_snat":                writeFlag(func(b *icontrol.PoolBody) **string { return &b.AllowSNAT }, yesOrNo),
	"description":               writeValue(func(b *icontrol.PoolBody) **string { return &b.Description }),
	"ignore_persisted_weight":   writeFlag(func(b *icontrol.PoolBody) **string { return &b.IgnorePersistedWeight }, onOrOff),
	"ip_tos_to_client":          writeValue(func(b *icontrol.PoolBody) **string { return &b.IPToSToClient }),
	"ip_tos_to_server":          writeValue(func(b *icontrol.PoolBody) **string { return &b.IPToSToServer }),
	"link_qos_to_client":        writeValue(func(b *icontrol.PoolBody) **string { return &b.LinkQoSToClient }),
	"link_qos_to_server":        writeValue(func(b *icontrol.PoolBody) **string { return &b.LinkQoSToServer }),
	"load_balancing_mode":       writeValue(func(b *icontrol.PoolBody) **string { return &b.LoadBalancingMode }),
	"min_active_members":        writeValue(func(b *icontrol.PoolBody) **int { return &b.MinActiveMembers }),
	"min_up_members":            writeValue(func(b *icontrol.PoolBody) **int { return &b.MinUpMembers }),
	"min_up_members_action":     writeValue(func(b *icontrol.PoolBody) **string { return &b.MinUpMembersAction }),
	"min_up_members_checking":   writeFlag(func(b *icontrol.PoolBody) **string { return &b.MinUpMembersChecking }, onOrOff),
	"queue_depth_limit":         writeValue(func(b *icontrol.PoolBody) **int { return &b.QueueDepthLimit }),
	"queue_on_connection_limit": writeFlag(func(b *icontrol.PoolBody) **string { return &b.QueueOnConnectionLimit }, onOrOff),
	"queue_time_limit":          writeValue(func(b *icontrol.PoolBody) **int { return &b.QueueTimeLimit }),
	"reselect_tries":            writeValue(func(b *icontrol.PoolBody) **int { return &b.ReselectTries }),
	"service_down_action":       writeValue(func(b *icontrol.PoolBody) **string { return &b.ServiceDownAction }),
	"slow_ramp_time":            writeValue(func(b *icontrol.PoolBody) **int { return &b.SlowRampTime }),
	"monitors": func(b *icontrol.PoolBody, v any) bool {
		rule, ok := v.(ltm.MonitorRule)
		b.Monitor = new(rule.String())
		return ok
	},
}

func writeValue[T any](field func(*icontrol.PoolBody) **T) func(*icontrol.PoolBody, any) bool {
	return func(b *icontrol.PoolBody, v any) bool {
		typed, ok := v.(T)
		*field(b) = &typed
		return ok
	}
}

func writeFlag(field func(*icontrol.PoolBody) **string, word func(bool) string) func(*icontrol.PoolBody, any) bool {
	return func(b *icontrol.PoolBody, v any) bool {
		set, ok := v.(bool)
		*field(b) = new(word(set))
		return ok
	}
}

// settingsToWire writes the changed properties of a pool.
func settingsToWire(settings []changeset.Setting) (icontrol.PoolBody, error) {
	var body icontrol.PoolBody
	for _, s := range settings {
		if write, known := poolWriters[s.Name]; !known || !write(&body, s.To) {
			return body, fmt.Errorf("the setting %s cannot be set to %v", s.Name, s.To)
		}
	}
	return body, nil
}
