package ingress

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

// Problem is something that an object asks for and does not get as it asked.
type Problem struct {
	Object binding.Object `json:"object"`        // "ingress shop/web"
	Place  string         `json:"place"`         // in the object: "rule 2, path 1"; "" is all of it
	Reason string         `json:"reason"`        // a sentence's end: "a regular expression cannot …"
	Effect Effect         `json:"effect"`        // what became of it
	With   binding.Object `json:"with,omitzero"` // the other object, of a Conflict
}

// Effect is what became of a part with a Problem.
type Effect string

// The effects.
const (
	LeftOut  Effect = "left out"               // as if it were not written there
	Answered Effect = "answered with an error" // requests for it get one, none goes elsewhere
	Refused  Effect = "refused with a reset"   // connections for it end, none goes elsewhere
	Differs  Effect = "served, with a limit"   // the reason says which
	Conflict Effect = "shadowed"               // another object has the same, and is older
)

// String is a sentence: "ingress shop/web, rule 2: a regular expression … (left out)".
func (p Problem) String() string {
	text := p.Object.String()
	if p.Place != "" {
		text += ", " + p.Place
	}
	return text + ": " + p.Reason + " (" + string(p.Effect) + ")"
}

// sortProblems sorts, and removes what is there twice.
func sortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(a.Object.Compare(b.Object), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Reason, b.Reason), a.With.Compare(b.With))
	})
	return slices.Compact(problems)
}

// Unresolved is the Gateway API's word for why a reference of the object leads nowhere:
// RefNotPermitted, InvalidKind, BackendNotFound. It is "" where the Problem is another.
func (p Problem) Unresolved() string {
	for _, known := range []struct{ text, word string }{
		{"no ReferenceGrant in namespace ", "RefNotPermitted"},
		{", and only Services are", "InvalidKind"},
		{" does not exist", "BackendNotFound"},
		{" has no TCP port ", "BackendNotFound"},
		{" is an external name and has no endpoints", "BackendNotFound"},
	} {
		if p.Effect != Conflict && p.Place != "" && strings.Contains(p.Reason, known.text) {
			return known.word
		}
	}
	return ""
}

// IsMissing tells that requests get an error, or connections end, because a Service, or its port, is not there: not that somebody has asked
// for what cannot be, or has withdrawn a grant.
func (p Problem) IsMissing() bool {
	return (p.Effect == Answered || p.Effect == Refused) && p.Unresolved() == "BackendNotFound"
}

// Unattached is the Gateway API's word for why no listener takes the route that the Problem is of: NotAllowedByListeners,
// NoMatchingListenerHostname or NoMatchingParent. It is "" where the Problem is another.
func (p Problem) Unattached() string {
	switch {
	case p.Place != "" || !strings.HasPrefix(p.Reason, "no listener of its Gateway takes it"):
		return ""
	case strings.Contains(p.Reason, notInHostnames):
		return "NoMatchingListenerHostname"
	case strings.Contains(p.Reason, notAllowed):
		return "NotAllowedByListeners"
	default:
		return "NoMatchingParent"
	}
}
