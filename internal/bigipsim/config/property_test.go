package config

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

// Whatever is asked of it, the database never gets into a state that a device
// could not be in, and a refusal changes nothing.
func TestRandomCommandsKeepTheConfigurationWhole(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		version, err := ParseVersion("17.1.1")
		if err != nil {
			t.Fatal(err)
		}
		db, err := NewDB(Options{Version: version})
		if err != nil {
			t.Fatal(err)
		}
		g := generator{Rand: rand.New(rand.NewPCG(seed, 7)), schema: db.State().Schema}
		done := 0
		for range 400 {
			if g.IntN(10) == 0 {
				if err := db.SetNames(map[string][]string{"www.example.com": g.answer()}); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
			before := db.State()
			commands := make([]Command, 1+g.IntN(3))
			for i := range commands {
				commands[i] = g.command()
			}
			_, err := db.Update(Change{Actor: Actor{Metadata: true}, Transaction: len(commands) > 1, Do: func(c *Candidate) error {
				for _, cmd := range commands {
					if _, err := c.Do(cmd); err != nil {
						return err
					}
				}
				return nil
			}})
			var refusal *Error
			switch {
			case err == nil:
				done++
			case !errors.As(err, &refusal):
				t.Fatalf("seed %d: %v is no refusal of the device", seed, err)
			case db.State() != before:
				t.Fatalf("seed %d: refused (%v), but the state changed", seed, err)
			}
			if problem := broken(db.State()); problem != "" {
				t.Fatalf("seed %d: after %+v: %s", seed, commands, problem)
			}
		}
		if done < 20 {
			t.Errorf("seed %d: only %d commands of 400 succeeded; the test tests little", seed, done)
		}
	}
}

// broken names what is wrong with a state, "" if nothing is.
func broken(s *State) string {
	for _, o := range s.Objects(s.Schema.mustType("ltm/pool")).Items() {
		for _, m := range o.Sub("members").Items() {
			node := s.Node(m)
			if node == nil || node.Text("address") != m.Text("address") {
				return fmt.Sprintf("member %s of %s has no node of its address", m.Path, o.Path)
			}
			if m.IsEphemeral() != node.IsEphemeral() || m.IsTemplate() != node.IsTemplate() {
				return fmt.Sprintf("member %s of %s and its node are not of one sort", m.Path, o.Path)
			}
		}
	}
	if problem := brokenNames(s); problem != "" {
		return problem
	}
	addresses := s.Objects(s.Schema.mustType("ltm/virtual-address"))
	for _, o := range s.Objects(s.Schema.mustType("ltm/virtual")).Items() {
		if addresses.Find(addressPath(o.Text("destination"))) == nil {
			return fmt.Sprintf("%s has no virtual address for %s", o.Path, o.Text("destination"))
		}
		if o.Is("enabled") == o.Is("disabled") {
			return o.Path + " is both or neither of enabled and disabled"
		}
	}
	for _, t := range s.Schema.Types {
		var last string
		for _, o := range s.Objects(t).Items() {
			if o.Path <= last {
				return fmt.Sprintf("%s: %s stands after %s", t.Path, o.Path, last)
			}
			last = o.Path
			if !t.NoPartition && !t.IsFolder && !s.FolderExists(Folder(o.Path)) {
				return o.Path + " is in no folder"
			}
			for _, r := range s.references(o) {
				if s.FindAny(r.types, r.path) == nil {
					return fmt.Sprintf("%s refers to %s %s, which is not there", o.Path, r.noun, r.path)
				}
			}
		}
	}
	return ""
}

