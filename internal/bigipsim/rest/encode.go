package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// encoder writes the objects of one state as the device prints them.
type encoder struct {
	*Server
	state  *config.State
	expand bool
}

// object is the whole representation: identity, fields in tmsh order, each
// reference followed by its link, subcollections last (icontrol-rest 2.4).
func (e *encoder) object(o *config.Object, parent string, bare bool, selfQuery string) *document {
	d := e.identity(o, parent, bare, selfQuery)
	group, nested := "", (*document)(nil)
	for _, f := range o.Type.Fields {
		value := e.value(o, f, parent)
		if value == nil {
			continue
		}
		into := d
		if g := f.Group(); g != "" {
			if g != group {
				group, nested = g, &document{}
				d.add(g, nested)
			}
			into = nested
		}
		into.add(f.Key(), value)
		e.addReference(into, f, value)
	}
	switch {
	case o.Type.Of != nil && e.linksReferences():
		d.add("nameReference", e.link(o.Type.Of, o.Path))
	case o.Type.Object == "pool_member" && e.version.AtLeast(12, 1):
		// The device links to a node of the member's name, port included (icontrol-rest 3.2).
		d.add("nameReference", link(host+"ltm/node/"+nameInURL(o.Path)+e.ver()))
	}
	for _, sub := range o.Type.Subs {
		if strings.HasPrefix(sub.Path, "net/fdb/") && !e.version.AtLeast(12, 1) {
			if items := o.Sub(sub.Sub).Items(); len(items) > 0 {
				d.add(sub.Sub, forwardings(items))
			}
			continue
		}
		d.add(camel(sub.Sub)+"Reference", e.subcollection(o, sub, parent))
	}
	return d
}

func (e *encoder) identity(o *config.Object, parent string, bare bool, selfQuery string) *document {
	t := o.Type
	d := (&document{}).add("kind", t.Kind())
	full, self := t.Shown(o.Path), href(t, parent, o.Path)
	if t.Singleton {
		return d.add("selfLink", self+selfQuery)
	}
	switch {
	case t.NoPartition:
		d.add("name", o.Path)
	case t.IsFolder:
		folderIdentity(d, o.Path)
	case bare:
		full, self = config.Name(full), href(t, parent, config.Name(o.Path))
		d.add("name", full)
	default:
		d.add("name", config.Name(full)).add("partition", config.Partition(o.Path))
		if sub := config.SubPath(o.Path); sub != "" {
			d.add("subPath", sub)
		}
	}
	generation := o.Generation
	if t.Unversioned {
		generation = 0
	}
	return d.add("fullPath", full).add("generation", generation).add("selfLink", self+selfQuery)
}

// folderIdentity names folders in their own way (icontrol-rest 2.4).
func folderIdentity(d *document, path string) {
	switch partition := config.Partition(path); {
	case path == "/":
		d.add("name", "/")
	case partition == "":
		d.add("name", config.Name(path)).add("subPath", "/")
	default:
		d.add("name", config.Name(path)).add("partition", partition)
		if sub := config.SubPath(path); sub != "" {
			d.add("subPath", sub)
		}
	}
}

// value is a field as it is printed; nil if it is absent.
func (e *encoder) value(o *config.Object, f *config.Field, parent string) any {
	if f.WriteOnly {
		return nil
	}
	if f.Name == "session" || f.Name == "state" {
		return e.memberWord(o, f.Name, parent)
	}
	value := e.state.Value(o, f.Name)
	if value == nil {
		return e.unset(o.Type, f)
	}
	switch v := value.(type) {
	case string:
		if f.Name == "destination" {
			v = o.Type.Shown(v)
		}
		return e.text(f, v)
	case []config.MetadataEntry:
		return metadata(v)
	case []string:
		if f.Name == "allowService" && len(v) == 1 && v[0] == "all" {
			return "all" // not a list (inferred from tmsh)
		}
		if f.Name == "securityLogProfiles" {
			return quoted(v)
		}
	case []config.Record:
		return records(v)
	case []any, map[string]any:
		return e.withLinks(v)
	}
	return value
}

// quoted puts names with blanks in quotes (icontrol-rest 3.4).
func quoted(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		if all[i] = name; strings.Contains(name, " ") {
			all[i] = `"` + name + `"`
		}
	}
	return all
}

// unset is what stands for a field without value: from 13.0 on profiles and
// persistence say so, everything else is silent (icontrol-rest A).
func (e *encoder) unset(t *config.Type, f *config.Field) any {
	if !t.NoneWords || !e.version.AtLeast(13, 0) {
		return nil
	}
	switch f.Kind {
	case config.String, config.Ref:
		return "none"
	case config.Strings, config.Refs, config.JSON:
		return []string{}
	}
	return nil
}

