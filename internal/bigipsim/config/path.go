package config

import "strings"

// An object's path is "/Partition/name" or "/Partition/folder/…/name"; that of a
// kind without partition is the bare name.

// Partition is the first element of a path, "" if it has none.
func Partition(path string) string {
	if !strings.HasPrefix(path, "/") {
		return ""
	}
	partition, _, found := strings.Cut(path[1:], "/")
	if !found {
		return ""
	}
	return partition
}

// Folder is a path without its last element: "/P" of "/P/x", "/P/sub" of "/P/sub/x".
func Folder(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// SubPath is what stands between partition and name: "sub" of "/P/sub/x".
func SubPath(path string) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(Folder(path), "/"), "/")
	return rest
}

// Name is the last element of a path.
func Name(path string) string {
	return path[strings.LastIndexByte(path, '/')+1:]
}

// Join puts a name into a folder. A name that is a full path stays itself.
func Join(folder, name string) string {
	switch {
	case strings.HasPrefix(name, "/"):
		return name
	case folder == "/":
		return "/" + name
	default:
		return folder + "/" + name
	}
}

// between parts the names in the parent of an item two levels down, such as an
// action in a rule of a policy. No name can have it.
const between = "\x00"

// Inside is the parent of the items of an item: Inside("/P/policy", "rule").
func Inside(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + between + name
}

// Outer is all but the last name in what Inside put together, "" if there is one only.
func Outer(parent string) string {
	return parent[:max(strings.LastIndex(parent, between), 0)]
}

// Inner is the last name in what Inside put together.
func Inner(parent string) string {
	return parent[strings.LastIndex(parent, between)+1:]
}

// Top is the path of the object at the top: the policy of a rule's action.
func Top(parent string) string {
	top, _, _ := strings.Cut(parent, between)
	return top
}

// validPath says whether every element of a path has a name.
func validPath(path string) bool {
	return strings.HasPrefix(path, "/") && path != "/" && !strings.Contains(path, "//") && !strings.Contains(path, between) && !strings.HasSuffix(path, "/")
}

// kebab turns a JSON property name into tmsh's: loadBalancingMode -> load-balancing-mode.
func kebab(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}
