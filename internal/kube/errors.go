package kube

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// Kinds of failure beyond those of package engine.
var (
	// ErrTimeout is also an engine.ErrUnreachable.
	ErrTimeout = errors.New("no answer in time")
	// ErrNotKubernetes: something answered, such as a proxy's login page.
	ErrNotKubernetes = errors.New("the answer is not that of a Kubernetes API server")
	// ErrNoGatewayAPI: the cluster knows no gateway.networking.k8s.io/v1.
	ErrNoGatewayAPI = errors.New("the cluster does not have the Gateway API in version v1; install its definitions, or bind an Ingress")
	// ErrNoTLSRoutes: its gateway.networking.k8s.io/v1 has none.
	ErrNoTLSRoutes = errors.New("the cluster does not have TLSRoutes in version v1; install definitions of the Gateway API that have them, or bind an Ingress")
)

// Error is a read that failed. Errors.Is finds its Kind and engine.ErrSource,
// errors.As the cause (*apierrors.StatusError, *x509.UnknownAuthorityError ...).
type Error struct {
	Kind     error         // see the package's table
	Verb     string        // "get", "list" or "watch": the right that is needed, as RBAC calls it
	Resource string        // "services", "endpointslices", "pods", "nodes", what owns pods, or what routes are made of
	Name     string        // of the object, of what routes are made of; "" for a list
	Ref      endpoints.Ref // what was asked for
	Server   string        // URL of the API server
	Detail   string        // the API server's own words (for a 403 they name the user), or the cause in short
	Err      error
}

// Error tells all of it in one line.
func (e *Error) Error() string {
	service := "Service " + e.Ref.Namespace + "/" + e.Ref.Service
	what := map[string]string{
		services:       "get " + service,
		endpointSlices: "list EndpointSlices of " + service,
		pods:           "list Pods with " + string(e.Ref.Selector) + " in namespace " + e.Ref.Namespace,
		nodes:          "list Nodes for " + service,
	}[e.Resource]
	if e.Ref.Kind() == endpoints.KindNodes {
		what = strings.TrimSuffix("list Nodes with "+nodeSelector(e.Ref), " with ")
	}
	switch {
	case e.Verb == verbWatch:
		what = e.watch()
	case e.Name != "":
		what = fmt.Sprintf("get %s %s/%s", singular[e.Resource], e.Ref.Namespace, e.Name)
	case what == "" && e.Ref.Namespace == "":
		what = fmt.Sprintf("%s all %s", e.Verb, e.Resource)
	case what == "":
		what = fmt.Sprintf("%s %s in namespace %s", e.Verb, e.Resource, e.Ref.Namespace)
	}
	text := fmt.Sprintf("%s on %s: %v", what, where(e.Ref.Cluster, e.Server), e.Kind)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

var singular = map[string]string{services: "Service", pods: "Pod", secrets: "Secret", httpRoutes: "HTTPRoute", tlsRoutes: "TLSRoute", gateways: "Gateway"}

// watch words a watch, which is of all objects in a place.
func (e *Error) watch() string {
	switch {
	case e.Resource == accessReviews:
		return "ask what the user may watch"
	case e.Ref.Namespace != "":
		return fmt.Sprintf("watch %s in namespace %s", e.Resource, e.Ref.Namespace)
	}
	return "watch all " + e.Resource
}

func where(cluster, server string) string {
	if cluster == "" {
		return server
	}
	return fmt.Sprintf("cluster %q (%s)", cluster, server)
}

// Unwrap implements the errors.Is and errors.As protocol.
func (e *Error) Unwrap() []error {
	chain := []error{engine.ErrSource, e.Kind, e.Err}
	if errors.Is(e.Kind, ErrTimeout) {
		chain = append(chain, engine.ErrUnreachable)
	}
	return chain
}

// UnknownClusterError says that nobody configured the cluster of a Ref.
type UnknownClusterError struct {
	Cluster string   // "" is the default cluster
	Known   []string // those there are, sorted
}

// Error implements error.
func (e *UnknownClusterError) Error() string {
	known := "no cluster is"
	if len(e.Known) > 0 {
		quoted := make([]string, len(e.Known))
		for i, name := range e.Known {
			quoted[i] = clusterName(name)
		}
		known = strings.Join(quoted, ", ")
		if len(quoted) == 1 {
			known += " is"
		} else {
			known += " are"
		}
	}
	return fmt.Sprintf("%s is not configured; %s", clusterName(e.Cluster), known)
}

func clusterName(name string) string {
	if name == "" {
		return "the default cluster"
	}
	return fmt.Sprintf("cluster %q", name)
}

// Unwrap makes it an engine.ErrSource.
func (e *UnknownClusterError) Unwrap() error { return engine.ErrSource }

// ExternalNameError says that a Service is a DNS alias and has no endpoints.
type ExternalNameError struct {
	Ref    endpoints.Ref
	Target string // the DNS name
}

// Error implements error.
func (e *ExternalNameError) Error() string {
	return fmt.Sprintf("Service %s/%s is of type ExternalName: it is an alias of %q and has no endpoints",
		e.Ref.Namespace, e.Ref.Service, e.Target)
}

// Unwrap makes it an engine.ErrSource.
func (e *ExternalNameError) Unwrap() error { return engine.ErrSource }

// ErrNotSynced is the kind of a *NotSyncedError.
var ErrNotSynced = errors.New("not all of it is known yet")

// NotSyncedError says that a Watch has not all in memory that a Ref needs.
type NotSyncedError struct {
	Ref    endpoints.Ref
	Server string // URL of the API server
	Err    error  // why, *Error; nil if it is only a matter of time
}

// Error implements error.
func (e *NotSyncedError) Error() string {
	text := fmt.Sprintf("%s on %s: %v", e.Ref, where(e.Ref.Cluster, e.Server), ErrNotSynced)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap implements the errors.Is and errors.As protocol.
func (e *NotSyncedError) Unwrap() []error {
	chain := []error{engine.ErrSource, ErrNotSynced}
	if e.Err != nil {
		chain = append(chain, e.Err)
	}
	return chain
}
