package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// A saved configuration is JSON that people can read and edit:
//
//	{
//	  "format": "bigipsim-state", "version": 1, "tmos": "17.1.1", "generation": 7,
//	  "objects": {"ltm/pool": [
//	    {"path": "/shop/web", "generation": 7, "set": {"monitor": "/Common/http"},
//	     "items": {"members": [{"path": "/shop/10.0.0.1:80", …}]}}]}
//	}
//
// Objects that the device has from the factory are in it only if they were
// changed, users that it was started with never: they have their passwords from
// elsewhere.
const (
	savedFormat  = "bigipsim-state"
	savedVersion = 1
)

type savedState struct {
	Format     string                   `json:"format"`
	Version    int                      `json:"version"`
	TMOS       string                   `json:"tmos"`
	Generation int64                    `json:"generation"`
	Objects    map[string][]savedObject `json:"objects"`
}

type savedObject struct {
	Path       string                   `json:"path"`
	Generation int64                    `json:"generation,omitempty"`
	Epoch      int64                    `json:"epoch,omitempty"`
	System     bool                     `json:"system,omitempty"`
	Set        map[string]any           `json:"set,omitempty"`
	Items      map[string][]savedObject `json:"items,omitempty"`
}

// Save is the committed configuration as Options.Saved takes it.
func (db *DB) Save() ([]byte, error) {
	state := db.State()
	saved := savedState{
		Format: savedFormat, Version: savedVersion, TMOS: state.Schema.Version.String(), Generation: state.Generation,
		Objects: map[string][]savedObject{},
	}
	for _, t := range state.Schema.Types {
		for _, o := range state.tables[t].Items() {
			shipped := db.factory.tables[t].Find(o.Path)
			if o = o.durable(); o == nil {
				continue
			}
			if shipped != o && (shipped == nil || t.Path != "auth/user") {
				saved.Objects[t.Path] = append(saved.Objects[t.Path], saveObject(o))
			}
		}
	}
	return json.MarshalIndent(saved, "", "  ")
}

func saveObject(o *Object) savedObject {
	s := savedObject{Path: o.Path, Generation: o.Generation, Epoch: o.Epoch, System: o.System, Set: o.Set}
	for _, sub := range o.Type.Subs {
		for _, item := range o.Sub(sub.Sub).Items() {
			if s.Items == nil {
				s.Items = map[string][]savedObject{}
			}
			s.Items[sub.Sub] = append(s.Items[sub.Sub], saveObject(item))
		}
	}
	return s
}

// Load puts a saved configuration in force in place of the present one; nil is
// that of a new device.
func (db *DB) Load(saved []byte) error {
	db.writer <- struct{}{}
	defer func() { <-db.writer }()
	state := db.factory.clone()
	state.names = db.State().names
	if saved != nil {
		loaded, err := load(&state, saved)
		if err != nil {
			return fmt.Errorf("saved configuration: %w", err)
		}
		state = *loaded
	}
	state.Generation = db.State().Generation + 1
	db.commit(state)
	return nil
}

// load is a state on top of the factory's. All of it is validated as a client's
// commands would be.
func load(factory *State, text []byte) (*State, error) {
	var saved savedState
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&saved); err != nil {
		return nil, fmt.Errorf("it is not the JSON of a saved configuration: %w", err)
	}
	switch {
	case saved.Format != savedFormat:
		return nil, fmt.Errorf("its format is %q, not %q", saved.Format, savedFormat)
	case saved.Version != savedVersion:
		return nil, fmt.Errorf("it has version %d of its format; this program understands version %d", saved.Version, savedVersion)
	}
	c := newCandidate(factory, Actor{Metadata: true}, factoryTime)
	c.booting, c.Generation = true, max(saved.Generation, c.Generation)
	err := c.carryOut(func(c *Candidate) error { return c.loadObjects(saved.Objects) })
	if err != nil {
		return nil, fmt.Errorf("saved by TMOS %s, it does not fit %s: %w", saved.TMOS, factory.Schema.Version, err)
	}
	return &c.State, nil
}

func (c *Candidate) loadObjects(kinds map[string][]savedObject) error {
	for _, path := range slices.Sorted(maps.Keys(kinds)) {
		t := c.Schema.Type(path)
		if t == nil || t.Parent != nil {
			return fmt.Errorf("there is no kind %q", path)
		}
		objects, err := loadAll(t, kinds[path])
		if err != nil {
			return fmt.Errorf("%s %w", path, err)
		}
		c.tables[t] = c.tables[t].withAll(objects)
		for _, o := range objects {
			if path == "cm/device" {
				o.Set["version"] = c.Schema.Version.String() // that of the program that runs, not of the file
			}
			c.touch(t, o.Path)
		}
	}
	return nil
}

func loadAll(t *Type, saved []savedObject) ([]*Object, error) {
	objects := make([]*Object, 0, len(saved))
	for _, s := range saved {
		if s.Path == "" {
			return nil, fmt.Errorf("without a path")
		}
		o, err := loadObject(t, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Path, err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}

func loadObject(t *Type, s savedObject) (*Object, error) {
	o := &Object{Type: t, Path: s.Path, Generation: s.Generation, Epoch: s.Epoch, System: s.System, Set: make(Values, len(s.Set))}
	for _, name := range slices.Sorted(maps.Keys(s.Set)) {
		f := t.fields[name]
		if f == nil {
			return nil, fmt.Errorf("there is no property %q", name)
		}
		value, err := f.restored(s.Set[name])
		if err != nil {
			return nil, err
		}
		o.Set[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(s.Items)) {
		sub := t.sub(name)
		if sub == nil {
			return nil, fmt.Errorf("there are no items %q", name)
		}
		items, err := loadAll(sub, s.Items[name])
		if err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
		o.setSub(name, Collection{}.withAll(items))
	}
	return o, nil
}

// restored is a value in canonical form again after its way through JSON. Words
// were canonical when they were saved; a client's shorthands are no concern here.
func (f *Field) restored(value any) (any, error) {
	switch f.Kind {
	case Int, Flag, Strings, Refs, Metadata, RecordList, JSON:
		return f.canonical(value)
	}
	if _, ok := value.(string); !ok && value != nil {
		return nil, invalidValue(f.Name, compact(value))
	}
	return value, nil
}
