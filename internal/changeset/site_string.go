package changeset

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// String prints c in the manner of Terraform's plan, one line for each change:
//
//	routes
//	  + pool /shop/api
//	  ~ policy /shop/web: + rule "api"
//	  ~ virtual server /shop/web: description: "" -> "words"
//	  - certificate /shop/old
func (c SiteChange) String() string {
	if c.Empty() {
		return "routes: no change"
	}
	text := "routes"
	for _, change := range c.Changes() {
		text += "\n  " + change.Text
	}
	return text
}

// Changes are the lines of String: one for each object that comes or goes, and one for
// each field, rule and profile of those that stay. Keys are not in it: of a
// certificate there are checksums.
func (c SiteChange) Changes() []Change {
	return slices.Concat(
		linesOf("certificate", c.Certificates, func(x ltm.Certificate) ltm.Path { return x.Path }, nil),
		linesOf("client-ssl profile", c.ClientSSL, func(x ltm.ClientSSL) ltm.Path { return x.Path }, nil),
		linesOf("http profile", c.HTTPProfiles, func(x ltm.HTTPProfile) ltm.Path { return x.Path }, nil),
		linesOf("iRule", c.IRules, func(x ltm.IRule) ltm.Path { return x.Path }, definition),
		linesOf("monitor", c.Monitors, func(x ltm.Monitor) ltm.Path { return x.Path }, nil),
		linesOf("pool", c.Pools, func(x ltm.Pool) ltm.Path { return x.Path }, poolSetting),
		linesOf("policy", c.Policies, func(x ltm.Policy) ltm.Path { return x.Path }, rules),
		linesOf("virtual server", c.VirtualServers, func(x ltm.VirtualServer) ltm.Path { return x.Path }, profiles),
	)
}

// linesOf are those of one kind. of may print a field in its own way, by returning
// what it changes and how; nil leaves it to the default.
func linesOf[T any](noun string, o Objects[T], path func(T) ltm.Path, of func(m Modified[T], field string) []Change) []Change {
	var lines []Change
	for _, object := range o.Create {
		name := noun + " " + path(object).String()
		lines = append(lines, Change{name, "+ " + name})
	}
	for _, m := range o.Modify {
		name := noun + " " + path(m.To).String()
		for _, field := range m.Fields {
			var parts []Change
			if of != nil {
				parts = of(m, field)
			}
			if parts == nil {
				parts = []Change{{field, fmt.Sprintf("%s: %s -> %s", field, showField(fieldNamed(m.From, field)), showField(fieldNamed(m.To, field)))}}
			}
			for _, part := range parts {
				lines = append(lines, Change{name + " " + part.Of, "~ " + name + ": " + part.Text})
			}
		}
	}
	for _, object := range o.Delete {
		name := noun + " " + path(object).String()
		lines = append(lines, Change{name, "- " + name})
	}
	return lines
}

// definition is no text for a plan.
func definition(_ Modified[ltm.IRule], field string) []Change {
	return []Change{{field, field + " changes"}}
}

func poolSetting(m Modified[ltm.Pool], field string) []Change {
	for _, s := range PoolChange(m).Settings {
		if s.Name == field {
			return []Change{{field, fmt.Sprintf("%s: %s -> %s", field, show(s.From), show(s.To))}}
		}
	}
	return nil
}

// rules are the rules that differ, by name; or their order, if that is all.
func rules(m Modified[ltm.Policy], field string) []Change {
	if field != "rules" {
		return nil
	}
	lines := eachOf("rule", m.From.Rules, m.To.Rules, func(r ltm.PolicyRule) string { return fmt.Sprintf("%q", r.Name) })
	if len(lines) == 0 {
		return []Change{{"order of rules", "~ order of rules"}}
	}
	return lines
}

func profiles(m Modified[ltm.VirtualServer], field string) []Change {
	if field != "profiles" {
		return nil
	}
	return eachOf("profile", m.From.Profiles, m.To.Profiles, func(p ltm.Profile) string { return fmt.Sprintf("%s (%s)", p.Path, p.Context) })
}

// eachOf compares two lists whose items have names.
func eachOf[T any](noun string, from, to []T, name func(T) string) []Change {
	var lines []Change
	had, has := map[string]T{}, map[string]bool{}
	for _, item := range from {
		had[name(item)] = item
	}
	add := func(sign, of string) { lines = append(lines, Change{noun + " " + of, sign + " " + noun + " " + of}) }
	for _, item := range to {
		has[name(item)] = true
		switch before, found := had[name(item)]; {
		case !found:
			add("+", name(item))
		case !reflect.DeepEqual(before, item):
			add("~", name(item))
		}
	}
	for _, item := range from {
		if !has[name(item)] {
			add("-", name(item))
		}
	}
	return lines
}
