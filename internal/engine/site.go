package engine

import (
	"context"
	"errors"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RunSite brings the objects of routes to goal, all that changes in one transaction:
// nothing half-made serves, and what serves goes on. It returns what is live, beside
// an error too where it could be read: an interrupted run is finished by running
// again.
//
//	hold ─ read ─ gates ─ monitored pools that begin to get traffic are made, and
//	judged ─ members come ─ one transaction ─ read again ─ members go
//
// Errors are *AbortedError if a gate stayed closed, *DeviceError, *UnsettledError,
// what goal.Desired returns, or ctx.Err().
func RunSite(ctx context.Context, device Device, goal SiteGoal, report Report) (ltm.Site, error) {
	return ltm.Site{}, errors.ErrUnsupported
}
