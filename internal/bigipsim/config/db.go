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
	// Users are there from the beginning; the first is the built-in administrator.
	Users []User
	// ASM provisions the application security module: with it comes the profile
	// /Common/websecurity (icontrol-rest 3.18).
	ASM bool
	// Names is what DNS answers at the beginning; see SetNames.
	Names Names
	// Saved is a configuration that Save made; nil is that of a new device.
	Saved []byte
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
	factory *State
	files   Files
	writer  chan struct{} // holds one token: whoever has it writes
	state   atomic.Pointer[State]
}

// NewDB is a database with the built-in objects of a freshly installed device.
func NewDB(options Options) (*DB, error) {
	schema, err := NewSchema(options.Version)
	if err != nil {
		return nil, err
	}
	shipped, err := factory(schema, options)
	if err != nil {
		return nil, fmt.Errorf("built-in objects: %w", err)
	}
	return newDB(options, shipped)
}

func newDB(options Options, shipped *State) (_ *DB, err error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	named := shipped.clone()
	if named.names, err = Names(nil).merged(options.Names); err != nil {
		return nil, fmt.Errorf("DNS: %w", err)
	}
	state := &named
	if options.Saved != nil {
		if state, err = load(&named, options.Saved); err != nil {
			return nil, fmt.Errorf("saved configuration: %w", err)
		}
	}
	db := &DB{options: options, factory: shipped, writer: make(chan struct{}, 1)}
	db.state.Store(state)
	return db, nil
}

// State is the committed configuration.
func (db *DB) State() *State { return db.state.Load() }

// Files are the uploaded files.
func (db *DB) Files() *Files { return &db.files }

// Change is a unit of work for Update.
type Change struct {
	Actor       Actor
	Transaction bool // the commands of one REST transaction
	DryRun      bool // validate only
	System      bool // by the device itself: read-only kinds and fields too
	Do          func(*Candidate) error
}

// Update carries a change out on a candidate and commits it: all of it or, with
// any Error, nothing.
func (db *DB) Update(change Change) (*State, error) {
	db.writer <- struct{}{}
	defer func() { <-db.writer }()
	c := newCandidate(db.State(), change.Actor, db.options.Now())
	c.files = &db.files
	c.Transaction, c.booting = change.Transaction, change.System
	if err := c.carryOut(change.Do); err != nil {
		return nil, err
	}
	if change.DryRun {
		return &c.State, nil
	}
	return db.commit(c.State), nil
}

// commit puts a valid state in force. The caller is the writer.
func (db *DB) commit(state State) *State {
	if db.options.WriteDelay > 0 {
		time.Sleep(db.options.WriteDelay)
	}
	db.state.Store(&state)
	if db.options.Committed != nil {
		db.options.Committed(&state)
	}
	return &state
}

func (c *Candidate) carryOut(do func(*Candidate) error) error {
	if err := do(c); err != nil {
		return err
	}
	c.settle()
	return c.validate()
}

// factoryTime is when the objects were made that a device has from the beginning:
// that of its software.
var factoryTime = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// factory is the state of a device fresh from the factory.
func factory(schema *Schema, options Options) (*State, error) {
	empty := &State{Schema: schema, tables: map[*Type]Collection{}}
	c := newCandidate(empty, Actor{Metadata: true}, factoryTime)
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
	for _, user := range options.Users {
		if err := c.addUser(user); err != nil {
			return nil, err
		}
	}
	if err := c.carryOut((*Candidate).createBuiltins); err != nil {
		return nil, err
	}
	if options.ASM {
		if err := c.carryOut((*Candidate).provisionASM); err != nil {
			return nil, err
		}
	}
	return &c.State, nil
}

func (c *Candidate) provisionASM() error {
	provision, profiles := c.Schema.mustType("sys/provision"), c.Schema.mustType("ltm/profile/web-security")
	if _, err := c.Do(Command{Verb: Modify, Type: provision, Path: "asm", Body: map[string]any{"level": "nominal"}}); err != nil {
		return err
	}
	_, err := c.Do(Command{Verb: Create, Type: profiles, Body: map[string]any{"name": "websecurity"}})
	return err
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