// brokenNames compares the ephemeral nodes with what names resolve to: an address
// has one node.
func brokenNames(s *State) string {
	wanted, found, static := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range s.Objects(s.Schema.mustType("ltm/node")).Items() {
		address := o.Text("address")
		switch {
		case o.IsTemplate():
			addresses, _ := s.Resolution(o)
			for _, address := range addresses {
				wanted[address] = true
			}
		case found[address] || static[address]:
			return "two nodes have the address " + address
		case o.IsEphemeral():
			found[address] = true
		default:
			static[address] = true
		}
	}
	for address := range static {
		delete(wanted, address)
	}
	if !maps.Equal(wanted, found) {
		return fmt.Sprintf("the names resolve to %v, and the ephemeral nodes have %v", wanted, found)
	}
	return ""
}

// generator makes commands over few names, so that they meet each other.
type generator struct {
	*rand.Rand
	schema *Schema
}

func pick[T any](g generator, choices ...T) T { return choices[g.IntN(len(choices))] }

func (g generator) partition() string { return pick(g, "Common", "Common", "a", "b") }
func (g generator) path() string      { return "/" + g.partition() + "/" + pick(g, "x", "y", "z") }
func (g generator) address() string {
	return pick(g, "10.0.0.1", "10.0.0.2", "2001:db8::1", "10.0.0.1%2")
}

// answer is one of DNS; nil is none.
func (g generator) answer() []string {
	return pick(g, nil, []string{}, []string{"10.0.0.1", "10.0.0.9"}, []string{"10.0.0.9", "10.0.0.8"}, []string{"2001:db8::1", "10.0.0.8"})
}

func (g generator) command() Command {
	verb := pick(g, Create, Create, Modify, Replace, Delete)
	cmd := Command{Verb: verb, Path: g.path(), Body: map[string]any{}}
	if verb == Create {
		cmd.Body["name"] = cmd.Path
	}
	switch g.IntN(7) {
	case 0:
		cmd.Type = g.schema.Type("auth/partition")
		cmd.Path = pick(g, "a", "b")
		cmd.Body["name"] = cmd.Path
	case 1, 2:
		cmd.Type = g.schema.Type("ltm/pool")
		cmd.Body["description"] = "d"
		cmd.Body["monitor"] = pick(g, "", "/Common/http", g.path())
		if g.IntN(2) == 0 {
			cmd.Body["members"] = []any{g.member(), map[string]any{"name": g.member(), "session": "user-disabled"}}
		}
	case 3:
		cmd.Type, cmd.Parent, cmd.Path = g.schema.Type("ltm/pool/members"), g.path(), g.member()
		cmd.Body["name"] = cmd.Path
		cmd.Body["state"] = pick(g, "user-up", "user-down")
	case 4:
		cmd.Type = g.schema.Type("ltm/virtual")
		cmd.Body["destination"] = "/" + g.partition() + "/" + MemberName(g.address(), 80)
		cmd.Body["pool"] = pick(g, "none", g.path())
		cmd.Body["profiles"] = pick(g, []any{}, []any{"tcp", "http"}, []any{"udp"}, []any{"http"})
		cmd.Body[pick(g, "enabled", "disabled")] = true
	case 5:
		cmd.Type = g.schema.Type("ltm/node")
		cmd.Path = "/" + g.partition() + "/" + g.address()
		cmd.Body = map[string]any{"name": cmd.Path, "description": "d"}
		if g.IntN(2) == 0 {
			cmd.Path = "/" + g.partition() + "/www"
			cmd.Body = map[string]any{"name": cmd.Path, "fqdn": map[string]any{"autopopulate": pick(g, "enabled", "disabled"), "addressFamily": pick(g, "ipv4", "all")}}
			if verb == Create {
				cmd.Body["fqdn"].(map[string]any)["tmName"] = "www.example.com"
			}
		}
	default:
		cmd.Type = g.schema.Type("ltm/monitor/http")
		cmd.Body["recv"] = "ok"
		cmd.Body["defaultsFrom"] = pick(g, "/Common/http", g.path())
	}
	return cmd
}

func (g generator) member() string {
	return "/" + g.partition() + "/" + MemberName(pick(g, g.address(), g.address(), g.address(), "www", "_auto_10.0.0.9"), pick(g, 80, 81))
}
