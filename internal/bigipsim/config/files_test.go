package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What hooks made of a body (records, files, chains, tables) comes back from a
// saved configuration as it was.
func TestObjectsMadeOfFilesAndListsSurviveASave(t *testing.T) {
	t.Parallel()
	db := testDB(t)
	db.Files().Put(Downloads+"x", factoryPair().cert)
	db.Files().Put(Downloads+"k", factoryPair().key)
	created := []struct {
		kind string
		body map[string]any
	}{
		{"ltm/data-group/internal", map[string]any{"name": "d", "type": "ip", "records": []any{map[string]any{"name": "10.0.0.1", "data": "x"}}}},
		{"sys/file/ssl-cert", map[string]any{"name": "x.crt", "sourcePath": "file:" + Downloads + "x"}},
		{"sys/file/ssl-key", map[string]any{"name": "x.key", "sourcePath": "file://" + Downloads + "k"}},
		{"ltm/profile/client-ssl", map[string]any{"name": "c", "cert": "/Common/x.crt", "key": "/Common/x.key", "tmOptions": []any{"a", "b"}}},
		{"ltm/snatpool", map[string]any{"name": "s", "members": []any{"10.0.0.1"}}},
		{"net/tunnels/tunnel", map[string]any{"name": "t", "profile": "/Common/vxlan"}},
		{"ltm/policy", map[string]any{"name": "/Common/Drafts/p", "rules": []any{map[string]any{
			"name": "r", "conditions": []any{map[string]any{"name": "0", "httpHost": true, "missing": true, "values": []any{"a"}}},
		}}}},
	}
	for _, object := range created {
		_, err := db.Update(Change{Actor: Actor{User: "admin"}, Do: func(c *Candidate) error {
			_, err := c.Do(Command{Verb: Create, Type: c.Schema.Type(object.kind), Body: object.body})
			return err
		}})
		if err != nil {
			t.Fatalf("%s: %v", object.kind, err)
		}
	}
	text, err := db.Save()
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewDB(Options{Version: db.State().Schema.Version, Saved: text})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range created {
		before, after := contents(db.State(), object.kind), contents(again.State(), object.kind)
		if diff := cmp.Diff(before, after); diff != "" || len(before) == 0 {
			t.Errorf("%s:\n%s", object.kind, diff)
		}
	}
	if contents(again.State(), "net/fdb/tunnel")["/Common/t"] == nil || contents(again.State(), "ltm/snat-translation")["/Common/10.0.0.1"] == nil {
		t.Error("what was made along with the objects is gone")
	}
}

// contents are the values of all objects of a kind and of their items, by path.
func contents(s *State, kind string) map[string]Values {
	found := map[string]Values{}
	var collect func(prefix string, items Collection)
	collect = func(prefix string, items Collection) {
		for _, o := range items.Items() {
			found[prefix+o.Path] = o.Set
			for _, sub := range o.Type.Subs {
				collect(prefix+o.Path+" "+sub.Sub+" ", o.Sub(sub.Sub))
			}
		}
	}
	collect("", s.Objects(s.Schema.Type(kind)))
	return found
}
