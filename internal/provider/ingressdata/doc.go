// Package ingressdata is the data source bigipkube_ingress: an Ingress, an HTTPRoute, a TLSRoute or a
// Gateway as the routes that bigipkube_ingress would serve, and what it could not. It
// reads Kubernetes only, and knows nothing of the device.
package ingressdata
