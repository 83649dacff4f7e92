package binding

import (
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// parseBackend reads source[:port]*[,option]=share.
func parseBackend(item string) (Backend, error) {
	at := strings.LastIndex(item, "=")
	if at < strings.LastIndex(item, ")") {
		at = -1 // that one is of a label
	}
	if at < 0 {
		return Backend{}, &SyntaxError{Item: item, Reason: "it has no share"}
	}
	rest, share := item[:at], item[at+1:]
	end := strings.LastIndex(rest, ")") + 1 // options, and a port, follow the group
	options, port := "", ""
	var hasOptions, hasPort bool
	tail := rest[end:]
	tail, options, hasOptions = strings.Cut(tail, ",")
	tail, port, hasPort = strings.Cut(tail, ":")
	b, group, err := parseSource(item, rest[:end]+tail)
	if err != nil {
		return Backend{}, err
	}
	if hasPort {
		if b.Ref.Port, err = parseName(item, port); err != nil {
			return Backend{}, err
		}
	}
	if err := parseGroup(item, group, &b.Ref); err != nil {
		return Backend{}, err
	}
	if hasOptions {
		if err := parseOptions(item, options, &b); err != nil {
			return Backend{}, err
		}
	}
	b.Share, err = parseNumber(item, share, 0)
	return b, err
}

// parseSource reads [name@][[cluster/]namespace/]service, where a group in
// parentheses may stand for the Service, and "nodes" with a group for all of it but
// the cluster. Without a Service there is a name.
func parseSource(item, text string) (b Backend, group string, err error) {
	wrong := &SyntaxError{Item: item, Reason: "it is not [name@][cluster/]namespace/service"}
	head, rest, grouped := strings.Cut(text, "(")
	if grouped {
		var closed bool
		if group, closed = strings.CutSuffix(rest, ")"); !closed || strings.ContainsAny(group, "()@/") {
			return Backend{}, "", wrong
		}
		text = head
	}
	name, place, named := strings.Cut(text, "@")
	if !named {
		name, place = "", text
	}
	parts := strings.Split(place, "/")
	last := len(parts) - 1
	fields := []*string{&b.Ref.Cluster, &b.Ref.Namespace, &b.Ref.Service}
	switch {
	case grouped && named && parts[last] == nodesSource && last <= 1:
		b.Ref.Nodes = true
		parts, fields = parts[:last], fields[:last]
	case grouped && (!named || parts[last] != "" || last > 2):
		return Backend{}, "", wrong
	case grouped: // the group ends what precedes it with a slash, or stands alone
		parts, fields = parts[:last], fields[2-last:2]
	case last == 1:
		fields = fields[1:]
	case last != 2:
		return Backend{}, "", wrong
	}
	if named {
		parts, fields = append(parts, name), append(fields, &b.Name)
	}
	for i, part := range parts {
		if *fields[i], err = parseName(item, part); err != nil {
			return Backend{}, "", err
		}
	}
	if b.Name == b.Ref.Service {
		b.Name = ""
	}
	return b, group, nil
}

// parseGroup reads what stands for a Service: labels, what nodes are selected by, or
// without a namespace addresses.
func parseGroup(item, group string, ref *endpoints.Ref) (err error) {
	switch {
	case ref.Service != "":
		return nil
	case ref.Nodes:
		return parseNodes(item, group, ref)
	case ref.Namespace != "":
		ref.Selector, err = parseLabels(item, group)
		return err
	}
	var keys []ltm.MemberKey
	for text := range strings.SplitSeq(group, ",") {
		key, err := ltm.ParseMemberKey(text)
		if err != nil || key.Name() != text {
			return &SyntaxError{Item: item, Reason: "it has something that is no address with a port"}
		}
		keys = append(keys, key)
	}
	if ref.Port != "" {
		return &SyntaxError{Item: item, Reason: "its addresses have ports of their own"}
	}
	ref.Addresses = endpoints.NewAddresses(keys)
	return nil
}

// parseNodes reads a role, labels, both or, for all nodes, nothing.
func parseNodes(item, group string, ref *endpoints.Ref) (err error) {
	role, labels, more := strings.Cut(group, ",")
	if strings.Contains(role, "=") {
		role, labels, more = "", group, true
	}
	if role != "" || more && labels != group {
		if ref.Role, err = parseName(item, role); err != nil {
			return err
		}
	}
	if more {
		ref.Selector, err = parseLabels(item, labels)
	}
	return err
}

func parseLabels(item, group string) (endpoints.Selector, error) {
	labels := map[string]string{}
	for pair := range strings.SplitSeq(group, ",") {
		key, value, found := strings.Cut(pair, "=")
		if !found {
			return "", &SyntaxError{Item: item, Reason: "it has a label without a value"}
		}
		key, err := parseName(item, key)
		if err == nil && value != "" {
			value, err = parseName(item, value)
		}
		if err != nil {
			return "", err
		}
		if _, twice := labels[key]; twice || strings.ContainsAny(key+value, "=,") {
			return "", &SyntaxError{Item: item, Reason: "it has a label twice, or one that is none"}
		}
		labels[key] = value
	}
	return endpoints.NewSelector(labels), nil
}

// parseOptions reads what follows the source and its port.
func parseOptions(item, text string, b *Backend) error {
	for option := range strings.SplitSeq(text, ",") {
		domain, isDomain := strings.CutPrefix(option, domainOption)
		switch {
		case option == nodeOption && !b.Ref.NodePort && b.Ref.Service != "":
			b.Ref.NodePort = true
		case option == externalOption && b.Ref.Nodes && b.Ref.NodeAddress == "":
			b.Ref.NodeAddress = endpoints.ExternalIP
		case option == removeOption && !b.Remove:
			b.Remove = true
		case isDomain && b.Ref.RouteDomain == 0:
			number, err := parseNumber(item, domain, 1)
			if err != nil || number > ltm.MaxRouteDomain {
				return &SyntaxError{Item: item, Reason: "its route domain is wrong"}
			}
			b.Ref.RouteDomain = uint16(number)
		case endpoints.Family(option).Valid() && b.Ref.Family == "" && b.Ref.Addresses == "":
			b.Ref.Family = endpoints.Family(option)
		default:
			return &SyntaxError{Item: item, Reason: "it has an option that is not known, or there twice"}
		}
	}
	return nil
}
