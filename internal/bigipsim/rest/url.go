package rest

import (
	"net/url"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// splitPath parts an escaped URL path into its decoded segments. A trailing
// slash is of no meaning.
func splitPath(escaped string) ([]string, error) {
	var segments []string
	for _, segment := range strings.Split(escaped, "/") {
		if segment == "" {
			continue
		}
		decoded, err := url.PathUnescape(segment)
		if err != nil {
			return nil, err
		}
		if strings.ContainsRune(decoded, 0) { // httpd refuses it
			return nil, url.EscapeError("%00")
		}
		segments = append(segments, decoded)
	}
	return segments, nil
}

// target is what a URL below /mgmt/tm addresses.
type target struct {
	kind   *config.Type
	parent string // path of the parent, when kind is that of a subcollection
	path   string // path of the object; "" for the collection
	name   string // the object's name as it stood in the URL
	bare   bool   // the object was named without partition (icontrol-rest 2.1)
	stats  bool
}

// resolve finds the kind and the object of a path. false: no such URI.
func resolve(schema *config.Schema, segments []string) (target, bool) {
	var t target
	rest := segments
	for n := min(len(segments), 4); n > 0; n-- {
		kind := schema.Type(strings.Join(segments[:n], "/"))
		if kind != nil && kind.Parent == nil {
			t.kind, rest = kind, segments[n:]
			break
		}
	}
	if t.kind == nil {
		return t, false
	}
	if t.kind.Singleton {
		t.path = config.Name(t.kind.Path)
		return t, len(rest) == 0
	}
	if len(rest) > 0 && rest[len(rest)-1] == "stats" {
		t.stats, rest = true, rest[:len(rest)-1]
	}
	if len(rest) > 0 {
		t.setObject(rest[0])
		rest = rest[1:]
	}
	for len(rest) > 0 {
		sub := schema.Type(t.kind.Path + "/" + rest[0])
		if sub == nil || sub.Parent != t.kind || t.path == "" {
			return t, false
		}
		parent := t.path
		if t.kind.Parent != nil {
			parent = config.Inside(t.parent, t.path)
		}
		t = target{kind: sub, parent: parent, stats: t.stats}
		if len(rest) > 1 {
			t.setObject(rest[1])
			rest = rest[1:]
		}
		rest = rest[1:]
	}
	return t, len(rest) == 0
}

// setObject reads the name of an object in a URL: "~P~sub~name", "P~name", or a
// bare name, which is one in /Common, for members one in the pool's folder.
func (t *target) setObject(segment string) {
	t.name = segment
	if t.kind.NoPartition {
		t.path = segment
		if t.parent != "" { // links of 12.x have rules as "~P~rule" (icontrol-rest 3.6)
			t.path = segment[strings.LastIndexByte(segment, '~')+1:]
		}
		return
	}
	path := strings.ReplaceAll(segment, "~", "/")
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	switch {
	case strings.HasPrefix(path, "/"):
	case strings.Contains(path, "/") || t.kind.IsFolder:
		path = "/" + path
	case t.parent != "":
		path, t.bare = config.Join(config.Folder(t.parent), path), true
	default:
		path, t.bare = "/Common/"+path, true
	}
	t.path = t.kind.Canonical(path)
}

const host = "https://localhost/mgmt/tm/"

// nameInURL is how a path stands in links: slashes as tildes, % as %25.
func nameInURL(path string) string {
	return url.PathEscape(strings.ReplaceAll(path, "/", "~"))
}

// href is the URL of an object without query.
func href(kind *config.Type, parent, path string) string {
	if kind.Singleton {
		return host + kind.Path
	}
	return collectionHref(kind, parent) + "/" + nameInURL(kind.Shown(path))
}

// collectionHref is the URL of a collection without query.
func collectionHref(kind *config.Type, parent string) string {
	if kind.Parent != nil {
		return href(kind.Parent, config.Outer(parent), config.Inner(parent)) + "/" + kind.Sub
	}
	return host + kind.Path
}

func (s *Server) ver() string { return "?ver=" + s.version.String() }
