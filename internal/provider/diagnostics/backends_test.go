package diagnostics_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

func TestWhatIsWrongWithABackendIsSaidWithTheWayOut(t *testing.T) {
	t.Parallel()
	at := path.Root("backends").AtMapKey("blue")
	for name, test := range map[string]struct {
		got  diag.Diagnostic
		want string
	}{
		"no source": {
			diagnostics.BackendWithoutSource(at, []string{"service", "selector", "addresses"}),
			`Error at backends["blue"]: Endpoints without a source

Nothing says which endpoints these are.

Write one of 'service', 'selector' and 'addresses'.`,
		},
		"two sources": {
			diagnostics.BackendWithSeveralSources(at, []string{"service", "addresses"}),
			`Error at backends["blue"]: Endpoints from several sources

'service' and 'addresses' are written together, and endpoints come from one source.

Keep one of them. In a pool, write another backend for the other: traffic splits between both.`,
		},
		"no namespace": {
			diagnostics.BackendNeeds(at, "namespace", "service"),
			`Error at backends["blue"]: 'service' without 'namespace'

Services and pods live in a namespace.

Write 'namespace'.`,
		},
		"no port, in a data source": {
			diagnostics.BackendNeeds(path.Empty(), "port", "selector"),
			`Error at port: 'selector' without 'port'

A selector does not say which port of the pods is meant.

Write 'port', a number or the name of a container's port.`,
		},
		"no port of nodes": {
			diagnostics.BackendNeeds(at, "port", "nodes"),
			`Error at backends["blue"]: 'nodes' without 'port'

Nodes have no ports of their own.

Write 'port', a number such as 6443.`,
		},
		"a namespace beside nodes": {
			diagnostics.BackendCannotHave(at, "namespace", "nodes"),
			`Error at backends["blue"]: 'namespace' beside 'nodes'

Nodes are of no namespace.

Remove 'namespace'.`,
		},
		"a port beside addresses": {
			diagnostics.BackendCannotHave(at, "port", "addresses"),
			`Error at backends["blue"]: 'port' beside 'addresses'

Each address has its port with it, as in "192.0.2.10:8080".

Remove 'port'.`,
		},
	} {
		// ' stands for the backquote, which a raw string cannot have.
		if diff := cmp.Diff(test.want, strings.ReplaceAll(text(test.got), "`", "'")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestErrorsOfSelectorsAndNodePortsAreAtTheBackend(t *testing.T) {
	t.Parallel()
	selector := endpoints.Ref{Cluster: "east", Namespace: "shop", Selector: "app=web", Port: "htpp"}
	err := errors.Join(
		&engine.BackendError{Backend: "a", Err: &endpoints.NoNodePortError{Ref: endpoints.Ref{Namespace: "shop", Service: "web"}, Port: endpoints.ServicePort{Name: "http", Number: 80}}},
		&engine.BackendError{Backend: "b", Err: &endpoints.PortNotOnPodsError{Ref: selector, TargetPort: "htpp", Endpoints: 2, Has: []string{"admin", "http"}}},
		&engine.BackendError{Backend: "c", Err: &endpoints.PortNotOnPodsError{Ref: selector, TargetPort: "htpp", Endpoints: 1}},
		&engine.BackendError{Backend: "d", Err: &endpoints.NoNodesError{Ref: endpoints.Ref{Cluster: "east", Nodes: true, Role: "control-plane", Selector: "zone=a", Port: "6443"}}},
		&engine.BackendError{Backend: "e", Err: &endpoints.NoNodesError{Ref: endpoints.Ref{Nodes: true, Port: "6443"}}},
		&engine.BackendError{Backend: "f", Err: &endpoints.NodePortNumberError{Ref: endpoints.Ref{Nodes: true, Port: "https"}}},
	)
	want := `Error at backends["a"]: Unable to find the node port of Service shop/web

Its port http (80) has no node port. Nothing was changed.

Make it a Service of type NodePort or LoadBalancer, or remove ` + "`node_port`" + `: then the members are its pods.
---
Error at backends["b"]: Unable to find the port "htpp" of the pods with app=web

Looked at 2 pods in namespace shop (cluster east), and none has a port of that name. Nothing was changed.

They have: admin and http.

Set ` + "`port`" + ` to one of these names or to a number, or name the container's port so in the pods.
---
Error at backends["c"]: Unable to find the port "htpp" of the pods with app=web

Looked at 1 pod in namespace shop (cluster east), and none has a port of that name. Nothing was changed.

They have no port with a name.

Set ` + "`port`" + ` to one of these names or to a number, or name the container's port so in the pods.
---
Error at backends["d"]: Unable to find nodes

Kubernetes (cluster east) has no node with control-plane and zone=a. Nothing was changed.

Check ` + "`role` and `selector`" + ` against "kubectl get nodes --show-labels". A role is the label node-role.kubernetes.io/ with the role's name behind it.
---
Error at backends["e"]: Unable to find nodes

Kubernetes has no node. Nothing was changed.

Check ` + "`role` and `selector`" + ` against "kubectl get nodes --show-labels". A role is the label node-role.kubernetes.io/ with the role's name behind it.
---
Error at backends["f"]: Not the number of a port

"https" is not a number from 1 to 65535, and what listens on a node has no name.

Write a number such as 6443.`
	if diff := cmp.Diff(want, texts(diagnostics.FromError(err))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALoopIsSaidWithTheWayAndTheWayOut(t *testing.T) {
	t.Parallel()
	destination, err := ltm.ParseDestination("shop", "203.0.113.20:6443")
	if err != nil {
		t.Fatal(err)
	}
	loop := &engine.LoopError{
		Pool: "/shop/api", Device: "bigip", Entrance: engine.Entrance{Cluster: "east", Server: "https://api.example.com:6443"},
		Frontend: engine.Frontend{VirtualServer: ltm.NewPath("shop", "vs"), Destination: destination, Pool: ltm.NewPath("shop", "api")},
	}
	want := `Error at backends: Unable to follow cluster east through pool /shop/api itself

The server of cluster east is https://api.example.com:6443, and that is the virtual server /shop/vs (203.0.113.20:6443) on BIG-IP bigip, which sends to this pool. One wrong answer would take the way to a better one with it. Nothing was changed.

Give ` + "`clusters`" + ` of the provider another address of the API, such as that of one control-plane node, or set ` + "`allow_loop`" + ` to true.`
	if diff := cmp.Diff(want, texts(diagnostics.FromError(loop))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
