package cutover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// gate looks at one condition of the shift. It returns nothing if it has nothing
// to ask.
type gate func(Spec, Observation, time.Time) []Gate

// clearances are asked before anything is written, where traffic is to move.
func clearances() []gate { return []gate{freeze, owner, unchanged, device} }

// chain are the gates of the shift itself, in the order in which they are reported.
func chain() []gate { return []gate{availability, bareness, check} }

// look asks gates.
func look(chain []gate, spec Spec, observation Observation, now time.Time) []Gate {
	var gates []Gate
	for _, ask := range chain {
		gates = append(gates, ask(spec, observation, now)...)
	}
	return gates
}

// freeze is closed while no traffic may be moved.
func freeze(spec Spec, observation Observation, now time.Time) []Gate {
	if !observation.Moves {
		return nil
	}
	reason, ends := spec.Freeze.At(now)
	if reason == "" {
		return nil
	}
	return []Gate{{Kind: GateFreeze, Closed: reason, Final: ends.IsZero() || ends.After(now.Add(spec.Timeout))}}
}

func owner(_ Spec, observation Observation, _ time.Time) []Gate {
	return closed(GateOwner, observation.Foreign, true)
}

func unchanged(_ Spec, observation Observation, _ time.Time) []Gate {
	return closed(GateUnchanged, observation.Changed, true)
}

func device(_ Spec, observation Observation, _ time.Time) []Gate {
	return closed(GateDevice, observation.Standby, false)
}

// check wants one good answer before traffic moves.
func check(spec Spec, observation Observation, _ time.Time) []Gate {
	switch {
	case spec.Check.IsZero() || !observation.Moves:
		return nil
	case observation.Reading == nil:
		return closed(GateCheck, "the check has not been asked yet", false)
	default:
		return closed(GateCheck, observation.Reading.Failed, false)
	}
}

func closed(kind GateKind, reason string, final bool) []Gate {
	if reason == "" {
		return nil
	}
	return []Gate{{Kind: kind, Closed: reason, Final: final}}
}

// availability asks Require of each group of candidates.
func availability(spec Spec, observation Observation, _ time.Time) []Gate {
	if spec.Require.IsZero() {
		return nil
	}
	groups := map[string][]Candidate{}
	var names []string
	for _, candidate := range observation.Candidates {
		if _, known := groups[candidate.Backend]; !known {
			names = append(names, candidate.Backend)
		}
		groups[candidate.Backend] = append(groups[candidate.Backend], candidate)
	}
	slices.Sort(names)
	var gates []Gate
	for _, name := range names {
		gates = append(gates, count(name, spec.Require.Needed(len(groups[name])), groups[name]))
	}
	return gates
}

// bareness asks for one available candidate where nothing else would serve. It
// is reported only if it is closed and no other gate has said so already.
func bareness(spec Spec, observation Observation, now time.Time) []Gate {
	if !observation.Bare {
		return nil
	}
	g := count("", max(1, spec.Require.Needed(len(observation.Candidates))), observation.Candidates)
	if g.Available > 0 || len(closedOf(availability(spec, observation, now))) > 0 {
		return nil
	}
	return []Gate{g}
}

// count makes the gate of a group of candidates.
func count(backend string, needed int, candidates []Candidate) Gate {
	g := Gate{Backend: backend, Needed: needed, Of: len(candidates)}
	for _, candidate := range candidates {
		if candidate.Available() {
			g.Available++
		} else {
			g.Missing = append(g.Missing, candidate)
		}
	}
	slices.SortFunc(g.Missing, func(a, b Candidate) int { return a.Key.Compare(b.Key) })
	return g
}

func closedOf(gates []Gate) []Gate {
	return slices.DeleteFunc(slices.Clone(gates), Gate.Open)
}

// unjudged tells that a monitor may still open one of the closed gates with its
// first word.
func unjudged(closed []Gate) bool {
	return slices.ContainsFunc(closed, func(g Gate) bool {
		return slices.ContainsFunc(g.Missing, func(c Candidate) bool { return c.Health == ltm.HealthChecking })
	})
}

// Available tells that the candidate would serve.
func (c Candidate) Available() bool { return !c.Gone && ltm.Member{Health: c.Health}.Available() }

// down tells that the monitors, or somebody by hand, took the candidate down.
// One that is not on the device any more is not: pods come and go.
func (c Candidate) down() bool {
	return c.Health == ltm.HealthDown || c.Health == ltm.HealthForcedDown
}

// Open tells that the gate lets traffic through.
func (g Gate) Open() bool { return g.Closed == "" && g.Available >= g.Needed }

// Hopeless tells that waiting will not open the gate: it is closed for good, or
// asks for more members than can come. One whose endpoint is gone does not.
func (g Gate) Hopeless() bool {
	gone := 0
	for _, candidate := range g.Missing {
		if candidate.Gone {
			gone++
		}
	}
	return g.Final || g.Needed > g.Of-gone
}

// named is how many missing members a Gate's text names.
const named = 3

// String tells how many of how many, and who is missing and why:
//
//	backend green: 1 of 2 members available, 2 needed: 10.0.0.4:8080 is down: /Common/http: No successful responses received
func (g Gate) String() string {
	if g.Closed != "" {
		return g.Closed
	}
	text := fmt.Sprintf("%d of %d members available, %d needed", g.Available, g.Of, g.Needed)
	switch {
	case strings.HasPrefix(g.Backend, "/"):
		text = "pool " + g.Backend + ": " + text
	case g.Backend != "":
		text = "backend " + g.Backend + ": " + text
	}
	if g.Open() || len(g.Missing) == 0 {
		return text
	}
	var missing []string
	for _, candidate := range g.Missing[:min(named, len(g.Missing))] {
		missing = append(missing, candidate.String())
	}
	if more := len(g.Missing) - named; more > 0 {
		missing = append(missing, fmt.Sprintf("and %d more", more))
	}
	return text + ": " + strings.Join(missing, "; ")
}

// String tells how the candidate is: "10.0.0.4:8080 is down: no answer".
func (c Candidate) String() string {
	state := string(c.Health)
	switch c.Health {
	case "":
		state = "not on the device"
	case ltm.HealthChecking:
		state = "not checked by its monitors yet"
	case ltm.HealthForcedDown:
		state = "forced offline"
	}
	text := c.Key.String() + " is " + state
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	if c.Gone {
		text += "; its endpoint is not ready in Kubernetes any more"
	}
	return text
}
