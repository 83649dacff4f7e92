package diagnostics

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// ShareMove is what becomes of the share of a backend, in percent.
type ShareMove struct {
	Backend  string
	From, To int
}

// Readiness is how many members of those that gain traffic are available.
// Backend is "" where it is a whole pool.
type Readiness struct {
	Backend   string
	Available int
	Of        int
}

// String is "4 of 5 green members available".
func (r Readiness) String() string {
	noun := "members"
	if r.Of == 1 {
		noun = "member"
	}
	if r.Backend != "" {
		noun = r.Backend + " " + noun
	}
	return fmt.Sprintf("%d of %d %s available", r.Available, r.Of, noun)
}

// SharesMove warns, in one sentence, that the split of a live pool changes:
// "shop: blue 100% -> 0%, green 0% -> 100%, 4 of 5 green members available".
// Readiness that is not known is left out.
func SharesMove(pool string, moves []ShareMove, ready []Readiness) diag.Diagnostic {
	parts := make([]string, 0, len(moves)+len(ready))
	for _, move := range moves {
		parts = append(parts, fmt.Sprintf("%s %d%% -> %d%%", move.Backend, move.From, move.To))
	}
	return trafficMoves(path.Root("traffic"), pool, parts, ready)
}

// PoolMoves warns, in one sentence, that a live virtual server gets another pool:
// "shop: pool /shop/blue -> /shop/green, 4 of 5 members available". An empty path
// is none.
func PoolMoves(virtualServer, from, to string, ready []Readiness) diag.Diagnostic {
	if to == "" {
		to = "none"
	}
	return trafficMoves(path.Root("pool"), virtualServer, []string{"pool " + from + " -> " + to}, ready)
}

func trafficMoves(at path.Path, name string, parts []string, ready []Readiness) diag.Diagnostic {
	for _, r := range ready {
		parts = append(parts, r.String())
	}
	return diag.NewAttributeWarningDiagnostic(at, "Live traffic moves", name+": "+strings.Join(parts, ", "))
}
