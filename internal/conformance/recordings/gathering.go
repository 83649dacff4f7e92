package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// gathering is what has been seen so far.
type gathering map[Section]*seen

// seen is one kind.
type seen struct {
	objects map[string]int // how many objects were at a path; the kind's own are at ""
	keys    map[string]*seenKey
}

type seenKey struct {
	in    string // the path of the object that has the key
	times int
	types map[string]bool
}

// document adds a JSON document: every object in it that has a kind. A document
// without any is a kind itself, of the given name. The release is that of an
// object's own link, else the given one.
func (g gathering) document(text []byte, release, name string) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("something follows the document")
	}
	if g.search(value, release) {
		for section := range g {
			if section.Release == "" {
				return fmt.Errorf("%s: no release is known", section.Kind)
			}
		}
		return nil
	}
	object, _ := value.(map[string]any)
	if object == nil || release == "" {
		return fmt.Errorf("there is no kind, and no release is known for %s", name)
	}
	g.object(object, Section{Release: release, Kind: name})
	return nil
}

// search finds the objects that have a kind and are in none that has one.
func (g gathering) search(value any, release string) (found bool) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			found = g.search(item, release) || found
		}
	case map[string]any:
		if kind := kindOf(v); kind != "" {
			g.object(v, Section{Release: release, Kind: kind})
			return true
		}
		for _, item := range v {
			found = g.search(item, release) || found
		}
	}
	return found
}

func kindOf(object map[string]any) string {
	kind, _ := object["kind"].(string)
	return kind
}

var versionInLink = regexp.MustCompile(`[?&]ver=([0-9.]+)`)

func (g gathering) object(o map[string]any, section Section) {
	self, _ := o["selfLink"].(string)
	if m := versionInLink.FindStringSubmatch(self); m != nil {
		section.Release = m[1]
	}
	if g[section] == nil {
		g[section] = &seen{objects: map[string]int{}, keys: map[string]*seenKey{}}
	}
	g.keys(o, section, "")
}

// keys adds the keys of an object that is at a path of its kind.
func (g gathering) keys(o map[string]any, section Section, path string) {
	g[section].objects[path]++
	for name, value := range o {
		inside := name
		if path != "" {
			inside = path + "." + name
		}
		g.value(value, section, path, inside)
	}
}

func (g gathering) value(value any, section Section, in, path string) {
	key := g[section].keys[path]
	if key == nil {
		key = &seenKey{in: in, types: map[string]bool{}}
		g[section].keys[path] = key
	}
	key.times++
	key.types[typeOf(value)] = true
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			g.value(item, section, path, path+"[]")
		}
	case map[string]any:
		if kind := kindOf(v); kind != "" {
			g.object(v, Section{Release: section.Release, Kind: kind})
		} else {
			g.keys(v, section, path)
		}
	}
}

func typeOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return "number"
	case []any:
		return "list"
	case map[string]any:
		if kind := kindOf(v); kind != "" {
			return kind
		}
		return "object"
	}
	text, _ := value.(string) // the last kind of value that JSON has
	switch {
	case strings.HasPrefix(text, "https://localhost/mgmt/"):
		return "link"
	case text != "" && strings.Trim(text, "0123456789") == "":
		return "digits"
	}
	return "string"
}

// digest is all that has been seen.
func (g gathering) digest() Digest {
	d := Digest{}
	for section, seen := range g {
		keys := map[string]Key{}
		for path, key := range seen.keys {
			if key.types["string"] {
				delete(key.types, "digits") // a word that may be a number
			}
			keys[path] = Key{
				Types:    strings.Join(slices.Sorted(maps.Keys(key.types)), "|"),
				Optional: !strings.HasSuffix(path, "[]") && key.times < seen.objects[key.in],
			}
		}
		d[section] = Shape{Objects: seen.objects[""], Keys: keys}
	}
	return d
}
