package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTmshWordsArePartedByBlanksBracesAndQuotes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want []string
		ok   bool
	}{
		{"create-draft", []string{"create-draft"}, true},
		{"records add { a { data 1 } }", []string{"records", "add", "{", "a", "{", "data", "1", "}", "}"}, true},
		{"records add {a{data 1}}", []string{"records", "add", "{", "a", "{", "data", "1", "}", "}"}, true},
		{`x "two words" \"q\" ""`, []string{"x", "two words", `"q"`, ""}, true},
		{`"{" \{`, []string{"{", "{"}, true},
		{"", nil, true},
		{"a { b", nil, false},
		{"a } b {", nil, false},
		{`"open`, nil, false},
	} {
		got, ok := tmshWords(test.text)
		if !test.ok {
			got = nil
		}
		if ok != test.ok || !cmp.Equal(got, test.want) {
			t.Errorf("%q: %q %v", test.text, got, ok)
		}
	}
}

func FuzzTmshWords(f *testing.F) {
	for _, seed := range []string{`records add { a { data "1 2" } }`, `\`, `"`, "{}", "}{", ""} {
		f.Add(seed)
	}
	o := &Object{Type: &Type{fields: map[string]*Field{}}, Path: "/Common/dg", Set: Values{"type": "string", "records": []Record{{"a", "1"}}}}
	f.Fuzz(func(t *testing.T, text string) {
		words, ok := tmshWords(text)
		if len(strings.Join(words, "")) > len(text) {
			t.Errorf("%q: more came out than went in: %q", text, words)
		}
		if ok {
			_, _ = dataGroupOptions(nil, o, words)
		}
		if got := Records(o); len(got) != 1 || got[0] != (Record{"a", "1"}) {
			t.Errorf("%q changed the committed records: %v", text, got)
		}
	})
}

func FuzzRecordNamesAreNormalForms(f *testing.F) {
	for _, seed := range []string{"10.0.0.1", "10.0.0.1%2/8", "::1/64", "fe80::1%eth0", "007", "1.2.3.4/33", "%", "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, kind := range []string{"ip", "integer", "string"} {
			once, ok := recordName(kind, name)
			if !ok {
				continue
			}
			if twice, ok := recordName(kind, once); !ok || twice != once {
				t.Errorf("%s %q: %q, then %q %v", kind, name, once, twice, ok)
			}
		}
	})
}

func testDB(t *testing.T) *DB {
	t.Helper()
	version, err := ParseVersion("17.1.1")
	if err != nil {
		t.Fatal(err)
	}
	db, err := NewDB(Options{Version: version, Now: func() time.Time { return time.Unix(1700000000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestPolicyRulesAreInTheOrderOfEvaluation(t *testing.T) {
	t.Parallel()
	db := testDB(t)
	item := func(name string) any { return map[string]any{"name": name, "request": true} }
	rule := func(name string, ordinal string, actions ...any) any {
		return map[string]any{"name": name, "ordinal": ordinal, "actions": actions}
	}
	state, err := db.Update(Change{Do: func(c *Candidate) error {
		_, err := c.Do(Command{Verb: Create, Type: c.Schema.Type("ltm/policy"), Body: map[string]any{
			"name": "/Common/Drafts/x", "rules": []any{rule("z", "1"), rule("a", "2", item("10"), item("2"), item("0")), rule("b", "1")},
		}})
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	rules := PolicyRules(state.Objects(state.Schema.Type("ltm/policy")).Find("/Common/Drafts/x"))
	for _, r := range rules {
		names = append(names, r.Name)
	}
	if !slices.Equal(names, []string{"b", "z", "a"}) {
		t.Errorf("rules %v", names)
	}
	names = nil
	for _, action := range rules[2].Actions {
		names = append(names, action.Path)
	}
	if !slices.Equal(names, []string{"0", "2", "10"}) {
		t.Errorf("actions %v", names)
	}
}

func TestAProfileGivesItsKeyPairsInheritedOnesToo(t *testing.T) {
	t.Parallel()
	db := testDB(t)
	state, err := db.Update(Change{Do: func(c *Candidate) error {
		_, err := c.Do(Command{Verb: Create, Type: c.Schema.Type("ltm/profile/client-ssl"), Body: map[string]any{"name": "child"}})
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	pairs := state.KeyPairs(state.Objects(state.Schema.Type("ltm/profile/client-ssl")).Find("/Common/child"))
	if len(pairs) != 1 || pairs[0].Cert != "/Common/default.crt" || pairs[0].Chain != "" {
		t.Fatalf("pairs %v", pairs)
	}
	if !strings.Contains(pairs[0].CertPEM, "BEGIN CERTIFICATE") || !strings.Contains(pairs[0].KeyPEM, "PRIVATE KEY") {
		t.Error("the files have no content")
	}
	if got := state.KeyPairs(state.Objects(state.Schema.Type("ltm/profile/server-ssl")).Find("/Common/serverssl")); len(got) != 0 {
		t.Errorf("server-ssl without certificate: %v", got)
	}
}
