// Package kube reads Kubernetes. It implements engine.Source: it turns the name
// of a Service, or a selector of pods or nodes, into an endpoints.Snapshot, a plain value
// with what the cluster said at that moment. There are two of them, for a plan and for
// a process that runs on.
//
//	Config ── New ──> *Source, one cluster ── NewClusters ──> *Clusters, by name
//	       ── NewWatch ──> *Watch, clusters by name
//
// # A single read
//
//	Snapshot(ref) of
//	  a Service    GET  core/v1 services/{name}                              beside
//	               LIST discovery.k8s.io/v1 endpointslices of that Service, in pages
//	  node ports   these two                                                 beside
//	               LIST core/v1 nodes, in pages
//	  a selector   LIST core/v1 pods with these labels, in pages
//	  nodes        LIST core/v1 nodes with these labels, in pages
//	  addresses    nothing
//
// These are all the rights it needs, in the namespaces of the backends: pods only
// where a selector is used, nodes (cluster-wide) only for node ports and for nodes. Callers that
// ask for the same thing at the same moment share one read; the nodes are the same
// for all Services. Nothing is kept after it.
//
// # What routes are made of
//
//	Routes(object) of
//	  an Ingress    LIST networking.k8s.io/v1 ingresses of its namespace (with their canaries), and
//	                ingressclasses, if it may
//	  an HTTPRoute  GET  gateway.networking.k8s.io/v1 httproutes/{name}, then
//	                GET  gateways/{name} of those that it names
//	  a TLSRoute    GET  tlsroutes/{name}, and likewise
//	  a Gateway     GET  gateways/{name}, then
//	                LIST httproutes: of its namespace, or of all where a listener lets in others, or
//	                a Watch is to find those that none lets in (WatchOptions.RefusedRoutes);
//	                and tlsroutes, if it has a listener that leaves TLS to the pods
//	  of all        LIST referencegrants of other namespaces that something refers to
//	                GET  core/v1 services/{name} that requests are sent to
//	                LIST core/v1 namespaces where a listener selects by their labels
//	                GET  core/v1 secrets/{name} with certificates
//	                where probes are asked for, of each Service: LIST endpointslices; LIST core/v1 pods
//	                with its labels, their metadata alone; GET pods/{name} of one of them
//
// What refers to another namespace and has no grant there is not read. Keys leave the
// package as ltm.Secret beside the Objects, never in them, and no error has a part of one.
//
// ReadCIS lists, for a migration, what F5's controller CIS reads: its custom resources,
// ingresses, configmaps and services.
//
// # A watch
//
//	owner's refs ── Follow ──> watches ──> stores ── Snapshot ──> a full view, or ErrNotSynced
//	                              └── what changed, for whom ──> Changed(owner)
//
// A watch of the whole cluster, or one of each namespace, keeps of every object what the
// core needs. Besides what a single read says, its Snapshots tell when a watch was broken
// last, that no node is ready, and which slices were deleted with endpoints in them that
// nobody has taken leave of. The rights it needs are list and watch of what a single read
// gets and lists; whether it has them in the whole cluster it asks the API server. It also
// tells whether what makes a backend's pods is scaled to zero (engine.Owners), which it
// reads when it is asked: list deployments, statefulsets and, where there are such,
// rollouts of argoproj.io.
//
// Routes of a Watch are read as above, each time, and nothing of them is kept: watches of
// metadata tell that something is another, and then the owner reads again. What is
// watched is what was read, missing objects included: ingresses, httproutes, tlsroutes, gateways and
// referencegrants of the namespaces that they are in, namespaces where a listener
// selects by labels, endpointslices of Services whose pods' probes were read, and each Secret by
// its name, so that nobody needs the right to list them all. A read never joins one that began before a change was told.
// What routes do without is watched only where the API server says that it may be, in the whole
// cluster: ingressclasses, the httproutes that a Gateway refuses, gatewayclasses and their gateways.
//
// # Errors
//
// What the cluster said, and what the caller gets:
//
//	no such Service                Snapshot.Found is false, no error
//	ExternalName                   *ExternalNameError
//	a cluster nobody configured    *UnknownClusterError
//	not all watched yet            *NotSyncedError (ErrNotSynced)
//	no such object of routes       it is not in ingress.Objects, no error
//	anything else that failed      *Error, whose Kind says what to do about it
//
//	401, or no credentials to send         engine.ErrCredentials
//	403                                    engine.ErrForbidden
//	TLS verification failed                engine.ErrCertificate
//	no connection                          engine.ErrUnreachable
//	no answer in time                      ErrTimeout (and engine.ErrUnreachable)
//	429 and 503, after client-go's retries engine.ErrBusy
//	an answer that isn't Kubernetes'       ErrNotKubernetes
//	no gateway.networking.k8s.io/v1        ErrNoGatewayAPI
//	no TLSRoutes in it                     ErrNoTLSRoutes
//	another Status                         engine.ErrRefused
//
// All of them match engine.ErrSource. A Config that cannot work is a
// *ConfigError that names the attribute, never a client that talks to localhost.
//
// It must not know: which of the endpoints count and why (internal/endpoints), what a
// route means (internal/ingress), BIG-IPs, and Terraform.
package kube
