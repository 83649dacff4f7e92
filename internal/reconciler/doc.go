// Package reconciler is the reconciliation helper: a process that keeps every pool
// that carries the mark equal to live endpoints, and routes equal to their Ingress,
// HTTPRoute or Gateway, between two applies.
//
//	                      discovery, every --discover-interval
//	BIG-IP: descriptions ────────────> registry: pools, their refs, their followers
//	                                      |  Follow(owner, refs)        |
//	Kubernetes: watches (kube.Watch) <────┘                             |
//	        |  Changed(pool)                                            |
//	        v                                                           v
//	      work queue, keyed by pool ──> reconcile ──> engine.Follower.Sync ──> BIG-IP
//	        ^        workers               |
//	        └── After, --resync, failed ───┴──> log, metrics, Events, readiness gates
//
// Routes go the same way beside it, keyed by owner and address, with workers of their own:
//
//	BIG-IP: marks of rules ──> routes ──> work queue ──> engine.RouteFollower.Sync ──> BIG-IP
//	Kubernetes: watches of metadata ──────────^               └──> log, metrics, Events, status
//
// What is where:
//
//	reconciler.go  Run: builds the adapters and the manager; the only place that does
//	options.go     what a user may set, and its words where it is wrong
//	registry.go    the bound pools, by partition; a partition that is not ours has none
//	discovery.go   descriptions -> registry
//	reconcile.go   one sync of one pool, and what follows from it
//	gate.go        a device that does not answer is asked by one, not by all workers
//	failover.go    a pair that fails over: all pools are compared with the other unit
//	commit.go      config sync and save, where they are asked for
//	metrics.go events.go health.go readiness.go   what others see of it
//	routes*.go     the owners of routes, one sync of one of them, and what others see of it (routes_status.go: --route-status)
//	classes.go     GatewayClasses, and Gateways that cannot be bound, with --route-status
//	once*.go       --once and --dry-run
//	status*.go     what is shown of it all: the page, and "reconcile status"
//	explain*.go    explain: one pool, read once, and why its members are as they are
//	page/          how that looks, and who may look
//	shards/        which replica works on which partition
//
// The decisions are internal/follow's, the steps internal/engine's. Nothing is kept
// but on the device: losing the process loses nothing.
package reconciler
