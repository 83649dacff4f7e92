package migrate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is one object, and what was read of it.
type document struct {
	t    *translator
	file string
	live bool

	kind, namespace, name string
	root                  value
	embedded              []value             // documents in the texts of this one
	read                  map[*yaml.Node]bool // values that somebody asked for
	told                  bool                // a note is about all of it
	named                 bool                // another document refers to it
}

func (d *document) String() string { return d.kind + " " + d.namespace + "/" + d.name }

// value is a place in a document. The zero node is a place that is not there.
type value struct {
	d      *document
	node   *yaml.Node
	path   string
	offset int // lines of the document before those of the node's own text
}

type field struct {
	key string
	value
}

// parse reads the documents of an input, the items of lists one by one.
func (t *translator) parse(input Input) ([]*document, error) {
	var out []*document
	for decoder := yaml.NewDecoder(bytes.NewReader(input.Data)); ; {
		var root yaml.Node
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if len(root.Content) > 0 {
			out = append(out, t.documentsOf(input, root.Content[0])...)
		}
	}
}

func (t *translator) documentsOf(input Input, node *yaml.Node) []*document {
	d := &document{t: t, file: input.Name, live: input.Live, read: map[*yaml.Node]bool{}}
	d.root = value{d: d, node: node}
	d.kind = d.root.get("kind").text()
	if items := d.root.get("items"); strings.HasSuffix(d.kind, "List") && items.node != nil {
		var out []*document
		for _, item := range items.list() {
			out = append(out, t.documentsOf(input, item.node)...)
		}
		return out
	}
	if group, _, _ := strings.Cut(d.root.get("apiVersion").text(), "/"); isForeign(d.kind, group) {
		return nil
	}
	metadata := d.root.get("metadata")
	d.name = metadata.get("name").text()
	d.namespace = cmp.Or(metadata.get("namespace").text(), t.options.Namespace)
	for _, f := range d.root.fields() {
		if f.key != "spec" && f.key != "data" {
			f.skip()
		}
	}
	return []*document{d}
}

// isForeign tells a kind of another API that has the name of one of CIS: there are
// VirtualServers of NGINX and Policies of Kyverno.
func isForeign(kind, group string) bool {
	if _, known := translators[kind]; !known {
		return true
	}
	return group != "cis.f5.com" && group != "fic.f5.com" && group != "networking.k8s.io" && group != "route.openshift.io" && group != "v1"
}

// resolve follows an alias.
func resolve(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// isSet tells that somebody wrote something there.
func (v value) isSet() bool {
	n := resolve(v.node)
	if n == nil || n.Tag == "!!null" {
		return false
	}
	return len(n.Content) > 0 || n.Kind == yaml.ScalarNode && n.Value != ""
}

// get goes down by keys.
func (v value) get(keys ...string) value {
	for _, key := range keys {
		next := value{d: v.d, path: strings.TrimPrefix(v.path+"."+key, "."), offset: v.offset}
		for _, f := range v.fields() {
			if f.key == key {
				next = f.value
			}
		}
		v = next
	}
	return v
}

// fields are those of a mapping, in their order.
func (v value) fields() []field {
	n := resolve(v.node)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var out []field
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		out = append(out, field{key, value{d: v.d, node: n.Content[i+1], path: strings.TrimPrefix(v.path+"."+key, "."), offset: v.offset}})
	}
	return out
}

// list are the values of a sequence; one value stands for a list of one.
func (v value) list() []value {
	n := resolve(v.node)
	if !v.isSet() {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return []value{v}
	}
	var out []value
	for i, item := range n.Content {
		out = append(out, value{d: v.d, node: item, path: fmt.Sprintf("%s[%d]", v.path, i), offset: v.offset})
	}
	return out
}

// text reads a scalar.
func (v value) text() string {
	n := resolve(v.node)
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	v.d.read[n] = true
	return n.Value
}

// isRead tells that somebody has read a value.
func (v value) isRead() bool { return !v.isSet() || v.d.read[resolve(v.node)] }

func (v value) isPartlyRead() bool {
	n := resolve(v.node)
	return v.d.read[n] || slices.ContainsFunc(n.Content, func(child *yaml.Node) bool { return value{d: v.d, node: child}.isPartlyRead() })
}

// texts reads a list of scalars.
func (v value) texts() []string {
	var out []string
	for _, item := range v.list() {
		out = append(out, item.text())
	}
	return out
}

// number reads a whole number; 0 if there is none.
func (v value) number() int {
	n, _ := strconv.Atoi(v.text())
	return n
}

// skip takes a part as read.
func (v value) skip() {
	n := resolve(v.node)
	if n == nil {
		return
	}
	v.d.read[n] = true
	for _, child := range n.Content {
		value{d: v.d, node: child}.skip()
	}
}

// none notes that what is written there has no equal, or wants to be looked at.
func (v value) none(reason string) {
	if !v.isSet() {
		return
	}
	v.skip()
	v.note(reason)
}

func (v value) note(reason string) {
	if v.d == nil {
		return
	}
	note := Note{File: v.d.file, Object: v.d.String(), Field: v.path, Reason: reason}
	if n := resolve(v.node); n != nil && !v.d.live {
		note.Line = v.node.Line + v.offset
	}
	if v.path == "" {
		v.d.told = true
	}
	v.d.t.notes = append(v.d.t.notes, note)
}

// parse reads the document that a text holds, which is JSON in what CIS reads.
func (v value) parse() (value, error) {
	text := strings.ReplaceAll(v.text(), "\t", " ") // JSON may be indented by them, YAML may not
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		return value{}, err
	}
	if len(root.Content) == 0 {
		return value{}, errors.New("it is empty")
	}
	offset := v.node.Line + v.offset - 1
	if v.node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		offset++ // it begins on the line behind the key's
	}
	inner := value{d: v.d, node: root.Content[0], path: v.path, offset: offset}
	v.d.embedded = append(v.d.embedded, inner)
	return inner, nil
}

// tellUnread notes what no translator asked for.
func (t *translator) tellUnread() {
	for _, d := range t.documents {
		switch {
		case d.told:
			continue
		case translators[d.kind] == nil && !d.named:
			d.root.note("nothing names it")
			continue
		}
		for _, root := range append([]value{d.root}, d.embedded...) {
			root.tellUnread()
		}
	}
}

var index = regexp.MustCompile(`\[\d+\]`)

func (v value) tellUnread() {
	n := resolve(v.node)
	if v.d.read[n] || !v.isSet() {
		return
	}
	if reason, ok := reasons[v.d.kind+" "+index.ReplaceAllString(v.path, "")]; ok && !v.isPartlyRead() {
		v.none(reason)
		return
	}
	for _, f := range v.fields() {
		f.tellUnread()
	}
	if n.Kind == yaml.SequenceNode {
		for _, item := range v.list() {
			item.tellUnread()
		}
	}
	if n.Kind == yaml.ScalarNode {
		v.none("not known to this command")
	}
}
