package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// identifiers are properties that name the object; ignored are those that a
// client sends back from a GET (icontrol-rest 2.4).
var (
	identifiers = map[string]bool{"name": true, "partition": true, "subPath": true}
	ignored     = map[string]bool{"kind": true, "fullPath": true, "generation": true, "selfLink": true}
	htmlTag     = regexp.MustCompile(`<[A-Za-z/!][^<>]*>`)
)

// given is a command's body, sorted out.
type given struct {
	values Values           // fields
	subs   map[string][]any // whole subcollections
	count  int              // properties that say something
}

// read sorts a body out: fields in canonical form, whole subcollections, and
// everything else refused.
func (c *Candidate) read(t *Type, body map[string]any) (given, error) {
	g := given{values: Values{}, subs: map[string][]any{}}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if identifiers[name] || ignored[name] || strings.HasSuffix(name, "Reference") {
			continue
		}
		value := body[name]
		if err := c.readProperty(t, &g, name, value); err != nil {
			return g, err
		}
	}
	return g, nil
}

func (c *Candidate) readProperty(t *Type, g *given, name string, value any) error {
	if sub := t.sub(name); sub != nil {
		items, ok := value.([]any)
		if !ok && value != nil {
			items = []any{value}
		}
		g.subs[name] = items
		g.count++
		return nil
	}
	if t.groups[name] {
		object, ok := value.(map[string]any)
		if !ok {
			return invalidValue(name, compact(value))
		}
		for _, key := range slices.Sorted(maps.Keys(object)) {
			if strings.HasSuffix(key, "Reference") {
				continue
			}
			if err := c.readField(t, g, name+"."+key, object[key]); err != nil {
				return err
			}
		}
		return nil
	}
	return c.readField(t, g, name, value)
}

func (c *Candidate) readField(t *Type, g *given, name string, value any) error {
	f := t.fields[name]
	if f == nil {
		return Usage("%q unknown property", kebab(name))
	}
	if f.ReadOnly && !c.booting {
		return nil
	}
	if text, ok := value.(string); ok && name == "description" && htmlTag.MatchString(text) {
		return Usage("HTML Tag-like Content in the Request URL/Body")
	}
	v, err := f.canonical(value)
	if err != nil {
		return err
	}
	if f.Kind == Flag && v == nil {
		return nil
	}
	g.values[name] = v
	g.count++
	return nil
}

func (t *Type) sub(name string) *Type {
	for _, sub := range t.Subs {
		if sub.Sub == name {
			return sub
		}
	}
	return nil
}

// newPath is the path that a body gives to a new object.
func (c *Candidate) newPath(t *Type, parent string, body map[string]any) (string, error) {
	name, ok := body["name"].(string)
	if !ok || name == "" {
		return "", missingIdentifier()
	}
	if htmlTag.MatchString(name) {
		return "", Usage("HTML Tag-like Content in the Request URL/Body")
	}
	if t.NoPartition {
		if strings.ContainsAny(name, "/"+between) || t.Parent == nil && strings.Contains(name, " ") {
			return "", invalidValue("name", name)
		}
		return name, nil
	}
	partition, _ := body["partition"].(string)
	subPath, _ := body["subPath"].(string)
	partition, subPath = strings.Trim(partition, "/"), strings.Trim(subPath, "/")
	folder := "/Common"
	switch {
	case partition != "":
		folder = "/" + partition
	case t.IsFolder:
		folder = "/"
	}
	if subPath != "" {
		folder = Join(folder, subPath)
	}
	if t.Object == poolMember && partition == "" {
		folder = Folder(parent)
	}
	path := Join(folder, name)
	if !validPath(path) {
		return "", invalidValue("name", name)
	}
	return path, nil
}

