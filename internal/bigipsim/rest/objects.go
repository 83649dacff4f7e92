package rest

import (
	"net/http"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// coordination is the header that puts a request into a transaction.
const coordination = "X-F5-REST-Coordination-Id"

// tm is everything below /mgmt/tm.
func (s *Server) tm(r *request) (int, *document, error) {
	path := strings.Join(r.path[1:], "/")
	if r.path[len(r.path)-1] == "available" && r.Method == http.MethodGet {
		return http.StatusOK, &document{}, nil
	}
	if path == "transaction" || strings.HasPrefix(path, "transaction/") {
		return s.transaction(r)
	}
	if handle := s.system(path); handle != nil {
		if r.Header.Get(coordination) != "" && r.Method != http.MethodGet {
			return 0, nil, notInTransaction(r)
		}
		return handle(r)
	}
	t, ok := resolve(r.state.Schema, r.path[1:])
	if !ok {
		return s.organizing(r, path)
	}
	if r.Method == http.MethodGet {
		return s.read(r, t)
	}
	verb, ok := map[string]config.Verb{
		http.MethodPost: config.Create, http.MethodPut: config.Replace,
		http.MethodPatch: config.Modify, http.MethodDelete: config.Delete,
	}[r.Method]
	if !ok || t.stats || (t.path == "") != (verb == config.Create) {
		return 0, nil, icrdError(http.StatusMethodNotAllowed, "Operation is not supported on component /%s.", t.kind.Path)
	}
	body, err := decode(r)
	if err != nil {
		return 0, nil, err
	}
	cmd := config.Command{Verb: verb, Type: t.kind, Parent: t.parent, Path: t.path, Body: body}
	if r.Header.Get(coordination) != "" {
		return s.queue(r, cmd)
	}
	return s.change(r, t, cmd)
}

// actor is the user as mcpd sees it.
func (u *User) actor() config.Actor {
	a := config.Actor{User: u.Name, Metadata: u.Role == RoleAdmin}
	if !u.everywhere() {
		a.Partition = u.Partition
	}
	return a
}

// change carries one command out and answers with the object as it is then.
func (s *Server) change(r *request, t target, cmd config.Command) (int, *document, error) {
	var o *config.Object
	state, err := s.db.Update(config.Change{Actor: r.user.actor(), Do: func(c *config.Candidate) (err error) {
		o, err = c.Do(cmd)
		return err
	}})
	if err != nil {
		return 0, nil, err
	}
	if cmd.Verb == config.Delete {
		return http.StatusOK, nil, nil
	}
	if o = state.Find(cmd.Type, cmd.Parent, o.Path); o == nil {
		return 0, nil, config.NotFound(cmd.Type, cmd.Parent, cmd.Path)
	}
	if cmd.Verb == config.Create && namedBare(cmd) {
		t.bare = true
		if cmd.Type.Object == "pool_member" && !s.version.AtLeast(13, 0) {
			// Older releases add the member and then do not find it (icontrol-rest 4.2).
			return 0, nil, config.ObjectNotFound(config.Name(o.Path))
		}
	}
	e := &encoder{Server: s, state: state, expand: r.query.expand}
	return http.StatusOK, e.object(o, cmd.Parent, t.bare, r.query.self(s.version)), nil
}

// namedBare says whether a new object was named without a partition; the answer
// then has none either (icontrol-rest 2.1).
func namedBare(cmd config.Command) bool {
	name, _ := cmd.Body["name"].(string)
	partition, _ := cmd.Body["partition"].(string)
	return partition == "" && !strings.HasPrefix(name, "/") && !cmd.Type.NoPartition && !cmd.Type.IsFolder
}

// read is GET of an object, of a collection, or of statistics.
func (s *Server) read(r *request, t target) (int, *document, error) {
	e := &encoder{Server: s, state: r.state, expand: r.query.expand}
	if t.parent != "" && r.state.Objects(t.kind.Parent).Find(t.parent) == nil {
		return 0, nil, config.NotFound(t.kind.Parent, "", t.parent)
	}
	if t.path == "" {
		return s.readCollection(r, t, e)
	}
	o := r.state.Find(t.kind, t.parent, t.path)
	switch {
	case o == nil && t.kind.Object == "pool_member":
		return s.missingMember(t)
	case o == nil:
		return 0, nil, config.NotFound(t.kind, t.parent, t.path)
	case t.stats:
		return s.objectStats(t, e, o)
	}
	d := e.object(o, t.parent, t.bare, r.query.self(s.version))
	if r.query.selected != nil {
		d = d.only(r.query.selected)
	}
	return http.StatusOK, d, nil
}

// missingMember answers GET of a member that is not there: up to 12.x with a
// skeleton without address (icontrol-rest 4.2).
func (s *Server) missingMember(t target) (int, *document, error) {
	if s.version.AtLeast(13, 0) {
		return 0, nil, config.ObjectNotFound(t.path)
	}
	return http.StatusOK, (&document{}).
		add("kind", t.kind.Kind()).
		add("name", config.Name(t.path)).
		add("partition", config.Partition(t.path)).
		add("fullPath", t.path).
		add("selfLink", href(t.kind, t.parent, t.path)+s.ver()), nil
}

// readCollection is GET of a collection, filtered and paged.
func (s *Server) readCollection(r *request, t target, e *encoder) (int, *document, error) {
	var items []*config.Object
	if t.kind.Parent == nil {
		items = r.state.Objects(t.kind).Items()
	} else {
		items = r.state.Objects(t.kind.Parent).Find(t.parent).Sub(t.kind.Sub).Items()
	}
	if t.stats {
		return s.collectionStats(t, e, items)
	}
	items, err := r.query.filtered(r.state, items)
	if err != nil {
		return 0, nil, err
	}
	total := len(items)
	items, more := page(r.query, items)
	self := collectionHref(t.kind, t.parent)
	d := (&document{}).add("kind", t.kind.CollectionKind()).add("selfLink", self+r.query.self(s.version))
	if r.query.top > 0 {
		skipped := min(max(r.query.skip, 0), total)
		d.add("currentItemCount", len(items)).
			add("itemsPerPage", r.query.top).
			add("pageIndex", skipped/r.query.top+1).
			add("startIndex", skipped+1).
			add("totalItems", total).
			add("totalPages", (total+r.query.top-1)/r.query.top)
	}
	if len(items) > 0 || s.version.AtLeast(14, 0) {
		documents := make([]*document, len(items))
		for i, o := range items {
			documents[i] = e.object(o, t.parent, false, s.ver())
			if r.query.selected != nil {
				documents[i] = documents[i].only(r.query.selected)
			}
		}
		d.add("items", documents)
	}
	if more {
		d.add("nextLink", self+r.query.next(s.version))
	}
	return http.StatusOK, d, nil
}

// organizing is GET of a URL that only holds others: /ltm, /ltm/monitor
// (icontrol-rest 2.3). Anything else is an unknown URI.
func (s *Server) organizing(r *request, path string) (int, *document, error) {
	items := []*document{}
	seen := map[string]bool{}
	for _, t := range r.state.Schema.Types {
		rest, below := strings.CutPrefix(t.Path, path+"/")
		if path == "" || !below || t.Parent != nil {
			continue
		}
		child, _, _ := strings.Cut(rest, "/")
		if !seen[child] {
			seen[child] = true
			items = append(items, (&document{}).add("reference", link(host+path+"/"+child+s.ver())))
		}
	}
	if len(items) == 0 {
		return 0, nil, notRegistered("/tm/" + path)
	}
	if r.Method != http.MethodGet {
		return 0, nil, icrdError(http.StatusMethodNotAllowed, "Operation is not supported on component /%s.", path)
	}
	kind := "tm:" + strings.ReplaceAll(path, "/", ":") + ":" + config.Name(path) + "collectionstate"
	return http.StatusOK, (&document{}).add("kind", kind).add("selfLink", host+path+s.ver()).add("items", items), nil
}
