package changeset

import "github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"

// monitorFields lists the properties of a monitor that can change, sorted by
// name; what it inherits from cannot.
func monitorFields() []struct {
	name string // the JSON name in ltm.Monitor
	get  func(ltm.Monitor) any
} {
	return []struct {
		name string
		get  func(ltm.Monitor) any
	}{
		{"description", func(m ltm.Monitor) any { return m.Description }},
		{"destination", func(m ltm.Monitor) any { return m.Destination }},
		{"interval", func(m ltm.Monitor) any { return m.Interval }},
		{"manual_resume", func(m ltm.Monitor) any { return m.ManualResume }},
		{"receive", func(m ltm.Monitor) any { return m.Receive }},
		{"receive_disable", func(m ltm.Monitor) any { return m.ReceiveDisable }},
		{"reverse", func(m ltm.Monitor) any { return m.Reverse }},
		{"send", func(m ltm.Monitor) any { return m.Send }},
		{"ssl_profile", func(m ltm.Monitor) any { return m.SSLProfile }},
		{"time_until_up", func(m ltm.Monitor) any { return m.TimeUntilUp }},
		{"timeout", func(m ltm.Monitor) any { return m.Timeout }},
		{"transparent", func(m ltm.Monitor) any { return m.Transparent }},
		{"up_interval", func(m ltm.Monitor) any { return m.UpInterval }},
		{"username", func(m ltm.Monitor) any { return m.Username }},
	}
}

// ComputeMonitor returns what turns live into desired, the password apart.
func ComputeMonitor(desired, live ltm.Monitor) MonitorChange {
	change := MonitorChange{From: live, To: desired}
	for _, f := range monitorFields() {
		if f.get(live) != f.get(desired) {
			change.Fields = append(change.Fields, f.name)
		}
	}
	return change
}

// Empty tells that c changes nothing.
func (c MonitorChange) Empty() bool { return len(c.Fields) == 0 && c.Password == nil }
