package bigip

import (
	"errors"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// actionForm is how a kind of action is written: the flags that make it what it is,
// and the words of its texts and its path (icontrol-rest 3.6).
type actionForm struct {
	kind  ltm.PolicyActionKind
	flags []string
	texts map[string]func(*ltm.PolicyAction) *string
	path  string
	to    func(*ltm.PolicyAction) *ltm.Path
}

func actionName(a *ltm.PolicyAction) *string     { return &a.Name }
func actionValue(a *ltm.PolicyAction) *string    { return &a.Value }
func actionLocation(a *ltm.PolicyAction) *string { return &a.Location }
func actionPool(a *ltm.PolicyAction) *ltm.Path   { return &a.Pool }
func actionPolicy(a *ltm.PolicyAction) *ltm.Path { return &a.Policy }

var (
	field       = map[string]func(*ltm.PolicyAction) *string{"tmName": actionName, "value": actionValue}
	actionForms = []actionForm{
		{kind: ltm.Forward, flags: []string{"forward", "select"}, path: "pool", to: actionPool},
		{kind: ltm.Reset, flags: []string{"forward", "reset"}},
		{
			kind: ltm.Redirect, flags: []string{"httpReply", "redirect"},
			texts: map[string]func(*ltm.PolicyAction) *string{"location": actionLocation},
		},
		{kind: ltm.Protect, flags: []string{"asm", "enable"}, path: "policy", to: actionPolicy},
		{kind: ltm.InsertHeader, flags: []string{"httpHeader", "insert"}, texts: field},
		{kind: ltm.ReplaceHeader, flags: []string{"httpHeader", "replace"}, texts: field},
		{
			kind: ltm.RemoveHeader, flags: []string{"httpHeader", "remove"},
			texts: map[string]func(*ltm.PolicyAction) *string{"tmName": actionName},
		},
		{
			kind: ltm.ReplaceHost, flags: []string{"httpHost", "replace"},
			texts: map[string]func(*ltm.PolicyAction) *string{"value": actionValue},
		},
		{
			kind: ltm.ReplacePath, flags: []string{"httpUri", "replace"},
			texts: map[string]func(*ltm.PolicyAction) *string{"path": actionValue},
		},
		{
			kind: ltm.SetVariable, flags: []string{"tcl", "setVariable"},
			texts: map[string]func(*ltm.PolicyAction) *string{"tmName": actionName, "expression": actionValue},
		},
	}
)

func actionFromWire(item icontrol.PolicyItem) (ltm.PolicyAction, error) {
	for _, form := range actionForms {
		if slices.ContainsFunc(form.flags, func(flag string) bool { return !isSet(item, flag) }) {
			continue
		}
		a := ltm.PolicyAction{Kind: form.kind, Response: isSet(item, "response")}
		known := append([]string{"response"}, form.flags...)
		for word, of := range form.texts {
			*of(&a) = text(item, word)
			known = append(known, word)
		}
		if form.to != nil {
			path, err := optionalPath(text(item, form.path))
			if err != nil {
				return a, err
			}
			*form.to(&a) = path
			known = append(known, form.path)
		}
		if form.kind == ltm.Redirect {
			code, _ := item["code"].(float64)
			a.Code = int(code)
			known = append(known, "code")
		}
		return a, words(item, known...)
	}
	if err := words(item); err != nil {
		return ltm.PolicyAction{}, err
	}
	return ltm.PolicyAction{}, errors.New("it does nothing")
}

func actionToWire(at int, a ltm.PolicyAction, event string) icontrol.PolicyItem {
	if a.Response {
		event = "response"
	}
	for _, form := range actionForms {
		if form.kind != a.Kind {
			continue
		}
		item := newItem(at, append([]string{event}, form.flags...)...)
		for word, of := range form.texts {
			item[word] = *of(&a)
		}
		if form.to != nil {
			item[form.path] = form.to(&a).String()
		}
		if a.Kind == ltm.Redirect && a.Code != 0 {
			item["code"] = a.Code
		}
		return item
	}
	return newItem(at) // no action that is known: the device refuses it
}
