package config

import (
	"slices"
	"strings"
)

// Values are settings by field name, in canonical form: string, int64, true,
// []string, []MetadataEntry, []Record, or what JSON holds. A key with the value nil says
// "explicitly unset", which matters only where a parent would give a value.
type Values map[string]any

// Object is one configuration object. Objects in a State are never changed.
type Object struct {
	Type       *Type
	Path       string // "/P/sub/name", or the bare name of a kind without partition
	Generation int64  // of the commit that last changed it
	Epoch      int64  // of the commit that last made monitors start over (icontrol-rest 4.3)
	System     bool   // shipped with the device
	Set        Values // what was written; everything else is inherited or default
	Subs       map[string]Collection
}

// MetadataEntry is one item of "metadata" (icontrol-rest 3.22).
type MetadataEntry struct {
	Name    string `json:"name"`
	Persist string `json:"persist"`
	Value   string `json:"value"`
}

// Text is a value as text, "" if unset.
func (o *Object) Text(field string) string {
	text, _ := o.Get(field).(string)
	return text
}

// Get is a value without regard to inheritance: as written, or the default.
func (o *Object) Get(field string) any {
	if v, ok := o.Set[field]; ok {
		return v
	}
	if f := o.Type.fields[field]; f != nil {
		return f.Default
	}
	return nil
}

// Is says whether a flag is set.
func (o *Object) Is(flag string) bool { return o.Get(flag) == true }

// Sub is a subcollection; empty if there is none.
func (o *Object) Sub(name string) Collection { return o.Subs[name] }

// clone copies what a command may change.
func (o *Object) clone() *Object {
	c := *o
	c.Set = make(Values, len(o.Set)+2)
	for k, v := range o.Set {
		c.Set[k] = v
	}
	if o.Subs != nil {
		c.Subs = make(map[string]Collection, len(o.Subs))
		for k, v := range o.Subs {
			c.Subs[k] = v
		}
	}
	return &c
}

// assign sets a value and minds flags that exclude each other.
func (o *Object) assign(f *Field, value any) {
	if f.Kind == Flag && f.Excludes != "" && value == true {
		o.Set[f.Excludes] = nil
	}
	if value == nil && o.Type.Root == "" {
		delete(o.Set, f.Name)
		return
	}
	o.Set[f.Name] = value
}

// Collection is objects of one kind, sorted by path. It is a value: with and
// without return a new one and leave the old one to its readers. Lookups are
// binary; a change copies one pointer for each object, which for some thousand
// objects costs less than any cleverer structure.
type Collection struct{ items []*Object }

// Items are the objects in the order of their paths; not to be changed.
func (c Collection) Items() []*Object { return c.items }

// Len is the number of objects.
func (c Collection) Len() int { return len(c.items) }

// Same says whether two collections are one and the same, unchanged in between.
// It does not compare the objects.
func (c Collection) Same(other Collection) bool {
	return len(c.items) == len(other.items) && (len(c.items) == 0 || &c.items[0] == &other.items[0])
}

// Find is the object of a path, nil if there is none.
func (c Collection) Find(path string) *Object {
	if i, found := c.search(path); found {
		return c.items[i]
	}
	return nil
}

func (c Collection) search(path string) (int, bool) {
	return slices.BinarySearchFunc(c.items, path, func(o *Object, path string) int {
		return strings.Compare(o.Path, path)
	})
}

// with adds an object or replaces the one of the same path.
func (c Collection) with(o *Object) Collection {
	i, found := c.search(o.Path)
	items := make([]*Object, 0, len(c.items)+1)
	items = append(append(items, c.items[:i]...), o)
	if found {
		i++
	}
	return Collection{append(items, c.items[i:]...)}
}

// without removes the object of a path.
func (c Collection) without(path string) Collection {
	i, found := c.search(path)
	if !found {
		return c
	}
	items := make([]*Object, 0, len(c.items)-1)
	return Collection{append(append(items, c.items[:i]...), c.items[i+1:]...)}
}

// withAll adds many at once; later ones win over earlier ones of the same path.
func (c Collection) withAll(added []*Object) Collection {
	if len(added) == 0 {
		return c
	}
	items := make([]*Object, 0, len(c.items)+len(added))
	items = append(append(items, c.items...), added...)
	slices.SortStableFunc(items, func(a, b *Object) int { return strings.Compare(a.Path, b.Path) })
	kept := items[:0]
	for i, o := range items {
		if i+1 == len(items) || items[i+1].Path != o.Path {
			kept = append(kept, o)
		}
	}
	return Collection{kept}
}
