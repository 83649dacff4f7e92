package migrate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// The types of resources.
const (
	ingressType = "bigipkube_ingress"
	poolType    = "bigipkube_pool"
	serverType  = "bigipkube_virtual_server"
	monitorType = "bigipkube_monitor"
)

// expr is an expression of HCL; nil is none.
type expr = hclwrite.Tokens

// block is a resource.
type block struct {
	kind, label string
	comment     string // where it comes from
	attributes  []attribute
}

type attribute struct {
	name  string
	value expr
}

// resource begins a block, with a label that no other one of its type has.
func (t *translator) resource(kind, label string, from fmt.Stringer) *block {
	label = identifier(label)
	for n, base := 2, label; t.labels[kind+"."+label]; n++ {
		label = fmt.Sprintf("%s_%d", base, n)
	}
	t.labels[kind+"."+label] = true
	b := &block{kind: kind, label: label, comment: from.String()}
	t.blocks = append(t.blocks, b)
	return b
}

// set writes an attribute, unless there is no value.
func (b *block) set(name string, value expr) {
	if value != nil {
		b.attributes = append(b.attributes, attribute{name, value})
	}
}

func (b *block) id() expr { return reference(b.kind, b.label, "id") }

// identifier makes a name of HCL.
func identifier(text string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, text)
	if !hclsyntax.ValidIdentifier(name) {
		return "_" + name
	}
	return name
}

// variable is a reference to one, which the user gives a value.
func (t *translator) variable(name, description string) expr {
	name = identifier(name)
	t.variables[name] = description
	return reference("var", name)
}

func reference(names ...string) expr {
	traversal := hcl.Traversal{hcl.TraverseRoot{Name: names[0]}}
	for _, name := range names[1:] {
		traversal = append(traversal, hcl.TraverseAttr{Name: name})
	}
	return hclwrite.TokensForTraversal(traversal)
}

// quoted is a text; none if it is empty.
func quoted(text string) expr {
	if text == "" {
		return nil
	}
	return hclwrite.TokensForValue(cty.StringVal(text))
}

// integer is a number; none if it is 0.
func integer(n int) expr {
	if n == 0 {
		return nil
	}
	return number(n)
}

func number(n int) expr { return hclwrite.TokensForValue(cty.NumberIntVal(int64(n))) }

func boolean(b bool) expr { return hclwrite.TokensForValue(cty.BoolVal(b)) }

// truth is true; none if it is false.
func truth(b bool) expr {
	if !b {
		return nil
	}
	return boolean(true)
}

// tuple is a list; none if it is empty.
func tuple(items ...expr) expr {
	if len(items) == 0 {
		return nil
	}
	return hclwrite.TokensForTuple(items)
}

// quotedAll is a list of texts; none if it is empty.
func quotedAll(texts []string) expr {
	var items []expr
	for _, text := range texts {
		items = append(items, quoted(text))
	}
	return tuple(items...)
}

// object is one on a single line, of what has a value.
func object(attributes ...attribute) expr {
	out := expr{{Type: hclsyntax.TokenOBrace, Bytes: []byte("{")}}
	for _, a := range attributes {
		if a.value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, &hclwrite.Token{Type: hclsyntax.TokenComma, Bytes: []byte(",")})
		}
		out = append(out, key(a.name)...)
		out = append(out, &hclwrite.Token{Type: hclsyntax.TokenEqual, Bytes: []byte(" = ")})
		out = append(out, a.value...)
	}
	return append(out, &hclwrite.Token{Type: hclsyntax.TokenCBrace, Bytes: []byte("}")})
}

// mapping is an object on several lines, sorted by key; none if it is empty.
func mapping(values map[string]expr) expr {
	if len(values) == 0 {
		return nil
	}
	var attributes []hclwrite.ObjectAttrTokens
	for _, name := range slices.Sorted(maps.Keys(values)) {
		attributes = append(attributes, hclwrite.ObjectAttrTokens{Name: key(name), Value: values[name]})
	}
	return hclwrite.TokensForObject(attributes)
}

func key(name string) expr {
	if hclsyntax.ValidIdentifier(name) {
		return hclwrite.TokensForIdentifier(name)
	}
	return quoted(name)
}

// render writes the variables and the blocks.
func (t *translator) render() []byte {
	if len(t.blocks) == 0 {
		return nil
	}
	file := hclwrite.NewEmptyFile()
	body := file.Body()
	for _, name := range slices.Sorted(maps.Keys(t.variables)) {
		variable := body.AppendNewBlock("variable", []string{name}).Body()
		variable.SetAttributeValue("description", cty.StringVal(t.variables[name]))
		variable.SetAttributeRaw("type", hclwrite.TokensForIdentifier("string"))
		body.AppendNewline()
	}
	for i, b := range t.blocks {
		if i > 0 {
			body.AppendNewline()
		}
		body.AppendUnstructuredTokens(expr{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + b.comment + "\n")}})
		content := body.AppendNewBlock("resource", []string{b.kind, b.label}).Body()
		for _, a := range b.attributes {
			content.SetAttributeRaw(a.name, a.value)
		}
	}
	return hclwrite.Format(file.Bytes())
}

// interpolated is "${value}text".
func interpolated(value expr, text string) expr {
	out := expr{{Type: hclsyntax.TokenOQuote, Bytes: []byte(`"`)}, {Type: hclsyntax.TokenTemplateInterp, Bytes: []byte("${")}}
	out = append(out, value...)
	return append(out, expr{
		{Type: hclsyntax.TokenTemplateSeqEnd, Bytes: []byte("}")},
		{Type: hclsyntax.TokenQuotedLit, Bytes: []byte(text)},
		{Type: hclsyntax.TokenCQuote, Bytes: []byte(`"`)},
	}...)
}
