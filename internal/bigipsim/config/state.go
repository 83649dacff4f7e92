package config

import (
	"maps"
	"slices"
	"strings"
)

// State is a whole configuration. It is immutable.
type State struct {
	Schema     *Schema
	Generation int64 // of the last commit

	tables map[*Type]Collection
	names  Names // what DNS answers; not part of the configuration
}

// Objects are all objects of a kind, sorted by path.
func (s *State) Objects(t *Type) Collection { return s.tables[t] }

// Find is the object of a kind by path, nil if there is none. For the item of a
// subcollection, parent is the path of its parent.
func (s *State) Find(t *Type, parent, path string) *Object {
	if t.Parent == nil {
		return s.tables[t].Find(path)
	}
	o := s.Owner(t, parent)
	if o == nil {
		return nil
	}
	return o.Sub(t.Sub).Find(path)
}

// Owner is the object in which the items of a subcollection are.
func (s *State) Owner(t *Type, parent string) *Object {
	return s.Find(t.Parent, Outer(parent), Inner(parent))
}

// SameSurroundings says whether what a pool's members depend on besides the pool
// (nodes, monitors, and which of them nodes have by default) is unchanged between two states.
func (s *State) SameSurroundings(other *State) bool {
	for _, t := range append([]*Type{s.Schema.mustType("ltm/node"), s.Schema.mustType("ltm/default-node-monitor")}, s.Schema.monitors...) {
		if !s.tables[t].Same(other.tables[t]) {
			return false
		}
	}
	return true
}

// SameExcept says whether two states differ in no kinds but these.
func (s *State) SameExcept(other *State, kinds ...string) bool {
	for _, t := range s.Schema.Types {
		if !slices.Contains(kinds, t.Path) && !s.tables[t].Same(other.tables[t]) {
			return false
		}
	}
	return true
}

// FindAny looks a path up in several kinds: profiles share one name space.
func (s *State) FindAny(types []*Type, path string) *Object {
	for _, t := range types {
		if o := s.tables[t].Find(path); o != nil {
			return o
		}
	}
	return nil
}

// personal are the fields that a child does not inherit.
var personal = map[string]bool{"defaultsFrom": true, "description": true, "appService": true}

// Value is a field's value with inheritance: as written on the object, else as
// its nearest parent has it, else the default.
func (s *State) Value(o *Object, field string) any {
	if field == "deviceGroup" && o.Type.IsFolder && o.Path != "/" && o.Text("inheritedDevicegroup") == "true" {
		if above := s.tables[o.Type].Find(Folder(o.Path)); above != nil {
			return s.Value(above, field) // icontrol-rest 3.13
		}
	}
	for depth := 0; o.Type.Root != "" && !personal[field] && depth < 32; depth++ {
		if v, ok := o.Set[field]; ok {
			return v
		}
		parent := s.parent(o)
		if parent == nil {
			break
		}
		o = parent
	}
	return o.Get(field)
}

// parent is the object from which another inherits, nil for the root.
func (s *State) parent(o *Object) *Object {
	path, _ := o.Set["defaultsFrom"].(string)
	if path == "" || path == o.Path {
		return nil
	}
	return s.tables[o.Type].Find(path)
}

// FolderExists says whether objects can be in a folder.
func (s *State) FolderExists(folder string) bool {
	return s.tables[s.Schema.mustType("sys/folder")].Find(folder) != nil
}

// DefaultRouteDomain is that of a partition.
func (s *State) DefaultRouteDomain(partition string) int64 {
	o := s.tables[s.Schema.mustType("auth/partition")].Find(partition)
	if o == nil {
		return 0
	}
	n, _ := o.Get("defaultRouteDomain").(int64)
	return n
}

// MonitorRule is the rule that a member is under: its own, or the pool's.
func (s *State) MonitorRule(pool, member *Object) MonitorRule {
	rule := member.Text("monitor")
	if rule == "default" || rule == "" {
		rule = pool.Text("monitor")
	}
	return ParseMonitorRule(rule)
}

// NodeMonitorRule is the rule that a node is under: its own, or the one that all
// nodes have by default (ltm default-node-monitor).
func (s *State) NodeMonitorRule(node *Object) MonitorRule {
	rule := node.Text("monitor")
	if rule == "default" || rule == "" {
		rule = s.DefaultNodeRule()
	}
	return ParseMonitorRule(rule)
}

// DefaultNodeRule is the monitor rule of nodes that have none of their own; "none"
// on a device fresh from the factory.
func (s *State) DefaultNodeRule() string {
	for _, o := range s.tables[s.Schema.mustType("ltm/default-node-monitor")].Items() {
		return o.Text("rule")
	}
	return "none"
}

// Node is the node of a member.
func (s *State) Node(member *Object) *Object {
	node, _, _ := SplitMemberName(Name(member.Path))
	return s.tables[s.Schema.mustType("ltm/node")].Find(Join(Folder(member.Path), node))
}

// visible says whether an object may refer to another: partitions see
// themselves and /Common (icontrol-rest 4.4).
func visible(from, to string) bool {
	a, b := Partition(from), Partition(to)
	return b == "" || b == "Common" || a == b
}

func (s *State) clone() State {
	return State{Schema: s.Schema, Generation: s.Generation, tables: maps.Clone(s.tables), names: s.names}
}

// under says whether a path is in a folder or below it.
func under(path, folder string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}
