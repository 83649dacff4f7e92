// Package endpoints turns what Kubernetes says about a backend into the members
// that a pool should have, and tells why the rest was left out.
//
//	Ref + Snapshot  ->  Resolve  ->  Endpoint{key, state, pod}, sorted, one per address and port
//	                                 LeftOut{address, reason}
//	               ->  Explain  ->  the same, each with its slice and conditions, for people
//
// A Ref is one of
//
//	a Service          its pods, by the EndpointSlices     state: the table below
//	  with NodePort    its node port on the nodes          state: the best of what is behind it, of its family
//	a Selector         the pods that have these labels     state: Ready and deletionTimestamp, in the table below
//	Nodes              those with the role and the labels  state: Ready and deletionTimestamp, in the table below
//	Addresses          just these                          state: Ready
//
// It is the project's one truth about readiness. An unknown condition is read
// as discovery.k8s.io/v1 says: ready and serving as true, terminating as false.
// A selected pod or node is ready, and serving, if its condition Ready is true, and
// terminating if it has a deletionTimestamp.
//
//	ready  serving  terminating    state      on the device
//	true   any      false          Ready      enabled: takes new connections
//	false  any      false          NotReady   forced offline: takes nothing
//	any    true     true           Draining   disabled: keeps existing and persistent connections
//	any    false    true           NotReady   forced offline
//
// Terminating wins over ready. The two are true together only for a Service with
// publishNotReadyAddresses, and a pod that is about to go must not get new
// clients there either. Of an endpoint that is in several slices, as happens
// while the controller moves it, the best state counts.
//
// A node takes traffic for a node port unless it is not ready, unschedulable, being
// deleted, or excluded from load balancers by its label; with externalTrafficPolicy
// Local only if an endpoint on it serves.
//
// That is not so where the nodes themselves are the backend: there a cordon and that
// label mean nothing (addSelectedNodes says why), and no node at all is an error, so
// that a wrong label, or a cluster that has lost its nodes, empties no pool.
//
// The port of a Ref is a port of the Service. Each slice says by the port's name
// which number its pods have, so one Service may resolve to different numbers.
// With a Selector it is a number, or the name of a container's port, which may be
// another number on each pod.
//
// The package knows nothing of BIG-IP beyond a member's key, nothing of the
// Kubernetes API's types, and does no I/O.
package endpoints
