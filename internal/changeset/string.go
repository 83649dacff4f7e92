package changeset

import (
	"fmt"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// String prints c in the manner of Terraform's plan, one line for each change:
//
//	pool /shop/web
//	  ~ load_balancing_mode: "round-robin" -> "ratio-member"
//	  + 10.0.0.3:8080: ratio 1, disabled
//	  ~ 10.0.0.1:8080: ratio 1 -> 9, enabled -> disabled
//	  - 10.0.0.2:8080
func (c ChangeSet) String() string {
	text := "pool " + c.Pool.String()
	if c.Empty() {
		return text + ": no change"
	}
	for _, change := range c.Changes() {
		text += "\n  " + change.Text
	}
	return text
}

// Change is one line of what a change set prints.
type Change struct {
	Of   string // the setting or the member
	Text string // "~ load_balancing_mode: "round-robin" -> "ratio-member""
}

// Changes are the lines of String, one for each setting and member.
func (c ChangeSet) Changes() []Change {
	var changes []Change
	for _, s := range c.Settings {
		changes = append(changes, Change{s.Name, fmt.Sprintf("~ %s: %s -> %s", s.Name, show(s.From), show(s.To))})
	}
	for _, member := range c.Add {
		changes = append(changes, Change{member.Key.String(), fmt.Sprintf("+ %s: %s", member.Key, showMember(member))})
	}
	for _, change := range c.Modify {
		changes = append(changes, Change{change.To.Key.String(), fmt.Sprintf("~ %s: %s", change.To.Key, strings.Join(showChange(change), ", "))})
	}
	for _, member := range c.Remove {
		changes = append(changes, Change{member.Key.String(), fmt.Sprintf("- %s", member.Key)})
	}
	return changes
}

func showMember(m ltm.Member) string {
	return strings.Join(showChange(MemberChange{From: ltm.Member{Ratio: -1}, To: m}), ", ")
}

// showChange prints what differs; of a new member its ratio, its session and
// what isn't the default.
func showChange(change MemberChange) []string {
	from, to, added := change.From, change.To, change.From.Ratio < 0
	var parts []string
	add := func(differs bool, label string, from, to any) {
		switch {
		case !differs:
		case added:
			parts = append(parts, fmt.Sprintf("%s%v", label, to))
		default:
			parts = append(parts, fmt.Sprintf("%s%v -> %v", label, from, to))
		}
	}
	add(from.Ratio != to.Ratio, "ratio ", from.Ratio, to.Ratio)
	add(from.Session != to.Session, "", from.Session, to.Session)
	add(from.PriorityGroup != to.PriorityGroup, "priority group ", from.PriorityGroup, to.PriorityGroup)
	add(from.ConnectionLimit != to.ConnectionLimit, "connection limit ", from.ConnectionLimit, to.ConnectionLimit)
	add(from.RateLimit != to.RateLimit, "rate limit ", from.RateLimit, to.RateLimit)
	add(from.Monitors != to.Monitors, "monitors ", showMonitors(from.Monitors), showMonitors(to.Monitors))
	add(from.Description != to.Description, "description ", show(from.Description), show(to.Description))
	return parts
}

func showMonitors(monitors ltm.MemberMonitors) string {
	if monitors == ltm.InheritMonitors {
		return "of the pool"
	}
	return string(monitors)
}

// String prints c like a ChangeSet.
func (c VirtualServerChange) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "virtual server %s", c.From.Path)
	if c.Empty() {
		b.WriteString(": no change")
	}
	for _, f := range virtualServerFields() {
		for _, name := range c.Fields {
			if name == f.name {
				fmt.Fprintf(&b, "\n  ~ %s: %s -> %s", name, showField(f.get(c.From)), showField(f.get(c.To)))
			}
		}
	}
	return b.String()
}

// showField prints a field's value for people; no object is "none".
func showField(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case fmt.Stringer:
		if text := v.String(); text != "" {
			return text
		}
		return "none"
	case []ltm.Profile:
		names := make([]string, len(v))
		for i, profile := range v {
			names[i] = fmt.Sprintf("%s (%s)", profile.Path, profile.Context)
		}
		return "[" + strings.Join(names, ", ") + "]"
	case ltm.SourceAddressTranslation:
		return strings.TrimSpace(v.Type + " " + v.Pool.String())
	case ltm.VLANs:
		switch {
		case v.Only:
			return "only " + fmt.Sprint(v.List)
		case len(v.List) > 0:
			return "all but " + fmt.Sprint(v.List)
		default:
			return "all"
		}
	default:
		return fmt.Sprint(v)
	}
}
