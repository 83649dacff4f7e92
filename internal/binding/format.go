package binding

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// Format returns the description of a pool with the user's words and the mark.
// Backends are sorted by name. A mark without backends that does not ask for
// the pool's deletion is no mark: the words alone are returned.
func Format(words string, mark Mark) string {
	if len(mark.Backends) == 0 && !mark.Delete {
		return words
	}
	var items []string
	for _, backend := range slices.SortedFunc(slices.Values(mark.Backends), compareBackends) {
		items = append(items, formatBackend(backend))
	}
	if mark.Drain > 0 {
		items = append(items, drainItem+formatDuration(mark.Drain))
	}
	if mark.Min > 0 {
		items = append(items, minItem+strconv.Itoa(mark.Min))
	}
	if mark.Delete {
		items = append(items, deleteItem)
	}
	if words != "" {
		words += " "
	}
	return words + bracket(items)
}

// FormatMember returns the description of a member that is ours.
func FormatMember(mark MemberMark) string {
	if mark.Node != "" {
		return bracket([]string{formatNodes(mark.Backend, mark.Cluster, escape(mark.Node))})
	}
	group := podsGroup
	if mark.Namespace == "" {
		group = addressesGroup
	}
	items := []string{formatSource(mark.Backend, mark.Cluster, mark.Namespace, mark.Service, group)}
	if mark.Pod != "" {
		items = append(items, escape(mark.Pod))
	}
	return bracket(items)
}

// FullName is the name of the backend that the member is of.
func (m MemberMark) FullName() string { return cmp.Or(m.Backend, m.Service) }

// FullName is the backend's name: the Service's where it has none of its own.
func (b Backend) FullName() string { return cmp.Or(b.Name, b.Ref.Service) }

func compareBackends(a, b Backend) int {
	return cmp.Or(cmp.Compare(a.FullName(), b.FullName()), cmp.Compare(formatBackend(a), formatBackend(b)))
}

func bracket(items []string) string {
	return fmt.Sprintf("%s%d %s]", opening, Version, strings.Join(items, " "))
}

func formatBackend(b Backend) string {
	ref := b.Ref
	group := formatLabels(ref.Selector)
	if ref.Kind() == endpoints.KindAddresses {
		group = formatAddresses(ref.Addresses)
	}
	text := formatSource(b.Name, ref.Cluster, ref.Namespace, ref.Service, group)
	if ref.Kind() == endpoints.KindNodes {
		text = formatNodes(b.Name, ref.Cluster, nodesGroup(ref))
	}
	if ref.Port != "" {
		text += ":" + escape(ref.Port)
	}
	if ref.Family != "" {
		text += "," + escape(string(ref.Family))
	}
	if ref.NodePort {
		text += "," + nodeOption
	}
	if ref.NodeAddress == endpoints.ExternalIP {
		text += "," + externalOption
	}
	if ref.RouteDomain != 0 {
		text += "," + domainOption + strconv.Itoa(int(ref.RouteDomain))
	}
	if b.Remove {
		text += "," + removeOption
	}
	return text + "=" + strconv.Itoa(max(0, b.Share))
}

// formatSource writes [name@][[cluster/]namespace/]service. A group in
// parentheses stands for the Service where there is none.
func formatSource(name, cluster, namespace, service, group string) string {
	text := "(" + group + ")"
	if service != "" {
		text = escape(service)
	}
	if namespace != "" {
		text = escape(namespace) + "/" + text
	}
	if cluster != "" {
		text = escape(cluster) + "/" + text
	}
	if name != "" && name != service {
		text = escape(name) + "@" + text
	}
	return text
}

// formatNodes writes name@[cluster/]nodes(group).
func formatNodes(name, cluster, group string) string {
	text := nodesSource + "(" + group + ")"
	if cluster != "" {
		text = escape(cluster) + "/" + text
	}
	return escape(name) + "@" + text
}

// nodesGroup is what nodes are selected by: a role, labels, both or nothing.
func nodesGroup(ref endpoints.Ref) string {
	role, labels := escape(ref.Role), formatLabels(ref.Selector)
	if role != "" && labels != "" {
		role += ","
	}
	return role + labels
}

func formatLabels(selector endpoints.Selector) string {
	labels := selector.Labels()
	pairs := make([]string, 0, len(labels))
	for key, value := range labels {
		pairs = append(pairs, escape(key)+"="+escape(value))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ",")
}

// formatAddresses writes the device's own form, which has no brackets for IPv6.
func formatAddresses(addresses endpoints.Addresses) string {
	keys := addresses.Keys()
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.Name()
	}
	return strings.Join(names, ",")
}

// formatDuration is Duration.String without the zeroes at its end, and in ASCII.
func formatDuration(d time.Duration) string {
	if d%time.Millisecond != 0 {
		return strconv.FormatInt(int64(d), 10) + "ns"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// escape writes every byte that no name needs as %XX.
func escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; plain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}
