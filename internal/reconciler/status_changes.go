package reconciler

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
)

// mostRemembered are the changes that are remembered, of all pools.
const mostRemembered = 100

// changes are the last ones, the oldest first.
type changes []page.Change

// add takes what a sync of a pool did, and what it could not do. It comes before the log,
// which remembers what it has told.
func (c *changes) add(now time.Time, p *pool, before, report engine.FollowReport, err error, policy engine.FollowOptions) {
	var all []page.Change
	tell := func(warning bool, text, cause string) {
		all = append(all, page.Change{Time: now, Pool: p.path.String(), Text: text, Cause: cause, Warning: warning})
	}
	if before.Bound && report.Bound && !slices.Equal(before.Backends, report.Backends) {
		tell(false, "bound to "+shares(report.Backends), "its mark was written, by an apply or by hand")
	}
	why := reasons(report)
	for _, change := range report.Written {
		for _, l := range memberLines(change, why) {
			tell(false, l.text, l.reason)
		}
	}
	if held := heldText(report); err == nil && held != p.memory.held {
		if held == "" {
			tell(false, "nothing is held any more", "")
		}
		by := map[string][]string{}
		for _, h := range report.Held {
			reason := holdReason(h, policy)
			by[reason] = append(by[reason], h.Key.String())
		}
		for _, reason := range slices.Sorted(maps.Keys(by)) {
			tell(true, counted(len(by[reason]), "member")+" held in service: "+some(by[reason]), reason)
		}
	}
	switch {
	case err == nil && p.memory.failed != "":
		tell(false, "synced again", "")
	case err != nil && err.Error() != p.memory.failed:
		tell(true, "cannot be synced", err.Error())
	}
	*c = append(*c, all...)
	if n := len(*c) - mostRemembered; n > 0 {
		*c = slices.Clone((*c)[n:])
	}
}

// newestFirst is a copy.
func (c changes) newestFirst() []page.Change {
	all := slices.Clone([]page.Change(c))
	slices.Reverse(all)
	if all == nil {
		all = []page.Change{}
	}
	return all
}

// shares is "blue (shop/blue:http) with share 90, green (shop/green:http) with share 10".
func shares(backends []engine.Backend) string {
	texts := make([]string, 0, len(backends))
	for _, b := range backends {
		texts = append(texts, fmt.Sprintf("%s (%s) with share %d", b.Name, b.Ref, b.Share))
	}
	return strings.Join(texts, ", ")
}

// podIn is the pod that a member's mark names, "" if none.
func podIn(description string) string {
	if _, mark, found, err := binding.ParseMember(description); found && err == nil {
		return mark.Pod
	}
	return ""
}
