package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestADigestIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	digest := Digest{
		{Release: "13.0.0", Kind: "tm:ltm:node:nodestate"}: {Objects: 1, Keys: map[string]Key{"name": {Types: "string"}}},
		{Release: "12.1.2", Kind: "tm:ltm:pool:poolstate"}: {Objects: 2, Keys: map[string]Key{
			"name": {Types: "string"}, "metadata": {Types: "list", Optional: true}, "metadata[]": {Types: "object"}, "metadata[].value": {Types: "digits|object", Optional: true},
		}},
	}
	const text = `[12.1.2 tm:ltm:pool:poolstate] 2 objects
metadata? list
metadata[] object
metadata[].value? digits|object
name string

[13.0.0 tm:ltm:node:nodestate] 1 object
name string
`
	if diff := cmp.Diff(text, digest.String()); diff != "" {
		t.Error(diff)
	}
	read, err := Parse("# comment\n\n" + text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(digest, read); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoDigestIsRefusedByLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"name string":                           `line 1: "name string" is neither`,
		"[1.0 a] 1 object\nname":                `line 2: "name" is neither`,
		"[1.0 a] many objects":                  "line 1: ",
		"[1.0 a] 99999999999999999999 objects":  "line 1: ",
		"[1.0 a] 1 object\n\n[1.0 a] 2 objects": "line 3: 1.0 a is there twice",
	} {
		_, err := Parse(text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestDifferencesAreToldByKey(t *testing.T) {
	t.Parallel()
	recorded := shape(t, `
always string
sometimes? string
number number
fqdn object
fqdn.interval digits
gone object
gone.inside string
list list
list[] string`)
	for _, tt := range []struct {
		name, shown string
		want        []string
	}{
		{"the same", "always string\nsometimes? string\nnumber number\nfqdn object\nfqdn.interval digits\ngone object\ngone.inside string\nlist list\nlist[] string", nil},
		{"keys missing and too many", "always string\nsometimes? string\nnumber number\nfqdn object\nlist list\nnew object\nnew.inside string", []string{
			"fqdn.interval is recorded, and not shown", "gone is recorded, and not shown", "list[] is recorded, and not shown", "new is shown, and not recorded",
		}},
		{"other types and other presence", "always? string\nsometimes string\nnumber digits\nfqdn object\nfqdn.interval number\ngone object\ngone.inside string\nlist list\nlist[] link", []string{
			"always is recorded of each object, and shown of some",
			"fqdn.interval is recorded as digits, and shown as number",
			"list[] is recorded as string, and shown as link",
			"number is recorded as number, and shown as digits",
			"sometimes is recorded of some objects, and shown of each",
		}},
	} {
		if diff := cmp.Diff(tt.want, differences(recorded, shape(t, tt.shown))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func shape(t *testing.T, keys string) Shape {
	t.Helper()
	digest, err := Parse("[1.0 a] 1 object\n" + keys)
	if err != nil {
		t.Fatal(err)
	}
	return digest[Section{Release: "1.0", Kind: "a"}]
}
