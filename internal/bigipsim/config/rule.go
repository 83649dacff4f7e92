package config

import (
	"regexp"
	"strings"
)

// What is looked at in an iRule's text (icontrol-rest 3.8): pools named literally
// as the argument of the command pool, and the events that need an http profile.
// Tcl is not run; names built at run time are not checked, as on the device.
var (
	poolCommand = regexp.MustCompile(`(?:^|[;{\[])\s*pool\s+([A-Za-z_/][A-Za-z0-9_./-]*)\s*(?:[;}\]]|member\b|$)`)
	ruleEvent   = regexp.MustCompile(`^\s*when\s+(HTTP_[A-Z_]+)\b`)
)

// namedPool is a pool that a rule names, and the line where.
type namedPool struct {
	name string
	line int
}

func namedPools(text string) []namedPool {
	var pools []namedPool
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, match := range poolCommand.FindAllStringSubmatch(line, -1) {
			pools = append(pools, namedPool{match[1], i + 1})
		}
	}
	return pools
}

// rulePool is the path of a pool that a rule names.
func (s *State) rulePool(rule *Object, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	if common := "/Common/" + name; s.tables[s.Schema.mustType("ltm/pool")].Find(common) != nil {
		return common
	}
	return Join(Folder(rule.Path), name)
}

// poolsOfRule are the pools that a rule mentions and that exist.
func (s *State) poolsOfRule(rule *Object) []reference {
	pools := s.Schema.mustType("ltm/pool")
	var found []reference
	for _, pool := range namedPools(rule.Text("apiAnonymous")) {
		found = append(found, reference{[]*Type{pools}, s.rulePool(rule, pool.name), pools.Noun})
	}
	return found
}

func unknownRulePool(s *State, rule *Object, path string) error {
	line := 0
	for _, pool := range namedPools(rule.Text("apiAnonymous")) {
		if s.rulePool(rule, pool.name) == path {
			line = pool.line
			break
		}
	}
	return badRequest("01070151:3: Rule [%s] error: Unable to find pool (%s) referenced at line %d: [pool %s]", rule.Path, path, line, path)
}

// checkRuleEvents: a rule that handles HTTP needs an http profile on its virtual
// server (01071912, reported for 17.0 in F5Networks/f5-appsvcs-templates#132).
func (c *Candidate) checkRuleEvents(virtual *Object) error {
	paths, _ := virtual.Get("rules").([]string)
	if len(paths) == 0 || c.hasProfile(virtual, "ltm/profile/http") {
		return nil
	}
	for _, path := range paths {
		rule := c.tables[c.Schema.mustType("ltm/rule")].Find(path)
		if rule == nil {
			continue
		}
		for _, line := range strings.Split(rule.Text("apiAnonymous"), "\n") {
			if match := ruleEvent.FindStringSubmatch(line); match != nil {
				return badRequest("01071912:3: %s event in rule (%s) requires an associated HTTP or FASTHTTP profile on the virtual-server (%s).", match[1], path, virtual.Path)
			}
		}
	}
	return nil
}
