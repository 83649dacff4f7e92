package rest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// query is the part of a request's query that the device acts upon (icontrol-rest 2.2).
type query struct {
	expand    bool
	selected  map[string]bool // nil: everything
	filter    string
	options   string // tmsh words
	top, skip int    // -1: not given
	echo      []parameter
}

// parameter is one that links in the answer repeat.
type parameter struct{ name, value string }

func parseQuery(raw string) query {
	q := query{top: -1, skip: -1}
	for _, pair := range strings.Split(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil || name == "" {
			continue
		}
		if value, err = url.QueryUnescape(value); err != nil {
			continue
		}
		switch name {
		case "ver":
			continue
		case "expandSubcollections":
			q.expand = value == "true"
		case "$select":
			q.selected = map[string]bool{}
			for _, field := range strings.Split(value, ",") {
				q.selected[strings.TrimSpace(field)] = true
			}
		case "options":
			q.options = value
		case "$filter":
			q.filter = value
		case "$top":
			q.top = count(value)
		case "$skip":
			q.skip = count(value)
		}
		q.echo = append(q.echo, parameter{name, value})
	}
	return q
}

func count(text string) int {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

// self is the query of a selfLink: what was asked, then the version.
func (q query) self(version config.Version) string {
	var b strings.Builder
	b.WriteByte('?')
	for _, p := range q.echo {
		b.WriteString(p.name + "=" + url.QueryEscape(p.value) + "&")
	}
	return b.String() + "ver=" + version.String()
}

// next is the query of a nextLink, in which paging is asked for with %24.
func (q query) next(version config.Version) string {
	var b strings.Builder
	b.WriteByte('?')
	for _, p := range q.echo {
		if p.name != "$top" && p.name != "$skip" {
			b.WriteString(p.name + "=" + url.QueryEscape(p.value) + "&")
		}
	}
	skip := max(q.skip, 0) + q.top
	return b.String() + "%24top=" + strconv.Itoa(q.top) + "&%24skip=" + strconv.Itoa(skip) + "&ver=" + version.String()
}

// filtered applies $filter, of which tm/* knows only "partition eq X".
func (q query) filtered(state *config.State, items []*config.Object) ([]*config.Object, error) {
	if q.filter == "" {
		return items, nil
	}
	words := strings.Fields(q.filter)
	if len(words) != 3 || words[0] != "partition" || words[1] != "eq" {
		return nil, icrdError(http.StatusBadRequest, "The filter %q is not supported: only \"partition eq <name>\" is", q.filter)
	}
	partition := strings.Trim(words[2], "'\"")
	if !state.FolderExists("/" + partition) {
		return nil, config.FolderNotFound("/" + partition)
	}
	var kept []*config.Object
	for _, o := range items {
		if config.Partition(o.Path) == partition {
			kept = append(kept, o)
		}
	}
	return kept, nil
}

// page cuts $skip and $top out of a list and says whether more follows.
func page[T any](q query, items []T) (cut []T, more bool) {
	if q.skip > 0 {
		items = items[min(q.skip, len(items)):]
	}
	if q.top >= 0 && q.top < len(items) {
		return items[:q.top], q.top > 0
	}
	return items, false
}
