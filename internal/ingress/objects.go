package ingress

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// Kinds of what can be bound, as marks write them.
const (
	KindIngress   = "ingress"
	KindHTTPRoute = "httproute"
	KindTLSRoute  = "tlsroute"
	KindGateway   = "gateway"
)

// Objects is what a cluster has of what was asked for, and of what that refers to.
// What is missing in it does not exist.
type Objects struct {
	// Bound is what is bound: an object of one of the kinds above. Its Cluster is that
	// of all Objects.
	Bound binding.Object

	Ingresses      []networkingv1.Ingress      // the bound one, and the canaries of its namespace
	IngressClasses []networkingv1.IngressClass // all of them, or none where they may not be read
	HTTPRoutes     []gatewayv1.HTTPRoute       // the bound one, or all that name the bound Gateway
	TLSRoutes      []gatewayv1.TLSRoute        // likewise
	NoTLSRoutes    bool                        // the cluster does not know that kind in version v1
	// Refused name the bound Gateway from namespaces that none of its listeners takes routes of. They are here only where
	// they are asked for, and nothing is of what they refer to.
	Refused  []gatewayv1.HTTPRoute
	Gateways []gatewayv1.Gateway // the bound one, or the parents of the bound route
	Grants   []gatewayv1beta1.ReferenceGrant
	Services []Service
	Secrets  []Secret
	// Namespaces are the labels of namespaces, by name: of those of routes, where
	// a listener selects by them.
	Namespaces map[string]map[string]string
}

// Service is a Service that a backend names.
type Service struct {
	Namespace, Name string
	ExternalName    bool // has no endpoints
	Ports           []endpoints.ServicePort

	// Where probes are asked for (Beside):
	Endpoints bool // it has some that do not terminate
	Pod       *Pod // of those the youngest that is ready, or if none is the youngest; nil if none of them is a pod
}

// Pod is how a pod is probed.
type Pod struct {
	Containers []Container // those that run for as long as the pod: sidecars too
}

// Container is a container of a Pod.
type Container struct {
	Name      string
	Ports     []endpoints.ContainerPort
	Readiness *corev1.Probe // nil for none
}

// Beside is what is to be read beside an object and what it refers to.
type Beside struct {
	Certificates []SecretRef
	Probes       bool // the pods of Services, for their probes
}

// Secret is a Secret of type TLS that is named somewhere, without its content.
type Secret struct {
	Namespace, Name string
	// The checksums of its files, as in ltm.Certificate.
	CertificateChecksum, KeyChecksum string
	// Of the first certificate: "SHA256/AB:CD…", its names, and when it ends.
	Fingerprint string
	Hosts       []string
	NotAfter    time.Time
	// Problem says why it cannot be used, "" if it can: "the key does not belong to the
	// certificate".
	Problem string
}
