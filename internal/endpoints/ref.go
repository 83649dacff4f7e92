package endpoints

import (
	"maps"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Ref names what backs the members of one backend: a Service, the pods that a
// selector matches, nodes, or plain addresses. Refs are comparable.
type Ref struct {
	Cluster   string // "" is the default cluster
	Namespace string
	Service   string    // "" for a selector, for nodes and for addresses
	Selector  Selector  // "" unless pods or nodes are selected by labels
	Addresses Addresses // "" unless these are all there is
	// Nodes takes the nodes themselves: those that Selector and Role match, all if both are "".
	Nodes bool
	Role  string // "control-plane": the label node-role.kubernetes.io/control-plane, whatever its value
	// NodeAddress is which of the nodes' addresses is meant; "" is InternalIP.
	NodeAddress NodeAddressType
	// Port is the name or number of a port of the Service, "" if it has just one;
	// of a selector, the name of a container's port, or a number; of nodes, a number.
	Port   string
	Family Family // "" takes the Service's first family, or each pod's or node's main address
	// NodePort asks for the Service's node port on the nodes, not for its pods.
	NodePort bool
	// RouteDomain is the device's, for addresses that name none themselves.
	RouteDomain uint16
}

// Kind is what a Ref refers to.
type Kind string

// The kinds.
const (
	KindService   Kind = "service"
	KindSelector  Kind = "selector"
	KindNodes     Kind = "nodes"
	KindAddresses Kind = "addresses"
)

// Kind tells what r refers to.
func (r Ref) Kind() Kind {
	switch {
	case r.Addresses != "":
		return KindAddresses
	case r.Nodes:
		return KindNodes
	case r.Selector != "":
		return KindSelector
	default:
		return KindService
	}
}

// Selector is a set of labels that a pod or a node must have, in its canonical form:
// "app=shop,track=canary", sorted by key.
type Selector string

// NewSelector makes a Selector of labels. Labels of Kubernetes have neither "="
// nor "," in them.
func NewSelector(labels map[string]string) Selector {
	pairs := make([]string, 0, len(labels))
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, key+"="+labels[key])
	}
	return Selector(strings.Join(pairs, ","))
}

// Labels are the labels of s.
func (s Selector) Labels() map[string]string {
	labels := map[string]string{}
	if s == "" {
		return labels
	}
	for pair := range strings.SplitSeq(string(s), ",") {
		key, value, _ := strings.Cut(pair, "=")
		labels[key] = value
	}
	return labels
}

// Addresses are addresses with ports in their canonical form: sorted, without
// duplicates, with a space between.
type Addresses string

// NewAddresses makes Addresses of keys.
func NewAddresses(keys []ltm.MemberKey) Addresses {
	keys = slices.Compact(slices.SortedFunc(slices.Values(keys), ltm.MemberKey.Compare))
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = key.String()
	}
	return Addresses(strings.Join(texts, " "))
}

// Keys are the keys of a, sorted.
func (a Addresses) Keys() []ltm.MemberKey {
	var keys []ltm.MemberKey
	for text := range strings.FieldsSeq(string(a)) {
		if key, err := ltm.ParseMemberKey(text); err == nil { // NewAddresses wrote it
			keys = append(keys, key)
		}
	}
	return keys
}

// String names what r refers to: "shop/web:http", "east/shop/web:http",
// "shop/(app=shop):http", "nodes(control-plane):6443", "192.0.2.10:8080 192.0.2.11:8080".
func (r Ref) String() string {
	text := r.Namespace + "/" + r.Service
	switch r.Kind() {
	case KindAddresses:
		return string(r.Addresses)
	case KindSelector:
		text = r.Namespace + "/(" + string(r.Selector) + ")"
	case KindNodes:
		text = "nodes(" + strings.Join(r.NodeTerms(), ",") + ")"
	}
	if r.Cluster != "" {
		text = r.Cluster + "/" + text
	}
	if r.Port != "" {
		text += ":" + r.Port
	}
	return text
}

// object names what r refers to in a sentence.
func (r Ref) object() string {
	text := "Service " + r.Namespace + "/" + r.Service
	switch r.Kind() {
	case KindSelector:
		text = "selector " + string(r.Selector) + " in namespace " + r.Namespace
	case KindNodes:
		text = "nodes"
		if terms := r.NodeTerms(); len(terms) > 0 {
			text += " with " + strings.Join(terms, " and ")
		}
	}
	if r.Cluster != "" {
		text += " in cluster " + r.Cluster
	}
	return text
}

// NodeTerms are what a node must have, for people: "control-plane", "zone=a".
func (r Ref) NodeTerms() []string {
	var terms []string
	if r.Role != "" {
		terms = append(terms, r.Role)
	}
	if r.Selector != "" {
		terms = append(terms, strings.Split(string(r.Selector), ",")...)
	}
	return terms
}
