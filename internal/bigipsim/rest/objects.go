package rest

import (
	"net/http"
	"slices"
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
	if body["command"] == resetStatsCommand && verb == config.Create && r.Header.Get(coordination) == "" {
		return s.resetStats(r, t, body)
	}
	cmd := config.Command{Verb: verb, Type: t.kind, Parent: t.parent, Path: t.path, Body: body, Options: r.query.options}
	if _, ok := body["command"]; ok && verb == config.Create {
		cmd.Verb = config.Run
	}
	if r.Header.Get(coordination) != "" {
		return s.queue(r, cmd)
	}
	return s.change(r, t, cmd)
}

// change carries one command out and answers with the object as it is then.
func (s *Server) change(r *request, t target, cmd config.Command) (int, *document, error) {
	var o *config.Object
	state, err := s.db.Update(config.Change{Actor: r.user.Actor(), Do: func(c *config.Candidate) (err error) {
		o, err = c.Do(cmd)
		return err
	}})
	if err != nil {
		return 0, nil, err
	}
	switch cmd.Verb {
	case config.Delete:
		return http.StatusOK, nil, nil
	case config.Run:
		return http.StatusOK, ran(cmd), nil
	}
	if o = state.Find(cmd.Type, cmd.Parent, o.Path); o == nil {
		return 0, nil, config.NotFound(cmd.Type, cmd.Parent, cmd.Path)
	}
	if cmd.Verb == config.Create && cmd.Type.Path == "ltm/virtual/policies" && !s.version.AtLeast(13, 0) {
		// 11.5.4 and 12.1.1 attach the policy and then do not find it (icontrol-rest 3.4).
		return 0, nil, config.ObjectNotFound(o.Path)
	}
	if cmd.Verb == config.Create && namedBare(cmd) {
		t.bare = true
		if cmd.Type.Object == "pool_member" && !s.version.AtLeast(13, 0) {
			// Older releases add the member and then do not find it (icontrol-rest 4.2).
			return 0, nil, config.ObjectNotFound(config.Name(cmd.Type.Shown(o.Path)))
		}
	}
	e := &encoder{Server: s, state: state, expand: r.query.expand}
	return http.StatusOK, e.object(o, cmd.Parent, t.bare, r.query.self(s.version)), nil
}

// ran is the answer to a command: what was sent, with a kind of its own (inferred
// from sys config, icontrol-rest 3.15).
func ran(cmd config.Command) *document {
	command, _ := cmd.Body["command"].(string)
	d := (&document{}).add("kind", "tm:"+strings.ReplaceAll(cmd.Type.Path, "/", ":")+":"+command+"state")
	for _, key := range sortedKeys(cmd.Body) {
		if key != "kind" {
			d.add(key, cmd.Body[key])
		}
	}
	return d
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
	if t.parent != "" && r.state.Owner(t.kind, t.parent) == nil {
		return 0, nil, config.NotFound(t.kind.Parent, config.Outer(t.parent), config.Inner(t.parent))
	}
	if t.path == "" {
		return s.readCollection(r, t, e)
	}
	o := r.state.Find(t.kind, t.parent, t.path)
	switch {
	case o == nil && s.asksAllMembers(t):
		return s.allMembersStats(r, t, e)
	case o == nil && t.bare && t.name == "example" && t.parent == "" && !s.version.AtLeast(14, 0):
		return s.example(t)
	case o == nil && (t.kind.Object == "pool_member" || t.kind.Object == "policy_rule"):
		return s.missingItem(t)
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

// example is the template that the reserved name "example" gives on older
// releases (icontrol-rest 2.1): the defaults of all properties. The
// descriptions that a device adds are left out; the shape is inferred.
func (s *Server) example(t target) (int, *document, error) {
	template := (&document{}).add("naturalKeyPropertyNames", []string{"name", "partition", "subPath"})
	for _, f := range t.kind.Fields {
		if f.Group() == "" && !f.WriteOnly && f.Default != nil {
			template.add(f.Name, f.Default)
		}
	}
	return http.StatusOK, (&document{}).
		add("kind", t.kind.CollectionKind()).
		add("selfLink", collectionHref(t.kind, "")+"/example"+s.ver()).
		add("items", []*document{template}), nil
}

// missingItem answers GET of a member or rule that is not there: up to 12.x with
// a skeleton, which for a member has no address (icontrol-rest 4.2).
func (s *Server) missingItem(t target) (int, *document, error) {
	if s.version.AtLeast(13, 0) {
		return 0, nil, config.ObjectNotFound(t.path)
	}
	full := t.kind.Shown(t.path)
	d := (&document{}).add("kind", t.kind.Kind()).add("name", config.Name(full))
	if !t.kind.NoPartition {
		d.add("partition", config.Partition(t.path))
	}
	return http.StatusOK, d.
		add("fullPath", full).
		add("selfLink", href(t.kind, t.parent, t.path)+s.ver()), nil
}

// readCollection is GET of a collection, filtered and paged.
func (s *Server) readCollection(r *request, t target, e *encoder) (int, *document, error) {
	var items []*config.Object
	if t.kind.Parent == nil {
		items = r.state.Objects(t.kind).Items()
	} else {
		items = r.state.Owner(t.kind, t.parent).Sub(t.kind.Sub).Items()
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

// boxPaths are those of system that an organising collection names.
var boxPaths = []string{"cm/failover-status", "cm/sync-status", "sys/config", "sys/failover", "sys/mcp-state", "sys/ready", "sys/version"}

// organizing is GET of a URL that only holds others: /ltm, /ltm/monitor
// (icontrol-rest 2.3). Anything else is an unknown URI.
func (s *Server) organizing(r *request, path string) (int, *document, error) {
	items := []*document{}
	seen := map[string]bool{}
	paths := slices.Clone(boxPaths)
	for _, t := range r.state.Schema.Types {
		if t.Parent == nil {
			paths = append(paths, t.Path)
		}
	}
	for _, below := range paths {
		rest, isBelow := strings.CutPrefix(below, path+"/")
		if path == "" || !isBelow {
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
