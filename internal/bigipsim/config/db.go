package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// Options of a DB.
type Options struct {
	Version Version
	// WriteDelay is how long a commit takes. Commits queue behind each other, as
	// in mcpd; reads go on with the state before.
	WriteDelay time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Committed is told of every new state, one after the other. May be nil.
	Committed func(*State)
}

// DB holds the committed State.
type DB struct {
	options Options
	writer  chan struct{} // holds one token: whoever has it writes
	state   atomic.Pointer[State]
}

// NewDB is a database with the built-in objects of a freshly installed device.
func NewDB(options Options) (*DB, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	schema, err := NewSchema(options.Version)
	if err != nil {
		return nil, err
	}
	state, err := factory(schema)
	if err != nil {
		return nil, fmt.Errorf("built-in objects: %w", err)
	}
	db := &DB{options: options, writer: make(chan struct{}, 1)}
	db.state.Store(state)
	return db, nil
}

// State is the committed configuration.
func (db *DB) State() *State { return db.state.Load() }

// Change is a unit of work for Update.
type Change struct {
	Actor       Actor
	Transaction bool // the commands of one REST transaction
	DryRun      bool // validate only
	Do          func(*Candidate) error
}

// Update carries a change out on a candidate and commits it: all of it or, with
// any Error, nothing.
func (db *DB) Update(change Change) (*State, error) {
	db.writer <- struct{}{}
	defer func() { <-db.writer }()
	c := newCandidate(db.State(), change.Actor, db.options.Now())
	c.Transaction = change.Transaction
	if err := c.carryOut(change.Do); err != nil {
		return nil, err
	}
	if change.DryRun {
		return &c.State, nil
	}
	if db.options.WriteDelay > 0 {
		time.Sleep(db.options.WriteDelay)
	}
	state := c.State
	db.state.Store(&state)
	if db.options.Committed != nil {
		db.options.Committed(&state)
	}
	return &state, nil
}

func (c *Candidate) carryOut(do func(*Candidate) error) error {
	if err := do(c); err != nil {
		return err
	}
	c.settle()
	return c.validate()
}

// factory is the state of a device fresh from the factory.
func factory(schema *Schema) (*State, error) {
	empty := &State{Schema: schema, tables: map[*Type]Collection{}}
	c := newCandidate(empty, Actor{Metadata: true}, time.Time{})
	c.booting = true
	folders, partitions := schema.mustType("sys/folder"), schema.mustType("auth/partition")
	for _, path := range []string{"/", "/Common", "/Common/Drafts"} {
		o := &Object{Type: folders, Path: path, Generation: c.Generation, Set: Values{}}
		if path == "/" {
			o.Set["inheritedDevicegroup"], o.Set["inheritedTrafficGroup"] = "false", "false"
		}
		c.put("", o)
	}
	c.put("", &Object{Type: partitions, Path: "Common", Set: Values{
		"description": "Repository for system objects and shared objects.",
	}})
	if err := c.carryOut((*Candidate).createBuiltins); err != nil {
		return nil, err
	}
	return &c.State, nil
}

func (c *Candidate) createBuiltins() error {
	text, err := schemaFiles.ReadFile("schema/builtin.json")
	if err != nil {
		return err
	}
	var objects map[string][]map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&objects); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(objects)) {
		t := c.Schema.mustType(path)
		for _, body := range objects[path] {
			if path == "cm/device" {
				body["version"] = c.Schema.Version.String()
			}
			if _, err := c.Do(Command{Verb: Create, Type: t, Body: body}); err != nil {
				return fmt.Errorf("%s %v: %w", path, body["name"], err)
			}
		}
	}
	return nil
}
