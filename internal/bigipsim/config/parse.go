package config

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// The grammar of schema/*.txt, one kind after the other:
//
//	# comment
//	[ltm/pool/members] noun=Pool_Member object=pool_member parent=ltm/pool
//	name type [ro] [im] [wo] [secret] [nolink] [excludes=flag] [since=14.1] [until=15.0] [= default]
//
// A field is there from one release (since) to before another (until); one whose
// type or default changed stands there once for each. Where no recording tells the
// very release, it is the first with a new major number, else minor number, that
// the recordings allow (inferred).
//
// Types are those of FieldKind. In a noun an underscore stands for a blank. The
// default is the rest of the line, in the field's own form; a list's words are
// parted by blanks.
//
// Attributes of a kind: inherits=<built-in parent>, none (unset strings read
// "none"), generation=0, nopartition, folder, readonly, fixed (objects are changed but neither made nor
// removed), singleton (one object without a name), of=<kind> (items of a
// subcollection that attach objects of another kind).

//go:embed schema
var schemaFiles embed.FS

// NewSchema is the schema of one TMOS version. It fails only if the embedded
// files are wrong.
func NewSchema(version Version) (*Schema, error) {
	s := &Schema{Version: version, byPath: map[string]*Type{}}
	files, err := fs.Glob(schemaFiles, "schema/*.txt")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := schemaFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := s.parse(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := s.link(); err != nil {
		return nil, err
	}
	s.registerHooks()
	for _, path := range []string{"ltm/pool/members", "ltm/virtual"} {
		s.mustType(path).ServiceNames = !version.AtLeast(12, 0)
	}
	return s, nil
}

func (s *Schema) parse(text string) error {
	var current *Type
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "[") {
			t, err := parseType(line)
			if err != nil {
				return fmt.Errorf("line %d: %w", i+1, err)
			}
			if s.byPath[t.Path] != nil {
				return fmt.Errorf("line %d: %s is defined twice", i+1, t.Path)
			}
			current, s.byPath[t.Path] = t, t
			s.Types = append(s.Types, t)
			continue
		}
		if current == nil {
			return fmt.Errorf("line %d: a field before the first kind", i+1)
		}
		f, when, err := parseField(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		if when.contain(s.Version) {
			current.add(f)
		}
	}
	return nil
}

func (t *Type) add(f *Field) {
	t.Fields = append(t.Fields, f)
	t.fields[f.Name] = f
	if group := f.Group(); group != "" {
		t.groups[group] = true
	}
}

func parseType(line string) (*Type, error) {
	path, rest, found := strings.Cut(line[1:], "]")
	if !found {
		return nil, fmt.Errorf("no ] in %q", line)
	}
	t := &Type{Path: path, fields: map[string]*Field{}, groups: map[string]bool{}}
	for _, word := range strings.Fields(rest) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "noun":
			t.Noun = strings.ReplaceAll(value, "_", " ")
		case "object":
			t.Object = value
		case "inherits":
			t.Root = value
		case "none":
			t.NoneWords = true
		case "generation":
			t.Unversioned = true
		case "nopartition":
			t.NoPartition = true
		case "folder":
			t.IsFolder = true
		case "readonly":
			t.ReadOnly = true
		case "fixed":
			t.Fixed = true
		case "singleton":
			t.Singleton, t.Fixed = true, true
		case "parent":
			t.Sub = Name(path)
		case "of":
			t.of = value
		default:
			return nil, fmt.Errorf("%s: unknown attribute %q", path, word)
		}
	}
	return t, nil
}

// releases are those that have a field: from since to before until, for ever if
// until is zero.
type releases struct{ since, until Version }

func (r releases) contain(v Version) bool {
	return v.AtLeast(r.since.major, r.since.minor) && (r.until.text == "" || !v.AtLeast(r.until.major, r.until.minor))
}

func parseField(line string) (*Field, releases, error) {
	definition, fallback, hasDefault := strings.Cut(line, " = ")
	words := strings.Fields(definition)
	if len(words) < 2 {
		return nil, releases{}, fmt.Errorf("%q: want name and type", line)
	}
	f := &Field{Name: words[0]}
	if err := f.setType(words[1]); err != nil {
		return nil, releases{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	var when releases
	var err error
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "ro":
			f.ReadOnly = true
		case "im":
			f.Immutable = true
		case "wo":
			f.WriteOnly = true
		case "secret":
			f.Secret = true
		case "nolink":
			f.NoLink = true
		case "excludes":
			f.Excludes = value
		case "since":
			when.since, err = ParseVersion(value)
		case "until":
			when.until, err = ParseVersion(value)
		default:
			return nil, releases{}, fmt.Errorf("%s: unknown attribute %q", f.Name, word)
		}
		if err != nil {
			return nil, releases{}, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if hasDefault {
		if err := f.setDefault(fallback); err != nil {
			return nil, releases{}, fmt.Errorf("%s: default: %w", f.Name, err)
		}
	}
	return f, when, nil
}

var plainKinds = map[string]FieldKind{
	"string": String, "text": Text, "int": Int, "flag": Flag, "strings": Strings, "ref": Ref,
	"refs": Refs, "monitor": Monitor, "metadata": Metadata, "persist": Persist, "records": RecordList, "words": Words, "json": JSON,
}

func (f *Field) setType(word string) error {
	if strings.Contains(word, "|") {
		f.Kind, f.Words = Enum, strings.Split(word, "|")
		return nil
	}
	name, argument, hasArgument := strings.Cut(strings.TrimSuffix(word, ")"), "(")
	kind, known := plainKinds[name]
	if !known {
		return fmt.Errorf("unknown type %q", word)
	}
	f.Kind = kind
	switch {
	case !hasArgument:
		return nil
	case kind == Int:
		_, err := fmt.Sscanf(argument, "%d-%d", &f.Min, &f.Max)
		return err
	case kind == Ref || kind == Refs:
		f.targets = strings.Split(argument, ",")
		return nil
	}
	return fmt.Errorf("type %q takes no argument", word)
}

func (f *Field) setDefault(text string) error {
	switch f.Kind {
	case Int:
		n, err := strconv.ParseInt(text, 10, 64)
		f.Default = n
		return err
	case Flag:
		f.Default = true
	case Strings, Refs:
		f.Default = strings.Fields(text)
	case JSON:
		return json.Unmarshal([]byte(text), &f.Default)
	default:
		f.Default = text
	}
	return nil
}

// link resolves the kinds that stand in the files as words.
func (s *Schema) link() error {
	s.monitors, s.persistence = s.match("ltm/monitor/*"), s.match("ltm/persistence/*")
	for _, t := range s.Types {
		if t.Sub != "" {
			t.Parent = s.byPath[Folder("/" + t.Path)[1:]]
			if t.Parent == nil {
				return fmt.Errorf("%s: no such parent", t.Path)
			}
			t.Parent.Subs = append(t.Parent.Subs, t)
		}
		if t.of != "" {
			if t.Of = s.match(t.of); len(t.Of) == 0 {
				return fmt.Errorf("%s: no kind matches %q", t.Path, t.of)
			}
		}
		for _, f := range t.Fields {
			for _, pattern := range f.targets {
				types := s.match(pattern)
				if len(types) == 0 {
					return fmt.Errorf("%s %s: no kind matches %q", t.Path, f.Name, pattern)
				}
				f.Targets = append(f.Targets, types...)
			}
		}
	}
	return nil
}
