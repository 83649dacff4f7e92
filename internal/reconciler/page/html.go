package page

import (
	"cmp"
	_ "embed" // of the template
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fewMembers are shown at once; of more, those that somebody may have to look at.
const fewMembers = 25

//go:embed page.html.tmpl
var source string

var document = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": number, "rate": rate, "percent": percent, "plural": plural, "cluster": clusterName, "id": id,
}).Parse(source))

// view is a Status as the template prints it.
type view struct {
	*Status
	Version uint64
	Query   string
	Shown   int // members that the query finds
	Served  []servedView
	Rest    []poolView // that no virtual server gives clients to
}

type servedView struct {
	VirtualServer
	Names  []nameView
	Bound  []poolView
	Others []string // pools without a mark
	Repeat []string // pools that stand at another virtual server already
}

type nameView struct {
	Name  string
	Pools []string
}

type poolView struct {
	Pool
	Notable []Member // that somebody may have to look at, where there are many
	Listed  []Member
	now     time.Time
	search  bool
}

// render prints the page. query leaves of the members those that have its words.
func render(out io.Writer, s *Status, version uint64, query string) error {
	v := view{Status: s, Version: version, Query: query}
	words := strings.Fields(strings.ToLower(query))
	placed := map[string]bool{}
	pool := func(p Pool) poolView {
		placed[p.Path] = true
		view := newPoolView(p, words, s.Time)
		v.Shown += len(view.Listed)
		return view
	}
	for _, vs := range s.VirtualServers {
		served := servedView{VirtualServer: vs, Names: names(vs.Hosts)}
		for _, path := range vs.Pools {
			p := s.pool(path)
			switch {
			case p == nil:
				served.Others = append(served.Others, path)
			case placed[path]:
				served.Repeat = append(served.Repeat, path)
			default:
				served.Bound = append(served.Bound, pool(*p))
			}
		}
		v.Served = append(v.Served, served)
	}
	for _, path := range s.unserved() {
		v.Rest = append(v.Rest, pool(*s.pool(path)))
	}
	return document.Execute(out, v)
}

func newPoolView(p Pool, words []string, now time.Time) poolView {
	view := poolView{Pool: p, Listed: p.Members, now: now, search: len(words) > 0}
	if view.search {
		view.Listed = nil
		for _, m := range p.Members {
			if m.has(words) {
				view.Listed = append(view.Listed, m)
			}
		}
	}
	if len(p.Members) > fewMembers && !view.search {
		for _, m := range p.Members {
			if !m.State.Calm() {
				view.Notable = append(view.Notable, m)
			}
		}
	}
	return view
}

// has tells that each of the words is somewhere in what is said of a member.
func (m Member) has(words []string) bool {
	text := strings.ToLower(strings.Join([]string{m.Address, string(m.State), m.Backend, m.Pod, m.Node, m.Zone, m.Why}, " "))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// Open tells that all members are to be seen without asking for them.
func (p poolView) Open() bool { return p.search || len(p.Members) <= fewMembers }

// Drains are the members on their way out, in the words of each.
func (p poolView) Drains() []line {
	var all []line
	for _, m := range p.Members {
		if m.Drain != nil {
			all = append(all, line{m, "waits for " + m.Drain.waits(p.now) + "; since " + clock(m.Drain.Since, p.now)})
		}
	}
	return all
}

// Holds are the members that are held.
func (p poolView) Holds() []line {
	var all []line
	for _, m := range p.Members {
		if m.Held != nil {
			all = append(all, line{m, m.Held.Reason + "; since " + clock(m.Held.Since, p.now) + ", " + m.Held.until(p.now)})
		}
	}
	return all
}

type line struct {
	Member
	Text string
}

// Clock is for the times of the page.
func (v view) Clock(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return clock(*t, v.Time)
}

// ClockOf is that of a time that is known.
func (v view) ClockOf(t time.Time) string { return clock(t, v.Time) }

// names puts the pools of each domain name together.
func names(hosts []Host) []nameView {
	var all []nameView
	for _, h := range hosts {
		name, pool := h.Name, cmp.Or(h.Pool, "the BIG-IP itself")
		if name == AnyName {
			name = "any other name"
		}
		if n := len(all); n > 0 && all[n-1].Name == name {
			all[n-1].Pools = append(all[n-1].Pools, pool)
			continue
		}
		all = append(all, nameView{name, []string{pool}})
	}
	return all
}

// id is a name that HTML takes for the id of an element.
func id(parts ...string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' {
			return '_'
		}
		return r
	}, strings.Join(parts, ":"))
}

// members is one table of members.
type members struct {
	ID, Label string
	Rows      []Member
}

// All are the members that the query finds.
func (p poolView) All() members { return members{id("m", p.Path), "Members of " + p.Path, p.Listed} }

// Few are those of many that somebody may have to look at.
func (p poolView) Few() members {
	return members{id("n", p.Path), "Members of " + p.Path + " to look at", p.Notable}
}

// Known tells that somebody serves it; only where Up is known.
func (v VirtualServer) Known() bool { return v.Up != nil && *v.Up }

// AskedText is the share that is asked.
func (b Backend) AskedText() string { return percent(&b.Asked) }

// Bar is a picture of what is measured, else of nothing. Its numbers stand beside it.
func (b Backend) Bar() template.HTML {
	if b.Measured == nil {
		return ""
	}
	return template.HTML(`<meter aria-hidden="true" min="0" max="100" value="` + strconv.FormatFloat(*b.Measured, 'f', 1, 64) + `"></meter>`) //nolint:gosec // a number
}
