package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shape is the fields of an object with their JSON types. Each line is a type and
// the fields that have it; "?" marks one that may be absent, "." a field of a field:
//
//	string: name partition description? fqdn.interval
//	number: ratio
//	link: membersReference
//
// The types are string, number, boolean, list, object, and link: an object whose
// "link" leads to localhost.
type shape string

// field is one expected field.
type field struct {
	path     string
	kind     string
	optional bool
}

func (s shape) fields() []field {
	var all []field
	for line := range strings.Lines(string(s)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		for _, word := range words[1:] {
			path, optional := strings.CutSuffix(word, "?")
			all = append(all, field{path, strings.TrimSuffix(words[0], ":"), optional})
		}
	}
	return all
}

// problems says in what an object differs. Where exact, no other field may be
// there.
func (s shape) problems(o Object, exact bool) []string {
	var out []string
	known := map[string]bool{}
	for _, f := range s.fields() {
		path := strings.Split(f.path, ".")
		steps := make([]any, len(path))
		for i, step := range path {
			steps[i] = step
		}
		known[path[0]] = true
		v := at(o, steps...)
		switch got := jsonType(v); {
		case v == nil && !f.optional:
			out = append(out, f.path+" is missing")
		case v != nil && f.kind == "link":
			if text, _ := at(v, "link").(string); !strings.HasPrefix(text, "https://localhost/mgmt/tm/") {
				out = append(out, fmt.Sprintf("%s is %s, want a link to localhost", f.path, value(v)))
			}
		case v != nil && got != f.kind:
			out = append(out, fmt.Sprintf("%s is a %s, want a %s", f.path, got, f.kind))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if exact && !known[name] {
			out = append(out, name+" is not a field that devices show")
		}
	}
	return out
}

func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return "absent"
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "list"
	default:
		return "object"
	}
}