func (e *encoder) text(f *config.Field, text string) any {
	switch {
	case f.Secret:
		sum := sha256.Sum256([]byte(text))
		return "$M$" + base64.RawStdEncoding.EncodeToString(sum[:12])
	case f.Kind == config.Words && !e.version.AtLeast(14, 0):
		// A list before 14.0, when there was no TLS 1.3 (icontrol-rest 3.11).
		words := strings.Fields(strings.Trim(text, "{} "))
		return slices.DeleteFunc(words, func(word string) bool { return word == "no-tlsv1.3" })
	case f.Kind == config.Monitor && text != "default" && !e.version.AtLeast(14, 0):
		return text + " " // icontrol-rest 3.1
	case f.Kind == config.Persist:
		d := (&document{}).add("name", config.Name(text)).add("partition", config.Partition(text))
		if sub := config.SubPath(text); sub != "" {
			d.add("subPath", sub)
		}
		d.add("tmDefault", "yes")
		if e.linksReferences() {
			d.add("nameReference", e.linkAny("ltm/persistence/", text))
		}
		return []*document{d}
	}
	return text
}

// linksReferences says whether a link follows what names another object; up to
// 11.6 only subcollections have links (recorded).
func (e *encoder) linksReferences() bool { return e.version.AtLeast(12, 0) }

func (e *encoder) addReference(d *document, f *config.Field, value any) {
	if f.NoLink || !e.linksReferences() {
		return
	}
	switch f.Kind {
	case config.Ref:
		if path := value.(string); path != "none" {
			if l := e.link(f.Targets, path); l != nil {
				d.add(f.Key()+"Reference", l)
			}
		}
	case config.Refs:
		paths, _ := value.([]string)
		links := make([]*document, 0, len(paths))
		for _, path := range paths {
			links = append(links, e.link(f.Targets, path))
		}
		if len(links) > 0 {
			d.add(f.Key()+"Reference", links)
		}
	}
}

// link points to an object of one of several kinds.
func (e *encoder) link(kinds []*config.Type, path string) *document {
	kind := kinds[0]
	if o := e.state.FindAny(kinds, path); o != nil {
		kind = o.Type
	}
	return link(href(kind, "", path) + e.ver())
}

func (e *encoder) linkAny(prefix, path string) *document {
	for _, t := range e.state.Schema.Types {
		if strings.HasPrefix(t.Path, prefix) && e.state.Objects(t).Find(path) != nil {
			return link(href(t, "", path) + e.ver())
		}
	}
	return link(host + prefix + nameInURL(path) + e.ver())
}

// subcollection is an xxxReference: the link alone, or with its items
// (icontrol-rest 2.3).
func (e *encoder) subcollection(o *config.Object, sub *config.Type, parent string) *document {
	if o.Type.Parent == nil {
		parent = ""
	}
	parent = config.Inside(parent, o.Path)
	d := (&document{}).add("link", collectionHref(sub, parent)+e.ver()).add("isSubcollection", true)
	if items := o.Sub(sub.Sub).Items(); e.expand && len(items) > 0 {
		documents := make([]*document, len(items))
		for i, item := range items {
			documents[i] = e.object(item, parent, false, e.ver())
		}
		d.add("items", documents)
	}
	return d
}

// camel is a tmsh name as a JSON property: bundle-certificates -> bundleCertificates.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

func metadata(entries []config.MetadataEntry) []*document {
	list := make([]*document, len(entries))
	for i, entry := range entries {
		list[i] = (&document{}).add("name", entry.Name).add("persist", entry.Persist)
		if entry.Value != "" {
			list[i].add("value", entry.Value)
		}
	}
	return list
}

// forwardings are the entries of a forwarding table as a list, which they were
// before 12.1 (icontrol-rest A).
func forwardings(items []*config.Object) []*document {
	list := make([]*document, len(items))
	for i, o := range items {
		list[i] = (&document{}).add("name", o.Path)
		for _, f := range o.Type.Fields {
			if value := o.Get(f.Name); value != nil {
				list[i].add(f.Name, value)
			}
		}
	}
	return list
}

func records(entries []config.Record) []*document {
	list := make([]*document, len(entries))
	for i, entry := range entries {
		list[i] = (&document{}).add("name", entry.Name).add("data", entry.Data)
	}
	return list
}

// certificateKinds are the properties inside free-form lists (certKeyChain) that
// name file objects.
var certificateKinds = map[string]string{"cert": "sys/file/ssl-cert", "chain": "sys/file/ssl-cert", "key": "sys/file/ssl-key"}

// withLinks orders the properties of a free-form value and adds the links. A
// passphrase is never read back.
func (e *encoder) withLinks(value any) any {
	items, ok := value.([]any)
	if !ok {
		return value
	}
	list := make([]any, len(items))
	for i, item := range items {
		object, ok := item.(map[string]any)
		if !ok {
			list[i] = item
			continue
		}
		d := &document{}
		for _, key := range sortedKeys(object) {
			if key == "usage" && !e.version.AtLeast(14, 0) || key == "passphrase" {
				continue
			}
			d.add(key, object[key])
			path, _ := object[key].(string)
			if kind := certificateKinds[key]; kind != "" && path != "" && path != "none" && e.linksReferences() {
				d.add(key+"Reference", link(host+kind+"/"+nameInURL(path)+e.ver()))
			}
		}
		list[i] = d
	}
	return list
}
