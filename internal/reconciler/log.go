package reconciler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// mostChanges bounds the changes that one line of the log names.
const mostChanges = 20

// log writes what a sync did and why, and what is new in what it could not do.
func (r *reconciler) log(ctx context.Context, p *pool, report engine.FollowReport, err error) {
	why := reasons(report)
	for _, d := range report.Drift {
		r.logger.WarnContext(ctx, "drift", "pool", p.path, "member", d.Key.String(), "kind", string(d.Kind))
	}
	for _, change := range report.Written {
		r.logger.InfoContext(ctx, "pool written", "pool", p.path, "changes", strings.Join(lines(change, why), "; "))
	}
	held := heldText(report)
	if held != p.memory.held && err == nil {
		if held != "" {
			r.logger.WarnContext(ctx, "held: the members stay in service", "pool", p.path, "members", held)
		} else {
			r.logger.InfoContext(ctx, "nothing is held any more", "pool", p.path)
		}
		p.memory.held = held
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	switch {
	case text == p.memory.failed:
	case err != nil && ofDevice(err): // the gate has told it, once for all pools
	case err != nil:
		r.logger.ErrorContext(ctx, "pool cannot be synced", "pool", p.path, "error", err)
	default:
		r.logger.InfoContext(ctx, "pool is synced again", "pool", p.path)
	}
	p.memory.failed = text
}

// lines are those of a change set, each with its reason.
func lines(change changeset.ChangeSet, why map[ltm.MemberKey]string) []string {
	all := memberLines(change, why)
	texts := make([]string, 0, len(all))
	for _, l := range all {
		if l.reason != "" {
			l.text += " (" + l.reason + ")"
		}
		texts = append(texts, l.text)
	}
	return texts
}

// reasoned is a change in words, and what asks for it; "" if nothing of Kubernetes does.
type reasoned struct{ text, reason string }

// memberLines are those of a change set. The mark of a new member is left out: the
// reason names its pod.
func memberLines(change changeset.ChangeSet, why map[ltm.MemberKey]string) []reasoned {
	change.Add = slices.Clone(change.Add)
	for i := range change.Add {
		change.Add[i].Description = ""
	}
	all := change.Changes()
	texts := make([]reasoned, 0, min(len(all), mostChanges+1))
	for i, c := range all {
		if i == mostChanges {
			return append(texts, reasoned{text: fmt.Sprintf("and %d more", len(all)-i)})
		}
		text := reasoned{text: c.Text}
		if key, err := ltm.ParseMemberKey(c.Of); err == nil {
			text.reason = cmp.Or(why[key], "its endpoint is gone")
		}
		texts = append(texts, text)
	}
	return texts
}

// reasons says of each member that has an endpoint, or had been changed, what asks
// for what it is. One without has lost its endpoint.
func reasons(report engine.FollowReport) map[ltm.MemberKey]string {
	why := map[ltm.MemberKey]string{}
	shares := map[string]int{}
	for _, backend := range report.Backends {
		shares[backend.Name] = backend.Share
	}
	words := map[endpoints.State]string{
		endpoints.Ready: "ready", endpoints.Draining: "terminating and still serving", endpoints.NotReady: "not ready",
	}
	for name, result := range report.Endpoints {
		for _, e := range result.Endpoints {
			text := words[e.State]
			if e.Pod != "" {
				text = "pod " + e.Pod + " is " + text
			} else {
				text = "its endpoint is " + text
			}
			if share, ok := shares[name]; ok && share == 0 {
				text += ", backend " + name + " has no share"
			}
			why[e.Key] = text
		}
	}
	for _, d := range report.Drift {
		text := "somebody had changed it"
		if why[d.Key] != "" {
			text += "; " + why[d.Key]
		}
		why[d.Key] = text
	}
	return why
}

// heldText names what is held and why, without the times: it changes only when
// something else is held.
func heldText(report engine.FollowReport) string {
	texts := make([]string, 0, len(report.Held))
	for _, h := range report.Held {
		texts = append(texts, h.Key.String()+" "+string(h.Reason))
	}
	return strings.Join(texts, ", ")
}
