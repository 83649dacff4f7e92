package reconciler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// PlannedRoutes is what --dry-run prints of the routes of an owner. The names are a
// contract.
type PlannedRoutes struct {
	Routes   string   `json:"routes"` // "ingress shop/web at 203.0.113.10 in shop"
	Changes  []string `json:"changes"`
	Problems []string `json:"problems"`
	Held     string   `json:"held,omitempty"` // why the changes wait
	Refused  bool     `json:"refused,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// routeOutcome is what came of the routes of one owner.
type routeOutcome struct {
	key    ingress.Key
	report engine.RouteReport
	err    error
}

// syncRoutes syncs all routes once, side by side, and looks at the device again where
// that has made pools.
func (h *helper) syncRoutes(ctx context.Context) ([]routeOutcome, error) {
	all := h.routes.all()
	slices.SortFunc(all, func(a, b *route) int { return strings.Compare(a.key.String(), b.key.String()) })
	outcomes := make([]routeOutcome, len(all))
	slots := make(chan struct{}, h.settings.Workers)
	var working sync.WaitGroup
	for i, one := range all {
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			_, bound := h.routes.find(one.key)
			outcomes[i].key = one.key
			outcomes[i].report, outcomes[i].err = h.router.sync(ctx, one, bound)
		})
	}
	working.Wait()
	looked := map[string]bool{}
	for _, o := range outcomes {
		if name := o.key.Partition; o.report.Written && !looked[name] {
			looked[name] = true
			if err := h.discovery.look(ctx, name); err != nil {
				return outcomes, err
			}
		}
	}
	return outcomes, nil
}

// planned is what is printed of it.
func (o routeOutcome) planned() PlannedRoutes {
	p := PlannedRoutes{Routes: o.key.String(), Changes: []string{}, Problems: []string{}, Held: o.report.Held, Refused: o.report.Refused}
	for _, change := range o.report.Change.Changes() {
		p.Changes = append(p.Changes, change.Text)
	}
	for _, problem := range o.report.Problems {
		p.Problems = append(p.Problems, problem.String())
	}
	if o.err != nil {
		p.Error = o.err.Error()
	}
	return p
}

// summary is its line.
func (o routeOutcome) summary() string {
	changes := counted(len(o.report.Change.Changes()), "change")
	switch {
	case o.err != nil:
		return fmt.Sprintf("%s: failed: %v", o.key, o.err)
	case !o.report.Bound:
		return o.key.String() + ": gone"
	case o.report.Refused:
		return fmt.Sprintf("%s: %s refused, %s", o.key, changes, counted(len(o.report.Problems), "problem"))
	case o.report.Held != "":
		return fmt.Sprintf("%s: %s held: %s", o.key, changes, o.report.Held)
	}
	return fmt.Sprintf("%s: %s written, %s", o.key, changes, counted(len(o.report.Problems), "problem"))
}

func (o routeOutcome) failure() error { return fmt.Errorf("%s: %w", o.key, o.err) }

// failures are the errors, and how many wait.
func routeFailures(outcomes []routeOutcome) (failures []error, waiting int) {
	for _, o := range outcomes {
		switch {
		case o.err != nil:
			failures = append(failures, o.failure())
		case o.report.Held != "" || o.report.Refused:
			waiting++
		}
	}
	return failures, waiting
}
