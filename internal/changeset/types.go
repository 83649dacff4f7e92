package changeset

import "github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"

// ChangeSet turns one live pool into a desired one. Lists are sorted by member
// key. The zero ChangeSet changes nothing.
type ChangeSet struct {
	Pool     ltm.Path       `json:"pool"`
	Settings []Setting      `json:"settings,omitempty"` // sorted by name
	Add      []ltm.Member   `json:"add,omitempty"`
	Modify   []MemberChange `json:"modify,omitempty"`
	Remove   []ltm.Member   `json:"remove,omitempty"` // as they are now
}

// Setting is one property of the pool itself that changes.
type Setting struct {
	Name string `json:"name"` // the JSON name in ltm.Pool: "description", "load_balancing_mode" …
	From any    `json:"from"`
	To   any    `json:"to"`
}

// MemberChange is one member that stays and changes.
type MemberChange struct {
	From ltm.Member `json:"from"`
	To   ltm.Member `json:"to"`
}

// VirtualServerChange turns one live virtual server into a desired one.
type VirtualServerChange struct {
	From ltm.VirtualServer `json:"from"`
	To   ltm.VirtualServer `json:"to"`
	// Fields are the JSON names in ltm.VirtualServer that differ, sorted.
	Fields []string `json:"fields,omitempty"`
}

// MonitorChange turns one live monitor into a desired one.
type MonitorChange struct {
	From ltm.Monitor `json:"from"`
	To   ltm.Monitor `json:"to"`
	// Fields are the JSON names in ltm.Monitor that differ, sorted.
	Fields []string `json:"fields,omitempty"`
	// Password is what to set, "" to take it away; nil leaves it as it is, which
	// nobody can read.
	Password *ltm.Secret `json:"password,omitempty"`
}
