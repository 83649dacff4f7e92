// Package externalmetrics serves external.metrics.k8s.io/v1beta1, by which the HPA
// scales on what the BIG-IP counts.
//
//	HPA ──> kube-apiserver (APIService) ──TLS──> Server ──> stats.History
//	              ^                                 |
//	              └── who is it, may he: asked by the Server
//
// Who asks is authenticated and authorised by the API server: the aggregator by its
// proxy certificate, others by TokenReview and SubjectAccessReview. When the device
// cannot be read the answer is an error, so that the HPA leaves the replicas as they are.
package externalmetrics
