package binding

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	opening    = "[bigipkube/"
	drainItem  = "drain="
	minItem    = "min="
	deleteItem = "delete"

	// Options of a backend.
	nodeOption     = "node"
	externalOption = "external"
	removeOption   = "remove"
	domainOption   = "rd" // and its number

	// nodesSource stands before the group of nodes, in a mark of either kind.
	nodesSource = "nodes"

	// What stands for the Service in the mark of a member that has none.
	podsGroup      = "pods"
	addressesGroup = "addresses"
)

// Marked tells that a text has what a mark begins with. A user's own words must
// not: they would be read as one.
func Marked(text string) bool { return strings.Contains(text, opening) }

// Parse splits the description of a pool into the user's words and the mark.
// found tells that there is a mark, readable or not; without one, words is the
// whole description. The backends are in the order of the description, and a
// name that equals the Service's is "". err is a *SyntaxError or a *VersionError.
func Parse(description string) (words string, mark Mark, found bool, err error) {
	words, items, found, err := cut(description)
	if !found || err != nil {
		return words, Mark{}, found, err
	}
	mark, err = parseMark(items)
	if err != nil {
		return words, Mark{}, true, err
	}
	return words, mark, true, nil
}

// ParseMember is Parse for the description of a member.
func ParseMember(description string) (words string, mark MemberMark, found bool, err error) {
	words, items, found, err := cut(description)
	if !found || err != nil {
		return words, MemberMark{}, found, err
	}
	mark, err = parseMemberMark(items)
	if err != nil {
		return words, MemberMark{}, true, err
	}
	return words, mark, true, nil
}

// cut separates the words from the items of the mark, and checks its version.
func cut(description string) (words string, items []string, found bool, err error) {
	at := strings.LastIndex(description, opening)
	if at < 0 {
		return description, nil, false, nil
	}
	words = strings.TrimSuffix(description[:at], " ")
	text := description[at:]
	inner, rest, closed := strings.Cut(text[len(opening):], "]")
	switch {
	case !closed:
		return words, nil, true, &SyntaxError{Item: text, Reason: `its "]" is missing`}
	case rest != "":
		return words, nil, true, &SyntaxError{Item: rest, Reason: "nothing may follow the mark"}
	}
	items = strings.Split(inner, " ")
	version, items := items[0], items[1:]
	if version != strconv.Itoa(Version) {
		if number, err := strconv.ParseUint(version, 10, 32); err == nil && strconv.FormatUint(number, 10) == version {
			return words, nil, true, &VersionError{Version: version}
		}
		return words, nil, true, &SyntaxError{Item: text, Reason: "its version is not a number"}
	}
	return words, items, true, nil
}

func parseMark(items []string) (Mark, error) {
	var mark Mark
	names := map[string]bool{}
	for _, item := range items {
		var err error
		switch {
		case strings.ContainsAny(item, "/("):
			var backend Backend
			backend, err = parseBackend(item)
			if err == nil && names[backend.FullName()] {
				err = &SyntaxError{Item: item, Reason: "another backend has that name"}
			}
			names[backend.FullName()] = true
			mark.Backends = append(mark.Backends, backend)
		case strings.HasPrefix(item, drainItem) && mark.Drain == 0:
			mark.Drain, err = parseDrain(item)
		case strings.HasPrefix(item, minItem) && mark.Min == 0:
			mark.Min, err = parseNumber(item, item[len(minItem):], 1)
		case item == deleteItem && !mark.Delete:
			mark.Delete = true
		default:
			err = &SyntaxError{Item: item, Reason: "it is not known, or there twice"}
		}
		if err != nil {
			return Mark{}, err
		}
	}
	if len(mark.Backends) == 0 && !mark.Delete {
		return Mark{}, &SyntaxError{Item: strings.Join(items, " "), Reason: "it names no backend"}
	}
	return mark, nil
}

func parseMemberMark(items []string) (MemberMark, error) {
	if len(items) < 1 || len(items) > 2 {
		return MemberMark{}, &SyntaxError{Item: strings.Join(items, " "), Reason: "a member's mark has a backend and a pod"}
	}
	b, group, err := parseSource(items[0], items[0])
	if err != nil {
		return MemberMark{}, err
	}
	if b.Ref.Nodes {
		return parseNodeMark(b, group, items)
	}
	want := map[bool]string{true: addressesGroup, false: podsGroup}[b.Ref.Namespace == ""]
	if b.Ref.Service == "" && group != want {
		return MemberMark{}, &SyntaxError{Item: items[0], Reason: "a member's backend has no Service, nor (" + want + ")"}
	}
	mark := MemberMark{Backend: b.Name, Cluster: b.Ref.Cluster, Namespace: b.Ref.Namespace, Service: b.Ref.Service}
	if len(items) == 2 {
		mark.Pod, err = parseName(items[1], items[1])
	}
	return mark, err
}

// parseNodeMark reads the mark of a node: its name is in the group.
func parseNodeMark(b Backend, group string, items []string) (MemberMark, error) {
	if len(items) > 1 {
		return MemberMark{}, &SyntaxError{Item: items[1], Reason: "a node is no pod"}
	}
	node, err := parseName(items[0], group)
	if err != nil {
		return MemberMark{}, err
	}
	return MemberMark{Backend: b.Name, Cluster: b.Ref.Cluster, Node: node}, nil
}

// parseName reads one name and its %XX.
func parseName(item, text string) (string, error) {
	for i := range len(text) {
		if !plain(text[i]) && text[i] != '%' {
			return "", &SyntaxError{Item: item, Reason: "a name in it has a character that must be escaped"}
		}
	}
	name, err := url.PathUnescape(text)
	if err != nil {
		return "", &SyntaxError{Item: item, Reason: "a name in it is escaped wrongly"}
	}
	if name == "" {
		return "", &SyntaxError{Item: item, Reason: "a name in it is empty"}
	}
	return name, nil
}

func parseNumber(item, text string, least int) (int, error) {
	number, err := strconv.Atoi(text)
	if err != nil || number < least || strconv.Itoa(number) != text {
		return 0, &SyntaxError{Item: item, Reason: "its number is wrong"}
	}
	return number, nil
}

func parseDrain(item string) (time.Duration, error) {
	drain, err := time.ParseDuration(item[len(drainItem):])
	if err != nil || drain <= 0 {
		return 0, &SyntaxError{Item: item, Reason: "its duration is wrong"}
	}
	return drain, nil
}
