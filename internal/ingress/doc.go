// Package ingress turns Ingresses, HTTPRoutes and TLSRoutes into what a BIG-IP needs to
// serve them.
//
//	Objects     what the cluster has: Ingress, HTTPRoute, TLSRoute, Gateway, Service …
//	   │ Translate(Objects, Options)
//	   ▼
//	RouteSet    one Server for each port, with its Routes in order of precedence
//	   │ Build(RouteSet, Options, live)        live: what the partition has now
//	   ▼
//	Built       an ltm.Site, and the backends of each pool; members are the engine's
//
// Both steps are values in, values out. What cannot be expressed is a Problem that
// names the rule and says what became of it; the other rules go on. Who wants all or
// nothing refuses a list of Problems that is not empty.
//
// # Rules
//
// A Route becomes one rule of a policy (strategy first-match), or two where its
// path is a prefix, because the values of one condition share one operator:
//
//	/        no condition on the path
//	/shop    equals "/shop", and behind it startsWith "/shop/"
//
// Precedence is the order of rules. All that it depends on can be read from a rule:
// the host, the path and the number of conditions from its conditions; the age,
// the name and the place in its object from the mark in its description (see
// internal/binding). So several owners share one address: who writes keeps the rules
// of the others as they are, and sorts all of them anew. The order is the same
// whoever was first. Of two rules with the same conditions the first one acts; the
// other one stays behind it, and takes over when the first is gone.
//
// A request is one listener's of a Gateway (listener isolation): a route of a listener
// for "*.example.com" has the condition that the host is not that of another listener.
//
// # TLS that is left to the pods
//
// A Server with Passthrough ends no TLS: its rules compare the server name in a client's TLS
// hello, the virtual server has TCP and no more, and what matches nothing is reset. A policy
// looks at requests or at hellos, so that a port of an address does one of the two: who
// serves on it keeps it, and another owner's wish for the other is a Conflict.
//
// # Owners
//
// One virtual server and one policy serve all owners of an address and port. The
// settings of the virtual server are those of the oldest one. A pool, and the files of a
// Secret, may serve several; they go with the last rule, or profile, that needs them.
// Each owner has client-ssl profiles of its own, and for each server name
// that of the oldest is attached.
//
// # Monitors
//
// With PoolOptions.Probes a pool's monitor is made of the readinessProbe of its backends' pods
// (Probed). It is named for the pool and its type, which is fixed on a device: a probe of another
// kind is another monitor, which the pool has before the old one goes.
//
// # What a policy cannot do
//
// It cannot answer with a status, nor say that no member takes a request (see
// UnavailableRule). A rule that must sets the variable of StatusRule,
// a constant iRule, which answers in its place. It cannot count labels, so
// that the wildcard of an Ingress covers more names than it should (a Problem), and
// it cannot answer a part of the requests of a rule: a backend that is
// not there leaves its share to the others (a Problem).
package ingress