// setItems replaces a whole subcollection of plain items: a policy's rules, a
// rule's actions.
func (c *Candidate) setItems(sub *Type, parent string, items []any) error {
	owner := c.Owner(sub, parent).clone()
	owner.setSub(sub.Sub, Collection{})
	c.put(Outer(parent), owner)
	for _, item := range items {
		body, ok := item.(map[string]any)
		if !ok {
			body = map[string]any{"name": item}
		}
		if _, err := c.create(Command{Verb: Create, Type: sub, Parent: parent, Body: body}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Candidate) create(cmd Command) (*Object, error) {
	t := cmd.Type
	g, err := c.read(t, cmd.Body)
	if err != nil {
		return nil, err
	}
	path, err := c.newPath(t, cmd.Parent, cmd.Body)
	if err != nil {
		return nil, err
	}
	if t.Object == poolMember {
		return c.addMember(cmd.Parent, path, g.values)
	}
	if err := c.checkPlace(t, cmd.Parent, path); err != nil {
		return nil, err
	}
	if err := c.permit(Create, t, place(t, cmd.Parent, path), g.values); err != nil {
		return nil, err
	}
	o := &Object{Type: t, Path: path, Generation: c.Generation, Epoch: c.Generation, System: c.booting, Set: Values{}}
	for _, f := range t.Fields {
		if v, ok := g.values[f.Name]; ok {
			o.assign(f, v)
		}
	}
	c.inherit(o)
	if t.Of != nil {
		if err := c.attach(o, cmd.Parent); err != nil {
			return nil, err
		}
	}
	if t.hooks.create != nil {
		if err := t.hooks.create(c, o, g.values); err != nil {
			return nil, err
		}
	}
	c.put(cmd.Parent, o)
	return c.setSubs(cmd.Parent, o, g)
}

// checkPlace refuses a name that is taken and a folder or parent that is not
// there.
func (c *Candidate) checkPlace(t *Type, parent, path string) error {
	if t.Parent != nil {
		if c.Owner(t, parent) == nil {
			return NotFound(t.Parent, Outer(parent), Inner(parent))
		}
	}
	if !t.NoPartition && t.Parent == nil && !c.FolderExists(Folder(path)) {
		return FolderNotFound(Folder(path))
	}
	if c.Find(t, parent, path) != nil {
		return alreadyExists(t, parent, path)
	}
	return nil
}

// inherit gives a new object its parent: the built-in one unless another is named.
func (c *Candidate) inherit(o *Object) {
	if o.Type.Root == "" || o.Set["defaultsFrom"] != nil || c.booting {
		return
	}
	o.Set["defaultsFrom"] = "/Common/" + o.Type.Root
}

func (c *Candidate) modify(cmd Command) (*Object, error) {
	t := cmd.Type
	old := c.Find(t, cmd.Parent, cmd.Path)
	if old == nil {
		return nil, c.missing(cmd)
	}
	if err := c.checkEphemeral(cmd.Verb, old, cmd.Parent); err != nil {
		return nil, err
	}
	body, err := c.optionsBody(cmd, old)
	if err != nil {
		return nil, err
	}
	g, err := c.read(t, body)
	if err != nil {
		return nil, err
	}
	if g.count == 0 && cmd.Verb == Modify {
		return nil, Usage("one or more properties must be specified")
	}
	if err := c.permit(cmd.Verb, t, place(t, cmd.Parent, cmd.Path), g.values); err != nil {
		return nil, err
	}
	if err := c.checkImmutable(old, g.values); err != nil {
		return nil, err
	}
	o := old.clone()
	o.Generation = c.Generation
	if cmd.Verb == Replace {
		c.reset(o, old)
	}
	for _, f := range t.Fields {
		if v, ok := g.values[f.Name]; ok {
			o.assign(f, v)
		}
	}
	if t.hooks.modify != nil {
		if err := t.hooks.modify(c, old, o, g.values); err != nil {
			return nil, err
		}
	}
	if t.Object == poolMember {
		if err := c.memberModified(cmd.Parent, old, o, g.values); err != nil {
			return nil, err
		}
	}
	c.put(cmd.Parent, o)
	return c.setSubs(cmd.Parent, o, g)
}

// reset takes an object back to its defaults, for PUT (icontrol-rest 2.5): all
// but what cannot be changed. A profile or monitor gets its parent's present
// values written into it, and inherits no longer.
func (c *Candidate) reset(o, old *Object) {
	o.Set = Values{}
	parent := c.parent(old)
	for _, f := range o.Type.Fields {
		if v, ok := old.Set[f.Name]; ok && (f.Immutable || f.ReadOnly || f.Name == "defaultsFrom") {
			o.Set[f.Name] = v
		} else if parent != nil && !personal[f.Name] {
			o.Set[f.Name] = c.Value(parent, f.Name)
		}
	}
}

func (c *Candidate) checkImmutable(old *Object, values Values) error {
	for name, v := range values {
		f := old.Type.fields[name]
		if !f.Immutable || v == c.Value(old, name) && (old.Type.Object != poolMember || name != "address") {
			continue
		}
		return Usage("%q may not be specified in the context of the \"modify\" command. %q may be specified using the following commands: create, list, show", kebab(name), kebab(name))
	}
	return nil
}

func (c *Candidate) delete(cmd Command) error {
	o := c.Find(cmd.Type, cmd.Parent, cmd.Path)
	if o == nil {
		return c.missing(cmd)
	}
	if err := c.checkEphemeral(Delete, o, cmd.Parent); err != nil {
		return err
	}
	if err := c.permit(Delete, cmd.Type, place(cmd.Type, cmd.Parent, cmd.Path), nil); err != nil {
		return err
	}
	if o.System {
		return badRequest("01070734:3: Configuration error: The %s (%s) is part of the system and cannot be deleted", o.Type.Noun, o.Path)
	}
	if hook := cmd.Type.hooks.remove; hook != nil {
		if err := hook(c, o); err != nil {
			return err
		}
	}
	c.drop(cmd.Parent, o)
	return nil
}

// missing words the absence of an object, or of the parent it should be in.
func (c *Candidate) missing(cmd Command) error {
	if p := cmd.Type.Parent; p != nil && c.Owner(cmd.Type, cmd.Parent) == nil {
		return NotFound(p, Outer(cmd.Parent), Inner(cmd.Parent))
	}
	return NotFound(cmd.Type, cmd.Parent, cmd.Path)
}

// setSubs replaces whole subcollections that a body gave.
func (c *Candidate) setSubs(parent string, o *Object, g given) (*Object, error) {
	for _, sub := range o.Type.Subs {
		items, ok := g.subs[sub.Sub]
		if !ok {
			continue
		}
		var err error
		switch {
		case sub.Object == poolMember:
			err = c.setMembers(o.Path, items)
		case sub.Of != nil:
			err = c.setAttachments(sub, o.Path, items)
		default:
			err = c.setItems(sub, Inside(parent, o.Path), items)
		}
		if err != nil {
			return nil, err
		}
	}
	return c.Find(o.Type, parent, o.Path), nil
}
