package config

import (
	"time"
)

// Verb is what a command does.
type Verb int

// The verbs of a configuration command and the HTTP methods they come from.
const (
	Create  Verb = iota // POST
	Replace             // PUT: what is not given goes back to its default
	Modify              // PATCH
	Delete              // DELETE
)

func (v Verb) access() string {
	switch v {
	case Create:
		return "create"
	case Delete:
		return "delete"
	default:
		return "modify"
	}
}

// Command is one change, as a client asked for it.
type Command struct {
	Verb   Verb
	Type   *Type
	Parent string         // path of the parent, for the item of a subcollection
	Path   string         // of the object; not for Create, where the body names it
	Body   map[string]any // decoded with json.Decoder.UseNumber
}

// Actor is who changes something, and where that user may.
type Actor struct {
	User      string
	Partition string // "" = everywhere
	Metadata  bool   // may write metadata (icontrol-rest 1.4)
}

// Candidate is a State in the making. All its commands share one generation.
type Candidate struct {
	State
	Actor       Actor
	Now         time.Time
	Transaction bool // commands of one REST transaction

	base      *State
	booting   bool
	changed   map[objectKey]bool
	nodes     map[string]string // address -> node path; nil until needed
	newNodes  []*Object         // created by members, not yet in the table
	added     map[string]bool   // pools that got a member
	switched  map[string]string // pools of which a member's session or state changed, and the member
	addresses bool              // virtual addresses have to be settled
}

type objectKey struct {
	t    *Type
	path string
}

func newCandidate(base *State, actor Actor, now time.Time) *Candidate {
	c := &Candidate{
		State: base.clone(), Actor: actor, Now: now, base: base,
		changed: map[objectKey]bool{}, added: map[string]bool{}, switched: map[string]string{},
	}
	c.Generation++
	return c
}

// Do carries out one command and returns the object as it is then; nil after
// Delete.
func (c *Candidate) Do(cmd Command) (*Object, error) {
	if cmd.Type.ReadOnly && !c.booting {
		return nil, Usage("%q: this component cannot be changed here", cmd.Type.Path)
	}
	switch cmd.Verb {
	case Create:
		return c.create(cmd)
	case Delete:
		return nil, c.delete(cmd)
	default:
		return c.modify(cmd)
	}
}

// put stores an object and notes that it has to be validated.
func (c *Candidate) put(parent string, o *Object) {
	t := o.Type
	if t.Parent == nil {
		c.tables[t] = c.tables[t].with(o)
		c.touch(t, o.Path)
		return
	}
	owner := c.tables[t.Parent].Find(parent).clone()
	owner.setSub(t.Sub, owner.Sub(t.Sub).with(o))
	c.put("", owner)
}

// drop removes an object.
func (c *Candidate) drop(parent string, o *Object) {
	t := o.Type
	if t.Parent == nil {
		c.tables[t] = c.tables[t].without(o.Path)
		c.touch(t, o.Path)
		return
	}
	owner := c.tables[t.Parent].Find(parent).clone()
	owner.setSub(t.Sub, owner.Sub(t.Sub).without(o.Path))
	c.put("", owner)
}

func (o *Object) setSub(name string, items Collection) {
	if o.Subs == nil {
		o.Subs = map[string]Collection{}
	}
	o.Subs[name] = items
}

func (c *Candidate) touch(t *Type, path string) {
	c.changed[objectKey{t, path}] = true
	if t.Path == "ltm/virtual" || t.Path == "ltm/virtual-address" {
		c.addresses = true
	}
}

// permit is the access check of mcpd: a user of one partition changes nothing
// outside of it.
func (c *Candidate) permit(verb Verb, t *Type, path string, given Values) error {
	if c.Actor.Partition != "" && Partition(path) != c.Actor.Partition {
		return badRequest("01070822:3: Access Denied: user (%s) does not have %s access to object (%s)", c.Actor.User, verb.access(), t.Object)
	}
	if given["metadata"] != nil && !c.Actor.Metadata {
		return badRequest("01070822:3: Access Denied: user (%s) does not have create access to object (%s_metadata)", c.Actor.User, t.Object)
	}
	return nil
}
