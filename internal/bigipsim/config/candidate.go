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
	Run                 // POST of a collection with "command"
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
	// Options are the raw tmsh words of ?options= (icontrol-rest 2.2).
	Options string
}

// Actor is who changes something, and where that user may.
type Actor struct {
	User      string
	Partition string // "" = everywhere
	Metadata  bool   // may write metadata (icontrol-rest 1.4)

	// SessionOnly is an operator: session and state, and nothing else.
	SessionOnly bool
}

// Candidate is a State in the making. All its commands share one generation.
type Candidate struct {
	State
	Actor       Actor
	Now         time.Time
	Transaction bool // commands of one REST transaction

	base      *State
	files     *Files
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
	if cmd.Type.Fixed && !c.booting && (cmd.Verb == Create || cmd.Verb == Delete) {
		return nil, Usage("%q: objects of this component can be modified only", cmd.Type.Path)
	}
	if err := c.enter(cmd); err != nil {
		return nil, err
	}
	switch cmd.Verb {
	case Run:
		return nil, c.run(cmd)
	case Create:
		return c.create(cmd)
	case Delete:
		return nil, c.delete(cmd)
	default:
		return c.modify(cmd)
	}
}

// enter asks the object at the top whether its items may be written.
func (c *Candidate) enter(cmd Command) error {
	top := cmd.Type
	for top.Parent != nil {
		top = top.Parent
	}
	if top == cmd.Type || top.hooks.inside == nil {
		return nil
	}
	if o := c.tables[top].Find(Top(cmd.Parent)); o != nil {
		return top.hooks.inside(c, o)
	}
	return nil
}

// run is POST of a collection with a command instead of an object.
func (c *Candidate) run(cmd Command) error {
	command, _ := cmd.Body["command"].(string)
	if cmd.Type.hooks.run == nil {
		return invalidValue("command", command)
	}
	path, ok := itemPath(cmd.Body)
	if !ok {
		return missingIdentifier()
	}
	path = Join("/Common", path)
	if err := c.permit(Modify, cmd.Type, path, nil); err != nil {
		return err
	}
	return cmd.Type.hooks.run(c, command, path)
}

// put stores an object and notes that it has to be validated.
func (c *Candidate) put(parent string, o *Object) {
	t := o.Type
	if t.Parent == nil {
		c.tables[t] = c.tables[t].with(o)
		c.touch(t, o.Path)
		return
	}
	owner := c.Owner(t, parent).clone()
	owner.setSub(t.Sub, owner.Sub(t.Sub).with(o))
	c.put(Outer(parent), owner)
}

// drop removes an object.
func (c *Candidate) drop(parent string, o *Object) {
	t := o.Type
	if t.Parent == nil {
		c.tables[t] = c.tables[t].without(o.Path)
		c.touch(t, o.Path)
		return
	}
	owner := c.Owner(t, parent).clone()
	owner.setSub(t.Sub, owner.Sub(t.Sub).without(o.Path))
	c.put(Outer(parent), owner)
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

// place is the path by which access is judged: an item belongs where the object
// at the top is.
func place(t *Type, parent, path string) string {
	if t.Parent != nil {
		return Top(parent)
	}
	return path
}

// permit is the access check of mcpd: a user of one partition changes nothing
// outside of it.
func (c *Candidate) permit(verb Verb, t *Type, path string, given Values) error {
	if c.Actor.Partition != "" && Partition(path) != c.Actor.Partition {
		return badRequest("01070822:3: Access Denied: user (%s) does not have %s access to object (%s)", c.Actor.User, verb.access(), t.Object)
	}
	beyond := verb != Modify // PUT too resets more than it names
	for name := range given {
		beyond = beyond || name != "session" && name != "state"
	}
	if c.Actor.SessionOnly && beyond {
		return badRequest("01070822:3: Access Denied: user (%s) does not have %s access to object (%s)", c.Actor.User, verb.access(), t.Object)
	}
	if given["metadata"] != nil && !c.Actor.Metadata {
		return badRequest("01070822:3: Access Denied: user (%s) does not have create access to object (%s_metadata)", c.Actor.User, t.Object)
	}
	return nil
}
