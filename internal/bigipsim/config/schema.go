package config

import (
	"fmt"
	"strings"
)

// FieldKind says what values a field takes.
type FieldKind int

// The kinds of fields; the words in the schema files stand beside them.
const (
	String     FieldKind = iota // string: any text; "" and "none" unset it
	Text                        // text: like string, but only "" and "none" as the whole value unset it; keeps blanks
	Enum                        // a|b|c
	Int                         // int or int(min-max): written as number or as string, read as number
	Flag                        // flag: true or absent (icontrol-rest 2.6)
	Strings                     // strings: a list of words
	Ref                         // ref(kind,…): path of another object; a link follows it in answers
	Refs                        // refs(kind,…): a list of paths
	Monitor                     // monitor: a monitor rule, "a and b" or "min 1 of a b"
	Metadata                    // metadata: [{name, persist, value}]
	Persist                     // persist: the persistence profile of a virtual server
	Words                       // words: tmsh options, "{ a b }"; a list before 14.0
	RecordList                  // records: [{name, data}] of a data group
	JSON                        // json: taken as it is
)

// Field is one property of a kind. A dotted name is a property of a nested
// object: "sourceAddressTranslation.type".
type Field struct {
	Name      string
	Kind      FieldKind
	Words     []string // of an Enum
	Min, Max  int64    // of an Int; both 0: no bounds
	Targets   []*Type  // of a Ref or Refs
	ReadOnly  bool     // ignored on write
	Immutable bool     // may be given at creation only
	WriteOnly bool     // never read back
	Secret    bool     // read back encrypted
	NoLink    bool     // no xxxReference follows
	Excludes  string   // the flag that goes when this one comes
	Default   any      // nil: absent when unset

	targets []string
}

// Group and Key split a dotted name; Group is "" for a plain field.
func (f *Field) Group() string {
	group, _, found := strings.Cut(f.Name, ".")
	if !found {
		return ""
	}
	return group
}

// Key is the name inside the group.
func (f *Field) Key() string { return f.Name[strings.LastIndexByte(f.Name, '.')+1:] }

// Type is one kind of object.
type Type struct {
	Path         string // "ltm/pool": the URL below /mgmt/tm/
	Noun         string // as mcpd's messages call it: "Virtual Server"
	Object       string // as access messages call it: "virtual_server"
	Fields       []*Field
	Root         string  // name of the built-in object that is everybody's parent, "" = no inheritance
	NoneWords    bool    // unset strings read "none", unset lists [] (13.0 and later)
	Unversioned  bool    // generation is always 0 (monitors)
	NoPartition  bool    // identified by a bare name
	IsFolder     bool    // sys folder: identified by a folder's path
	ReadOnly     bool    // cannot be written here
	Fixed        bool    // objects can be changed, but neither made nor removed
	ServiceNames bool    // ports are printed as names (Shown)
	Singleton    bool    // there is one object; its path is the last word of the kind's
	Parent       *Type   // of a subcollection's items
	Sub          string  // the subcollection's name in the parent: "members"
	Of           []*Type // the items are attachments of these objects (a virtual server's profiles)
	Subs         []*Type

	fields map[string]*Field
	groups map[string]bool
	of     string
	hooks  hooks
}

// poolMember is the Object of ltm/pool/members.
const poolMember = "pool_member"

// hooks are the code that a kind has beyond its table. All may be nil.
type hooks struct {
	create func(c *Candidate, o *Object, given Values) error
	modify func(c *Candidate, old, o *Object, given Values) error
	remove func(c *Candidate, o *Object) error
	check  func(c *Candidate, o *Object) error
	inside func(c *Candidate, o *Object) error                                   // before the object's items are written
	run    func(c *Candidate, command, path string) error                        // POST of the collection with a "command"
	tmsh   func(c *Candidate, o *Object, words []string) (map[string]any, error) // ?options=…: what to modify
}

// Field finds a field by its full name; nil if the kind has none of that name.
func (t *Type) Field(name string) *Field { return t.fields[name] }

// Kind is the value of "kind" for one object: "tm:ltm:pool:poolstate".
func (t *Type) Kind() string { return t.kind("state") }

// CollectionKind is the value of "kind" for a collection.
func (t *Type) CollectionKind() string { return t.kind("collectionstate") }

// StatsKind is the value of "kind" for the statistics of one object.
func (t *Type) StatsKind() string { return t.kind("stats") }

// CollectionStatsKind is the value of "kind" for the statistics of a collection.
func (t *Type) CollectionStatsKind() string { return t.kind("collectionstats") }

func (t *Type) kind(suffix string) string {
	return "tm:" + strings.ReplaceAll(t.Path, "/", ":") + ":" + Name(t.Path) + suffix
}

// Schema is all kinds that one TMOS version knows.
type Schema struct {
	Version Version
	Types   []*Type

	byPath                map[string]*Type
	monitors, persistence []*Type
}

// Type finds a kind by its URL path ("ltm/pool/members"), nil if unknown.
func (s *Schema) Type(path string) *Type { return s.byPath[path] }

// mustType is Type for kinds that the code itself relies on.
func (s *Schema) mustType(path string) *Type {
	t := s.byPath[path]
	if t == nil {
		panic(fmt.Sprintf("bigipsim: the schema has no %s", path))
	}
	return t
}

// match finds the kinds of a pattern: a path, or a path's folder with "/*".
func (s *Schema) match(pattern string) []*Type {
	prefix, wild := strings.CutSuffix(pattern, "*")
	var types []*Type
	for _, t := range s.Types {
		if t.Path == pattern || wild && strings.HasPrefix(t.Path, prefix) {
			types = append(types, t)
		}
	}
	return types
}
