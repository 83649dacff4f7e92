package ingress

import (
	"context"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// survey reads all that routes.Build has to know of a partition, and says what it must
// become. The error is the device's, or a *routes.ForeignError.
func survey(ctx context.Context, on engine.Surveyor, s sought) (live ltm.Site, built routes.Built, err error) {
	return engine.SurveySite(ctx, on, s.options, func(live ltm.Site) (routes.Built, error) { return routes.Build(s.set, s.options, live) })
}
