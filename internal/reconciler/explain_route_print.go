package reconciler

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func (e RouteExplanation) print(out io.Writer, now time.Time) error {
	var b strings.Builder
	for i, served := range e.Served {
		if i > 0 {
			b.WriteString("\n")
		}
		served.print(&b, e.Device, now)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (e ExplainedRoutes) print(b *strings.Builder, device string, now time.Time) {
	key := ingress.Key{Owner: e.Object, Partition: e.Partition, Folder: e.Folder, Address: e.Address}
	fmt.Fprintf(b, "%s on %s\n", key, device)
	if e.Owner != e.Object {
		line(b, "by", e.Owner.String())
	}
	for _, s := range e.VirtualServers {
		line(b, "served by", fmt.Sprintf("%s, port %d", s.Path, s.Port))
	}
	e.Pending.print(b)
	for _, p := range e.Problems {
		line(b, "problem", p.String())
	}
	for _, rule := range e.Rules {
		rule.print(b)
	}
	for _, c := range e.Certificates {
		c.print(b, now)
	}
}

func (p ExplainedPending) print(b *strings.Builder) {
	switch p.When {
	case whenNext:
		line(b, "pending", "the next sync writes what has changed")
	case whenHeld:
		line(b, "pending", fmt.Sprintf("held for %s from when the helper sees it first, as it may be a mistake: %s", p.After, p.Why))
	case whenRefused:
		line(b, "pending", "refused, as "+p.Why)
	default:
		line(b, "pending", "nothing")
	}
	for _, change := range p.Changes {
		line(b, "change", change)
	}
}

func (r ExplainedRule) print(b *strings.Builder) {
	var names, places []string
	for _, rule := range r.Rules {
		names, places = append(names, rule.Name), append(places, fmt.Sprint(rule.Place))
	}
	fmt.Fprintf(b, "\nrule %s\n", strings.Join(names, ", "))
	line(b, "place", fmt.Sprintf("%s of %d in policy %s", strings.Join(places, " and "), r.Of, r.Policy))
	line(b, "from", r.from())
	if r.Class == binding.ClassFallback {
		line(b, "matches", "what no other rule does")
	} else {
		line(b, "host", cmp.Or(map[bool]string{true: "any"}[r.Host == "*"], r.Host))
		line(b, "path", r.path())
		line(b, "matches", strings.Join(r.Matches, ", "))
	}
	line(b, "answer", r.Answer)
	for _, pool := range r.Pools {
		line(b, "pool", pool.String())
	}
	for _, rival := range r.First {
		line(b, "never acts", rival.String()+" has the same match, and comes first")
	}
	for _, rival := range r.Behind {
		line(b, "before", rival.String()+", which has the same match and never acts")
	}
}

// from is where in Kubernetes the route stands.
func (r ExplainedRule) from() string {
	if r.Class != binding.ClassRoute {
		return r.Source.String() + ", " + string(r.Class)
	}
	return fmt.Sprintf("%s, rule %d, match %d", r.Source, r.At.Rule, r.At.Match)
}

func (r ExplainedRule) path() string {
	switch {
	case r.Exact:
		return r.Path + " alone"
	case r.Path == "/":
		return "any"
	}
	return r.Path + " and below"
}

// mostMembers are named of a pool.
const mostMembers = 5

// String is "/shop/web, 2 members: 10.0.0.1:80 enabled, up; …".
func (p ExplainedPool) String() string {
	text := p.Path.String() + ", " + counted(len(p.Members), "member")
	for i, m := range p.Members {
		if i == mostMembers {
			return fmt.Sprintf("%s; and %d more", text, len(p.Members)-i)
		}
		text += fmt.Sprintf("%s %s %s, %s", map[bool]string{true: ":", false: ";"}[i == 0], m.Member, m.ExplainedSetting, m.Health)
	}
	return text
}

// String is "rule x of ingress shop/web".
func (r ExplainedRival) String() string { return fmt.Sprintf("rule %s of %s", r.Rule, r.Source) }

func (c ExplainedCertificate) print(b *strings.Builder, now time.Time) {
	fmt.Fprintf(b, "\ncertificate for %s\n", c.Host)
	line(b, "files", c.Path.String())
	line(b, "shown by", c.Server.String())
	if !c.Shown {
		line(b, "waits", "an older owner's is shown for that name")
	}
	switch {
	case c.Until == nil:
		line(b, "valid", "it is not on the device")
	case c.Until.Before(now):
		line(b, "valid", "no more: it has expired at "+c.Until.Format(time.RFC3339))
	default:
		line(b, "valid", fmt.Sprintf("until %s (for %s)", c.Until.Format(time.RFC3339), left(c.Until.Sub(now))))
	}
}

// left is "30 days", and of less than two "47h10m".
func left(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return counted(int(d/day), "day")
	}
	return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
}
