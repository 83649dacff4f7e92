package changeset

import (
	"fmt"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// setting is one property of a pool that a change set knows.
type setting struct {
	name string
	// shifts tells that the property decides who gets traffic, or tells others
	// who should. Such a property is written with the members' sessions and
	// ratios, behind the gates: the description too, because its mark is what
	// the reconciliation helper goes by.
	shifts bool
	get    func(ltm.Pool) any
	set    func(*ltm.Pool, any)
}

// settings lists all of them, sorted by name.
func settings() []setting {
	return []setting{
		property("allow_nat", false, func(p *ltm.Pool) *bool { return &p.AllowNAT }),
		property("allow_snat", false, func(p *ltm.Pool) *bool { return &p.AllowSNAT }),
		property("description", true, func(p *ltm.Pool) *string { return &p.Description }),
		property("ignore_persisted_weight", false, func(p *ltm.Pool) *bool { return &p.IgnorePersistedWeight }),
		property("ip_tos_to_client", false, func(p *ltm.Pool) *string { return &p.IPToSToClient }),
		property("ip_tos_to_server", false, func(p *ltm.Pool) *string { return &p.IPToSToServer }),
		property("link_qos_to_client", false, func(p *ltm.Pool) *string { return &p.LinkQoSToClient }),
		property("link_qos_to_server", false, func(p *ltm.Pool) *string { return &p.LinkQoSToServer }),
		property("load_balancing_mode", true, func(p *ltm.Pool) *string { return &p.LoadBalancingMode }),
		property("min_active_members", true, func(p *ltm.Pool) *int { return &p.MinActiveMembers }),
		property("min_up_members", false, func(p *ltm.Pool) *int { return &p.MinUpMembers }),
		property("min_up_members_action", false, func(p *ltm.Pool) *string { return &p.MinUpMembersAction }),
		property("min_up_members_checking", false, func(p *ltm.Pool) *bool { return &p.MinUpMembersChecking }),
		property("monitors", false, func(p *ltm.Pool) *ltm.MonitorRule { return &p.Monitors }),
		property("queue_depth_limit", false, func(p *ltm.Pool) *int { return &p.QueueDepthLimit }),
		property("queue_on_connection_limit", false, func(p *ltm.Pool) *bool { return &p.QueueOnConnectionLimit }),
		property("queue_time_limit", false, func(p *ltm.Pool) *int { return &p.QueueTimeLimit }),
		property("reselect_tries", false, func(p *ltm.Pool) *int { return &p.ReselectTries }),
		property("service_down_action", false, func(p *ltm.Pool) *string { return &p.ServiceDownAction }),
		property("slow_ramp_time", false, func(p *ltm.Pool) *int { return &p.SlowRampTime }),
	}
}

// property makes a setting of a field. A value of another type sets nothing.
func property[T any](name string, shifts bool, field func(*ltm.Pool) *T) setting {
	return setting{
		name: name, shifts: shifts,
		get: func(p ltm.Pool) any { return *field(&p) },
		set: func(p *ltm.Pool, value any) {
			if typed, ok := value.(T); ok {
				*field(p) = typed
			}
		},
	}
}

// sameSetting compares two values of one setting.
func sameSetting(a, b any) bool {
	first, isRule := a.(ltm.MonitorRule)
	second, areRules := b.(ltm.MonitorRule)
	if isRule && areRules {
		return first.Equal(second)
	}
	return a == b
}

// shifts tells that the setting s decides who gets traffic.
func shifts(s Setting) bool {
	for _, known := range settings() {
		if known.name == s.Name {
			return known.shifts
		}
	}
	return true
}

// show prints a setting's value for people.
func show(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case ltm.MonitorRule:
		if v.IsZero() {
			return "none"
		}
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}
