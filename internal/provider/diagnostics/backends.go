package diagnostics

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// BackendWithoutSource says that a backend does not tell where its members come
// from. sources are the attributes to choose from; at is the backend, or empty in
// a data source.
func BackendWithoutSource(at path.Path, sources []string) diag.Diagnostic {
	return attributeError(at, "Endpoints without a source",
		"Nothing says which endpoints these are.",
		"Write one of "+attributes(sources)+".")
}

// BackendWithSeveralSources says that a backend has more than one source.
func BackendWithSeveralSources(at path.Path, has []string) diag.Diagnostic {
	return attributeError(at, "Endpoints from several sources",
		attributes(has)+" are written together, and endpoints come from one source.",
		"Keep one of them. In a pool, write another backend for the other: traffic splits between both.")
}

// BackendNeeds says that an attribute is missing beside another.
func BackendNeeds(at path.Path, attribute, with string) diag.Diagnostic {
	why := map[string]string{
		"namespace": "Services and pods live in a namespace.",
		"port":      "A selector does not say which port of the pods is meant.",
	}[attribute]
	what := "Write `" + attribute + "`"
	switch {
	case attribute == "port" && with == "nodes":
		why, what = "Nodes have no ports of their own.", what+", a number such as 6443"
	case attribute == "port":
		what += ", a number or the name of a container's port"
	}
	return attributeError(at.AtName(attribute), "`"+with+"` without `"+attribute+"`", why, what+".")
}

// NodesPort says that the port of nodes is not a number.
func NodesPort(at path.Path, port string) diag.Diagnostic {
	return attributeError(at.AtName("port"), "Not the number of a port",
		fmt.Sprintf("%q is not a number from 1 to 65535, and what listens on a node has no name.", port), "Write a number such as 6443.")
}

// BackendCannotHave says that an attribute makes no sense beside another.
func BackendCannotHave(at path.Path, attribute, with string) diag.Diagnostic {
	why := map[string]string{
		"cluster":   "Plain addresses are of no cluster.",
		"namespace": "Plain addresses are of no namespace.",
		"port":      "Each address has its port with it, as in \"192.0.2.10:8080\".",
		"family":    "Each address is of its own family.",
		"node_port": "Only a Service has node ports.",
	}[attribute]
	if with == "nodes" && attribute == "namespace" {
		why = "Nodes are of no namespace."
	}
	return attributeError(at.AtName(attribute), "`"+attribute+"` beside `"+with+"`", why, "Remove `"+attribute+"`.")
}

// noNodes says that a cluster has none of the nodes that are asked for.
func noNodes(at path.Path, err *endpoints.NoNodesError) diag.Diagnostic {
	what := "no node"
	if terms := err.Ref.NodeTerms(); len(terms) > 0 {
		what += " with " + list(terms)
	}
	return attributeError(at, "Unable to find nodes", "Kubernetes"+inCluster(err.Ref)+" has "+what+". Nothing was changed.",
		"Check `role` and `selector` against \"kubectl get nodes --show-labels\". A role is the label node-role.kubernetes.io/ with the role's name behind it.")
}

// noNodePort says that a Service has no node port.
func noNodePort(at path.Path, err *endpoints.NoNodePortError) diag.Diagnostic {
	return attributeError(at, "Unable to find the node port of Service "+serviceName(err.Ref),
		fmt.Sprintf("Its port %s has no node port. Nothing was changed.", err.Port),
		"Make it a Service of type NodePort or LoadBalancer, or remove `node_port`: then the members are its pods.")
}

// noPodPort says that none of the selected pods has a port of that name.
func noPodPort(at path.Path, err *endpoints.PortNotOnPodsError) diag.Diagnostic {
	has := "They have no port with a name."
	if len(err.Has) > 0 {
		has = "They have: " + list(err.Has) + "."
	}
	return attributeError(at, fmt.Sprintf("Unable to find the port %q of the pods with %s", err.TargetPort, err.Ref.Selector),
		fmt.Sprintf("Looked at %s in namespace %s%s, and none has a port of that name. Nothing was changed.", count(err.Endpoints, "pod"), err.Ref.Namespace, inCluster(err.Ref)), has,
		"Set `port` to one of these names or to a number, or name the container's port so in the pods.")
}

// attributes writes names of attributes for a sentence.
func attributes(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return list(quoted)
}

// looped says that a cluster is reached through the pool that is to follow it.
func looped(err *engine.LoopError) diag.Diagnostic {
	which, setting := "Kubernetes", "`kubernetes`"
	if err.Entrance.Cluster != "" {
		which, setting = "cluster "+err.Entrance.Cluster, "`clusters`"
	}
	return attributeError(path.Root("backends"), "Unable to follow "+which+" through pool "+err.Pool+" itself",
		fmt.Sprintf("The server of %s is %s, and that is the virtual server %s (%s) on BIG-IP %s, which sends to this pool. One wrong answer would take the way to a better one with it. Nothing was changed.",
			which, err.Entrance.Server, err.Frontend.VirtualServer, err.Frontend.Destination.HostPort(), err.Device),
		"Give "+setting+" of the provider another address of the API, such as that of one control-plane node, or set `allow_loop` to true.")
}
