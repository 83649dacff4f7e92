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
		{
			"description", true,
			func(p ltm.Pool) any { return p.Description },
			func(p *ltm.Pool, v any) { p.Description = v.(string) },
		},
		{
			"load_balancing_mode", true,
			func(p ltm.Pool) any { return p.LoadBalancingMode },
			func(p *ltm.Pool, v any) { p.LoadBalancingMode = v.(string) },
		},
		{
			"min_active_members", true,
			func(p ltm.Pool) any { return p.MinActiveMembers },
			func(p *ltm.Pool, v any) { p.MinActiveMembers = v.(int) },
		},
		{
			"monitors", false,
			func(p ltm.Pool) any { return p.Monitors },
			func(p *ltm.Pool, v any) { p.Monitors = v.(ltm.MonitorRule) },
		},
		{
			"service_down_action", false,
			func(p ltm.Pool) any { return p.ServiceDownAction },
			func(p *ltm.Pool, v any) { p.ServiceDownAction = v.(string) },
		},
		{
			"slow_ramp_time", false,
			func(p ltm.Pool) any { return p.SlowRampTime },
			func(p *ltm.Pool, v any) { p.SlowRampTime = v.(int) },
		},
	}
}

// sameSetting compares two values of one setting.
func sameSetting(a, b any) bool {
	if rule, ok := a.(ltm.MonitorRule); ok {
		return rule.Equal(b.(ltm.MonitorRule))
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
