// Package gateway runs the conformance suite of the Gateway API against the provider: a real kube-apiserver, the
// simulated BIG-IP, the reconcile command that follows the routes and writes their status, and a bigipkube_ingress that
// Terraform applies for each Gateway. It is a module of its own, so that what the suite needs is no dependency of the
// provider.
package gateway
