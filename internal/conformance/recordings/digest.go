package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Section is one kind of object in one release: "14.1.2.1",
// "tm:ltm:pool:poolstate".
type Section struct{ Release, Kind string }

// Key is what is known of one key.
type Key struct {
	Types    string // sorted, joined by "|"
	Optional bool   // some objects of the kind do not have it
}

// Shape is all keys of a kind, by their path.
type Shape struct {
	Objects int // how many objects it was seen in
	Keys    map[string]Key
}

// Digest is the shape of every kind.
type Digest map[Section]Shape

// Sections are in the order in which they are printed.
func (d Digest) Sections() []Section {
	return slices.SortedFunc(maps.Keys(d), func(a, b Section) int {
		return cmp.Or(strings.Compare(a.Release, b.Release), strings.Compare(a.Kind, b.Kind))
	})
}

// String is the digest as text; Parse reads it.
func (d Digest) String() string {
	var b strings.Builder
	for _, section := range d.Sections() {
		shape := d[section]
		noun := "objects"
		if shape.Objects == 1 {
			noun = "object"
		}
		fmt.Fprintf(&b, "[%s %s] %d %s\n", section.Release, section.Kind, shape.Objects, noun)
		for _, path := range slices.Sorted(maps.Keys(shape.Keys)) {
			key, mark := shape.Keys[path], ""
			if key.Optional {
				mark = "?"
			}
			fmt.Fprintf(&b, "%s%s %s\n", path, mark, key.Types)
		}
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}

var heading = regexp.MustCompile(`^\[(\S+) (\S+)\] ([0-9]+) objects?$`)

// Parse reads what String writes. Blank lines and lines that begin with "#" are
// passed over.
func Parse(text string) (Digest, error) {
	d := Digest{}
	var keys map[string]Key
	for i, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if m := heading.FindStringSubmatch(line); m != nil {
			section := Section{Release: m[1], Kind: m[2]}
			if _, twice := d[section]; twice {
				return nil, fmt.Errorf("line %d: %s %s is there twice", i+1, section.Release, section.Kind)
			}
			objects, err := strconv.Atoi(m[3])
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			keys = map[string]Key{}
			d[section] = Shape{Objects: objects, Keys: keys}
			continue
		}
		path, types, found := strings.Cut(line, " ")
		if !found || keys == nil {
			return nil, fmt.Errorf("line %d: %q is neither a section nor a key with its types", i+1, line)
		}
		path, optional := strings.CutSuffix(path, "?")
		keys[path] = Key{Types: types, Optional: optional}
	}
	return d, nil
}

// differences says in what a shape is another one than the recorded one, one line
// for each key.
func differences(recorded, shown Shape) []string {
	var out []string
	for path, key := range recorded.Keys {
		got, there := shown.Keys[path]
		switch {
		case !there && (outer(path) == "" || shown.has(outer(path))):
			out = append(out, path+" is recorded, and not shown")
		case !there: // what it is in is missing, and said to be so
		case got.Optional && !key.Optional:
			out = append(out, path+" is recorded of each object, and shown of some")
		case !got.Optional && key.Optional:
			out = append(out, path+" is recorded of some objects, and shown of each")
		case got.Types != key.Types:
			out = append(out, fmt.Sprintf("%s is recorded as %s, and shown as %s", path, key.Types, got.Types))
		}
	}
	for path := range shown.Keys {
		if !recorded.has(path) && (outer(path) == "" || recorded.has(outer(path))) {
			out = append(out, path+" is shown, and not recorded")
		}
	}
	slices.Sort(out)
	return out
}

func (s Shape) has(path string) bool {
	_, there := s.Keys[path]
	return there
}

// outer is the path of the object or list that a path is in, "" if it is in none.
func outer(path string) string {
	if list, found := strings.CutSuffix(path, "[]"); found {
		return list
	}
	return path[:max(strings.LastIndexByte(path, '.'), 0)]
}
