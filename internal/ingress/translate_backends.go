package ingress

import (
	"fmt"
	"strconv"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// backendsFrom is the rule of a route of the Gateway API that names backends.
type backendsFrom struct {
	kind, namespace string // of the route
	source          binding.Object
	place           string
}

// readBackends are the backends of a rule that can be served; refuse says why one cannot
// beside that. Without any, the reason is that of the first one, or "" where none has a
// weight.
func (t *translator) readBackends(from backendsFrom, refs []gatewayv1.BackendRef, refuse func(at int) string) (list []Backend, reason string) {
	const shared = "; its share goes to the others"
	sum := 0
	var reasons []string
	for i, ref := range refs {
		weight := int(valueOr(ref.Weight, 1))
		found, reason := t.backendOf(from, ref)
		if reason == "" {
			reason = refuse(i)
		}
		if reason != "" {
			reasons = append(reasons, reason)
			if weight > 0 {
				reasons[len(reasons)-1] += shared
			}
			if len(refs) > 1 {
				t.problem(from.source, fmt.Sprintf("%s, backend %d", from.place, i), Differs, "%s", reasons[len(reasons)-1])
			}
			continue
		}
		sum += weight
		list = addBackend(list, Backend{Ref: found, Weight: weight})
	}
	switch {
	case len(refs) == 0:
		return nil, "it has no backend"
	case len(list) == 0:
		return nil, strings.TrimSuffix(reasons[0], shared)
	case sum == 0:
		return nil, ""
	}
	return list, ""
}

// addBackend adds up what names one Service's port twice.
func addBackend(list []Backend, b Backend) []Backend {
	for i := range list {
		if list[i].Ref == b.Ref {
			list[i].Weight += b.Weight
			return list
		}
	}
	return append(list, b)
}

// backendOf finds what a reference names, or says why it is invalid.
func (t *translator) backendOf(from backendsFrom, ref gatewayv1.BackendRef) (found endpoints.Ref, reason string) {
	namespace := string(valueOr(ref.Namespace, gatewayv1.Namespace(from.namespace)))
	kind := valueOr(ref.Kind, kindService)
	switch {
	case valueOr(ref.Group, "") != "" || kind != kindService:
		return found, fmt.Sprintf("the backend %s is a %s, and only Services are", ref.Name, kind)
	case namespace != from.namespace && !t.granted(from.kind, from.namespace, kindService, namespace, string(ref.Name)):
		return found, fmt.Sprintf("no ReferenceGrant in namespace %s allows Service %s", namespace, ref.Name)
	case ref.Port == nil:
		return found, fmt.Sprintf("the backend %s has no port", ref.Name)
	}
	return t.resolve(namespace, string(ref.Name), strconv.Itoa(int(*ref.Port)))
}
