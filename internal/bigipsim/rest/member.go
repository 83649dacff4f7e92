package rest

import (
	"maps"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// memberWord is session or state of a member or node as it is read. The words
// for reading are others than those for writing (icontrol-rest 4.5):
//
//	written                      read, no monitor            read, monitored
//	user-enabled, user-up        user-enabled, unchecked     monitor-enabled, checking|up|down
//	user-disabled, user-up       user-disabled, unchecked    user-disabled, up|down
//	user-disabled, user-down     user-disabled, user-down    user-disabled, user-down
//	user-enabled, user-down      user-enabled, user-down     user-enabled, user-down
func (e *encoder) memberWord(o *config.Object, field, pool string) string {
	health := e.health(o, pool)
	forced := o.Text("state") == "user-down"
	if field == "state" {
		if forced {
			return "user-down"
		}
		return health.state
	}
	switch {
	case o.Text("session") == "user-disabled":
		return "user-disabled"
	case forced || !health.monitored:
		return "user-enabled"
	case health.disabled:
		return "user-disabled" // a recvDisable match
	default:
		return "monitor-enabled"
	}
}

// health is what monitoring says of a member or node.
type health struct {
	monitored bool
	state     string // unchecked, checking, up, down; of a template fqdn-up, fqdn-up-no-addr, fqdn-down
	disabled  bool   // by the monitor's recvDisable
	parent    bool   // it is the node that is down
	reason    string
}

func (e *encoder) health(o *config.Object, poolPath string) health {
	if o.Type.Object != "pool_member" || o.IsTemplate() {
		return e.nodeHealth(o)
	}
	if node := e.state.Node(o); node != nil {
		if h := e.nodeHealth(node); h.state == "down" {
			return health{monitored: true, state: "down", parent: true, reason: parentDown}
		}
	}
	pool := e.state.Objects(o.Type.Parent).Find(poolPath)
	if pool == nil || len(e.state.MonitorRule(pool, o).Paths) == 0 {
		return health{state: "unchecked"}
	}
	return memberHealth(e.traffic.MemberHealth(poolPath, o.Path))
}

func memberHealth(h dataplane.Health) health {
	switch h.Status {
	case "up", "down", "checking":
		return health{monitored: true, state: h.Status, reason: h.Reason}
	case "disabled-by-monitor":
		return health{monitored: true, state: "up", disabled: true, reason: h.Reason}
	default:
		return health{monitored: true, state: "checking", reason: h.Reason}
	}
}

func (e *encoder) nodeHealth(o *config.Object) health {
	if o.IsTemplate() {
		_, word := e.state.Resolution(o)
		return health{state: word}
	}
	if len(e.state.NodeMonitorRule(o).Paths) == 0 {
		return health{state: "unchecked"}
	}
	return memberHealth(e.traffic.NodeHealth(o.Path))
}

func sortedKeys(object map[string]any) []string {
	keys := slices.Sorted(maps.Keys(object))
	if i := slices.Index(keys, "name"); i > 0 {
		keys = append([]string{"name"}, slices.Delete(keys, i, i+1)...)
	}
	return keys
}
